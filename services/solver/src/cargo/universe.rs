//! What is known of indexes: listings, with what their dependencies point to.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use ecosystems::cargo::{Dependency, Kind, Listing, Name, Release, Requirement};
use pubgrub::VersionSet;
use rustc_hash::FxHashMap;

use super::candidates::Line;
use super::features::FeatureSet;
use super::rules::DEFAULT;
use crate::Versions;
use crate::interner::{Interner, number};

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
/// Packages, requirements and features are interned, so that a solve compares numbers. Growing a universe
/// leaves the snapshots that others hold as they are.
#[derive(Clone, Debug, Default)]
pub struct Universe {
    crates: Arc<Interner<Crate>>,
    requirements: Arc<Interner<Requirement>>,
    packages: Arc<Vec<Option<Arc<Package>>>>,
    asks: Arc<Interner<Ask>>,
    /// The names of features.
    texts: Arc<Interner<Arc<str>>>,
}

/// A package in a universe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct CrateId(pub(crate) u32);

/// A requirement in a universe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RequirementId(pub(crate) u32);

/// What dependencies ask of features, and when they count, in a universe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AskId(pub(crate) u32);

/// What a dependency asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Target {
    pub(crate) package: CrateId,
    pub(crate) requirement: RequirementId,
    pub(crate) ask: AskId,
}

/// What a dependency asks of features, and when it counts. Features are numbers, in the order of their
/// names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Ask {
    pub(crate) is_dev: bool,
    pub(crate) is_optional: bool,
    /// The features that it names: a version has to have them.
    pub(crate) named: Box<[u32]>,
    /// These, and `default` where that is asked for: a version need not have it.
    pub(crate) requested: Box<[u32]>,
}

/// What is known of one package.
#[derive(Debug)]
pub(crate) struct Package {
    /// `None`: the registry does not have it.
    pub(crate) listing: Option<Arc<Listing>>,
    /// For each release, what its dependencies ask for, in their order. Neighbours that declare the same
    /// share it.
    targets: Box<[Arc<[Target]>]>,
    /// For each release, its features. Neighbours that have the same share them.
    features: Box<[Arc<FeatureSet>]>,
    /// Which releases have which features, by feature and position.
    offers: Box<[Offer]>,
    /// The compatibility lines.
    pub(crate) lines: Box<[Line]>,
    /// The positions of what is yanked, and of pre-releases.
    pub(crate) yanked: Versions,
    pub(crate) unfinished: Versions,
}

/// Releases, one behind the other, that have a feature.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offer {
    /// The number of its name.
    feature: u32,
    /// Whether it asks for anything.
    pub(crate) asks: bool,
    /// The positions of the first release, and of the one behind the last.
    pub(crate) first: u32,
    pub(crate) end: u32,
}

