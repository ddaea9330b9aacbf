//! The dependencies of a package, with what they inherit from the workspace.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use cargo_lock::SourceId;
use cargo_util_schemas::manifest::{
    InheritableDependency, PackageName, TomlDependency, TomlDetailedDependency,
    TomlInheritedDependency,
};

use crate::input::{
    InputError, Problem, Stated,
    cargo::{
        Dependency, Fault,
        manifest::{Manifest, way, within},
    },
    paths::{normal, shown},
};

/// The registry that cargo asks where a dependency names none, by its reserved name.
const DEFAULT_REGISTRY: &str = "crates-io";

/// One table of dependencies.
pub(super) struct Table<'a> {
    /// The keys that lead to it.
    pub(super) way: Vec<String>,
    /// Its dependency set, as the contract names it.
    set: &'static str,
    /// The platform that it is for. Empty means all.
    target: &'a str,
    /// Its entries.
    pub(super) entries: &'a BTreeMap<PackageName, InheritableDependency>,
}

/// The entries of a table, if there is one.
type Entries = Option<BTreeMap<PackageName, InheritableDependency>>;

/// All tables of dependencies of a manifest, without those for development if it is no member's.
pub(super) fn tables(manifest: &Manifest, is_member: bool) -> Vec<Table<'_>> {
    let toml = &manifest.toml;
    let dev = [&toml.dev_dependencies, &toml.dev_dependencies2];
    let build = [&toml.build_dependencies, &toml.build_dependencies2];
    let mut tables = sets(&[], "", [[&toml.dependencies; 2], dev, build]);
    for (target, platform) in toml.target.iter().flatten() {
        let dev = [&platform.dev_dependencies, &platform.dev_dependencies2];
        let build = [&platform.build_dependencies, &platform.build_dependencies2];
        let all = [[&platform.dependencies; 2], dev, build];
        tables.extend(sets(&way(&["target", target]), target, all));
    }
    tables.retain(|table| is_member || table.set != "dev");
    tables
}

/// The sets of dependencies with the spellings of their tables. Of two, the one with a hyphen counts.
const SETS: [(&str, [&str; 2]); 3] = [
    ("", ["dependencies", "dependencies"]),
    ("dev", ["dev-dependencies", "dev_dependencies"]),
    ("build", ["build-dependencies", "build_dependencies"]),
];

/// The tables that there are within a table, or within the document.
fn sets<'a>(outer: &[String], target: &'a str, tables: [[&'a Entries; 2]; 3]) -> Vec<Table<'a>> {
    let tables = SETS.into_iter().zip(tables).filter_map(|((set, spellings), tables)| {
        let mut found = spellings.into_iter().zip(tables);
        let (key, entries) = found.find_map(|(key, table)| Some((key, table.as_ref()?)))?;
        Some(Table { way: within(outer, key), set, target, entries })
    });
    tables.collect()
}

/// What is known when a package's dependencies are read.
pub(super) struct Reader<'a> {
    /// The packages' names by their folders.
    pub(super) members: &'a BTreeMap<PathBuf, String>,
    /// The addresses of registries' indexes, by name, as cargo's configuration has them.
    pub(super) indexes: &'a BTreeMap<String, String>,
    /// What the user should know.
    pub(super) notes: &'a mut Vec<String>,
}

/// A package whose dependencies are read.
pub(super) struct Package<'a> {
    pub(super) manifest: &'a Manifest,
    /// The manifest with `[workspace]` that it inherits from.
    pub(super) root: Option<&'a Manifest>,
    pub(super) is_member: bool,
    pub(super) name: &'a str,
    /// Whether its edition no longer takes what former ones took.
    pub(super) strict: bool,
}

/// A dependency after inheritance, and where its parts are stated.
struct Merged<'a> {
    detail: TomlDetailedDependency,
    features: Vec<Stated>,
    /// The manifest that says where it comes from, and the way there.
    manifest: &'a Manifest,
    way: Vec<String>,
}

