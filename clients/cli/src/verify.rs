//! Checks an answer offline, by comparing texts.
//!
//! An answer claims that any pick of one acceptable version per package is an install set. Whoever
//! cannot read ranges believes it by its certificate: each package lists what edges ask of it, with the
//! versions that meet it. The claim follows if every edge of every acceptable version has a target in the
//! answer, and every acceptable version of the target is in the list. For `app` 1 and 2 needing
//! `web >=1`, with `web` 1.0 and 1.1 acceptable, `web` lists under `>=1` both 1.0 and 1.1.
//!
//! Deliberately absent: whether a list is true to its range. That takes versions to be read and compared,
//! which is the service's part.

mod edges;
mod shape;

use proto::v1::{Edge, Package, Solution, Violation, package::Details};

use crate::answer::{self, Places};

/// How much of an answer is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// That it is whole and does not contradict itself.
    Shape,
    /// That its certificate proves it, too.
    Certificate,
}

/// How much a valid answer proves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Proved {
    /// How many packages there are.
    pub packages: usize,
    /// How many acceptable versions they have in all.
    pub versions: usize,
    /// How many edges lead to them, those of the project included.
    pub edges: usize,
    /// How many picks of one version per package there are, as the exponent of ten.
    pub magnitude: f64,
}

impl Proved {
    /// Counts a solution.
    pub fn by(solution: &Solution) -> Self {
        let mut proved = Self { packages: 0, versions: 0, edges: 0, magnitude: 0.0 };
        for package in answer::packages(solution) {
            let versions = package.acceptable_versions.len();
            proved.packages += 1;
            proved.versions += versions;
            proved.edges += package.edges.len();
            // No list is as long as that a digit were lost.
            #[expect(clippy::cast_precision_loss, reason = "shown as a power of ten")]
            let choices = versions.max(1) as f64;
            proved.magnitude += choices.log10();
        }
        proved.edges += solution.root_edges.len();
        proved
    }
}

/// Whether a solution says what its edges admit, so that it can be checked at all. An empty one has
/// nothing to say.
pub fn has_certificate(solution: &Solution) -> bool {
    let mut packages = answer::packages(solution).peekable();
    packages.peek().is_none() || packages.any(|package| !package.admitted.is_empty())
}

/// Tells what is wrong with a solution, package by package. Empty means that it holds.
pub fn violations(solution: &Solution, extent: Extent) -> Vec<Violation> {
    let places = Places::of(solution);
    let mut found = Vec::new();
    shape::check_solution(solution, &mut found);
    for edge in &solution.root_edges {
        edges::check_root(edge, &places, extent, &mut found);
    }
    for package in answer::packages(solution) {
        shape::check_package(package, &mut found);
        for edge in &package.edges {
            edges::check(package, edge, &places, extent, &mut found);
        }
    }
    check_links(solution, &mut found);
    check_reach(solution, &places, &mut found);
    found
}

/// A native library has one holder.
fn check_links(solution: &Solution, found: &mut Vec<Violation>) {
    let mut holders: Vec<(&str, &Package)> = Vec::new();
    for package in answer::packages(solution) {
        let Some(Details::Cargo(cargo)) = &package.details else { continue };
        if cargo.links.is_empty() {
            continue;
        }
        match holders.iter().find(|(links, _)| *links == cargo.links) {
            Some((links, holder)) => {
                let text = format!("it links `{links}`, and so does `{}`", holder.slot);
                found.push(violation(&package.slot, &package.version, text));
            }
            None => holders.push((&cargo.links, package)),
        }
    }
}

/// The chosen versions need every package of the answer.
fn check_reach(solution: &Solution, places: &Places<'_>, found: &mut Vec<Violation>) {
    let reached = places.reached(|package| &package.version);
    for package in answer::packages(solution) {
        let is_reached = reached.contains(package.slot.as_str());
        if !is_reached && !package.slot.is_empty() && !answer::is_loose(package) {
            let text = "no edge of the project or of a chosen version leads to it".to_owned();
            found.push(violation(&package.slot, &package.version, text));
        }
    }
}

/// Tells a violation in one line.
pub fn told(violation: &Violation) -> String {
    let Violation { slot, version, text } = violation;
    match (slot.as_str(), version.as_str()) {
        ("", _) => text.clone(),
        (slot, "") => format!("`{slot}`: {text}"),
        (slot, version) => format!("`{slot}` {version}: {text}"),
    }
}

fn violation(slot: &str, version: &str, text: String) -> Violation {
    Violation { slot: slot.to_owned(), version: version.to_owned(), text }
}

/// An edge, as its author wrote it.
fn written(edge: &Edge) -> &str {
    if edge.requirement.is_empty() { &edge.target } else { &edge.requirement }
}

/// The first text of a list that an earlier one equals.
fn repeated(texts: &[String]) -> Option<&String> {
    let mut seen = std::collections::HashSet::new();
    texts.iter().find(|text| !seen.insert(text.as_str()))
}

#[cfg(test)]
mod tests;
