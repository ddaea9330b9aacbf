//! Python's packages on the path of a request.

mod explain;
mod fingerprint;
pub(crate) mod order;
mod problem;
mod record;
mod supplied;
mod wheels;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use cache::Answers;
use ecosystems::Timestamp;
use ecosystems::pypi::{CoreMetadata, File, Listing, Metadata, Name, Specifiers, parse_version};
use futures_util::future::{BoxFuture, FutureExt as _};
use registries::{MetadataRead, Read, Registry, Stamp};
use solver::pypi::{Edge as SolverEdge, Gap, Outcome as Solved, Problem, Solution, Universe};
use solver::search::Budget;
use solver::widen::{AcceptableSet, Completeness, Reach, Violation, Widened};

use self::supplied::Supplied;
use crate::answer::{Outcome, Suggestion, Warning};
use crate::compute::Computation;
use crate::ecosystem::{Compared, Ecosystem, Fact, Left, Searched, in_facts};
use crate::engine::Scopes;
use crate::facts::{Facts, Snapshot};
use crate::fingerprint::Hasher;
use crate::reader::{Cost, NeedsRead, ReadNeeds, Reader, pinned, refused};
use crate::{Error, PypiProject, Request, record as common};

/// Python's packages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Pypi;

/// How a Python package finds its registry, and what the caller says of packages itself.
#[derive(Clone, Debug)]
pub(crate) struct Routes {
    /// Packages that one registry alone is asked for, by its place.
    pins: Arc<BTreeMap<Name, usize>>,
    supplied: Arc<Supplied>,
}

impl Ecosystem for Pypi {
    const ECOSYSTEM: ecosystems::Ecosystem = ecosystems::Ecosystem::Pypi;

    type Project = PypiProject;
    type Problem = Problem;
    type Name = Name;
    type Listing = Listing;
    type Needs = Metadata;
    type Universe = Universe;
    type Solution = Solution;
    type Edge = SolverEdge;
    type Routes = Routes;

    fn scopes(scopes: &Scopes) -> &Answers<Facts<Self>> {
        &scopes.pypi
    }

    fn read(
        project: &PypiProject,
        request: &Request,
        before: Option<Timestamp>,
        _reader: &Reader<Self>,
    ) -> Result<Problem, Error> {
        problem::read(project, request, before)
    }

    fn preferring_held(problem: &Problem) -> Problem {
        let mut preferring = problem.clone();
        preferring.policy.prefers_held = true;
        preferring
    }

    fn fingerprint(problem: &Problem, hasher: &mut Hasher) {
        fingerprint::fingerprint(problem, hasher);
    }

    fn solve(problem: &Problem, universe: &Universe, budget: &Budget<'_>) -> (Searched<Self>, u64) {
        let (outcome, steps) = solver::pypi::solve(problem, universe, budget);
        let searched = match outcome {
            Solved::Solved(solution) => Searched::Solved(solution),
            Solved::Conflict(conflict, footprint) => Searched::Conflict(conflict, facts(footprint)),
            Solved::Gaps(gaps) => Searched::Gaps(facts(gaps)),
            Solved::Spent(partial) => Searched::Spent(common::exhausted(partial)),
        };
        (searched, steps)
    }

    fn widen(
        problem: &Problem,
        universe: &Universe,
        solution: &Solution,
        reach: Reach,
        interrupted: &(dyn Fn() -> bool + Sync),
    ) -> Widened<SolverEdge, Fact<Name>> {
        in_facts(solver::pypi::widen(problem, universe, solution, reach, interrupted), facts)
    }

    fn check(
        problem: &Problem,
        universe: &Universe,
        solution: &Solution,
        sets: &[AcceptableSet<SolverEdge>],
    ) -> Vec<Violation> {
        solver::pypi::check(problem, universe, solution, sets)
    }

    fn pass_over(
        solution: &Solution,
        (gaps, lack): (&[Fact<Name>], Completeness),
        sets: &mut [AcceptableSet<SolverEdge>],
    ) {
        for (pick, set) in solution.picks.iter().zip(sets) {
            let is_its = |gap: &Fact<Name>| {
                let (Fact::Needs(name, _) | Fact::Listing(name)) = gap;
                *name == pick.name
            };
            if gaps.iter().any(is_its) {
                set.completeness = lack;
            }
        }
    }

    fn left(problem: &Problem, solution: &Solution) -> Left {
        let mut left = Left::default();
        for pick in &solution.picks {
            if !problem.is_held(&pick.name, pick.version()) {
                let files = pick.installable();
                let best = files.min_by_key(|file| problem.environment.preference(file));
                left.add(best.and_then(|file| file.size));
            }
        }
        left
    }

