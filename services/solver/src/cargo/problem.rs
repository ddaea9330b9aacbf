//! What is asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use ecosystems::Timestamp;
use ecosystems::cargo::{Dependency, Features, Name, Requirement, RustVersion, Version};

use super::Crate;
use crate::{Held, Strategy};

/// Members of a workspace whose dependencies are to be locked, under one policy.
#[derive(Clone, Debug, Default)]
pub struct Problem {
    /// The registry that a member's dependency without one is looked up in, as [`Crate::registry`].
    pub registry: Arc<str>,
    /// The packages that are there by path.
    pub members: Vec<Member>,
    /// What stands in for packages of registries (`[patch]`), in the order of the manifest.
    pub patches: Vec<Patch>,
    /// What the lock file at hand holds of registries, to be kept as long as it can be kept. Such
    /// versions may be yanked, and newer than the cut-off.
    pub locked: Vec<Locked>,
    /// The versions that the client has: those of a package that one of its requirements here takes,
    /// whatever the registry. They come first where versions are tried for the acceptable sets.
    pub held: Held<Name, Requirement>,
    /// What to choose where there is a choice.
    pub policy: Policy,
}

impl Problem {
    /// Whether the client has a version of a package.
    pub fn is_held(&self, package: &Name, version: &Version) -> bool {
        self.held.of(package).iter().any(|range| range.matches(version))
    }
}

/// A package that is there by path: a member of the workspace, or what depends by path on one that
/// is none.
///
/// Invariant: what it names by place is there, and `paths` names each a dependency of it.
#[derive(Clone, Debug)]
pub struct Member {
    /// What it is called.
    pub name: Name,
    /// Its version, as the lock file has it.
    pub version: Version,
    /// Whether it is a member of the workspace: then it is needed in any case, with all its features
    /// and what it needs for development. Another package by path is needed as one of a registry is.
    pub in_workspace: bool,
    /// What it depends on: of all kinds, for all targets.
    pub dependencies: Vec<Dependency>,
    /// Which of these are by path: by their places, the places of the packages that they are.
    /// A requirement `*` takes whatever version is there.
    pub paths: BTreeMap<usize, usize>,
    /// Its features, those included that its optional dependencies are.
    pub features: Features,
    /// The native library that it links.
    pub links: Option<Box<str>>,
    /// What the lock file at hand has it depend on; none where it is not in there with this version.
    pub locked: Option<Vec<LockedEdge>>,
}

/// A package of a registry as a lock file holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locked {
    /// The package.
    pub package: Crate,
    /// Its version.
    pub version: Version,
    /// What the lock file has it depend on.
    pub edges: Vec<LockedEdge>,
    /// Whether the user wants a newer one. Then the version is not kept, and what it needs is kept
    /// only as long as nothing else is required.
    pub is_to_update: bool,
}

/// What a lock file has a package depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LockedEdge {
    /// A package by path, by its place in [`Problem::members`].
    Member(usize),
    /// A package of a registry, by its place in [`Problem::locked`].
    Package(usize),
}

/// Another package in place of one of a registry.
///
/// It counts wherever the one of the registry is required, and comes before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// The package that it stands in for.
    pub package: Crate,
    /// Where it is.
    pub replacement: Replacement,
}

/// Where the package is that stands in for another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// There by path, at a place in [`Problem::members`].
    Member(usize),
    /// In another registry. One version alone may meet the requirement, or be locked.
    Package(Crate, Requirement),
}

/// What to choose where there is a choice.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Newest or oldest.
    pub strategy: Strategy,
    /// The compilers that versions should work with: those of the members that say so, or else the
    /// toolchain's. The more of them a version works with, the sooner it is tried. None where
    /// compilers do not count, as before resolver 3.
    pub rust_versions: Vec<RustVersion>,
    /// Versions published after this instant do not exist; those that do not say when, do.
    pub before: Option<Timestamp>,
    /// Whether a version that the client has comes before all others but those that are locked.
    pub prefers_held: bool,
}
