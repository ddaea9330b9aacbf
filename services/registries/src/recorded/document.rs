//! One recorded document, and what has been parsed of it so far.

use std::io;
use std::sync::{Arc, OnceLock};

use super::packed::Packed;

/// A document that says facts of one kind, parsed when they are first asked for.
pub(super) struct Document<F> {
    packed: Packed,
    page: OnceLock<Result<Arc<Page<F>>, String>>,
}

/// What a document says, with the hash of its bytes.
pub(super) struct Page<F> {
    pub(super) facts: Arc<F>,
    pub(super) content_hash: [u8; 32],
}

impl<F> From<Packed> for Document<F> {
    fn from(packed: Packed) -> Self {
        Self { packed, page: OnceLock::new() }
    }
}

impl<F> AsRef<Self> for Document<F> {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl<F> Document<F> {
    /// The length of the document, in bytes.
    pub(super) fn length(&self) -> usize {
        self.packed.length()
    }

    /// The document as it was recorded.
    pub(super) fn unpack(&self) -> io::Result<Vec<u8>> {
        self.packed.unpack()
    }

    pub(super) fn has_page(&self) -> bool {
        self.page.get().is_some()
    }

    /// What the document says, as `read` understands it: that is asked once.
    pub(super) fn page(
        &self,
        read: impl FnOnce(&[u8]) -> Result<F, String>,
    ) -> Result<Arc<Page<F>>, String> {
        self.page.get_or_init(|| self.parse(read)).clone()
    }

    /// What the document says to one of several who understand it differently: that is kept for the
    /// first for whom `is_worth` says so.
    pub(super) fn page_of(
        &self,
        is_this: impl Fn(&F) -> bool,
        is_worth: impl Fn(&F) -> bool,
        read: impl FnOnce(&[u8]) -> Result<F, String>,
    ) -> Result<Arc<Page<F>>, String> {
        if let Some(Ok(page)) = self.page.get()
            && is_this(&page.facts)
        {
            return Ok(Arc::clone(page));
        }
        let page = self.parse(read)?;
        if is_worth(&page.facts) {
            // Whoever was first says the same of it.
            let _ = self.page.set(Ok(Arc::clone(&page)));
        }
        Ok(page)
    }

    fn parse(&self, read: impl FnOnce(&[u8]) -> Result<F, String>) -> Result<Arc<Page<F>>, String> {
        let document = self.unpack().map_err(|error| error.to_string())?;
        let facts = Arc::new(read(&document)?);
        Ok(Arc::new(Page { facts, content_hash: *blake3::hash(&document).as_bytes() }))
    }
}
