//! What explanations ask of an ecosystem.

use std::fmt::Display;

use solver::widen::{AcceptableSet, Barrier};

use crate::ecosystem::Ecosystem;

/// An ecosystem whose answers can be explained.
pub(crate) trait Explains: Ecosystem {
    /// The canonical name of the package in each place of a solution; none where no release is.
    fn packages(solution: &Self::Solution) -> impl Iterator<Item = Option<&str>>;

    /// How many versions are listed of the package in a place.
    fn count_listed(solution: &Self::Solution, slot: usize) -> usize;

    /// A version that is listed of the package in a place, by position.
    fn version_at(solution: &Self::Solution, slot: usize, position: u32) -> String;

    /// The position of the version in a place.
    fn chosen(solution: &Self::Solution, slot: usize) -> u32;

    /// A place, as it is told behind a version that lies there; empty where the package says enough.
    fn place(_solution: &Self::Solution, _slot: usize) -> String {
        String::new()
    }

    /// Why a version is in no acceptable set of a place; nothing if it is in there, or could be.
    fn barriers(
        problem: &Self::Problem,
        universe: &Self::Universe,
        found: (&Self::Solution, &[AcceptableSet<Self::Edge>]),
        version: (usize, u32),
    ) -> Vec<Barrier>;

    /// The same problem, in which the project requires a package too, and the place of that
    /// requirement. None where several versions of a package may lie beside each other: there it
    /// would be another question.
    fn requiring(
        _problem: &Self::Problem,
        _package: &str,
        _range: &str,
    ) -> Option<(Self::Problem, usize)> {
        None
    }

    /// The canonical name of a package in any spelling, or what is wrong with it.
    fn canonical(package: &str) -> Result<String, String>;

    /// The range that a version or a range means, or what is wrong with it.
    fn range(text: &str) -> Result<String, String>;

    /// The places of a solution that a package fills, by its canonical name.
    fn slots(solution: &Self::Solution, package: &str) -> Vec<usize> {
        let packages = Self::packages(solution).enumerate();
        packages.filter(|(_, name)| *name == Some(package)).map(|(slot, _)| slot).collect()
    }

    /// All versions that are listed of the package in a place, by position.
    fn versions(solution: &Self::Solution, slot: usize) -> Vec<String> {
        let positions = (0..).take(Self::count_listed(solution, slot));
        positions.map(|position| Self::version_at(solution, slot, position)).collect()
    }

    /// A version in a place, for people.
    fn told(solution: &Self::Solution, slot: usize, position: u32) -> String {
        let place = Self::place(solution, slot);
        match Self::packages(solution).nth(slot).flatten() {
            Some(name) => {
                format!("`{name}` {}{place}", Self::version_at(solution, slot, position))
            }
            None => place,
        }
    }
}

/// A text that was understood as the ecosystem writes it, or what is wrong with it.
pub(crate) fn spelled(read: Result<impl Display, impl Display>) -> Result<String, String> {
    read.map(|read| read.to_string()).map_err(|error| error.to_string())
}
