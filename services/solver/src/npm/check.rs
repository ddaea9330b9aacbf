//! A second opinion on acceptable sets, which shares nothing with what made them.
//!
//! Slow and plain: paths are taken apart, names are looked up folder by folder, and versions are
//! held against what packages state, by the rules that [`widen`](super::widen()) tells.

mod candidates;
mod needs;
mod overridden;
mod purpose;
mod reading;
mod tree;

use std::rc::Rc;

use super::problem::Problem;
use super::solution::{Content, Edge, Solution};
use super::universe::Universe;
use crate::widen::{AcceptableSet, Barrier, Violation};
use reading::{Reader, Reading};

/// What is wrong with the sets of an answer: nothing, if every choice of one version from each is
/// an install set, with the edges that are stated.
///
/// Sets stand in the order of the answer's places.
pub fn check(
    problem: &Problem,
    universe: &Universe,
    solution: &Solution,
    sets: &[AcceptableSet<Edge>],
) -> Vec<Violation> {
    let mut checker = Checker::new(problem, universe, solution);
    if sets.len() != solution.places.len() {
        let text = "There is not one set for each place.".to_owned();
        return vec![Violation { slot: None, position: None, text }];
    }
    for slot in 0..sets.len() {
        match checker.reader.chosen(slot) {
            Some(chosen) => checker.check_set(slot, chosen, sets),
            None => checker.check_local(slot, sets),
        }
    }
    checker.violations
}

/// What keeps a version out of a set that it is not in; nothing if it is there, or could be.
///
/// Of a place whose versions exclude it the first that does is named.
pub fn barriers(
    problem: &Problem,
    universe: &Universe,
    solution: &Solution,
    sets: &[AcceptableSet<Edge>],
    (slot, position): (usize, u32),
) -> Vec<Barrier> {
    let mut reader = Reader::new(problem, universe, solution);
    let own = sets.get(slot).map_or(&[][..], |set| &set.versions);
    if own.iter().any(|version| version.position == position) {
        return Vec::new();
    }
    if let Err(reason) = reader.may_be_taken(slot, position) {
        return vec![Barrier::Unavailable(reason)];
    }
    let mut barriers = Vec::new();
    for (from, set) in sets.iter().enumerate() {
        let is_local = reader.chosen(from).is_none();
        let by = set.versions.iter().map(|version| Some((from, version.position)));
        let by = by.chain(is_local.then_some(None)).filter(|_| from != slot);
        for by in by {
            let reading = match by {
                Some((_, position)) => reader.read(from, position),
                None => reader.read_local(from),
            };
            if let Some(requirement) = reader.refusal(&reading, slot, position) {
                barriers.push(Barrier::Excluded { by, requirement });
                break;
            }
        }
    }
    let reading = reader.read(slot, position);
    let missing = reading.missing.iter().map(|(requirement, _)| requirement.clone());
    barriers.extend(missing.map(|requirement| Barrier::Missing { requirement }));
    for lead in &reading.leads {
        let others = sets.get(lead.slot).map_or(&[][..], |set| &set.versions);
        let others = others.iter().map(|version| version.position).collect();
        let others = if lead.slot == slot { vec![position] } else { others };
        let positions: Vec<u32> =
            others.into_iter().filter(|other| !reader.admits(lead, *other)).collect();
        if !positions.is_empty() {
            let requirement = lead.requirement.clone();
            barriers.push(Barrier::Clash { requirement, slot: lead.slot, positions });
        }
    }
    barriers
}

/// Judges choices of one version for each place, remembering what it has looked up.
pub struct Checker<'a> {
    reader: Reader<'a>,
    violations: Vec<Violation>,
}

impl<'a> Checker<'a> {
    /// A checker of choices for the places of an answer.
    pub fn new(problem: &'a Problem, universe: &'a Universe, solution: &'a Solution) -> Self {
        Self { reader: Reader::new(problem, universe, solution), violations: Vec::new() }
    }

