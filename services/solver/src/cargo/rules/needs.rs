//! What members, releases, features and choices need.

use std::collections::BTreeSet;

use ecosystems::cargo::{Activation, Dependency};
use pubgrub::VersionSet;
use smallvec::SmallVec;

use super::super::candidates::{Matches, Run};
use super::super::universe::{CrateId, FeatureSet};
use super::{CargoRules, DEFAULT, Owner, SlotKind};
use crate::Versions;
use crate::search::{Need, Rules};

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
        let all = self.features(owner).iter().map(|(name, _)| name);
        let activation = self.activate(owner, all.filter(|_| member.in_workspace))?;
        let mut needs = self.active_needs(owner, &activation, Wanted::Active)?;
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
        let nothing = Activation::default();
        let mut needs = self.active_needs(owner, &nothing, Wanted::Active)?;
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
        feature: &'a str,
    ) -> Option<Vec<Ranked>> {
        let base = self.whole(SlotKind::Line(id, line), version);
        let owner = self.owner(id, line, version);
        if matches!(owner, Owner::Release(own, _) if own == id) {
            return self.feature_needs(owner, feature, base);
        }
        let (_, itself) = self.itself(owner)?;
        let mut needs = vec![base];
        let feature = self.number(feature);
        let kind = match self.kind(itself.slot) {
            SlotKind::Line(id, line) => {
                self.has_effect(id, line, feature).then_some(SlotKind::Feature(id, line, feature))
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
        feature: &'a str,
        base: Ranked,
    ) -> Option<Vec<Ranked>> {
        self.look_at(owner, Some(feature));
        let activation = self.activate(owner, std::iter::once(feature))?;
        let mut needs = self.active_needs(owner, &activation, Wanted::AskedFor)?;
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
        extra: &BTreeSet<&'a str>,
    ) -> Option<Vec<Ranked>> {
        let matches = self.matches(owner, place)?;
        let run = matches.runs.get(option as usize)?;
        let mut needs = self.run_needs(owner, place, run, extra)?;
        if !extra.is_empty() {
            needs.push((
                0,
                Need {
                    slot: self.slot(SlotKind::Choice(owner, place)),
                    versions: Versions::singleton(option),
                    base: None,
                },
            ));
        }
        Some(needs.into_iter().map(|(_, need)| (matches.count, need)).collect())
    }

    /// What the active dependencies of an owner need, as far as they are among those wanted. `None`
    /// if one of them cannot be met.
    ///
    /// All of them are looked at, and one that cannot be met says nothing while another is not
    /// known: what an outcome rests on is the same whatever was known before.
    fn active_needs(
        &self,
        owner: Owner,
        activation: &Activation<'a>,
        wanted: Wanted,
    ) -> Option<Vec<Ranked>> {
        let nothing = BTreeSet::new();
        let mut needs = Vec::new();
        let mut are_met = true;
        for (place, dependency) in (0..).zip(self.dependencies(owner)) {
            let Some(asked) = self.asked(owner, dependency, activation) else { continue };
            if asked.is_none() && matches!(wanted, Wanted::AskedFor) {
                continue;
            }
            match self.dependency_needs(owner, place, asked.unwrap_or(&nothing)) {
                Some(needed) => needs.extend(needed),
                None => are_met = false,
            }
        }
        let is_known = |(_, need): &Ranked| self.is_listed(need.slot);
        (are_met || !needs.iter().all(is_known)).then_some(needs)
    }

    /// What one dependency needs: its line, or the choice of one, with each feature that is asked
    /// for. `None` if nothing can meet it.
    fn dependency_needs(
        &self,
        owner: Owner,
        place: u32,
        extra: &BTreeSet<&'a str>,
    ) -> Option<Vec<Ranked>> {
        if let Some(member) = self.path(owner, place) {
            let dependency = &self.dependencies(owner)[place as usize];
            return self.path_needs(member, dependency, extra);
        }
        let Some(matches) = self.matches(owner, place) else {
            return Some(vec![self.unlisted(self.targets(owner)[place as usize].package)]);
        };
        let is_one_line = matches.runs.windows(2).all(|pair| pair[0].line == pair[1].line);
        let needs = if is_one_line {
            self.run_needs(owner, place, matches.runs.first()?, extra)?
        } else {
            self.choice_needs(owner, place, &matches, extra)?
        };
        Some(needs.into_iter().map(|(_, need)| (matches.count, need)).collect())
    }

    /// What a dependency by path needs: the package, with each feature that is asked for.
    pub(super) fn path_needs(
        &self,
        member: u32,
        dependency: &'a Dependency,
        extra: &BTreeSet<&'a str>,
    ) -> Option<Vec<Ranked>> {
        let features = self.features(Owner::Member(member));
        let mut named = dependency.features.iter().map(|name| &**name).chain(extra.iter().copied());
        let offers = named.all(|feature| features.has(feature));
        if !offers || !self.takes(dependency, member) {
            return None;
        }
        let mut needs = vec![self.whole(SlotKind::Member(member), 0)];
        for feature in requested(dependency, extra) {
            let feature = self.number(feature);
            let feature = self.member_feature(member, feature);
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

    /// What a dependency needs that takes candidates of one line.
    fn run_needs(
        &self,
        owner: Owner,
        place: u32,
        run: &Run,
        extra: &BTreeSet<&'a str>,
    ) -> Option<Vec<Ranked>> {
        let id = self.targets(owner)[place as usize].package;
        let dependency = &self.dependencies(owner)[place as usize];
        let versions = self.offering(id, run, &self.named(dependency, extra))?;
        let need =
            |kind| (0, Need { slot: self.slot(kind), versions: versions.clone(), base: None });
        let requested = requested(dependency, extra);
        let mut needs = Vec::with_capacity(1 + requested.len());
        needs.push(need(SlotKind::Line(id, run.line)));
        for feature in requested {
            let feature = self.number(feature);
            if self.has_effect(id, run.line, feature) {
                needs.push(need(SlotKind::Feature(id, run.line, feature)));
            }
        }
        Some(needs)
    }

    /// What a dependency needs whose candidates are of several lines.
    fn choice_needs(
        &self,
        owner: Owner,
        place: u32,
        matches: &Matches,
        extra: &BTreeSet<&'a str>,
    ) -> Option<Vec<Ranked>> {
        let id = self.targets(owner)[place as usize].package;
        let dependency = &self.dependencies(owner)[place as usize];
        let options = |extra: &BTreeSet<&'a str>| {
            let named = self.named(dependency, extra);
            let runs = (0u32..).zip(&matches.runs);
            let offering = runs.filter(|(_, run)| self.offering(id, run, &named).is_some());
            let options = offering.map(|(option, _)| option..option + 1).collect::<Vec<_>>();
            (!options.is_empty()).then(|| Versions::from_runs(&options))
        };
        let need = |kind, versions| (0, Need { slot: self.slot(kind), versions, base: None });
        let mut needs = vec![need(SlotKind::Choice(owner, place), options(&BTreeSet::new())?)];
        for feature in extra {
            let versions = options(&BTreeSet::from([*feature]))?;
            let feature = self.number(feature);
            needs.push(need(SlotKind::ChoiceFeature(owner, place, feature), versions));
        }
        Some(needs)
    }

    /// What a dependency takes if nothing stands in the way. The package, if it is not known.
    pub(crate) fn likely(
        &self,
        owner: Owner,
        place: u32,
        extra: &BTreeSet<&'a str>,
    ) -> Result<Option<Owner>, CrateId> {
        if let Some(member) = self.path(owner, place) {
            return Ok(Some(Owner::Member(member)));
        }
        let id = self.targets(owner)[place as usize].package;
        let dependency = &self.dependencies(owner)[place as usize];
        let matches = self.matches(owner, place).ok_or(id)?;
        let named = self.named(dependency, extra);
        let mut runs = matches.runs.iter();
        Ok(runs.find_map(|run| {
            let versions = self.offering(id, run, &named)?;
            let version = self.candidates(id)?.choose(run.line, &versions)?;
            Some(self.owner(id, run.line, version))
        }))
    }

    /// The numbers of the features that a dependency names, those of `extra` included.
    pub(super) fn named(
        &self,
        dependency: &'a Dependency,
        extra: &BTreeSet<&'a str>,
    ) -> SmallVec<[u32; 8]> {
        let named = dependency.features.iter().map(|name| &**name);
        named.chain(extra.iter().copied()).map(|name| self.number(name)).collect()
    }

    /// The candidates of a run that have all these features; `None` if there is none.
    pub(super) fn offering(&self, id: CrateId, run: &Run, named: &[u32]) -> Option<Versions> {
        if named.is_empty() {
            return Some(run.versions.clone());
        }
        let candidates = self.candidates(id)?;
        let positions = run.versions.positions(candidates.length(run.line));
        // Most releases have the features of the one before.
        let mut last: Option<(*const FeatureSet, bool)> = None;
        let offering = positions.filter(|version| {
            let owner = candidates.at(run.line + version).owner;
            let set = self.feature_set(owner).map(std::ptr::from_ref);
            if let Some((known, offers)) = last
                && Some(known) == set
            {
                return offers;
            }
            let offers = named.iter().all(|feature| self.asks(owner, *feature).is_some());
            last = set.map(|set| (set, offers));
            offers
        });
        let offering = Versions::of(offering);
        (offering != Versions::empty()).then_some(offering)
    }

    /// Whether a feature asks for anything in any version of a line, or cannot be had in one that
    /// states it.
    fn has_effect(&self, id: CrateId, line: u32, feature: u32) -> bool {
        let key = (id, line, feature);
        if let Some(known) = self.state.borrow().effects.get(&key) {
            return *known;
        }
        let has_effect = self.candidates(id).is_some_and(|candidates| {
            let mut positions = line..line + candidates.length(line);
            // Most releases have the features of the one before.
            let mut last: Option<*const FeatureSet> = None;
            positions.any(|position| {
                let owner = candidates.at(position).owner;
                let set = self.feature_set(owner).map(std::ptr::from_ref);
                let is_known = set.is_some() && set == last;
                last = set;
                !is_known && self.asks(owner, feature) == Some(true)
            })
        });
        self.state.borrow_mut().effects.insert(key, has_effect);
        has_effect
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

/// The features that a dependency asks for, in order: those that it names, those that features ask of
/// it, and the default ones, which a version need not have.
pub(crate) fn requested<'b>(
    dependency: &'b Dependency,
    extra: &BTreeSet<&'b str>,
) -> SmallVec<[&'b str; 8]> {
    let named = dependency.features.iter().map(|name| &**name);
    let default = dependency.uses_default_features.then_some(DEFAULT);
    let mut requested: SmallVec<_> = named.chain(extra.iter().copied()).chain(default).collect();
    requested.sort_unstable();
    requested.dedup();
    requested
}
