//! What a problem of npm's packages puts into its key.

use ecosystems::npm::{Dependency, Needs, Peer, Version};
use solver::npm::{
    Folder, InstallStrategy, LockedContent, LockedPlace, Override, OverrideValue, Platform, Policy,
    Problem, Project,
};

use super::Asked;
use crate::fingerprint::Hasher;

/// Puts all of a problem into its key. The order within a list of requirements counts: npm goes
/// through it so.
pub(super) fn fingerprint(asked: &Asked, hasher: &mut Hasher) {
    let Asked { problem, stated, names_members, platform } = asked;
    let Problem { project: root, folders, overrides, locked, held, policy } = problem;
    project(root, hasher);
    hasher.count(folders.len());
    for Folder { location, project: inner, is_workspace } in folders {
        hasher.text(location);
        hasher.flag(*is_workspace);
        project(inner, hasher);
    }
    self::overrides(overrides, hasher);
    hasher.count(locked.len());
    for LockedPlace { location, content } in locked {
        hasher.text(location);
        match content {
            LockedContent::Release { package, version } => {
                hasher.text(package.as_str());
                self::version(Some(version), hasher);
            }
            LockedContent::Link(target) => {
                hasher.text("");
                hasher.text(target);
            }
        }
    }
    hasher.held(held);
    let Policy {
        node,
        npm,
        before,
        install_strategy,
        prefers_dedupe,
        ignores_peers,
        adjusts,
        has_strict_peers,
        // Which of the two it is follows from the policy for what the client has.
        prefers_held: _,
    } = policy;
    version(node.as_ref(), hasher);
    version(npm.as_ref(), hasher);
    hasher.instant(*before);
    hasher.flag(*install_strategy == InstallStrategy::Nested);
    for flag in [prefers_dedupe, ignores_peers, adjusts, has_strict_peers] {
        hasher.flag(*flag);
    }
    let Platform { os, cpu, libc, node: _, npm: _ } = platform;
    hasher.texts([os, cpu, libc].map(|name| name.as_deref().unwrap_or_default()));
    hasher.flag(*names_members);
    // An answer tells of requirements by their places, also behind one that another list overrides.
    hasher.count(stated.len());
    for place in stated.values() {
        hasher.count(*place);
    }
}

fn project(project: &Project, hasher: &mut Hasher) {
    let Project { name, version: own, needs, development } = project;
    hasher.text(name.as_ref().map_or("", |name| name.as_str()));
    version(own.as_ref(), hasher);
    // No request states what else would do.
    let Needs { dependencies: normal, optional, peers, peer_meta: _, bundled, accepted: _ } = needs;
    dependencies(normal, hasher);
    dependencies(optional, hasher);
    dependencies(development, hasher);
    hasher.texts(bundled.iter());
    hasher.count(peers.len());
    for Peer { dependency: needed, is_optional } in &**peers {
        dependency(needed, hasher);
        hasher.flag(*is_optional);
    }
}

fn dependencies(stated: &[Dependency], hasher: &mut Hasher) {
    hasher.count(stated.len());
    stated.iter().for_each(|one| dependency(one, hasher));
}

fn dependency(stated: &Dependency, hasher: &mut Hasher) {
    let Dependency { name, requirement } = stated;
    hasher.text(name.as_str());
    hasher.text(requirement.as_str());
}

fn overrides(list: &[Override], hasher: &mut Hasher) {
    hasher.count(list.len());
    for Override { key, value } in list {
        hasher.text(key);
        hasher.flag(matches!(value, OverrideValue::Within(_)));
        match value {
            OverrideValue::Spec(spec) => hasher.text(spec),
            OverrideValue::Within(inner) => overrides(inner, hasher),
        }
    }
}

fn version(version: Option<&Version>, hasher: &mut Hasher) {
    hasher.text(&version.map_or_else(String::new, ToString::to_string));
}
