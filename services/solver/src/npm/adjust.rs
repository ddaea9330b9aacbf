//! Looking further where npm refuses: other versions of what the project requires itself.
//!
//! Npm takes one version of each requirement of the project, and refuses if peers do not agree with
//! it. Often an older version within the same range would do. The requirements that the refusal
//! rests on are tried with other versions, the latest first, one requirement at a time and then two;
//! what comes out is built by the same rules, so that npm accepts it once it is written down.

use ecosystems::npm::{Name, Version};
use rustc_hash::FxHashSet;

use super::facts::Pin;
use super::problem::Problem;
use super::solution::{Adjusted, Solution};
use super::universe::Universe;
use super::{Attempt, attempt};
use crate::conflict::Conflict;
use crate::search::Budget;

/// So many versions of one requirement are tried. A major version is tried by its latest.
const MOST_VERSIONS: usize = 12;

/// So many trees are built.
const MOST_ATTEMPTS: u32 = 200;

/// Tries other versions. Returns what came of it, if anything but refusals did, and the steps taken.
pub(crate) fn adjust(
    problem: &Problem,
    universe: &Universe,
    budget: &Budget<'_>,
    (conflict, asked): (&Conflict, &[Name]),
) -> (Option<Attempt>, u64) {
    let mut asked: Vec<Name> = asked.to_vec();
    let mut waiting: Vec<Vec<Pin>> = pins(problem, universe, conflict, &[]);
    let mut seen: FxHashSet<Vec<Pin>> = waiting.iter().cloned().collect();
    let (mut steps, mut next, mut attempts) = (0, 0, 0);
    while let Some(pins_now) = waiting.get(next).cloned() {
        next += 1;
        attempts += 1;
        let left = budget.steps.saturating_sub(steps);
        if left == 0 || attempts > MOST_ATTEMPTS {
            break;
        }
        let budget = Budget { steps: left, interrupted: budget.interrupted };
        let (outcome, taken) = attempt(problem, universe, &budget, &pins_now);
        steps += taken;
        match outcome {
            Attempt::Solved(mut solution) => {
                note(problem, &pins_now, &mut solution);
                solution.footprint.append(&mut asked);
                solution.footprint.sort_unstable();
                solution.footprint.dedup();
                return (Some(Attempt::Solved(solution)), steps);
            }
            Attempt::Refused(conflict, further) if pins_now.len() < 2 => {
                asked.extend(further);
                let further = pins(problem, universe, &conflict, &pins_now);
                waiting.extend(further.into_iter().filter(|pins| seen.insert(pins.clone())));
            }
            Attempt::Refused(_, further) | Attempt::Impossible(_, further) => asked.extend(further),
            other => return (Some(other), steps),
        }
    }
    (None, steps)
}

/// Each other version of each requirement that a conflict rests on, beside those already pinned.
fn pins(
    problem: &Problem,
    universe: &Universe,
    conflict: &Conflict,
    known: &[Pin],
) -> Vec<Vec<Pin>> {
    let mut all = Vec::new();
    for place in &conflict.requirements {
        if known.iter().any(|pin| pin.requirement == *place) {
            continue;
        }
        for position in versions(problem, universe, *place) {
            let mut pins = known.to_vec();
            pins.push(Pin { requirement: *place, position });
            pins.sort_unstable();
            all.push(pins);
        }
    }
    all
}

/// The versions of a requirement that are worth a try, by their positions: of each minor version
/// the latest, from the latest on.
fn versions(problem: &Problem, universe: &Universe, place: usize) -> Vec<u32> {
    let requirement = problem.project.requirements().nth(place);
    let Some((_, name, requirement)) = requirement else { return Vec::new() };
    let Some(Some(packument)) = universe.packument(name.as_str()) else { return Vec::new() };
    let Ok(ecosystems::npm::Spec::Range(range)) = requirement.spec() else { return Vec::new() };
    let mut last: Option<&Version> = None;
    let mut positions = Vec::new();
    for (place, manifest) in packument.manifests.iter().enumerate().rev() {
        let (Ok(position), version) = (u32::try_from(place), &manifest.version) else { continue };
        let is_late = problem.policy.before.zip(manifest.published_at);
        let is_out = is_late.is_some_and(|(before, at)| at > before)
            || manifest.traits.deprecated.is_some()
            || !range.contains(version);
        let line = |version: &Version| (version.major, version.minor);
        if is_out || last.is_some_and(|last| line(last) == line(version)) {
            continue;
        }
        last = Some(version);
        positions.push(position);
    }
    positions.truncate(MOST_VERSIONS);
    positions
}

/// Says which versions are other ones than npm's.
fn note(problem: &Problem, pins: &[Pin], solution: &mut Solution) {
    for pin in pins {
        let Some((_, name, spec)) = problem.project.requirements().nth(pin.requirement) else {
            continue;
        };
        let edge = solution.places[0].edges.iter().find(|edge| edge.name == name.as_str());
        let to = edge.and_then(|edge| edge.to).map(|to| &solution.places[to].content);
        if let Some(super::Content::Release { packument, position }) = to {
            let version = packument.manifests[*position as usize].version.clone();
            let (name, spec) = (name.to_string(), spec.to_string());
            solution.adjusted.push(Adjusted { name, spec, version });
        }
    }
}
