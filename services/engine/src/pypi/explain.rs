//! What explanations ask of Python's packages.

use ecosystems::pypi::{Name, Requirement, Specifiers, parse_version};
use solver::pypi::{Edge, Problem, Root, Solution, Universe, barriers};
use solver::widen::{AcceptableSet, Barrier};

use super::Pypi;
use crate::explain::{Explains, spelled};

impl Explains for Pypi {
    fn packages(solution: &Solution) -> impl Iterator<Item = Option<&str>> {
        solution.picks.iter().map(|pick| Some(pick.name.as_str()))
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
        problem: &Problem,
        universe: &Universe,
        (solution, sets): (&Solution, &[AcceptableSet<Edge>]),
        version: (usize, u32),
    ) -> Vec<Barrier> {
        barriers(problem, universe, solution, sets, version)
    }

    fn requiring(problem: &Problem, package: &str, range: &str) -> Option<(Problem, usize)> {
        let requirement = Requirement::parse(&format!("{package}{range}")).ok()?;
        let mut requiring = problem.clone();
        requiring.requirements.push(Root { requirement, hashes: Vec::new() });
        Some((requiring, problem.requirements.len()))
    }

    fn canonical(package: &str) -> Result<String, String> {
        spelled(Name::parse(package))
    }

    fn range(text: &str) -> Result<String, String> {
        match parse_version(text) {
            Ok(version) => Ok(format!("=={version}")),
            Err(_) => spelled(Specifiers::parse(text)),
        }
    }
}
