//! One index file of a recorded registry of cargo, and what has been parsed of it so far.

use std::io;
use std::sync::{Arc, OnceLock};

use ecosystems::cargo::{Listing, Name, read_index};

use super::packed::Packed;

/// The file of one package, parsed when it is first asked for.
pub(super) struct IndexFile {
    packed: Packed,
    page: OnceLock<Arc<Page>>,
}

/// A parsed listing with the hash of its file.
pub(super) struct Page {
    pub(super) listing: Arc<Listing>,
    pub(super) content_hash: [u8; 32],
}

impl From<Packed> for IndexFile {
    fn from(packed: Packed) -> Self {
        Self { packed, page: OnceLock::new() }
    }
}

impl IndexFile {
    /// The length of the file, in bytes.
    pub(super) fn length(&self) -> usize {
        self.packed.length()
    }

    pub(super) fn has_page(&self) -> bool {
        self.page.get().is_some()
    }

    /// The file as it was recorded.
    pub(super) fn document(&self) -> io::Result<Vec<u8>> {
        self.packed.unpack()
    }

    /// The listing under `name`: the same file is asked for by names that differ in case, and its
    /// lines are about one of them.
    pub(super) fn page(&self, name: &Name) -> Result<Arc<Page>, String> {
        if let Some(page) = self.page.get().filter(|page| page.listing.name == *name) {
            return Ok(Arc::clone(page));
        }
        let document = self.document().map_err(|error| error.to_string())?;
        let listing = read_index(name, &document).map_err(|error| error.to_string())?;
        let content_hash = *blake3::hash(&document).as_bytes();
        let page = Arc::new(Page { listing: Arc::new(listing), content_hash });
        if page.listing.releases.is_empty() {
            return Ok(page);
        }
        Ok(Arc::clone(self.page.get_or_init(|| page)))
    }
}
