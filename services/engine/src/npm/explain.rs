//! What explanations ask of npm's packages.

use ecosystems::npm::{Name, Packument, Range, Reading};
use solver::npm::{Content, Edge, Place, Solution, Universe, barriers};
use solver::widen::{AcceptableSet, Barrier};

use super::{Asked, Npm};
use crate::explain::{Explains, spelled};

impl Explains for Npm {
    fn packages(solution: &Solution) -> impl Iterator<Item = Option<&str>> {
        solution.places.iter().map(|place| release(place).map(|_| place.package.as_str()))
    }

    fn count_listed(solution: &Solution, slot: usize) -> usize {
        release(&solution.places[slot]).map_or(0, |(packument, _)| packument.manifests.len())
    }

    fn version_at(solution: &Solution, slot: usize, position: u32) -> String {
        let manifest = release(&solution.places[slot])
            .and_then(|(packument, _)| packument.manifests.get(position as usize));
        manifest.map_or_else(String::new, ecosystems::npm::Manifest::stated_version)
    }

    fn chosen(solution: &Solution, slot: usize) -> u32 {
        release(&solution.places[slot]).map_or(0, |(_, position)| position)
    }

    fn place(solution: &Solution, slot: usize) -> String {
        let place = &solution.places[slot];
        match place.content {
            Content::Release { .. } => format!(" in `{}`", place.location),
            Content::Project => "the project".to_owned(),
            Content::Folder(_) | Content::Link(_) => format!("`{}`", place.location),
        }
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
        Range::parse(text, Reading::LOOSE)
            .map(|range| range.as_str().to_owned())
            .map_err(|error| error.to_string())
    }
}

fn release(place: &Place) -> Option<(&Packument, u32)> {
    match &place.content {
        Content::Release { packument, position } => Some((packument, *position)),
        Content::Project | Content::Folder(_) | Content::Link(_) => None,
    }
}
