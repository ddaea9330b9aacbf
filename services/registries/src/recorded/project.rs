//! One project of a recorded registry: packed bytes, and what has been parsed of them so far.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, OnceLock};

use ecosystems::pypi::{Listing, Metadata, Name, Version, read_json_page};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::packed::Packed;
use super::questions::Needs;

/// The document of one project. Each part is parsed once, when it is first asked for.
pub(super) struct Project {
    packed: Packed,
    page: OnceLock<Result<Arc<Page>, String>>,
    records: OnceLock<Result<Vec<Record>, String>>,
}

/// A parsed listing with the hash of its document.
pub(super) struct Page {
    pub(super) listing: Arc<Listing>,
    pub(super) content_hash: [u8; 32],
}

/// The metadata of one version: its text, and the facts once somebody has asked for them.
struct Record {
    version: Version,
    text: Box<str>,
    needs: OnceLock<Result<Needs, String>>,
}

impl From<Packed> for Project {
    fn from(packed: Packed) -> Self {
        Self { packed, page: OnceLock::new(), records: OnceLock::new() }
    }
}

impl Project {
    /// The length of the document, in bytes.
    pub(super) fn length(&self) -> usize {
        self.packed.length()
    }

    pub(super) fn has_page(&self) -> bool {
        self.page.get().is_some()
    }

    pub(super) fn has_records(&self) -> bool {
        self.records.get().is_some()
    }

    /// The document as it was recorded.
    pub(super) fn document(&self) -> io::Result<Vec<u8>> {
        self.packed.unpack()
    }

    /// The listing.
    pub(super) fn page(&self, name: &Name) -> Result<Arc<Page>, String> {
        self.page.get_or_init(|| self.parse_page(name).map(Arc::new)).clone()
    }

    fn parse_page(&self, name: &Name) -> Result<Page, String> {
        let document = self.document().map_err(|error| error.to_string())?;
        let (files, status) = read_json_page(&document).map_err(|error| error.to_string())?;
        let listing = Arc::new(Listing::from_files(name.clone(), files, status));
        Ok(Page { listing, content_hash: *blake3::hash(&document).as_bytes() })
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
        let document = self.document().map_err(|error| error.to_string())?;
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
