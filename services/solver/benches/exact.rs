//! Exact solves of real projects with every recorded fact in memory, on one core, and what the
//! universe takes of memory: `cargo bench -p quartermaster-solver`.

use divan::{AllocProfiler, Bencher};
use ecosystems::pypi::Specifiers;
use solver::pypi::{Outcome, Problem, Solution, Universe, ahead, check, solve, widen};
use solver::search::Budget;
use solver::widen::Reach;
use testkit::recording::{Answer, Recorded, Recording};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

const SETS: [&str; 8] = [
    "airflow.py3.12",
    // Thousands of decisions, most of them taken back.
    "airflow.py3.10",
    "airflow.py3.12.lowest-direct",
    "boto.py3.12",
    "django.py3.12",
    "fastapi-app.py3.12",
    "jupyter.py3.12",
    "ml.py3.12",
];

/// What a service reaches for by itself.
const NEAR: Reach = Reach { newest: 20 };

fn main() {
    divan::main();
}

fn everything() -> Vec<Recorded> {
    Recording::bundled().everything()
}

fn problem(set: &str) -> Problem {
    Answer::read(set).problem
}

/// The whole recorded universe, with the names that it lacks known to be missing.
fn universe(set: &str) -> Universe {
    let mut universe = Recording::universe_of(&everything());
    let problem = problem(set);
    let budget = Budget { steps: 1_000_000, interrupted: &|| false };
    while let (Outcome::Gaps(gaps), _) = solve(&problem, &universe, &budget) {
        for gap in gaps {
            if let solver::pypi::Gap::Listing(name) = gap {
                universe.insert_listing(&name, None);
            }
        }
    }
    universe
}

/// A solve as a warm service does it: requirements have been lowered before.
#[divan::bench(args = SETS)]
fn warm(bencher: Bencher<'_, '_>, set: &str) {
    let (problem, universe) = (problem(set), universe(set));
    let budget = Budget { steps: 1_000_000, interrupted: &|| false };
    bencher.bench_local(|| solve(&problem, &universe, &budget));
}

/// An answer, and all that its sets need.
fn solved(set: &str) -> (Problem, Universe, Solution) {
    let mut recording = Recording::bundled();
    let problem = problem(set);
    let Outcome::Solved(solution) = recording.solve(&problem, 1_000_000).0 else {
        panic!("{set} has no answer")
    };
    (problem, recording.universe().clone(), solution)
}

/// Acceptable sets around the answer, as far as a service reaches by itself.
#[divan::bench(args = SETS)]
fn widening(bencher: Bencher<'_, '_>, set: &str) {
    let (problem, universe, solution) = solved(set);
    bencher.bench_local(|| widen(&problem, &universe, &solution, NEAR, &|| false));
}

/// The same over all versions that there are.
#[divan::bench(args = SETS)]
fn widening_all_the_way(bencher: Bencher<'_, '_>, set: &str) {
    let (problem, universe, solution) = solved(set);
    let reach = Reach { newest: u32::MAX };
    bencher.bench_local(|| widen(&problem, &universe, &solution, reach, &|| false));
}

/// The second opinion on the sets, which every answer has to pass.
#[divan::bench(args = SETS)]
fn checking(bencher: Bencher<'_, '_>, set: &str) {
    let (problem, universe, solution) = solved(set);
    let sets = widen(&problem, &universe, &solution, NEAR, &|| false).sets;
    bencher.bench_local(|| check(&problem, &universe, &solution, &sets));
}

/// The first solve over a universe: every requirement is lowered on the way.
#[divan::bench(args = ["airflow.py3.12", "jupyter.py3.12"])]
fn first(bencher: Bencher<'_, '_>, set: &str) {
    let everything = everything();
    let problem = problem(set);
    let budget = Budget { steps: 1_000_000, interrupted: &|| false };
    let missing = universe(set);
    let fresh = || {
        let mut universe = Recording::universe_of(&everything);
        // Names that no index has are in no recording.
        for gap in ahead(&problem, &universe) {
            if let solver::pypi::Gap::Listing(name) = gap
                && missing.listing(&name).is_none()
            {
                universe.insert_listing(&name, None);
            }
        }
        universe
    };
    // By reference: the universe is dropped outside of the measured time.
    bencher.with_inputs(fresh).bench_local_refs(|universe| solve(&problem, universe, &budget));
}

/// Looking along first choices, as is done when facts arrive.
#[divan::bench(args = ["airflow.py3.12", "jupyter.py3.12"])]
fn looking_ahead(bencher: Bencher<'_, '_>, set: &str) {
    let (problem, universe) = (problem(set), universe(set));
    bencher.bench_local(|| ahead(&problem, &universe));
}

/// Building the universe of 1,491 projects and 15,186 releases from parsed documents. The row of
/// the largest allocation tells what it takes of memory beside the listings themselves.
#[divan::bench(sample_count = 5)]
fn building_the_universe(bencher: Bencher<'_, '_>) {
    let everything = everything();
    bencher.bench_local(|| Recording::universe_of(&everything));
}

/// Lowering one requirement onto the longest listing.
#[divan::bench]
fn lowering(bencher: Bencher<'_, '_>) {
    let everything = everything();
    let longest = everything.iter().max_by_key(|recorded| recorded.listing.releases.len());
    let releases = &longest.expect("the recording is not empty").listing.releases;
    let specifiers = Specifiers::parse(">=1.30,!=1.34.*,<2").expect("the text is well formed");
    bencher.bench_local(|| specifiers.lower(releases, |release| &release.version));
}
