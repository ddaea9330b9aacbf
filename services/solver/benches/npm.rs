//! npm's recorded projects with every document in memory, on one core:
//! `cargo bench -p quartermaster-solver --bench npm`.

#[expect(dead_code, reason = "a bench needs less than the tests do")]
#[path = "../tests/npm/case.rs"]
mod case;
#[expect(dead_code, reason = "a bench needs less than the tests do")]
#[path = "../tests/npm/world.rs"]
mod world;

use divan::Bencher;
use solver::npm::{Outcome, Problem, Solution, Universe, ahead, check, solve, widen};
use solver::search::Budget;
use solver::widen::Reach;
use world::World;

/// So many steps are more than any of the problems takes.
const STEPS: u64 = 10_000_000;

const SETS: [&str; 5] = ["next-app", "vite-vue", "storybook", "api", "angular"];

/// The projects that have an answer.
const SOLVED: [&str; 3] = ["next-app", "vite-vue", "storybook"];

/// How many versions of a package are tried: as a service does by default, and all.
const REACHES: [u32; 2] = [20, u32::MAX];

fn main() {
    if World::recorded().is_some() {
        for set in SOLVED {
            for newest in REACHES {
                say_sizes(set, newest);
            }
        }
        divan::main();
    }
}

/// Says how large the acceptable sets of a project are.
fn say_sizes(set: &str, newest: u32) {
    let (problem, universe, solution) = solved(set);
    let widened = widen(&problem, &universe, &solution, Reach { newest }, &|| false);
    let sizes = widened.sets.iter().map(|set| set.versions.len());
    let mut sizes: Vec<usize> = sizes.filter(|size| *size > 0).collect();
    sizes.sort_unstable();
    let (median, high) = (sizes[sizes.len() / 2], sizes[sizes.len() * 9 / 10]);
    let (total, largest) = (sizes.iter().sum::<usize>(), sizes[sizes.len() - 1]);
    let single = sizes.iter().filter(|size| **size == 1).count();
    println!(
        "{set}, reach {newest}: {} places, {total} versions; median {median}, p90 {high}, largest \
         {largest}, {single} alone",
        sizes.len()
    );
}

fn solved(set: &str) -> (Problem, Universe, Solution) {
    let (problem, universe) = universe(set);
    let budget = Budget { steps: STEPS, interrupted: &|| false };
    match solve(&problem, &universe, &budget) {
        (Outcome::Solved(solution), _) => (problem, universe, solution),
        (other, _) => panic!("{set}: {other:?}"),
    }
}

fn universe(set: &str) -> (Problem, Universe) {
    let mut world = World::recorded().expect("the recorded registry");
    let problem = case::oracle(set).expect("an oracle");
    world.solve(&problem, STEPS);
    (problem, world.universe().clone())
}

/// A solve as a warm service does it.
#[divan::bench(args = SETS)]
fn warm(bencher: Bencher<'_, '_>, set: &str) {
    let (problem, universe) = universe(set);
    let budget = Budget { steps: STEPS, interrupted: &|| false };
    bencher.bench_local(|| solve(&problem, &universe, &budget));
}

/// A solve that begins with the lock file that the same project would have, and changes nothing.
#[divan::bench(args = SOLVED)]
fn locked(bencher: Bencher<'_, '_>, set: &str) {
    let (mut problem, universe) = universe(set);
    let budget = Budget { steps: STEPS, interrupted: &|| false };
    let (outcome, _) = solve(&problem, &universe, &budget);
    let Outcome::Solved(solution) = outcome else { panic!("{set}: {outcome:?}") };
    problem.locked = case::locked(&solution);
    let mut world = World::recorded().expect("the recorded registry");
    world.solve(&problem, STEPS);
    bencher.bench_local(|| solve(&problem, world.universe(), &budget));
}

/// What is asked of the registry ahead of a round.
#[divan::bench(args = SETS)]
fn looking_ahead(bencher: Bencher<'_, '_>, set: &str) {
    let (problem, universe) = universe(set);
    bencher.bench_local(|| ahead(&problem, &universe));
}

/// Widening an answer by the versions that a service tries by default.
#[divan::bench(args = SOLVED)]
fn widening(bencher: Bencher<'_, '_>, set: &str) {
    let (problem, universe, solution) = solved(set);
    let reach = Reach { newest: REACHES[0] };
    bencher.bench_local(|| widen(&problem, &universe, &solution, reach, &|| false));
}

/// Widening an answer by all versions.
#[divan::bench(args = SOLVED)]
fn widening_by_all(bencher: Bencher<'_, '_>, set: &str) {
    let (problem, universe, solution) = solved(set);
    let reach = Reach { newest: REACHES[1] };
    bencher.bench_local(|| widen(&problem, &universe, &solution, reach, &|| false));
}

/// The check of what was widened so far as a service does.
#[divan::bench(args = SOLVED)]
fn checking(bencher: Bencher<'_, '_>, set: &str) {
    let (problem, universe, solution) = solved(set);
    let reach = Reach { newest: REACHES[0] };
    let sets = widen(&problem, &universe, &solution, reach, &|| false).sets;
    bencher.bench_local(|| check(&problem, &universe, &solution, &sets));
}
