//! What a problem of crates puts into its key.

use ecosystems::cargo::{Declaration, Dependency, Kind};
use solver::cargo::{
    Asked as AskedOf, Crate, FeatureResolver, Locked, LockedEdge, Member, Patch, Platforms, Policy,
    Problem, ProcMacros, Replacement, Selection,
};

use super::Asked;
use super::build::Build;
use crate::fingerprint::Hasher;

/// Puts all of a problem into its key.
pub(super) fn fingerprint(asked: &Asked, hasher: &mut Hasher) {
    // Requirements are in order, so that their places follow from the members' dependencies.
    let Asked { problem, places: _, names_members, build } = asked;
    let Problem { registry, members, patches, locked, held, policy } = problem;
    hasher.text(registry);
    hasher.count(members.len());
    members.iter().for_each(|one| member(one, hasher));
    hasher.flag(*names_members);
    hasher.count(patches.len());
    patches.iter().for_each(|one| patch(one, hasher));
    hasher.count(locked.len());
    for Locked { package, version, edges, is_to_update } in locked {
        named(package, hasher);
        hasher.text(&version.to_string());
        locked_edges(edges, hasher);
        hasher.flag(*is_to_update);
    }
    hasher.held(held);
    // Whether held versions are preferred follows from the policy for what the client has.
    let Policy { strategy, rust_versions, before, prefers_held: _ } = policy;
    hasher.strategy(*strategy);
    hasher.texts(rust_versions.iter().map(ToString::to_string));
    hasher.instant(*before);
    hasher.flag(build.is_some());
    if let Some(Build { platforms, selection }) = build {
        let Platforms { target, host } = platforms;
        hasher.text(target.triple());
        hasher.text(host.triple());
        self::selection(selection, hasher);
    }
}

fn selection(selection: &Selection, hasher: &mut Hasher) {
    let Selection { resolver, members, with_dev, proc_macros } = selection;
    hasher.flag(*resolver == FeatureResolver::One);
    hasher.flag(*with_dev);
    hasher.count(members.len());
    for AskedOf { member, features, has_all_features, uses_default_features } in members {
        hasher.count(*member);
        hasher.texts(features.iter().map(ToString::to_string));
        hasher.flag(*has_all_features);
        hasher.flag(*uses_default_features);
    }
    // Which crates are procedural macros is known of the project's own alone.
    let ProcMacros { members, picks: _ } = proc_macros;
    let members: Vec<usize> = members.iter().copied().collect();
    places(members.into_iter(), hasher);
}

fn patch(patch: &Patch, hasher: &mut Hasher) {
    let Patch { package, replacement } = patch;
    named(package, hasher);
    hasher.flag(matches!(replacement, Replacement::Member(_)));
    match replacement {
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
    let Member { name, version, in_workspace, dependencies, paths, features, links, locked } =
        member;
    hasher.text(name.as_str());
    hasher.text(&version.to_string());
    hasher.text(links.as_deref().unwrap_or_default());
    hasher.flag(*in_workspace);
    let paths: Vec<usize> = paths.iter().flat_map(|(from, to)| [*from, *to]).collect();
    places(paths.into_iter(), hasher);
    hasher.flag(locked.is_some());
    locked_edges(locked.as_deref().unwrap_or_default(), hasher);
    hasher.count(dependencies.len());
    dependencies.iter().for_each(|one| dependency(one, hasher));
    hasher.count(features.iter().count());
    for (name, values) in features.iter() {
        hasher.text(name);
        hasher.texts(values.iter().map(ToString::to_string));
    }
}

fn dependency(dependency: &Dependency, hasher: &mut Hasher) {
    let Declaration {
        alias,
        package,
        requirement,
        kind,
        features,
        uses_default_features,
        is_optional,
        target,
        registry,
    } = &**dependency;
    hasher.text(alias);
    hasher.text(package.as_str());
    hasher.text(&requirement.to_string());
    hasher.text(match kind {
        Kind::Normal => "normal",
        Kind::Build => "build",
        Kind::Dev => "dev",
    });
    hasher.texts(features);
    hasher.flag(*uses_default_features);
    hasher.flag(*is_optional);
    hasher.text(target.as_deref().unwrap_or_default());
    hasher.text(registry.as_deref().unwrap_or_default());
}

fn named(package: &Crate, hasher: &mut Hasher) {
    let Crate { registry, name } = package;
    hasher.text(registry);
    hasher.text(name.as_str());
}
