//! The check of single choices: a version for each slot, followed from the members.

use std::cell::RefCell;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use ecosystems::cargo::Kind;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use super::super::{Problem, Solution, Target, Universe};
use super::reading::{Active, Reading};
use crate::widen::Violation;

/// The features that are asked of a place, as bits over those that the solution has on there.
type Asked = SmallVec<[u64; 2]>;

/// Judges choices of one version for each pick of a solution.
///
/// It remembers what versions ask for, so that many choices are judged sooner than one by one.
pub struct Checker<'a> {
    reading: Reading<'a>,
    /// The features that are on, by slot.
    on: Vec<Vec<&'a str>>,
    /// What packages by path ask for, and where that leads in the solution.
    members: Vec<Rc<Steps<'a>>>,
    /// What versions of slots ask for, by the features that are asked of them.
    known: FxHashMap<(usize, u32, Asked), Rc<Steps<'a>>>,
    /// Why versions are no candidates.
    unavailable: FxHashMap<(usize, u32), Option<String>>,
}

/// What something asks for; or why it cannot have the features that are asked of it.
type Steps<'a> = Result<Vec<Step<'a>>, String>;

/// A dependency that counts, and the places that have all on that it asks for.
struct Step<'a> {
    active: Active<'a>,
    leads: Vec<Lead>,
}

/// A place that a dependency may lead to.
struct Lead {
    to: Target,
    /// What is asked of it.
    asked: Asked,
    /// Which of its versions meet the dependency, as far as they were looked at.
    known: RefCell<SmallVec<[(u32, bool); 4]>>,
}

/// Dependencies that do not lead to a place, though they could: whose, at which place, and where to.
type Avoided = FxHashSet<(Target, usize, Target)>;

/// An edge of a choice: who depends on what, by the dependency at which place, and whether that could
/// lead elsewhere.
#[derive(Clone, Copy)]
struct Arc {
    from: Target,
    dependency: usize,
    to: Target,
    has_other: bool,
}

impl<'a> Checker<'a> {
    /// A judge of choices for a solution.
    pub fn new(problem: &'a Problem, universe: &'a Universe, solution: &'a Solution) -> Self {
        let reading = Reading::new(problem, universe, solution);
        let slots = (0..solution.picks.len()).map(Target::Pick);
        let on = slots.map(|slot| reading.on(slot).iter().copied().collect()).collect();
        let (known, unavailable) = Default::default();
        let mut checker = Self { reading, on, members: Vec::new(), known, unavailable };
        let members = (0..solution.members.len()).map(|number| Rc::new(checker.member(number)));
        checker.members = members.collect();
        checker
    }

    /// Finds what is wrong with a choice: `positions` in the listings, in the order of the picks.
    ///
    /// What the choice does not need is not judged.
    pub fn choice(&mut self, positions: &[u32]) -> Vec<Violation> {
        let mut avoided = Avoided::default();
        loop {
            let reached = self.follow(positions, &avoided);
            let mut violations = Vec::new();
            let arcs = self.judge(&reached, positions, &avoided, &mut violations);
            let around = around(&arcs);
            if around.is_empty() {
                return violations;
            }
            // Where a dependency can lead to several places, it need not lead back.
            let before = avoided.len();
            let turns = around.iter().filter(|arc| arc.has_other);
            avoided.extend(turns.map(|arc| (arc.from, arc.dependency, arc.to)));
            if avoided.len() == before {
                let names: Vec<String> =
                    around.iter().map(|arc| self.place(arc.from, positions)).collect();
                let text = format!("there is a way round by {}", names.join(", "));
                violations.push(Violation { slot: None, position: None, text });
                return violations;
            }
        }
    }

