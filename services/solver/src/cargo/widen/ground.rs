//! What widening knows from the start: the slots of the solution, and what leads to them.

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::rc::Rc;

use ecosystems::cargo::{Dependency, Kind, Release, Version};
use pubgrub::VersionSet as _;
use rustc_hash::{FxHashMap, FxHashSet};

use super::super::rules::{Asking, CargoRules, Owner};
use super::super::universe::{CrateId, RequirementId};
use super::super::{Edge, MemberPick, Solution, Target};
use super::demands::{Demand, Lead, Shape};
use crate::interner::number;
use crate::{Strategy, Versions};

/// A solution and its slots.
pub(super) struct Ground<'g, 'a> {
    pub(super) rules: &'g CargoRules<'a>,
    pub(super) solution: &'g Solution,
    pub(super) slots: Vec<Place<'a>>,
    /// The numbers of the libraries that packages by path link.
    pub(super) member_claims: FxHashSet<u32>,
    /// The numbers of the features that are on, by slot and by package by path.
    on: FxHashMap<Target, FxHashSet<u32>>,
    /// What a requirement of a package may lead to, what cargo would rather choose first.
    leading: FxHashMap<CrateId, Vec<(Target, Owner)>>,
    /// The versions of a slot that meet a requirement.
    meeting: RefCell<FxHashMap<(usize, RequirementId), Rc<Versions>>>,
    /// The versions of a slot that have a feature.
    offering: RefCell<FxHashMap<(usize, u32), Rc<Versions>>>,
}

/// One slot of a solution.
#[derive(Debug)]
pub(super) struct Place<'a> {
    pub(super) id: CrateId,
    pub(super) releases: &'a [Release],
    /// The positions of its line.
    pub(super) line: Range<u32>,
    /// The position of the version in the solution.
    pub(super) chosen: u32,
    /// Whether a patch put that there: then there is no other.
    pub(super) is_patch: bool,
}

impl<'g, 'a> Ground<'g, 'a> {
    pub(super) fn new(rules: &'g CargoRules<'a>, solution: &'g Solution) -> Self {
        let slots: Vec<Place<'a>> = solution
            .picks
            .iter()
            .map(|pick| {
                let id = rules.id(&pick.package).expect("what was chosen is known");
                Place::new(rules, id, pick.position)
            })
            .collect();
        let needed = (0u32..).zip(&solution.members).filter(|(_, member)| member.is_needed);
        let libraries = needed.filter_map(|(number, _)| rules.links(Owner::Member(number)));
        let member_claims = libraries.map(|links| rules.number(links)).collect();
        let leading = leading(rules, solution, &slots);
        let on = on(rules, solution);
        let (meeting, offering) = Default::default();
        Self { rules, solution, slots, member_claims, on, leading, meeting, offering }
    }

    /// The node of a package by path in the graph, behind those of the slots.
    pub(super) fn member_node(&self, number: usize) -> usize {
        self.slots.len() + number
    }

    /// The node of what an edge points to.
    pub(super) fn node(&self, target: Target) -> usize {
        match target {
            Target::Pick(slot) => slot,
            Target::Member(number) => self.member_node(number),
        }
    }

    /// Whether an edge of a package by path may be no part of a way round: what is needed for
    /// development may.
    pub(super) fn is_solid(&self, member: usize, edge: Edge) -> bool {
        self.rules.problem.members[member].dependencies[edge.dependency].kind != Kind::Dev
    }

    /// The edges of a package by path, and what they ask of slots.
    pub(super) fn member_demands(
        &self,
        number: usize,
        member: &'g MemberPick,
    ) -> Vec<(Edge, Option<(usize, Versions)>)> {
        let owner = Owner::Member(self::number(number));
        let on = member.features.iter().filter_map(|name| self.rules.number_of(name));
        let activation = self.rules.activate(owner, on).expect("the solution has its features");
        let asked = self.rules.in_order(activation);
        let demands = member.edges.iter().map(|edge| {
            let alias = self.rules.feature_set(owner).alias(self::number(edge.dependency));
            let extra = asked.of(alias).unwrap_or_default();
            let versions = match edge.target {
                Target::Member(_) => None,
                Target::Pick(slot) if self.slots[slot].is_patch => None,
                Target::Pick(slot) => {
                    let target = self.rules.targets(owner)[edge.dependency];
                    Some((slot, self.bound(slot, Asking { target, extra })))
                }
            };
            (*edge, versions)
        });
        demands.collect()
    }

