//! What choices from acceptable sets of Python's packages install.

use std::collections::{BTreeMap, BTreeSet};

use ecosystems::pypi::{Name, Version};
use solver::pypi::{Edge, Solution};
use solver::widen::{Acceptable, AcceptableSet};

use crate::oracle::Picks;

/// What a choice of one version from each set installs: what the user's requirements reach by the
/// edges that the chosen versions state.
pub fn reached(
    solution: &Solution,
    sets: &[AcceptableSet<Edge>],
    choice: impl Fn(usize, &AcceptableSet<Edge>) -> u32,
) -> Picks {
    let slots: BTreeMap<&Name, usize> =
        solution.picks.iter().map(|pick| &pick.name).zip(0..).collect();
    let mut waiting: Vec<&Name> = solution.root_edges.iter().map(|edge| &edge.target).collect();
    let mut seen: BTreeSet<&Name> = BTreeSet::new();
    let mut picks = Picks::new();
    while let Some(name) = waiting.pop() {
        if !seen.insert(name) {
            continue;
        }
        let slot = slots.get(name).unwrap_or_else(|| panic!("`{name}` has no set"));
        let acceptable = chosen(&sets[*slot], choice(*slot, &sets[*slot]));
        picks.insert(name.clone(), version(solution, *slot, acceptable.position).clone());
        waiting.extend(acceptable.edges.iter().map(|edge| &edge.target));
    }
    picks
}

/// The version at a position of a pick's listing.
pub fn version(solution: &Solution, slot: usize, position: u32) -> &Version {
    &solution.picks[slot].listing.releases[position as usize].version
}

fn chosen(set: &AcceptableSet<Edge>, position: u32) -> &Acceptable<Edge> {
    let found = set.versions.iter().find(|acceptable| acceptable.position == position);
    found.unwrap_or_else(|| panic!("position {position} is in no set"))
}
