//! Crates on the path of a request.

mod build;
mod explain;
mod fingerprint;
mod indexes;
pub(crate) mod order;
mod problem;
mod record;

use std::collections::BTreeMap;
use std::sync::Arc;

use cache::Answers;
use ecosystems::Timestamp;
use ecosystems::cargo::{Listing, Name, Requirement, Version};
use futures_util::future::{BoxFuture, FutureExt as _};
use registries::{CargoConfig, Read, Registry, Stamp};
use solver::cargo::{Crate, Edge, Outcome as Solved, Solution, Universe};
use solver::search::Budget;
use solver::widen::{AcceptableSet, Reach, Violation, Widened};

use self::indexes::Indexes;
use self::problem::Asked;
use crate::answer::{Outcome, Suggestion, Warning};
use crate::compute::Computation;
use crate::ecosystem::{Compared, Ecosystem, Fact, Left, Never, Searched, in_facts};
use crate::engine::Scopes;
use crate::facts::{Facts, Snapshot};
use crate::fingerprint::Hasher;
use crate::reader::{Cost, Reader};
use crate::{CargoProject, Error, Request, record as common};

/// Crates.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cargo;

/// How a crate finds its registry.
#[derive(Clone, Debug, Default)]
pub(crate) struct Routes {
    indexes: Arc<Indexes>,
    /// What registries say of themselves, by place: read when there is an answer.
    settings: BTreeMap<usize, Arc<CargoConfig>>,
}

impl Ecosystem for Cargo {
    const ECOSYSTEM: ecosystems::Ecosystem = ecosystems::Ecosystem::Cargo;

    type Project = CargoProject;
    type Problem = Asked;
    type Name = Crate;
    type Listing = Listing;
    type Needs = Never;
    type Universe = Universe;
    type Solution = Solution;
    type Edge = Edge;
    type Routes = Routes;

    fn scopes(scopes: &Scopes) -> &Answers<Facts<Self>> {
        &scopes.cargo
    }

    fn read(
        project: &CargoProject,
        request: &Request,
        before: Option<Timestamp>,
        reader: &Reader<Self>,
    ) -> Result<Asked, Error> {
        problem::read(project, (request, before), &reader.routes.indexes)
    }

    fn preferring_held(asked: &Asked) -> Asked {
        let mut preferring = asked.clone();
        preferring.problem.policy.prefers_held = true;
        preferring
    }

    fn fingerprint(asked: &Asked, hasher: &mut Hasher) {
        fingerprint::fingerprint(asked, hasher);
    }

    fn solve(asked: &Asked, universe: &Universe, budget: &Budget<'_>) -> (Searched<Self>, u64) {
        let (outcome, steps) = solver::cargo::solve(&asked.problem, universe, budget);
        let searched = match outcome {
            Solved::Solved(solution) => Searched::Solved(solution),
            Solved::Conflict(mut conflict, footprint) => {
                asked.place(&mut conflict);
                Searched::Conflict(conflict, facts(footprint))
            }
            Solved::Gaps(gaps) => Searched::Gaps(facts(gaps)),
            Solved::Spent(partial) => Searched::Spent(common::exhausted(partial)),
        };
        (searched, steps)
    }

    /// What is compiled for a target is a part of the lock, and its sets are not known: another
    /// version may need on that target what the chosen one does not.
    fn widen(
        asked: &Asked,
        universe: &Universe,
        solution: &Solution,
        reach: Reach,
        interrupted: &(dyn Fn() -> bool + Sync),
    ) -> Widened<Edge, Fact<Crate>> {
        if asked.build.is_some() {
            return Widened { sets: Vec::new(), gaps: Vec::new(), footprint: Vec::new() };
        }
        in_facts(
            solver::cargo::widen(&asked.problem, universe, solution, reach, interrupted),
            facts,
        )
    }

    fn check(
        asked: &Asked,
        universe: &Universe,
        solution: &Solution,
        sets: &[AcceptableSet<Edge>],
    ) -> Vec<Violation> {
        if sets.is_empty() {
            return Vec::new();
        }
        solver::cargo::check(&asked.problem, universe, solution, sets)
    }

    /// Indexes state no sizes.
    fn left(asked: &Asked, solution: &Solution) -> Left {
        let mut left = Left::default();
        for pick in &solution.picks {
            if !asked.problem.is_held(&pick.package.name, &pick.release().version) {
                left.add(None);
            }
        }
        left
    }

    fn ahead(asked: &Asked, universe: &Universe) -> Vec<Fact<Crate>> {
        facts(solver::cargo::ahead(&asked.problem, universe))
    }