impl Universe {
    /// Adds what an index says of a package; `None` says that it does not have it.
    pub fn insert(&mut self, package: &Crate, listing: Option<Arc<Listing>>) {
        let releases = listing.as_ref().map_or(&[][..], |listing| &listing.releases);
        let targets = self.targets(&package.registry, releases);
        let features = self.feature_sets(releases);
        let offers = offers(&features);
        let lines = Line::all(releases.iter().map(|release| &release.version)).into();
        let positions = |is_meant: fn(&Release) -> bool| {
            let all = (0..).zip(releases).filter(|(_, release)| is_meant(release));
            Versions::of(all.map(|(position, _)| position))
        };
        let yanked = positions(|release| release.is_yanked);
        let unfinished = positions(|release| !release.version.pre.is_empty());
        let id = self.intern(package);
        let known = Package { listing, targets, features, offers, lines, yanked, unfinished };
        Arc::make_mut(&mut self.packages)[id.0 as usize] = Some(Arc::new(known));
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

    /// What dependencies ask of features, by number.
    pub(crate) fn asks(&self) -> &[Ask] {
        &self.asks.values
    }

    pub(crate) fn ask_id(&self, ask: &Ask) -> Option<AskId> {
        self.asks.ids.get(ask).copied().map(AskId)
    }

    fn feature_sets(&mut self, releases: &[Release]) -> Box<[Arc<FeatureSet>]> {
        let mut sets: Vec<Arc<FeatureSet>> = Vec::with_capacity(releases.len());
        let mut last: Option<&Release> = None;
        for release in releases {
            let shared = sets.last().filter(|_| last.is_some_and(|last| has_same(last, release)));
            let set = shared.map(Arc::clone);
            sets.push(set.unwrap_or_else(|| {
                let texts = &mut self.texts;
                let name = |text: &str| Interner::intern_str(texts, text);
                Arc::new(FeatureSet::new(&release.features, &release.dependencies, name))
            }));
            last = Some(release);
        }
        sets.into()
    }

    fn intern(&mut self, package: &Crate) -> CrateId {
        let id = CrateId(Interner::intern(&mut self.crates, package, Clone::clone));
        if self.packages.len() <= id.0 as usize {
            Arc::make_mut(&mut self.packages).resize(id.0 as usize + 1, None);
        }
        id
    }

    fn targets(&mut self, registry: &Arc<str>, releases: &[Release]) -> Box<[Arc<[Target]>]> {
        let mut all: Vec<Arc<[Target]>> = Vec::with_capacity(releases.len());
        let mut last: &[Dependency] = &[];
        for Release { dependencies, .. } in releases {
            let same = |place: usize| {
                last.get(place).is_some_and(|last| is_shared(last, &dependencies[place]))
            };
            let is_same = last.len() == dependencies.len() && (0..last.len()).all(same);
            let shared = all.last().filter(|_| is_same).map(Arc::clone);
            let targets = shared.unwrap_or_else(|| {
                let known = all.last().map_or(&[][..], |known| known);
                let target = |(place, dependency)| {
                    if same(place) { known[place] } else { self.target(registry, dependency) }
                };
                dependencies.iter().enumerate().map(target).collect()
            });
            all.push(targets);
            last = dependencies;
        }
        all.into()
    }

    fn target(&mut self, registry: &Arc<str>, dependency: &Dependency) -> Target {
        let package = Crate::required(registry, dependency);
        let requirement = &dependency.requirement;
        let requirement = Interner::intern(&mut self.requirements, requirement, Clone::clone);
        let texts = &mut self.texts;
        let ask = Ask::new(dependency, |text| Interner::intern_str(texts, text));
        let ask = AskId(Interner::intern(&mut self.asks, &ask, Clone::clone));
        Target { package: self.intern(&package), requirement: RequirementId(requirement), ask }
    }
}

/// Whether two releases have the same features, and dependencies of the same aliases.
fn has_same(left: &Release, right: &Release) -> bool {
    let dependencies = left.dependencies.iter().zip(&right.dependencies);
    left.features.is_shared_with(&right.features)
        && left.dependencies.len() == right.dependencies.len()
        && dependencies.into_iter().all(|(left, right)| {
            is_shared(left, right)
                || (left.alias == right.alias && left.is_optional == right.is_optional)
        })
}

/// Whether these are clones of the same dependency.
fn is_shared(left: &Dependency, right: &Dependency) -> bool {
    std::ptr::eq(&raw const **left, &raw const **right)
}

/// Which releases have which features.
fn offers(sets: &[Arc<FeatureSet>]) -> Box<[Offer]> {
    let mut offers: Vec<Offer> = Vec::new();
    // The last offer of each feature.
    let mut last: FxHashMap<u32, usize> = FxHashMap::default();
    let mut first = 0;
    for same in sets.chunk_by(Arc::ptr_eq) {
        let end = first + number(same.len());
        for (feature, asks) in same.iter().take(1).flat_map(|set| set.iter()) {
            let known = last.get(&feature).map(|place| &mut offers[*place]);
            match known.filter(|known| known.end == first && known.asks == asks) {
                Some(known) => known.end = end,
                None => {
                    last.insert(feature, offers.len());
                    offers.push(Offer { feature, asks, first, end });
                }
            }
        }
        first = end;
    }
    offers.sort_unstable_by_key(|offer| (offer.feature, offer.first));
    offers.into()
}

impl Ask {
    /// What a dependency asks. `name` numbers the names of features.
    pub(crate) fn new<'d>(
        dependency: &'d Dependency,
        mut name: impl FnMut(&'d str) -> u32,
    ) -> Self {
        let mut named: Vec<&'d str> = dependency.features.iter().map(|text| &**text).collect();
        named.sort_unstable();
        named.dedup();
        let mut requested = named.clone();
        if let (true, Err(place)) =
            (dependency.uses_default_features, named.binary_search(&DEFAULT))
        {
            requested.insert(place, DEFAULT);
        }
        Self {
            is_dev: dependency.kind == Kind::Dev,
            is_optional: dependency.is_optional,
            named: named.into_iter().map(&mut name).collect(),
            requested: requested.into_iter().map(&mut name).collect(),
        }
    }
}

impl Package {
    /// The features of the release at a position.
    pub(crate) fn features(&self, position: u32) -> &FeatureSet {
        &self.features[position as usize]
    }

    /// The releases that have a feature, ascending.
    pub(crate) fn offers(&self, feature: u32) -> impl Iterator<Item = &Offer> {
        let start = self.offers.partition_point(|offer| offer.feature < feature);
        self.offers[start..].iter().take_while(move |offer| offer.feature == feature)
    }

    /// The positions in a stretch of releases that have a feature, counted from `origin`.
    pub(crate) fn having(&self, feature: u32, stretch: &Range<u32>, origin: u32) -> Versions {
        let mut having = Versions::empty();
        for offer in self.offers(feature) {
            let (first, end) = (offer.first.max(stretch.start), offer.end.min(stretch.end));
            if first < end {
                having.insert(first - origin..end - origin);
            }
        }
        having
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
