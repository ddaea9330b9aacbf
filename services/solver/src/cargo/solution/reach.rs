//! What is reached from the members by way of what was chosen.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use ecosystems::cargo::{Activation, Kind};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use super::super::rules::{CargoRules, Owner, SlotKind, requested};
use super::super::universe::CrateId;
use crate::search::Slot;

/// What is known of a member or a release that is needed.
#[derive(Default)]
pub(super) struct Reached<'a> {
    /// What is asked of it.
    requested: BTreeSet<&'a str>,
    /// What is on.
    pub(super) features: BTreeSet<&'a str>,
    /// Places of dependencies, and what they point to.
    pub(super) edges: Vec<(usize, Owner)>,
}

/// A dependency on the way round: whose it is, and its place.
pub(crate) type Step = (Owner, usize);

/// Follows dependencies from the members.
pub(super) struct Reach<'a, 'b> {
    rules: &'b CargoRules<'a>,
    lines: FxHashMap<(CrateId, u32), u32>,
    choices: FxHashMap<(Owner, u32), u32>,
}

impl<'a, 'b> Reach<'a, 'b> {
    pub(super) fn new(rules: &'b CargoRules<'a>, picked: &[(Slot, u32)]) -> Self {
        let (mut lines, mut choices) = (FxHashMap::default(), FxHashMap::default());
        for (slot, version) in picked {
            match rules.kind(*slot) {
                SlotKind::Line(id, line) => {
                    lines.insert((id, line), *version);
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
    pub(super) fn everything(&self) -> BTreeMap<Owner, Reached<'a>> {
        let wanted = self.rules.wanted().into_iter();
        let mut reached: BTreeMap<Owner, Reached<'a>> = wanted
            .map(|(owner, requested)| (owner, Reached { requested, ..Reached::default() }))
            .collect();
        let mut waiting: VecDeque<Owner> = reached.keys().copied().collect();
        let mut is_waiting: FxHashSet<Owner> = waiting.iter().copied().collect();
        while let Some(owner) = waiting.pop_front() {
            is_waiting.remove(&owner);
            let entry = reached.entry(owner).or_default();
            let activation = self.rules.activate(owner, entry.requested.iter().copied());
            let activation = activation.expect("a version was chosen that has the features");
            let edges = self.edges(owner, &activation);
            entry.features = activation.features;
            entry.edges = edges.iter().map(|(place, target, _)| (*place, *target)).collect();
            for (_, target, requested) in edges {
                let is_new = !reached.contains_key(&target);
                let known = &mut reached.entry(target).or_default().requested;
                let before = known.len();
                known.extend(requested);
                if (is_new || known.len() > before) && is_waiting.insert(target) {
                    waiting.push_back(target);
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
    ) -> Vec<(usize, Owner, SmallVec<[&'a str; 8]>)> {
        let nothing = BTreeSet::new();
        let mut edges = Vec::new();
        for (place, dependency) in self.rules.dependencies(owner).iter().enumerate() {
            if let Some(asked) = self.rules.asked(owner, dependency, activation) {
                let extra = asked.unwrap_or(&nothing);
                edges.push((place, self.target(owner, place), requested(dependency, extra)));
            }
        }
        edges
    }

    fn target(&self, owner: Owner, place: usize) -> Owner {
        let at = u32::try_from(place).unwrap_or(u32::MAX);
        if let Some(member) = self.rules.path(owner, at) {
            return Owner::Member(member);
        }
        let id = self.rules.targets(owner)[place].package;
        let matches = self.rules.matches(owner, at).expect("what is chosen is listed");
        let run = self.choices.get(&(owner, at)).map_or(0, |option| *option as usize);
        let line = matches.runs[run].line;
        let version = self.lines.get(&(id, line));
        self.rules.owner(id, line, *version.expect("a dependency that counts was decided"))
    }
}

/// The way round from a package that needs itself.
///
/// What is needed for development may go round; nothing else may.
pub(super) fn cycle(
    rules: &CargoRules<'_>,
    reached: &BTreeMap<Owner, Reached<'_>>,
) -> Option<Vec<Step>> {
    let next = |owner: Owner, from: usize| {
        let dependencies = rules.dependencies(owner);
        let mut edges = reached[&owner].edges.iter().enumerate().skip(from);
        edges.find(|(_, (place, _))| dependencies[*place].kind != Kind::Dev)
    };
    let (mut finished, mut on_path) = (FxHashSet::default(), FxHashSet::default());
    for start in reached.keys() {
        // Each package on the path, with how many of its edges were followed.
        let mut path: Vec<(Owner, usize)> = vec![(*start, 0)];
        while let Some((owner, followed)) = path.last_mut() {
            let owner = *owner;
            let edge = next(owner, *followed).filter(|_| !finished.contains(&owner));
            let Some((place, (_, target))) = edge else {
                finished.insert(owner);
                on_path.remove(&owner);
                path.pop();
                continue;
            };
            on_path.insert(owner);
            *followed = place + 1;
            if on_path.contains(target) {
                let way = path.iter().skip_while(|(owner, _)| owner != target);
                let edge = |owner: &Owner, followed: &usize| reached[owner].edges[followed - 1].0;
                return Some(way.map(|(owner, at)| (*owner, edge(owner, at))).collect());
            }
            path.push((*target, 0));
        }
    }
    None
}