    /// What a version of a slot asks for with the slot's features on, given what one near it asks for.
    /// `None` if it cannot have them on.
    pub(super) fn shape(
        &self,
        slot: usize,
        position: u32,
        last: Option<&Shape<'a>>,
    ) -> Option<Shape<'a>> {
        let place = &self.slots[slot];
        let release = &place.releases[position as usize];
        let owner = Owner::Release(place.id, position);
        let known = last.and_then(|last| last.asked_of(release));
        let asked = if let Some(known) = known {
            Rc::clone(known)
        } else {
            let on = self.on.get(&Target::Pick(slot))?;
            let features = self.rules.all_features(owner).filter(|feature| on.contains(feature));
            Rc::new(self.rules.in_order(self.rules.activate(owner, features)?))
        };
        let last = last.filter(|last| Rc::ptr_eq(&last.asked, &asked));
        let mut demands = Vec::with_capacity(last.map_or(8, |last| last.demands.len()));
        for (at, extra) in self.rules.active(owner, &asked) {
            let at = at as usize;
            let known = last.and_then(|last| last.demand_of(release, at));
            let demand = known.map_or_else(
                || Rc::new(self.demand((slot, owner), at, extra.unwrap_or_default())),
                Rc::clone,
            );
            demands.push((at, demand));
        }
        Some(Shape { release, asked, demands })
    }

    /// What a dependency of a version asks for, with features that features ask of it.
    fn demand(&self, (slot, owner): (usize, Owner), at: usize, extra: &[u32]) -> Demand {
        let dependency = &self.rules.dependencies(owner)[at];
        let asking = Asking { target: self.rules.targets(owner)[at], extra };
        let requested = self.rules.requested(asking);
        let leading = self.leading.get(&asking.target.package).map_or(&[][..], Vec::as_slice);
        let leads = leading.iter().filter_map(|(target, stands)| {
            let on = self.on.get(target)?;
            // A member of the workspace has all on that it has.
            if !self.is_in_workspace(*target) && !requested.iter().all(|asks| on.contains(asks)) {
                return None;
            }
            let versions = match (target, stands) {
                (Target::Pick(slot), Owner::Release(id, _)) if *id == asking.target.package => {
                    let versions = self.bound(*slot, asking);
                    Some(versions).filter(|all| all.contains(&self.slots[*slot].chosen))
                }
                _ => {
                    let has = |feature| self.rules.asks(*stands, feature).is_some();
                    let is_met = dependency.requirement.matches(self.rules.version(*stands))
                        && self.rules.named(asking).all(has);
                    return is_met.then_some(Lead { target: *target, versions: None });
                }
            };
            versions.map(|versions| Lead { target: *target, versions: Some(versions) })
        });
        let mut leads: Vec<Lead> = leads.collect();
        if leads.len() > 1 {
            let like = self.like(slot, dependency);
            leads.sort_by_key(|lead| Some(lead.target) != like);
        }
        Demand { leads, settled: Cell::new(None) }
    }

    /// Where the same dependency of the chosen version leads.
    fn like(&self, slot: usize, dependency: &Dependency) -> Option<Target> {
        let pick = &self.solution.picks[slot];
        let same = |edge: &&Edge| {
            let other = &pick.release().dependencies[edge.dependency];
            (&other.alias, &other.package, &other.registry)
                == (&dependency.alias, &dependency.package, &dependency.registry)
        };
        pick.edges.iter().find(same).map(|edge| edge.target)
    }

    fn is_in_workspace(&self, target: Target) -> bool {
        matches!(target, Target::Member(number) if self.rules.problem.members[number].in_workspace)
    }

    /// The versions of a slot that meet a requirement, and have the features that the dependency
    /// names.
    fn bound(&self, slot: usize, asking: Asking<'_>) -> Versions {
        let id = asking.target.requirement;
        let known = self.meeting.borrow().get(&(slot, id)).map(Rc::clone);
        let meeting = known.unwrap_or_else(|| {
            let requirement = self.rules.requirement(id);
            let Place { releases, line, .. } = &self.slots[slot];
            let meets = |at: &u32| requirement.matches(&releases[*at as usize].version);
            let found = Rc::new(Versions::of(line.clone().filter(meets)));
            self.meeting.borrow_mut().insert((slot, id), Rc::clone(&found));
            found
        });
        self.rules.named(asking).fold(Versions::clone(&meeting), |all, feature| {
            all.intersection(&self.offering(slot, feature))
        })
    }

    /// The versions of a slot that have a feature.
    fn offering(&self, slot: usize, feature: u32) -> Rc<Versions> {
        let known = self.offering.borrow().get(&(slot, feature)).map(Rc::clone);
        known.unwrap_or_else(|| {
            let Place { id, line, .. } = &self.slots[slot];
            let found = Rc::new(self.rules.package(*id).having(feature, line, 0));
            self.offering.borrow_mut().insert((slot, feature), Rc::clone(&found));
            found
        })
    }

    /// Whether a patch puts something in the place of a version.
    pub(super) fn is_replaced(&self, id: CrateId, version: &Version) -> bool {
        let mut patched = self.rules.patches().patched.iter();
        patched.any(|patched| patched.package == id && patched.version == version)
    }
}

