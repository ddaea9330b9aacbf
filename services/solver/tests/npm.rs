//! npm's answers, and what any answer must be.
//!
//! The recorded registry and the lock files are not part of the project: `QUARTERMASTER_SHARED`
//! names the folder that holds `oracles/` and `registry/`, by default `../shared` beside the
//! workspace. Where there is none, there is nothing to judge and the tests say so.

#[path = "npm/case.rs"]
mod case;
#[path = "npm/cases.rs"]
mod cases;
#[path = "npm/world.rs"]
mod world;

use world::World;

/// So many steps are more than any of the problems takes.
const STEPS: u64 = 200_000;

#[test]
fn cases_are_answered_as_npm_does() {
    let Some(mut world) = World::recorded() else { return };
    let faults = cases::faults(&mut world);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
