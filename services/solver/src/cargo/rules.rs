//! Rust's packages as slots, and cargo's order of deciding them.

mod choices;
mod facts;
mod needs;
mod slots;
mod state;

use std::borrow::Cow;
use std::cell::RefCell;
use std::cmp::Reverse;
use std::sync::Arc;

use ecosystems::cargo::{Dependency, Features, Listing, Name, Release, Requirement, Version};

use super::candidates::{Matches, Stock};
use super::features::{Activation, Asked, FeatureSet};
use super::locks::Locks;
use super::patches::Patches;
use super::universe::{Ask, AskId, CrateId, Package, RequirementId, Target};
use super::{Crate, Gap, Member, Partial, Problem, Replacement, Universe};
use crate::Versions;
use crate::interner::number;
use crate::search::{Needs, Rules, Slot, Spent};
pub(crate) use needs::Asking;
use pubgrub::VersionSet;
pub(crate) use slots::{Owner, SlotKind};
use state::{State, Urgency};

/// The feature that is asked for unless a dependency says otherwise.
pub(crate) const DEFAULT: &str = "default";

/// The rules of one solve.
pub(crate) struct CargoRules<'a> {
    pub(crate) problem: &'a Problem,
    universe: &'a Universe,
    /// For each member, what its dependencies ask for.
    targets: Vec<Box<[Target]>>,
    /// For each member, its features.
    features: Vec<FeatureSet>,
    /// What the problem names and the universe has not met: numbered behind what that has.
    crates: Vec<Crate>,
    requirements: Vec<&'a Requirement>,
    asks: Vec<Ask>,
    /// The number of the feature [`DEFAULT`].
    pub(crate) default: u32,
    locks: Locks<'a>,
    patches: Patches<'a>,
    state: RefCell<State<'a>>,
}

impl<'a> CargoRules<'a> {
    pub(crate) fn new(problem: &'a Problem, universe: &'a Universe) -> Self {
        let mut rules = Self {
            problem,
            universe,
            targets: Vec::new(),
            features: Vec::new(),
            crates: Vec::new(),
            requirements: Vec::new(),
            asks: Vec::new(),
            default: 0,
            locks: Locks::default(),
            patches: Patches::default(),
            state: RefCell::default(),
        };
        rules.default = rules.number(DEFAULT);
        for member in &problem.members {
            let dependencies = member.dependencies.iter();
            let targets = dependencies.map(|dependency| Target {
                package: rules.resolve(Crate::required(&problem.registry, dependency)),
                requirement: rules.resolve_requirement(&dependency.requirement),
                ask: rules.resolve_ask(dependency),
            });
            let targets = targets.collect();
            rules.targets.push(targets);
            let name = |text| rules.number(text);
            let features = FeatureSet::new(&member.features, &member.dependencies, name);
            rules.features.push(features);
        }
        for patch in &problem.patches {
            rules.resolve(patch.package.clone());
            if let Replacement::Package(package, _) = &patch.replacement {
                rules.resolve(package.clone());
            }
        }
        rules.locks = Locks::new(problem, |package| rules.id(package));
        rules.patches = Patches::new(&rules);
        rules
    }

    /// The slot of the workspace.
    pub(crate) fn root(&self) -> Slot {
        self.slot(SlotKind::Root)
    }

    /// The package that a slot is about, if it is about one.
    pub(crate) fn crate_of(&self, slot: Slot) -> Option<Crate> {
        Some(self.package_name(self.package_of(self.kind(slot))?).clone())
    }

    fn package_of(&self, kind: SlotKind) -> Option<CrateId> {
        match kind {
            SlotKind::Line(id, _) | SlotKind::Feature(id, _, _) | SlotKind::Unlisted(id) => {
                Some(id)
            }
            SlotKind::Choice(owner, place) | SlotKind::ChoiceFeature(owner, place, _) => {
                Some(self.targets(owner)[place as usize].package)
            }
            SlotKind::Root
            | SlotKind::Member(_)
            | SlotKind::MemberFeature(..)
            | SlotKind::Links(_) => None,
        }
    }

    /// The packages whose listings were looked at, in a fixed order.
    pub(crate) fn footprint(&self) -> Vec<Gap> {
        let state = self.state.borrow();
        let mut read: Vec<&Gap> = state.read.iter().map(|id| self.package_name(*id)).collect();
        read.sort_unstable();
        read.into_iter().cloned().collect()
    }

