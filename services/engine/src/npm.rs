//! JavaScript's packages on the path of a request.

mod explain;
mod fingerprint;
mod manifest;
pub(crate) mod order;
mod overrides;
mod problem;
mod record;
mod routes;
mod warnings;

use std::collections::BTreeSet;
use std::sync::Arc;

use cache::Answers;
use ecosystems::Timestamp;
use ecosystems::npm::{Name, Packument, Spec, Version};
use registries::{Read, Registry, Stamp};
use solver::npm::{Content, Edge, Outcome as Solved, Solution, Universe};
use solver::search::Budget;
use solver::widen::{AcceptableSet, Reach, Violation, Widened};

use self::problem::Asked;
use self::routes::Routes;
use crate::answer::{Outcome, Suggestion, Warning};
use crate::ecosystem::{Ecosystem, Fact, Left, Never, Searched, in_facts};
use crate::engine::Scopes;
use crate::facts::{Facts, Snapshot};
use crate::fingerprint::Hasher;
use crate::reader::Reader;
use crate::{Error, NpmProject, Request, record as common};

/// JavaScript's packages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Npm;

impl Ecosystem for Npm {
    const ECOSYSTEM: ecosystems::Ecosystem = ecosystems::Ecosystem::Npm;

    type Project = NpmProject;
    type Problem = Asked;
    type Name = Name;
    type Listing = Packument;
    type Needs = Never;
    type Universe = Universe;
    type Solution = Solution;
    type Edge = Edge;
    type Routes = Routes;

    fn scopes(scopes: &Scopes) -> &Answers<Facts<Self>> {
        &scopes.npm
    }

    fn read(
        project: &NpmProject,
        request: &Request,
        before: Option<Timestamp>,
        _reader: &Reader<Self>,
    ) -> Result<Asked, Error> {
        problem::read(project, request, before)
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
        let (outcome, steps) = solver::npm::solve(&asked.problem, universe, budget);
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

    fn widen(
        asked: &Asked,
        universe: &Universe,
        solution: &Solution,
        reach: Reach,
        interrupted: &(dyn Fn() -> bool + Sync),
    ) -> Widened<Edge, Fact<Name>> {
        in_facts(solver::npm::widen(&asked.problem, universe, solution, reach, interrupted), facts)
    }

    fn check(
        asked: &Asked,
        universe: &Universe,
        solution: &Solution,
        sets: &[AcceptableSet<Edge>],
    ) -> Vec<Violation> {
        solver::npm::check(&asked.problem, universe, solution, sets)
    }

    /// Packuments state the sizes of unpacked files, which nobody downloads.
    fn left(asked: &Asked, solution: &Solution) -> Left {
        let mut left = Left::default();
        let mut seen = BTreeSet::new();
        for place in &solution.places {
            let Content::Release { packument, position } = &place.content else { continue };
            let is_new = seen.insert((&packument.name, *position));
            let version = &packument.manifests[*position as usize].version;
            if is_new && !asked.problem.is_held(&packument.name, version) {
                left.add(None);
            }
        }
        left
    }

    fn ahead(asked: &Asked, universe: &Universe) -> Vec<Fact<Name>> {
        facts(solver::npm::ahead(&asked.problem, universe))
    }

    fn routes(
        project: &NpmProject,
        declared: &[Registry],
        registries: &mut Vec<Registry>,
    ) -> Result<Routes, Error> {
        Routes::new(&project.registry_pins, declared, registries)
    }

    fn scope(routes: &Routes, hasher: &mut Hasher) {
        routes.scope(hasher);
    }

    fn places(reader: &Reader<Self>, name: &Name) -> Vec<usize> {
        reader.routes.place(&reader.registries[..reader.common], name).into_iter().collect()
    }

    fn listed(_reader: &Reader<Self>, stamp: &Stamp) -> Option<Name> {
        Name::parse(stamp.document.strip_prefix("npm/")?).ok()
    }

    async fn read_listing(
        reader: &Reader<Self>,
        place: usize,
        name: &Name,
    ) -> Result<Read<Packument>, registries::Error> {
        let credentials = reader.credentials[place].as_ref();
        reader.registries[place].npm_packument(name, credentials, reader.freshness).await
    }

    fn insert_listing(universe: &mut Universe, name: &Name, listing: Option<Arc<Packument>>) {
        universe.insert(name.clone(), listing);
    }

    fn spoken(name: &Name) -> String {
        name.to_string()
    }

    fn footprint(solution: &Solution) -> Vec<Fact<Name>> {
        facts(solution.footprint.iter().cloned())
    }

    fn decided(solution: &Solution) -> Vec<(String, String)> {
        let releases = solution.places.iter().filter(|place| {
            matches!(place.content, Content::Release { .. }) && !place.purpose.is_inert
        });
        releases.map(|place| (place.package.clone(), place.version.clone())).collect()
    }

    fn solution(
        snapshot: &Snapshot<Self>,
        reader: &Reader<Self>,
        asked: &Asked,
        (solution, sets): (&Solution, &[AcceptableSet<Edge>]),
    ) -> Result<(Outcome, Vec<Warning>), Error> {
        let view = solver::npm::installed(solution, &asked.platform);
        let outcome = record::solution((snapshot, reader), asked, (solution, sets), &view)?;
        Ok((outcome, warnings::warnings(asked, solution, view)))
    }

    /// A tag admits what it names, which is what the places that it leads to have.
    fn membership(range: &str) -> Box<dyn Fn(&str) -> bool> {
        let spec = Spec::parse(range);
        Box::new(move |version| match (spec.as_ref().map(Spec::target), Version::parse(version)) {
            (Ok(Spec::Version(asked)), Ok(version)) => *asked == version,
            (Ok(Spec::Range(range)), Ok(version)) => range.contains(&version),
            (Ok(Spec::Tag(_)), _) => true,
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

fn facts(names: impl IntoIterator<Item = Name>) -> Vec<Fact<Name>> {
    names.into_iter().map(Fact::Listing).collect()
}
