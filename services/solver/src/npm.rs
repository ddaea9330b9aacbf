//! JavaScript's packages, put into folders as npm puts them.
//!
//! An answer is a tree of folders: several versions of a package may lie in it, and a name means
//! the nearest one around whoever asks. Which versions are taken follows from where they fit, so
//! that the answer is npm's only if the tree is built as npm 11 builds it: the shallowest place
//! that fits, breadth first, peers together.

mod adjust;
mod ahead;
mod build;
mod check;
mod explain;
mod facts;
mod flags;
mod locked;
mod overrides;
mod place;
mod platform;
mod problem;
mod solution;
mod tree;
mod universe;
mod widen;

pub use ahead::ahead;
pub use check::{Checker, barriers, check};
pub use facts::DependencyKind;
pub use platform::{Platform, View, installed};
pub use problem::{
    Folder, InstallStrategy, LockedContent, LockedPlace, Override, OverrideValue, Policy, Problem,
    Project,
};
pub use solution::{Adjusted, Content, Edge, Passed, Place, Purpose, Solution};
pub use universe::Universe;
pub use widen::widen;

use ecosystems::npm::Name;

use crate::conflict::Conflict;
use crate::partial::Partial;
use crate::search::Budget;
use build::{Builder, Stop};
use facts::{Facts, Pin};

/// What came of a problem.
#[derive(Debug)]
pub enum Outcome {
    /// A place for everything that is needed.
    Solved(Solution),
    /// There is none, and why; with the packages that were asked for.
    Conflict(Conflict, Vec<Name>),
    /// Packages of which it is not known what the registry says.
    Gaps(Vec<Name>),
    /// The budget is spent. What had a place by then is what was decided, in that order, though any
    /// of it might have moved; contended is what was put somewhere against a requirement for it.
    Spent(Partial),
}

/// Solves `problem` as far as `universe` goes.
///
/// Returns what came of it and the steps taken. The same problem over the same universe has the
/// same outcome, always.
pub fn solve(problem: &Problem, universe: &Universe, budget: &Budget<'_>) -> (Outcome, u64) {
    let (first, mut steps) = attempt(problem, universe, budget, &[]);
    let mut outcome = first;
    if problem.policy.adjusts
        && let Attempt::Refused(conflict, asked) = &outcome
    {
        let left = budget.steps.saturating_sub(steps);
        let budget = Budget { steps: left, interrupted: budget.interrupted };
        let (other, further) = adjust::adjust(problem, universe, &budget, (conflict, asked));
        steps += further;
        outcome = other.unwrap_or(outcome);
    }
    let outcome = match outcome {
        Attempt::Solved(solution) => Outcome::Solved(solution),
        Attempt::Refused(conflict, footprint) | Attempt::Impossible(conflict, footprint) => {
            Outcome::Conflict(conflict, footprint)
        }
        Attempt::Gaps(gaps) => Outcome::Gaps(gaps),
        Attempt::Spent(partial) => Outcome::Spent(partial),
    };
    (outcome, steps)
}

/// What came of building one tree.
#[derive(Debug)]
enum Attempt {
    Solved(Solution),
    /// Npm refuses it, since requirements do not agree.
    Refused(Conflict, Vec<Name>),
    /// Something that is required cannot be had, whatever is taken of all else.
    Impossible(Conflict, Vec<Name>),
    Gaps(Vec<Name>),
    Spent(Partial),
}

/// Builds one tree, in which some of the project's requirements are pinned.
fn attempt(
    problem: &Problem,
    universe: &Universe,
    budget: &Budget<'_>,
    pins: &[Pin],
) -> (Attempt, u64) {
    let mut builder = Builder::new(Facts::new(problem, universe, pins), budget);
    let stop = match builder.overridden_by_itself() {
        Some(edge) => Some(Stop::Overridden(edge)),
        None => builder.build().err(),
    };
    let stop = stop.or_else(|| {
        builder.find_flags();
        if !problem.locked.is_empty() {
            builder.take_out_extraneous();
        }
        builder.set_failed_aside().map(Stop::Failed)
    });
    let gaps = ahead::gaps(&builder.tree.facts);
    let attempt = match stop {
        Some(Stop::Spent { is_interrupted: true }) => Attempt::Spent(builder.partial(true)),
        _ if !gaps.is_empty() => Attempt::Gaps(gaps),
        Some(Stop::Spent { is_interrupted }) => Attempt::Spent(builder.partial(is_interrupted)),
        Some(stop) => {
            let conflict = explain::explain(&builder, &stop);
            let footprint = builder.tree.facts.footprint();
            match stop {
                Stop::Clash(_) => Attempt::Refused(conflict, footprint),
                Stop::Overridden(_) | Stop::Failed(_) | Stop::Spent { .. } => {
                    Attempt::Impossible(conflict, footprint)
                }
            }
        }
        None => Attempt::Solved(solution::read(&builder)),
    };
    (attempt, builder.steps.get())
}
