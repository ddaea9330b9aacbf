//! What explanations ask of npm's packages.

use ecosystems::npm::{Manifest, Name, Range, Reading};
use solver::npm::{Content, Edge, Solution, Universe};
use solver::widen::{AcceptableSet, Barrier};

use super::{Asked, Npm};
use crate::explain::Explains;

impl Explains for Npm {
    fn slots(solution: &Solution, package: &str) -> Vec<usize> {
        let places = solution.places.iter().enumerate();
        let releases = places.filter(|(_, place)| {
            place.package == package && matches!(place.content, Content::Release { .. })
        });
        releases.map(|(at, _)| at).collect()
    }

    fn versions(solution: &Solution, slot: usize) -> Vec<String> {
        match &solution.places[slot].content {
            Content::Release { packument, .. } => {
                packument.manifests.iter().map(Manifest::stated_version).collect()
            }
            Content::Project | Content::Folder(_) | Content::Link(_) => Vec::new(),
        }
    }

    fn chosen(solution: &Solution, slot: usize) -> u32 {
        match solution.places[slot].content {
            Content::Release { position, .. } => position,
            Content::Project | Content::Folder(_) | Content::Link(_) => 0,
        }
    }

    fn told(solution: &Solution, slot: usize, position: u32) -> String {
        let place = &solution.places[slot];
        match &place.content {
            Content::Release { packument, .. } => {
                let version = packument.manifests[position as usize].stated_version();
                format!("`{}` {version} in `{}`", place.package, place.location)
            }
            Content::Project => "the project".to_owned(),
            Content::Folder(_) | Content::Link(_) => format!("`{}`", place.location),
        }
    }

    fn barriers(
        asked: &Asked,
        universe: &Universe,
        (solution, sets): (&Solution, &[AcceptableSet<Edge>]),
        slot: usize,
        position: u32,
    ) -> Vec<Barrier> {
        solver::npm::barriers(&asked.problem, universe, solution, sets, slot, position)
    }

    /// Several versions may lie in one tree: requiring one more would be another question.
    fn requiring(_asked: &Asked, _package: &str, _range: &str) -> Option<Asked> {
        None
    }

    fn canonical(package: &str) -> Result<String, String> {
        Name::parse(package).map(|name| name.to_string()).map_err(|error| error.to_string())
    }

    fn range(text: &str) -> Result<String, String> {
        let range = Range::parse(text, Reading::LOOSE);
        range.map(|range| range.as_str().to_owned()).map_err(|error| error.to_string())
    }
}
