//! Which manifests make a workspace, by cargo's rules.
//!
//! The root is the manifest itself, what its `package.workspace` names, or the nearest one above with
//! a `[workspace]` that does not exclude it. Members are those that the root lists and, from them on,
//! all that paths lead to within the root's folder. What paths lead to elsewhere is outside.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    rc::Rc,
};

use cargo_util_schemas::manifest::{InheritableDependency, TomlDependency};

use crate::input::{
    InputError,
    cargo::{
        Fault,
        manifest::{Manifest, way, within},
    },
    paths::{normal, shown},
};

/// The manifests of a workspace.
pub(super) struct Members {
    /// The manifest with `[workspace]`. Absent for a package that belongs to none.
    pub(super) root: Option<Rc<Manifest>>,
    /// The packages, the root among them if it is one, and those outside that paths lead to.
    pub(super) packages: Vec<Found>,
}

/// A package that was found.
pub(super) struct Found {
    pub(super) manifest: Rc<Manifest>,
    /// The root of the workspace that it belongs to, from which it inherits.
    pub(super) root: Option<Rc<Manifest>>,
    /// Whether it is a member of the workspace that is read.
    pub(super) is_member: bool,
}

/// Finds all members of the workspace that the manifest at an absolute path belongs to.
pub(super) fn find(path: &Path) -> Result<Members, InputError> {
    let path = normal(path);
    let mut loader = Loader::default();
    let current = loader.load(&path)?;
    let Some(root) = loader.root_of(&path)? else {
        if current.package().is_none() {
            let fault = Fault::Empty { path: current.name().to_owned() };
            return Err(current.fault(&[], fault));
        }
        let packages = with_outside(loader, &[Rc::clone(&current)], &current, None)?;
        return Ok(Members { root: None, packages });
    };
    let pointer = current.package_way("workspace");
    let root = loader.load(&root).map_err(|error| at(error, &current, &pointer))?;
    if root.workspace().is_none() {
        let fault = Fault::NoRoot { root: root.name().to_owned() };
        return Err(current.fault(&pointer, fault));
    }
    let mut finder = Finder { loader, root, found: Vec::new() };
    finder.listed()?;
    let root_path = finder.root.path.clone();
    finder.follow(&root_path, false)?;
    finder.check(&current)?;
    let Finder { loader, root, mut found } = finder;
    found.retain(|found| found.package().is_some());
    let packages = with_outside(loader, &found, &root, Some(&root))?;
    Ok(Members { root: Some(root), packages })
}

/// Adds what the paths of members, and of `[patch]` in `top`, lead to outside the workspace.
fn with_outside(
    mut loader: Loader,
    members: &[Rc<Manifest>],
    top: &Rc<Manifest>,
    root: Option<&Rc<Manifest>>,
) -> Result<Vec<Found>, InputError> {
    let found = |manifest: &Rc<Manifest>| {
        let (manifest, root) = (Rc::clone(manifest), root.cloned());
        Found { manifest, root, is_member: true }
    };
    let mut all: Vec<Found> = members.iter().map(found).collect();
    let patched = patched(top).into_iter().map(|(folder, place)| (Rc::clone(top), folder, place));
    let mut ways: Vec<_> = patched.collect();
    let mut next = 0;
    while next < all.len() || !ways.is_empty() {
        for (from, folder, place) in std::mem::take(&mut ways) {
            if all.iter().any(|known| known.manifest.folder() == folder) {
                continue;
            }
            let path = folder.join("Cargo.toml");
            let manifest = loader.load(&path).map_err(|error| at(error, &from, &place))?;
            if manifest.package().is_none() {
                let fault = Fault::NoPackage { path: manifest.name().to_owned() };
                return Err(from.fault(&place, fault));
            }
            let root = loader.root_of(&path)?.map(|root| loader.load(&root)).transpose()?;
            all.push(Found { manifest, root, is_member: false });
        }
        if let Some(Found { manifest, root, is_member }) = all.get(next) {
            let led = paths(manifest, root.as_deref(), *is_member).into_iter();
            ways = led.map(|(folder, place)| (Rc::clone(manifest), folder, place)).collect();
            next += 1;
        }
    }
    Ok(all)
}

