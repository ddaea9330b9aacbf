//! What uv answered on the bundled registry, and what we answer.

use testkit::recording::{Answer, Recording};

use solver::pypi::Outcome;

/// More steps than the hardest of the equal ones takes, with some to spare.
const STEPS: u64 = 60_000;

/// Solves in a fresh copy of the bundled registry. Returns whether the answer is uv's.
fn is_equal(recording: &mut Recording, answer: &Answer) -> bool {
    let (outcome, steps, rounds) = recording.solve(&answer.problem, STEPS);
    let lines: Vec<String> = match &outcome {
        Outcome::Solved(solution) => {
            solution.picks.iter().map(|pick| format!("{} {}", pick.name, pick.version())).collect()
        }
        Outcome::Conflict(..) | Outcome::Gaps(_) | Outcome::Spent(_) => Vec::new(),
    };
    let missing: Vec<&String> = answer.lines.iter().filter(|line| !lines.contains(line)).collect();
    let added: Vec<&String> = lines.iter().filter(|line| !answer.lines.contains(line)).collect();
    let packages = lines.len();
    println!("{:<36} {packages:>4} packages {steps:>6} steps {rounds:>3} rounds", answer.name);
    if !missing.is_empty() || !added.is_empty() {
        println!("    uv has {missing:?}\n    we have {added:?}");
    }
    missing.is_empty() && added.is_empty()
}

#[test]
fn answers_are_those_of_uv() {
    let mut recording = Recording::bundled();
    let answers = Answer::all();
    assert_eq!(answers.len(), 24, "six sets in four settings");
    let different: Vec<&str> = answers
        .iter()
        .filter(|answer| !is_equal(&mut recording, answer))
        .map(|answer| answer.name.as_str())
        .collect();
    assert!(different.is_empty(), "not uv's answer: {different:?}");
}
