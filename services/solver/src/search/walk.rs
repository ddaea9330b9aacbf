//! The walk: pubgrub's state, decided on step by step as uv does it.
//!
//! Pubgrub holds what is known and draws the conclusions. Which slot is decided next, with which
//! version, and when a decision is taken back that no conflict forces back, is settled here.

use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;

use pubgrub::{
    ConflictId, Dependencies, DependencyProvider, Id, PackageResolutionStatistics, State,
};
use rustc_hash::FxHashSet;

use super::derivation::{Leaf, leaves};
use super::{Budget, Found, Need, Needs, Ruled, Rules, Slot, Spent};
use crate::Versions;

/// Patience is asked after this many steps: a step is some microseconds.
const STEPS_BETWEEN_QUESTIONS: u64 = 64;

/// One search under way.
pub(super) struct Walk<'a, R: Rules> {
    rules: &'a R,
    budget: &'a Budget<'a>,
    steps: u64,
    state: State<Types<R>>,
    /// The facts that were missing.
    gaps: FxHashSet<(Slot, Option<u32>)>,
    /// The versions of which pubgrub knows what they need.
    told: FxHashSet<(Slot, u32)>,
}

/// When a slot is decided: one that is listed comes before all that are not.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Priority<P> {
    Unlisted,
    Listed(P),
}

impl<'a, R: Rules> Walk<'a, R> {
    pub(super) fn new(rules: &'a R, root: Slot, budget: &'a Budget<'a>) -> Self {
        Self {
            rules,
            budget,
            steps: 0,
            state: State::init(root, 0),
            gaps: FxHashSet::default(),
            told: FxHashSet::default(),
        }
    }

    /// Walks to the end. Returns how it ended, and the steps it took.
    pub(super) fn run(mut self) -> (Found<R::Gap>, u64) {
        let mut changed = self.state.root_package;
        let found = loop {
            self.steps += 1;
            if let Some(spent) = self.spent() {
                break Found::Spent(spent);
            }
            if let Err(leaves) = self.conclude(changed) {
                break Found::Conflict(leaves);
            }
            match self.pick() {
                None => break Found::Solution(self.decided()),
                Some((slot, _, _)) if !self.rules.is_listed(slot) => break Found::Gaps(Vec::new()),
                Some((slot, id, range)) => {
                    self.decide(slot, id, &range);
                    changed = id;
                }
            }
        };
        // What was found without all facts was found in another world.
        let is_final = matches!(found, Found::Spent(_)) || self.gaps.is_empty();
        (if is_final { found } else { Found::Gaps(self.gaps()) }, self.steps)
    }

    fn spent(&self) -> Option<Spent> {
        let out_of_steps = self.steps > self.budget.steps;
        let is_asked = self.steps.is_multiple_of(STEPS_BETWEEN_QUESTIONS);
        let interrupted = !out_of_steps && is_asked && (self.budget.interrupted)();
        (out_of_steps || interrupted).then(|| Spent { interrupted, decided: self.decided() })
    }

    /// Draws all conclusions, then takes back the decisions that stood in the way too often.
    fn conclude(&mut self, changed: Id<Slot>) -> Result<(), Vec<Leaf>> {
        let conflicts = self.state.unit_propagation(changed).map_err(leaves)?;
        for (affected, conflict) in conflicts {
            self.note_conflict(affected, &conflict, changed);
        }
        for slot in self.rules.put_off() {
            let id = self.state.package_store.alloc(slot);
            self.state.backtrack_package(id);
        }
        Ok(())
    }

    fn note_conflict(
        &self,
        affected: Id<Slot>,
        conflict: &ConflictId<Types<R>>,
        deciding: Id<Slot>,
    ) {
        let store = &self.state.package_store;
        let mut others =
            self.state.conflict_packages(conflict).filter(|id| *id != affected).map(|id| store[id]);
        self.rules.note_conflict(store[affected], &mut others, store[deciding]);
    }

    /// The slot to decide next, and what is open of it.
    fn pick(&mut self) -> Option<(Slot, Id<Slot>, Versions)> {
        let (rules, store) = (self.rules, &self.state.package_store);
        let (id, range) = self.state.partial_solution.pick_highest_priority_pkg(|id, _| {
            let slot = store[id];
            if rules.is_listed(slot) {
                Priority::Listed(rules.priority(slot))
            } else {
                Priority::Unlisted
            }
        })?;
        Some((store[id], id, range.clone()))
    }

