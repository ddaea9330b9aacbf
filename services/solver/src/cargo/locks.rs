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
use super::{Crate, Locked, LockedEdge, Problem};

/// The lock file of one problem.
#[derive(Debug, Default)]
pub(crate) struct Locks<'a> {
    /// The versions to prefer of each package, ascending, with their places in the problem's list.
    preferred: FxHashMap<CrateId, Vec<(&'a Version, usize)>>,
    /// Whether the file has anything at all.
    is_there: bool,
    /// What dependencies need not keep pointing to.
    open: FxHashSet<LockedEdge>,
}

impl<'a> Locks<'a> {
    /// Reads the lock file of a problem. `id` numbers the packages that are known.
    pub(crate) fn new(problem: &'a Problem, id: impl Fn(&Crate) -> Option<CrateId>) -> Self {
        let has_members = problem.members.iter().any(|member| member.locked.is_some());
        let is_there = has_members || !problem.locked.is_empty();
        let mut locks = Self { is_there, ..Self::default() };
        let wanted = problem.locked.iter().enumerate().filter(|(_, locked)| !locked.is_to_update);
        for (place, locked) in wanted {
            if let Some(id) = id(&locked.package) {
                locks.preferred.entry(id).or_default().push((&locked.version, place));
            }
        }
        locks.preferred.values_mut().for_each(|versions| versions.sort_unstable());
        locks.open = open(problem);
        locks
    }

    /// Whether there is a lock file at all.
    pub(crate) fn is_there(&self) -> bool {
        self.is_there
    }

    /// Whether the lock file has the package.
    pub(crate) fn knows(&self, id: CrateId) -> bool {
        self.preferred.contains_key(&id)
    }

    /// How much a version of a package is preferred.
    pub(crate) fn preference(&self, id: CrateId, version: &Version) -> Preference {
        match self.of(id).find(|(known, _)| *known == version) {
            None => Preference::None,
            Some((_, place)) if self.holds(LockedEdge::Package(*place)) => Preference::Kept,
            Some(_) => Preference::Preferred,
        }
    }

    /// The place of a version of a package, if what it depends on is kept.
    pub(crate) fn place(&self, id: CrateId, version: &Version) -> Option<usize> {
        self.of(id)
            .find(|(known, place)| *known == version && self.holds(LockedEdge::Package(*place)))
            .map(|(_, at)| *at)
    }

    /// The oldest version of a package that dependencies keep pointing to, among those that fit.
    pub(crate) fn oldest(
        &self,
        id: CrateId,
        fits: impl Fn(&Version) -> bool,
    ) -> Option<&'a Version> {
        let mut kept = self.of(id).filter(|(_, place)| self.holds(LockedEdge::Package(*place)));
        kept.find(|(version, _)| fits(version)).map(|(version, _)| *version)
    }

    /// Whether dependencies keep pointing to what the lock file has.
    pub(crate) fn holds(&self, locked: LockedEdge) -> bool {
        !self.open.contains(&locked)
    }

    fn of(&self, id: CrateId) -> impl Iterator<Item = &(&'a Version, usize)> {
        self.preferred.get(&id).into_iter().flatten()
    }
}

/// What is not kept: what is to be updated, all of a registry of which a manifest requires something
/// that is not in the file, and what these need, packages by path included.
fn open(problem: &Problem) -> FxHashSet<LockedEdge> {
    let mut open = FxHashSet::default();
    let changed = changed(problem);
    let is_open = |locked: &Locked| {
        locked.is_to_update || changed.iter().any(|registry| *locked.package.registry == **registry)
    };
    let all = problem.locked.iter().enumerate().filter(|(_, locked)| is_open(locked));
    let mut waiting: Vec<LockedEdge> = all.map(|(place, _)| LockedEdge::Package(place)).collect();
    while let Some(locked) = waiting.pop() {
        if open.insert(locked) {
            waiting.extend(edges(problem, locked));
        }
    }
    open
}

/// What the lock file has something in it depend on.
pub(crate) fn edges(problem: &Problem, of: LockedEdge) -> &[LockedEdge] {
    match of {
        LockedEdge::Package(place) => problem.locked.get(place).map(|locked| &locked.edges[..]),
        LockedEdge::Member(place) => {
            problem.members.get(place).and_then(|one| one.locked.as_deref())
        }
    }
    .unwrap_or_default()
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
        || problem
            .members
            .iter()
            .any(|member| member.locked.is_some() && fits(&member.name, &member.version))
}
