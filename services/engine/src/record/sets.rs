//! Acceptable sets as the caller is told of them.

use rustc_hash::FxHashMap;
use solver::widen::{AcceptableSet, Completeness as Found};

use crate::answer::{Acceptable, Admitted, Completeness, Edge, Outcome, Package};
use crate::ecosystem::Ecosystem;

/// What fills a package's place: the versions, best first, with what each of them depends on.
pub(crate) struct Filled {
    pub(crate) acceptable: Acceptable,
    pub(crate) edges: Vec<Edge>,
}

impl Filled {
    /// Reads a set, or what there is without one: the version that was chosen, with its edges.
    pub(crate) fn of<T>(
        set: Option<&AcceptableSet<T>>,
        chosen: (u32, impl FnOnce() -> Vec<Edge>),
        version: impl Fn(u32) -> String,
        edges: impl Fn(u32, &[T]) -> Vec<Edge>,
        is_held: impl Fn(u32) -> bool,
    ) -> Self {
        let (position, chosen_edges) = chosen;
        let Some(set) = set.filter(|set| !set.versions.is_empty()) else {
            let held = if is_held(position) { vec![0] } else { Vec::new() };
            let completeness = Completeness::NotTried;
            let acceptable = Acceptable { versions: vec![version(position)], held, completeness };
            return Self { acceptable, edges: chosen_edges() };
        };
        let positions = || (0..).zip(&set.versions).map(|(at, one)| (at, one.position));
        let held = positions().filter(|(_, position)| is_held(*position)).map(|(at, _)| at);
        let acceptable = Acceptable {
            versions: positions().map(|(_, position)| version(position)).collect(),
            held: held.collect(),
            completeness: match (set.completeness, set.is_whole) {
                (Found::Complete, true) => Completeness::Complete,
                (Found::Complete, false) => Completeness::Reach,
                (Found::Unreadable, _) => Completeness::Unreadable,
                (Found::Interrupted, _) => Completeness::Budget,
            },
        };
        let of_each = set.versions.iter().map(|one| edges(one.position, &one.edges));
        Self { acceptable, edges: shared(of_each.collect()) }
    }
}

/// The dependencies of several versions, each once, with the versions that have it.
fn shared(of_each: Vec<Vec<Edge>>) -> Vec<Edge> {
    let all = of_each.len();
    let mut places: FxHashMap<Edge, usize> = FxHashMap::default();
    let mut versions: Vec<Vec<u32>> = Vec::new();
    for (version, edges) in (0..).zip(of_each) {
        for edge in edges {
            let next = places.len();
            let place = *places.entry(edge).or_insert(next);
            if place == next {
                versions.push(Vec::new());
            }
            if versions[place].last() != Some(&version) {
                versions[place].push(version);
            }
        }
    }
    let mut edges: Vec<(usize, Edge)> =
        places.into_iter().map(|(edge, place)| (place, edge)).collect();
    edges.sort_unstable_by_key(|(place, _)| *place);
    let with_versions = edges.into_iter().zip(versions).map(|((_, edge), versions)| Edge {
        versions: if versions.len() == all { Vec::new() } else { versions },
        ..edge
    });
    with_versions.collect()
}

/// Writes down for each package what edges ask of it, with the acceptable versions that meet it: read
/// anew from the texts of the answer, as whoever gets it would.
pub(crate) fn certify<E: Ecosystem>(outcome: &mut Outcome) {
    let Outcome::Solution(solution) = outcome else { return };
    let packages = || solution.groups.iter().flat_map(|group| &group.packages);
    let mut asked: FxHashMap<&str, Vec<(&str, Vec<String>)>> = FxHashMap::default();
    for edge in solution.root_edges.iter().chain(packages().flat_map(|package| &package.edges)) {
        let mut extras = edge.extras.clone();
        extras.sort_unstable();
        asked.entry(&edge.target).or_default().push((&edge.range, extras));
    }
    let admitted = |package: &Package| -> Vec<Admitted> {
        let mut asked = asked.get(package.slot.as_str()).cloned().unwrap_or_default();
        asked.sort_unstable();
        asked.dedup();
        let mut of_ranges: FxHashMap<&str, Vec<u32>> = FxHashMap::default();
        let admitted = asked.into_iter().map(|(range, extras)| {
            let versions = of_ranges
                .entry(range)
                .or_insert_with(|| E::admitted(range, &package.acceptable.versions));
            Admitted { range: range.to_owned(), extras, versions: versions.clone() }
        });
        admitted.collect()
    };
    let admitted: Vec<Vec<Admitted>> = packages().map(admitted).collect();
    let packages = solution.groups.iter_mut().flat_map(|group| &mut group.packages);
    for (package, admitted) in packages.zip(admitted) {
        package.admitted = admitted;
    }
}

/// How many versions there are that count and are newer than the chosen one.
pub(crate) fn behind(newer: impl Iterator<Item = bool>) -> u32 {
    u32::try_from(newer.filter(|counts| *counts).count()).unwrap_or(u32::MAX)
}
