//! npm's recorded projects with every document in memory, on one core:
//! `cargo bench -p quartermaster-solver --bench npm`.

#[expect(dead_code, reason = "a bench needs less than the tests do")]
#[path = "../tests/npm/case.rs"]
mod case;
#[expect(dead_code, reason = "a bench needs less than the tests do")]
#[path = "../tests/npm/world.rs"]
mod world;

use divan::Bencher;
use solver::npm::{Outcome, Universe, ahead, solve};
use solver::search::Budget;
use world::World;

/// So many steps are more than any of the problems takes.
const STEPS: u64 = 10_000_000;

const SETS: [&str; 5] = ["next-app", "vite-vue", "storybook", "api", "angular"];

fn main() {
    if World::recorded().is_some() {
        divan::main();
    }
}

fn universe(set: &str) -> (solver::npm::Problem, Universe) {
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
#[divan::bench(args = ["next-app", "vite-vue", "storybook"])]
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
