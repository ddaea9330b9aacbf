//! Cargo's lock files with every recorded listing in memory, on one core:
//! `cargo bench -p quartermaster-solver --bench cargo`.

#[path = "../tests/cargo/manifests.rs"]
mod manifests;
#[path = "../tests/cargo/world.rs"]
mod world;

use divan::Bencher;
use solver::cargo::{Outcome, ahead, solve};
use solver::search::Budget;

use manifests::{SETS, problem};
use world::World;

/// The service's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BUDGET: Budget<'static> = Budget { steps: 1_000_000, interrupted: &|| false };

fn main() {
    divan::main();
}

/// The world in which all that a set needs is known.
fn known(set: &str) -> World {
    let mut world = World::recorded();
    let (outcome, _, _) = world.solve(&problem(set), BUDGET.steps);
    assert!(matches!(outcome, Outcome::Solved(_)), "{set} has no answer");
    world
}

/// A solve as a warm service does it.
#[divan::bench(args = SETS)]
fn warm(bencher: Bencher<'_, '_>, set: &str) {
    let world = known(set);
    let problem = problem(set);
    bencher.bench_local(|| solve(&problem, &world.universe, &BUDGET));
}

/// Looking along first choices, as is done when facts arrive.
#[divan::bench(args = ["desktop", "web-api"])]
fn looking_ahead(bencher: Bencher<'_, '_>, set: &str) {
    let world = known(set);
    let problem = problem(set);
    bencher.bench_local(|| ahead(&problem, &world.universe));
}
