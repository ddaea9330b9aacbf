//! One document of a recorded registry of npm, and what has been parsed of it so far.

use std::io;
use std::sync::{Arc, OnceLock};

use ecosystems::npm::{Name, Packument};

use super::packed::Packed;

/// The document of one package, parsed when it is first asked for.
pub(super) struct Document {
    packed: Packed,
    page: OnceLock<Result<Arc<Page>, String>>,
}

/// A parsed document with its hash.
pub(super) struct Page {
    pub(super) packument: Arc<Packument>,
    pub(super) content_hash: [u8; 32],
}

impl From<Packed> for Document {
    fn from(packed: Packed) -> Self {
        Self { packed, page: OnceLock::new() }
    }
}

impl Document {
    /// The length of the document, in bytes.
    pub(super) fn length(&self) -> usize {
        self.packed.length()
    }

    pub(super) fn has_page(&self) -> bool {
        self.page.get().is_some()
    }

    /// The document as it was recorded.
    pub(super) fn document(&self) -> io::Result<Vec<u8>> {
        self.packed.unpack()
    }

    /// The versions.
    pub(super) fn page(&self, name: &Name) -> Result<Arc<Page>, String> {
        self.page.get_or_init(|| self.parse_page(name).map(Arc::new)).clone()
    }

    fn parse_page(&self, name: &Name) -> Result<Page, String> {
        let document = self.document().map_err(|error| error.to_string())?;
        let packument = Arc::new(crate::npm::read(name, &document)?);
        Ok(Page { packument, content_hash: *blake3::hash(&document).as_bytes() })
    }
}
