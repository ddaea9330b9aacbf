//! What explanations ask of the rules.

use std::collections::BTreeSet;

use ecosystems::cargo::Name;

use super::super::candidates::{Stock, is_late};
use super::super::features::Activation;
use super::super::universe::CrateId;
use super::{Asking, CargoRules, Owner};
use crate::Strategy;

/// A dependency that counts: its place, and the features that features ask of it, in the order of
/// their names.
type Active = (u32, Vec<u32>);

impl<'a> CargoRules<'a> {
    /// Notes that the search has looked at what a version needs, or what a feature of it adds.
    pub(super) fn look_at(&self, owner: Owner, feature: Option<u32>) {
        self.state.borrow_mut().looked_at.insert((owner, feature));
    }

    /// Whether the search has looked at what a version needs, or what a feature of it adds.
    pub(crate) fn has_looked_at(&self, owner: Owner, part: Option<u32>) -> bool {
        self.state.borrow().looked_at.contains(&(owner, part))
    }

    /// All that the search has looked at, in a fixed order for one universe.
    pub(crate) fn looked_at(&self) -> BTreeSet<(Owner, Option<u32>)> {
        self.state.borrow().looked_at.iter().copied().collect()
    }

    /// The dependencies that a version has in any case, or those that a feature asks for; of a member
    /// all. `None` if the features make no sense.
    pub(crate) fn active_of(&self, owner: Owner, part: Option<u32>) -> Option<Vec<Active>> {
        let activation = match part {
            Some(part) => self.activate(owner, std::iter::once(part))?,
            None if self.is_member(owner) => self.activate(owner, self.all_features(owner))?,
            None => Activation::default(),
        };
        let asked = self.in_order(activation);
        let dependencies = self.active(owner, &asked);
        let dependencies = dependencies.filter(|(_, asked)| part.is_none() || asked.is_some());
        let dependencies =
            dependencies.map(|(place, asked)| (place, asked.unwrap_or_default().to_vec()));
        Some(dependencies.collect())
    }

    /// Whether a dependency can be met by nothing that there is, whatever else is chosen.
    pub(crate) fn cannot_be_met(&self, owner: Owner, place: u32, extra: &[u32]) -> bool {
        let asking = Asking { target: self.targets(owner)[place as usize], extra };
        if let Some(member) = self.path(owner, place) {
            let dependency = &self.dependencies(owner)[place as usize];
            return self.path_needs(member, dependency, asking).is_none();
        }
        let offers = |matches: &super::Matches| {
            matches.runs.iter().any(|run| self.offering(asking, run).is_some())
        };
        self.matches(owner, place).is_some_and(|matches| !offers(&matches))
    }

    /// Whether the lowest version alone is taken of what an owner requires.
    pub(crate) fn takes_lowest(&self, owner: Owner) -> bool {
        self.is_member(owner) && self.problem.policy.strategy == Strategy::LowestDirect
    }

    /// Whether what is at a position on a shelf was published after the cut-off, and is not kept.
    pub(crate) fn is_late(&self, id: CrateId, position: u32) -> bool {
        self.is_left_out(id, position, |rules, stock| {
            stock.release.is_some_and(|release| is_late(&rules.problem.policy, release))
        })
    }

    /// Whether what is at a position on a shelf is yanked, and is not kept.
    pub(crate) fn is_withdrawn(&self, id: CrateId, position: u32) -> bool {
        self.is_left_out(id, position, |_, stock| {
            stock.release.is_some_and(|release| release.is_yanked)
        })
    }

    fn is_left_out(
        &self,
        id: CrateId,
        position: u32,
        leaves_out: impl Fn(&Self, &Stock<'a>) -> bool,
    ) -> bool {
        self.candidates(id).is_some_and(|candidates| {
            let stock = candidates.at(position);
            !self.is_locked(id, stock.version) && leaves_out(self, &stock)
        })
    }

    /// The library that a member or a release links.
    pub(crate) fn links(&self, owner: Owner) -> Option<&'a str> {
        match owner {
            Owner::Member(number) => self.member(number).links.as_deref(),
            Owner::Release(id, position) => self.release(id, position).links.as_deref(),
        }
    }

    /// The member of the workspace that links a library.
    pub(crate) fn holding_member(&self, links: &str) -> Option<u32> {
        let mut members = (0..).zip(&self.problem.members);
        let holds =
            |member: &super::Member| member.in_workspace && member.links.as_deref() == Some(links);
        members.find(|(_, member)| holds(member)).map(|(number, _)| number)
    }

    /// The packages that were looked at and are there, by name.
    pub(crate) fn listed(&self) -> impl Iterator<Item = &str> {
        let read: Vec<CrateId> = self.state.borrow().read.iter().copied().collect();
        let there = read.into_iter().filter(|id| self.listing(*id).is_some());
        let names: BTreeSet<&Name> = there.map(|id| &self.package_name(id).name).collect();
        names.into_iter().map(Name::as_str)
    }
}
