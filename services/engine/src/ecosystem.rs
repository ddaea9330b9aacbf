//! What the path of a request leaves to each ecosystem.

use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

use cache::Answers;
use ecosystems::Timestamp;
use futures_util::future::{BoxFuture, FutureExt as _, ready};
use registries::{Read, Registry, Stamp};
use solver::conflict::Conflict;
use solver::search::Budget;
use solver::widen::{AcceptableSet, Completeness, Reach, Violation, Widened};

use crate::answer::{Exhausted, Outcome, Suggestion, Warning};
use crate::compute::Computation;
use crate::engine::Scopes;
use crate::facts::{Facts, Snapshot};
use crate::fingerprint::Hasher;
use crate::reader::{Cost, NeedsRead, ReadNeeds, Reader};
use crate::{Error, Request};

/// One ecosystem on the path of a request: its problems and facts, and what is done with them.
///
/// Rounds, fetching, freshness and remembering are the same for all. Where a listing says all that
/// there is to know of its releases, the parts about needs stay as they are.
pub(crate) trait Ecosystem: Clone + Debug + Send + Sync + 'static {
    /// Which one it is.
    const ECOSYSTEM: ecosystems::Ecosystem;

    /// What is asked, as written.
    type Project: Send + Sync;
    /// What is asked, understood.
    type Problem: Send + Sync + 'static;
    /// A package, as listings are asked for.
    type Name: Clone + Debug + Eq + Ord + Hash + Send + Sync + 'static;
    /// What a registry says of a package.
    type Listing: Debug + Send + Sync + 'static;
    /// What a registry says of one release apart from its listing.
    type Needs: Debug + Send + Sync + 'static;
    /// All that is known, as the solver takes it.
    type Universe: Clone + Debug + Default + Send + Sync + 'static;
    /// A version for everything that is needed.
    type Solution: Send + Sync + 'static;
    /// A dependency of a version, as a solution has it.
    type Edge: Send + Sync + 'static;
    /// How a reader finds the registry of a package, and what the caller supplies itself.
    type Routes: Clone + Debug + Send + Sync + 'static;

    /// The facts of this ecosystem, by the scope of those who may see them.
    fn scopes(scopes: &Scopes) -> &Answers<Facts<Self>>;

    /// Understands a project and the request around it, or names every text that it cannot
    /// understand. Nothing published after `before` exists.
    fn read(
        project: &Self::Project,
        request: &Request,
        before: Option<Timestamp>,
        reader: &Reader<Self>,
    ) -> Result<Self::Problem, Error>;

    /// The same problem, in which what the client has is chosen wherever it may be.
    fn preferring_held(problem: &Self::Problem) -> Self::Problem;

    /// Puts all that a problem says into its key.
    fn fingerprint(problem: &Self::Problem, hasher: &mut Hasher);

    /// Solves a problem as far as a universe goes. Returns the steps too.
    fn solve(
        problem: &Self::Problem,
        universe: &Self::Universe,
        budget: &Budget<'_>,
    ) -> (Searched<Self>, u64);

    /// The versions that may fill the places of a solution, each whatever fills the others; nothing
    /// for an answer that has no such sets.
    fn widen(
        problem: &Self::Problem,
        universe: &Self::Universe,
        solution: &Self::Solution,
        reach: Reach,
        interrupted: &(dyn Fn() -> bool + Sync),
    ) -> Widened<Self::Edge, Fact<Self::Name>>;

    /// What is wrong with acceptable sets, looked at anew.
    fn check(
        problem: &Self::Problem,
        universe: &Self::Universe,
        solution: &Self::Solution,
        sets: &[AcceptableSet<Self::Edge>],
    ) -> Vec<Violation>;

    /// Marks the sets from which versions are missing because it is not known what they need, and why
    /// it is not.
    fn pass_over(
        _solution: &Self::Solution,
        _gaps: (&[Fact<Self::Name>], Completeness),
        _sets: &mut [AcceptableSet<Self::Edge>],
    ) {
    }

    /// What is left to be fetched of a solution.
    fn left(problem: &Self::Problem, solution: &Self::Solution) -> Left;

    /// What the search will most likely ask for first.
    fn ahead(problem: &Self::Problem, universe: &Self::Universe) -> Vec<Fact<Self::Name>>;

    /// What the search will most likely ask for after a release of a package that has lost several.
    fn following(
        _problem: &Self::Problem,
        _universe: &Self::Universe,
        _release: (&Self::Name, u32),
        _lost: usize,
    ) -> Vec<Fact<Self::Name>> {
        Vec::new()
    }

    /// Leaves out the facts that cost so much that only a search that cannot do without gets them.
    fn affordable(
        gaps: Vec<Fact<Self::Name>>,
        _facts: &Facts<Self>,
        _reader: &Reader<Self>,
    ) -> Vec<Fact<Self::Name>> {
        gaps
    }

    /// The routes of a reader. Registries that are asked for some packages only are added to the list.
    fn routes(
        project: &Self::Project,
        declared: &[Registry],
        registries: &mut Vec<Registry>,
    ) -> Result<Self::Routes, Error>;

    /// What tells the facts of one reader's routes from those of others.
    fn scope(routes: &Self::Routes, hasher: &mut Hasher);

    /// The registries that are asked for a package, by place: the first that has it counts.
    fn places(reader: &Reader<Self>, name: &Self::Name) -> Vec<usize>;

    /// The package whose listing a stamp is of; none for other documents.
    fn listed(reader: &Reader<Self>, stamp: &Stamp) -> Option<Self::Name>;

    /// Reads a listing from the registry at a place.
    fn read_listing(
        reader: &Reader<Self>,
        place: usize,
        name: &Self::Name,
    ) -> impl Future<Output = Result<Read<Self::Listing>, registries::Error>> + Send;

    /// Reads what a release needs.
    fn read_needs(
        _reader: &Reader<Self>,
        _registry: usize,
        _listing: &Arc<Self::Listing>,
        _position: u32,
    ) -> impl Future<Output = NeedsRead<Self::Needs>> + Send {
        ready(Ok((ReadNeeds::Unusable(String::new()), Cost::default())))
    }

    /// Adds a listing; none says that no registry has the package.
    fn insert_listing(
        universe: &mut Self::Universe,
        name: &Self::Name,
        listing: Option<Arc<Self::Listing>>,
    );

    /// Adds what a release needs, or why nobody can tell.
    fn insert_needs(
        _universe: &mut Self::Universe,
        _release: (&Self::Name, u32),
        _needs: Result<&Self::Needs, &str>,
    ) {
    }

    /// Forgets that nobody could tell what a release needs.
    fn forget_unreadable(_universe: &mut Self::Universe, _release: (&Self::Name, u32)) {}

    /// Why nobody can tell what a release needs.
    fn unreadable<'a>(
        _universe: &'a Self::Universe,
        _release: (&Self::Name, u32),
    ) -> Option<&'a str> {
        None
    }

    /// A package, for people.
    fn spoken(name: &Self::Name) -> String;

    /// The version of a release, for people.
    fn version(_listing: &Self::Listing, _position: u32) -> String {
        String::new()
    }

    /// The facts that a solution rests on.
    fn footprint(solution: &Self::Solution) -> Vec<Fact<Self::Name>>;

    /// Names and versions of a solution.
    fn decided(solution: &Self::Solution) -> Vec<(String, String)>;

    /// Looks once more at what was chosen.
    fn compare<'a>(
        _computation: &'a mut Computation<Self>,
        _snapshot: &'a Snapshot<Self>,
        _solution: &'a Self::Solution,
    ) -> BoxFuture<'a, Compared> {
        ready(Compared::default()).boxed()
    }

    /// A solution as the caller is told of it, and what the caller should know besides.
    fn solution(
        snapshot: &Snapshot<Self>,
        reader: &Reader<Self>,
        problem: &Self::Problem,
        found: (&Self::Solution, &[AcceptableSet<Self::Edge>]),
    ) -> Result<(Outcome, Vec<Warning>), Error>;

    /// Whether versions are in a range, as edges of an answer have both.
    fn membership(range: &str) -> Box<dyn Fn(&str) -> bool>;

    /// Those of some versions that are in a range, by place.
    fn admitted(range: &str, versions: &[String]) -> Vec<u32> {
        let is_in = Self::membership(range);
        let versions = (0..).zip(versions);
        versions.filter(|(_, version)| is_in(version)).map(|(place, _)| place).collect()
    }

    /// The problem without the requirement of the user's at a place; none if it is the only one.
    fn without(problem: &Self::Problem, place: usize) -> Option<Self::Problem>;

    /// The requirement at `place` was left out, and so there is a solution.
    fn suggestion(problem: &Self::Problem, place: usize, solution: &Self::Solution) -> Suggestion;
}

