//! Which version of a project is tried first.

use std::rc::Rc;

use pubgrub::VersionSet;

use super::super::candidates::{Candidates, Verdict};
use super::super::universe::NameId;
use super::PypiRules;
use crate::{Strategy, Versions};

impl PypiRules<'_> {
    pub(crate) fn chooses_lowest(&self, name: NameId) -> bool {
        match self.problem.policy.strategy {
            Strategy::Highest => false,
            Strategy::Lowest => true,
            Strategy::LowestDirect => {
                self.requirements.iter().any(|need| need.holds && need.target == name)
            }
        }
    }

    /// The version to try first of those at `positions`, which are in the order of preference: a
    /// locked one if it can be had, then a held one if those are preferred.
    pub(crate) fn first_choice(
        &self,
        name: NameId,
        positions: impl Iterator<Item = u32> + Clone,
        has: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        let listing = self.package(name)?.listing.as_ref()?;
        let candidates = self.candidates(name)?;
        let locked = self.problem.locked.iter().filter(|(locked, _)| locked == self.name(name));
        let kept = locked
            .filter_map(|(_, version)| u32::try_from(listing.position(version)?).ok())
            .find(|position| {
                has(*position)
                    && candidates.verdict(self.problem, listing, *position) == Verdict::Candidate
            });
        kept.or_else(|| self.held_choice(name, &candidates, positions.clone()))
            .or_else(|| candidates.choose(self.problem, listing, positions))
    }

    /// The best of the versions at `positions` that are held, where held versions are preferred.
    fn held_choice(
        &self,
        name: NameId,
        candidates: &Candidates,
        positions: impl Iterator<Item = u32> + Clone,
    ) -> Option<u32> {
        let is_preferred = self.problem.policy.prefers_held && !self.problem.held.is_empty();
        let held = if is_preferred { self.held(name)? } else { return None };
        let listing = self.package(name)?.listing.as_ref()?;
        let is_candidate = |position: &u32| {
            held.contains(position)
                && candidates.verdict(self.problem, listing, *position) == Verdict::Candidate
        };
        let kept =
            candidates.choose(self.problem, listing, positions.clone().filter(is_candidate))?;
        let is_prerelease =
            |position: u32| listing.releases[position as usize].version.any_prerelease();
        if !is_prerelease(kept) || candidates.welcomes_prereleases() {
            return Some(kept);
        }
        let other = candidates.choose(self.problem, listing, positions)?;
        is_prerelease(other).then_some(kept)
    }

    /// The positions of the versions of a project that the client has, if it has any of it.
    pub(crate) fn held(&self, name: NameId) -> Option<Rc<Versions>> {
        if let Some(known) = self.state.borrow().held.get(&name) {
            return known.clone();
        }
        let package = self.package(name)?;
        let ranges = self.problem.held.of(self.name(name)).iter();
        let sets = ranges.map(|specifiers| package.positions(specifiers));
        let held = sets.reduce(|held, set| held.union(&set)).map(Rc::new);
        self.state.borrow_mut().held.insert(name, held.clone());
        held
    }
}
