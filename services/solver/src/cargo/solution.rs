//! The solution as packages, versions, features and edges.

mod reach;

use std::sync::Arc;

use ecosystems::cargo::{Listing, Release, Version};

use super::rules::{CargoRules, Owner};
use super::{Crate, Gap};
use crate::search::Slot;
pub(super) use reach::Step;
use reach::{Everything, Reach, Reached};

/// A version for everything that is needed.
#[derive(Clone, Debug, Default)]
pub struct Solution {
    /// The packages by path, in the problem's order.
    pub members: Vec<MemberPick>,
    /// The packages from registries, by name, registry and version.
    pub picks: Vec<Pick>,
    /// The patches that put in place of a package what nothing needs.
    pub unused_patches: Vec<UnusedPatch>,
    /// The packages whose listings were looked at, those that no registry has included, in order.
    pub footprint: Vec<Gap>,
}

/// A patch that changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusedPatch {
    /// Its place in the problem's list.
    pub patch: usize,
    /// The version that it puts there.
    pub version: Version,
}

/// What a package by path depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberPick {
    /// Whether it is needed. A member of the workspace is.
    pub is_needed: bool,
    /// The features that are on, by name: of a member of the workspace all.
    pub features: Vec<String>,
    /// What its dependencies point to.
    pub edges: Vec<Edge>,
}

/// One chosen version.
#[derive(Clone, Debug)]
pub struct Pick {
    /// The package.
    pub package: Crate,
    /// Its listing.
    pub listing: Arc<Listing>,
    /// The position of the chosen version in it.
    pub position: u32,
    /// The features that are on for anybody, by name.
    pub features: Vec<String>,
    /// What its dependencies point to, those for development and those that nothing turns on aside.
    pub edges: Vec<Edge>,
}

/// A dependency that counts, and what it points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// The place of the dependency in the document's list.
    pub dependency: usize,
    /// What it points to.
    pub target: Target,
}

/// What an edge points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// A package by path, by its place in the problem's list and in the solution's.
    Member(usize),
    /// A package from a registry, by its place in the solution's list.
    Pick(usize),
}

impl Pick {
    /// The chosen version.
    pub fn release(&self) -> &Release {
        &self.listing.releases[self.position as usize]
    }
}

/// Reads what was chosen. Returns the way round where a package needs itself.
pub(super) fn read(rules: &CargoRules<'_>, picked: &[(Slot, u32)]) -> Result<Solution, Vec<Step>> {
    let everything = Reach::new(rules, picked).everything();
    match reach::cycle(rules, &everything) {
        None => Ok(assemble(rules, &everything)),
        Some(way) => Err(way),
    }
}

fn assemble(rules: &CargoRules<'_>, Everything { reached, places }: &Everything) -> Solution {
    let releases = reached.iter().enumerate().filter_map(|(at, reached)| match reached.owner {
        Owner::Release(id, position) => Some((at, id, position)),
        Owner::Member(_) => None,
    });
    let mut releases: Vec<_> = releases.collect();
    releases.sort_unstable_by_key(|(_, id, position)| {
        let package = rules.package_name(*id);
        (&package.name, &package.registry, *position)
    });
    let mut picks = vec![0; reached.len()];
    for (place, (at, ..)) in releases.iter().enumerate() {
        picks[*at] = place;
    }
    let target = |at: usize| match reached[at].owner {
        Owner::Member(number) => Target::Member(number as usize),
        Owner::Release(..) => Target::Pick(picks[at]),
    };
    let edges = |reached: &Reached| -> Vec<Edge> {
        let edges = reached.edges();
        edges.map(|(dependency, at)| Edge { dependency, target: target(at) }).collect()
    };
    let features = |reached: &Reached| -> Vec<String> {
        let on = rules.feature_set(reached.owner).on(&reached.activation);
        let mut on: Vec<&str> = on.map(|feature| rules.text(feature)).collect();
        on.sort_unstable();
        on.into_iter().map(str::to_owned).collect()
    };
    let members = (0..).zip(&rules.problem.members).map(|(number, _)| {
        places.get(&Owner::Member(number)).map_or_else(MemberPick::default, |at| {
            let reached = &reached[*at];
            MemberPick { is_needed: true, features: features(reached), edges: edges(reached) }
        })
    });
    let picks = releases.iter().map(|(at, id, position)| {
        let listing = rules.listing(*id).expect("a version was chosen from a listing");
        Pick {
            package: rules.package_name(*id).clone(),
            listing: Arc::clone(listing),
            position: *position,
            features: features(&reached[*at]),
            edges: edges(&reached[*at]),
        }
    });
    let patched = rules.patches().patched.iter();
    let unused = patched
        .filter(|patched| !places.contains_key(&patched.owner))
        .map(|patched| UnusedPatch { patch: patched.place, version: patched.version.clone() });
    Solution {
        members: members.collect(),
        picks: picks.collect(),
        unused_patches: unused.collect(),
        footprint: rules.footprint(),
    }
}