    fn ahead(problem: &Problem, universe: &Universe) -> Vec<Fact<Name>> {
        facts(solver::pypi::ahead(problem, universe))
    }

    fn following(
        problem: &Problem,
        universe: &Universe,
        (name, position): (&Name, u32),
        lost: usize,
    ) -> Vec<Fact<Name>> {
        facts(solver::pypi::following(problem, universe, name, position, lost))
    }

    /// Leaves out the releases whose needs are inside a source distribution: whole archives are
    /// fetched for what the search cannot do without, once nothing else is missing that may change
    /// its choice.
    fn affordable(
        mut gaps: Vec<Fact<Name>>,
        facts: &Facts<Self>,
        reader: &Reader<Self>,
    ) -> Vec<Fact<Name>> {
        gaps.retain(|gap| {
            let Fact::Needs(name, position) = gap else { return true };
            let known = facts.listing(name);
            let listing = known.as_ref().and_then(|known| known.listing.as_ref());
            let release = listing.and_then(|listing| listing.releases.get(*position as usize));
            release.is_none_or(|release| {
                if reader.routes.supplied.find(name, &release.version).is_some() {
                    return true;
                }
                let advertised = |file: &File| file.core_metadata != CoreMetadata::Absent;
                release.files.iter().any(|file| !file.is_sdist() || advertised(file))
            })
        });
        gaps
    }

    fn routes(
        project: &PypiProject,
        declared: &[Registry],
        registries: &mut Vec<Registry>,
    ) -> Result<Routes, Error> {
        let mut pins = BTreeMap::new();
        for (place, (package, registry)) in project.registry_pins.iter().enumerate() {
            let field = |field: &str| format!("registry_pins[{place}].{field}");
            let name = Name::parse(package)
                .map_err(|error| refused(field("package"), error.to_string()))?;
            let at = pinned(field("registry"), registry, declared, registries)?;
            match pins.entry(name) {
                Entry::Vacant(entry) => entry.insert(at),
                Entry::Occupied(_) => {
                    let reason = format!("`{package}` is pinned twice");
                    return Err(refused(field("package"), reason));
                }
            };
        }
        let supplied = Supplied::read(&project.supplied_metadata)?;
        Ok(Routes { pins: Arc::new(pins), supplied: Arc::new(supplied) })
    }

    fn scope(routes: &Routes, hasher: &mut Hasher) {
        hasher.count(routes.pins.len());
        for (name, place) in &*routes.pins {
            hasher.text(name.as_str());
            hasher.count(*place);
        }
        hasher.bytes(&routes.supplied.scope());
    }

    /// A pinned package belongs to the registry of its pin, whether that has it or not.
    fn places(reader: &Reader<Self>, name: &Name) -> Vec<usize> {
        match reader.routes.pins.get(name) {
            Some(place) => vec![*place],
            None => (0..reader.common).collect(),
        }
    }

    fn listed(_: &Reader<Self>, stamp: &Stamp) -> Option<Name> {
        let name = stamp.document.strip_prefix("pypi/")?;
        if name.contains('/') { None } else { Name::parse(name).ok() }
    }

    async fn read_listing(
        reader: &Reader<Self>,
        place: usize,
        name: &Name,
    ) -> Result<Read<Listing>, registries::Error> {
        let credentials = reader.credentials[place].as_ref();
        reader.registries[place].pypi_listing(name, credentials, reader.freshness).await
    }

    async fn read_needs(
        reader: &Reader<Self>,
        registry: usize,
        listing: &Arc<Listing>,
        position: u32,
    ) -> NeedsRead<Metadata> {
        read_needs(reader, registry, listing, position).await
    }

    fn insert_listing(universe: &mut Universe, name: &Name, listing: Option<Arc<Listing>>) {
        universe.insert_listing(name, listing);
    }

    fn insert_needs(
        universe: &mut Universe,
        (name, position): (&Name, u32),
        needs: Result<&Metadata, &str>,
    ) {
        match needs {
            Ok(metadata) => universe.insert_needs(name, position, metadata),
            Err(reason) => universe.insert_unreadable(name, position, reason),
        }
    }

    fn forget_unreadable(universe: &mut Universe, (name, position): (&Name, u32)) {
        universe.forget_unreadable(name, position);
    }

