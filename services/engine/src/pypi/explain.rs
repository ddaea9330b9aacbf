//! What explanations ask of Python's packages.

use ecosystems::pypi::{Name, Requirement, Specifiers, parse_version};
use solver::pypi::{Edge, Problem, Root, Solution, Universe};
use solver::widen::{AcceptableSet, Barrier};

use super::Pypi;
use crate::explain::Explains;

impl Explains for Pypi {
    fn slots(solution: &Solution, package: &str) -> Vec<usize> {
        let picks = solution.picks.iter().enumerate();
        picks.filter(|(_, pick)| pick.name.as_str() == package).map(|(at, _)| at).collect()
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
        format!("`{}` {}", pick.name, pick.listing.releases[position as usize].version)
    }

    fn barriers(
        problem: &Problem,
        universe: &Universe,
        (solution, sets): (&Solution, &[AcceptableSet<Edge>]),
        slot: usize,
        position: u32,
    ) -> Vec<Barrier> {
        solver::pypi::barriers(problem, universe, solution, sets, slot, position)
    }

    fn requiring(problem: &Problem, package: &str, range: &str) -> Option<Problem> {
        let requirement = Requirement::parse(&format!("{package}{range}")).ok()?;
        let mut requiring = problem.clone();
        requiring.requirements.push(Root { requirement, hashes: Vec::new() });
        Some(requiring)
    }

    fn canonical(package: &str) -> Result<String, String> {
        Name::parse(package).map(|name| name.to_string()).map_err(|error| error.to_string())
    }

    fn range(text: &str) -> Result<String, String> {
        match (parse_version(text), Specifiers::parse(text)) {
            (Ok(version), _) => Ok(format!("=={version}")),
            (Err(_), Ok(specifiers)) => Ok(specifiers.to_string()),
            (Err(_), Err(error)) => Err(error.to_string()),
        }
    }
}