impl<'a> Place<'a> {
    fn new(rules: &CargoRules<'a>, id: CrateId, chosen: u32) -> Self {
        let releases = rules.listing(id).map_or(&[][..], |listing| &listing.releases);
        let line = releases[chosen as usize].line();
        let start = releases.partition_point(|release| release.line() < line);
        let end = releases.partition_point(|release| release.line() <= line);
        let is_patch = rules.patches().put(Owner::Release(id, chosen));
        Self { id, releases, line: number(start)..number(end), chosen, is_patch }
    }
}

/// What a requirement of each package may lead to: what patches put in its place, then its lines, the
/// newest or oldest first as cargo would choose.
fn leading(
    rules: &CargoRules<'_>,
    solution: &Solution,
    slots: &[Place<'_>],
) -> FxHashMap<CrateId, Vec<(Target, Owner)>> {
    let mut leading: FxHashMap<CrateId, Vec<(Target, Owner)>> = FxHashMap::default();
    for patched in &rules.patches().patched {
        let target = match patched.owner {
            Owner::Member(number) => {
                let member = &solution.members[number as usize];
                member.is_needed.then_some(Target::Member(number as usize))
            }
            Owner::Release(id, position) => {
                let mut all = slots.iter();
                let place = all.position(|slot| slot.id == id && slot.chosen == position);
                place.map(Target::Pick)
            }
        };
        leading.entry(patched.package).or_default().extend(target.map(|at| (at, patched.owner)));
    }
    let is_lowest = rules.problem.policy.strategy == Strategy::Lowest;
    let mut own: Vec<(usize, &Place<'_>)> = slots.iter().enumerate().collect();
    own.sort_by_key(|(_, place)| place.chosen);
    if !is_lowest {
        own.reverse();
    }
    for (slot, place) in own {
        let owner = Owner::Release(place.id, place.chosen);
        leading.entry(place.id).or_default().push((Target::Pick(slot), owner));
    }
    leading
}

/// The features that are on at each place of a solution, `default` included where a dependency asks
/// for it of a version that has none.
fn on(rules: &CargoRules<'_>, solution: &Solution) -> FxHashMap<Target, FxHashSet<u32>> {
    let mut on: FxHashMap<Target, FxHashSet<u32>> = FxHashMap::default();
    let numbers = |features: &[String]| -> FxHashSet<u32> {
        features.iter().filter_map(|name| rules.number_of(name)).collect()
    };
    for (slot, pick) in solution.picks.iter().enumerate() {
        on.insert(Target::Pick(slot), numbers(&pick.features));
    }
    for (number, member) in solution.members.iter().enumerate() {
        on.insert(Target::Member(number), numbers(&member.features));
    }
    let members = rules.problem.members.iter().zip(&solution.members);
    let members = members.map(|(member, pick)| (&member.dependencies[..], &pick.edges));
    let picks = solution.picks.iter();
    let picks = picks.map(|pick| (&pick.release().dependencies[..], &pick.edges));
    for (dependencies, edges) in members.chain(picks) {
        for edge in edges {
            if dependencies[edge.dependency].uses_default_features {
                on.entry(edge.target).or_default().insert(rules.default);
            }
        }
    }
    on
}
