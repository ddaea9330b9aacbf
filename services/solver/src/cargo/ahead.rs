//! Fetching ahead: what the next rounds will most likely ask for.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rustc_hash::FxHashSet;

use super::rules::{Asking, CargoRules, Owner};
use super::{Gap, Problem, Universe};

/// Walks from the members along first choices, and names what is not known on the way.
///
/// This is no solving: each dependency is looked at by itself, and conflicts are not seen. What it
/// names is only fetched sooner; answers do not depend on it.
pub fn ahead(problem: &Problem, universe: &Universe) -> Vec<Gap> {
    let rules = CargoRules::new(problem, universe);
    let wanted = rules.wanted().map(|owner| (owner, rules.all_features(owner).collect()));
    let mut known: BTreeMap<Owner, BTreeSet<u32>> = wanted.collect();
    let mut waiting: VecDeque<Owner> = known.keys().copied().collect();
    let mut is_waiting: FxHashSet<Owner> = waiting.iter().copied().collect();
    let unknown = rules.patches().unknown.iter();
    let mut gaps: BTreeSet<Gap> = unknown.map(|id| rules.package_name(*id).clone()).collect();
    while let Some(owner) = waiting.pop_front() {
        is_waiting.remove(&owner);
        let Some(activation) = rules.activate(owner, known[&owner].iter().copied()) else {
            continue;
        };
        let asked = rules.in_order(activation);
        for (place, extra) in rules.active(owner, &asked) {
            let target = rules.targets(owner)[place as usize];
            let asking = Asking { target, extra: extra.unwrap_or_default() };
            match rules.likely(owner, place, asking.extra) {
                Err(package) => {
                    gaps.insert(rules.package_name(package).clone());
                }
                Ok(None) => {}
                Ok(Some(target)) => {
                    let is_new = !known.contains_key(&target);
                    let features = known.entry(target).or_default();
                    let before = features.len();
                    features.extend(rules.requested(asking).iter());
                    if (is_new || features.len() > before) && is_waiting.insert(target) {
                        waiting.push_back(target);
                    }
                }
            }
        }
    }
    gaps.into_iter().collect()
}
