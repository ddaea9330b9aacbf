//! Metadata that a request brings along: for releases of which only a build could tell it, or in the
//! stead of what a registry has.
//!
//! Invariant: it is a fact of this request alone. Facts are kept by [`Reader::scope`], which holds
//! the hash of all that is supplied, and so does the key of the answer.
//!
//! [`Reader::scope`]: crate::reader::Reader::scope

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use ecosystems::Timestamp;
use ecosystems::pypi::{Metadata, Name, Version, parse_version};
use registries::Stamp;
use solver::pypi::Solution;

use crate::freshness::is_of_registry;
use crate::{Error, Invalid, SuppliedMetadata};

/// The metadata that a request supplies, by the release that it is for.
#[derive(Debug, Default)]
pub(crate) struct Supplied {
    releases: BTreeMap<(Name, Version), Document>,
}

/// What is known of one release apart from what its registry says of it.
#[derive(Clone, Debug)]
struct Document {
    metadata: Arc<Metadata>,
    stamp: Stamp,
}

impl Supplied {
    /// Reads what a request supplies, or names every document that cannot be used.
    pub(crate) fn read(documents: &[SuppliedMetadata]) -> Result<Self, Error> {
        let mut invalid = Vec::new();
        let mut supplied = Self::default();
        for (place, document) in documents.iter().enumerate() {
            match read(document) {
                Ok((name, version, metadata)) => {
                    let stamp = stamp(&name, &version, &document.document);
                    match supplied.releases.entry((name, version)) {
                        Entry::Vacant(entry) => {
                            entry.insert(Document { metadata: Arc::new(metadata), stamp });
                        }
                        Entry::Occupied(entry) => {
                            let (name, version) = entry.key();
                            let reason = format!("`{name}` {version} has two documents");
                            let field = format!("supplied_metadata[{place}]");
                            invalid.push(Invalid { field, column: None, reason });
                        }
                    }
                }
                Err((field, reason)) => {
                    let field = format!("supplied_metadata[{place}].{field}");
                    invalid.push(Invalid { field, column: None, reason });
                }
            }
        }
        if invalid.is_empty() { Ok(supplied) } else { Err(Error::Invalid(invalid)) }
    }

    /// The same, with what the wheels to be installed say of their releases.
    pub(crate) fn corrected(
        &self,
        corrections: Vec<((Name, Version), Arc<Metadata>, Stamp)>,
    ) -> Self {
        let mut releases = self.releases.clone();
        for (release, metadata, stamp) in corrections {
            releases.entry(release).or_insert(Document { metadata, stamp });
        }
        Self { releases }
    }

    /// The metadata of one release, with the stamp of its document.
    pub(crate) fn find(&self, name: &Name, version: &Version) -> Option<(Arc<Metadata>, Stamp)> {
        let document = self.releases.get(&(name.clone(), version.clone()))?;
        Some((Arc::clone(&document.metadata), document.stamp.clone()))
    }

    /// The releases that a solution does without.
    pub(crate) fn unused<'a>(
        &'a self,
        solution: &'a Solution,
    ) -> impl Iterator<Item = &'a (Name, Version)> {
        let supplied =
            self.releases.iter().filter(|(_, document)| !is_of_registry(&document.stamp));
        supplied.map(|(release, _)| release).filter(|(name, version)| {
            !solution.picks.iter().any(|pick| pick.name == *name && pick.version() == version)
        })
    }

    /// What tells it from what other requests supply.
    pub(crate) fn scope(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key("quartermaster supplied metadata 1");
        for ((name, version), document) in &self.releases {
            let hash = &document.stamp.content_hash;
            hasher.update(format!("{name} {version}\n").as_bytes()).update(hash);
        }
        *hasher.finalize().as_bytes()
    }
}

/// The stamp of a document that came with a request.
fn stamp(name: &Name, version: &Version, document: &[u8]) -> Stamp {
    Stamp {
        registry: "".into(),
        document: format!("supplied/{name}/{version}/metadata"),
        validator: None,
        content_hash: *blake3::hash(document).as_bytes(),
        // It came with the request, and is not looked at for its age.
        read_at: Timestamp::from_microseconds(0),
    }
}

/// Reads one document, or says which of its fields is wrong, and why.
fn read(supplied: &SuppliedMetadata) -> Result<(Name, Version, Metadata), (&'static str, String)> {
    let name = Name::parse(&supplied.name).map_err(|error| ("name", error.to_string()))?;
    let version =
        parse_version(&supplied.version).map_err(|error| ("version", error.to_string()))?;
    let failed = |reason: String| ("metadata", reason);
    let metadata =
        Metadata::parse(&supplied.document).map_err(|error| failed(error.to_string()))?;
    let (stated_name, stated_version) = Metadata::identity(&supplied.document);
    if stated_name.as_deref().and_then(|text| Name::parse(text).ok()).as_ref() != Some(&name) {
        let stated = stated_name.unwrap_or_default();
        return Err(failed(format!("is of `{stated}`, and `{name}` is what it is supplied for")));
    }
    if let Some(stated) = stated_version
        && parse_version(&stated).ok().as_ref() != Some(&version)
    {
        let reason = format!("is of version `{stated}`, and {version} is what it is supplied for");
        return Err(failed(reason));
    }
    Ok((name, version, metadata))
}
