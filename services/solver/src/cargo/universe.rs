//! What is known of indexes: listings, with what their dependencies point to.

use std::fmt;
use std::sync::Arc;

use ecosystems::cargo::{Dependency, Features, Listing, Name, Release, Requirement};

use super::candidates::Line;
use crate::interner::Interner;

/// A package in a registry. The same name in two registries is two packages.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Crate {
    /// Which registry: an opaque text, by which dependencies of published packages name it. That is
    /// the URL of its index.
    pub registry: Arc<str>,
    /// The package.
    pub name: Name,
}

/// An immutable snapshot of all that is known of some indexes.
///
/// Packages and requirements are interned, so that a solve compares numbers. Growing a universe
/// leaves the snapshots that others hold as they are.
#[derive(Clone, Debug, Default)]
pub struct Universe {
    crates: Arc<Interner<Crate>>,
    requirements: Arc<Interner<Requirement>>,
    packages: Arc<Vec<Option<Arc<Package>>>>,
    /// The names of features.
    texts: Arc<Interner<Arc<str>>>,
}

/// A package in a universe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct CrateId(pub(crate) u32);

/// A requirement in a universe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RequirementId(pub(crate) u32);

/// What a dependency asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    pub(crate) package: CrateId,
    pub(crate) requirement: RequirementId,
}

/// What is known of one package.
#[derive(Debug)]
pub(crate) struct Package {
    /// `None`: the registry does not have it.
    pub(crate) listing: Option<Arc<Listing>>,
    /// For each release, what its dependencies ask for, in their order.
    targets: Box<[Box<[Target]>]>,
    /// For each release, its features. Neighbours that have the same share them.
    features: Box<[Arc<FeatureSet>]>,
    /// The compatibility lines.
    pub(crate) lines: Box<[Line]>,
}

/// The names of features, by their numbers, ascending; and whether each asks for anything.
#[derive(Debug, Default)]
pub(crate) struct FeatureSet(Box<[(u32, bool)]>);

impl Universe {
    /// Adds what an index says of a package; `None` says that it does not have it.
    pub fn insert(&mut self, package: &Crate, listing: Option<Arc<Listing>>) {
        let releases = listing.as_ref().map_or(&[][..], |listing| &listing.releases);
        let targets = releases.iter().map(|release| {
            let dependencies = release.dependencies.iter();
            dependencies.map(|dependency| self.target(&package.registry, dependency)).collect()
        });
        let targets = targets.collect();
        let features = self.feature_sets(releases);
        let lines = Line::all(releases.iter().map(|release| &release.version)).into();
        let id = self.intern(package);
        let known = Some(Arc::new(Package { listing, targets, features, lines }));
        Arc::make_mut(&mut self.packages)[id.0 as usize] = known;
    }

    /// Takes back what was said of a package, so that it is asked for again.
    pub fn forget(&mut self, package: &Crate) {
        if let Some(id) = self.id(package).filter(|id| self.package(*id).is_some()) {
            Arc::make_mut(&mut self.packages)[id.0 as usize] = None;
        }
    }

    /// The listing of a package, if it is known and there is one.
    pub fn listing(&self, package: &Crate) -> Option<&Arc<Listing>> {
        self.package(self.id(package)?)?.listing.as_ref()
    }

    /// Packages and releases known, for statistics.
    pub fn size(&self) -> (usize, usize) {
        let packages = self.packages.iter().flatten();
        packages.fold((0, 0), |(packages, releases), package| {
            (packages + 1, releases + package.targets.len())
        })
    }

    /// Whether it is known what the index says of a package.
    pub fn has(&self, package: &Crate) -> bool {
        self.id(package).is_some_and(|id| self.package(id).is_some())
    }

    pub(crate) fn id(&self, package: &Crate) -> Option<CrateId> {
        self.crates.ids.get(package).copied().map(CrateId)
    }

    pub(crate) fn requirement_id(&self, requirement: &Requirement) -> Option<RequirementId> {
        self.requirements.ids.get(requirement).copied().map(RequirementId)
    }

    pub(crate) fn package(&self, id: CrateId) -> Option<&Package> {
        self.packages.get(id.0 as usize)?.as_deref()
    }

    /// The number of a feature's name.
    pub(crate) fn text_id(&self, text: &str) -> Option<u32> {
        self.texts.ids.get(text).copied()
    }

    /// The names of features, by their numbers.
    pub(crate) fn texts(&self) -> &[Arc<str>] {
        &self.texts.values
    }

    /// The packages that are named, by their numbers.
    pub(crate) fn crates(&self) -> &[Crate] {
        &self.crates.values
    }

    /// The requirements that are known, by their numbers.
    pub(crate) fn requirements(&self) -> &[Requirement] {
        &self.requirements.values
    }

    fn feature_sets(&mut self, releases: &[Release]) -> Box<[Arc<FeatureSet>]> {
        let mut sets: Vec<Arc<FeatureSet>> = Vec::with_capacity(releases.len());
        let mut last: Option<&Features> = None;
        for Release { features, .. } in releases {
            let shared =
                sets.last().filter(|_| last.is_some_and(|last| last.is_shared_with(features)));
            let set =
                shared.map(Arc::clone).unwrap_or_else(|| Arc::new(self.feature_set(features)));
            sets.push(set);
            last = Some(features);
        }
        sets.into()
    }

    fn feature_set(&mut self, features: &Features) -> FeatureSet {
        let numbered = features.iter().map(|(name, _)| {
            let number = Interner::intern_str(&mut self.texts, name);
            (number, features.asks_for_anything(name))
        });
        let mut numbered: Box<[(u32, bool)]> = numbered.collect();
        numbered.sort_unstable();
        FeatureSet(numbered)
    }

    fn intern(&mut self, package: &Crate) -> CrateId {
        let id = CrateId(Interner::intern(&mut self.crates, package, Clone::clone));
        if self.packages.len() <= id.0 as usize {
            Arc::make_mut(&mut self.packages).resize(id.0 as usize + 1, None);
        }
        id
    }

    fn target(&mut self, registry: &Arc<str>, dependency: &Dependency) -> Target {
        let package = Crate::required(registry, dependency);
        let requirement = &dependency.requirement;
        let requirement = Interner::intern(&mut self.requirements, requirement, Clone::clone);
        Target { package: self.intern(&package), requirement: RequirementId(requirement) }
    }
}

impl FeatureSet {
    /// Whether there is a feature, and if so, whether it asks for anything.
    pub(crate) fn asks(&self, feature: u32) -> Option<bool> {
        let place = self.0.binary_search_by_key(&feature, |(number, _)| *number);
        place.ok().map(|place| self.0[place].1)
    }
}

impl Package {
    /// The features of the release at a position.
    pub(crate) fn features(&self, position: u32) -> &FeatureSet {
        &self.features[position as usize]
    }

    /// What the dependencies of the release at a position ask for.
    pub(crate) fn targets(&self, position: u32) -> &[Target] {
        &self.targets[position as usize]
    }
}

impl Crate {
    /// What a dependency asks for, of a package in `registry`.
    pub(crate) fn required(registry: &Arc<str>, dependency: &Dependency) -> Self {
        let named = dependency.registry.as_deref();
        Self {
            registry: named.map_or_else(|| Arc::clone(registry), Arc::from),
            name: dependency.package.clone(),
        }
    }
}

impl fmt::Display for Crate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)
    }
}
