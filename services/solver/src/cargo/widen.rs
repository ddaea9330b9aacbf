//! Acceptable sets of a solution: for each of its picks every version that would do.
//!
//! A slot is a compatibility line of a package in a registry. The sets are for the lock file, as the
//! solution is: for all targets and with all features of the members. A version is in the set of a
//! slot if
//!
//! * it is a candidate of the slot's line: not yanked or late, unless it is locked; in its own place,
//!   if a patch put something there; and for as many of the members' compilers as the chosen one;
//! * everything in the box, and the members, admit it: it meets their requirements, and has the
//!   features that they name, of which `default` may be missing;
//! * with those features on that the solution has on in the slot, as far as it has them, each of its
//!   dependencies that counts leads to a slot of the solution, or to a package by path, whose versions
//!   all meet it, and asks for nothing there that the solution has not on;
//! * no slot would depend on itself: the graph of all slots, with the edges of all that is in the box,
//!   has no way round by normal and build dependencies. Cargo takes no such graph, though one choice
//!   may lack what another has;
//! * no other slot, and no package by path, links its native library.
//!
//! More features than those are on in no choice, since nothing in the box asks for others; and fewer
//! only make fewer dependencies count. All facts are in listings that the solution was read from: what
//! leads elsewhere is out, whatever is there.

mod demands;
mod graph;
mod ground;

use std::cmp::Reverse;

use super::candidates::{compilers, is_candidate};
use super::rules::CargoRules;
use super::{Edge, Gap, Problem, Solution, Target, Universe};
use crate::Strategy;
use crate::widen::{Growth, Reach, Way, Widened, Within};
use demands::{Demand, Shape};
use graph::Graph;
use ground::Ground;

