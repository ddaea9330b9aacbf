//! The order in which a project of npm's is read, whatever the request's.

use ecosystems::npm::Spec;
use solver::npm::{Override, OverrideValue};

use crate::{NpmKind, NpmMember, NpmProject};

/// The places of a project's requirements, in order: those of the root first, then folder by folder,
/// list by list. Within a list they stay as they are, since npm goes through them so: the tree may
/// follow from it. Optional peers are behind the others, as npm has them.
pub(crate) fn requirements(project: &NpmProject) -> Vec<usize> {
    let folder = |at: usize| {
        let member = project.members.get(at).filter(|member| !member.path.is_empty());
        member.map(|member| folder(at, member))
    };
    let mut places: Vec<usize> = (0..project.requirements.len()).collect();
    places.sort_by_key(|place| {
        let requirement = &project.requirements[*place];
        let list = match requirement.kind {
            NpmKind::Normal => 0,
            NpmKind::Optional => 1,
            NpmKind::Peer => 2,
            NpmKind::PeerOptional => 3,
            NpmKind::Dev => 4,
        };
        (requirement.member.and_then(folder), list)
    });
    places
}

/// What the folders of a project are sorted by: workspaces stay in the request's order, as they do
/// with npm. The others, which only paths lead to, are behind them, by those paths.
pub(super) fn folder(at: usize, member: &NpmMember) -> (bool, usize, &str) {
    let NpmMember { path, outside_workspace, .. } = member;
    if *outside_workspace { (true, 0, path) } else { (false, at, path) }
}

/// A spec without blanks that say nothing; as it is, where they may.
pub(super) fn tidy(spec: &str) -> String {
    let tidied = spec.split_whitespace().collect::<Vec<_>>().join(" ");
    match (Spec::parse(spec), Spec::parse(&tidied)) {
        (Ok(Spec::Foreign(_)), _) => spec.to_owned(),
        (Ok(stated), Ok(other)) if stated == other => tidied,
        _ => spec.to_owned(),
    }
}

/// Puts overrides in order, by the names of the packages that they are for. Those for one package stay
/// as they are: the first whose range fits counts.
pub(super) fn overrides(list: &mut [Override]) {
    list.sort_by(|one, other| name(&one.key).cmp(name(&other.key)));
    for one in list {
        if let OverrideValue::Within(inner) = &mut one.value {
            overrides(inner);
        }
    }
}

/// The package of a key such as `@scope/web@^1`.
fn name(key: &str) -> &str {
    let behind_scope = usize::from(key.starts_with('@'));
    key[behind_scope..].find('@').map_or(key, |at| &key[..behind_scope + at])
}
