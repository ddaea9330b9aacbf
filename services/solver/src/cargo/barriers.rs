//! What keeps a version out of an acceptable set, for people to read.

use std::collections::BTreeSet;

use super::check::{Active, Reading};
use super::{Edge, Problem, Solution, Target, Universe};
use crate::widen::{AcceptableSet, Barrier};

/// Finds why a version is in no box together with `sets`: the version at `position` in the listing of
/// the pick at `slot`. Nothing, if it is in the set or could be.
///
/// What is required of it comes first, each requirement once; then what it requires itself.
pub fn barriers(
    problem: &Problem,
    universe: &Universe,
    solution: &Solution,
    sets: &[AcceptableSet<Edge>],
    (slot, position): (usize, u32),
) -> Vec<Barrier> {
    let reading = Reading::new(problem, universe, solution);
    if sets[slot].versions.iter().any(|acceptable| acceptable.position == position) {
        return Vec::new();
    }
    if let Some(why) = reading.unavailable(slot, position) {
        return vec![Barrier::Unavailable(why)];
    }
    let subject = Subject { reading: &reading, sets, slot, position };
    let mut barriers = subject.excluded();
    match reading.active(slot, position) {
        Err(why) => barriers.push(Barrier::Unavailable(why)),
        Ok(active) => barriers.extend(active.iter().filter_map(|active| subject.unmet(active))),
    }
    barriers.extend(subject.claimed());
    barriers
}

/// The version that is asked about, and where.
struct Subject<'r, 'a> {
    reading: &'r Reading<'a>,
    sets: &'r [AcceptableSet<Edge>],
    slot: usize,
    position: u32,
}

impl<'a> Subject<'_, 'a> {
    /// The requirements of its slot that do not admit it.
    fn excluded(&self) -> Vec<Barrier> {
        let (reading, mut seen, mut excluded) = (self.reading, BTreeSet::new(), Vec::new());
        let mut note = |by: Option<(usize, u32)>, edges: &[Edge], active: &[Active<'a>]| {
            for edge in edges.iter().filter(|edge| edge.target == Target::Pick(self.slot)) {
                let mut active = active.iter().filter(|active| active.place == edge.dependency);
                let requirement = active.find(|active| !self.meets(active)).map(Active::text);
                if let Some(requirement) = requirement
                    && seen.insert((by.map(|(slot, _)| slot), requirement.clone()))
                {
                    excluded.push(Barrier::Excluded { by, requirement });
                }
            }
        };
        for (number, member) in reading.solution.members.iter().enumerate() {
            if member.is_needed {
                note(None, &member.edges, &reading.member_active(number).unwrap_or_default());
            }
        }
        for (slot, set) in self.sets.iter().enumerate() {
            for acceptable in &set.versions {
                // Few depend on the slot: the others need not be read.
                let is_here = |edge: &Edge| edge.target == Target::Pick(self.slot);
                if acceptable.edges.iter().any(is_here) {
                    let active = reading.active(slot, acceptable.position).unwrap_or_default();
                    note(Some((slot, acceptable.position)), &acceptable.edges, &active);
                }
            }
        }
        excluded
    }

    fn meets(&self, active: &Active<'a>) -> bool {
        let release = self.reading.release(self.slot, self.position);
        release.is_some_and(|release| active.is_met(&release.version, &release.features))
    }

    /// What is wrong with each place that a dependency of it may lead to; the first of these, where it
    /// may lead to none.
    fn unmet(&self, active: &Active<'a>) -> Option<Barrier> {
        let registry = &self.reading.pick(self.slot).package.registry;
        let leads = self.reading.leads(registry, active.dependency);
        let mut faults = Vec::new();
        for lead in leads {
            faults.push(self.fault(active, lead)?);
        }
        // A clash says more than that a feature is off or another line is meant.
        let rank = |barrier: &Barrier| match barrier {
            Barrier::Cycle { .. } => 0,
            Barrier::Clash { .. } => 1,
            _ => 2,
        };
        faults.sort_by_key(rank);
        let missing = || Barrier::Missing { requirement: active.text() };
        Some(faults.into_iter().next().unwrap_or_else(missing))
    }

    /// What is wrong with a dependency of it that leads to a place.
    fn fault(&self, active: &Active<'a>, lead: Target) -> Option<Barrier> {
        let requirement = active.text();
        if self.reading.lacking(active, lead).is_some() {
            return Some(Barrier::Missing { requirement });
        }
        if let Target::Member(number) = lead
            && !self.reading.member_meets(active, number)
        {
            return Some(Barrier::Missing { requirement });
        }
        if let Target::Pick(slot) = lead {
            let versions = self.sets[slot].versions.iter().map(|acceptable| acceptable.position);
            let fails = |position: &u32| {
                let release = self.reading.release(slot, *position);
                !release.is_some_and(|one| active.is_met(&one.version, &one.features))
            };
            let positions: Vec<u32> = versions.filter(fails).collect();
            if positions.len() == self.sets[slot].versions.len() {
                // What is there is something else, such as another line.
                return Some(Barrier::Missing { requirement });
            }
            if !positions.is_empty() {
                return Some(Barrier::Clash { requirement, slot, positions });
            }
        }
        let leads_back = self.reaches(lead);
        leads_back.then_some(Barrier::Cycle { requirement, slot: self.slot })
    }

    /// Whether a place depends on the slot.
    fn reaches(&self, from: Target) -> bool {
        let (mut seen, mut waiting) = (BTreeSet::new(), vec![from]);
        while let Some(node) = waiting.pop() {
            if !seen.insert(node) {
                continue;
            }
            match node {
                Target::Pick(slot) if slot == self.slot => return true,
                Target::Pick(slot) => {
                    let edges = self.sets[slot].versions.iter().flat_map(|one| &one.edges);
                    waiting.extend(edges.map(|edge| edge.target));
                }
                Target::Member(number) => waiting.extend(self.reading.solid(number)),
            }
        }
        false
    }

    /// The library that another slot links, or a package by path.
    fn claimed(&self) -> Option<Barrier> {
        let links = |slot: usize, position: u32| {
            self.reading.release(slot, position).and_then(|release| release.links.as_deref())
        };
        let name = links(self.slot, self.position)?;
        if let Some(member) = self.reading.linking_member(name) {
            return Some(Barrier::Unavailable(format!("links `{name}`, as `{member}` does")));
        }
        let mut slots = self.sets.iter().enumerate().filter(|(slot, _)| *slot != self.slot);
        let links_it = |slot: usize, set: &AcceptableSet<Edge>| {
            set.versions.iter().any(|one| links(slot, one.position) == Some(name))
        };
        let (by, _) = slots.find(|(slot, set)| links_it(*slot, set))?;
        Some(Barrier::Claimed { name: name.to_owned(), by })
    }
}