impl Reader<'_> {
    /// Reads all dependencies of a package.
    pub(super) fn read(&mut self, package: &Package<'_>) -> Result<Vec<Dependency>, InputError> {
        let manifest = package.manifest;
        let mut all = Vec::new();
        for table in tables(manifest, package.is_member) {
            let spelling = table.way.last().map(String::as_str);
            for old in ["dev_dependencies", "build_dependencies"] {
                if package.strict && spelling == Some(old) {
                    return Err(manifest.fault(&table.way, Fault::Underscore { key: old }));
                }
            }
            for (key, entry) in table.entries {
                all.push(self.dependency(package, &table, key, entry)?);
            }
        }
        Ok(all)
    }

    fn dependency(
        &mut self,
        package: &Package<'_>,
        table: &Table<'_>,
        key: &str,
        entry: &InheritableDependency,
    ) -> Result<Dependency, InputError> {
        let manifest = package.manifest;
        let place = within(&table.way, key);
        self.note_unused(manifest, &place, entry);
        let merged = match entry {
            InheritableDependency::Value(value) => {
                let detail = detail(value);
                if package.strict && detail.default_features2.is_some() {
                    let fault = Fault::Underscore { key: "default_features" };
                    return Err(manifest.fault(&within(&place, "default_features"), fault));
                }
                let features = features(manifest, &place, detail.features.as_deref());
                Merged { detail, features, manifest, way: place.clone() }
            }
            InheritableDependency::Inherit(own) => {
                let root = shared(package, &place, key)?;
                inherit(package, &place, own, root)?
            }
        };
        let detail = &merged.detail;
        let dependency = key.to_owned();
        if table.set == "dev" && detail.optional == Some(true) {
            return Err(manifest.fault(&place, Fault::OptionalDev { dependency }));
        }
        refuse(&merged, key).map_err(|problem| manifest.fault(&place, problem))?;
        let own_name = detail.package.as_ref().map_or(key, |name| name.as_ref());
        let path_member = match &detail.path {
            Some(path) => {
                let folder = normal(&merged.manifest.folder().join(path));
                self.member_at(&folder, key, own_name)
                    .map_err(|fault| manifest.fault(&place, fault))?
            }
            None => String::new(),
        };
        let stated =
            |key: &str, text: &str| merged.manifest.stated(&within(&merged.way, key), text);
        Ok(Dependency {
            name: own_name.to_owned(),
            alias: if own_name == key { String::new() } else { dependency },
            requirement: detail.version.as_ref().map(|version| stated("version", version)),
            default_features: detail.default_features(),
            optional: detail.optional.unwrap_or_default(),
            target: (!table.target.is_empty()).then(|| Stated {
                text: table.target.to_owned(),
                anchor: manifest.key(&table.way[..2]),
            }),
            registry: registry(detail).map(|name| stated("registry", name)),
            path_member,
            dependency_set: table.set,
            member: package.name.to_owned(),
            anchor: manifest.key(&place),
            features: merged.features,
        })
    }

    /// The name of the package in a folder.
    pub(super) fn member_at(&self, folder: &Path, key: &str, name: &str) -> Result<String, Fault> {
        let path = shown(folder).display().to_string();
        match self.members.get(folder) {
            Some(found) if found == name => Ok(found.clone()),
            Some(found) => {
                let (dependency, found) = (key.to_owned(), found.clone());
                Err(Fault::OtherName { dependency, path, found })
            }
            None => Err(Fault::NoPackage { path }),
        }
    }

    fn note_unused(
        &mut self,
        manifest: &Manifest,
        place: &[String],
        entry: &InheritableDependency,
    ) {
        for key in entry.unused_keys() {
            let line = manifest.key(&within(place, key.as_str())).place().file_and_line();
            let way = place.join(".");
            self.notes
                .push(format!("{line}: cargo knows no key `{way}.{key}`, and passes it over"));
        }
    }
}

/// The workspace's entry that a dependency inherits from.
fn shared<'a>(
    package: &Package<'a>,
    place: &[String],
    key: &str,
) -> Result<(&'a Manifest, TomlDetailedDependency), InputError> {
    let manifest = package.manifest;
    let missing =
        |root: String| manifest.fault(place, Fault::NotInherited { key: place.join("."), root });
    let root = package.root.ok_or_else(|| missing("there is no workspace".to_owned()))?;
    let shared = root.workspace().and_then(|workspace| workspace.dependencies.as_ref());
    let Some(shared) = shared.and_then(|shared| shared.get(key)) else {
        let name = root.name();
        return Err(missing(format!("`{name}` has no `workspace.dependencies.{key}`")));
    };
    let detail = detail(shared);
    if detail.optional == Some(true) {
        let fault = Fault::OptionalForAll { dependency: key.to_owned() };
        return Err(root.fault(&way(&["workspace", "dependencies", key]), fault));
    }
    Ok((root, detail))
}

pub(super) fn detail(dependency: &TomlDependency) -> TomlDetailedDependency {
    match dependency {
        TomlDependency::Simple(version) => {
            TomlDetailedDependency { version: Some(version.clone()), ..Default::default() }
        }
        TomlDependency::Detailed(detail) => detail.clone(),
    }
}

