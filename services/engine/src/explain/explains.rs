//! What explanations ask of an ecosystem.

use solver::widen::{AcceptableSet, Barrier};

use crate::ecosystem::Ecosystem;

/// An ecosystem whose answers can be explained.
pub(crate) trait Explains: Ecosystem {
    /// The places of a solution that a package fills, by its canonical name.
    fn slots(solution: &Self::Solution, package: &str) -> Vec<usize>;

    /// All versions that are listed of the package in a place, by position.
    fn versions(solution: &Self::Solution, slot: usize) -> Vec<String>;

    /// The position of the version in a place.
    fn chosen(solution: &Self::Solution, slot: usize) -> u32;

    /// A version in a place, for people.
    fn told(solution: &Self::Solution, slot: usize, position: u32) -> String;

    /// Why a version is in no acceptable set of a place; nothing if it is in there, or could be.
    fn barriers(
        problem: &Self::Problem,
        universe: &Self::Universe,
        found: (&Self::Solution, &[AcceptableSet<Self::Edge>]),
        slot: usize,
        position: u32,
    ) -> Vec<Barrier>;

    /// The same problem, in which the project requires a package too; none where that would be
    /// another question.
    fn requiring(problem: &Self::Problem, package: &str, range: &str) -> Option<Self::Problem>;

    /// The canonical name of a package in any spelling, or what is wrong with it.
    fn canonical(package: &str) -> Result<String, String>;

    /// The range that a version or a range means, or what is wrong with it.
    fn range(text: &str) -> Result<String, String>;
}
