//! Parsed documents in memory, with what HTTP says of their freshness.
//!
//! Each document has one slot with a lock. Whoever finds the slot stale asks the registry while
//! holding the lock; others wait for that one answer, or for its failure, instead of asking too.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use http::HeaderMap;
use http_cache_semantics::{AfterResponse, CacheOptions, CachePolicy};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::fetch::{Answer, Question, Spent};
use crate::read::{absent_hash, now};
use crate::{Credentials, Error, Freshness, Read, Stamp};

/// Documents by name, by who asked, and by what they describe.
pub(crate) struct Memory<T> {
    slots: moka::future::Cache<Key, Arc<Slot<T>>>,
}

/// What tells one kept document from another.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    document: Box<str>,
    /// [`Credentials::scope`] of the caller; nothing for the configured credentials.
    scope: Option<[u8; 32]>,
    /// The files that the document was read from, where that decides.
    identity: [u8; 32],
}

impl Key {
    pub(crate) fn new(
        document: &str,
        credentials: Option<&Credentials>,
        identity: [u8; 32],
    ) -> Self {
        Self { document: document.into(), scope: credentials.map(Credentials::scope), identity }
    }
}

struct Slot<T> {
    state: Arc<Mutex<State<T>>>,
    weight: AtomicU32,
}

/// What the last attempts gave.
struct State<T> {
    kept: Option<Kept<T>>,
    failed: Option<(SystemTime, Error)>,
}

/// A document as it was last read.
pub(crate) struct Kept<T> {
    /// `None` if the registry says that there is no such document.
    pub(crate) facts: Option<Arc<T>>,
    pub(crate) validator: Option<String>,
    pub(crate) content_hash: [u8; 32],
    pub(crate) standing: Standing,
    /// When the registry last vouched for it.
    pub(crate) vouched_at: SystemTime,
    /// Bytes that were read for it.
    pub(crate) weight: u32,
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self {
            facts: self.facts.clone(),
            validator: self.validator.clone(),
            content_hash: self.content_hash,
            standing: self.standing.clone(),
            vouched_at: self.vouched_at,
            weight: self.weight,
        }
    }
}

/// How long a document holds.
#[derive(Clone)]
pub(crate) enum Standing {
    /// It cannot change: its key names the bytes by their hash.
    Fixed,
    /// As HTTP says.
    Policy {
        /// The decisions of RFC 9111.
        policy: Arc<CachePolicy>,
        /// The headers of the response, for the next condition.
        response: Arc<HeaderMap>,
    },
    /// For those who were waiting for it, and nobody after them.
    Once,
}

impl Standing {
    /// What the headers of an answer say.
    pub(crate) fn of(question: &Question<'_>, answer: &Answer) -> Self {
        let Some((request, response)) = exchange(question, answer) else { return Self::Once };
        let policy =
            CachePolicy::new_options(&request, &response, SystemTime::now(), cache_options());
        if policy.is_storable() {
            Self::Policy { policy: Arc::new(policy), response: Arc::new(answer.headers.clone()) }
        } else {
            Self::Once
        }
    }
}

/// A private cache (callers are kept apart by key) that guesses no freshness: an index that says
/// nothing is asked each time, and a project that rested for a year may well be released today.
fn cache_options() -> CacheOptions {
    CacheOptions { shared: false, cache_heuristic: 0.0, ..CacheOptions::default() }
}

/// The exchange in the types of the cache policy.
fn exchange(
    question: &Question<'_>,
    answer: &Answer,
) -> Option<(http::Request<()>, http::Response<()>)> {
    let mut request = http::Request::get(question.url.as_str()).body(()).ok()?;
    *request.headers_mut() = question.headers.clone();
    let mut response = http::Response::new(());
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers.clone();
    Some((request, response))
}

impl<T> Kept<T> {
    /// What is kept of a document that does not exist.
    pub(crate) fn absent(standing: Standing) -> Self {
        Self {
            facts: None,
            validator: None,
            content_hash: absent_hash(),
            standing,
            vouched_at: SystemTime::now(),
            weight: 64,
        }
    }

    /// The same facts, after the registry has said that they still hold.
    pub(crate) fn confirmed(&self, question: &Question<'_>, answer: &Answer) -> Self {
        let mut confirmed = self.clone();
        confirmed.vouched_at = SystemTime::now();
        if let Standing::Policy { policy, response } = &mut confirmed.standing
            && let Some((request, not_modified)) = exchange(question, answer)
            && let AfterResponse::NotModified(renewed, parts) =
                policy.after_response(&request, &not_modified, confirmed.vouched_at)
        {
            *policy = Arc::new(renewed);
            *response = Arc::new(parts.headers);
        }
        confirmed
    }

