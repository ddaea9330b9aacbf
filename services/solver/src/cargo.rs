//! Rust's packages as problems for the search.
//!
//! What is solved is the lock file: all features of the members and all targets at once, as cargo
//! does it (reference, "Dependency resolution"). The order of decisions is cargo's too, as far as a
//! search that learns can have it: the dependency with the fewest candidates first, then the one
//! met first; of a package the candidate that works with most of the members' compilers, then the
//! newest.

mod candidates;
mod problem;
mod rules;
mod solution;
mod universe;

use std::collections::BTreeSet;

pub use problem::{Member, Policy, Problem};
pub use solution::{Edge, MemberPick, Pick, Solution};
pub use universe::{Crate, Universe};

use crate::search::{Budget, Found, Leaf, search};
use rules::CargoRules;

/// What came of a problem.
#[derive(Debug)]
pub enum Outcome {
    /// A version for everything that is needed.
    Solved(Solution),
    /// There is none, and these packages take part in why.
    Conflict(BTreeSet<Crate>),
    /// What cargo would choose needs itself: the packages on the way round, as `name version`.
    Cycle(Vec<String>),
    /// Packages of which it is not known what the index says.
    Gaps(Vec<Crate>),
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
    let rules = CargoRules::new(problem, universe);
    let (found, steps) = search(&rules, rules.root(), budget);
    let outcome = match found {
        Found::Solution(picked) => match solution::read(&rules, &picked) {
            Ok(solution) => Outcome::Solved(solution),
            Err(cycle) => Outcome::Cycle(cycle),
        },
        Found::Conflict(leaves) => {
            let slots = leaves.iter().flat_map(Leaf::slots);
            Outcome::Conflict(slots.filter_map(|slot| rules.crate_of(slot)).collect())
        }
        Found::Gaps(gaps) => {
            let gaps: BTreeSet<Crate> = gaps.into_iter().collect();
            Outcome::Gaps(gaps.into_iter().collect())
        }
        Found::Spent(spent) => Outcome::Spent { interrupted: spent.interrupted },
    };
    (outcome, steps)
}
