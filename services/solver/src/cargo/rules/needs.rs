//! What members, releases, features and choices need.

use std::ops::Range;

use ecosystems::cargo::Dependency;
use pubgrub::VersionSet;

use super::super::candidates::{Matches, Run};
use super::super::features::Asked;
use super::super::universe::{CrateId, Target};
use super::{CargoRules, Owner, SlotKind};
use crate::Versions;
use crate::search::{Need, Rules};

/// What a dependency asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asking<'x> {
    pub(crate) target: Target,
    /// The features that features ask of it, in the order of their names.
    pub(crate) extra: &'x [u32],
}

/// Which dependencies are meant.
#[derive(Clone, Copy, Debug)]
enum Wanted {
    /// All that count.
    Active,
    /// Those that features ask for.
    AskedFor,
}

/// A need, with how many candidates the requirement behind it has.
type Ranked = (u32, Need);

impl<'a> CargoRules<'a> {
    /// The needs with the fewest candidates first, as cargo takes them, each noted as needed.
    pub(super) fn by_urgency(&self, mut needs: Vec<Ranked>) -> Vec<Need> {
        needs.sort_by_key(|(candidates, _)| *candidates);
        let state = &mut *self.state.borrow_mut();
        for (candidates, need) in &needs {
            state.need(need.slot, *candidates);
        }
        needs.into_iter().map(|(_, need)| need).collect()
    }

    /// The workspace needs its members. What patches put in place of packages has to be known.
    pub(super) fn root_needs(&self) -> Vec<Ranked> {
        let members = (0..).zip(&self.problem.members).filter(|(_, member)| member.in_workspace);
        let members = members.map(|(number, _)| self.whole(SlotKind::Member(number), 0));
        let unknown = self.patches().unknown.iter().map(|package| self.unlisted(*package));
        members.chain(unknown).collect()
    }

    /// A member needs all its dependencies, with all its features on; another package by path what
    /// is not optional.
    pub(super) fn member_needs(&self, number: u32) -> Option<Vec<Ranked>> {
        let member = self.member(number);
        let owner = Owner::Member(number);
        self.look_at(owner, None);
        let all = self.all_features(owner).filter(|_| member.in_workspace);
        let asked = self.in_order(self.activate(owner, all)?);
        let mut needs = self.active_needs(owner, &asked, Wanted::Active)?;
        needs.extend(self.links_need(member.links.as_deref(), SlotKind::Member(number)));
        Some(needs)
    }

    /// A version of a line needs what is not optional; one that a patch put there is what it is.
    pub(super) fn line_needs(&self, id: CrateId, line: u32, version: u32) -> Option<Vec<Ranked>> {
        let owner = self.owner(id, line, version);
        let Owner::Release(own, position) = owner else {
            return Some(vec![self.itself(owner)?]);
        };
        if own != id {
            return Some(vec![self.itself(owner)?]);
        }
        self.look_at(owner, None);
        let mut needs = self.active_needs(owner, &Asked::default(), Wanted::Active)?;
        let links = self.release(own, position).links.as_deref();
        needs.extend(self.links_need(links, SlotKind::Line(id, line)));
        Some(needs)
    }

    /// A feature needs its version, and what it asks for; that of a version that a patch put there
    /// is that of the patch.
    pub(super) fn line_feature_needs(
        &self,
        id: CrateId,
        line: u32,
        version: u32,
        feature: u32,
    ) -> Option<Vec<Ranked>> {
        let base = self.whole(SlotKind::Line(id, line), version);
        let owner = self.owner(id, line, version);
        if matches!(owner, Owner::Release(own, _) if own == id) {
            return self.feature_needs(owner, feature, base);
        }
        let (_, itself) = self.itself(owner)?;
        let mut needs = vec![base];
        let kind = match self.kind(itself.slot) {
            SlotKind::Line(id, line) => {
                let end = line + self.candidates(id)?.length(line);
                let has_effect = self.has_effect(id, line..end, feature);
                has_effect.then_some(SlotKind::Feature(id, line, feature))
            }
            SlotKind::Member(member) => self.member_feature(member, feature),
            _ => None,
        };
        let need = |kind| Need { slot: self.slot(kind), ..itself.clone() };
        needs.extend(kind.map(|kind| (0, need(kind))));
        needs.push((0, itself));
        Some(needs)
    }

    /// A feature needs what it is a feature of, and what it asks for.
    pub(super) fn feature_needs(
        &self,
        owner: Owner,
        feature: u32,
        base: Ranked,
    ) -> Option<Vec<Ranked>> {
        self.look_at(owner, Some(feature));
        let asked = self.in_order(self.activate(owner, std::iter::once(feature))?);
        let mut needs = self.active_needs(owner, &asked, Wanted::AskedFor)?;
        needs.push(base);
        Some(needs)
    }

