//! A second opinion on acceptable sets: slow and obvious.
//!
//! It reads the problem as it is written and the facts as they were published, and shares nothing
//! with the solver or with what widens: no lowering, no lines, no masks. Versions are compared one by
//! one with what is required of them. What it remembers is only what it has worked out before.

mod candidates;
mod examined;
mod required;

use std::rc::Rc;

use ecosystems::pypi::{Marker, Name, Specifiers};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Edge, Problem, Solution, Universe};
use crate::widen::{Acceptable, AcceptableSet, Violation};
use candidates::Mask;
use examined::{Asked, Examined, Stated};
use required::Standing;

/// What is wrong with acceptable sets: nothing, if every choice of one version from each is a valid
/// answer to `problem`, and every version states what it depends on.
pub fn check(
    problem: &Problem,
    universe: &Universe,
    solution: &Solution,
    sets: &[AcceptableSet<Edge>],
) -> Vec<Violation> {
    Checker::new(problem, universe, solution).sets(sets)
}

/// Whose word counts: a version of a slot, or the user.
type By = Option<(usize, u32)>;

/// Checks sets, and choices from them, around one solution.
pub struct Checker<'a> {
    problem: &'a Problem,
    universe: &'a Universe,
    solution: &'a Solution,
    slots: FxHashMap<&'a Name, usize>,
    masks: Vec<Mask<'a>>,
    /// What is asked of slots, each once.
    asked: Vec<Asked<'a>>,
    numbers: FxHashMap<(usize, *const Specifiers), usize>,
    /// What the user asks.
    root: Rc<Examined<'a>>,
    examined: FxHashMap<(usize, u32), Rc<Examined<'a>>>,
    /// Equal markers and specifiers are one value of the universe: what was worked out of them.
    standings: FxHashMap<*const Marker, Standing>,
    markers: FxHashMap<*const Marker, Rc<str>>,
    ranges: FxHashMap<*const Specifiers, Rc<str>>,
}

impl<'a> Checker<'a> {
    /// A checker of what is said of `solution`, which is an answer to `problem` from `universe`.
    pub fn new(problem: &'a Problem, universe: &'a Universe, solution: &'a Solution) -> Self {
        let names = solution.picks.iter().map(|pick| &pick.name);
        let mut checker = Self {
            problem,
            universe,
            solution,
            slots: names.zip(0..).collect(),
            masks: solution.picks.iter().map(|pick| Mask::new(problem, pick)).collect(),
            asked: Vec::new(),
            numbers: FxHashMap::default(),
            root: Rc::default(),
            examined: FxHashMap::default(),
            standings: FxHashMap::default(),
            markers: FxHashMap::default(),
            ranges: FxHashMap::default(),
        };
        let mut root = Examined::default();
        for required in checker.required_by_user() {
            checker.examine_requirement(None, &required, &mut root);
        }
        checker.root = Rc::new(root);
        checker
    }

    /// What is wrong with one choice: a position for each of the solution's picks.
    ///
    /// All of it is judged, whether the other versions chosen still need it or not.
    pub fn choice(&mut self, positions: &[u32]) -> Vec<Violation> {
        if positions.len() != self.solution.picks.len() {
            return vec![whole("there is not one version for each project".to_owned())];
        }
        let mut violations = Vec::new();
        let root = Rc::clone(&self.root);
        violations.extend(self.judge_choice(None, &root, positions));
        for (slot, position) in positions.iter().enumerate() {
            let examined = self.examine(slot, *position);
            violations.extend(self.judge_choice(Some((slot, *position)), &examined, positions));
        }
        violations
    }

    /// What is wrong with sets, one for each of the solution's picks.
    pub fn sets(&mut self, sets: &[AcceptableSet<Edge>]) -> Vec<Violation> {
        if sets.len() != self.solution.picks.len() {
            return vec![whole("there is not one set for each project".to_owned())];
        }
        let mut unmet: FxHashMap<usize, Rc<[u32]>> = FxHashMap::default();
        let mut violations = Vec::new();
        let root = Rc::clone(&self.root);
        violations.extend(self.judge_set(None, &root, sets, &mut unmet));
        for (slot, set) in sets.iter().enumerate() {
            violations.extend(self.judge_members(slot, set));
            for acceptable in &set.versions {
                let examined = self.examine(slot, acceptable.position);
                let by = Some((slot, acceptable.position));
                violations.extend(self.judge_set(by, &examined, sets, &mut unmet));
                violations.extend(self.judge_edges(by, acceptable, &examined.stated));
            }
        }
        violations
    }

