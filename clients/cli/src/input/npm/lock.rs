//! `package-lock.json`: what is locked already, and where it lies.
//!
//! Versions 2 and 3 are read, which list packages by their places. Packages from elsewhere than a registry,
//! and those inside an archive, have no place in a request.

use std::{collections::HashMap, path::Path, sync::Arc};

use proto::v1::LockedPackage;
use serde_json::{Map, Value};

use crate::input::{
    Existing, InputError,
    json::Json,
    npm::Fault,
    paths::shown,
    source::{Anchor, Source},
};

/// The files that a lock may be in; the first that there is counts.
const FILES: [&str; 2] = ["npm-shrinkwrap.json", "package-lock.json"];

/// The most that is read of a lock, in bytes. Only names, versions and places of it go into a request.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// A lock that was read.
#[derive(Clone, Debug)]
pub struct Lock {
    /// The locked packages that can be named to the service, each with its place.
    pub packages: Vec<(LockedPackage, Anchor)>,
    /// The entries of packages, by their places.
    entries: HashMap<String, Map<String, Value>>,
    /// The version of its form.
    pub version: String,
    /// The file.
    pub source: Arc<Source>,
}

impl Lock {
    /// What it says of a package in a place, if it has this very version there. Npm keeps that, whatever a
    /// registry says of the package by now.
    pub fn entry(&self, location: &str, name: &str, version: &str) -> Option<&Map<String, Value>> {
        let (_, installed) = location.rsplit_once("node_modules/")?;
        let entry = self.entries.get(location)?;
        let text = |key: &str| entry.get(key).and_then(Value::as_str);
        let is_same = text("version") == Some(version) && text("name").unwrap_or(installed) == name;
        Some(entry).filter(|_| is_same)
    }

    /// Leaves out links to folders that are no members any more.
    pub(super) fn keep_links(&mut self, is_member: impl Fn(&str) -> bool) {
        self.packages.retain(|(package, _)| package.link.is_empty() || is_member(&package.link));
    }

    /// What the user should know where the lock is written anew.
    pub(crate) fn note_of_version(&self) -> Option<String> {
        let file = self.source.name();
        (self.version == "2").then(|| {
            format!("`{file}` is of version 2, and the lock is written as version 3, which npm 7 and later read")
        })
    }
}

/// Reads the lock in a project's folder, if there is one.
pub(super) fn read(folder: &Path, existing: Existing) -> Result<Option<Lock>, InputError> {
    let Some(path) = FILES.map(|name| folder.join(name)).into_iter().find(|path| path.is_file())
    else {
        return Ok(None);
    };
    let source = Source::read_within(&shown(&path), MAX_BYTES)?;
    // An empty file is none.
    if existing == Existing::Ignored || source.text().is_empty() {
        let (packages, entries) = (Vec::new(), HashMap::new());
        return Ok(Some(Lock { packages, entries, version: String::new(), source }));
    }
    let json = Json::parse(&source)?;
    let version = json.get("lockfileVersion").map(|version| version.plain().to_string());
    let version = version.unwrap_or_else(|| "1".to_owned());
    let Some(packages) = json.get("packages") else {
        let path = source.name().to_owned();
        return Err(json.fault(Fault::OldLock { path, version }.into()));
    };
    let listed = packages.entries()?.iter();
    let packages: Vec<_> =
        listed.clone().filter_map(|(location, entry)| locked(location, entry)).collect();
    let entries = listed.filter_map(|(location, entry)| match entry.plain() {
        Value::Object(entry) => Some((location.clone(), entry)),
        _ => None,
    });
    Ok(Some(Lock { packages, entries: entries.collect(), version, source }))
}

/// A locked package as the service is told it, or a link to a folder. Folders of the project are none, nor is
/// what lies in another's archive.
fn locked(location: &str, entry: &Json) -> Option<(LockedPackage, Anchor)> {
    let (_, installed) = location.rsplit_once("node_modules/")?;
    let is = |key: &str| entry.get(key).is_some_and(Json::is_truthy);
    let text = |key: &str| entry.get(key).and_then(Json::as_text);
    let resolved = text("resolved");
    let mut package = LockedPackage { location: location.to_owned(), ..LockedPackage::default() };
    if is("link") {
        package.link = resolved.filter(|path| !path.is_empty())?.to_owned();
        return Some((package, entry.key_anchor()));
    }
    let from_elsewhere = resolved.is_some_and(|resolved| {
        !resolved.starts_with("https://") && !resolved.starts_with("http://")
    });
    // What the project itself bundles comes from a registry, and has hashes.
    let in_archive = is("inBundle") && resolved.is_none() && text("integrity").is_none();
    if in_archive || is("extraneous") || from_elsewhere {
        return None;
    }
    package.version = text("version")?.to_owned();
    package.name = text("name").unwrap_or(installed).to_owned();
    Some((package, entry.key_anchor()))
}
