//! Cargo's lock files with every recorded listing in memory, on one core:
//! `cargo bench -p quartermaster-solver --bench cargo`.

#[path = "../tests/cargo/manifests.rs"]
mod manifests;
#[path = "../tests/cargo/world.rs"]
mod world;

use divan::Bencher;
use solver::cargo::{Checker, Outcome, Problem, Solution, ahead, check, solve, widen};
use solver::search::Budget;
use solver::widen::{AcceptableSet, Reach};

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

fn solution(world: &World, problem: &Problem) -> Solution {
    match solve(problem, &world.universe, &BUDGET).0 {
        Outcome::Solved(solution) => solution,
        other => panic!("{other:?}"),
    }
}

/// A solve as a warm service does it.
#[divan::bench(args = SETS)]
fn warm(bencher: Bencher<'_, '_>, set: &str) {
    let world = known(set);
    let problem = problem(set);
    bencher.bench_local(|| solve(&problem, &world.universe, &BUDGET));
}

/// The acceptable sets of the answer, from the 20 newest versions of each package or from all.
#[divan::bench(args = SETS, consts = [20, u32::MAX])]
fn widening<const NEWEST: u32>(bencher: Bencher<'_, '_>, set: &str) {
    let (world, problem) = (known(set), problem(set));
    let solution = solution(&world, &problem);
    let reach = Reach { newest: NEWEST };
    bencher.bench_local(|| widen(&problem, &world.universe, &solution, reach, &|| false));
}

/// The check of these sets.
#[divan::bench(args = SETS, consts = [20, u32::MAX])]
fn checking<const NEWEST: u32>(bencher: Bencher<'_, '_>, set: &str) {
    let (world, problem) = (known(set), problem(set));
    let solution = solution(&world, &problem);
    let reach = Reach { newest: NEWEST };
    let sets = widen(&problem, &world.universe, &solution, reach, &|| false).sets;
    bencher.bench_local(|| check(&problem, &world.universe, &solution, &sets));
}

/// The check of single choices from them: the oldest version of each.
#[divan::bench(args = SETS)]
fn checking_a_choice(bencher: Bencher<'_, '_>, set: &str) {
    let (world, problem) = (known(set), problem(set));
    let solution = solution(&world, &problem);
    let reach = Reach { newest: 20 };
    let sets = widen(&problem, &world.universe, &solution, reach, &|| false).sets;
    let oldest = |set: &AcceptableSet<_>| set.versions.iter().map(|one| one.position).min();
    let choice: Vec<u32> = sets.iter().filter_map(oldest).collect();
    let mut checker = Checker::new(&problem, &world.universe, &solution);
    bencher.bench_local(|| checker.choice(&choice));
}

/// Looking along first choices, as is done when facts arrive.
#[divan::bench(args = ["desktop", "web-api"])]
fn looking_ahead(bencher: Bencher<'_, '_>, set: &str) {
    let world = known(set);
    let problem = problem(set);
    bencher.bench_local(|| ahead(&problem, &world.universe));
}
