//! npm's answers, and what any answer must be.
//!
//! The recorded registry and the lock files are not part of the project: `QUARTERMASTER_SHARED`
//! names the folder that holds `oracles/` and `registry/`, by default `../shared` beside the
//! workspace. Where there is none, there is nothing to judge and the tests say so.

#[path = "npm/case.rs"]
mod case;
#[path = "npm/cases.rs"]
mod cases;
#[path = "npm/locks.rs"]
mod locks;
#[path = "npm/random.rs"]
mod random;
#[path = "npm/world.rs"]
mod world;

use world::World;

/// So many steps are more than any of the problems takes.
const STEPS: u64 = 200_000;

#[test]
fn lock_files_are_those_of_npm() {
    let Some(mut world) = World::recorded() else { return };
    let mut different = Vec::new();
    for set in ["next-app", "vite-vue", "storybook"] {
        different.extend(locks::differences(&mut world, set));
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn what_npm_refuses_is_refused_with_the_same_two_sides() {
    let Some(mut world) = World::recorded() else { return };
    let mut faults = Vec::new();
    for set in ["api", "angular"] {
        faults.extend(locks::sides(&mut world, set));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn an_answer_does_not_depend_on_what_happened_to_be_known() {
    let (Some(mut world), Some(mut whole)) = (World::recorded(), World::recorded()) else { return };
    whole.read_everything();
    for set in ["next-app", "storybook"] {
        let problem = locks::problem(set).expect("an oracle");
        let mut eager = world.clone();
        let rounds = eager.read_ahead(&problem);
        let (answer, steps, asked) = world.solve(&problem, STEPS);
        let (same, same_steps, once) = whole.solve(&problem, STEPS);
        let (again, _, left) = eager.solve(&problem, STEPS);
        let (known, needed) = (eager.universe().size(), world.universe().size());
        println!(
            "{set}: {steps} steps, {asked} rounds, {needed} packages; {rounds} rounds ahead, {left} \
             behind them, {known} packages"
        );
        assert_eq!((steps, once), (same_steps, 1));
        let text = locks::text(&answer);
        assert_eq!(text, locks::text(&same));
        assert_eq!(text, locks::text(&again));
        assert!(left <= 3, "fetching ahead leaves {left} rounds");
    }
}

#[test]
fn cases_are_answered_as_npm_does() {
    let Some(mut world) = World::recorded() else { return };
    let faults = cases::faults(&mut world);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
