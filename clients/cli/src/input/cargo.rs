//! `Cargo.toml`: a package, or a whole workspace, and its `Cargo.lock`.
//!
//! Whichever manifest is named, the workspace that it belongs to is read, as cargo does. Inheritance
//! is carried out here, since it is about files; what versions, features and platforms mean is the
//! service's to know, and their texts go there as they are.
//!
//! Packages that paths lead to outside the workspace are read with it. Git repositories have no place in
//! the contract yet, and are refused by name.

mod config;
mod dependencies;
mod error;
pub mod lock;
mod manifest;
mod members;
mod patches;

use std::{collections::BTreeMap, path::Path};

use cargo_util_schemas::manifest::{InheritableField, TomlLibTarget, TomlPackageBuild};
use proto::v1::CargoResolver;

pub use self::error::Fault;
use self::{
    config::Incompatible,
    dependencies::Reader,
    lock::Lock,
    manifest::{Manifest, within},
    members::{Found, Members},
};
use crate::input::{InputError, Problem, Setting, Stated, source::Anchor};

/// All that the manifests of a workspace say.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    /// The folder of the root, absolute.
    pub folder: std::path::PathBuf,
    /// The packages of the workspace, and those outside that paths lead to, by name.
    pub members: Vec<Member>,
    /// Their dependencies, member by member.
    pub dependencies: Vec<Dependency>,
    /// What `[patch]` of the root says.
    pub patches: Vec<Patch>,
    /// The version of cargo's resolver, where the root states one.
    pub resolver: Option<Setting<CargoResolver>>,
    /// The edition of the root. Absent where it states none, or is no package.
    pub edition: Option<Stated>,
    /// The lock beside the root.
    pub lock: Option<Lock>,
    /// What the user should know.
    pub notes: Vec<String>,
}

impl Workspace {
    /// The resolver that counts: the stated one, or what the edition implies.
    pub fn effective_resolver(&self) -> CargoResolver {
        let edition = self.edition.as_ref().map(|edition| edition.text.as_str());
        match (&self.resolver, edition) {
            (Some(stated), _) => stated.value,
            (None, None | Some("2015" | "2018")) => CargoResolver::V1,
            (None, Some("2021")) => CargoResolver::V2,
            (None, Some(_)) => CargoResolver::V3,
        }
    }

    /// Applies what a configuration file says. Resolvers 2 and 3 differ in this alone.
    fn configure(&mut self, setting: Setting<Incompatible>) -> Result<(), InputError> {
        let value = match (setting.value, self.effective_resolver()) {
            (Incompatible::Fallback, CargoResolver::V2) => CargoResolver::V3,
            (Incompatible::Allow, CargoResolver::V3) => CargoResolver::V2,
            (Incompatible::Fallback, CargoResolver::V1) => {
                return Err(InputError::at(setting.anchor.place(), Fault::Fallback.into()));
            }
            _ => return Ok(()),
        };
        self.resolver = Some(Setting { value, anchor: setting.anchor });
        Ok(())
    }
}

/// A package of the workspace.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name.
    pub name: Stated,
    /// Its version. Absent where it states none.
    pub version: Option<Stated>,
    /// Its features, by name, each with what it turns on.
    pub features: Vec<(Stated, Vec<Stated>)>,
    /// The native library that it links.
    pub links: Option<Stated>,
    /// The Rust version that it supports.
    pub rust_version: Option<Stated>,
    /// Whether it lies outside the workspace.
    pub outside: bool,
    /// Whether it is a procedural macro.
    pub proc_macro: bool,
}

/// A dependency of a member, with what it inherits.
#[derive(Clone, Debug)]
pub struct Dependency {
    /// The crate's own name.
    pub name: String,
    /// The key, where the crate has another name. Empty if it has not.
    pub alias: String,
    /// The version requirement, unread.
    pub requirement: Option<Stated>,
    /// The features asked for.
    pub features: Vec<Stated>,
    /// Whether the default features are asked for, where it is said.
    pub default_features: Option<bool>,
    /// Whether it is optional.
    pub optional: bool,
    /// The platform that it is for.
    pub target: Option<Stated>,
    /// The registry's name. Absent for the first one.
    pub registry: Option<Stated>,
    /// The member that a path leads to. Empty for a crate of a registry.
    pub path_member: String,
    /// The dependency set, as the contract names it.
    pub dependency_set: &'static str,
    /// The member that has it.
    pub member: String,
    /// Where it is stated.
    pub anchor: Anchor,
}

