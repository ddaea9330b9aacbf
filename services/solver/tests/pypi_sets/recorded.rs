//! The sets around uv's answers on the bundled registry.

use solver::pypi::{Checker, Edge, Outcome, Problem, Solution, Universe, widen};
use solver::widen::{AcceptableSet, Reach, Widened};
use testkit::recording::{Answer, Recording};

use super::chance::Chance;

/// More steps than the hardest of the equal ones takes, with some to spare.
const STEPS: u64 = 60_000;

const EVERYTHING: Reach = Reach { newest: u32::MAX };

/// What a service reaches for by itself.
const NEAR: Reach = Reach { newest: 20 };

fn solved(recording: &mut Recording, answer: &Answer) -> Solution {
    match recording.solve(&answer.problem, STEPS).0 {
        Outcome::Solved(solution) => solution,
        outcome => panic!("{}: {outcome:?}", answer.name),
    }
}

/// The sets, of which nothing is missing, and with which nothing is wrong.
fn widened(
    problem: &Problem,
    universe: &Universe,
    solution: &Solution,
    reach: Reach,
) -> Vec<AcceptableSet<Edge>> {
    let Widened { sets, gaps, .. } = widen(problem, universe, solution, reach, &|| false);
    assert_eq!(gaps, [], "everything is known");
    let violations = Checker::new(problem, universe, solution).sets(&sets);
    assert_eq!(violations, [], "{:?}", problem.requirements);
    sets
}

fn sizes(sets: &[AcceptableSet<Edge>]) -> String {
    let mut sizes: Vec<usize> = sets.iter().map(|set| set.versions.len()).collect();
    sizes.sort_unstable();
    let at = |share: usize| sizes[(sizes.len() - 1) * share / 100];
    let total: usize = sizes.iter().sum();
    format!("median {:>3}, p90 {:>4}, most {:>4}, total {total:>6}", at(50), at(90), at(100))
}

/// Tries so many choices around each of the recorded answers.
fn try_choices(count: usize) {
    let mut recording = Recording::bundled();
    for answer in Answer::all() {
        let solution = solved(&mut recording, &answer);
        let (problem, universe) = (&answer.problem, recording.universe());
        for (name, reach) in [("near", NEAR), ("all", EVERYTHING)] {
            let sets = widened(problem, universe, &solution, reach);
            println!("{:<36} {name:<4} {:>3} sets: {}", answer.name, sets.len(), sizes(&sets));
            let mut checker = Checker::new(problem, universe, &solution);
            let mut chance = Chance::new(7);
            for _ in 0..count {
                let choice = chance.choice(&sets);
                assert_eq!(checker.choice(&choice), [], "{}: {choice:?}", answer.name);
            }
        }
    }
}

#[test]
fn every_choice_around_the_recorded_answers_is_valid() {
    try_choices(2_000);
}

#[test]
#[ignore = "takes minutes: `cargo test --release --test pypi_sets -- --ignored`"]
fn every_choice_of_very_many_is_valid() {
    try_choices(100_000);
}
