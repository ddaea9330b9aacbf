//! What explanations ask of crates.

use ecosystems::cargo::{Name, Requirement, Version};
use solver::cargo::{Edge, Solution, Universe, barriers};
use solver::widen::{AcceptableSet, Barrier};

use super::{Asked, Cargo};
use crate::explain::{Explains, spelled};

impl Explains for Cargo {
    fn packages(solution: &Solution) -> impl Iterator<Item = Option<&str>> {
        solution.picks.iter().map(|pick| Some(pick.package.name.as_str()))
    }

    fn count_listed(solution: &Solution, slot: usize) -> usize {
        solution.picks[slot].listing.releases.len()
    }

    fn version_at(solution: &Solution, slot: usize, position: u32) -> String {
        solution.picks[slot].listing.releases[position as usize].version.to_string()
    }

    fn chosen(solution: &Solution, slot: usize) -> u32 {
        solution.picks[slot].position
    }

    fn barriers(
        asked: &Asked,
        universe: &Universe,
        (solution, sets): (&Solution, &[AcceptableSet<Edge>]),
        version: (usize, u32),
    ) -> Vec<Barrier> {
        barriers(&asked.problem, universe, solution, sets, version)
    }

    fn canonical(package: &str) -> Result<String, String> {
        spelled(Name::parse(package))
    }

    fn range(text: &str) -> Result<String, String> {
        match Version::parse(text) {
            Ok(version) => Ok(format!("={version}")),
            Err(_) => spelled(Requirement::parse(text)),
        }
    }
}
