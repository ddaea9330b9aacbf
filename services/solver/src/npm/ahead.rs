//! Fetching ahead: what the next rounds will most likely ask for.

use std::rc::Rc;

use ecosystems::npm::Name;
use rustc_hash::FxHashSet;

use super::facts::{Facts, Failure, Wanted};
use super::problem::Problem;
use super::universe::Universe;

/// Walks from what the project requires along what npm would take, and names the packages of which
/// nothing is known on the way.
///
/// This is no solving: each requirement is looked at by itself, without overrides. What it names is
/// only fetched sooner; answers do not depend on it.
pub fn ahead(problem: &Problem, universe: &Universe) -> Vec<Name> {
    let mut facts = Facts::new(problem, universe);
    let locals = (0..).take(problem.folders.len()).map(|folder| facts.folder(folder));
    let mut waiting: Vec<Rc<_>> = locals.chain([facts.root()]).collect();
    let mut seen: FxHashSet<u32> = waiting.iter().map(|package| package.id).collect();
    while let Some(package) = waiting.pop() {
        // Peers that may be missing are tried out, too, so that nothing else gets in their way.
        for one in package.dependencies(true).to_vec() {
            if matches!(facts.wanted(one.spec), Wanted::Folder(_)) {
                continue;
            }
            if let Ok(package) = facts.pick(one.name, one.spec)
                && seen.insert(package.id)
            {
                waiting.push(package);
            }
        }
    }
    gaps(&facts)
}

/// The packages that were asked for and of which nothing is known, sorted.
pub(crate) fn gaps(facts: &Facts<'_>) -> Vec<Name> {
    let gaps = facts.failures.iter().filter_map(|failure| match failure {
        Failure::Gap(name) => Name::parse(facts.name(*name)).ok(),
        Failure::Missing(_) | Failure::NoVersion { .. } | Failure::Elsewhere { .. } => None,
    });
    let mut gaps: Vec<Name> = gaps.collect();
    gaps.sort_unstable();
    gaps.dedup();
    gaps
}