    fn decide(&mut self, slot: Slot, id: Id<Slot>, range: &Versions) {
        let Some(version) = self.rules.choose(slot, range) else {
            self.note_no_choice(slot, id, range);
            return;
        };
        if self.told.contains(&(slot, version)) {
            self.state.partial_solution.add_decision(id, version);
            return;
        }
        let alike = self.rules.alike(slot, version);
        let mut needs = match self.rules.needs(slot, version) {
            Needs::Known(needs) if !excludes_itself(slot, version, &needs) => needs,
            Needs::Known(_) | Needs::Unavailable => {
                self.state.add_unavailable(id, alike, Ruled);
                return;
            }
            Needs::Bars(barred, unless) => {
                let barred = self.state.package_store.alloc(barred);
                self.state.add_dependency(id, alike, (barred, unless));
                self.state.partial_solution.add_decision(id, version);
                return;
            }
            Needs::Unknown => {
                self.gaps.insert((slot, Some(version)));
                Vec::new()
            }
        };
        // Met by the version itself.
        needs.retain(|need| need.slot != slot);
        self.told.insert((slot, version));
        self.tell(id, version, alike, needs);
    }

    /// Tells pubgrub that a slot has none of the versions that are left of it; of one that is tied,
    /// that what it is tied to has none of them.
    fn note_no_choice(&mut self, slot: Slot, id: Id<Slot>, range: &Versions) {
        match self.rules.tied(slot) {
            None => self.state.add_no_versions(id, range.clone()),
            Some(base) => {
                let base = self.state.package_store.alloc(base);
                self.state.add_dependency(id, range.clone(), (base, range.clone()));
            }
        }
    }

    /// Tells pubgrub what a version needs, and decides on it unless that cannot be met.
    fn tell(&mut self, id: Id<Slot>, version: u32, alike: Versions, needs: Vec<Need>) {
        self.note_unlisted(&needs);
        for need in &needs {
            if let Some(base) = need.base {
                let wish = self.state.package_store.alloc(need.slot);
                let base = self.state.package_store.alloc(base);
                let versions = need.versions.clone();
                self.state.add_dependency(wish, versions.clone(), (base, versions));
            }
        }
        let needs = needs.into_iter().map(|need| (need.slot, need.versions));
        let conflict = self.state.add_package_version_dependencies(id, version, alike, needs);
        if let Some(conflict) = conflict {
            self.note_conflict(id, &conflict, id);
        }
    }

    /// Records every listing that is not known as soon as something needs it: an outcome found
    /// without it, be it a conflict elsewhere, could read otherwise with it.
    fn note_unlisted(&mut self, needs: &[Need]) {
        let slots = needs.iter().map(|need| need.slot);
        let unlisted = slots.filter(|slot| !self.rules.is_listed(*slot));
        self.gaps.extend(unlisted.map(|slot| (slot, None)));
    }

    fn decided(&self) -> Vec<(Slot, u32)> {
        let store = &self.state.package_store;
        let decisions = self.state.partial_solution.extract_solution();
        decisions.map(|(id, version)| (store[id], version)).collect()
    }

    /// The facts that were missing, in a fixed order, whatever the order of hashing.
    fn gaps(&self) -> Vec<R::Gap> {
        let mut gaps: Vec<_> = self.gaps.iter().copied().collect();
        gaps.sort_unstable();
        gaps.into_iter().map(|(slot, version)| self.rules.gap(slot, version)).collect()
    }
}

/// Whether a version needs another version of its own slot.
fn excludes_itself(slot: Slot, version: u32, needs: &[Need]) -> bool {
    use pubgrub::VersionSet;
    needs.iter().any(|need| need.slot == slot && !need.versions.contains(&version))
}

/// Names the types of the state. Pubgrub's own loop, which would ask the rest, is not used.
struct Types<R>(PhantomData<R>);

impl<R: Rules> DependencyProvider for Types<R> {
    type P = Slot;
    type V = u32;
    type VS = Versions;
    type M = Ruled;
    type Priority = Priority<R::Priority>;
    type Err = Infallible;

    fn prioritize(
        &self,
        _: &Slot,
        _: &Versions,
        _: &PackageResolutionStatistics,
    ) -> Self::Priority {
        Priority::Unlisted
    }

    fn choose_version(&self, _: &Slot, _: &Versions) -> Result<Option<u32>, Infallible> {
        Ok(None)
    }

    fn get_dependencies(
        &self,
        _: &Slot,
        _: &u32,
    ) -> Result<Dependencies<Slot, Versions, Ruled>, Infallible> {
        Ok(Dependencies::Unavailable(Ruled))
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

impl fmt::Display for Ruled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ruled out")
    }
}
