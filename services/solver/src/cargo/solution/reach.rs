//! What is reached from the members by way of what was chosen.

use rustc_hash::FxHashMap;

use super::super::features::{Activation, Wish};
use super::super::rules::{CargoRules, Owner, SlotKind};
use super::super::universe::CrateId;
use crate::interner::number;
use crate::search::Slot;

/// All that is needed.
#[derive(Default)]
pub(super) struct Everything {
    pub(super) reached: Vec<Reached>,
    /// The places there.
    pub(super) places: FxHashMap<Owner, usize>,
}

/// A member or a release that is needed.
pub(super) struct Reached {
    pub(super) owner: Owner,
    /// The features that are on.
    pub(super) activation: Activation,
    /// How much of what they ask for was looked at.
    followed: usize,
    /// Whether it was looked at what is needed without any features.
    is_seen: bool,
    /// For each dependency that counts the place of what it points to.
    targets: Vec<Option<usize>>,
}

/// A dependency on the way round: whose it is, and its place.
pub(crate) type Step = (Owner, usize);

/// Follows dependencies from the members.
pub(super) struct Reach<'a, 'b> {
    rules: &'b CargoRules<'a>,
    lines: FxHashMap<(CrateId, u32), u32>,
    choices: FxHashMap<(Owner, u32), u32>,
    everything: Everything,
    /// The places of what is to be looked at, some more than once.
    waiting: Vec<usize>,
}

impl Reached {
    /// The dependencies that count, ascending, and the places of what they point to.
    pub(super) fn edges(&self) -> impl Iterator<Item = (usize, usize)> {
        let targets = self.targets.iter().enumerate();
        targets.filter_map(|(place, target)| Some((place, (*target)?)))
    }
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
        Self { rules, lines, choices, everything: Everything::default(), waiting: Vec::new() }
    }

    /// Everything that is needed. A release is looked at again when more is asked of it.
    pub(super) fn everything(mut self) -> Everything {
        let rules = self.rules;
        for owner in rules.wanted() {
            let at = self.place(owner);
            rules.all_features(owner).for_each(|feature| self.request(at, feature));
        }
        while let Some(at) = self.waiting.pop() {
            self.follow(at);
        }
        self.everything
    }

    /// The place of what is needed.
    fn place(&mut self, owner: Owner) -> usize {
        let Everything { reached, places } = &mut self.everything;
        *places.entry(owner).or_insert_with(|| {
            let targets = vec![None; self.rules.targets(owner).len()];
            let activation = Activation::default();
            reached.push(Reached { owner, activation, followed: 0, is_seen: false, targets });
            self.waiting.push(reached.len() - 1);
            reached.len() - 1
        })
    }

    /// Asks for a feature of what is at a place.
    fn request(&mut self, at: usize, feature: u32) {
        let Reached { owner, activation, followed, .. } = &mut self.everything.reached[at];
        let is_had = self.rules.turn_on(*owner, activation, feature);
        is_had.expect("a version was chosen that has the features");
        if activation.wishes.len() > *followed {
            self.waiting.push(at);
        }
    }

    /// Follows the dependencies of what is at a place, as far as that was not done.
    fn follow(&mut self, at: usize) {
        let owner = self.everything.reached[at].owner;
        let (targets, features) = (self.rules.targets(owner), self.rules.feature_set(owner));
        let places = 0..number(targets.len());
        if !std::mem::replace(&mut self.everything.reached[at].is_seen, true) {
            for place in places.clone() {
                if self.rules.counts(owner, place) && !self.rules.ask(owner, place).is_optional {
                    self.point(at, place);
                }
            }
        }
        while let Some((alias, feature)) = self.next_wish(at) {
            let named = (alias..places.end).filter(|place| features.alias(*place) == alias);
            for place in named.filter(|place| self.rules.counts(owner, *place)) {
                let target = self.point(at, place);
                feature.into_iter().for_each(|feature| self.request(target, feature));
            }
        }
    }

    fn next_wish(&mut self, at: usize) -> Option<Wish> {
        let Reached { activation, followed, .. } = &mut self.everything.reached[at];
        let wish = activation.wishes.get(*followed).copied();
        *followed += usize::from(wish.is_some());
        wish
    }

    /// Follows a dependency that counts, to the place of what it points to.
    fn point(&mut self, at: usize, place: u32) -> usize {
        let Reached { owner, targets, .. } = &self.everything.reached[at];
        if let Some(known) = targets[place as usize] {
            return known;
        }
        let (rules, owner) = (self.rules, *owner);
        let target = self.place(self.target(owner, place));
        self.everything.reached[at].targets[place as usize] = Some(target);
        let requested = &rules.ask(owner, place).requested;
        requested.iter().for_each(|feature| self.request(target, *feature));
        target
    }

    /// What a dependency points to.
    fn target(&self, owner: Owner, place: u32) -> Owner {
        if let Some(member) = self.rules.path(owner, place) {
            return Owner::Member(member);
        }
        let id = self.rules.targets(owner)[place as usize].package;
        let matches = self.rules.matches(owner, place).expect("what is chosen is listed");
        let run = self.choices.get(&(owner, place)).map_or(0, |option| *option as usize);
        let line = matches.runs[run].line;
        let version = self.lines.get(&(id, line));
        self.rules.owner(id, line, *version.expect("a dependency that counts was decided"))
    }
}

/// The way round from a package that needs itself.
///
/// What is needed for development may go round; nothing else may.
pub(super) fn cycle(rules: &CargoRules<'_>, everything: &Everything) -> Option<Vec<Step>> {
    let reached = &everything.reached;
    let next = |at: usize, from: usize| {
        let Reached { owner, targets, .. } = &reached[at];
        let mut edges = targets.iter().enumerate().skip(from);
        edges.find_map(|(place, target)| {
            let target = target.filter(|_| !rules.ask(*owner, number(place)).is_dev)?;
            Some((place, target))
        })
    };
    let mut starts: Vec<usize> = (0..reached.len()).collect();
    starts.sort_unstable_by_key(|at| reached[*at].owner);
    let (mut finished, mut on_path) = (vec![false; reached.len()], vec![false; reached.len()]);
    for start in starts {
        // Each package on the path, with how many of its dependencies were followed.
        let mut path: Vec<(usize, usize)> = vec![(start, 0)];
        while let Some((at, followed)) = path.last_mut() {
            let at = *at;
            let edge = if finished[at] { None } else { next(at, *followed) };
            let Some((place, target)) = edge else {
                finished[at] = true;
                on_path[at] = false;
                path.pop();
                continue;
            };
            on_path[at] = true;
            *followed = place + 1;
            if on_path[target] {
                let way = path.iter().skip_while(|(at, _)| *at != target);
                return Some(
                    way.map(|(at, followed)| (reached[*at].owner, followed - 1)).collect(),
                );
            }
            path.push((target, 0));
        }
    }
    None
}