    fn unreadable<'a>(universe: &'a Universe, (name, position): (&Name, u32)) -> Option<&'a str> {
        universe.unreadable(name, position)
    }

    fn spoken(name: &Name) -> String {
        name.to_string()
    }

    fn version(listing: &Listing, position: u32) -> String {
        let release = listing.releases.get(position as usize);
        release.map_or_else(String::new, |release| release.version.to_string())
    }

    fn footprint(solution: &Solution) -> Vec<Fact<Name>> {
        facts(solution.footprint.iter().cloned())
    }

    fn decided(solution: &Solution) -> Vec<(String, String)> {
        let picks = solution.picks.iter();
        picks.map(|pick| (pick.name.to_string(), pick.version().to_string())).collect()
    }

    /// Compares the wheels of what was chosen; see `wheels.rs`.
    fn compare<'a>(
        computation: &'a mut Computation<Self>,
        snapshot: &'a Snapshot<Self>,
        solution: &'a Solution,
    ) -> BoxFuture<'a, Compared> {
        async move {
            let compared = computation.compare_wheels(snapshot, solution).await;
            let is_outdated = !compared.corrections.is_empty();
            if is_outdated {
                // What holds for this environment alone is no fact for others.
                computation.facts = Arc::default();
                let routes = &mut computation.reader.routes;
                routes.supplied = Arc::new(routes.supplied.corrected(compared.corrections));
            }
            let (warnings, stamps) = (compared.warnings, compared.stamps);
            Compared { warnings, stamps, is_outdated, is_passing: false }
        }
        .boxed()
    }

    fn solution(
        snapshot: &Snapshot<Self>,
        reader: &Reader<Self>,
        problem: &Problem,
        (solution, sets): (&Solution, &[AcceptableSet<SolverEdge>]),
    ) -> Result<(Outcome, Vec<Warning>), Error> {
        let unreadable = snapshot.unreadable(&Self::footprint(solution));
        let warnings = record::warnings(solution, &unreadable, &reader.routes.supplied);
        Ok((record::solution((snapshot, reader), problem, solution, sets)?, warnings))
    }

    fn membership(range: &str) -> Box<dyn Fn(&str) -> bool> {
        let specifiers = (!range.is_empty()).then(|| Specifiers::parse_lenient(range));
        Box::new(move |version| match (&specifiers, parse_version(version)) {
            (None, _) => true,
            (Some(Ok((specifiers, _))), Ok(version)) => specifiers.contains(&version),
            (Some(_), _) => false,
        })
    }

    fn without(problem: &Problem, place: usize) -> Option<Problem> {
        if problem.requirements.len() < 2 || place >= problem.requirements.len() {
            return None;
        }
        let mut without = problem.clone();
        without.requirements.remove(place);
        Some(without)
    }

    fn suggestion(problem: &Problem, place: usize, solution: &Solution) -> Suggestion {
        record::suggestion(place, &problem.requirements[place], solution)
    }
}

fn facts(gaps: impl IntoIterator<Item = Gap>) -> Vec<Fact<Name>> {
    let fact = |gap| match gap {
        Gap::Listing(name) => Fact::Listing(name),
        Gap::Needs(name, position) => Fact::Needs(name, position),
    };
    gaps.into_iter().map(fact).collect()
}

/// Reads what a release needs: from the request, or else from the registry that listed it.
async fn read_needs(
    reader: &Reader<Pypi>,
    registry: usize,
    listing: &Arc<Listing>,
    position: u32,
) -> NeedsRead<Metadata> {
    let version = &listing.releases[position as usize].version;
    if let Some((metadata, stamp)) = reader.routes.supplied.find(&listing.name, version) {
        return Ok((ReadNeeds::Known(metadata, stamp), Cost::default()));
    }
    let credentials = reader.credentials[registry].as_ref();
    let read = reader.registries[registry]
        .pypi_metadata(listing, position as usize, credentials, reader.freshness)
        .await;
    match read {
        Ok(MetadataRead::Known(read)) => {
            let cost = Cost { fetched: u32::from(read.fetched), bytes: read.bytes };
            let needs = match read.facts {
                Some(metadata) => ReadNeeds::Known(metadata, read.stamp),
                None => ReadNeeds::Gone(format!(
                    "registry `{}` lists it and has none of its files",
                    read.stamp.registry
                )),
            };
            Ok((needs, cost))
        }
        Ok(MetadataRead::NeedsBuild { files }) => {
            let files = files.into_iter().map(String::from).collect();
            Ok((ReadNeeds::NeedsBuild(files), Cost::default()))
        }
        // What a registry serves in no usable form rules the release out, not the request. A file
        // that is another than the one listed, or too long, is for somebody to look into.
        Err(error @ registries::Error::Unusable { .. }) => {
            tracing::warn!(%error, "a release is passed over");
            Ok((ReadNeeds::Unusable(error.to_string()), Cost { fetched: 1, bytes: 0 }))
        }
        Err(error) => Err(error),
    }
}