    /// Names what was decided and what was contended when the budget was spent.
    pub(crate) fn partial(&self, spent: Spent) -> Partial {
        let decided = spent.decided.into_iter().filter_map(|(slot, version)| {
            let SlotKind::Line(id, line) = self.kind(slot) else { return None };
            let Stock { owner, version, .. } = self.candidates(id)?.at(line + version);
            let is_own = matches!(owner, Owner::Release(own, _) if own == id);
            is_own.then(|| (self.package_name(id).to_string(), version.to_string()))
        });
        let decided = decided.collect();
        let state = self.state.borrow();
        let conflicts = state.conflicts.iter().filter_map(|(slot, count)| {
            Some((self.package_name(self.package_of(state.slots.kind(*slot))?).to_string(), *count))
        });
        Partial::new(spent.interrupted, decided, conflicts)
    }

    /// A member or a release, with the name in backticks.
    pub(crate) fn owner_text(&self, owner: Owner) -> String {
        format!("`{}` {}", self.owner_name(owner), self.version(owner))
    }

    /// The name of a member or a release.
    pub(crate) fn owner_name(&self, owner: Owner) -> &Name {
        match owner {
            Owner::Member(number) => &self.member(number).name,
            Owner::Release(id, _) => &self.package_name(id).name,
        }
    }

    pub(crate) fn package_name(&self, id: CrateId) -> &Crate {
        let known = self.universe.crates();
        let place = id.0 as usize;
        known.get(place).unwrap_or_else(|| &self.crates[place - known.len()])
    }

