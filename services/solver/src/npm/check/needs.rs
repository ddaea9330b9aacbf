//! What a `package.json` asks for, name by name.

use ecosystems::npm::{Dependency, Needs, Requirement};

use crate::npm::facts::DependencyKind;
use crate::npm::problem::Project;

/// One thing that is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Need<'a> {
    pub(super) kind: DependencyKind,
    pub(super) name: &'a str,
    pub(super) requirement: &'a Requirement,
    /// What would do as well.
    pub(super) accepted: Option<&'a Requirement>,
}

/// What a release asks for: each name once, as the list says that counts for npm. That is the
/// optional dependencies, then the dependencies, optional peers, and peers.
pub(super) fn of_release(needs: &Needs, ignores_peers: bool) -> Vec<Need<'_>> {
    let mut all = Vec::new();
    add(&mut all, needs, DependencyKind::Optional, needs.optional.iter());
    add(&mut all, needs, DependencyKind::Production, needs.dependencies.iter());
    if !ignores_peers {
        for (is_optional, kind) in
            [(true, DependencyKind::PeerOptional), (false, DependencyKind::Peer)]
        {
            let peers = needs.peers.iter().filter(|peer| peer.is_optional == is_optional);
            add(&mut all, needs, kind, peers.map(|peer| &peer.dependency));
        }
    }
    all
}

/// What the project or a folder of it asks for, which is also what it is worked on with.
pub(super) fn of_project(project: &Project, ignores_peers: bool) -> Vec<Need<'_>> {
    let mut all = Vec::new();
    add(&mut all, &project.needs, DependencyKind::Development, project.development.iter());
    for need in of_release(&project.needs, ignores_peers) {
        if !has(&all, need.name) {
            all.push(need);
        }
    }
    all
}

/// Adds what a list states of names that no list before it does. Of names in one list that differ
/// in case alone the last counts, as does of two that are the same.
fn add<'a>(
    all: &mut Vec<Need<'a>>,
    needs: &'a Needs,
    kind: DependencyKind,
    list: impl DoubleEndedIterator<Item = &'a Dependency>,
) {
    for one in list.rev() {
        let name = one.name.as_str();
        if !has(all, name) {
            let accepted = needs.accepted.iter().find(|accepted| accepted.name == one.name);
            let accepted = accepted.map(|accepted| &accepted.requirement);
            all.push(Need { kind, name, requirement: &one.requirement, accepted });
        }
    }
}

fn has(all: &[Need<'_>], name: &str) -> bool {
    all.iter().any(|need| is_same_folder(need.name, name))
}

/// Whether two names are one folder where upper and lower case are not told apart.
pub(super) fn is_same_folder(one: &str, other: &str) -> bool {
    one == other || one.to_lowercase() == other.to_lowercase()
}
