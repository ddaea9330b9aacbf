//! `package-lock.json`: what is locked already, and where it lies.
//!
//! Versions 2 and 3 are read, which list packages by their places. Packages from elsewhere than a registry,
//! and those inside an archive, have no place in a request.

use std::{path::Path, sync::Arc};

use proto::v1::LockedPackage;

use crate::input::{
    Existing, InputError,
    json::Json,
    npm::{Fault, paths::shown},
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
    /// The version of its form.
    pub version: String,
    /// The file.
    pub source: Arc<Source>,
}

impl Lock {
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
    if existing == Existing::Ignored {
        return Ok(Some(Lock { packages: Vec::new(), version: String::new(), source }));
    }
    let json = Json::parse(&source)?;
    let version = json.get("lockfileVersion").map(|version| version.plain().to_string());
    let version = version.unwrap_or_else(|| "1".to_owned());
    let Some(packages) = json.get("packages") else {
        let path = source.name().to_owned();
        return Err(json.fault(Fault::OldLock { path, version }.into()));
    };
    let entries = packages.entries()?.iter();
    let packages = entries.filter_map(|(location, entry)| locked(location, entry)).collect();
    Ok(Some(Lock { packages, version, source }))
}

/// A locked package as the service is told it. Links and folders of the project are none.
fn locked(location: &str, entry: &Json) -> Option<(LockedPackage, Anchor)> {
    let (_, installed) = location.rsplit_once("node_modules/")?;
    let is = |key: &str| entry.get(key).is_some_and(Json::is_truthy);
    let from_elsewhere = entry.get("resolved").and_then(Json::as_text).is_some_and(|resolved| {
        !resolved.starts_with("https://") && !resolved.starts_with("http://")
    });
    if is("link") || is("inBundle") || is("extraneous") || from_elsewhere {
        return None;
    }
    let version = entry.get("version").and_then(Json::as_text)?;
    let name = entry.get("name").and_then(Json::as_text).unwrap_or(installed);
    let package = LockedPackage {
        name: name.to_owned(),
        version: version.to_owned(),
        location: location.to_owned(),
        ..LockedPackage::default()
    };
    Some((package, entry.key_anchor()))
}
