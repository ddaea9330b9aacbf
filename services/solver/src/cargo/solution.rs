//! The solution as packages, versions, features and edges.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ecosystems::cargo::{Activation, Listing, Release};
use rustc_hash::FxHashMap;

use super::rules::{CargoRules, Owner, SlotKind, requested};
use super::universe::CrateId;
use super::{Crate, Gap};
use crate::search::Slot;

/// A version for everything that is needed.
#[derive(Clone, Debug, Default)]
pub struct Solution {
    /// The members, in the problem's order.
    pub members: Vec<MemberPick>,
    /// The packages from registries, by name, registry and version.
    pub picks: Vec<Pick>,
    /// The packages whose listings were looked at, those that no registry has included, in order.
    pub footprint: Vec<Gap>,
}

/// What a member depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberPick {
    /// Its features, all of which are on, by name.
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
    /// A member, by its place in the problem's list and in the solution's.
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
pub(super) fn read(
    rules: &CargoRules<'_>,
    picked: &[(Slot, u32)],
) -> Result<Solution, Vec<String>> {
    let reached = Reach::new(rules, picked).everything();
    let mut releases: Vec<(CrateId, u32)> = reached
        .keys()
        .filter_map(|owner| match owner {
            Owner::Release(id, position) => Some((*id, *position)),
            Owner::Member(_) => None,
        })
        .collect();
    releases.sort_by_key(|(id, position)| {
        let package = rules.package_name(*id);
        (&package.name, &package.registry, *position)
    });
    let places = releases.iter().enumerate();
    let places: FxHashMap<(CrateId, u32), usize> = places.map(|(at, id)| (*id, at)).collect();
    let edges = |owner| {
        let Reached { edges, .. } = &reached[&owner];
        let edges = edges.iter();
        let edges = edges
            .map(|(at, target)| Edge { dependency: *at, target: Target::Pick(places[target]) });
        edges.collect()
    };
    let features = |owner| -> Vec<String> {
        reached[&owner].features.iter().map(|name| (*name).to_owned()).collect()
    };
    let mut solution = Solution { footprint: rules.footprint(), ..Solution::default() };
    for member in 0..rules.problem.members.len() {
        let owner = Owner::Member(u32::try_from(member).unwrap_or(u32::MAX));
        solution.members.push(MemberPick { features: features(owner), edges: edges(owner) });
    }
    for (id, position) in releases {
        let owner = Owner::Release(id, position);
        let listing = rules.listing(id).expect("a version was chosen from a listing");
        solution.picks.push(Pick {
            package: rules.package_name(id).clone(),
            listing: Arc::clone(listing),
            position,
            features: features(owner),
            edges: edges(owner),
        });
    }
    match cycle(&solution) {
        None => Ok(solution),
        Some(cycle) => Err(cycle),
    }
}

/// What is known of a member or a release that is needed.
#[derive(Default)]
struct Reached<'a> {
    /// What is asked of it.
    requested: BTreeSet<&'a str>,
    /// What is on.
    features: BTreeSet<&'a str>,
    /// Places of dependencies, and what they point to.
    edges: Vec<(usize, (CrateId, u32))>,
}

/// Follows dependencies from the members.
struct Reach<'a, 'b> {
    rules: &'b CargoRules<'a>,
    lines: FxHashMap<(CrateId, u32), u32>,
    choices: FxHashMap<(Owner, u32), u32>,
}

impl<'a, 'b> Reach<'a, 'b> {
    fn new(rules: &'b CargoRules<'a>, picked: &[(Slot, u32)]) -> Self {
        let (mut lines, mut choices) = (FxHashMap::default(), FxHashMap::default());
        for (slot, version) in picked {
            match rules.kind(*slot) {
                SlotKind::Line(id, line) => {
                    lines.insert((id, line), line + version);
                }
                SlotKind::Choice(owner, place) => {
                    choices.insert((owner, place), *version);
                }
                _ => {}
            }
        }
        Self { rules, lines, choices }
    }

