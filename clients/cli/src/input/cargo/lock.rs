//! `Cargo.lock`: the versions that are locked already.
//!
//! A lock names registries by their addresses, a request by their names at the service. Which name
//! an address goes by is said by cargo's configuration, or is taken from the lock itself: what a member
//! requires of a registry has come from there. An address without a name is left out, with a note.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use cargo_lock::{Lockfile, Package, ResolveVersion, SourceId};
use proto::v1::{LockedDependency, LockedPackage};

use crate::input::{
    InputError, Problem,
    cargo::{Existing, PatchOrigin, Workspace, dependencies::source_of},
    paths::shown,
    source::{Anchor, Place, Source},
};

/// A lock that was read.
#[derive(Clone, Debug)]
pub struct Lock {
    /// The locked packages that count and can be named to the service, each with its place.
    pub packages: Vec<(LockedPackage, Anchor)>,
    /// The version of its encoding.
    pub version: ResolveVersion,
    /// The file.
    pub source: Arc<Source>,
}

/// Reads the lock beside the root, if there is one.
pub(super) fn read(
    workspace: &mut Workspace,
    indexes: &BTreeMap<String, String>,
    existing: Existing,
) -> Result<Option<Lock>, InputError> {
    let path = workspace.folder.join("Cargo.lock");
    if !path.is_file() {
        return Ok(None);
    }
    let source = Source::read(&shown(&path))?;
    let lock: Lockfile = toml::from_str(source.text()).map_err(|error: toml::de::Error| {
        let start = error.span().map_or(0, |span| span.start);
        let problem = Problem::Toml { message: error.message().to_owned() };
        InputError::at(Place::new(&source, start), problem)
    })?;
    if existing == Existing::Ignored {
        return Ok(Some(Lock { packages: Vec::new(), version: lock.version, source }));
    }
    let names = Names::of(&lock, workspace, indexes);
    let places = places(&source, &lock);
    let entries = lock.packages.iter().zip(places);
    let packages = entries.filter_map(|(package, place)| Some((names.locked(package)?, place)));
    let unused = lock.patch.unused.iter().filter_map(|patch| names.unused(patch));
    let end = Anchor::start(&source, 0);
    let packages = packages.chain(unused.map(|patch| (patch, end.clone()))).collect();
    workspace.notes.extend(names.unknown(&lock, &source));
    Ok(Some(Lock { packages, version: lock.version, source }))
}

/// Where each package of a lock stands.
fn places(source: &Arc<Source>, lock: &Lockfile) -> impl Iterator<Item = Anchor> {
    let heads = source.lines().filter(|(_, line)| line.trim_end() == "[[package]]");
    let mut places: Vec<_> = heads.map(|(offset, _)| Anchor::start(source, offset)).collect();
    places.resize_with(lock.packages.len(), || Anchor::start(source, 0));
    places.into_iter()
}

/// The source in locks of a registry whose index has an address, with its name.
fn known((name, index): (&String, &String)) -> Option<(SourceId, String)> {
    Some((source_of(index)?, name.clone()))
}

/// The crates of which nothing is kept: a path that a patch puts in their place has another version
/// than it had when the lock was written.
fn moved(lock: &Lockfile, workspace: &Workspace) -> BTreeSet<String> {
    let packages = lock.packages.iter().map(|entry| (&entry.name, &entry.version, &entry.source));
    let unused = lock.patch.unused.iter().map(|entry| (&entry.name, &entry.version, &entry.source));
    let by_path: Vec<(&str, String)> = packages
        .chain(unused)
        .filter(|(_, _, source)| source.is_none())
        .map(|(name, version, _)| (name.as_str(), version.to_string()))
        .collect();
    let mut moved = BTreeSet::new();
    for patch in &workspace.patches {
        let PatchOrigin::Member(member) = &patch.origin else { continue };
        let mut members = workspace.members.iter().filter(|one| one.name.text == *member);
        let mut before = by_path.iter().filter(|(name, _)| name == member).peekable();
        let is_there = before.peek().is_some();
        if is_there && !members.any(|member| before.any(|(_, version)| *version == own(member))) {
            moved.insert(patch.name.clone());
        }
    }
    moved
}

/// The version of a member as locks have it.
fn own(member: &super::Member) -> &str {
    member.version.as_ref().map_or("0.0.0", |version| &*version.text)
}

/// The names by which a request may tell the sources of a lock.
struct Names<'a> {
    /// The registry of each source. Empty means the first one.
    registries: BTreeMap<SourceId, String>,
    /// The crates of which nothing is kept.
    moved: BTreeSet<String>,
    workspace: &'a Workspace,
}

