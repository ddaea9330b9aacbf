//! Python's projects as slots, and uv's order of deciding them.

mod choices;
mod lines;
mod slots;
mod state;

use std::cell::RefCell;
use std::cmp::Reverse;
use std::rc::Rc;

use ecosystems::pypi::{Marker, Name};
use pubgrub::VersionSet;

use super::candidates::{Candidates, Verdict};
use super::requirements::{Active, Markers, Range};
use super::universe::{Gap, MarkerId, NameId, Package, Universe};
use super::{Partial, Problem, Root};
use crate::Versions;
use crate::search::{Need, Needs, Rules, Slot, Spent};
pub(crate) use slots::{SlotKind, Variant};
use state::{Rank, State, count};

/// A version that took part in so many conflicts is decided before the unremarkable ones.
const MANY_CONFLICTS: u32 = 5;

/// A version of the interpreter that there is not.
const OTHER_PYTHON: u32 = 1;

/// A requirement of the user's with its names resolved.
pub(crate) struct UserNeed<'a> {
    pub(crate) root: &'a Root,
    pub(crate) target: NameId,
    pub(crate) extras: Box<[NameId]>,
    pub(crate) holds: bool,
    /// Numbered behind the universe's own markers.
    pub(crate) condition: Option<MarkerId>,
}

/// Why a version cannot be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unavailable {
    /// Its own metadata demands another version of Python.
    Python,
    /// It requires a project from a URL.
    Url(Name),
    /// Its metadata cannot be had.
    Unreadable(String),
}

/// The rules of one solve.
pub(crate) struct PypiRules<'a> {
    pub(crate) problem: &'a Problem,
    pub(crate) universe: &'a Universe,
    pub(crate) requirements: Vec<UserNeed<'a>>,
    pub(crate) constraints: Vec<UserNeed<'a>>,
    pub(crate) overrides: Vec<UserNeed<'a>>,
    pub(crate) markers: Markers<'a>,
    excludes: Vec<NameId>,
    /// Names in the problem that the universe has not met: numbered behind its own.
    names: Vec<Name>,
    /// Markers of the user's, numbered behind those of the universe.
    conditions: Vec<&'a Marker>,
    state: RefCell<State>,
}

impl<'a> PypiRules<'a> {
    pub(crate) fn new(problem: &'a Problem, universe: &'a Universe) -> Self {
        let mut rules = Self {
            problem,
            universe,
            requirements: Vec::new(),
            constraints: Vec::new(),
            overrides: Vec::new(),
            markers: Markers::new(&problem.environment, universe.marker_count()),
            excludes: Vec::new(),
            names: Vec::new(),
            conditions: Vec::new(),
            state: RefCell::default(),
        };
        rules.requirements =
            problem.requirements.iter().map(|root| rules.user_need(root)).collect();
        rules.constraints = problem.constraints.iter().map(|root| rules.user_need(root)).collect();
        rules.overrides = problem.overrides.iter().map(|root| rules.user_need(root)).collect();
        rules.excludes = problem.excludes.iter().map(|name| rules.resolve(name)).collect();
        rules
    }

    /// The slot of the user's own requirements.
    pub(crate) fn root(&self) -> Slot {
        self.slot(SlotKind::Root)
    }

    pub(crate) fn kind(&self, slot: Slot) -> SlotKind {
        self.state.borrow().slots.kind(slot)
    }

    pub(crate) fn name(&self, id: NameId) -> &Name {
        match id.0.checked_sub(self.universe.name_count()) {
            None => self.universe.name(id),
            Some(place) => &self.names[place as usize],
        }
    }

