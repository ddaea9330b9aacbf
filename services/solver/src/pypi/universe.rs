//! What is known of an index: listings and the needs of releases, interned.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use ecosystems::Warning;
use ecosystems::pypi::{
    Listing, Marker, Metadata, Name, Release, Requirement, RequirementSource, Specifiers,
};
use rustc_hash::{FxHashMap, FxHashSet};

use super::line::{Line, cuts_of};
use crate::Versions;
use crate::interner::Interner;

/// A fact that is missing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Gap {
    /// Which versions a project has.
    Listing(Name),
    /// What the release at a position of the project's listing needs.
    Needs(Name, u32),
}

/// An immutable snapshot of all that is known of one list of indexes.
///
/// Names, specifiers and markers are interned, so that a solve compares numbers. Growing a
/// universe leaves the snapshots that others hold as they are. Texts of requirements are interned
/// from metadata only, never from requests; of requests, the names that no index has are kept, and
/// whoever keeps a universe bounds how many.
///
/// Invariant: of several clones only one is grown further. Clones share what was lowered, under the
/// numbers that growing hands out.
#[derive(Clone, Debug, Default)]
pub struct Universe {
    names: Arc<Interner<Name>>,
    specifiers: Arc<Interner<Specifiers, Box<str>>>,
    markers: Arc<Interner<Marker, Box<str>>>,
    packages: Arc<Vec<Option<Arc<Package>>>>,
    /// By name, the specifiers with which anything known requires the project.
    required: Arc<Vec<FxHashSet<SpecifiersId>>>,
}

/// A name in a universe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NameId(pub(crate) u32);

/// A text of specifiers in a universe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SpecifiersId(u32);

/// A marker in a universe. The first is the one that always holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct MarkerId(pub(crate) u32);

/// What is known of one project.
#[derive(Clone, Debug, Default)]
pub(crate) struct Package {
    /// `None`: no index has the project.
    pub(crate) listing: Option<Arc<Listing>>,
    /// What each release needs, as far as known.
    needs: Vec<Option<Arc<Needs>>>,
    /// Shared by all snapshots with this listing in which the same is required of the project.
    lowered: Arc<Lowered>,
}

/// What follows from a listing and all that is required of the project, found as it is asked for.
#[derive(Debug, Default)]
struct Lowered {
    line: OnceLock<Arc<Line>>,
    /// Sets of atoms of the line.
    sets: RwLock<FxHashMap<SpecifiersId, Versions>>,
}

/// What one release needs.
#[derive(Debug)]
pub(crate) struct Needs {
    pub(crate) requirements: Box<[Need]>,
    pub(crate) extras: Box<[NameId]>,
    pub(crate) requires_python: Option<SpecifiersId>,
    /// Why nothing is known of the needs although the release is there.
    pub(crate) unreadable: Option<Box<str>>,
    /// What was read against the standards.
    pub(crate) warnings: Box<[Warning]>,
}

/// One requirement of a release.
#[derive(Debug)]
pub(crate) struct Need {
    pub(crate) target: NameId,
    pub(crate) specifiers: Option<SpecifiersId>,
    pub(crate) marker: MarkerId,
    /// What remains of the marker when one of the extras it names is on: the extra, and the marker
    /// if there still is one.
    pub(crate) given_extra: Box<[(NameId, Option<MarkerId>)]>,
    pub(crate) extras: Box<[NameId]>,
    /// Whether the specifiers are a pin: such requirements are decided first.
    pub(crate) is_pin: bool,
}

impl Universe {
    /// Adds what the indexes say of a project; `None` says that none has it.
    ///
    /// A listing that replaces another makes the needs known of the old one void.
    pub fn insert_listing(&mut self, name: &Name, listing: Option<Arc<Listing>>) {
        let id = self.intern(name);
        let releases = listing.as_ref().map_or(0, |listing| listing.releases.len());
        let package = Package { listing, needs: vec![None; releases], lowered: Arc::default() };
        Arc::make_mut(&mut self.packages)[id.0 as usize] = Some(Arc::new(package));
    }

    /// Adds what the release of `name` at `position` needs.
    ///
    /// Positions are those of the listing inserted last; one that it does not have is passed over.
    pub fn insert_needs(&mut self, name: &Name, position: u32, metadata: &Metadata) {
        let needs = self.compile(metadata);
        self.set_needs(name, position, needs);
    }

