//! The solution as packages, versions, features and edges.

mod reach;

use std::collections::BTreeMap;
use std::sync::Arc;

use ecosystems::cargo::{Listing, Release, Version};
use rustc_hash::FxHashMap;

use super::rules::{CargoRules, Owner};
use super::{Crate, Gap};
use crate::search::Slot;
pub(super) use reach::Step;
use reach::{Reach, Reached};

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
    let reached = Reach::new(rules, picked).everything();
    match reach::cycle(rules, &reached) {
        None => Ok(assemble(rules, &reached)),
        Some(way) => Err(way),
    }
}

fn assemble(rules: &CargoRules<'_>, reached: &BTreeMap<Owner, Reached<'_>>) -> Solution {
    let releases = reached.keys().filter_map(|owner| match owner {
        Owner::Release(id, position) => Some((*id, *position)),
        Owner::Member(_) => None,
    });
    let mut releases: Vec<_> = releases.collect();
    releases.sort_by_key(|(id, position)| {
        let package = rules.package_name(*id);
        (&package.name, &package.registry, *position)
    });
    let places = releases.iter().enumerate();
    let places: FxHashMap<Owner, usize> =
        places.map(|(at, (id, position))| (Owner::Release(*id, *position), at)).collect();
    let target = |owner: Owner| match owner {
        Owner::Member(number) => Target::Member(number as usize),
        Owner::Release(..) => Target::Pick(places[&owner]),
    };
    let edges = |reached: &Reached<'_>| -> Vec<Edge> {
        let edges = reached.edges.iter();
        edges.map(|(at, owner)| Edge { dependency: *at, target: target(*owner) }).collect()
    };
    let features = |reached: &Reached<'_>| -> Vec<String> {
        reached.features.iter().map(|name| (*name).to_owned()).collect()
    };
    let members =
        (0..).zip(&rules.problem.members).map(|(number, _)| {
            reached.get(&Owner::Member(number)).map_or_else(MemberPick::default, |reached| {
                MemberPick { is_needed: true, features: features(reached), edges: edges(reached) }
            })
        });
    let picks = releases.iter().map(|(id, position)| {
        let reached = &reached[&Owner::Release(*id, *position)];
        let listing = rules.listing(*id).expect("a version was chosen from a listing");
        Pick {
            package: rules.package_name(*id).clone(),
            listing: Arc::clone(listing),
            position: *position,
            features: features(reached),
            edges: edges(reached),
        }
    });
    let patched = rules.patches().patched.iter();
    let unused = patched
        .filter(|patched| !reached.contains_key(&patched.owner))
        .map(|patched| UnusedPatch { patch: patched.place, version: patched.version.clone() });
    Solution {
        members: members.collect(),
        picks: picks.collect(),
        unused_patches: unused.collect(),
        footprint: rules.footprint(),
    }
}
