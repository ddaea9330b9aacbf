//! A solution as a `Cargo.lock`, byte for byte as cargo writes it.
//!
//! The service says all that a lock holds: places, checksums, sources. What is decided here is how it
//! is written: the encoding that the members' Rust versions allow, and how much of a dependency has to
//! be said.

use std::collections::HashMap;

use cargo_lock::{
    Checksum, Dependency, Lockfile, Name, Package, ResolveVersion, SourceId, Version,
};
use cargo_util_schemas::manifest::RustVersion;
use proto::v1::{self, Project, Solution, cargo_patch, package::Details};

use crate::answer;
use crate::input::{cargo::lock::Lock, source::Source};

/// Why an answer cannot be written as a lock.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// A registry that the service has no name in locks for.
    #[error("the service does not say how a lock names the registry `{registry}`")]
    NoSource {
        /// The registry's declared name.
        registry: String,
    },
    /// Members that support a Rust whose cargo reads only the first encoding of locks.
    #[error(
        "a member supports Rust `{rust_version}`, whose cargo reads no lock that `qm` can write"
    )]
    Encoding {
        /// The lowest version that a member supports.
        rust_version: String,
    },
    /// A part of the answer that no lock can hold.
    #[error("the answer has `{text}`, which no `Cargo.lock` can hold: {message}")]
    Malformed {
        /// The part.
        text: String,
        /// What is wrong with it.
        message: String,
    },
    /// An edge that leads nowhere.
    #[error("the answer is not whole: `{slot}` is depended on, and not there")]
    Dangling {
        /// The slot.
        slot: String,
    },
}

/// Writes the lock of a project's solution, as a successor of the lock before it.
pub fn lock(
    solution: &Solution,
    project: &Project,
    previous: Option<&Lock>,
) -> Result<String, LockError> {
    let packages = packages(solution)?;
    let unused = unused(solution, project)?;
    let encode = |version| encode(version, &packages, &unused, previous.map(|lock| &*lock.source));
    let newest = newest_encoding(project)?;
    let Some(previous) = previous else { return Ok(encode(newest)) };
    // A lock that says the same stays as it is; one that is written anew may change its encoding.
    let same = encode(previous.version);
    match same == previous.source.text() {
        true => Ok(same),
        false => Ok(encode(previous.version.max(newest))),
    }
}

/// The newest encoding that cargo takes where the members support these versions of Rust. The first
/// one, of 2019 and before, is not written: it is made otherwise.
fn newest_encoding(project: &Project) -> Result<ResolveVersion, LockError> {
    let members = project.members.iter().filter(|member| !member.outside_workspace);
    let stated = members.map(|member| member.rust_version.parse::<RustVersion>());
    let Some(lowest) = stated.filter_map(Result::ok).min() else { return Ok(ResolveVersion::V4) };
    let encodings =
        [("1.83", ResolveVersion::V4), ("1.53", ResolveVersion::V3), ("1.41", ResolveVersion::V2)];
    let known = encodings
        .into_iter()
        .find(|(since, _)| since.parse::<RustVersion>().is_ok_and(|since| since <= lowest));
    let unknown = || LockError::Encoding { rust_version: lowest.to_string() };
    known.map(|(_, encoding)| encoding).ok_or_else(unknown)
}

/// The packages of a lock in its order: members and crates, by name and version.
fn packages(solution: &Solution) -> Result<Vec<Package>, LockError> {
    let mut places: HashMap<&str, Dependency> = HashMap::new();
    for member in &solution.members {
        places.insert(&member.slot, identity(&member.name, &member.version, None)?);
    }
    for group in &solution.groups {
        let source = source(&group.lock_source, &group.registry)?;
        for package in &group.packages {
            let place = identity(&package.name, &package.version, Some(&source))?;
            places.insert(&package.slot, place);
        }
    }
    let mut packages = Vec::with_capacity(places.len());
    for member in &solution.members {
        let edges = solution.root_edges.iter().filter(|edge| edge.member == member.name);
        packages.push(package(&member.slot, edges, None, &places)?);
    }
    for chosen in solution.groups.iter().flat_map(|group| &group.packages) {
        let edges = chosen.edges.iter().filter(|edge| answer::is_of(edge, &chosen.version));
        let checksum = match &chosen.details {
            Some(Details::Cargo(cargo)) if !cargo.checksum.is_empty() => {
                Some(cargo.checksum.parse().map_err(malformed(&cargo.checksum))?)
            }
            _ => None,
        };
        packages.push(package(&chosen.slot, edges, checksum, &places)?);
    }
    packages.sort_by_cached_key(|package| {
        let source = package.source.as_ref().map(ToString::to_string);
        (package.name.clone(), package.version.clone(), source.map(|source| place_of(&source)))
    });
    Ok(packages)
}