    pub(crate) fn listing(&self, id: CrateId) -> Option<&'a Arc<Listing>> {
        self.universe.package(id)?.listing.as_ref()
    }

    pub(crate) fn member(&self, number: u32) -> &'a Member {
        &self.problem.members[number as usize]
    }

    /// What an owner depends on, in the order of its document, and what that asks for.
    pub(crate) fn dependencies(&self, owner: Owner) -> &'a [Dependency] {
        match owner {
            Owner::Member(number) => &self.member(number).dependencies,
            Owner::Release(id, position) => &self.release(id, position).dependencies,
        }
    }

    pub(crate) fn targets(&self, owner: Owner) -> &[Target] {
        match owner {
            Owner::Member(number) => &self.targets[number as usize],
            Owner::Release(id, position) => self.package(id).targets(position),
        }
    }

    pub(crate) fn features(&self, owner: Owner) -> &'a Features {
        match owner {
            Owner::Member(number) => &self.member(number).features,
            Owner::Release(id, position) => &self.release(id, position).features,
        }
    }

    /// What follows from asking an owner for features; `None` if it lacks one of them. That it has
    /// no default features is no lack.
    pub(crate) fn activate(
        &self,
        owner: Owner,
        requested: impl Iterator<Item = u32>,
    ) -> Option<Activation> {
        let mut activation = Activation::default();
        for feature in requested {
            self.turn_on(owner, &mut activation, feature)?;
        }
        Some(activation)
    }

    /// Turns a feature of an owner on, as [`Self::activate`] does.
    pub(crate) fn turn_on(
        &self,
        owner: Owner,
        activation: &mut Activation,
        feature: u32,
    ) -> Option<()> {
        let features = self.feature_set(owner);
        if feature == self.default && features.asks(feature).is_none() {
            return Some(());
        }
        features.turn_on(activation, feature)
    }

    /// What features ask of dependencies, in order.
    pub(crate) fn in_order(&self, activation: Activation) -> Asked {
        activation.asked(|feature| self.text(feature))
    }

    /// All features of an owner.
    pub(crate) fn all_features(&self, owner: Owner) -> impl Iterator<Item = u32> {
        self.feature_set(owner).iter().map(|(feature, _)| feature)
    }

    /// The members of the workspace: all are needed, with their features.
    pub(crate) fn wanted(&self) -> impl Iterator<Item = Owner> + use<'a> {
        let members = (0..).zip(&self.problem.members).filter(|(_, member)| member.in_workspace);
        members.map(|(number, _)| Owner::Member(number))
    }

    /// Whether an owner is a member of the workspace.
    fn is_member(&self, owner: Owner) -> bool {
        matches!(owner, Owner::Member(number) if self.member(number).in_workspace)
    }

    /// The dependencies of an owner that count, by place, and what features ask of each, if they ask for
    /// it at all: optional ones count where a feature asks for them.
    pub(crate) fn active<'b>(
        &'b self,
        owner: Owner,
        asked: &'b Asked,
    ) -> impl Iterator<Item = (u32, Option<&'b [u32]>)> {
        let (features, is_member) = (self.feature_set(owner), self.is_member(owner));
        (0..).zip(self.targets(owner)).filter_map(move |(place, target)| {
            let ask = self.ask_of(*target);
            let asked = asked.of(features.alias(place));
            let counts = (is_member || !ask.is_dev) && (!ask.is_optional || asked.is_some());
            counts.then_some((place, asked))
        })
    }

    /// Whether a dependency counts if it is asked for: those for development count for members only.
    pub(crate) fn counts(&self, owner: Owner, place: u32) -> bool {
        !self.ask(owner, place).is_dev || self.is_member(owner)
    }

    /// What a dependency asks of features, and when it counts.
    pub(crate) fn ask(&self, owner: Owner, place: u32) -> &Ask {
        self.ask_of(self.targets(owner)[place as usize])
    }

    pub(crate) fn ask_of(&self, target: Target) -> &Ask {
        let known = self.universe.asks();
        let place = target.ask.0 as usize;
        known.get(place).unwrap_or_else(|| &self.asks[place - known.len()])
    }

    /// The features that a dependency asks for, in the order of their names: those that it names, those
    /// of `extra`, and the default ones, which a version need not have.
    pub(crate) fn requested(&self, asking: Asking<'_>) -> Cow<'_, [u32]> {
        let requested = &*self.ask_of(asking.target).requested;
        if asking.extra.is_empty() {
            return Cow::Borrowed(requested);
        }
        let mut all = [requested, asking.extra].concat();
        all.sort_unstable_by_key(|feature| self.text(*feature));
        all.dedup();
        Cow::Owned(all)
    }

    pub(crate) fn release(&self, id: CrateId, position: u32) -> &'a Release {
        let listing = self.listing(id).expect("a package with releases is listed");
        &listing.releases[position as usize]
    }

    /// The version of a member or a release.
    pub(crate) fn version(&self, owner: Owner) -> &'a Version {
        match owner {
            Owner::Member(number) => &self.member(number).version,
            Owner::Release(id, position) => &self.release(id, position).version,
        }
    }

    /// The member that a dependency is by path.
    pub(crate) fn path(&self, owner: Owner, place: u32) -> Option<u32> {
        let Owner::Member(number) = owner else { return None };
        self.member(number).paths.get(&(place as usize)).map(|member| self::number(*member))
    }

    /// Whether a dependency by path takes the version that is there.
    pub(crate) fn takes(&self, dependency: &Dependency, member: u32) -> bool {
        let requirement = &dependency.requirement;
        requirement.is_any() || requirement.matches(&self.member(member).version)
    }

    /// What stands in for packages of registries.
    pub(crate) fn patches(&self) -> &Patches<'a> {
        &self.patches
    }

    /// The number of a package.
    pub(crate) fn id(&self, package: &Crate) -> Option<CrateId> {
        self.universe.id(package).or_else(|| {
            let place = self.crates.iter().position(|known| known == package)?;
            Some(CrateId(number(self.universe.crates().len() + place)))
        })
    }

    pub(crate) fn package(&self, id: CrateId) -> &'a Package {
        self.universe.package(id).expect("a package with releases is known")
    }

    pub(crate) fn requirement(&self, id: RequirementId) -> &'a Requirement {
        let known = self.universe.requirements();
        let place = id.0 as usize;
        known.get(place).unwrap_or_else(|| self.requirements[place - known.len()])
    }

    fn resolve(&mut self, package: Crate) -> CrateId {
        self.id(&package).unwrap_or_else(|| {
            self.crates.push(package);
            CrateId(number(self.universe.crates().len() + self.crates.len() - 1))
        })
    }

    fn resolve_requirement(&mut self, requirement: &'a Requirement) -> RequirementId {
        self.universe.requirement_id(requirement).unwrap_or_else(|| {
            self.requirements.push(requirement);
            RequirementId(number(self.universe.requirements().len() + self.requirements.len() - 1))
        })
    }

    fn resolve_ask(&mut self, dependency: &'a Dependency) -> AskId {
        let ask = Ask::new(dependency, |text| self.number(text));
        self.universe.ask_id(&ask).unwrap_or_else(|| {
            self.asks.push(ask);
            AskId(number(self.universe.asks().len() + self.asks.len() - 1))
        })
    }

    pub(crate) fn kind(&self, slot: Slot) -> SlotKind {
        self.state.borrow().slots.kind(slot)
    }

    pub(crate) fn slot(&self, kind: SlotKind) -> Slot {
        self.state.borrow_mut().slots.slot(kind)
    }

    /// The text that stands for a number in a slot or a node.
    pub(crate) fn text(&self, number: u32) -> &'a str {
        let known = self.universe.texts();
        let place = number as usize;
        match known.get(place) {
            Some(text) => text,
            None => self.state.borrow().texts[place - known.len()],
        }
    }

    /// The number that stands for a text in slots and nodes.
    pub(crate) fn number(&self, text: &'a str) -> u32 {
        let known = self.universe.text_id(text);
        let first = self.universe.texts().len();
        known.unwrap_or_else(|| self.state.borrow_mut().number(text, first))
    }

    /// The number of a text, if anything that is known is called so.
    pub(crate) fn number_of(&self, text: &str) -> Option<u32> {
        let known = self.universe.text_id(text);
        known.or_else(|| self.state.borrow().numbers.get(text).copied())
    }

    /// The features of a member or a release, by number.
    pub(crate) fn feature_set(&self, owner: Owner) -> &FeatureSet {
        match owner {
            Owner::Release(id, position) => self.package(id).features(position),
            Owner::Member(number) => &self.features[number as usize],
        }
    }

    /// Whether a member or a release has a feature, and if so, whether that asks for anything.
    pub(crate) fn asks(&self, owner: Owner, feature: u32) -> Option<bool> {
        self.feature_set(owner).asks(feature)
    }
}