    /// Whether it may be used by a caller who came at `asked_at`.
    fn holds(&self, freshness: Freshness, asked_at: SystemTime) -> bool {
        if self.vouched_at >= asked_at {
            return true;
        }
        match (&self.standing, freshness.max_staleness) {
            (Standing::Fixed, _) => true,
            (Standing::Once, _) => false,
            (Standing::Policy { .. }, Some(longest)) => {
                // A clock that went backwards makes nothing fresh.
                asked_at.duration_since(self.vouched_at).is_ok_and(|age| age <= longest)
            }
            (Standing::Policy { policy, .. }, None) => !policy.is_stale(asked_at),
        }
    }

    /// Hands the facts out.
    pub(crate) fn read(self, registry: &Arc<str>, document: String, spent: &Spent) -> Read<T> {
        let read_at = match self.standing {
            Standing::Fixed => now(),
            Standing::Policy { .. } | Standing::Once => instant(self.vouched_at),
        };
        let stamp = Stamp {
            registry: Arc::clone(registry),
            document,
            validator: self.validator,
            content_hash: self.content_hash,
            read_at,
        };
        let requests = spent.requests();
        Read { facts: self.facts, stamp, fetched: requests > 0, requests, bytes: spent.bytes() }
    }
}

fn instant(time: SystemTime) -> ecosystems::Timestamp {
    let microseconds = jiff::Timestamp::try_from(time).map_or(0, jiff::Timestamp::as_microsecond);
    ecosystems::Timestamp::from_microseconds(microseconds)
}

/// What a caller finds at a slot.
pub(crate) enum Entry<T> {
    /// Facts that hold.
    Held(Kept<T>),
    /// The task to ask the registry. Dropped unfinished, it passes to the next who waits.
    Open(Open<T>),
}

/// The right to fill one slot.
pub(crate) struct Open<T> {
    key: Key,
    slot: Arc<Slot<T>>,
    state: OwnedMutexGuard<State<T>>,
    slots: moka::future::Cache<Key, Arc<Slot<T>>>,
}

impl<T: Send + Sync + 'static> Memory<T> {
    /// A memory of about `capacity` bytes, counted as they were read.
    pub(crate) fn new(capacity: u64) -> Self {
        let slots = moka::future::Cache::builder()
            .max_capacity(capacity)
            .weigher(|key: &Key, slot: &Arc<Slot<T>>| {
                let own = u32::try_from(key.document.len()).unwrap_or(u32::MAX).saturating_add(256);
                slot.weight.load(Ordering::Relaxed).saturating_add(own)
            })
            .build();
        Self { slots }
    }

    /// Finds the facts of `key`, or the right and duty to read them.
    ///
    /// A failure that came while this caller waited is the caller's failure too.
    pub(crate) async fn enter(&self, key: Key, freshness: Freshness) -> Result<Entry<T>, Error> {
        let asked_at = SystemTime::now();
        let slot = self.slots.get_with_by_ref(&key, async { Arc::new(Slot::new()) }).await;
        let state = Arc::clone(&slot.state).lock_owned().await;
        if let Some(kept) = state.kept.as_ref().filter(|kept| kept.holds(freshness, asked_at)) {
            return Ok(Entry::Held(kept.clone()));
        }
        if let Some((_, error)) = state.failed.as_ref().filter(|(when, _)| *when >= asked_at) {
            return Err(error.clone());
        }
        Ok(Entry::Open(Open { key, slot, state, slots: self.slots.clone() }))
    }
}

impl<T> Slot<T> {
    fn new() -> Self {
        let state = Arc::new(Mutex::new(State { kept: None, failed: None }));
        Self { state, weight: AtomicU32::new(0) }
    }
}

impl<T: Send + Sync + 'static> Open<T> {
    /// What was known before, stale as it is.
    pub(crate) fn previous(&self) -> Option<&Kept<T>> {
        self.state.kept.as_ref()
    }

    /// Keeps what was read, and hands it on.
    pub(crate) async fn fill(mut self, kept: Kept<T>) -> Kept<T> {
        self.slot.weight.store(kept.weight, Ordering::Relaxed);
        self.state.kept = Some(kept.clone());
        self.state.failed = None;
        drop(self.state);
        // Weights are taken when a slot is put in, so it is put in again.
        self.slots.insert(self.key, self.slot).await;
        kept
    }

    /// Tells those who wait that asking failed; the last known facts stay for the next condition.
    pub(crate) fn fail(mut self, error: Error) -> Error {
        self.state.failed = Some((SystemTime::now(), error.clone()));
        error
    }
}
