//! What acceptable sets are worth: who holds what was the answer of 1 December 2025, and resolves as of
//! today, fetches so many packages, one wheel each.
//!
//! ```console
//! $ cargo run --release -p quartermaster-testkit --example held
//! ```

use ecosystems::pypi::{Name, Specifiers};
use solver::Held;
use solver::pypi::{Outcome, Problem, Solution, check, widen};
use solver::widen::Reach;
use testkit::oracle::Picks;
use testkit::recording::{Answer, Recording};
use testkit::sets::{reached, version};

/// More than any recorded search takes.
const STEPS: u64 = 200_000;

const SETS: [&str; 6] = ["airflow", "boto", "django", "fastapi-app", "jupyter", "ml"];

fn main() {
    let mut recording = Recording::bundled();
    println!("             packages   of these to be fetched");
    println!("set          today   exact   with sets   held preferred");
    for set in SETS {
        let held = held(&Answer::read(&format!("{set}.py3.12.before-2025-12-01")).lines);
        let mut problem = Answer::read(&format!("{set}.py3.12")).problem;
        problem.held = held;
        let exact = solved(&mut recording, &problem);
        let within = within(&recording, &problem, &exact);
        problem.policy.prefers_held = true;
        let preferred = picks(&solved(&mut recording, &problem));
        let exact = picks(&exact);
        let fetched = |picks: &Picks| fetched(&problem, picks);
        println!(
            "{set:<12} {:>5} {:>7} {:>11} {:>16}",
            exact.len(),
            fetched(&exact),
            fetched(&within),
            fetched(&preferred)
        );
    }
}

/// An answer as ranges of one version each.
fn held(lines: &[String]) -> Held<Name, Specifiers> {
    let read = lines.iter().map(|line| {
        let (name, version) = line.split_once(' ').unwrap_or_else(|| panic!("`{line}`?"));
        let range = Specifiers::parse(&format!("=={version}"));
        let name = Name::parse(name).unwrap_or_else(|error| panic!("{error}"));
        (name, range.unwrap_or_else(|error| panic!("{error}")))
    });
    read.collect()
}

fn solved(recording: &mut Recording, problem: &Problem) -> Solution {
    match recording.solve(problem, STEPS).0 {
        Outcome::Solved(solution) => solution,
        outcome => panic!("{outcome:?}"),
    }
}

/// What a client installs that keeps what it holds where it is in the set.
fn within(recording: &Recording, problem: &Problem, solution: &Solution) -> Picks {
    let universe = recording.universe();
    let sets = widen(problem, universe, solution, Reach { newest: 20 }, &|| false).sets;
    assert_eq!(check(problem, universe, solution, &sets), []);
    reached(solution, &sets, |slot, set| {
        let name = &solution.picks[slot].name;
        let mut positions = set.versions.iter().map(|acceptable| acceptable.position);
        let is_held = |position: &u32| problem.is_held(name, version(solution, slot, *position));
        positions.find(is_held).unwrap_or(solution.picks[slot].position)
    })
}

fn picks(solution: &Solution) -> Picks {
    let picks = solution.picks.iter();
    picks.map(|pick| (pick.name.clone(), pick.version().clone())).collect()
}

fn fetched(problem: &Problem, picks: &Picks) -> usize {
    picks.iter().filter(|(name, version)| !problem.is_held(name, version)).count()
}
