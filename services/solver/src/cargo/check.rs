//! The check of acceptable sets: slow, obvious, and by other means than those that made them.
//!
//! It judges by the definition that `widen` states, from the sets and their edges, the documents, and
//! the features that the solution has on. Where a version states no edges, any that would do are taken.

mod choice;
mod reading;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ecosystems::cargo::{Kind, Release};
use rustc_hash::FxHashMap;

use super::{Edge, Problem, Solution, Target, Universe};
use crate::widen::{Acceptable, AcceptableSet, Violation};
pub use choice::Checker;
pub(super) use reading::{Active, Reading};

/// Finds what is wrong with the acceptable sets of a solution; nothing if every choice of one version
/// from each set is a valid install set.
///
/// `sets` are in the order of the solution's picks.
pub fn check(
    problem: &Problem,
    universe: &Universe,
    solution: &Solution,
    sets: &[AcceptableSet<Edge>],
) -> Vec<Violation> {
    let reading = Reading::new(problem, universe, solution);
    let mut check = Check {
        reading: &reading,
        sets,
        violations: Vec::new(),
        edges: BTreeSet::new(),
        open: Vec::new(),
        judged: FxHashMap::default(),
    };
    if sets.len() == solution.picks.len() {
        check.members();
        (0..sets.len()).for_each(|slot| check.slot(slot));
        check.libraries();
        check.cycles();
    } else {
        check.note(None, None, "there is not one set for each package".to_owned());
    }
    check.violations
}

/// A check under way.
struct Check<'r, 'a> {
    reading: &'r Reading<'a>,
    sets: &'r [AcceptableSet<Edge>],
    violations: Vec<Violation>,
    /// Who depends on whom by normal and build dependencies, through any version.
    edges: BTreeSet<(Target, Target)>,
    /// Dependencies whose edges are not stated, and where they may lead.
    open: Vec<Open>,
    /// Dependencies that were judged before: neighbouring releases share them.
    judged: FxHashMap<(usize, Target), Vec<Judged<'a>>>,
}

/// The features that a dependency named, and what was wrong with where it leads.
type Judged<'a> = (BTreeSet<&'a str>, Option<String>);

/// A dependency of a version, with what it asks for, and where it may lead.
struct Open {
    slot: usize,
    position: u32,
    text: String,
    targets: Vec<Target>,
}

