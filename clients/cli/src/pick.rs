//! Chooses from an answer what a client has already.
//!
//! Any acceptable version of a package will do, whatever is picked of the others. So each package by
//! itself gets the best version that is held, and the chosen one where none is; what no picked version
//! needs is then left out. A version that is not held is never fetched unless it is the chosen one: of
//! others the answer does not say where they lie.

use std::collections::{BTreeSet, HashMap, HashSet};

use proto::v1::{Artifact, Package, RegistryGroup, Solution, package::Details};

use crate::{
    answer::{self, Places},
    input::name::normalize,
};

/// The versions that a client has.
#[derive(Clone, Debug, Default)]
pub struct Store {
    by_name: HashMap<String, HashSet<String>>,
    /// The same by the one spelling that PyPI has of a name.
    by_normal_name: HashMap<String, HashSet<String>>,
}

impl Store {
    /// Adds a version of a package.
    pub fn add(&mut self, name: &str, version: &str) {
        self.by_name.entry(name.to_owned()).or_default().insert(version.to_owned());
        self.by_normal_name.entry(normalize(name)).or_default().insert(version.to_owned());
    }

    /// Whether the client has a version of a package, by itself or by what the service was told.
    fn holds(&self, package: &Package, version: &str) -> bool {
        let own = match &package.details {
            Some(Details::Pypi(_)) => self.by_normal_name.get(&package.name),
            _ => self.by_name.get(&package.name),
        };
        own.is_some_and(|versions| versions.contains(version))
            || package.held_versions.iter().any(|held| held == version)
    }
}

/// What happens to a package that is picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It is there already.
    Keep,
    /// It is to be fetched.
    Fetch,
    /// It comes inside the artifact of another package.
    Bundled,
    /// It is listed and never installed.
    Inert,
}

/// A version that is picked for a slot.
#[derive(Clone, Copy, Debug)]
pub struct Picked<'a> {
    /// The registry that stores it.
    pub group: &'a RegistryGroup,
    /// The package.
    pub package: &'a Package,
    /// One of its acceptable versions.
    pub version: &'a str,
    /// What happens to it.
    pub fate: Fate,
}

impl<'a> Picked<'a> {
    /// The file to fetch, where the answer says which.
    pub fn file(&self) -> Option<&'a Artifact> {
        self.package.artifacts.first().filter(|_| self.fate == Fate::Fetch)
    }
}

/// What is picked from a solution.
#[derive(Clone, Debug)]
pub struct Pick<'a> {
    /// What is installed, in the order of the answer.
    pub picked: Vec<Picked<'a>>,
    /// What the answer has and the picked versions do not need.
    pub unneeded: Vec<&'a Package>,
}

/// Picks from a solution, which must be one that [`verify`](crate::verify) finds no fault with.
pub fn pick<'a>(solution: &'a Solution, store: &Store) -> Pick<'a> {
    let places = Places::of(solution);
    let needed = places.reached(|package| version(package, store));
    let mut pick = Pick { picked: Vec::new(), unneeded: Vec::new() };
    for (group, package) in answer::grouped(solution) {
        if !needed.contains(package.slot.as_str()) && !stays(package, &needed) {
            pick.unneeded.push(package);
            continue;
        }
        let version = version(package, store);
        let fate = fate(package, store.holds(package, version));
        pick.picked.push(Picked { group, package, version, fate });
    }
    pick
}

/// Whether a package stays although no edge leads to it: what is loose does, with the package that it
/// lies in.
fn stays(package: &Package, needed: &BTreeSet<&str>) -> bool {
    let Some(Details::Npm(npm)) = &package.details else { return false };
    let around = npm.location.rsplit_once("/node_modules/").map(|(around, _)| around);
    answer::is_loose(package) && around.is_none_or(|around| needed.contains(around))
}

/// The best version that is held, else the chosen one.
fn version<'a>(package: &'a Package, store: &Store) -> &'a str {
    let mut acceptable = package.acceptable_versions.iter();
    acceptable.find(|version| store.holds(package, version)).unwrap_or(&package.version)
}

fn fate(package: &Package, is_held: bool) -> Fate {
    let npm = match &package.details {
        Some(Details::Npm(npm)) => Some(npm),
        _ => None,
    };
    if npm.is_some_and(|npm| npm.in_bundle) {
        Fate::Bundled
    } else if npm.and_then(|npm| npm.purpose).is_some_and(|purpose| purpose.inert) {
        Fate::Inert
    } else if is_held {
        Fate::Keep
    } else {
        Fate::Fetch
    }
}

#[cfg(test)]
mod tests;