    /// The edges that a version would have to state in a set.
    pub fn edges(&mut self, slot: usize, position: u32) -> Vec<Edge> {
        let examined = self.examine(slot, position);
        let edges = examined.stated.iter().map(|stated| Edge {
            target: stated.target.clone(),
            extras: stated.extras.iter().map(|extra| (*extra).clone()).collect(),
            range: stated.range.to_string(),
            marker: stated.marker.to_string(),
            root: None,
        });
        edges.collect()
    }

    fn judge_members(&self, slot: usize, set: &AcceptableSet<Edge>) -> Option<Violation> {
        let pick = &self.solution.picks[slot];
        let positions: FxHashSet<u32> =
            set.versions.iter().map(|acceptable| acceptable.position).collect();
        let text = if !positions.contains(&pick.position) {
            format!("the chosen `{} {}` is not in its set", pick.name, pick.version())
        } else if positions.len() < set.versions.len() {
            format!("a version of `{}` is in its set twice", pick.name)
        } else {
            return None;
        };
        Some(Violation { slot: Some(slot), position: None, text })
    }

    /// What is wrong with a version by itself, and what it asks that `positions` do not give.
    fn judge_choice(
        &mut self,
        by: By,
        examined: &Examined<'a>,
        positions: &[u32],
    ) -> Vec<Violation> {
        let mut violations = self.faults(by, examined);
        for ask in &examined.asks {
            let chosen = positions[self.asked[*ask].slot];
            if !self.is_met(*ask, chosen) {
                violations.push(self.unmet(by, *ask, &[chosen]));
            }
        }
        violations
    }

    /// The same where every version of the sets may be chosen. Of what is asked it remembers which
    /// versions do not meet it.
    fn judge_set(
        &mut self,
        by: By,
        examined: &Examined<'a>,
        sets: &[AcceptableSet<Edge>],
        known: &mut FxHashMap<usize, Rc<[u32]>>,
    ) -> Vec<Violation> {
        let mut violations = self.faults(by, examined);
        for ask in &examined.asks {
            let unmet = known.entry(*ask).or_insert_with(|| {
                let members = &sets[self.asked[*ask].slot].versions;
                let members = members.iter().map(|acceptable| acceptable.position);
                members.filter(|position| !self.is_met(*ask, *position)).collect()
            });
            if !unmet.is_empty() {
                violations.push(self.unmet(by, *ask, unmet));
            }
        }
        violations
    }

    /// Holds the edges that a version states against what it requires.
    fn judge_edges(
        &self,
        by: By,
        acceptable: &Acceptable<Edge>,
        stated: &[Stated<'a>],
    ) -> Vec<Violation> {
        let edges = &acceptable.edges;
        let unstated = stated.iter().filter(|stated| !edges.iter().any(|edge| stated.is(edge)));
        let unstated = unstated.map(|stated| {
            let (target, range) = (stated.target, &stated.range);
            format!("requires `{target}{range}`, which no edge of it states")
        });
        let invented = edges.iter().filter(|edge| !stated.iter().any(|stated| stated.is(edge)));
        let invented = invented.map(|edge| {
            format!("has an edge to `{}{}`, which it does not require", edge.target, edge.range)
        });
        unstated.chain(invented).map(|text| self.violation(by, &text)).collect()
    }

    fn faults(&self, by: By, examined: &Examined<'a>) -> Vec<Violation> {
        examined.faults.iter().map(|fault| self.violation(by, fault)).collect()
    }

    fn unmet(&self, by: By, ask: usize, positions: &[u32]) -> Violation {
        let Asked { slot, specifiers, .. } = &self.asked[ask];
        let name = &self.solution.picks[*slot].name;
        let versions = positions.iter();
        let versions: Vec<String> =
            versions.map(|position| self.version_text(*slot, *position)).collect();
        let versions = versions.join(", ");
        self.violation(by, &format!("asks for `{name}{specifiers}`, and {versions} may be chosen"))
    }

    fn violation(&self, by: By, text: &str) -> Violation {
        let who = by.map(|(slot, position)| self.version_text(slot, position));
        let who = who.unwrap_or_else(|| "the project".to_owned());
        Violation {
            slot: by.map(|(slot, _)| slot),
            position: by.map(|(_, position)| position),
            text: format!("{who} {text}"),
        }
    }

    fn version_text(&self, slot: usize, position: u32) -> String {
        let pick = &self.solution.picks[slot];
        match pick.listing.releases.get(position as usize) {
            Some(release) => format!("`{} {}`", pick.name, release.version),
            None => format!("`{}` at position {position}", pick.name),
        }
    }
}

fn whole(text: String) -> Violation {
    Violation { slot: None, position: None, text }
}