impl<'a> Check<'_, 'a> {
    fn note(&mut self, slot: Option<usize>, position: Option<u32>, text: String) {
        self.violations.push(Violation { slot, position, text });
    }

    /// The edges of the packages by path stand: what they lead to is to do in all versions.
    fn members(&mut self) {
        for (number, member) in self.reading.solution.members.iter().enumerate() {
            if !member.is_needed {
                continue;
            }
            let active = self.reading.member_active(number);
            let stated = &self.reading.problem.members[number];
            for active in active.unwrap_or_default() {
                let edge = member.edges.iter().find(|edge| edge.dependency == active.place);
                let path = stated.paths.get(&active.place);
                let fault = match (edge, path) {
                    (Some(edge), Some(path)) => {
                        let is_met = edge.target == Target::Member(*path)
                            && self.reading.path_meets(&active, *path);
                        (!is_met).then(|| format!("`{}` is not there", active.text()))
                    }
                    (None, _) => Some(format!("`{}` leads nowhere", active.text())),
                    (Some(edge), None) => {
                        self.fault(&self.reading.problem.registry, &active, edge.target)
                    }
                };
                if let Some(fault) = fault {
                    self.note(None, None, format!("`{}`: {fault}", stated.name));
                }
                if let Some(edge) = edge.filter(|_| active.dependency.kind != Kind::Dev) {
                    self.edges.insert((Target::Member(number), edge.target));
                }
            }
        }
    }

    fn slot(&mut self, slot: usize) {
        let (pick, set) = (self.reading.pick(slot), &self.sets[slot]);
        if !set.versions.iter().any(|acceptable| acceptable.position == pick.position) {
            let text = format!("`{}` lacks the version of the solution", pick.package);
            self.note(Some(slot), None, text);
        }
        let mut seen = BTreeSet::new();
        let mut last: Option<(&Release, &[Edge])> = None;
        for acceptable in &set.versions {
            let position = acceptable.position;
            let (at, version) = (Some(position), self.name(slot, position));
            if !seen.insert(position) {
                self.note(Some(slot), at, format!("{version} is there twice"));
            }
            if let Some(why) = self.reading.unavailable(slot, position) {
                self.note(Some(slot), at, format!("{version} {why}"));
            }
            let Some(release) = self.reading.release(slot, position) else { continue };
            // Most releases ask for what the one before does, and that is judged already.
            let is_same = last.is_some_and(|(last, edges)| {
                !edges.is_empty() && edges == acceptable.edges && asks_the_same(last, release)
            });
            if !is_same {
                self.version(slot, acceptable);
            }
            last = Some((release, &acceptable.edges));
        }
    }

    /// Judges the dependencies of one version.
    fn version(&mut self, slot: usize, acceptable: &Acceptable<Edge>) {
        let position = acceptable.position;
        let active = match self.reading.active(slot, position) {
            Ok(active) => active,
            Err(why) => {
                let text = format!("{} {why}", self.name(slot, position));
                return self.note(Some(slot), Some(position), text);
            }
        };
        let registry = &self.reading.pick(slot).package.registry;
        let edges = &acceptable.edges;
        let places: BTreeSet<usize> = active.iter().map(|active| active.place).collect();
        for edge in edges.iter().filter(|edge| !places.contains(&edge.dependency)) {
            let name = self.name(slot, position);
            let text = format!(
                "{name} has an edge for dependency {} that does not count",
                edge.dependency
            );
            self.note(Some(slot), Some(position), text);
        }
        for active in active {
            let mut stated = edges.iter().filter(|edge| edge.dependency == active.place);
            let fault = match (stated.next(), stated.next()) {
                (Some(edge), None) => {
                    self.edges.insert((Target::Pick(slot), edge.target));
                    self.fault(registry, &active, edge.target)
                }
                (None, _) if edges.is_empty() => self.unstated(slot, position, &active),
                (None, _) => Some(format!("`{}` leads nowhere", active.text())),
                (Some(_), Some(_)) => Some(format!("`{}` leads to two places", active.text())),
            };
            if let Some(fault) = fault {
                let text = format!("{}: {fault}", self.name(slot, position));
                self.note(Some(slot), Some(position), text);
            }
        }
    }

    /// Looks for where a dependency may lead. Returns what is wrong, if there is nothing.
    fn unstated(&mut self, slot: usize, position: u32, active: &Active<'a>) -> Option<String> {
        let registry = &self.reading.pick(slot).package.registry;
        let all = self.reading.leads(registry, active.dependency);
        let faults: Vec<Option<String>> =
            all.iter().map(|target| self.fault(registry, active, *target)).collect();
        let fitting = all.iter().zip(&faults).filter(|(_, fault)| fault.is_none());
        let targets: Vec<Target> = fitting.map(|(target, _)| *target).collect();
        if targets.is_empty() {
            let missing = || format!("`{}` is not in the solution", active.text());
            return Some(faults.into_iter().flatten().next().unwrap_or_else(missing));
        }
        self.open.push(Open { slot, position, text: active.text(), targets });
        None
    }

    /// What is wrong with where a dependency of a package of `registry` leads.
    fn fault(
        &mut self,
        registry: &Arc<str>,
        active: &Active<'a>,
        target: Target,
    ) -> Option<String> {
        let declared = std::ptr::from_ref(&**active.dependency).addr();
        let judged = self.judged.get(&(declared, target)).into_iter().flatten();
        if let Some((_, known)) = judged.clone().find(|(named, _)| *named == active.named) {
            return known.clone();
        }
        let fault = self.judge(registry, active, target);
        let judged = self.judged.entry((declared, target)).or_default();
        judged.push((active.named.clone(), fault.clone()));
        fault
    }

    fn judge(&self, registry: &Arc<str>, active: &Active<'a>, target: Target) -> Option<String> {
        let text = active.text();
        if !self.reading.leads(registry, active.dependency).contains(&target) {
            return Some(format!("`{text}` leads to another package"));
        }
        if let Some(feature) = self.reading.lacking(active, target) {
            return Some(format!("`{text}` asks for `{feature}`, which is off in the solution"));
        }
        match target {
            Target::Member(number) if self.reading.member_meets(active, number) => None,
            Target::Member(number) => {
                let name = &self.reading.problem.members[number].name;
                Some(format!("`{text}` is not met by `{name}`"))
            }
            Target::Pick(slot) => {
                let mut versions = self.sets[slot].versions.iter();
                let fails = |acceptable: &&Acceptable<Edge>| {
                    let release = self.reading.release(slot, acceptable.position);
                    !release.is_some_and(|other| active.is_met(&other.version, &other.features))
                };
                let failing = versions.find(fails)?;
                Some(format!("`{text}` is not met by {}", self.name(slot, failing.position)))
            }
        }
    }

    /// Judges that one slot alone links each native library.
    fn libraries(&mut self) {
        let mut holders: BTreeMap<&str, BTreeSet<Target>> = BTreeMap::new();
        let members = self.reading.problem.members.iter().zip(&self.reading.solution.members);
        for (number, (member, pick)) in members.enumerate() {
            if let Some(links) = member.links.as_deref().filter(|_| pick.is_needed) {
                holders.entry(links).or_default().insert(Target::Member(number));
            }
        }
        for (slot, set) in self.sets.iter().enumerate() {
            for acceptable in &set.versions {
                let release = self.reading.release(slot, acceptable.position);
                if let Some(links) = release.and_then(|release| release.links.as_deref()) {
                    holders.entry(links).or_default().insert(Target::Pick(slot));
                }
            }
        }
        for (links, holders) in holders.iter().filter(|(_, holders)| holders.len() > 1) {
            let names: Vec<String> = holders.iter().map(|holder| self.place(*holder)).collect();
            self.note(None, None, format!("`{links}` is linked by {}", names.join(" and by ")));
        }
    }

    /// Judges that no slot needs itself. A dependency whose edge is not stated leads where it can.
    fn cycles(&mut self) {
        for open in std::mem::take(&mut self.open) {
            let from = Target::Pick(open.slot);
            let mut targets = open.targets.iter();
            match targets.find(|target| !self.reaches(**target, from)) {
                Some(target) => {
                    self.edges.insert((from, *target));
                }
                None => {
                    let name = self.name(open.slot, open.position);
                    let text = format!("{name}: `{}` leads back to it", open.text);
                    self.note(Some(open.slot), Some(open.position), text);
                }
            }
        }
        // What nothing leads to but what was taken away is on no way round.
        let mut incoming: BTreeMap<Target, usize> = BTreeMap::new();
        for (from, to) in &self.edges {
            incoming.entry(*from).or_default();
            *incoming.entry(*to).or_default() += 1;
        }
        let free = incoming.iter().filter(|(_, count)| **count == 0);
        let mut free: Vec<Target> = free.map(|(node, _)| *node).collect();
        while let Some(node) = free.pop() {
            incoming.remove(&node);
            for next in self.next(node) {
                let count = incoming.entry(next).or_default();
                *count -= 1;
                free.extend((*count == 0).then_some(next));
            }
        }
        let around =
            incoming.keys().filter(|node| self.next(**node).any(|to| self.reaches(to, **node)));
        let names: Vec<String> = around.map(|target| self.place(*target)).collect();
        if !names.is_empty() {
            self.note(None, None, format!("there is a way round among {}", names.join(", ")));
        }
    }

    fn next(&self, node: Target) -> impl Iterator<Item = Target> {
        let edges = self.edges.range((node, Target::Member(0))..);
        edges.take_while(move |(from, _)| *from == node).map(|(_, to)| *to)
    }

    fn reaches(&self, from: Target, to: Target) -> bool {
        let (mut seen, mut waiting) = (BTreeSet::new(), vec![from]);
        while let Some(node) = waiting.pop() {
            if seen.insert(node) {
                waiting.extend(self.next(node));
            }
        }
        seen.contains(&to)
    }

    fn place(&self, target: Target) -> String {
        match target {
            Target::Member(number) => format!("`{}`", self.reading.problem.members[number].name),
            Target::Pick(slot) => self.name(slot, self.reading.pick(slot).position),
        }
    }

    fn name(&self, slot: usize, position: u32) -> String {
        self.reading.name(slot, position)
    }
}

/// Whether releases have the same features and dependencies for sure, since they share them.
fn asks_the_same(left: &Release, right: &Release) -> bool {
    let pairs = || left.dependencies.iter().zip(&right.dependencies);
    left.features.is_shared_with(&right.features)
        && left.dependencies.len() == right.dependencies.len()
        && pairs().all(|(left, right)| std::ptr::eq(&raw const **left, &raw const **right))
}
