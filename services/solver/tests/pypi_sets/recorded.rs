//! The sets around uv's answers on the bundled registry.

use solver::pypi::{Checker, Edge, Outcome, Problem, Solution, Universe, barriers, widen};
use solver::widen::{Acceptable, AcceptableSet, Reach, Widened};
use testkit::chance::{Chance, so_many};
use testkit::recording::{Answer, Recording};

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

/// Widens each of the recorded answers, near and all the way.
fn for_each_answer(judge: impl Fn(&Around<'_>)) {
    let mut recording = Recording::bundled();
    for answer in Answer::all() {
        let solution = solved(&mut recording, &answer);
        let (problem, universe) = (&answer.problem, recording.universe());
        for reach in [NEAR, EVERYTHING] {
            let sets = widened(problem, universe, &solution, reach);
            judge(&Around { answer: &answer, universe, solution: &solution, reach, sets });
        }
    }
}

/// The sets around one answer.
struct Around<'a> {
    answer: &'a Answer,
    universe: &'a Universe,
    solution: &'a Solution,
    reach: Reach,
    sets: Vec<AcceptableSet<Edge>>,
}

impl Around<'_> {
    fn checker(&self) -> Checker<'_> {
        Checker::new(&self.answer.problem, self.universe, self.solution)
    }

    fn try_choices(&self, count: usize) {
        let Self { answer, sets, reach, .. } = self;
        let name = if *reach == NEAR { "near" } else { "all" };
        println!("{:<36} {name:<4} {:>3} sets: {}", answer.name, sets.len(), sizes(sets));
        let mut checker = self.checker();
        let mut chance = Chance::new(7);
        for _ in 0..count {
            let choice = chance.choice(sets);
            assert_eq!(checker.choice(&choice), [], "{}: {choice:?}", answer.name);
        }
    }

    /// Adds the versions that are in no set one at a time, but only one of `every` so many.
    fn try_others(&self, every: usize) {
        let mut checker = self.checker();
        let mut sets = self.sets.clone();
        let (mut seen, mut added) = (0, 0);
        for (slot, pick) in self.solution.picks.iter().enumerate() {
            assert!(sets[slot].is_whole, "`{}` was widened all the way", pick.name);
            for position in (0..).take(pick.listing.releases.len()) {
                let is_in = self.sets[slot].versions.iter().any(|one| one.position == position);
                seen += usize::from(!is_in);
                if is_in || seen % every != 0 {
                    continue;
                }
                let edges = checker.edges(slot, position);
                sets[slot].versions.push(Acceptable { position, edges });
                let violations = checker.sets(&sets);
                sets[slot].versions.pop();
                let version = &pick.listing.releases[position as usize].version;
                let name = &self.answer.name;
                assert_ne!(violations, [], "{name}: `{} {version}` could be added", pick.name);
                let (problem, universe) = (&self.answer.problem, self.universe);
                let sets = &self.sets;
                let barriers = barriers(problem, universe, self.solution, sets, (slot, position));
                assert_ne!(barriers, [], "{name}: nothing keeps `{} {version}` out", pick.name);
                added += 1;
            }
        }
        println!("{:<36} {added} of {seen} versions that are in no set", self.answer.name);
    }
}

#[test]
fn every_choice_around_the_recorded_answers_is_valid() {
    for_each_answer(|around| around.try_choices(so_many(1_000, 100_000)));
}

#[test]
fn no_version_can_be_added_to_the_sets_around_the_recorded_answers() {
    for_each_answer(|around| {
        if around.reach == EVERYTHING {
            around.try_others(so_many(101, 1));
        }
    });
}