/// What cargo sorts sources by: the kind, which comes first in their texts, then the address without
/// what spellings of it differ in.
fn place_of(source: &str) -> String {
    let address = source.trim_end_matches('/');
    address.strip_suffix(".git").unwrap_or(address).to_owned()
}

fn package<'a>(
    slot: &str,
    edges: impl Iterator<Item = &'a v1::Edge>,
    checksum: Option<Checksum>,
    places: &HashMap<&str, Dependency>,
) -> Result<Package, LockError> {
    let find = |slot: &str| {
        places.get(slot).cloned().ok_or_else(|| LockError::Dangling { slot: slot.to_owned() })
    };
    let Dependency { name, version, source } = find(slot)?;
    let mut dependencies: Vec<_> =
        edges.map(|edge| find(&edge.target)).collect::<Result<_, _>>()?;
    // Cargo sorts what it writes, so that `9.0.0` comes after `10.0.0`.
    dependencies.sort_by_cached_key(|entry| {
        let source = entry.source.as_ref().map(ToString::to_string);
        (entry.name.clone(), entry.version.to_string(), source)
    });
    dependencies.dedup();
    Ok(Package { name, version, source, checksum, dependencies, replace: None })
}

/// The patches that nothing uses, in the order of the manifest. One that leads to no version is none.
fn unused(solution: &Solution, project: &Project) -> Result<Vec<Dependency>, LockError> {
    let mut entries: Vec<_> = solution.unused_patches.iter().collect();
    entries.retain(|entry| !entry.version.is_empty());
    entries.sort_by_key(|entry| entry.patch);
    let mut unused = Vec::new();
    for entry in entries {
        let patch = project.patches.get(entry.patch as usize);
        let source = match patch.and_then(|patch| patch.origin.as_ref()) {
            Some(cargo_patch::Origin::Registry(registry)) => {
                Some(source(&entry.lock_source, registry)?)
            }
            Some(cargo_patch::Origin::Member(_)) | None => None,
        };
        unused.push(identity(&entry.name, &entry.version, source.as_ref())?);
    }
    Ok(unused)
}

fn source(text: &str, registry: &str) -> Result<SourceId, LockError> {
    match text {
        "" => Err(LockError::NoSource { registry: registry.to_owned() }),
        text => text.parse().map_err(malformed(text)),
    }
}

fn identity(name: &str, version: &str, source: Option<&SourceId>) -> Result<Dependency, LockError> {
    Ok(Dependency {
        name: name.parse::<Name>().map_err(malformed(name))?,
        version: version.parse::<Version>().map_err(malformed(version))?,
        source: source.cloned(),
    })
}

fn malformed<E: ToString>(text: &str) -> impl FnOnce(E) -> LockError {
    move |error| LockError::Malformed { text: text.to_owned(), message: error.to_string() }
}

/// The lines that cargo begins every lock with.
const HEAD: &str =
    "# This file is automatically @generated by Cargo.\n# It is not intended for manual editing.\n";

/// Writes a lock. Comments at the head of the one before, and its line ends, are kept.
fn encode(
    version: ResolveVersion,
    packages: &[Package],
    unused: &[Dependency],
    previous: Option<&Source>,
) -> String {
    let lock = Lockfile {
        version,
        packages: packages.to_vec(),
        root: None,
        metadata: Default::default(),
        patch: Default::default(),
    };
    let text = lock.to_string();
    let body = text.strip_prefix(HEAD).unwrap_or(&text);
    // Encodings that do not state their version begin at once.
    let body = if version < ResolveVersion::V3 { body.trim_start() } else { body };
    let before = previous.map(Source::text).unwrap_or_default();
    let comments = before.lines().take_while(|line| line.starts_with('#'));
    let comments = comments.filter(|line| !HEAD.lines().any(|own| own == *line));
    let mut text = HEAD.to_owned();
    comments.for_each(|line| text.extend([line, "\n"]));
    text.push_str(body);
    // `cargo-lock` would leave two empty lines between patches, where cargo leaves one.
    for patch in unused {
        let (name, version) = (&patch.name, &patch.version);
        text.push_str(&format!("\n[[patch.unused]]\nname = \"{name}\"\nversion = \"{version}\"\n"));
        if let Some(source) = &patch.source {
            text.push_str(&format!("source = \"{source}\"\n"));
        }
    }
    match before.split_once('\n') {
        Some((first, _)) if first.ends_with('\r') => text.replace('\n', "\r\n"),
        _ => text,
    }
}

#[cfg(test)]
mod tests;