/// The folders that patches lead to.
fn patched(root: &Manifest) -> Vec<(PathBuf, Vec<String>)> {
    let mut paths = Vec::new();
    for (key, entries) in root.toml.patch.iter().flatten() {
        for (name, entry) in entries {
            if let Some(path) = path_of(entry) {
                let place = way(&["patch", key, name.as_ref()]);
                paths.push((normal(&root.folder().join(path)), place));
            }
        }
    }
    paths
}

/// Reads each manifest once.
#[derive(Default)]
struct Loader {
    manifests: BTreeMap<PathBuf, Rc<Manifest>>,
}

impl Loader {
    fn load(&mut self, path: &Path) -> Result<Rc<Manifest>, InputError> {
        if let Some(known) = self.manifests.get(path) {
            return Ok(Rc::clone(known));
        }
        let manifest = Rc::new(Manifest::read(path)?);
        check_alone(&manifest)?;
        self.manifests.insert(path.to_owned(), Rc::clone(&manifest));
        Ok(manifest)
    }

    /// The manifest of the root that a package belongs to.
    fn root_of(&mut self, path: &Path) -> Result<Option<PathBuf>, InputError> {
        let own = self.load(path)?;
        if own.workspace().is_some() {
            return Ok(Some(path.to_owned()));
        }
        if let Some(root) = pointer(&own) {
            return Ok(Some(root));
        }
        for folder in own.folder().ancestors().skip(1) {
            let above = folder.join("Cargo.toml");
            if !above.is_file() {
                continue;
            }
            let manifest = self.load(&above)?;
            let root = match manifest.workspace() {
                Some(_) => (!excludes(&manifest, path)).then_some(above),
                None => pointer(&manifest),
            };
            if root.is_some() {
                return Ok(root);
            }
        }
        Ok(None)
    }
}

/// What is wrong with a manifest whatever the others say.
fn check_alone(manifest: &Manifest) -> Result<(), InputError> {
    let Some(package) = manifest.package() else {
        return match manifest.toml.requires_package().next() {
            Some(section) => Err(manifest.fault(&way(&[section]), Fault::NotVirtual { section })),
            None => Ok(()),
        };
    };
    if package.name.is_none() {
        return Err(manifest.fault(&manifest.package_way("name"), Fault::NoName));
    }
    if package.workspace.is_some() && manifest.workspace().is_some() {
        return Err(manifest.fault(&manifest.package_way("workspace"), Fault::TwoWorkspaces));
    }
    Ok(())
}

/// The root that a manifest names.
fn pointer(manifest: &Manifest) -> Option<PathBuf> {
    let root = manifest.package()?.workspace.as_deref()?;
    Some(normal(&manifest.folder().join(root).join("Cargo.toml")))
}

/// Whether a root leaves a manifest out. What it lists as a member by its path stays in.
fn excludes(root: &Manifest, manifest: &Path) -> bool {
    let Some(workspace) = root.workspace() else { return false };
    let beneath = |paths: &Option<Vec<String>>| {
        let mut paths = paths.iter().flatten();
        paths.any(|path| manifest.starts_with(root.folder().join(path)))
    };
    beneath(&workspace.exclude) && !beneath(&workspace.members)
}

struct Finder {
    loader: Loader,
    root: Rc<Manifest>,
    found: Vec<Rc<Manifest>>,
}

impl Finder {
    /// Follows `workspace.members`.
    fn listed(&mut self) -> Result<(), InputError> {
        let root = Rc::clone(&self.root);
        let members = root.workspace().and_then(|workspace| workspace.members.as_ref());
        for (index, pattern) in members.into_iter().flatten().enumerate() {
            let place = way(&["workspace", "members", &index.to_string()]);
            for folder in folders(root.folder(), pattern).map_err(|message| {
                let pattern = pattern.clone();
                root.fault(&place, Fault::Pattern { pattern, message })
            })? {
                self.follow(&folder.join("Cargo.toml"), false)
                    .map_err(|error| at(error, &root, &place))?;
            }
        }
        Ok(())
    }