    /// The need for a version itself. `None` if another patch is in its place.
    fn itself(&self, owner: Owner) -> Option<Ranked> {
        match owner {
            Owner::Member(number) => Some(self.whole(SlotKind::Member(number), 0)),
            Owner::Release(id, _) => {
                self.state.borrow_mut().read.insert(id);
                let (line, position) = self.candidates(id)?.position(owner)?;
                Some(self.whole(SlotKind::Line(id, line), position - line))
            }
        }
    }

    /// The run that a dependency takes needs its line, with the features asked for.
    pub(super) fn option_needs(
        &self,
        owner: Owner,
        place: u32,
        option: u32,
        extra: &[u32],
    ) -> Option<Vec<Ranked>> {
        let matches = self.matches(owner, place)?;
        let run = matches.runs.get(option as usize)?;
        let mut needs = Vec::new();
        let asking = Asking { target: self.targets(owner)[place as usize], extra };
        self.run_needs(asking, run, matches.count, &mut needs)?;
        if !extra.is_empty() {
            let (_, choice) = self.whole(SlotKind::Choice(owner, place), option);
            needs.push((matches.count, choice));
        }
        Some(needs)
    }

    /// What the active dependencies of an owner need, as far as they are among those wanted. `None`
    /// if one of them cannot be met.
    ///
    /// All of them are looked at, and one that cannot be met says nothing while another is not
    /// known: what an outcome rests on is the same whatever was known before.
    fn active_needs(&self, owner: Owner, asked: &Asked, wanted: Wanted) -> Option<Vec<Ranked>> {
        let mut needs = Vec::new();
        let mut are_met = true;
        for (place, asked) in self.active(owner, asked) {
            if asked.is_none() && matches!(wanted, Wanted::AskedFor) {
                continue;
            }
            let before = needs.len();
            let extra = asked.unwrap_or_default();
            if self.dependency_needs(owner, place, extra, &mut needs).is_none() {
                needs.truncate(before);
                are_met = false;
            }
        }
        let is_known = |(_, need): &Ranked| self.is_listed(need.slot);
        (are_met || !needs.iter().all(is_known)).then_some(needs)
    }

    /// Adds what one dependency needs: its line, or the choice of one, with each feature that is asked
    /// for. `None` if nothing can meet it.
    fn dependency_needs(
        &self,
        owner: Owner,
        place: u32,
        extra: &[u32],
        needs: &mut Vec<Ranked>,
    ) -> Option<()> {
        let asking = Asking { target: self.targets(owner)[place as usize], extra };
        if let Some(member) = self.path(owner, place) {
            let dependency = &self.dependencies(owner)[place as usize];
            needs.extend(self.path_needs(member, dependency, asking)?);
            return Some(());
        }
        let Some(matches) = self.matches(owner, place) else {
            needs.push(self.unlisted(asking.target.package));
            return Some(());
        };
        if matches.is_one_line() {
            self.run_needs(asking, matches.runs.first()?, matches.count, needs)
        } else {
            self.choice_needs((owner, place), &matches, asking, needs)
        }
    }

    /// What a dependency by path needs: the package, with each feature that is asked for.
    pub(super) fn path_needs(
        &self,
        member: u32,
        dependency: &Dependency,
        asking: Asking<'_>,
    ) -> Option<Vec<Ranked>> {
        let offers = |feature: u32| self.asks(Owner::Member(member), feature).is_some();
        if !self.named(asking).all(offers) || !self.takes(dependency, member) {
            return None;
        }
        let mut needs = vec![self.whole(SlotKind::Member(member), 0)];
        for feature in self.requested(asking).iter() {
            let feature = self.member_feature(member, *feature);
            needs.extend(feature.map(|kind| self.whole(kind, 0)));
        }
        Some(needs.into_iter().map(|(_, need)| (1, need)).collect())
    }

    /// The slot of a feature of a package by path, if it is of any effect: a member has all of its
    /// features on.
    fn member_feature(&self, member: u32, feature: u32) -> Option<SlotKind> {
        let has_effect = !self.member(member).in_workspace
            && self.asks(Owner::Member(member), feature) == Some(true);
        has_effect.then_some(SlotKind::MemberFeature(member, feature))
    }

