//! Fetching ahead: what the next rounds will most likely ask for.

use std::rc::Rc;

use ecosystems::npm::Name;
use rustc_hash::{FxHashMap, FxHashSet};

use super::facts::{DependencyKind, Facts, Failure, NameId, Package, Wanted};
use super::problem::{LockedContent, Problem};
use super::universe::Universe;

/// Walks from what the project requires along what npm would take, and names the packages of which
/// nothing is known on the way.
///
/// This is no solving: each requirement is looked at by itself, without overrides, and is met by
/// whatever the lock file has for it anywhere. What it names is only fetched sooner; answers do not
/// depend on it.
pub fn ahead(problem: &Problem, universe: &Universe) -> Vec<Name> {
    let mut facts = Facts::new(problem, universe, &[]);
    let mut locked: FxHashMap<NameId, Vec<Rc<Package>>> = FxHashMap::default();
    for place in &problem.locked {
        if let LockedContent::Release { package, version } = &place.content
            && let Some(package) = facts.locked(package, version)
        {
            locked.entry(package.name).or_default().push(package);
        }
    }
    let locals = (0..).take(problem.folders.len()).map(|folder| facts.folder(folder));
    let mut waiting: Vec<(Rc<_>, bool)> =
        locals.chain([facts.root()]).map(|package| (package, true)).collect();
    let mut seen: FxHashSet<(u32, bool)> = FxHashSet::default();
    while let Some((package, is_whole)) = waiting.pop() {
        for one in package.dependencies(true).to_vec() {
            // What may be missing is tried out with its peers, so that nothing gets in its way, and
            // then mostly left out.
            let is_tried = !is_whole || one.kind == DependencyKind::PeerOptional;
            let is_skipped = !is_whole && !one.kind.is_peer();
            if is_skipped || matches!(facts.wanted(one.spec), Wanted::Folder(_)) {
                continue;
            }
            let known = locked.get(&one.name).into_iter().flatten();
            let mut known = known.filter(|known| facts.fits(known, false, false, one.spec));
            let package = match known.next() {
                Some(known) => Ok(Rc::clone(known)),
                None => facts.pick(one.name, one.spec),
            };
            if let Ok(package) = package
                && seen.insert((package.id, !is_tried))
            {
                waiting.push((package, !is_tried));
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
