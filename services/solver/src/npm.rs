//! JavaScript's packages, put into folders as npm puts them.
//!
//! An answer is a tree of folders: several versions of a package may lie in it, and a name means
//! the nearest one around whoever asks. Which versions are taken follows from where they fit, so
//! that the answer is npm's only if the tree is built as npm 11 builds it: the shallowest place
//! that fits, breadth first, peers together.

mod ahead;
mod build;
mod explain;
mod facts;
mod flags;
mod overrides;
mod place;
mod problem;
mod solution;
mod tree;
mod universe;

pub use ahead::ahead;
pub use facts::DependencyKind;
pub use problem::{Folder, InstallStrategy, Override, OverrideValue, Policy, Problem, Project};
pub use solution::{Content, Edge, Passed, Place, Purpose, Solution};
pub use universe::Universe;

use ecosystems::npm::Name;

use crate::conflict::Conflict;
use crate::search::Budget;
use build::{Builder, Stop};
use facts::Facts;

/// What came of a problem.
#[derive(Debug)]
pub enum Outcome {
    /// A place for everything that is needed.
    Solved(Solution),
    /// There is none, and why; with the packages that were asked for.
    Conflict(Conflict, Vec<Name>),
    /// Packages of which it is not known what the registry says.
    Gaps(Vec<Name>),
    /// The budget is spent; whether because the caller lost patience.
    Spent {
        /// Whether the caller lost patience, rather than the steps running out.
        interrupted: bool,
    },
}

/// Solves `problem` as far as `universe` goes.
///
/// Returns what came of it and the steps taken. The same problem over the same universe has the
/// same outcome, always.
pub fn solve(problem: &Problem, universe: &Universe, budget: &Budget<'_>) -> (Outcome, u64) {
    let mut builder = Builder::new(Facts::new(problem, universe), budget);
    let stop = match builder.overridden_by_itself() {
        Some(edge) => Some(Stop::Overridden(edge)),
        None => builder.build().err(),
    };
    let steps = builder.steps.get();
    let gaps = ahead::gaps(&builder.tree.facts);
    let stop = stop.or_else(|| {
        builder.find_flags();
        builder.set_failed_aside().map(Stop::Failed)
    });
    let outcome = match stop {
        Some(Stop::Spent { is_interrupted }) => Outcome::Spent { interrupted: is_interrupted },
        _ if !gaps.is_empty() => Outcome::Gaps(gaps),
        Some(stop) => {
            let footprint = builder.tree.facts.footprint();
            Outcome::Conflict(explain::explain(&builder, &stop), footprint)
        }
        None => Outcome::Solved(solution::read(&builder)),
    };
    (outcome, steps)
}