fn features(manifest: &Manifest, place: &[String], features: Option<&[String]>) -> Vec<Stated> {
    let place = within(place, "features");
    let features = features.unwrap_or_default().iter().enumerate();
    features.map(|(at, text)| manifest.stated(&within(&place, at.to_string()), text)).collect()
}

/// Puts a member's words upon the workspace's, as cargo does: features add up, and default features
/// can be switched on, but not off.
fn inherit<'a>(
    package: &Package<'_>,
    place: &[String],
    own: &TomlInheritedDependency,
    (root, mut detail): (&'a Manifest, TomlDetailedDependency),
) -> Result<Merged<'a>, InputError> {
    let manifest = package.manifest;
    let key = place.last().cloned().unwrap_or_default();
    if package.strict && own.default_features2.is_some() {
        let fault = Fault::Underscore { key: "default_features" };
        return Err(manifest.fault(&within(place, "default_features"), fault));
    }
    match (own.default_features(), detail.default_features()) {
        (Some(true), Some(false)) => detail.default_features = Some(true),
        (Some(false), Some(true) | None) if package.strict => {
            let fault = Fault::DefaultFeatures { dependency: key };
            return Err(manifest.fault(&within(place, "default-features"), fault));
        }
        _ => {}
    }
    detail.optional = own.optional;
    let way = way(&["workspace", "dependencies", &key]);
    let mut all = features(root, &way, detail.features.as_deref());
    all.extend(features(manifest, place, own.features.as_deref()));
    Ok(Merged { detail, features: all, manifest: root, way })
}

/// Refuses what cargo refuses, and what cannot be passed on.
fn refuse(merged: &Merged<'_>, key: &str) -> Result<(), Problem> {
    let detail = &merged.detail;
    let dependency = key.to_owned();
    let refused = |name: &str, advice| {
        let way = within(&merged.way, name);
        Err(Problem::KeyRefused { key: way.join("."), advice })
    };
    let given = [
        ("git", detail.git.is_some()),
        ("path", detail.path.is_some()),
        ("registry", detail.registry.is_some()),
        ("registry-index", detail.registry_index.is_some()),
    ];
    let exclusive = [
        ("git", "path"),
        ("git", "registry"),
        ("git", "registry-index"),
        ("registry", "registry-index"),
    ];
    let states = |name: &str| given.iter().any(|(key, given)| *key == name && *given);
    for (one, other) in exclusive {
        if states(one) && states(other) {
            return Err(Fault::TwoSources { dependency, one, other }.into());
        }
    }
    if detail.version.as_deref() == Some("") {
        return Err(Fault::EmptyVersion { dependency }.into());
    }
    if detail.git.is_some() {
        return Err(Fault::Git { dependency }.into());
    }
    if detail.artifact.is_some() {
        return refused("artifact", "dependencies on artifacts are not stable in cargo; remove it");
    }
    if detail.base.is_some() {
        return refused("base", "bases of paths are not stable in cargo; write the whole path");
    }
    if detail.path.is_none() && detail.registry_index.is_some() {
        return Err(Fault::RegistryIndex { dependency }.into());
    }
    if detail.path.is_none() && detail.version.is_none() {
        return Err(Fault::NoSource { dependency }.into());
    }
    Ok(())
}

/// The registry that a dependency names. A path counts before it, and the default one has no name.
pub(super) fn registry(detail: &TomlDetailedDependency) -> Option<&str> {
    let name: &str = detail.registry.as_ref()?.as_ref();
    (detail.path.is_none() && name != DEFAULT_REGISTRY).then_some(name)
}

/// The contract's name for the registry that a table `[patch.KEY]` is about, which may be an address.
pub(super) fn patched_registry<'a>(
    key: &'a str,
    indexes: &'a BTreeMap<String, String>,
) -> Result<&'a str, Fault> {
    if key == DEFAULT_REGISTRY {
        return Ok("");
    }
    if !key.contains("://") {
        return Ok(key);
    }
    let unknown = || Fault::PatchedAddress { key: key.to_owned() };
    let source = source_of(key).ok_or_else(unknown)?;
    if source.is_default_registry() {
        return Ok("");
    }
    let mut indexes = indexes.iter();
    let named = indexes.find(|(_, index)| source_of(index).as_ref() == Some(&source));
    named.map(|(name, _)| &**name).ok_or_else(unknown)
}

/// What locks call the registry whose index has an address.
pub(super) fn source_of(index: &str) -> Option<SourceId> {
    match index.starts_with("sparse+") {
        true => index.parse().ok(),
        false => format!("registry+{index}").parse().ok(),
    }
}
