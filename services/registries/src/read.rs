//! What a registry hands out: facts, with the stamp of the document they come from.

use std::sync::Arc;
use std::time::Duration;

use ecosystems::Timestamp;
use ecosystems::pypi::Metadata;
use serde::{Deserialize, Serialize};

/// Which document facts were read from, in which state.
///
/// Two stamps of one document with one `content_hash` stand for the same facts, whenever they were read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The registry's declared name.
    pub registry: Arc<str>,
    /// The document, such as `pypi/flask` or `pypi/flask/2.0.0/metadata`.
    pub document: String,
    /// What the registry calls this state of it: its `ETag`, or else its `Last-Modified`.
    pub validator: Option<String>,
    /// The BLAKE3 hash of the document's facts in their compact form, as `ecosystems` writes it; of
    /// `absent` where there is no document. What a document says beside its facts, and how, does not
    /// count: a change of that costs no new solve. A recorded registry hashes the document's bytes,
    /// which are what was recorded and never change.
    pub content_hash: [u8; 32],
    /// When the registry last vouched for it: the time of reading or of the last revalidation.
    ///
    /// What cannot change (a recorded document, a file that the listing names with its hash) is
    /// vouched for whenever it is asked for.
    pub read_at: Timestamp,
}

/// One answer of a registry.
#[derive(Debug)]
pub struct Read<T> {
    /// The facts; `None` if the registry says that there is no such document.
    pub facts: Option<Arc<T>>,
    /// Where they come from.
    pub stamp: Stamp,
    /// Whether the network was used, if only to hear that nothing has changed.
    pub fetched: bool,
    /// How many requests were sent, repeats and redirects included.
    pub requests: u32,
    /// How many bytes of bodies were received, after decompression.
    pub bytes: u64,
}

impl<T> Clone for Read<T> {
    fn clone(&self) -> Self {
        Self {
            facts: self.facts.clone(),
            stamp: self.stamp.clone(),
            fetched: self.fetched,
            requests: self.requests,
            bytes: self.bytes,
        }
    }
}

/// What can be said of a release's needs without building it.
#[derive(Clone, Debug)]
pub enum MetadataRead {
    /// The registry has core metadata for it.
    Known(Read<Metadata>),
    /// The release has no wheel, and its source distribution promises nothing: only running its build
    /// would tell, and nothing here does that.
    NeedsBuild {
        /// The source distributions it has.
        files: Vec<Box<str>>,
    },
}

/// How old facts may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Freshness {
    /// A document that the registry vouched for within this time is used without asking again; an
    /// older one is revalidated even if the registry once called it fresh for longer. `None` leaves it
    /// to the registry's configuration, and then to its own `Cache-Control`.
    ///
    /// That there is no such document is believed for a shorter time, which the configuration says
    /// (`absent_for`). What was invalidated is too old for everybody.
    pub max_staleness: Option<Duration>,
}

impl Freshness {
    /// Revalidates whatever was read before this call.
    pub const NOW: Self = Self { max_staleness: Some(Duration::ZERO) };

    /// Takes whatever is remembered, in memory or in the store, whatever its age: the registry is asked
    /// for nothing that it was asked for before, unless it forbids to keep it or it was invalidated.
    pub const ANY_AGE: Self = Self { max_staleness: Some(Duration::MAX) };
}

/// The instant of the call.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_microseconds(jiff::Timestamp::now().as_microsecond())
}

/// The content hash that stands for "there is no such document".
pub(crate) fn absent_hash() -> [u8; 32] {
    *blake3::hash(b"absent").as_bytes()
}