/// An entry of `[patch]`.
#[derive(Clone, Debug)]
pub struct Patch {
    /// The name of the registry whose crate is replaced. Empty for the first one.
    pub patched_registry: String,
    /// The crate's own name.
    pub name: String,
    /// The version requirement, unread.
    pub requirement: Option<Stated>,
    /// Where the crate comes from instead.
    pub origin: PatchOrigin,
    /// Where it is stated.
    pub anchor: Anchor,
}

/// Where a patch comes from.
#[derive(Clone, Debug)]
pub enum PatchOrigin {
    /// A registry, by its name. Absent means the first one.
    Registry(Option<Stated>),
    /// A member, by its name.
    Member(String),
}

/// Whether an existing `Cargo.lock` counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Its versions are kept where they fit.
    Kept,
    /// It is passed over.
    Ignored,
}

/// Reads the workspace that the manifest at `path` belongs to.
pub fn read(path: &Path, existing: Existing) -> Result<Workspace, InputError> {
    let absolute = std::path::absolute(path).map_err(|source| Problem::Unreadable {
        path: path.display().to_string(),
        source: std::sync::Arc::new(source),
    })?;
    let found = members::find(&absolute)?;
    let mut workspace = Workspace::default();
    let root = found.root.as_deref().or(found.packages.first().map(|found| &*found.manifest));
    let Some(root) = root else { return Ok(workspace) };
    workspace.folder = root.folder().to_owned();
    workspace.resolver = resolver(root)?;
    let by_folder = names(&found)?;
    let configuration = config::Places::of_process().read()?;
    let indexes = &configuration.indexes;
    let mut reader = Reader { members: &by_folder, indexes, notes: &mut workspace.notes };
    workspace.patches = patches::read(root, &reader)?;
    let mut packages: Vec<&Found> = found.packages.iter().collect();
    packages.sort_by_key(|found| by_folder.get(found.manifest.folder()));
    for Found { manifest, root: own_root, is_member } in packages {
        let (own_root, is_member) = (own_root.as_deref(), *is_member);
        let fields = Fields { manifest, root: own_root };
        let member = Member { outside: !is_member, ..fields.member()? };
        let edition = fields.edition()?;
        if manifest.path == root.path {
            workspace.edition = edition.clone();
        } else if is_member {
            reader.notes.extend(patches::passed_over(manifest, root));
        }
        let package = dependencies::Package {
            manifest,
            root: own_root,
            is_member,
            name: &member.name.text,
            strict: edition.is_some_and(|edition| !FORMER_EDITIONS.contains(&&*edition.text)),
        };
        workspace.dependencies.extend(reader.read(&package)?);
        workspace.members.push(member);
    }
    if let Some(setting) = configuration.incompatible {
        workspace.configure(setting)?;
    }
    workspace.lock = lock::read(&mut workspace, &configuration.indexes, existing)?;
    Ok(workspace)
}

/// The editions before 2024, which dropped some spellings.
const FORMER_EDITIONS: [&str; 3] = ["2015", "2018", "2021"];

/// The names of the packages, by their folders. The contract tells packages apart by name alone.
fn names(found: &Members) -> Result<BTreeMap<std::path::PathBuf, String>, InputError> {
    let mut names = BTreeMap::new();
    let mut seen: BTreeMap<&str, &Manifest> = BTreeMap::new();
    for Found { manifest, .. } in &found.packages {
        let name = manifest.package().and_then(|package| package.name.as_ref());
        let Some(name) = name else { continue };
        if let Some(earlier) = seen.insert(name, manifest) {
            let (one, other) = (earlier.name().to_owned(), manifest.name().to_owned());
            let fault = Fault::TwiceNamed { name: name.to_string(), one, other };
            return Err(manifest.fault(&manifest.package_way("name"), fault));
        }
        names.insert(manifest.folder().to_owned(), name.to_string());
    }
    Ok(names)
}