    /// Adds that nobody can tell what a release needs, and why: it is no candidate.
    pub fn insert_unreadable(&mut self, name: &Name, position: u32, reason: &str) {
        let needs = Needs {
            requirements: Box::default(),
            extras: Box::default(),
            requires_python: None,
            unreadable: Some(reason.into()),
            warnings: Box::default(),
        };
        self.set_needs(name, position, needs);
    }

    /// Why nobody can tell what a release needs, where that is so.
    pub fn unreadable(&self, name: &Name, position: u32) -> Option<&str> {
        self.package(self.id(name)?)?.needs(position)?.unreadable.as_deref()
    }

    /// Takes back that nobody can tell what a release needs, so that it is asked for again.
    pub fn forget_unreadable(&mut self, name: &Name, position: u32) {
        if self.unreadable(name, position).is_some()
            && let Some(id) = self.id(name)
            && let Some(package) = &mut Arc::make_mut(&mut self.packages)[id.0 as usize]
        {
            Arc::make_mut(package).needs[position as usize] = None;
        }
    }

    /// Whether anything is known of a project's versions, be it that there are none.
    pub fn has_listing(&self, name: &Name) -> bool {
        self.id(name).is_some_and(|id| self.package(id).is_some())
    }

    /// The listing of a project, if it is known and there is one.
    pub fn listing(&self, name: &Name) -> Option<&Arc<Listing>> {
        self.package(self.id(name)?)?.listing.as_ref()
    }

    /// Whether it is known what a release needs.
    pub fn has_needs(&self, name: &Name, position: u32) -> bool {
        self.id(name)
            .and_then(|id| self.package(id))
            .is_some_and(|package| package.needs(position).is_some())
    }

    /// Projects and releases known, for statistics: listings, and releases whose needs are known.
    pub fn size(&self) -> (usize, usize) {
        let packages = self.packages.iter().flatten();
        packages.fold((0, 0), |(listings, needs), package| {
            (listings + 1, needs + package.needs.iter().flatten().count())
        })
    }

    pub(crate) fn id(&self, name: &Name) -> Option<NameId> {
        self.names.ids.get(name).copied().map(NameId)
    }

    /// How many names there are: their numbers are smaller.
    pub(crate) fn name_count(&self) -> u32 {
        self.names.next()
    }

    pub(crate) fn name(&self, id: NameId) -> &Name {
        &self.names.values[id.0 as usize]
    }

    pub(crate) fn package(&self, id: NameId) -> Option<&Arc<Package>> {
        self.packages.get(id.0 as usize)?.as_ref()
    }

    pub(crate) fn specifiers(&self, id: SpecifiersId) -> &Specifiers {
        &self.specifiers.values[id.0 as usize]
    }

    pub(crate) fn marker(&self, id: MarkerId) -> &Marker {
        &self.markers.values[id.0 as usize]
    }

    pub(crate) fn marker_count(&self) -> usize {
        self.markers.values.len()
    }

    /// The line of a listed project, for all that is known to be required of it.
    pub(crate) fn line(&self, id: NameId, package: &Package) -> Arc<Line> {
        let line = package.lowered.line.get_or_init(|| Arc::new(self.new_line(id, package, &[])));
        Arc::clone(line)
    }

    /// The line of a listed project, for `further` specifiers too.
    pub(crate) fn new_line(&self, id: NameId, package: &Package, further: &[&Specifiers]) -> Line {
        let required = self.required.get(id.0 as usize).into_iter().flatten();
        let required = required.map(|specifiers| self.specifiers(*specifiers));
        let cuts = required.chain(further.iter().copied()).flat_map(cuts_of).collect();
        Line::new(package.releases(), cuts)
    }

    /// The atoms of the project's line that interned specifiers mean: lowered once, then remembered.
    pub(crate) fn lower(
        &self,
        id: NameId,
        package: &Package,
        specifiers: SpecifiersId,
    ) -> Versions {
        let sets = &package.lowered.sets;
        // A poisoned lock guards whole entries all the same.
        let known = sets.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(versions) = known.get(&specifiers) {
            return versions.clone();
        }
        drop(known);
        let line = self.line(id, package);
        let versions = line.lower(self.specifiers(specifiers), package.releases());
        let mut known = sets.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(specifiers, versions.clone());
        versions
    }

    fn set_needs(&mut self, name: &Name, position: u32, needs: Needs) {
        let id = self.intern(name);
        let packages = Arc::make_mut(&mut self.packages);
        if let Some(package) = &mut packages[id.0 as usize]
            && let Some(place) = Arc::make_mut(package).needs.get_mut(position as usize)
        {
            *place = Some(Arc::new(needs));
        }
    }

