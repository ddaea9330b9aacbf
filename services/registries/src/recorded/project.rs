//! One project of a recorded registry: packed bytes, and what has been parsed of them so far.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use ecosystems::pypi::{Listing, Metadata, Name, Version, read_json_page};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::document::{Document, Page};
use super::packed::Packed;
use super::questions::Needs;

/// The document of one project. Each part is parsed once, when it is first asked for.
pub(super) struct Project {
    pub(super) document: Document<Listing>,
    records: OnceLock<Result<Vec<Record>, String>>,
}

/// The metadata of one version: its text, and the facts once somebody has asked for them.
struct Record {
    version: Version,
    text: Box<str>,
    needs: OnceLock<Result<Needs, String>>,
}

impl From<Packed> for Project {
    fn from(packed: Packed) -> Self {
        Self { document: packed.into(), records: OnceLock::new() }
    }
}

impl AsRef<Document<Listing>> for Project {
    fn as_ref(&self) -> &Document<Listing> {
        &self.document
    }
}

impl Project {
    pub(super) fn has_records(&self) -> bool {
        self.records.get().is_some()
    }

    /// The listing.
    pub(super) fn page(&self, name: &Name) -> Result<Arc<Page<Listing>>, String> {
        self.document.page(|document| {
            let (files, status) = read_json_page(document).map_err(|error| error.to_string())?;
            Ok(Listing::from_files(name.clone(), files, status))
        })
    }

    /// What `version` needs, if that was recorded.
    pub(super) fn metadata(&self, version: &Version) -> Result<Option<Needs>, String> {
        let records = self.records.get_or_init(|| self.parse_records());
        let records = records.as_ref().map_err(Clone::clone)?;
        let found = records.binary_search_by(|record| record.version.cmp(version));
        let Some(record) = found.ok().and_then(|position| records.get(position)) else {
            return Ok(None);
        };
        let needs = record.needs.get_or_init(|| {
            let content_hash = *blake3::hash(record.text.as_bytes()).as_bytes();
            Ok((parse_metadata(&record.text)?, content_hash))
        });
        needs.clone().map(Some)
    }

    /// Cuts the document into the texts of its versions, without reading them.
    fn parse_records(&self) -> Result<Vec<Record>, String> {
        #[derive(Deserialize)]
        struct Document<'a> {
            #[serde(borrow, default)]
            metadata: BTreeMap<Cow<'a, str>, &'a RawValue>,
        }
        let document = self.document.unpack().map_err(|error| error.to_string())?;
        let document: Document<'_> =
            serde_json::from_slice(&document).map_err(|error| error.to_string())?;
        let mut records: Vec<Record> = document
            .metadata
            .into_iter()
            // A version that nobody can read is in no listing either.
            .filter_map(|(version, text)| Some((version.parse().ok()?, text)))
            .map(|(version, text)| Record {
                version,
                text: text.get().into(),
                needs: OnceLock::new(),
            })
            .collect();
        records.sort_by(|left, right| left.version.cmp(&right.version));
        Ok(records)
    }
}

fn parse_metadata(text: &str) -> Result<Arc<Metadata>, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    struct Fields<'a> {
        #[serde(borrow, default)]
        requires_dist: Vec<Cow<'a, str>>,
        #[serde(borrow, default)]
        requires_python: Option<Cow<'a, str>>,
        #[serde(borrow, default)]
        provides_extra: Vec<Cow<'a, str>>,
    }
    let fields: Fields<'_> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    Metadata::from_fields(
        fields.requires_dist.iter().map(AsRef::as_ref),
        fields.requires_python.as_deref(),
        fields.provides_extra.iter().map(AsRef::as_ref),
    )
    .map(Arc::new)
    .map_err(|error| error.to_string())
}