    fn routes(
        _project: &CargoProject,
        _declared: &[Registry],
        registries: &mut Vec<Registry>,
    ) -> Result<Routes, Error> {
        Ok(Routes { indexes: Arc::new(Indexes::new(registries)), settings: BTreeMap::new() })
    }

    fn scope(_routes: &Routes, _hasher: &mut Hasher) {}

    /// A crate comes from the registry that its dependent names, and from no other.
    fn places(reader: &Reader<Self>, package: &Crate) -> Vec<usize> {
        reader.routes.indexes.place(&package.registry).into_iter().collect()
    }

    fn listed(reader: &Reader<Self>, stamp: &Stamp) -> Option<Crate> {
        let name = Name::parse(stamp.document.strip_prefix("cargo/")?).ok()?;
        let place = reader.registries.iter().position(|one| *one.name() == stamp.registry)?;
        Some(Crate { registry: Arc::clone(reader.routes.indexes.id(place)), name })
    }

    async fn read_listing(
        reader: &Reader<Self>,
        place: usize,
        package: &Crate,
    ) -> Result<Read<Listing>, registries::Error> {
        let credentials = reader.credentials[place].as_ref();
        let registry = &reader.registries[place];
        let mut read = registry.cargo_listing(&package.name, credentials, reader.freshness).await?;
        read.facts = read.facts.map(|listing| reader.routes.indexes.unified(listing));
        Ok(read)
    }

    fn insert_listing(universe: &mut Universe, package: &Crate, listing: Option<Arc<Listing>>) {
        universe.insert(package, listing);
    }

    fn spoken(package: &Crate) -> String {
        package.to_string()
    }

    fn footprint(solution: &Solution) -> Vec<Fact<Crate>> {
        facts(solution.footprint.iter().cloned())
    }

    fn decided(solution: &Solution) -> Vec<(String, String)> {
        let picks = solution.picks.iter();
        picks.map(|pick| (pick.package.to_string(), pick.release().version.to_string())).collect()
    }

    /// Reads where the archives of what was chosen are downloaded.
    fn compare<'a>(
        computation: &'a mut Computation<Self>,
        _snapshot: &'a Snapshot<Self>,
        solution: &'a Solution,
    ) -> BoxFuture<'a, Compared> {
        async move {
            let mut compared = Compared::default();
            let reader = &mut computation.reader;
            let used = |place: usize| {
                let id = reader.routes.indexes.id(place);
                solution.picks.iter().any(|pick| pick.package.registry == *id)
            };
            let places: Vec<usize> = (0..reader.registries.len()).filter(|at| used(*at)).collect();
            for place in places {
                let credentials = reader.credentials[place].as_ref();
                let settings = reader.registries[place].cargo_config(credentials, reader.freshness);
                match settings.await {
                    Ok(read) => {
                        let cost = Cost { fetched: u32::from(read.fetched), bytes: read.bytes };
                        computation.spent.cost.add(cost);
                        compared.stamps.push(read.stamp);
                        if let Some(settings) = read.facts {
                            reader.routes.settings.insert(place, settings);
                        }
                    }
                    Err(error) => {
                        tracing::warn!(%error, "an answer does without the addresses of archives");
                        compared.is_passing = true;
                    }
                }
            }
            compared
        }
        .boxed()
    }

    fn solution(
        _snapshot: &Snapshot<Self>,
        reader: &Reader<Self>,
        asked: &Asked,
        (solution, sets): (&Solution, &[AcceptableSet<Edge>]),
    ) -> Result<(Outcome, Vec<Warning>), Error> {
        let compiled = build::compiled(asked, solution)?;
        let warnings = record::warnings(solution, compiled.as_ref());
        Ok((record::solution(reader, asked, (solution, sets), compiled.as_ref())?, warnings))
    }

    fn membership(range: &str) -> Box<dyn Fn(&str) -> bool> {
        let requirement = Requirement::parse(range);
        Box::new(move |version| match (&requirement, Version::parse(version)) {
            (Ok(requirement), Ok(version)) => requirement.matches(&version),
            _ => false,
        })
    }

    fn without(asked: &Asked, place: usize) -> Option<Asked> {
        asked.without(place)
    }

    fn suggestion(asked: &Asked, place: usize, solution: &Solution) -> Suggestion {
        record::suggestion(asked, place, solution)
    }
}

fn facts(gaps: impl IntoIterator<Item = Crate>) -> Vec<Fact<Crate>> {
    gaps.into_iter().map(Fact::Listing).collect()
}