impl<'a> Names<'a> {
    /// Learns the names from the addresses of `indexes`, or from what members require.
    fn of(lock: &Lockfile, workspace: &'a Workspace, indexes: &BTreeMap<String, String>) -> Self {
        let known: BTreeMap<SourceId, String> = indexes.iter().filter_map(known).collect();
        // Each registry that manifests name, with the sources that its crates were locked from.
        let mut seen: BTreeMap<&str, Vec<&SourceId>> = BTreeMap::new();
        for dependency in &workspace.dependencies {
            let patched = workspace.patches.iter().any(|patch| patch.name == dependency.name);
            if !dependency.path_member.is_empty() || patched {
                continue;
            }
            let member = |package: &&Package| {
                package.source.is_none() && package.name.as_str() == dependency.member
            };
            let locked =
                lock.packages.iter().filter(member).flat_map(|member| &member.dependencies);
            let mut sources: Vec<&SourceId> = locked
                .filter(|locked| locked.name.as_str() == dependency.name)
                .filter_map(|locked| locked.source.as_ref())
                .filter(|source| source.is_registry() && !known.contains_key(source))
                .collect();
            sources.dedup();
            let registry = dependency.registry.as_ref().map_or("", |registry| &*registry.text);
            let known = seen.entry(registry).or_default();
            // A crate that two registries are asked for tells nothing.
            if let [source] = sources[..]
                && !known.contains(&source)
            {
                known.push(source);
            }
        }
        let mut registries: BTreeMap<SourceId, String> = BTreeMap::new();
        for (registry, sources) in seen {
            if let [source] = sources[..] {
                // The first registry comes first, and may be named as well.
                registries.entry(source.clone()).or_insert_with(|| registry.to_owned());
            }
        }
        let mut names = Self { registries, moved: moved(lock, workspace), workspace };
        names.guess(lock);
        names.registries.extend(known);
        names
    }

    /// Where no manifest names a registry, and the lock has one source, the source is the first one; so
    /// is the one that cargo itself takes where nothing is named.
    fn guess(&mut self, lock: &Lockfile) {
        let patches = self.workspace.patches.iter();
        let named = self.workspace.dependencies.iter().any(|entry| entry.registry.is_some())
            || patches.clone().any(|patch| matches!(patch.origin, PatchOrigin::Registry(_)));
        let sources = registries(lock);
        if let ([source], true, false) = (&sources[..], self.registries.is_empty(), named) {
            self.registries.insert((*source).clone(), String::new());
        }
        // What cargo takes for a dependency without a registry, where no member has such a one.
        let is_named = self.registries.values().any(String::is_empty);
        let usual = sources.into_iter().find(|source| source.is_default_registry());
        if let (Some(source), false) = (usual, is_named) {
            self.registries.entry(source.clone()).or_default();
        }
    }

    /// A patch that nothing used, which stays the version that it is; paths have one anyway.
    fn unused(&self, patch: &cargo_lock::Dependency) -> Option<LockedPackage> {
        let (name, version) = (patch.name.to_string(), patch.version.to_string());
        let registry = self.registry(&name, &version, Some(patch.source.as_ref()?))?;
        Some(LockedPackage { name, version, registry, ..LockedPackage::default() })
    }

    /// A locked package as the service is told it, unless it has no name there, or is gone.
    fn locked(&self, package: &Package) -> Option<LockedPackage> {
        let version = package.version.to_string();
        let registry = self.registry(package.name.as_str(), &version, package.source.as_ref())?;
        let dependencies = package.dependencies.iter().filter_map(|dependency| {
            let (name, version) = (dependency.name.to_string(), dependency.version.to_string());
            let registry = self.registry(&name, &version, dependency.source.as_ref())?;
            Some(LockedDependency { name, version, registry })
        });
        let (name, dependencies) = (package.name.to_string(), dependencies.collect());
        Some(LockedPackage { name, version, registry, dependencies, ..LockedPackage::default() })
    }

    /// The registry of a package, by its name at the service. What has no source must be a member.
    fn registry(&self, name: &str, version: &str, source: Option<&SourceId>) -> Option<String> {
        if let Some(source) = source {
            let is_kept = !self.moved.contains(name);
            return self.registries.get(source).filter(|_| is_kept).cloned();
        }
        let is_it = |member: &super::Member| member.name.text == name && own(member) == version;
        self.workspace.members.iter().any(is_it).then(String::new)
    }

    /// Says which registries have no name.
    fn unknown(&self, lock: &Lockfile, source: &Source) -> Vec<String> {
        let unknown = registries(lock).into_iter().filter(|id| !self.registries.contains_key(id));
        let unknown = unknown.map(|id| {
            let lock = source.name();
            let address = crate::input::source::masked(&id.to_string());
            format!("`{lock}` has crates from `{address}`, which no manifest names; they are free to change")
        });
        unknown.collect()
    }
}

/// The registries that a lock has crates from.
fn registries(lock: &Lockfile) -> Vec<&SourceId> {
    let sources = lock.packages.iter().filter_map(|package| package.source.as_ref());
    let mut sources: Vec<_> = sources.filter(|source| source.is_registry()).collect();
    sources.sort();
    sources.dedup();
    sources
}