    /// What is wrong with a choice: the position of a version for each place, in the order of the
    /// answer's places. Those of places that hold no release do not count, and whether a place is
    /// still needed is not asked.
    pub fn choice(&mut self, positions: &[u32]) -> Vec<Violation> {
        let slots = self.reader.places();
        if positions.len() != slots {
            self.say(None, None, "There is not one version for each place.".to_owned());
            return std::mem::take(&mut self.violations);
        }
        for slot in 0..slots {
            let position = self.reader.chosen(slot).map(|_| positions[slot]);
            let reading = match position {
                Some(position) => {
                    if let Err(reason) = self.reader.may_be_taken(slot, position) {
                        self.say(Some(slot), Some(position), format!("The version {reason}."));
                        continue;
                    }
                    self.reader.read(slot, position)
                }
                None => self.reader.read_local(slot),
            };
            self.say_missing(slot, position, &reading);
            for lead in &reading.leads {
                self.hold(slot, position, lead, positions[lead.slot]);
            }
        }
        std::mem::take(&mut self.violations)
    }

    fn check_local(&mut self, slot: usize, sets: &[AcceptableSet<Edge>]) {
        if !sets[slot].versions.is_empty() {
            self.say(Some(slot), None, "Nothing from a registry lies there.".to_owned());
        }
        let reading = self.reader.read_local(slot);
        self.hold_all(slot, None, &reading, sets);
    }

    fn check_set(&mut self, slot: usize, chosen: u32, sets: &[AcceptableSet<Edge>]) {
        let versions = &sets[slot].versions;
        if versions.first().is_none_or(|first| first.position != chosen) {
            self.say(Some(slot), None, "The chosen version is not the first.".to_owned());
        }
        for (place, version) in versions.iter().enumerate() {
            let position = version.position;
            if versions[..place].iter().any(|other| other.position == position) {
                self.say(Some(slot), Some(position), "The version is there twice.".to_owned());
            }
            if let Err(reason) = self.reader.may_be_taken(slot, position) {
                self.say(Some(slot), Some(position), format!("The version {reason}."));
                continue;
            }
            let reading = self.reader.read(slot, position);
            self.say_missing(slot, Some(position), &reading);
            self.compare(slot, position, &reading, &version.edges);
            self.hold_all(slot, Some(position), &reading, sets);
        }
    }

    /// Holds the edges that are stated against those that there are.
    fn compare(&mut self, slot: usize, position: u32, reading: &Reading, stated: &[Edge]) {
        if reading.edges[..] == *stated {
            return;
        }
        for edge in &reading.edges {
            if !stated.contains(edge) {
                let text = format!("The edge `{}@{}` is not stated so.", edge.name, edge.spec);
                self.say(Some(slot), Some(position), text);
            }
        }
        for edge in stated {
            if !reading.edges.contains(edge) {
                let text = format!("The edge `{}@{}` is not there.", edge.name, edge.spec);
                self.say(Some(slot), Some(position), text);
            }
        }
    }

    fn hold_all(
        &mut self,
        slot: usize,
        position: Option<u32>,
        reading: &Rc<Reading>,
        sets: &[AcceptableSet<Edge>],
    ) {
        for lead in &reading.leads {
            match position {
                Some(position) if lead.slot == slot => {
                    self.hold(slot, Some(position), lead, position);
                }
                _ => {
                    for other in &sets[lead.slot].versions {
                        self.hold(slot, position, lead, other.position);
                    }
                }
            }
        }
    }

    /// Holds a version in another place against what is asked of it.
    fn hold(&mut self, slot: usize, position: Option<u32>, lead: &reading::Lead, other: u32) {
        if !self.reader.admits(lead, other) {
            let version = self.reader.title(lead.slot, other);
            let text = format!("`{}` is not met by `{version}`.", lead.requirement);
            self.say(Some(slot), position, text);
        }
    }

    fn say_missing(&mut self, slot: usize, position: Option<u32>, reading: &Reading) {
        for (requirement, why) in &reading.missing {
            self.say(Some(slot), position, format!("`{requirement}` {why}."));
        }
    }

    fn say(&mut self, slot: Option<usize>, position: Option<u32>, text: String) {
        let is_projects = slot == Some(0);
        self.violations.push(Violation { slot: slot.filter(|_| !is_projects), position, text });
    }
}

/// The position of the version that an answer has in a place.
fn chosen_in(content: &Content) -> Option<u32> {
    match content {
        Content::Release { position, .. } => Some(*position),
        Content::Project | Content::Folder(_) | Content::Link(_) => None,
    }
}