    /// Everything that is needed. A release is looked at again when more is asked of it.
    fn everything(&self) -> BTreeMap<Owner, Reached<'a>> {
        let mut reached: BTreeMap<Owner, Reached<'a>> = BTreeMap::new();
        let mut waiting = Vec::new();
        for member in (0..self.rules.problem.members.len()).rev() {
            let owner = Owner::Member(u32::try_from(member).unwrap_or(u32::MAX));
            let requested = self.rules.features(owner).iter().map(|(name, _)| name).collect();
            reached.insert(owner, Reached { requested, ..Reached::default() });
            waiting.push(owner);
        }
        while let Some(owner) = waiting.pop() {
            let entry = reached.entry(owner).or_default();
            let activation = self.rules.activate(owner, entry.requested.iter().copied());
            let activation = activation.expect("a version was chosen that has the features");
            let edges = self.edges(owner, &activation);
            entry.features = activation.features;
            entry.edges = edges.iter().map(|(place, target, _)| (*place, *target)).collect();
            for (_, (id, position), requested) in edges {
                let target = Owner::Release(id, position);
                let is_new = !reached.contains_key(&target);
                let known = &mut reached.entry(target).or_default().requested;
                let before = known.len();
                known.extend(requested);
                if is_new || known.len() > before {
                    waiting.push(target);
                }
            }
        }
        reached
    }

    /// The dependencies of an owner that count, what they point to, and what they ask of it.
    fn edges(
        &self,
        owner: Owner,
        activation: &Activation<'a>,
    ) -> Vec<(usize, (CrateId, u32), BTreeSet<&'a str>)> {
        let nothing = BTreeSet::new();
        let mut edges = Vec::new();
        for (place, dependency) in self.rules.dependencies(owner).iter().enumerate() {
            if CargoRules::is_active(owner, dependency, activation) {
                let extra = activation.dependencies.get(&*dependency.alias).unwrap_or(&nothing);
                edges.push((place, self.target(owner, place), requested(dependency, extra)));
            }
        }
        edges
    }

    fn target(&self, owner: Owner, place: usize) -> (CrateId, u32) {
        let id = self.rules.targets(owner)[place].package;
        let at = u32::try_from(place).unwrap_or(u32::MAX);
        let matches = self.rules.matches(owner, at).expect("what is chosen is listed");
        let run = self.choices.get(&(owner, at)).map_or(0, |option| *option as usize);
        let line = matches.runs[run].line;
        (id, *self.lines.get(&(id, line)).expect("a dependency that counts was decided"))
    }
}

/// The packages on the way round from one that needs itself, as `name version`.
///
/// What members need for development may need the members again; nothing else may go round.
fn cycle(solution: &Solution) -> Option<Vec<String>> {
    let mut finished = vec![false; solution.picks.len()];
    let mut on_path = vec![false; solution.picks.len()];
    for start in 0..solution.picks.len() {
        // Each package on the path, with how many of its edges were followed.
        let mut path: Vec<(usize, usize)> = vec![(start, 0)];
        while let Some((at, followed)) = path.last_mut() {
            let at = *at;
            on_path[at] = !finished[at];
            let edge = solution.picks[at].edges.get(*followed).filter(|_| !finished[at]);
            *followed += 1;
            match edge {
                None => {
                    finished[at] = true;
                    on_path[at] = false;
                    path.pop();
                }
                Some(Edge { target: Target::Pick(target), .. }) if on_path[*target] => {
                    let way = path.iter().map(|(at, _)| *at);
                    let way = way.skip_while(|at| at != target);
                    return Some(way.map(|at| name(&solution.picks[at])).collect());
                }
                Some(Edge { target: Target::Pick(target), .. }) => path.push((*target, 0)),
                Some(Edge { target: Target::Member(_), .. }) => {}
            }
        }
    }
    None
}

fn name(pick: &Pick) -> String {
    format!("{} {}", pick.package, pick.release().version)
}