/// Finds out which other versions would do in the place of each pick of `solution`, the solution of
/// `problem` over `universe`.
///
/// Nothing is missing for that, so that there are no gaps, and no footprint but the solution's. When
/// `interrupted` says so, versions that were not tried count as out of reach.
pub fn widen(
    problem: &Problem,
    universe: &Universe,
    solution: &Solution,
    reach: Reach,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Widened<Edge, Gap> {
    let rules = CargoRules::new(problem, universe);
    let ground = Ground::new(&rules, solution);
    let mut widening = Widening::new(&ground);
    widening.put_solution();
    let mut within = widening.within(reach);
    let completeness = Within::walk(&mut within, interrupted, |slot, position| {
        widening.try_version(slot, position);
        true
    });
    Widened {
        sets: widening.growth.into_sets(&within, |slot| completeness[slot]),
        gaps: Vec::new(),
        footprint: Vec::new(),
    }
}

/// A box around a solution, as it grows.
struct Widening<'g, 'a> {
    ground: &'g Ground<'g, 'a>,
    growth: Growth<Edge>,
    graph: Graph,
    /// What the version asks for that was looked at last, by slot.
    last: Vec<Option<Shape<'a>>>,
}

impl<'g, 'a> Widening<'g, 'a> {
    fn new(ground: &'g Ground<'g, 'a>) -> Self {
        let slots = ground.slots.len();
        Self {
            ground,
            growth: Growth::new(slots),
            graph: Graph::new(slots + ground.solution.members.len()),
            last: vec![None; slots],
        }
    }

    /// Puts the solution into the box, and bounds its slots by what the members ask for.
    fn put_solution(&mut self) {
        let (ground, solution) = (self.ground, self.ground.solution);
        for (number, member) in solution.members.iter().enumerate() {
            for (edge, demand) in ground.member_demands(number, member) {
                if let Some((slot, versions)) = demand {
                    self.growth.bound(slot, &versions);
                }
                if ground.is_solid(number, edge) {
                    self.graph.join(ground.member_node(number), ground.node(edge.target));
                }
            }
        }
        for (slot, pick) in solution.picks.iter().enumerate() {
            let shape = self.shape(slot, pick.position).expect("the solution has its features");
            let edges = pick.edges.iter().zip(&shape.demands);
            let leads = edges.map(|(edge, (_, demand))| demand.leading_to(edge.target));
            let leads: Option<Vec<usize>> = leads.collect();
            let leads = leads.expect("the solution meets its own requirements");
            self.put(slot, pick.position, &shape, &leads);
        }
    }

    /// The versions of each slot that are to be tried.
    fn within(&self, reach: Reach) -> Vec<Within> {
        let (rules, policy) = (self.ground.rules, &self.ground.rules.problem.policy);
        let slots = self.ground.slots.iter().enumerate();
        let within = slots.map(|(slot, place)| {
            let held = rules.held(place.id);
            let is_held = |position: u32| {
                let version = &place.releases[position as usize].version;
                held.iter().any(|requirement| requirement.matches(version))
            };
            let fitting = |position: u32| compilers(policy, &place.releases[position as usize]);
            let mut candidates: Vec<u32> =
                place.line.clone().filter(|position| self.is_candidate(slot, *position)).collect();
            if policy.strategy == Strategy::Lowest {
                candidates.sort_by_key(|at| (Reverse(fitting(*at)), *at));
            } else {
                candidates.sort_by_key(|at| (Reverse(fitting(*at)), Reverse(*at)));
            }
            Within::of(&self.growth, slot, candidates.into_iter(), is_held, reach)
        });
        within.collect()
    }

    /// Whether a version can be chosen in a slot, as far as it says by itself.
    fn is_candidate(&self, slot: usize, position: u32) -> bool {
        let place = &self.ground.slots[slot];
        if place.is_patch || position == place.chosen {
            return position == place.chosen;
        }
        let policy = &self.ground.rules.problem.policy;
        let release = &place.releases[position as usize];
        let chosen = &place.releases[place.chosen as usize];
        let is_there = is_candidate(policy, release)
            || self.ground.rules.is_locked(place.id, &release.version);
        is_there
            && !self.ground.is_replaced(place.id, &release.version)
            && compilers(policy, release) >= compilers(policy, chosen)
    }

    /// Puts a version into the box, if it fits.
    fn try_version(&mut self, slot: usize, position: u32) {
        let release = &self.ground.slots[slot].releases[position as usize];
        let claim = release.links.as_deref().map(|links| self.ground.rules.number(links));
        let is_free = claim.is_none_or(|claim| {
            self.growth.is_free(slot, claim) && !self.ground.member_claims.contains(&claim)
        });
        if !is_free || !self.growth.admits(slot, position) {
            return;
        }
        let Some(shape) = self.shape(slot, position) else { return };
        let leads = shape.demands.iter().map(|(_, demand)| self.lead(slot, demand));
        if let Some(leads) = leads.collect::<Option<Vec<usize>>>() {
            self.put(slot, position, &shape, &leads);
        }
    }

    /// Where a dependency of a slot may lead: the first place that fits, by its number.
    ///
    /// Where it leads is settled once for all versions that have it: what fits later fitted before.
    fn lead(&self, slot: usize, demand: &Demand) -> Option<usize> {
        demand.settled.get().or_else(|| {
            let fits = |lead: &demands::Lead| {
                let is_met = match (lead.target, &lead.versions) {
                    (Target::Pick(target), Some(versions)) => {
                        self.growth.has_only(target, versions)
                    }
                    _ => true,
                };
                is_met && self.graph.takes(slot, self.ground.node(lead.target))
            };
            demand.leads.iter().position(fits)
        })
    }

    /// Puts a version into the box, with its dependencies leading where `leads` says.
    fn put(&mut self, slot: usize, position: u32, shape: &Shape<'a>, leads: &[usize]) {
        let mut bounds = Vec::new();
        let mut edges = Vec::with_capacity(leads.len());
        for ((dependency, demand), number) in shape.demands.iter().zip(leads) {
            let lead = &demand.leads[*number];
            edges.push(Edge { dependency: *dependency, target: lead.target });
            if demand.settled.replace(Some(*number)).is_none() {
                self.graph.join(slot, self.ground.node(lead.target));
                if let (Target::Pick(target), Some(versions)) = (lead.target, &lead.versions) {
                    bounds.push((target, versions.clone()));
                }
            }
        }
        let links = self.ground.slots[slot].releases[position as usize].links.as_deref();
        let claims = links.map(|links| self.ground.rules.number(links)).into_iter().collect();
        self.growth.put(slot, position, Way { bounds, claims, edges });
    }

    /// What a version asks for with the slot's features on; `None` if it cannot have them on.
    fn shape(&mut self, slot: usize, position: u32) -> Option<Shape<'a>> {
        let last = self.last[slot].take();
        let shape = self.ground.shape(slot, position, last.as_ref());
        self.last[slot] = shape.clone().or(last);
        shape
    }
}
