//! An answer that was kept in a file, as `qm resolve --format json` prints it.
//!
//! Slots, versions and ranges are texts here, and equal where they are equal as texts.

mod known;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
};

use proto::v1::{
    Edge, MemberPick, Package, ProjectAnswer, RegistryGroup, ResolveResponse, Solution,
    package::Details, project_answer::Outcome,
};

pub use self::known::whole;
use crate::print::json::{self, JsonError};

/// Why there is no answer to work with.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// The file cannot be read.
    #[error("could not read `{path}`: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// The file holds something else.
    #[error("`{path}` is no answer in JSON: {source}")]
    NoAnswer {
        /// The file.
        path: String,
        /// What is wrong with it.
        source: JsonError,
    },
    /// The response answers no project.
    #[error("`{path}` has no answer in it, only what was said about one")]
    Empty {
        /// The file.
        path: String,
    },
    /// The answer is that there is no install set, or none yet.
    #[error("`{path}` has no solution in it: {outcome}")]
    NoSolution {
        /// The file.
        path: String,
        /// How it ended instead.
        outcome: &'static str,
    },
    /// The answer says which versions are acceptable, and not what edges admit.
    #[error("`{path}` has no certificate: nothing in it says which versions its edges admit")]
    NoCertificate {
        /// The file.
        path: String,
    },
    /// The answer contradicts itself, so that nothing can be chosen from it.
    #[error("`{path}` does not hold: {violation}")]
    Invalid {
        /// The file.
        path: String,
        /// The first thing that is wrong with it.
        violation: String,
    },
}

impl AnswerError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Unreadable { .. } => None,
            Self::NoAnswer { source: JsonError::Read(_), .. } => Some(
                "`qm resolve FILE --format json` prints one; to read one of a newer `qm`, update this one",
            ),
            Self::NoAnswer { .. } => None,
            Self::Empty { .. } | Self::NoSolution { .. } => {
                Some("only the answer to a project that has a solution says what to install")
            }
            Self::NoCertificate { .. } => {
                Some("ask again with `qm resolve FILE --format json`, which asks for one")
            }
            Self::Invalid { .. } => {
                Some("`qm verify` tells all that is wrong with an answer that has a certificate")
            }
        }
    }
}

/// Reads the answer at `path`; `-` is stdin.
pub fn read(path: &Path) -> Result<ResolveResponse, AnswerError> {
    let name = named(path);
    let text =
        if is_stdin(path) { io::read_to_string(io::stdin()) } else { fs::read_to_string(path) };
    let text = text.map_err(|source| AnswerError::Unreadable { path: name.clone(), source })?;
    json::read(&text).map_err(|source| AnswerError::NoAnswer { path: name, source })
}

/// What messages call the answer at `path`.
pub fn named(path: &Path) -> String {
    if is_stdin(path) { "stdin".to_owned() } else { path.display().to_string() }
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The solutions of a response, each with its answer. It is an error if a project has none.
pub fn solutions<'a>(
    response: &'a ResolveResponse,
    path: &str,
) -> Result<Vec<(&'a ProjectAnswer, &'a Solution)>, AnswerError> {
    if response.answers.is_empty() {
        return Err(AnswerError::Empty { path: path.to_owned() });
    }
    response.answers.iter().map(|answer| Ok((answer, solution(answer, path)?))).collect()
}

fn solution<'a>(answer: &'a ProjectAnswer, path: &str) -> Result<&'a Solution, AnswerError> {
    let outcome = match &answer.outcome {
        Some(Outcome::Solution(solution)) => return Ok(solution),
        Some(Outcome::Conflict(_)) => "the requirements are in conflict",
        Some(Outcome::Needs(_)) => "it depends on metadata that only a build could tell",
        Some(Outcome::Exhausted(_)) => "a limit ended the work before there was one",
        None => "it ended in a way that this version of `qm` does not know",
    };
    Err(AnswerError::NoSolution { path: path.to_owned(), outcome })
}

/// What an edge leads to.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    /// A package of a registry.
    Package(&'a Package),
    /// A package of the project's own.
    Member(&'a MemberPick),
}

/// The places of a solution, by slot.
#[derive(Debug)]
pub struct Places<'a> {
    by_slot: BTreeMap<&'a str, Place<'a>>,
    root_edges: &'a [Edge],
}

impl<'a> Places<'a> {
    /// Finds the places of a solution. Of several with one slot, the last one counts.
    pub fn of(solution: &'a Solution) -> Self {
        let members = solution.members.iter();
        let members = members.map(|member| (member.slot.as_str(), Place::Member(member)));
        let packages = packages(solution);
        let packages = packages.map(|package| (package.slot.as_str(), Place::Package(package)));
        Self { by_slot: members.chain(packages).collect(), root_edges: &solution.root_edges }
    }

    /// What fills a slot.
    pub fn find(&self, slot: &str) -> Option<Place<'a>> {
        self.by_slot.get(slot).copied()
    }

    /// The slots of packages that the project's edges lead to, and from there on the edges of the
    /// version that `chosen` names for each package.
    pub fn reached(&self, chosen: impl Fn(&'a Package) -> &'a str) -> BTreeSet<&'a str> {
        let mut reached = BTreeSet::new();
        let mut waiting: Vec<&Edge> = self.root_edges.iter().collect();
        while let Some(edge) = waiting.pop() {
            let Some(Place::Package(package)) = self.find(&edge.target) else { continue };
            if reached.insert(package.slot.as_str()) {
                let version = chosen(package);
                waiting.extend(package.edges.iter().filter(|edge| is_of(edge, version)));
            }
        }
        reached
    }
}

/// Whether a version of a package has one of the package's edges.
pub fn is_of(edge: &Edge, version: &str) -> bool {
    edge.versions.is_empty() || edge.versions.iter().any(|of| of == version)
}

/// The packages of a solution, group by group.
pub fn packages(solution: &Solution) -> impl Iterator<Item = &Package> {
    solution.groups.iter().flat_map(|group| &group.packages)
}

/// The packages of a solution, each with its group.
pub fn grouped(solution: &Solution) -> impl Iterator<Item = (&RegistryGroup, &Package)> {
    let groups = solution.groups.iter();
    groups.flat_map(|group| group.packages.iter().map(move |package| (group, package)))
}

/// Whether a package is there although no edge need lead to it: npm keeps what nothing needs, and what
/// another package brings along.
pub fn is_loose(package: &Package) -> bool {
    let Some(Details::Npm(npm)) = &package.details else { return false };
    npm.in_bundle || npm.purpose.is_some_and(|purpose| purpose.extraneous)
}

#[cfg(test)]
pub(crate) mod samples;

#[cfg(test)]
mod tests;
