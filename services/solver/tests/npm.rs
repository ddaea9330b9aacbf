//! npm's answers, and what any answer must be.
//!
//! The recorded registry and the lock files are not part of the project: `QUARTERMASTER_SHARED`
//! names the folder that holds `oracles/` and `registry/`, by default `../shared` beside the
//! workspace. Where there is none, there is nothing to judge and the tests say so.

#[path = "npm/barriers.rs"]
mod barriers;
#[path = "npm/case.rs"]
mod case;
#[path = "npm/cases.rs"]
mod cases;
#[path = "npm/choices.rs"]
mod choices;
#[path = "npm/depsdev.rs"]
mod depsdev;
#[path = "npm/locks.rs"]
mod locks;
#[path = "npm/manifests.rs"]
mod manifests;
#[path = "npm/random.rs"]
mod random;
#[path = "npm/widen.rs"]
mod widen;
#[path = "npm/world.rs"]
mod world;

use solver::npm::{Adjusted, Outcome, Problem, solve};
use solver::search::Budget;
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

/// Projects that npm refuses, and what is taken of their requirements so that there is an answer.
const ROOM: [(&str, Option<&str>); 4] = [
    (r#"{"react":"^17 || ^18","react-dom":"^18 || ^19"}"#, Some("react-dom 18.3.1")),
    (r#"{"react":"^18.2.0","react-dom":">=17"}"#, Some("react-dom 18.3.1")),
    // No version of `ts-jest` takes this one of its peer.
    (r#"{"typescript":"^7.0.2","ts-jest":">=27"}"#, None),
    (r#"{"react":"17.0.2","react-dom":"18.3.1"}"#, None),
];

#[test]
fn where_the_project_leaves_room_another_choice_is_found_and_said() {
    let Some(mut world) = World::recorded() else { return };
    for (list, expected) in ROOM {
        let project = case::read(&format!("{{\"dependencies\":{list}}}")).0;
        let mut problem = Problem { project, ..Problem::default() };
        let (refused, ..) = world.solve(&problem, STEPS);
        assert!(matches!(refused, Outcome::Conflict(..)), "{list}: {}", locks::text(&refused));
        problem.policy.adjusts = true;
        let (found, ..) = world.solve(&problem, STEPS);
        let adjusted = match &found {
            Outcome::Solved(solution) => {
                let edges = solution.places.iter().flat_map(|place| &place.edges);
                assert!(edges.into_iter().all(|edge| edge.is_met), "{}", locks::text(&found));
                let one = |one: &Adjusted| format!("{} {}", one.name, one.version);
                Some(solution.adjusted.iter().map(one).collect::<Vec<_>>().join(", "))
            }
            _ => {
                assert_eq!(locks::text(&found), locks::text(&refused), "the refusal stays");
                None
            }
        };
        assert_eq!(adjusted.as_deref(), expected, "{list}");
    }
}

#[test]
fn an_answer_does_not_depend_on_what_happened_to_be_known() {
    let (Some(mut world), Some(mut whole)) = (World::recorded(), World::recorded()) else { return };
    whole.read_everything();
    for set in ["next-app", "storybook"] {
        let problem = case::oracle(set).expect("an oracle");
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
fn what_is_locked_stays_and_is_asked_for_at_once() {
    let Some(mut world) = World::recorded() else { return };
    for set in ["next-app", "vite-vue", "storybook"] {
        let mut problem = case::oracle(set).expect("an oracle");
        let (answer, ..) = world.solve(&problem, STEPS);
        let Outcome::Solved(solution) = &answer else { panic!("{answer:?}") };
        problem.locked = case::locked(solution);
        let mut fresh = World::recorded().expect("the recorded registry");
        let (again, steps, rounds) = fresh.solve(&problem, STEPS);
        let Outcome::Solved(again) = again else { panic!("{again:?}") };
        println!("{set}: {steps} steps, {rounds} rounds with a lock");
        assert_eq!(again.places.len(), solution.places.len());
        for (one, other) in again.places.iter().zip(&solution.places) {
            let said = cases::said_of(&again, one, true);
            assert_eq!(said, cases::said_of(solution, other, true), "{}", one.location);
        }
        // All that is locked is named in the first round; only what is not met is looked for.
        let is_met = solution.places.iter().flat_map(|place| &place.edges).all(|edge| edge.is_met);
        assert!(rounds <= if is_met { 2 } else { 4 }, "{rounds} rounds");
    }
}

/// A lock file's places, those that cannot be taken up, and the versions that there are then.
type Lost = (&'static [(&'static str, &'static str)], &'static [usize], &'static [&'static str]);

/// What a lock file has, whether it can be taken up, and the versions that are there then.
const LOST: [Lost; 4] = [
    // Nothing that is not right.
    (
        &[("node_modules/web", "web@1.0.0"), ("node_modules/log", "log@1.0.0")],
        &[],
        &["1.0.0", "1.0.0"],
    ),
    // The registry does not have this version any more.
    (
        &[("node_modules/web", "web@1.5.0"), ("node_modules/log", "log@1.0.0")],
        &[0],
        &["1.0.0", "1.1.0"],
    ),
    // What lies in it is not to be had, either.
    (
        &[("node_modules/web", "web@1.5.0"), ("node_modules/web/node_modules/log", "log@1.0.0")],
        &[0, 1],
        &["1.1.0", "1.1.0"],
    ),
    // No package, no place of a package, and a link to nowhere.
    (
        &[
            ("node_modules/gone", "gone@1.0.0"),
            ("web", "web@1.0.0"),
            ("node_modules/a/b/c", "web@1.0.0"),
            ("node_modules/x", "link:x"),
        ],
        &[0, 1, 2, 3],
        &["1.1.0", "1.1.0"],
    ),
];

#[test]
fn what_of_a_lock_cannot_be_had_is_said_and_taken_anew() {
    let web = r#"{"versions":{"1.0.0":{"dependencies":{"log":"^1.0.0"}},"1.1.0":{"dependencies":{"log":"^1.0.0"}}},"dist-tags":{"latest":"1.1.0"}}"#;
    let log = r#"{"versions":{"1.0.0":{},"1.1.0":{}},"dist-tags":{"latest":"1.1.0"}}"#;
    let documents = [("web", web), ("log", log)];
    let documents = documents.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
    let (project, _) = case::read(r#"{"dependencies":{"web":"^1.0.0"}}"#);
    for (lock, lost, versions) in LOST {
        let places = lock.iter().map(|(location, text)| case::locked_place(location, text));
        let locked = places.collect();
        let problem = Problem { project: project.clone(), locked, ..Problem::default() };
        let (found, ..) = World::of(documents.clone().into()).solve(&problem, STEPS);
        let Outcome::Solved(solution) = &found else { panic!("{found:?}") };
        assert_eq!(solution.not_taken_up, lost, "{lock:?}");
        let found: Vec<&str> = solution.places[1..].iter().map(|place| &*place.version).collect();
        assert_eq!(found, versions, "{lock:?}");
    }
}

#[test]
fn a_spent_budget_tells_what_had_a_place() {
    let Some(mut world) = World::recorded() else { return };
    let problem = case::oracle("storybook").expect("an oracle");
    let (answer, needed, _) = world.solve(&problem, STEPS);
    let Outcome::Solved(solution) = answer else { panic!("{answer:?}") };
    let mut last = 0;
    for (steps, is_over) in [(needed / 4, false), (needed / 2, false), (needed - 1, true)] {
        // Patience is asked after every 256 steps.
        let budget = Budget { steps, interrupted: &|| is_over };
        let (outcome, taken) = solve(&problem, world.universe(), &budget);
        let Outcome::Spent(partial) = outcome else { panic!("{outcome:?}") };
        assert!(partial.interrupted == is_over && taken <= steps + 1, "{taken} of {steps} steps");
        let place = |(name, version): &(String, String)| {
            let mut places = solution.places.iter();
            places.any(|place| place.package == *name && place.version == *version)
        };
        let kept = partial.decided.iter().filter(|decided| place(decided)).count();
        assert!(kept > 0 && kept * 10 > partial.decided.len() * 9, "{:?}", partial.decided);
        if !is_over {
            assert!(partial.decided.len() > last);
            last = partial.decided.len();
        }
    }
}

#[test]
fn cases_are_answered_as_npm_does() {
    let Some(mut world) = World::recorded() else { return };
    let faults = cases::faults(&mut world);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
