//! What a problem of crates puts into its key.

use ecosystems::cargo::{Dependency, Kind};
use solver::cargo::{Crate, FeatureResolver, LockedEdge, Member, Patch, Replacement, Selection};

use super::Asked;
use super::build::Build;
use crate::fingerprint::Hasher;

/// Puts all of a problem into its key.
pub(super) fn fingerprint(asked: &Asked, hasher: &mut Hasher) {
    let problem = &asked.problem;
    hasher.text(&problem.registry);
    hasher.count(problem.members.len());
    problem.members.iter().for_each(|one| member(one, hasher));
    hasher.count(asked.places.len());
    for stated in &asked.places {
        // An answer tells of requirements by their places.
        places(stated.iter().copied(), hasher);
    }
    hasher.flag(asked.names_members);
    hasher.count(problem.patches.len());
    problem.patches.iter().for_each(|one| patch(one, hasher));
    hasher.count(problem.locked.len());
    for locked in &problem.locked {
        named(&locked.package, hasher);
        hasher.text(&locked.version.to_string());
        locked_edges(&locked.edges, hasher);
        hasher.flag(locked.is_to_update);
    }
    hasher.held(&problem.held);
    hasher.strategy(problem.policy.strategy);
    hasher.texts(problem.policy.rust_versions.iter().map(ToString::to_string));
    hasher.instant(problem.policy.before);
    hasher.flag(asked.build.is_some());
    if let Some(Build { platforms, selection }) = &asked.build {
        hasher.text(platforms.target.triple());
        hasher.text(platforms.host.triple());
        self::selection(selection, hasher);
    }
}

fn selection(selection: &Selection, hasher: &mut Hasher) {
    hasher.flag(selection.resolver == FeatureResolver::One);
    hasher.flag(selection.with_dev);
    hasher.count(selection.members.len());
    for asked in &selection.members {
        hasher.count(asked.member);
        hasher.texts(asked.features.iter().map(ToString::to_string));
        hasher.flag(asked.has_all_features);
        hasher.flag(asked.uses_default_features);
    }
    // Which crates are procedural macros is known of the project's own alone.
    let members: Vec<usize> = selection.proc_macros.members.iter().copied().collect();
    places(members.into_iter(), hasher);
}

fn patch(patch: &Patch, hasher: &mut Hasher) {
    named(&patch.package, hasher);
    match &patch.replacement {
        Replacement::Member(place) => hasher.count(*place),
        Replacement::Package(package, requirement) => {
            named(package, hasher);
            hasher.text(&requirement.to_string());
        }
    }
}

/// A list of places.
fn places(places: impl ExactSizeIterator<Item = usize>, hasher: &mut Hasher) {
    hasher.count(places.len());
    places.for_each(|place| hasher.count(place));
}

/// What a lock has something depend on.
fn locked_edges(edges: &[LockedEdge], hasher: &mut Hasher) {
    hasher.count(edges.len());
    for edge in edges {
        let (is_member, place) = match edge {
            LockedEdge::Member(place) => (true, place),
            LockedEdge::Package(place) => (false, place),
        };
        hasher.flag(is_member);
        hasher.count(*place);
    }
}

fn member(member: &Member, hasher: &mut Hasher) {
    hasher.text(member.name.as_str());
    hasher.text(&member.version.to_string());
    hasher.text(member.links.as_deref().unwrap_or_default());
    hasher.flag(member.in_workspace);
    places(
        member.paths.iter().flat_map(|(from, to)| [*from, *to]).collect::<Vec<_>>().into_iter(),
        hasher,
    );
    hasher.flag(member.locked.is_some());
    locked_edges(member.locked.as_deref().unwrap_or_default(), hasher);
    hasher.count(member.dependencies.len());
    member.dependencies.iter().for_each(|one| dependency(one, hasher));
    for (name, values) in member.features.iter() {
        hasher.text(name);
        hasher.texts(values.iter().map(ToString::to_string));
    }
    hasher.text("end of features");
}

fn dependency(dependency: &Dependency, hasher: &mut Hasher) {
    hasher.text(&dependency.alias);
    hasher.text(dependency.package.as_str());
    hasher.text(&dependency.requirement.to_string());
    hasher.text(match dependency.kind {
        Kind::Normal => "normal",
        Kind::Build => "build",
        Kind::Dev => "dev",
    });
    hasher.texts(&dependency.features);
    hasher.flag(dependency.uses_default_features);
    hasher.flag(dependency.is_optional);
    hasher.text(dependency.target.as_deref().unwrap_or_default());
    hasher.text(dependency.registry.as_deref().unwrap_or_default());
}

fn named(package: &Crate, hasher: &mut Hasher) {
    hasher.text(&package.registry);
    hasher.text(package.name.as_str());
}