    fn intern(&mut self, name: &Name) -> NameId {
        let id = NameId(Interner::intern(&mut self.names, name, Clone::clone));
        if self.packages.len() <= id.0 as usize {
            Arc::make_mut(&mut self.packages).resize(id.0 as usize + 1, None);
            Arc::make_mut(&mut self.required).resize(id.0 as usize + 1, FxHashSet::default());
        }
        id
    }

    /// Notes that something requires a project with these specifiers, which its line has to tell
    /// apart from now on.
    fn require(&mut self, target: NameId, specifiers: SpecifiersId) {
        let place = target.0 as usize;
        if self.required[place].contains(&specifiers) {
            return;
        }
        Arc::make_mut(&mut self.required)[place].insert(specifiers);
        if let Some(package) = &mut Arc::make_mut(&mut self.packages)[place] {
            let lowered = &mut Arc::make_mut(package).lowered;
            match Arc::get_mut(lowered) {
                Some(lowered) => *lowered = Lowered::default(),
                // Snapshots in which less is required of the project go on with what they share.
                None => *lowered = Arc::default(),
            }
        }
    }

    fn intern_specifiers(&mut self, specifiers: &Specifiers) -> SpecifiersId {
        SpecifiersId(Interner::intern(&mut self.specifiers, specifiers, |value| {
            value.to_string().into()
        }))
    }

    fn intern_marker(&mut self, marker: &Marker) -> MarkerId {
        MarkerId(Interner::intern(&mut self.markers, marker, |value| value.to_string().into()))
    }

    fn compile(&mut self, metadata: &Metadata) -> Needs {
        let requirements =
            metadata.requirements.iter().map(|requirement| self.compile_one(requirement));
        let requirements = requirements.collect();
        let extras = metadata.extras.iter().map(|extra| self.intern(extra)).collect();
        let requires_python =
            metadata.requires_python.as_ref().map(|specifiers| self.intern_specifiers(specifiers));
        let warnings = metadata.warnings.clone().into();
        Needs { requirements, extras, requires_python, unreadable: None, warnings }
    }

    fn compile_marker(&mut self, marker: &Marker) -> Box<[(NameId, Option<MarkerId>)]> {
        let mut given = Vec::new();
        for extra in marker.extras() {
            if let Some(remaining) = marker.given_extra(extra) {
                let remaining = (!remaining.is_always()).then(|| self.intern_marker(&remaining));
                given.push((self.intern(extra), remaining));
            }
        }
        given.into()
    }

    fn compile_one(&mut self, requirement: &Requirement) -> Need {
        let specifiers = match &requirement.source {
            RequirementSource::Registry(specifiers) => Some(self.intern_specifiers(specifiers)),
            // No index answers for a URL, and uv takes none from a published package.
            RequirementSource::Url(_) => None,
        };
        let target = self.intern(&requirement.name);
        if let Some(specifiers) = specifiers {
            self.require(target, specifiers);
        }
        Need {
            target,
            specifiers,
            given_extra: self.compile_marker(&requirement.marker),
            marker: self.intern_marker(&requirement.marker),
            extras: requirement.extras.iter().map(|extra| self.intern(extra)).collect(),
            is_pin: requirement.specifiers().is_some_and(Specifiers::is_pin),
        }
    }
}

impl Package {
    pub(crate) fn needs(&self, position: u32) -> Option<&Arc<Needs>> {
        self.needs.get(position as usize)?.as_ref()
    }

    /// How many versions are listed.
    pub(crate) fn length(&self) -> u32 {
        u32::try_from(self.needs.len()).unwrap_or(u32::MAX)
    }

    /// The releases, ascending; none if no index has the project.
    pub(crate) fn releases(&self) -> &[Release] {
        self.listing.as_ref().map_or(&[], |listing| &listing.releases)
    }

    /// The positions in the listing that specifiers mean.
    pub(crate) fn positions(&self, specifiers: &Specifiers) -> Versions {
        Versions::from_runs(&specifiers.lower(self.releases(), |release| &release.version))
    }
}

impl Need {
    /// The marker that remains when `extra` is on, or none is.
    pub(crate) fn remaining_marker(
        &self,
        extra: Option<NameId>,
        is_always: bool,
    ) -> Option<MarkerId> {
        let given =
            extra.and_then(|extra| self.given_extra.iter().find(|(named, _)| *named == extra));
        match given {
            Some((_, remaining)) => *remaining,
            None if is_always => None,
            None => Some(self.marker),
        }
    }
}
