//! Fetching ahead: what the next rounds will most likely ask for.

use ecosystems::pypi::Name;
use rustc_hash::FxHashSet;

use super::candidates::Verdict;
use super::rules::{PypiRules, SlotKind};
use super::{Gap, Problem, Universe};
use crate::Versions;
use crate::search::{Needs, Rules, Slot};

/// Walks from the user's requirements along first choices, and names what is not known on the way.
///
/// This is no solving: each requirement is looked at by itself, and conflicts are not seen. What
/// it names is only fetched sooner; answers do not depend on it.
pub fn ahead(problem: &Problem, universe: &Universe) -> Vec<Gap> {
    let rules = PypiRules::new(problem, universe);
    let mut seen: FxHashSet<(Slot, u32)> = FxHashSet::default();
    let mut waiting: Vec<(Slot, u32)> = vec![(rules.root(), 0)];
    let mut gaps = Vec::new();
    while let Some((slot, version)) = waiting.pop() {
        if !seen.insert((slot, version)) {
            continue;
        }
        match rules.needs(slot, version) {
            Needs::Unknown => gaps.push(rules.gap(slot, Some(version))),
            Needs::Unavailable | Needs::Bars(..) => {}
            Needs::Known(needs) => {
                for need in needs {
                    match next_choice(&rules, need.slot, &need.versions) {
                        Ok(Some(choice)) => waiting.push((need.slot, choice)),
                        Ok(None) => {}
                        Err(gap) => gaps.push(gap),
                    }
                }
            }
        }
    }
    gaps.sort_unstable();
    gaps.dedup();
    gaps
}

/// The releases that would be tried after the one at `position`, as far as their needs are not
/// known: `count` of them at the most.
///
/// A project whose releases are rejected one after the other would cost a round each; so whoever
/// fetches asks for more of them at a time, the more were rejected.
pub fn following(
    problem: &Problem,
    universe: &Universe,
    name: &Name,
    position: u32,
    count: usize,
) -> Vec<Gap> {
    let rules = PypiRules::new(problem, universe);
    let Some(id) = universe.id(name) else { return Vec::new() };
    let Some(package) = universe.package(id) else { return Vec::new() };
    let mut open: Vec<u32> = if rules.chooses_lowest(id) {
        (position + 1..package.length()).collect()
    } else {
        (0..position).rev().collect()
    };
    let mut gaps = Vec::new();
    while gaps.len() < count {
        let positions = open.iter().copied();
        let Some(choice) = rules.first_choice(id, positions, |at| open.contains(&at)) else {
            break;
        };
        open.retain(|position| *position != choice);
        let is_candidate = rules.verdict(id, choice) == Some(Verdict::Candidate);
        if is_candidate && package.needs(choice).is_none() {
            gaps.push(Gap::Needs(name.clone(), choice));
        }
    }
    gaps
}

fn next_choice(rules: &PypiRules<'_>, slot: Slot, range: &Versions) -> Result<Option<u32>, Gap> {
    if !rules.is_listed(slot) {
        return Err(rules.gap(slot, None));
    }
    match rules.kind(slot) {
        SlotKind::Root | SlotKind::Python => Ok(None),
        SlotKind::Real(_) | SlotKind::Wish(_) => Ok(rules.choose(slot, range)),
    }
}
