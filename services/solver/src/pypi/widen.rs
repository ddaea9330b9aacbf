//! From one solution to the versions that would do in its place.

use pubgrub::VersionSet;

use super::edges::Edges;
use super::requirements::Active;
use super::rules::PypiRules;
use super::ways::{Misfit, Ways};
use super::{Edge, Gap, Problem, Solution, Universe};
use crate::widen::{Completeness, Growth, Reach, Widened, Within};

/// Widens `solution` to the acceptable sets around it, one for each of its picks.
///
/// A version is in a set only if it can be chosen by the rules of `problem`, offers the extras that
/// the chosen version offers, and asks for nothing that the solution lacks. A pre-release is in a set
/// only where it was asked for: the chosen version is one, a requirement of the user's names one, or
/// the policy is `allow`.
///
/// Sets are those of the answer once no gap is left. While there are any, what is not known is passed
/// over, and the sets are sound all the same.
pub fn widen(
    problem: &Problem,
    universe: &Universe,
    solution: &Solution,
    reach: Reach,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Widened<Edge, Gap> {
    let rules = PypiRules::new(problem, universe);
    match Ways::new(&rules, solution) {
        Ok(ways) => Widening::new(&ways, solution).run(solution, reach, interrupted),
        Err(gaps) => Widened { sets: Vec::new(), gaps, footprint: Vec::new() },
    }
}

/// One widening under way. Versions are meant by the atoms of their lines.
struct Widening<'a, 'r> {
    ways: &'a Ways<'a, 'r>,
    growth: Growth<Active<'a>>,
    completeness: Vec<Completeness>,
    /// Slots and positions of which it is not known what they need.
    unknown: Vec<(usize, u32)>,
    /// Slots and positions of which that was looked at.
    read: Vec<(usize, u32)>,
}

impl<'a, 'r> Widening<'a, 'r> {
    fn new(ways: &'a Ways<'a, 'r>, solution: &'a Solution) -> Self {
        let mut widening = Self {
            ways,
            growth: Growth::new(ways.slots.len()),
            completeness: vec![Completeness::Complete; ways.slots.len()],
            unknown: Vec::new(),
            read: Vec::new(),
        };
        widening.put(solution);
        widening
    }

    /// Puts the solution into the box, bounded by the user's own requirements.
    fn put(&mut self, solution: &Solution) {
        let ways = self.ways;
        for active in ways.rules.root_requirements() {
            if let Some(slot) = ways.number(active.target) {
                self.growth.bound(slot, &ways.rules.lower(&active));
            }
        }
        for (slot, pick) in solution.picks.iter().enumerate() {
            let atom = ways.atom(slot, pick.position);
            if let Some((atom, way)) = atom.zip(ways.way(slot, pick.position).ok()) {
                self.growth.put(slot, atom, way);
            }
        }
    }

    /// The versions of a slot that are to be tried.
    fn within(&self, slot: usize, reach: Reach) -> Within {
        let ways = self.ways;
        let held = ways.held(slot);
        let Some(line) = ways.rules.line(ways.slots[slot].id) else { return Within::default() };
        // Verdicts are dear: once it is seen that there is something out of reach, of the rest
        // those count that are held.
        let mut found = 0;
        let candidates = ways.in_order(slot).into_iter().filter_map(|position| {
            let is_held = held.contains(&position);
            let atom = line.atom(position);
            if (found > reach.newest && !is_held)
                || !self.growth.admits(slot, atom)
                || !ways.is_candidate(slot, position)
            {
                return None;
            }
            found += 1;
            Some(atom)
        });
        let is_held =
            |atom: u32| line.position(atom).is_some_and(|position| held.contains(&position));
        Within::of(&self.growth, slot, candidates, is_held, reach)
    }

    fn run(
        mut self,
        solution: &Solution,
        reach: Reach,
        interrupted: &(dyn Fn() -> bool + Sync),
    ) -> Widened<Edge, Gap> {
        let slots = 0..self.ways.slots.len();
        let mut within: Vec<Within> = slots.map(|slot| self.within(slot, reach)).collect();
        let walked =
            Within::walk(&mut within, interrupted, |slot, atom| self.try_version(slot, atom));
        (0..).zip(walked).for_each(|(slot, completeness)| self.note(slot, completeness));
        self.told(solution, &within)
    }

    /// Tries a version. Returns whether everything was known for that.
    fn try_version(&mut self, slot: usize, atom: u32) -> bool {
        let ways = self.ways;
        let Some(position) = self.position(slot, atom) else { return true };
        match ways.way(slot, position) {
            Err(Misfit::Unknown) => {
                self.unknown.push((slot, position));
                return false;
            }
            Err(Misfit::Unreadable(_)) => self.note(slot, Completeness::Unreadable),
            Ok(way) => {
                self.growth.add(slot, atom, way);
            }
            Err(_) => {}
        }
        self.read.push((slot, position));
        true
    }

    fn note(&mut self, slot: usize, completeness: Completeness) {
        self.completeness[slot] = self.completeness[slot].max(completeness);
    }

    fn position(&self, slot: usize, atom: u32) -> Option<u32> {
        self.ways.rules.line(self.ways.slots[slot].id)?.position(atom)
    }

    /// What came of it, in positions and edges.
    fn told(self, solution: &Solution, within: &[Within]) -> Widened<Edge, Gap> {
        let ways = self.ways;
        let mut footprint = ways.facts(self.read);
        footprint.retain(|fact| solution.footprint.binary_search(fact).is_err());
        let gaps = ways.facts(self.unknown);
        let completeness = self.completeness;
        let sets = self.growth.into_sets(within, |slot| completeness[slot]);
        let mut edges = Edges::new(ways.rules);
        let sets = sets.into_iter().enumerate().map(|(slot, set)| {
            let line = ways.rules.line(ways.slots[slot].id);
            let position = |atom: u32| {
                let position = line.as_ref().and_then(|line| line.position(atom));
                position.expect("what was tried is a version")
            };
            let mut set = set.map(position, |active| edges.written_once(&active));
            // The chosen version's edges are those of the solution, in their order.
            if let Some(chosen) = set.versions.first_mut() {
                chosen.edges.clone_from(&solution.picks[slot].edges);
            }
            set
        });
        Widened { sets: sets.collect(), gaps, footprint }
    }
}
