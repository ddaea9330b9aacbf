//! What a lock file at hand has dependencies point to, and how far that holds.
//!
//! A dependency keeps pointing to the version that it was locked to. One of which the lock file
//! tells nothing points to the oldest version in it that meets the requirement. All that does not
//! hold where the file no longer fits the manifests, or the user wants something newer: what is
//! needed there, directly or not, is only preferred to other versions, as cargo has it.

use ecosystems::cargo::{Dependency, Kind, Name, Version};
use rustc_hash::{FxHashMap, FxHashSet};

use super::candidates::Preference;
use super::universe::CrateId;
use super::{Crate, Problem};

/// The lock file of one problem.
#[derive(Debug, Default)]
pub(crate) struct Locks<'a> {
    /// The versions to prefer of each package, ascending, with their places in the problem's list.
    preferred: FxHashMap<CrateId, Vec<(&'a Version, usize)>>,
    /// What dependencies keep pointing to, by place.
    holding: FxHashSet<usize>,
}

impl<'a> Locks<'a> {
    /// Reads the lock file of a problem. `id` numbers the packages that are known.
    pub(crate) fn new(problem: &'a Problem, id: impl Fn(&Crate) -> Option<CrateId>) -> Self {
        let mut locks = Self::default();
        let wanted = problem.locked.iter().enumerate().filter(|(_, locked)| !locked.is_to_update);
        for (place, locked) in wanted {
            if let Some(id) = id(&locked.package) {
                locks.preferred.entry(id).or_default().push((&locked.version, place));
            }
        }
        locks.preferred.values_mut().for_each(|versions| versions.sort_unstable());
        let open = open(problem);
        locks.holding = (0..problem.locked.len()).filter(|place| !open.contains(place)).collect();
        locks
    }

    /// Whether the lock file has the package.
    pub(crate) fn knows(&self, id: CrateId) -> bool {
        self.preferred.contains_key(&id)
    }

    /// How much a version of a package is preferred.
    pub(crate) fn preference(&self, id: CrateId, version: &Version) -> Preference {
        match self.of(id).find(|(known, _)| *known == version) {
            None => Preference::None,
            Some((_, place)) if self.holds(*place) => Preference::Kept,
            Some(_) => Preference::Preferred,
        }
    }

    /// The place of a version of a package, if what it depends on is kept.
    pub(crate) fn place(&self, id: CrateId, version: &Version) -> Option<usize> {
        self.of(id)
            .find(|(known, place)| *known == version && self.holds(*place))
            .map(|(_, at)| *at)
    }

    /// The oldest version of a package that dependencies keep pointing to, among those that fit.
    pub(crate) fn oldest(
        &self,
        id: CrateId,
        fits: impl Fn(&Version) -> bool,
    ) -> Option<&'a Version> {
        self.of(id).find(|(version, place)| self.holds(*place) && fits(version)).map(|(at, _)| *at)
    }

    pub(crate) fn holds(&self, place: usize) -> bool {
        self.holding.contains(&place)
    }

    fn of(&self, id: CrateId) -> impl Iterator<Item = &(&'a Version, usize)> {
        self.preferred.get(&id).into_iter().flatten()
    }
}

/// The places that are not kept: what is to be updated, all of a registry of which a manifest
/// requires something that is not in the file, and what these need.
fn open(problem: &Problem) -> FxHashSet<usize> {
    let mut open = FxHashSet::default();
    let all = problem.locked.iter().enumerate();
    let updated = all.filter(|(_, locked)| locked.is_to_update).map(|(place, _)| place);
    let mut waiting: Vec<usize> = updated.collect();
    for registry in changed(problem) {
        let all = problem.locked.iter().enumerate();
        let theirs = all.filter(|(_, locked)| *locked.package.registry == *registry);
        waiting.extend(theirs.map(|(place, _)| place));
    }
    while let Some(place) = waiting.pop() {
        if open.insert(place) {
            waiting.extend(problem.locked.get(place).into_iter().flat_map(|locked| &locked.edges));
        }
    }
    open
}

/// The registries of which manifests require what the lock file does not have.
fn changed(problem: &Problem) -> FxHashSet<&str> {
    let mut changed = FxHashSet::default();
    if problem.locked.is_empty() {
        return changed;
    }
    let by_path: FxHashSet<usize> =
        problem.members.iter().flat_map(|member| member.paths.values().copied()).collect();
    for (number, member) in problem.members.iter().enumerate() {
        // Of a package that nothing reaches, nothing is required.
        if !member.in_workspace && !by_path.contains(&number) {
            continue;
        }
        for (place, dependency) in member.dependencies.iter().enumerate() {
            let counts =
                member.in_workspace || (!dependency.is_optional && dependency.kind != Kind::Dev);
            if counts && !member.paths.contains_key(&place) && !is_locked(problem, dependency) {
                changed.insert(dependency.registry.as_deref().unwrap_or(&problem.registry));
            }
        }
    }
    changed
}

/// Whether anything in the lock file meets a dependency, wherever it is from.
fn is_locked(problem: &Problem, dependency: &Dependency) -> bool {
    let fits = |name: &Name, version: &Version| {
        *name == dependency.package && dependency.requirement.matches(version)
    };
    problem.locked.iter().any(|locked| fits(&locked.package.name, &locked.version))
        || problem.members.iter().any(|member| fits(&member.name, &member.version))
}