/// A thing to be known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Fact<N> {
    /// What the registries say of a package.
    Listing(N),
    /// What the release at a position of the package's listing needs.
    Needs(N, u32),
}

/// What stands for the needs of releases where all of them are in the listing.
#[derive(Debug)]
pub(crate) enum Never {}

/// What came of one search.
pub(crate) enum Searched<E: Ecosystem> {
    /// A version for everything that is needed.
    Solved(E::Solution),
    /// There is none, and why; with the facts that were looked at.
    Conflict(Conflict, Vec<Fact<E::Name>>),
    /// Facts that are missing.
    Gaps(Vec<Fact<E::Name>>),
    /// The budget is spent.
    Spent(Exhausted),
}

/// What came of widening, where facts are missing packages or releases.
pub(crate) fn in_facts<E, G, N>(
    widened: Widened<E, G>,
    facts: impl Fn(Vec<G>) -> Vec<Fact<N>>,
) -> Widened<E, Fact<N>> {
    let Widened { sets, gaps, footprint } = widened;
    Widened { sets, gaps: facts(gaps), footprint: facts(footprint) }
}

/// What is left to be fetched of a solution, as less is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Left {
    /// Files.
    pub(crate) files: u64,
    /// Their bytes; none if a registry does not state them all.
    pub(crate) bytes: Option<u64>,
}

impl Left {
    /// Counts one file more.
    pub(crate) fn add(&mut self, size: Option<u64>) {
        self.files += 1;
        self.bytes = self.bytes.zip(size).map(|(bytes, size)| bytes.saturating_add(size));
    }

    /// Whether it is less than the other: in bytes where both are stated, or else in files.
    pub(crate) fn is_less_than(self, other: Self) -> bool {
        match (self.bytes, other.bytes) {
            (Some(bytes), Some(others)) => bytes < others,
            _ => self.files < other.files,
        }
    }
}

impl Default for Left {
    fn default() -> Self {
        Self { files: 0, bytes: Some(0) }
    }
}

/// What looking once more has found.
#[derive(Default)]
pub(crate) struct Compared {
    pub(crate) warnings: Vec<Warning>,
    /// The documents that were read for it.
    pub(crate) stamps: Vec<Stamp>,
    /// Whether the search was told something else than now holds, so that it has to be run again.
    pub(crate) is_outdated: bool,
    /// Whether something could not be read that another call may find, so that the answer is not
    /// remembered.
    pub(crate) is_passing: bool,
}
