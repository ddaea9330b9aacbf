//! Python's projects as problems for the search.
//!
//! The order in which things are decided is uv's, so that answers are: projects pinned by `==`
//! first, then those that keep getting into conflicts, then in the order in which they were first
//! named; of a project the newest version that fits, stable ones before pre-releases.

mod ahead;
mod barriers;
mod candidates;
mod check;
mod edges;
mod explain;
mod line;
mod problem;
mod published;
mod requirements;
mod rules;
mod solution;
mod universe;
mod ways;
mod widen;

pub use ahead::{ahead, following};
pub use barriers::barriers;
pub use candidates::Verdict;
pub use check::{Checker, check};
pub use problem::{Policy, Prereleases, Problem, Projects, Root};
pub use published::Published;
pub use solution::{Edge, Pick, Solution};
pub use universe::{Gap, Universe};
pub use widen::widen;

pub use crate::Partial;
use crate::conflict::Conflict;
use crate::search::{Budget, Found, search};
use rules::PypiRules;

/// What came of a problem.
#[derive(Debug)]
pub enum Outcome {
    /// A version for everything that is needed.
    Solved(Solution),
    /// There is none, and why; with the facts that were looked at.
    Conflict(Conflict, Vec<Gap>),
    /// Facts that are missing.
    Gaps(Vec<Gap>),
    /// The budget is spent.
    Spent(Partial),
}

/// Solves `problem` as far as `universe` goes.
///
/// Returns what came of it and the steps taken. The same problem over the same universe has the
/// same outcome, always.
pub fn solve(problem: &Problem, universe: &Universe, budget: &Budget<'_>) -> (Outcome, u64) {
    let rules = PypiRules::new(problem, universe);
    let (found, steps) = search(&rules, rules.root(), budget);
    let outcome = match found {
        Found::Solution(picked) => Outcome::Solved(solution::read(&rules, picked)),
        Found::Conflict(leaves) => {
            Outcome::Conflict(explain::explain(&rules, &leaves), rules.footprint())
        }
        Found::Gaps(mut gaps) => {
            gaps.sort_unstable();
            gaps.dedup();
            Outcome::Gaps(gaps)
        }
        Found::Spent(spent) => Outcome::Spent(rules.partial(spent)),
    };
    (outcome, steps)
}
