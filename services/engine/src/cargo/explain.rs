//! What explanations ask of crates.

use ecosystems::cargo::{Name, Requirement, Version};
use solver::cargo::{Edge, Solution, Universe};
use solver::widen::{AcceptableSet, Barrier};

use super::{Asked, Cargo};
use crate::explain::Explains;

impl Explains for Cargo {
    fn slots(solution: &Solution, package: &str) -> Vec<usize> {
        let picks = solution.picks.iter().enumerate();
        let named = picks.filter(|(_, pick)| pick.package.name.as_str() == package);
        named.map(|(at, _)| at).collect()
    }

    fn versions(solution: &Solution, slot: usize) -> Vec<String> {
        let releases = solution.picks[slot].listing.releases.iter();
        releases.map(|release| release.version.to_string()).collect()
    }

    fn chosen(solution: &Solution, slot: usize) -> u32 {
        solution.picks[slot].position
    }

    fn told(solution: &Solution, slot: usize, position: u32) -> String {
        let pick = &solution.picks[slot];
        format!("`{}` {}", pick.package, pick.listing.releases[position as usize].version)
    }

    fn barriers(
        asked: &Asked,
        universe: &Universe,
        (solution, sets): (&Solution, &[AcceptableSet<Edge>]),
        slot: usize,
        position: u32,
    ) -> Vec<Barrier> {
        solver::cargo::barriers(&asked.problem, universe, solution, sets, slot, position)
    }

    /// Several lines of a crate may lie beside each other: requiring one more would be another
    /// question.
    fn requiring(_asked: &Asked, _package: &str, _range: &str) -> Option<Asked> {
        None
    }

    fn canonical(package: &str) -> Result<String, String> {
        Name::parse(package).map(|name| name.to_string()).map_err(|error| error.to_string())
    }

    fn range(text: &str) -> Result<String, String> {
        match (Version::parse(text), Requirement::parse(text)) {
            (Ok(version), _) => Ok(format!("={version}")),
            (Err(_), Ok(requirement)) => Ok(requirement.to_string()),
            (Err(_), Err(error)) => Err(error.to_string()),
        }
    }
}
