//! Fetching ahead: what the next rounds will most likely ask for.

use std::collections::{BTreeMap, BTreeSet};

use super::rules::{CargoRules, Owner, requested};
use super::{Gap, Problem, Universe};

/// Walks from the members along first choices, and names what is not known on the way.
///
/// This is no solving: each dependency is looked at by itself, and conflicts are not seen. What it
/// names is only fetched sooner; answers do not depend on it.
pub fn ahead(problem: &Problem, universe: &Universe) -> Vec<Gap> {
    let rules = CargoRules::new(problem, universe);
    let mut asked: BTreeMap<Owner, BTreeSet<&str>> = rules.wanted();
    let mut waiting: Vec<Owner> = asked.keys().copied().collect();
    let unknown = rules.patches().unknown.iter();
    let mut gaps: BTreeSet<Gap> = unknown.map(|id| rules.package_name(*id).clone()).collect();
    let nothing = BTreeSet::new();
    while let Some(owner) = waiting.pop() {
        let Some(activation) = rules.activate(owner, asked[&owner].iter().copied()) else {
            continue;
        };
        for (place, dependency) in (0..).zip(rules.dependencies(owner)) {
            if !rules.is_active(owner, dependency, &activation) {
                continue;
            }
            let extra = activation.dependencies.get(&*dependency.alias).unwrap_or(&nothing);
            match rules.likely(owner, place, extra) {
                Err(package) => {
                    gaps.insert(rules.package_name(package).clone());
                }
                Ok(None) => {}
                Ok(Some(target)) => {
                    let is_new = !asked.contains_key(&target);
                    let known = asked.entry(target).or_default();
                    let before = known.len();
                    known.extend(requested(dependency, extra));
                    if is_new || known.len() > before {
                        waiting.push(target);
                    }
                }
            }
        }
    }
    gaps.into_iter().collect()
}