    /// What is reached from the members of the workspace, with the features that are asked of it.
    fn follow(&mut self, positions: &[u32], avoided: &Avoided) -> BTreeMap<Target, Asked> {
        let members = self.reading.problem.members.iter().enumerate();
        let members = members.filter(|(_, member)| member.in_workspace);
        let mut waiting: VecDeque<Target> = members.map(|(at, _)| Target::Member(at)).collect();
        let mut is_waiting: FxHashSet<Target> = waiting.iter().copied().collect();
        let mut reached: FxHashMap<Target, Asked> =
            waiting.iter().map(|member| (*member, Asked::new())).collect();
        while let Some(from) = waiting.pop_front() {
            is_waiting.remove(&from);
            let steps = self.steps(from, &reached[&from], positions);
            for step in steps.iter().flatten() {
                let mut leads = self.leads(from, step, positions, avoided);
                let Some(Lead { to, asked, .. }) = leads.next() else { continue };
                let is_known = match reached.entry(*to) {
                    Entry::Vacant(entry) => {
                        entry.insert(asked.clone());
                        false
                    }
                    Entry::Occupied(entry) => {
                        let known = entry.into_mut().iter_mut().zip(asked);
                        known.fold(true, |is_known, (known, asked)| {
                            let is_same = *asked & !*known == 0;
                            *known |= asked;
                            is_known && is_same
                        })
                    }
                };
                if !is_known && is_waiting.insert(*to) {
                    waiting.push_back(*to);
                }
            }
        }
        reached.into_iter().collect()
    }

    /// Judges everything that is reached. Returns the edges but for those for development.
    fn judge(
        &mut self,
        reached: &BTreeMap<Target, Asked>,
        positions: &[u32],
        avoided: &Avoided,
        violations: &mut Vec<Violation>,
    ) -> Vec<Arc> {
        let mut arcs = Vec::new();
        let mut libraries: BTreeMap<&str, Target> = BTreeMap::new();
        for (from, asked) in reached {
            let (slot, position) = match from {
                Target::Member(_) => (None, None),
                Target::Pick(slot) => (Some(*slot), Some(positions[*slot])),
            };
            let mut note = |checker: &Self, text: String| {
                let text = format!("{} {text}", checker.place(*from, positions));
                violations.push(Violation { slot, position, text });
            };
            if let Some(why) = self.unavailable(*from, positions) {
                note(self, why);
            }
            let links = match from {
                Target::Member(number) => self.reading.problem.members[*number].links.as_deref(),
                Target::Pick(slot) => {
                    let release = self.reading.release(*slot, positions[*slot]);
                    release.and_then(|release| release.links.as_deref())
                }
            };
            if let Some(other) = links.and_then(|links| libraries.insert(links, *from)) {
                note(self, format!("links what {} links", self.place(other, positions)));
            }
            let steps = self.steps(*from, asked, positions);
            if let Err(why) = &*steps {
                note(self, why.clone());
            }
            for step in steps.iter().flatten() {
                let mut leads = self.leads(*from, step, positions, avoided);
                let Some(Lead { to, .. }) = leads.next() else {
                    note(self, format!("needs `{}`, which nothing meets", step.active.text()));
                    continue;
                };
                if step.active.dependency.kind != Kind::Dev {
                    let (dependency, has_other) = (step.active.place, leads.next().is_some());
                    arcs.push(Arc { from: *from, dependency, to: *to, has_other });
                }
            }
        }
        arcs
    }