    /// Adds what a dependency needs that takes candidates of one line.
    fn run_needs(
        &self,
        asking: Asking<'_>,
        run: &Run,
        candidates: u32,
        needs: &mut Vec<Ranked>,
    ) -> Option<()> {
        let id = asking.target.package;
        let versions = self.offering(asking, run)?;
        let need = |kind| Need { slot: self.slot(kind), versions: versions.clone(), base: None };
        needs.push((candidates, need(SlotKind::Line(id, run.line))));
        for feature in self.requested(asking).iter() {
            if self.has_effect(id, run.line..run.end, *feature) {
                needs.push((candidates, need(SlotKind::Feature(id, run.line, *feature))));
            }
        }
        Some(())
    }

    /// Adds what a dependency needs whose candidates are of several lines.
    fn choice_needs(
        &self,
        (owner, place): (Owner, u32),
        matches: &Matches,
        asking: Asking<'_>,
        needs: &mut Vec<Ranked>,
    ) -> Option<()> {
        let options = |extra: &[u32]| {
            let asking = Asking { extra, ..asking };
            let runs = (0u32..).zip(&matches.runs);
            let offering = runs.filter(|(_, run)| self.offering(asking, run).is_some());
            let options = Versions::of(offering.map(|(option, _)| option));
            (options != Versions::empty()).then_some(options)
        };
        let need =
            |kind, versions| (matches.count, Need { slot: self.slot(kind), versions, base: None });
        needs.push(need(SlotKind::Choice(owner, place), options(&[])?));
        for feature in asking.extra {
            let versions = options(&[*feature])?;
            needs.push(need(SlotKind::ChoiceFeature(owner, place, *feature), versions));
        }
        Some(())
    }

    /// What a dependency takes if nothing stands in the way. The package, if it is not known.
    pub(crate) fn likely(
        &self,
        owner: Owner,
        place: u32,
        extra: &[u32],
    ) -> Result<Option<Owner>, CrateId> {
        if let Some(member) = self.path(owner, place) {
            return Ok(Some(Owner::Member(member)));
        }
        let asking = Asking { target: self.targets(owner)[place as usize], extra };
        let id = asking.target.package;
        let matches = self.matches(owner, place).ok_or(id)?;
        let mut runs = matches.runs.iter();
        Ok(runs.find_map(|run| {
            let versions = self.offering(asking, run)?;
            let version = self.candidates(id)?.choose(run.line, &versions)?;
            Some(self.owner(id, run.line, version))
        }))
    }

    /// The features that a dependency names, those that features ask of it included.
    pub(crate) fn named<'x>(&'x self, asking: Asking<'x>) -> impl Iterator<Item = u32> + 'x {
        self.ask_of(asking.target).named.iter().chain(asking.extra).copied()
    }

    /// The candidates of a run that have all features that a dependency names; `None` if there is none.
    pub(super) fn offering(&self, asking: Asking<'_>, run: &Run) -> Option<Versions> {
        let id = asking.target.package;
        let mut versions = run.versions.clone();
        for feature in self.named(asking) {
            versions = versions.intersection(&self.having(id, run, feature));
        }
        (versions != Versions::empty()).then_some(versions)
    }

    /// The versions of a run's line that have a feature.
    fn having(&self, id: CrateId, run: &Run, feature: u32) -> Versions {
        if self.patches.puts_for(id) {
            let has =
                |version: &u32| self.asks(self.owner(id, run.line, *version), feature).is_some();
            return Versions::of((0..run.end - run.line).filter(has));
        }
        self.package(id).having(feature, &(run.line..run.end), run.line)
    }

    /// Whether a feature asks for anything in any version of a line, or cannot be had in one that
    /// states it. The line is where it is on the shelf.
    fn has_effect(&self, id: CrateId, line: Range<u32>, feature: u32) -> bool {
        if self.patches.puts_for(id) {
            let mut versions = 0..line.end - line.start;
            let owner = |version| self.owner(id, line.start, version);
            return versions.any(|version| self.asks(owner(version), feature) == Some(true));
        }
        let mut offers = self.package(id).offers(feature);
        offers.any(|offer| offer.asks && offer.first < line.end && line.start < offer.end)
    }

    fn links_need(&self, links: Option<&'a str>, holder: SlotKind) -> Option<Ranked> {
        let links = self.number(links?);
        let holder = self.state.borrow_mut().holder(links, holder);
        Some(self.whole(SlotKind::Links(links), holder))
    }

    /// The need for a package of which nothing is known.
    fn unlisted(&self, package: CrateId) -> Ranked {
        let slot = self.slot(SlotKind::Unlisted(package));
        (0, Need { slot, versions: Versions::full(), base: None })
    }

    /// The need for one version of a slot, which there is nothing to choose about.
    pub(super) fn whole(&self, kind: SlotKind, version: u32) -> Ranked {
        let versions = Versions::singleton(version);
        (0, Need { slot: self.slot(kind), versions, base: None })
    }
}
