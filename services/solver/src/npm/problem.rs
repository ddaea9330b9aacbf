//! What is asked.

use std::sync::Arc;

use ecosystems::Timestamp;
use ecosystems::npm::{Dependency, Name, Needs, Range, Requirement, Version};

use super::facts::DependencyKind;
use crate::Held;

/// A project whose dependencies are to be put into folders, under one policy.
#[derive(Clone, Debug, Default)]
pub struct Problem {
    /// What the project's own `package.json` says.
    pub project: Project,
    /// The folders of the project that are packages of their own: its workspaces, and what `file:`
    /// means anywhere.
    pub folders: Vec<Folder>,
    /// The project's overrides, in order.
    pub overrides: Vec<Override>,
    /// What the lock file at hand has in its places, in any order; empty if there is none. What is
    /// there and still right stays.
    pub locked: Vec<LockedPlace>,
    /// What the client has, by packages' own names: a version is held if a range of its package
    /// contains it. Of it alone nothing is chosen otherwise, unless the policy prefers it.
    pub held: Held<Name, Range>,
    /// What to choose where there is a choice.
    pub policy: Policy,
}

impl Problem {
    /// Whether the client has a version of a package.
    pub fn is_held(&self, package: &Name, version: &Version) -> bool {
        self.held.of(package).iter().any(|range| range.contains(version))
    }

    /// The folder that a spec means to whoever lies at `base`: a folder by its place in the list, or
    /// the project.
    pub fn folder_named(&self, spec: &str, base: Option<usize>) -> Option<usize> {
        let path = match spec.strip_prefix("file:") {
            Some(path) => path,
            None if spec.starts_with('.') => spec,
            None => return None,
        };
        let base = base.map(|folder| self.folders[folder].location.as_str());
        let location = joined(base.unwrap_or_default(), path);
        self.folders.iter().position(|folder| joined("", &folder.location) == location)
    }
}

/// A place of the lock file at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedPlace {
    /// Where it is, from the project's root, such as `node_modules/a/node_modules/b` or
    /// `packages/web/node_modules/c`.
    pub location: String,
    /// What lies there.
    pub content: LockedContent,
}

/// What lies in a place of the lock file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockedContent {
    /// A version from a registry. What it needs is what the registry says, not the lock file.
    Release {
        /// The package's own name; an alias lies under another.
        package: Name,
        /// The version.
        version: Version,
    },
    /// A link to a folder of the project, or to another place of the lock file: the location of
    /// that. Links to workspaces may be left out: they are put where they always are.
    Link(String),
}

/// A `package.json` of the user's, as far as it says what is needed.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// Its name, if it has one.
    pub name: Option<Name>,
    /// Its version, if it has one.
    pub version: Option<Version>,
    /// What it needs. The order within each list is meaning, if little: npm goes through them so.
    pub needs: Needs,
    /// What it needs to be worked on (`devDependencies`).
    pub development: Arc<[Dependency]>,
}

impl Project {
    /// What it requires, in an order that explanations count in: `dependencies`,
    /// `optionalDependencies`, `peerDependencies`, `devDependencies`.
    pub fn requirements(&self) -> impl Iterator<Item = (DependencyKind, &Name, &Requirement)> {
        let needs = &self.needs;
        let production = needs.dependencies.iter();
        let production = production.map(|one| (DependencyKind::Production, one));
        let optional = needs.optional.iter().map(|one| (DependencyKind::Optional, one));
        let peers = needs.peers.iter().map(|peer| {
            let kind =
                if peer.is_optional { DependencyKind::PeerOptional } else { DependencyKind::Peer };
            (kind, &peer.dependency)
        });
        let development = self.development.iter().map(|one| (DependencyKind::Development, one));
        let all = production.chain(optional).chain(peers).chain(development);
        all.map(|(kind, one)| (kind, &one.name, &one.requirement))
    }
}

/// A folder that is a package of its own.
#[derive(Clone, Debug)]
pub struct Folder {
    /// Where it lies, from the project's root, with slashes, such as `packages/web`; begins with
    /// `../` if it lies outside.
    pub location: String,
    /// What its `package.json` says.
    pub project: Project,
    /// Whether it is a workspace of the project, rather than met by `file:` alone.
    pub is_workspace: bool,
}

/// One of the project's overrides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Which requirements it is for: `web`, or `web@^1`; `.` for the package around it.
    pub key: String,
    /// What holds there.
    pub value: OverrideValue,
}

/// What an override says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OverrideValue {
    /// A spec that replaces what is required, or `$name` for what the project requires under it.
    Spec(String),
    /// Overrides for what the package depends on, directly or not.
    Within(Vec<Override>),
}

/// What to choose where there is a choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// The version of node that packages should run on. Without one, `engines` does not count.
    pub node: Option<Version>,
    /// The version of npm that packages should be installed by.
    pub npm: Option<Version>,
    /// Versions published after this instant do not exist; those that do not say when, do.
    pub before: Option<Timestamp>,
    /// Where packages go.
    pub install_strategy: InstallStrategy,
    /// Whether what is there already is kept rather than joined by something newer.
    pub prefers_dedupe: bool,
    /// Whether peers are nobody's business, as before npm 7.
    pub ignores_peers: bool,
    /// Whether other versions are tried of what the project requires itself, where npm refuses what
    /// it takes first. Npm does not.
    pub adjusts: bool,
    /// Whether of the versions that a range would do with those are taken first that are held:
    /// of these npm's rules take the newest. Npm itself has no such thing.
    pub prefers_held: bool,
    /// Whether a conflict of peers ends it all even where it is among dependencies alone.
    pub has_strict_peers: bool,
}

/// Where packages go (`install-strategy`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InstallStrategy {
    /// As shallow as they fit.
    #[default]
    Hoisted,
    /// Into the folder of what depends on them.
    Nested,
}

/// A path from the project's root, without detours.
fn joined(base: &str, path: &str) -> String {
    if path.starts_with('/') {
        return path.trim_end_matches('/').to_owned();
    }
    let mut names: Vec<&str> = Vec::new();
    for name in base.split('/').chain(path.split('/')) {
        match name {
            "" | "." => {}
            ".." if names.last().is_some_and(|last| *last != "..") => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    names.join("/")
}
