//! A solution as a `package-lock.json` of version 3, byte for byte as npm 11 writes it.
//!
//! The service says what lies where and what it is there for, and repeats what a lock has of each
//! manifest; the project's own packages are told by their own manifests. What is decided here is how it is
//! written: the order of keys, and the indentation of the root's `package.json`.

use std::cmp::Ordering;

use proto::v1::{NpmPackage, NpmPurpose, Package, Solution, package::Details};
use serde::{Serialize, Serializer, ser::SerializeMap as _};
use serde_json::{Map, Value, json, ser::PrettyFormatter};

use crate::input::npm::{Project, collation::locale_compare};

/// Why an answer cannot be written as a lock.
#[derive(Debug, thiserror::Error)]
pub enum NpmLockError {
    /// A package of another ecosystem.
    #[error("the answer has `{name}` without a place, which no `package-lock.json` can hold")]
    NoPlace {
        /// The package.
        name: String,
    },
    /// A manifest that is no JSON object.
    #[error("the answer has a manifest of `{location}` that cannot be read: {source}")]
    Manifest {
        /// The package's place.
        location: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A member that the project does not have.
    #[error("the answer has a package in `{path}`, which the project has not")]
    Stranger {
        /// The folder.
        path: String,
    },
    /// The lock cannot be put into text.
    #[error("the lock could not be written: {0}")]
    Write(#[from] serde_json::Error),
}

/// Writes the lock of a project's solution.
pub fn lock(solution: &Solution, project: &Project) -> Result<String, NpmLockError> {
    let mut packages = own(solution, project)?;
    for package in solution.groups.iter().flat_map(|group| &group.packages) {
        let Some(Details::Npm(npm)) = &package.details else {
            return Err(NpmLockError::NoPlace { name: package.name.clone() });
        };
        let entry = entry(package, npm, project)?;
        packages.insert(npm.location.clone(), entry.into());
    }
    let root = project.members.first();
    let name = root.map(|root| root.name.as_str()).filter(|name| !name.is_empty());
    let mut lock = Map::new();
    lock.insert("name".to_owned(), name.unwrap_or(&project.folder_name).into());
    if let Some(version) = root.and_then(|root| root.version.as_ref()) {
        lock.insert("version".to_owned(), version.text.as_str().into());
    }
    lock.insert("lockfileVersion".to_owned(), 3.into());
    lock.insert("requires".to_owned(), true.into());
    lock.insert("packages".to_owned(), packages.into());
    write(&lock.into(), project)
}

/// The project's own packages, and the links to them.
fn own(solution: &Solution, project: &Project) -> Result<Map<String, Value>, NpmLockError> {
    let mut packages = Map::new();
    let root = project.members.iter().filter(|member| member.path.is_empty());
    packages.extend(root.map(|root| (String::new(), root.entry.clone().into())));
    for pick in &solution.members {
        let member = project.members.iter().find(|member| member.path == pick.path);
        let Some(member) = member else {
            return Err(NpmLockError::Stranger { path: pick.path.clone() });
        };
        let mut entry = member.entry.clone();
        if let Some(purpose) = &pick.purpose {
            put_purpose(&mut entry, purpose);
        }
        packages.insert(pick.path.clone(), entry.into());
        for link in &pick.links {
            let link_to = json!({ "resolved": pick.path, "link": true });
            packages.insert(link.location.clone(), link_to);
        }
    }
    Ok(packages)
}

/// A registry's package. What the lock before said of it stays, but for what it is there for.
fn entry(
    package: &Package,
    npm: &NpmPackage,
    project: &Project,
) -> Result<Map<String, Value>, NpmLockError> {
    let lock = project.lock.as_ref();
    let before = lock.and_then(|lock| lock.entry(&npm.location, &package.name, &package.version));
    let mut entry = match before {
        Some(before) => before.clone(),
        None => stated(package, npm)?,
    };
    PURPOSES.iter().for_each(|key| drop(entry.remove(*key)));
    if project.config.omits_resolved == Some(true) {
        entry.remove("resolved");
    }
    put_flags(&mut entry, &[("inBundle", npm.in_bundle)]);
    if let Some(purpose) = &npm.purpose {
        put_purpose(&mut entry, purpose);
    }
    Ok(entry)
}

/// The flags of an entry that tell what a package is there for.
const PURPOSES: [&str; 6] = ["extraneous", "peer", "dev", "optional", "devOptional", "inBundle"];

/// What the registry says of a package.
fn stated(package: &Package, npm: &NpmPackage) -> Result<Map<String, Value>, NpmLockError> {
    let mut entry: Map<String, Value> = match npm.manifest.as_str() {
        "" => Map::new(),
        manifest => serde_json::from_str(manifest)
            .map_err(|source| NpmLockError::Manifest { location: npm.location.clone(), source })?,
    };
    let installed = npm.location.rsplit_once("node_modules/").map(|(_, name)| name);
    if installed != Some(package.name.as_str()) {
        entry.insert("name".to_owned(), package.name.as_str().into());
    }
    entry.insert("version".to_owned(), package.version.as_str().into());
    // What a path from a registry's root means, npm could not tell: it asks its own registry then.
    let mut addresses = package.artifacts.iter().map(|artifact| artifact.url.as_str());
    let resolved = addresses.find(|url| url.contains("://")).unwrap_or_default();
    let texts = [
        ("resolved", resolved),
        ("integrity", npm.integrity.as_str()),
        ("deprecated", npm.deprecated.as_str()),
    ];
    for (key, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
        entry.insert(key.to_owned(), text.into());
    }
    let flags =
        [("hasShrinkwrap", npm.has_shrinkwrap), ("hasInstallScript", npm.has_install_script)];
    put_flags(&mut entry, &flags);
    Ok(entry)
}

/// Says what a package is there for.
fn put_purpose(entry: &mut Map<String, Value>, purpose: &NpmPurpose) {
    if purpose.extraneous {
        return put_flags(entry, &[("extraneous", true)]);
    }
    let flags = [
        ("peer", purpose.peer),
        ("dev", purpose.dev),
        ("optional", purpose.optional),
        ("devOptional", purpose.dev_optional && !purpose.dev && !purpose.optional),
    ];
    put_flags(entry, &flags);
}

fn put_flags(entry: &mut Map<String, Value>, flags: &[(&str, bool)]) {
    for (key, _) in flags.iter().filter(|(_, is_on)| *is_on) {
        entry.insert((*key).to_owned(), true.into());
    }
}

/// Puts a lock into text, in the root's style, unless there is to be none.
fn write(lock: &Value, project: &Project) -> Result<String, NpmLockError> {
    if project.config.format == Some(false) {
        return Ok(serde_json::to_string(&Sorted(lock))?);
    }
    let mut bytes = Vec::new();
    let formatter = PrettyFormatter::with_indent(project.style.indent.as_bytes());
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    Sorted(lock).serialize(&mut serializer)?;
    let text = String::from_utf8_lossy(&bytes).into_owned() + "\n";
    match project.style.newline.as_str() {
        "\n" => Ok(text),
        newline => Ok(text.replace('\n', newline)),
    }
}

/// A value whose keys are written in npm's order.
struct Sorted<'a>(&'a Value);

impl Serialize for Sorted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(object) => {
                let mut entries: Vec<_> = object.iter().collect();
                entries.sort_by(|left, right| order(*left, *right));
                // Whatever their order, JavaScript puts numbers first.
                entries.sort_by_key(|(key, _)| number(key).unwrap_or(u32::MAX));
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, &Sorted(value))?;
                }
                map.end()
            }
            Value::Array(items) => serializer.collect_seq(items.iter().map(Sorted)),
            plain => plain.serialize(serializer),
        }
    }
}

/// The keys that npm puts first wherever they occur.
const FIRST: [&str; 8] = [
    "name",
    "version",
    "lockfileVersion",
    "resolved",
    "integrity",
    "requires",
    "packages",
    "dependencies",
];

/// Npm's order of keys: plain values before objects, some keys before the others, the rest by letters.
fn order((left, one): (&String, &Value), (right, other): (&String, &Value)) -> Ordering {
    let place = |key: &str| FIRST.iter().position(|first| *first == key).unwrap_or(FIRST.len());
    one.is_object()
        .cmp(&other.is_object())
        .then_with(|| place(left).cmp(&place(right)))
        .then_with(|| locale_compare(left, right))
}

/// The number that a key is for JavaScript, if it is one.
fn number(key: &str) -> Option<u32> {
    let is_plain = key == "0" || !key.starts_with(['0', '+']);
    key.parse().ok().filter(|number| is_plain && *number < u32::MAX)
}

#[cfg(test)]
mod tests;
