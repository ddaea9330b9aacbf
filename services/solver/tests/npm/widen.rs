//! Acceptable sets of npm's places, and what judges them.

use solver::npm::{Outcome, Problem, Solution, check, widen};
use solver::widen::Reach;

use super::STEPS;
use super::case;
use super::world::World;

/// The recorded projects that npm accepts.
const SETS: [&str; 3] = ["next-app", "vite-vue", "storybook"];

fn solved(world: &mut World, problem: &Problem) -> Option<Solution> {
    match world.solve(problem, STEPS).0 {
        Outcome::Solved(solution) => Some(solution),
        _ => None,
    }
}

#[test]
fn sets_of_recorded_projects_pass_their_check() {
    let Some(mut world) = World::recorded() else { return };
    for set in SETS {
        let problem = case::oracle(set).expect("an oracle");
        let solution = solved(&mut world, &problem).expect("an answer");
        for newest in [20, u32::MAX] {
            let widened = widen(&problem, world.universe(), &solution, Reach { newest }, &|| false);
            let violations = check(&problem, world.universe(), &solution, &widened.sets);
            assert!(violations.is_empty(), "{set}: {violations:#?}");
        }
    }
}