    pub(crate) fn package(&self, id: NameId) -> Option<&'a Package> {
        self.universe.package(id).map(|package| &**package)
    }

    pub(crate) fn is_excluded(&self, id: NameId) -> bool {
        self.excludes.contains(&id)
    }

    /// The text of the versions that a requirement would take; empty for any.
    pub(crate) fn range_text(&self, active: &Active<'_>) -> String {
        match active.range {
            Range::Published(id) => self.universe.specifiers(id).to_string(),
            Range::Written(specifiers) => specifiers.to_string(),
            Range::Url => String::new(),
        }
    }

    /// The requirements of what a slot stands for at a version, if they are known.
    pub(crate) fn active(&self, kind: SlotKind, version: u32) -> Option<Vec<Active<'_>>> {
        match kind {
            SlotKind::Root => Some(self.root_requirements()),
            SlotKind::Python | SlotKind::Wish(_) => None,
            SlotKind::Real(Variant { name, extra, .. }) => {
                let needs = self.package(name)?.needs(version)?;
                Some(self.release_requirements(name, needs, extra))
            }
        }
    }

    /// The verdict on a version of a project.
    pub(crate) fn verdict(&self, name: NameId, position: u32) -> Option<Verdict> {
        let listing = self.package(name)?.listing.as_ref()?;
        Some(self.candidates(name)?.verdict(self.problem, listing, position))
    }

    pub(crate) fn candidates(&self, name: NameId) -> Option<Rc<Candidates>> {
        if let Some(known) = self.state.borrow().candidates.get(&name) {
            return Some(Rc::clone(known));
        }
        let listing = self.package(name)?.listing.as_ref()?;
        let candidates = Rc::new(Candidates::new(self.problem, self.name(name), listing));
        self.state.borrow_mut().candidates.insert(name, Rc::clone(&candidates));
        Some(candidates)
    }

    /// Names what was decided and what was contended when the budget was spent.
    pub(crate) fn partial(&self, spent: Spent) -> Partial {
        let decided =
            spent.decided.into_iter().filter_map(|(slot, position)| match self.kind(slot) {
                kind @ SlotKind::Real(variant) if variant.is_plain() => {
                    let position = self.position(kind, position)?;
                    let listing = self.package(variant.name)?.listing.as_ref()?;
                    let version = &listing.releases[position as usize].version;
                    Some((self.name(variant.name).to_string(), version.to_string()))
                }
                SlotKind::Root | SlotKind::Python | SlotKind::Real(_) | SlotKind::Wish(_) => None,
            });
        let decided = decided.collect();
        let state = self.state.borrow();
        let counts = state.affected.iter().filter_map(|(slot, count)| {
            Some((self.name(state.slots.kind(*slot).name()?).to_string(), *count))
        });
        Partial::new(spent.interrupted, decided, counts)
    }

    fn user_need(&mut self, root: &'a Root) -> UserNeed<'a> {
        UserNeed {
            root,
            target: self.resolve(&root.requirement.name),
            extras: root.requirement.extras.iter().map(|extra| self.resolve(extra)).collect(),
            holds: self.markers.holds(&root.requirement.marker, &[]),
            condition: self.resolve_marker(&root.requirement.marker),
        }
    }

    fn resolve_marker(&mut self, marker: &'a Marker) -> Option<MarkerId> {
        if marker.is_always() {
            return None;
        }
        let place =
            self.conditions.iter().position(|known| *known == marker).unwrap_or_else(|| {
                self.conditions.push(marker);
                self.conditions.len() - 1
            });
        let number = self.universe.marker_count() + place;
        Some(MarkerId(u32::try_from(number).unwrap_or(u32::MAX)))
    }

    /// The number of a name, unless neither the universe nor the problem has it.
    pub(crate) fn find(&self, name: &Name) -> Option<NameId> {
        self.universe.id(name).or_else(|| {
            let place = self.names.iter().position(|known| known == name)?;
            let place = u32::try_from(place).unwrap_or(u32::MAX);
            Some(NameId(self.universe.name_count().saturating_add(place)))
        })
    }

    fn resolve(&mut self, name: &Name) -> NameId {
        if let Some(id) = self.universe.id(name) {
            return id;
        }
        let place = self.names.iter().position(|known| known == name).unwrap_or_else(|| {
            self.names.push(name.clone());
            self.names.len() - 1
        });
        NameId(self.universe.name_count().saturating_add(u32::try_from(place).unwrap_or(u32::MAX)))
    }

    fn slot(&self, kind: SlotKind) -> Slot {
        self.state.borrow_mut().slots.slot(kind)
    }

    /// The slot of something required, which is thereby named, and pinned if it is.
    fn require(&self, kind: SlotKind, is_pin: bool) -> Slot {
        let slot = self.slot(kind);
        if let Some(name) = kind.name() {
            let state = &mut *self.state.borrow_mut();
            let rank = state.rank(name);
            if is_pin {
                state.ranks.insert(name, Rank::Pinned(Reverse(rank.first_named())));
            }
        }
        slot
    }

    /// Turns requirements into slots. A project with extras is wished for once per extra.
    fn require_all(&self, active: &[Active<'_>]) -> Vec<Need> {
        let mut needs = Vec::with_capacity(active.len());
        for active in active {
            let versions = self.lower(active);
            let plain = Variant::plain(active.target);
            let extras = active.extras.iter().map(|extra| Some(*extra));
            let none = active.extras.is_empty().then_some(None);
            for extra in extras.chain(none) {
                let variant = Variant { extra, condition: active.condition, ..plain };
                let (kind, base) = if variant.is_plain() {
                    (SlotKind::Real(plain), None)
                } else {
                    (SlotKind::Wish(variant), Some(SlotKind::Real(plain)))
                };
                let slot = self.require(kind, active.is_pin);
                let base = base.map(|base| self.require(base, active.is_pin));
                needs.push(Need { slot, versions: versions.clone(), base });
            }
        }
        needs
    }

    /// The wish for a variant needs the project, with the extra and under the condition, each alone
    /// and both together.
    fn wish_needs(&self, variant: Variant, version: u32) -> Vec<Need> {
        let mut needs = Vec::new();
        for condition in [None, variant.condition] {
            for extra in [None, variant.extra] {
                let needed = SlotKind::Real(Variant { name: variant.name, extra, condition });
                let slot = self.require(needed, true);
                let need = Need { slot, versions: Versions::singleton(version), base: None };
                if !needs.contains(&need) {
                    needs.push(need);
                }
            }
        }
        needs
    }

    /// Why a version cannot be chosen for what its metadata says, if it cannot.
    pub(crate) fn unavailable_needs(&self, kind: SlotKind, version: u32) -> Option<Unavailable> {
        let needs = self.package(kind.name()?)?.needs(version)?;
        if let Some(reason) = &needs.unreadable {
            return Some(Unavailable::Unreadable(reason.to_string()));
        }
        let requires_python = needs.requires_python.map(|id| self.universe.specifiers(id));
        if requires_python.is_some_and(|python| !self.problem.environment.admits(python)) {
            return Some(Unavailable::Python);
        }
        let active = self.active(kind, version)?;
        let by_url = active.iter().find(|active| matches!(active.range, Range::Url))?;
        Some(Unavailable::Url(self.name(by_url.target).clone()))
    }

    /// Whether the search has looked at what a release needs.
    pub(crate) fn has_read(&self, name: NameId, position: u32) -> bool {
        self.state.borrow().read_needs.contains(&(name, position))
    }

    /// The releases of which the search has looked at what they need, in no order.
    pub(crate) fn read_releases(&self) -> Vec<(NameId, u32)> {
        self.state.borrow().read_needs.iter().copied().collect()
    }

    /// The facts that the search has looked at, in a fixed order.
    pub(crate) fn footprint(&self) -> Vec<Gap> {
        let state = self.state.borrow();
        let listings =
            state.read_listings.iter().map(|name| Gap::Listing(self.name(*name).clone()));
        let needs = state.read_needs.iter();
        let needs = needs.map(|(name, position)| Gap::Needs(self.name(*name).clone(), *position));
        let mut footprint: Vec<Gap> = listings.chain(needs).collect();
        footprint.sort_unstable();
        footprint
    }

    fn release_needs(&self, kind: SlotKind, name: NameId, version: u32) -> Needs {
        if self.package(name).is_none_or(|package| package.needs(version).is_none()) {
            return Needs::Unknown;
        }
        self.state.borrow_mut().read_needs.insert((name, version));
        if self.unavailable_needs(kind, version).is_some() {
            return Needs::Unavailable;
        }
        let active = self.active(kind, version).unwrap_or_default();
        Needs::Known(self.require_all(&active))
    }
}

impl Rules for PypiRules<'_> {
    type Priority = (Rank, Reverse<u32>);
    type Gap = Gap;

    fn is_listed(&self, slot: Slot) -> bool {
        let Some(name) = self.kind(slot).name() else { return true };
        self.state.borrow_mut().read_listings.insert(name);
        self.package(name).is_some()
    }

    fn priority(&self, slot: Slot) -> Self::Priority {
        let rank = match self.kind(slot).name() {
            None => Rank::Root,
            Some(name) => self.state.borrow_mut().rank(name),
        };
        (rank, Reverse(slot.0))
    }

    fn note_conflict(
        &self,
        affected: Slot,
        others: &mut dyn Iterator<Item = Slot>,
        deciding: Slot,
    ) {
        let name = self.kind(affected).name();
        let mut has_culprit = false;
        for other in others {
            // A project and its extras conflict because they are one: that says nothing of either.
            if self.kind(other).name() == name {
                continue;
            }
            has_culprit = true;
            let state = &mut *self.state.borrow_mut();
            if count(&mut state.culprits, other) == MANY_CONFLICTS {
                state.to_put_off.push(other);
            }
        }
        let state = &mut *self.state.borrow_mut();
        if has_culprit && count(&mut state.affected, deciding) == MANY_CONFLICTS {
            state.hurried.push(deciding);
        }
    }

    fn put_off(&self) -> Vec<Slot> {
        let state = &mut *self.state.borrow_mut();
        let slots = &state.slots;
        let name = |slot: Slot| slots.kind(slot).name();
        let hurried: Vec<NameId> =
            std::mem::take(&mut state.hurried).into_iter().filter_map(name).collect();
        let put_off = std::mem::take(&mut state.to_put_off).into_iter();
        let put_off: Vec<(Slot, NameId)> =
            put_off.filter_map(|slot| Some((slot, name(slot)?))).collect();
        hurried.into_iter().for_each(|name| state.hurry(name));
        let put_off = put_off.into_iter().filter(|(_, name)| state.put_off(*name));
        put_off.map(|(slot, _)| slot).collect()
    }

    fn choose(&self, slot: Slot, range: &Versions) -> Option<u32> {
        match self.kind(slot).name() {
            None => range.contains(&0).then_some(0),
            Some(name) => self.choose_atom(name, range),
        }
    }

    fn needs(&self, slot: Slot, version: u32) -> Needs {
        let kind = self.kind(slot);
        let variant = match kind {
            SlotKind::Root => return Needs::Known(self.require_all(&self.root_requirements())),
            SlotKind::Python => return Needs::Known(Vec::new()),
            SlotKind::Wish(variant) | SlotKind::Real(variant) => variant,
        };
        let Some(position) = self.position(kind, version) else { return Needs::Unavailable };
        match self.verdict(variant.name, position) {
            Some(Verdict::Candidate) => {}
            Some(Verdict::Python) => {
                let python = self.slot(SlotKind::Python);
                return Needs::Bars(python, Versions::singleton(OTHER_PYTHON));
            }
            _ => return Needs::Unavailable,
        }
        match kind {
            SlotKind::Wish(_) => Needs::Known(self.wish_needs(variant, version)),
            _ => self.release_needs(kind, variant.name, position),
        }
    }

    fn alike(&self, slot: Slot, version: u32) -> Versions {
        let name = self.kind(slot).name();
        let line = name.and_then(|name| self.line(name));
        let alike = line.and_then(|line| Some(line.alike(line.position(version)?)));
        alike.unwrap_or_else(|| Versions::singleton(version))
    }

    fn gap(&self, slot: Slot, version: Option<u32>) -> Gap {
        let kind = self.kind(slot);
        let name = kind.name().map(|name| self.name(name).clone());
        let name = name.expect("the root has no versions to list and its needs are known");
        match version.and_then(|version| self.position(kind, version)) {
            None => Gap::Listing(name),
            Some(position) => Gap::Needs(name, position),
        }
    }
}
