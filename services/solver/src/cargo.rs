//! Rust's packages as problems for the search.
//!
//! What is solved is the lock file: all features of the members and all targets at once, as cargo
//! does it (reference, "Dependency resolution"). The order of decisions is cargo's too, as far as a
//! search that learns can have it: the dependency with the fewest candidates first, then the one
//! met first; of a package the candidate that works with most of the members' compilers, then the
//! newest.

mod ahead;
mod barriers;
mod build;
mod candidates;
mod check;
mod explain;
mod features;
mod locks;
mod patches;
mod problem;
mod rules;
mod solution;
mod universe;
mod widen;

pub use ahead::ahead;
pub use barriers::barriers;
pub use build::{
    Asked, BuildEdge, BuildSet, Built, FeatureResolver, Platforms, ProcMacros, Selection,
    SelectionError, Side, Unit, build_set,
};
pub use check::{Checker, check};
pub use problem::{Locked, LockedEdge, Member, Patch, Policy, Problem, Replacement};
pub use solution::{Edge, MemberPick, Pick, Solution, Target, UnusedPatch};
pub use universe::{Crate, Universe};
pub use widen::widen;

pub use crate::Partial;
use crate::conflict::Conflict;
use crate::search::{Budget, Found, search};
use rules::CargoRules;

/// A fact that is missing: what the index of its registry says of a package.
pub type Gap = Crate;

/// What came of a problem.
#[derive(Debug)]
pub enum Outcome {
    /// A version for everything that is needed.
    Solved(Solution),
    /// There is none, and why; with the facts that were looked at. That what cargo would choose
    /// needs itself is a conflict too: no other choice is looked for.
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
    let rules = CargoRules::new(problem, universe);
    if rules.patches().unknown.is_empty() && !rules.patches().faults.is_empty() {
        return (Outcome::Conflict(explain::patches(&rules), rules.footprint()), 0);
    }
    let (found, steps) = search(&rules, rules.root(), budget);
    let outcome = match found {
        Found::Solution(picked) => match solution::read(&rules, &picked) {
            Ok(solution) => Outcome::Solved(solution),
            Err(cycle) => Outcome::Conflict(explain::cycle(&rules, &cycle), rules.footprint()),
        },
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