/// The version of the resolver that the root states.
fn resolver(root: &Manifest) -> Result<Option<Setting<CargoResolver>>, InputError> {
    let shared = root.workspace().and_then(|workspace| workspace.resolver.as_deref());
    let own = root.package().and_then(|package| package.resolver.as_deref());
    let (text, way) = match (shared, own) {
        (Some(text), _) => (text, manifest::way(&["workspace", "resolver"])),
        (None, Some(text)) => (text, root.package_way("resolver")),
        (None, None) => return Ok(None),
    };
    let value = match text {
        "1" => CargoResolver::V1,
        "2" => CargoResolver::V2,
        "3" => CargoResolver::V3,
        _ => {
            let (key, value) = (way.join("."), text.to_owned());
            let advice = "write `\"1\"`, `\"2\"` or `\"3\"`";
            return Err(root.fault(&way, Problem::WrongValue { key, value, advice }));
        }
    };
    if shared.is_some() && own.is_some() {
        return Err(root.fault(&root.package_way("resolver"), Fault::TwoResolvers));
    }
    Ok(Some(Setting { value, anchor: root.stated(&way, text).anchor }))
}

/// The fields of a package, some of them from its workspace.
struct Fields<'a> {
    manifest: &'a Manifest,
    root: Option<&'a Manifest>,
}

impl Fields<'_> {
    fn member(&self) -> Result<Member, InputError> {
        let package = self.manifest.package();
        let stated =
            |key: &str, text: &str| self.manifest.stated(&self.manifest.package_way(key), text);
        let name = package.and_then(|package| package.name.as_ref());
        let links = package.and_then(|package| package.links.as_ref());
        if let Some(links) = links.filter(|_| !self.has_build_script()) {
            let fault = Fault::NoBuildScript { links: links.clone() };
            return Err(self.manifest.fault(&self.manifest.package_way("links"), fault));
        }
        let library = self.manifest.toml.lib.as_ref();
        let features = self.manifest.toml.features().into_iter().flatten();
        let features = features.map(|(name, enables)| {
            let way = manifest::way(&["features", name]);
            let listed = enables.iter().enumerate();
            let listed = listed
                .map(|(at, text)| self.manifest.stated(&within(&way, at.to_string()), text))
                .collect();
            let text = name.to_string();
            (Stated { text, anchor: self.manifest.key(&way) }, listed)
        });
        Ok(Member {
            name: stated("name", name.map_or("", |name| name.as_ref())),
            version: self.field("version", package.and_then(|package| package.version.as_ref()))?,
            features: features.collect(),
            links: links.map(|links| stated("links", links)),
            rust_version: self
                .field("rust-version", package.and_then(|package| package.rust_version.as_ref()))?,
            outside: false,
            proc_macro: library.and_then(TomlLibTarget::proc_macro).unwrap_or_default(),
        })
    }

    /// Whether there is to be a build script: where nothing is said, whether there is one.
    fn has_build_script(&self) -> bool {
        match self.manifest.package().and_then(|package| package.build.as_ref()) {
            None => self.manifest.folder().join("build.rs").is_file(),
            Some(TomlPackageBuild::Auto(is_there)) => *is_there,
            Some(_) => true,
        }
    }

    fn edition(&self) -> Result<Option<Stated>, InputError> {
        let package = self.manifest.package();
        self.field("edition", package.and_then(|package| package.edition.as_ref()))
    }

    /// A field's text, or that of the workspace where it is inherited.
    fn field<T: ToString>(
        &self,
        key: &str,
        field: Option<&InheritableField<T>>,
    ) -> Result<Option<Stated>, InputError> {
        let way = self.manifest.package_way(key);
        let field = match field {
            None => return Ok(None),
            Some(InheritableField::Value(value)) => {
                return Ok(Some(self.manifest.stated(&way, &value.to_string())));
            }
            Some(InheritableField::Inherit(_)) => self.root,
        };
        let missing = |root: String| {
            self.manifest.fault(&way, Fault::NotInherited { key: way.join("."), root })
        };
        let root = field.ok_or_else(|| missing("there is no workspace".to_owned()))?;
        let shared = root.workspace().and_then(|workspace| workspace.package.as_ref());
        let text = shared.and_then(|shared| match key {
            "version" => shared.version.as_ref().map(ToString::to_string),
            "edition" => shared.edition.clone(),
            _ => shared.rust_version.as_ref().map(ToString::to_string),
        });
        let shared_way = manifest::way(&["workspace", "package", key]);
        match text {
            Some(text) => Ok(Some(root.stated(&shared_way, &text))),
            None => Err(missing(format!("`{}` has no `{}`", root.name(), shared_way.join(".")))),
        }
    }
}

#[cfg(test)]
mod tests;
