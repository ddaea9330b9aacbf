//! The order of what has none in a project of Python's packages.

use ecosystems::pypi::Requirement;
use solver::pypi::Root;

use crate::RequirementText;

/// The places of constraints, in order; of equal ones the first alone. All of those on a project hold
/// together, and those on others it does not concern.
pub(crate) fn constraints(texts: &[RequirementText]) -> Vec<usize> {
    let mut keyed: Vec<(String, Vec<String>, usize)> = texts
        .iter()
        .enumerate()
        .map(|(place, written)| match read(written) {
            Some(Root { requirement, hashes }) => (requirement.to_string(), hashes, place),
            None => (written.text.clone(), written.hashes.clone(), place),
        })
        .collect();
    keyed.sort_unstable();
    keyed.dedup_by(|one, other| (&one.0, &one.1) == (&other.0, &other.1));
    keyed.into_iter().map(|(_, _, place)| place).collect()
}

/// Puts constraints or overrides in order, each once.
pub(super) fn bounds(roots: &mut Vec<Root>) {
    let key = |root: &Root| (root.requirement.to_string(), root.hashes.clone());
    roots.sort_by_cached_key(key);
    // By their texts: versions with more zeros or fewer are equal, and are told as they are written.
    roots.dedup_by_key(|root| key(root));
}

/// A requirement in one spelling, if it is one.
fn read(written: &RequirementText) -> Option<Root> {
    let requirement = Requirement::parse(&written.text).ok()?.in_one_order();
    Some(Root { requirement, hashes: hashes(&written.hashes) })
}

/// Hashes in lower case and in order, each once: one of them has to be met.
pub(super) fn hashes(written: &[String]) -> Vec<String> {
    let mut hashes: Vec<String> = written.iter().map(|hash| hash.to_lowercase()).collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}