    /// Where a dependency may lead with these versions.
    fn leads<'s>(
        &'s self,
        from: Target,
        step: &'s Step<'a>,
        positions: &'s [u32],
        avoided: &'s Avoided,
    ) -> impl Iterator<Item = &'s Lead> {
        step.leads.iter().filter(move |lead| {
            let is_met = match lead.to {
                Target::Member(_) => true,
                Target::Pick(slot) => self.is_met(step, lead, slot, positions[slot]),
            };
            is_met && !avoided.contains(&(from, step.active.place, lead.to))
        })
    }

    /// Whether a version of a slot meets a dependency that may lead there.
    fn is_met(&self, step: &Step<'a>, lead: &Lead, slot: usize, position: u32) -> bool {
        let mut known = lead.known.borrow_mut();
        if let Some((_, is_met)) = known.iter().find(|(at, _)| *at == position) {
            return *is_met;
        }
        let release = self.reading.release(slot, position);
        let is_met = release.is_some_and(|one| step.active.is_met(&one.version, &one.features));
        known.push((position, is_met));
        is_met
    }

    /// What a place asks for with features that are asked of it.
    fn steps(&mut self, from: Target, asked: &Asked, positions: &[u32]) -> Rc<Steps<'a>> {
        let slot = match from {
            Target::Member(number) => return Rc::clone(&self.members[number]),
            Target::Pick(slot) => slot,
        };
        let key = (slot, positions[slot], asked.clone());
        if let Some(known) = self.known.get(&key) {
            return Rc::clone(known);
        }
        let features = self.on[slot].iter().enumerate();
        let on: BTreeSet<&str> = features
            .filter(|(place, _)| asked[place / 64] >> (place % 64) & 1 == 1)
            .map(|(_, feature)| *feature)
            .collect();
        let release = self.reading.release(slot, positions[slot]).ok_or("is not listed".to_owned());
        let registry = &self.reading.pick(slot).package.registry;
        let steps = release.and_then(|release| {
            let active = self.reading.active_with(release, &on)?.into_iter();
            Ok(active
                .map(|active| {
                    let leads = self.reading.leads(registry, active.dependency);
                    self.step(active, &leads, Reading::member_meets)
                })
                .collect())
        });
        let steps = Rc::new(steps);
        self.known.insert(key, Rc::clone(&steps));
        steps
    }

    /// What a package by path asks for: its edges are those of the solution.
    fn member(&self, number: usize) -> Steps<'a> {
        let edges = &self.reading.solution.members[number].edges;
        let paths = &self.reading.problem.members[number].paths;
        let active = self.reading.member_active(number)?.into_iter();
        let steps = active.map(|active| {
            let edge = edges.iter().find(|edge| edge.dependency == active.place);
            let leads: Vec<Target> = edge.map(|edge| edge.target).into_iter().collect();
            let is_path = paths.contains_key(&active.place);
            let meets = if is_path { Reading::path_meets } else { Reading::member_meets };
            self.step(active, &leads, meets)
        });
        Ok(steps.collect())
    }

    /// A dependency that may lead to some places; `meets` tells of a package by path.
    fn step(
        &self,
        active: Active<'a>,
        leads: &[Target],
        meets: fn(&Reading<'a>, &Active<'a>, usize) -> bool,
    ) -> Step<'a> {
        let leads = leads.iter().filter_map(|to| {
            let asked = match to {
                Target::Member(number) if !meets(&self.reading, &active, *number) => None,
                _ if self.reading.lacking(&active, *to).is_some() => None,
                Target::Member(_) => Some(Asked::new()),
                Target::Pick(slot) => {
                    let on = &self.on[*slot];
                    let mut asked: Asked = SmallVec::from_elem(0, on.len().div_ceil(64));
                    for feature in active.asked() {
                        let place = on.binary_search(&feature).ok()?;
                        asked[place / 64] |= 1 << (place % 64);
                    }
                    Some(asked)
                }
            };
            asked.map(|asked| Lead { to: *to, asked, known: RefCell::default() })
        });
        let leads = leads.collect();
        Step { active, leads }
    }

    fn unavailable(&mut self, place: Target, positions: &[u32]) -> Option<String> {
        let Target::Pick(slot) = place else { return None };
        let position = positions[slot];
        let known = self.unavailable.entry((slot, position));
        known.or_insert_with(|| self.reading.unavailable(slot, position)).clone()
    }

    fn place(&self, place: Target, positions: &[u32]) -> String {
        match place {
            Target::Member(number) => format!("`{}`", self.reading.problem.members[number].name),
            Target::Pick(slot) => self.reading.name(slot, positions[slot]),
        }
    }
}

/// A way round, if there is one.
fn around(arcs: &[Arc]) -> Vec<Arc> {
    let mut next: FxHashMap<Target, Vec<Arc>> = FxHashMap::default();
    for arc in arcs {
        next.entry(arc.from).or_default().push(*arc);
    }
    let mut finished: FxHashSet<Target> = FxHashSet::default();
    for start in arcs.iter().map(|arc| arc.from) {
        // Each place on the path, with how many of its edges were followed.
        let mut path: Vec<(Target, usize)> = vec![(start, 0)];
        while let Some((place, followed)) = path.last_mut() {
            let place = *place;
            let arcs = next.get(&place).map_or(&[][..], Vec::as_slice);
            let arc = arcs.get(*followed).filter(|_| !finished.contains(&place));
            let Some(arc) = arc else {
                finished.insert(place);
                path.pop();
                continue;
            };
            *followed += 1;
            if let Some(first) = path.iter().position(|(on_path, _)| *on_path == arc.to) {
                let round = path[first..].iter();
                return round.map(|(place, followed)| next[place][followed - 1]).collect();
            }
            path.push((arc.to, 0));
        }
    }
    Vec::new()
}