impl Rules for CargoRules<'_> {
    type Priority = (Reverse<Urgency>, Reverse<bool>, Reverse<u32>);
    type Gap = Crate;

    fn is_listed(&self, slot: Slot) -> bool {
        !matches!(self.kind(slot), SlotKind::Unlisted(_))
    }

    fn priority(&self, slot: Slot) -> Self::Priority {
        let state = &mut *self.state.borrow_mut();
        let base = state.base(slot);
        let urgency = match base {
            None => state.queue(slot),
            Some(base) => state.urgency_queued(base),
        };
        (Reverse(urgency), Reverse(base.is_some()), Reverse(slot.0))
    }

    /// Cargo's order of decisions does not depend on conflicts: they are counted to be told of.
    fn note_conflict(&self, affected: Slot, _: &mut dyn Iterator<Item = Slot>, _: Slot) {
        *self.state.borrow_mut().conflicts.entry(affected).or_default() += 1;
    }

    fn put_off(&self) -> Vec<Slot> {
        Vec::new()
    }

    fn choose(&self, slot: Slot, range: &Versions) -> Option<u32> {
        let kind = self.kind(slot);
        let version = match kind {
            SlotKind::Root | SlotKind::Member(_) => range.contains(&0).then_some(0),
            SlotKind::Line(id, line) => self.candidates(id)?.choose(line, range),
            SlotKind::Choice(owner, place) => {
                let runs = number(self.matches(owner, place)?.runs.len());
                range.positions(runs).next()
            }
            SlotKind::Links(links) => {
                let holders = self.state.borrow().holders.get(&links).map_or(0, Vec::len);
                range.positions(number(holders)).next()
            }
            SlotKind::Unlisted(_) => None,
            SlotKind::Feature(..) | SlotKind::MemberFeature(..) | SlotKind::ChoiceFeature(..) => {
                let state = &mut *self.state.borrow_mut();
                let decided = state.base(slot).and_then(|base| state.decided(base));
                decided.filter(|version| range.contains(version))
            }
        };
        if let Some(version) = version {
            self.state.borrow_mut().decide(slot, version);
        }
        version
    }

    fn needs(&self, slot: Slot, version: u32) -> Needs {
        let needs = match self.kind(slot) {
            SlotKind::Unlisted(_) => None,
            SlotKind::Links(_) => Some(Vec::new()),
            SlotKind::Root => Some(self.root_needs()),
            SlotKind::Member(number) => self.member_needs(number),
            SlotKind::Line(id, line) => self.line_needs(id, line, version),
            SlotKind::Feature(id, line, feature) => {
                self.line_feature_needs(id, line, version, feature)
            }
            SlotKind::MemberFeature(number, feature) => {
                let base = self.whole(SlotKind::Member(number), 0);
                self.feature_needs(Owner::Member(number), feature, base)
            }
            SlotKind::Choice(owner, place) => self.option_needs(owner, place, version, &[]),
            SlotKind::ChoiceFeature(owner, place, feature) => {
                self.option_needs(owner, place, version, &[feature])
            }
        };
        needs.map_or(Needs::Unavailable, |needs| Needs::Known(self.by_urgency(needs)))
    }

    fn alike(&self, _: Slot, version: u32) -> Versions {
        Versions::singleton(version)
    }

    fn tied(&self, slot: Slot) -> Option<Slot> {
        self.state.borrow_mut().base(slot)
    }

    fn gap(&self, slot: Slot, _: Option<u32>) -> Crate {
        self.crate_of(slot).expect("what is not listed is a package")
    }
}
