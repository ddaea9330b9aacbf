//! Cargo's rules one at a time, and its own answers: lock files on the recorded index, and its
//! resolver's test suite.
//!
//! The suite is not part of the project: `QUARTERMASTER_SHARED` names the folder that holds
//! `conformance/`, by default `../shared` beside the workspace. Where there is none, its test says so.
//! The index and the lock files are bundled.

#[path = "cargo/build.rs"]
mod build;
#[path = "cargo/cases.rs"]
mod cases;
#[path = "cargo/conflicts.rs"]
mod conflicts;
#[path = "cargo/judged.rs"]
mod judged;
#[path = "cargo/locks.rs"]
mod locks;
#[path = "cargo/manifests.rs"]
mod manifests;
#[path = "cargo/random.rs"]
mod random;
#[path = "cargo/rules.rs"]
mod rules;
#[path = "cargo/widen.rs"]
mod widen;
#[path = "cargo/world.rs"]
mod world;

use world::World;

/// So many steps are more than any of the problems takes.
const STEPS: u64 = 100_000;

#[test]
fn lock_files_are_those_of_cargo() {
    let mut world = World::recorded();
    let mut different = Vec::new();
    for set in manifests::SETS {
        different.extend(locks::differences(&mut world, set));
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn an_answer_does_not_depend_on_what_happened_to_be_known() {
    let (mut world, mut whole) = (World::recorded(), World::recorded());
    whole.read_everything();
    for set in ["grpc", "web-api"] {
        assert_eq!(locks::differences(&mut world, set), locks::differences(&mut whole, set));
    }
}

#[test]
fn looking_ahead_asks_in_few_rounds_for_little_that_is_not_needed() {
    for set in manifests::SETS {
        locks::looks_ahead(World::recorded(), set);
    }
}

#[test]
fn cases_of_cargos_resolver_are_answered_as_cargo_does() {
    let Some(cases) = cases::read() else { return };
    assert_eq!(cases.len(), 103, "the suite is another one");
    let faults: Vec<String> = cases.iter().filter_map(|case| case.judge().err()).collect();
    println!("{} of {} cases are met", cases.len() - faults.len(), cases.len());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