    /// Takes a manifest in, and then those that its paths lead to.
    fn follow(&mut self, path: &Path, by_path: bool) -> Result<(), InputError> {
        let path = normal(path);
        if self.found.iter().any(|found| found.path == path) {
            return Ok(());
        }
        let inside = path.parent().is_some_and(|folder| folder.starts_with(self.root.folder()));
        if by_path && !inside && self.loader.root_of(&path)?.as_ref() != Some(&self.root.path) {
            return Ok(());
        }
        if excludes(&self.root, &path) {
            return Ok(());
        }
        let manifest = self.loader.load(&path)?;
        self.found.push(Rc::clone(&manifest));
        for (folder, place) in paths(&manifest, Some(&self.root), true) {
            self.follow(&folder.join("Cargo.toml"), true)
                .map_err(|error| at(error, &manifest, &place))?;
        }
        Ok(())
    }

    /// Whether the members agree that they are some.
    fn check(&mut self, current: &Manifest) -> Result<(), InputError> {
        for member in self.found.clone() {
            let actual = self.loader.root_of(&member.path)?;
            if actual.as_ref() != Some(&self.root.path) {
                let other = match actual {
                    Some(root) => format!("`{}`", shown(&root).display()),
                    None => "no workspace".to_owned(),
                };
                let (member_name, root) = (member.name().to_owned(), self.root.name().to_owned());
                let fault = Fault::WrongRoot { member: member_name, root, other };
                return Err(member.fault(&[], fault));
            }
        }
        if !self.found.iter().any(|found| found.path == current.path) {
            let (package, root) = (current.name().to_owned(), self.root.name().to_owned());
            return Err(current.fault(&[], Fault::NotMember { package, root }));
        }
        Ok(())
    }
}

/// A file that cannot be opened is told at the place that leads to it.
fn at(error: InputError, manifest: &Manifest, place: &[String]) -> InputError {
    match error.place {
        Some(_) => error,
        None => manifest.fault(place, error.problem),
    }
}

/// The folders that a pattern means. One that matches nothing is a path, as for cargo.
fn folders(root: &Path, pattern: &str) -> Result<Vec<PathBuf>, String> {
    let path = root.join(pattern);
    let Some(text) = path.to_str() else { return Ok(vec![path]) };
    let matches = glob::glob(text).map_err(|error| error.msg.to_owned())?;
    let found: Vec<PathBuf> =
        matches.collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    if found.is_empty() {
        return Ok(vec![path]);
    }
    Ok(found.into_iter().filter(|path| path.is_dir()).collect())
}

/// The folders that a package's dependencies lead to, and where they are stated. Of a package outside
/// the workspace, those for development do not count.
fn paths(
    manifest: &Manifest,
    root: Option<&Manifest>,
    is_member: bool,
) -> Vec<(PathBuf, Vec<String>)> {
    let mut paths = Vec::new();
    for table in super::dependencies::tables(manifest, is_member) {
        for (key, dependency) in table.entries {
            let (path, folder) = match dependency {
                InheritableDependency::Value(value) => (path_of(value), manifest.folder()),
                InheritableDependency::Inherit(_) => {
                    let Some(root) = root else { continue };
                    let shared = root.workspace().and_then(|root| root.dependencies.as_ref());
                    let shared = shared.and_then(|shared| shared.get(key));
                    (shared.and_then(path_of), root.folder())
                }
            };
            if let Some(path) = path {
                paths.push((normal(&folder.join(path)), within(&table.way, key.as_ref())));
            }
        }
    }
    paths
}

fn path_of(dependency: &TomlDependency) -> Option<&str> {
    match dependency {
        TomlDependency::Detailed(detail) => detail.path.as_deref(),
        TomlDependency::Simple(_) => None,
    }
}
