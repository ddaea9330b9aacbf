//! Parsed documents in memory and in a store, with what HTTP says of their freshness.
//!
//! Each document has one slot with a lock. Whoever finds the slot stale looks into the store, where a
//! former process or another replica may have left something better, and else asks the registry, while
//! holding the lock; others wait for that one answer, or for its failure, instead of asking too.
//!
//! What comes from the store is judged as what is in memory: by the same headers, the same rules and
//! the same [`distrust`]. If it does not hold, its validators still serve for a condition.

mod distrust;
mod ground;
mod kept;
mod row;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{Mutex, OwnedMutexGuard};

use self::distrust::{Generation, Tick};
pub(crate) use self::ground::Ground;
use self::ground::generation;
use self::kept::Caller;
pub(crate) use self::kept::{Kept, Standing};
#[doc(hidden)]
pub use self::row::rewritten;
pub(crate) use self::row::{pack, unpack};
use crate::parse::parse;
use crate::{Credentials, Error, Freshness};

/// Facts that are written again after this time, since stores forget what nobody reads.
const REWRITTEN_AFTER: Duration = Duration::from_secs(24 * 3600);

/// What can be kept.
pub(crate) trait Facts: Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Facts for T {}

/// Documents by name, by who asked, and by what they describe.
pub(crate) struct Memory<T> {
    slots: moka::future::Cache<Key, Arc<Slot<T>>>,
    ground: Arc<Ground>,
}

/// What tells one kept document from another.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    document: Box<str>,
    /// The package that the document is about, as invalidations name it.
    package: Box<str>,
    /// [`Credentials::scope`] of the caller; nothing for the configured credentials.
    scope: Option<[u8; 32]>,
    /// The files that the document was read from, where that decides.
    identity: [u8; 32],
}

impl Key {
    pub(crate) fn new(
        (document, package): (&str, &str),
        credentials: Option<&Credentials>,
        identity: [u8; 32],
    ) -> Self {
        Self {
            document: document.into(),
            package: package.into(),
            scope: credentials.map(Credentials::scope),
            identity,
        }
    }
}

struct Slot<T> {
    state: Arc<Mutex<State<T>>>,
    weight: AtomicU32,
    /// When what is kept was asked for, where an invalidation would matter to it; otherwise 0.
    asked: AtomicU64,
}

/// What the last attempts gave.
struct State<T> {
    kept: Option<Kept<T>>,
    failed: Option<(Tick, Error)>,
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
    ground: Arc<Ground>,
    /// Before any question was sent.
    asked: Tick,
    /// What the store said of invalidations then.
    generation: Generation,
}

impl<T: Facts> Memory<T> {
    /// A memory of about `capacity` bytes, counted as they were read.
    pub(crate) fn new(capacity: u64, ground: &Arc<Ground>) -> Self {
        let slots = moka::future::Cache::builder()
            .max_capacity(capacity)
            .weigher(|key: &Key, slot: &Arc<Slot<T>>| {
                let own = key.document.len() + key.package.len();
                let own = u32::try_from(own).unwrap_or(u32::MAX).saturating_add(256);
                slot.weight.load(Ordering::Relaxed).saturating_add(own)
            })
            .build();
        Self { slots, ground: Arc::clone(ground) }
    }

    /// Finds the facts of `key`, or the right and duty to read them.
    ///
    /// A failure that came while this caller waited is the caller's failure too.
    pub(crate) async fn enter(&self, key: Key, freshness: Freshness) -> Result<Entry<T>, Error> {
        let distrust = &self.ground.distrust;
        let caller = Caller { freshness, at: SystemTime::now(), tick: distrust.tick() };
        let slot = self.slots.get_with_by_ref(&key, async { Arc::new(Slot::new()) }).await;
        let state = Arc::clone(&slot.state).lock_owned().await;
        let distrusted = distrust.since(&key.package);
        let holds = |kept: &&Kept<T>| kept.holds(caller, self.ground.rules, distrusted);
        if let Some(kept) = state.kept.as_ref().filter(holds) {
            return Ok(Entry::Held(kept.clone()));
        }
        if let Some((_, error)) = state.failed.as_ref().filter(|(when, _)| *when > caller.tick) {
            return Err(error.clone());
        }
        let open = Open {
            key,
            slot,
            state,
            slots: self.slots.clone(),
            ground: Arc::clone(&self.ground),
            asked: distrust.tick(),
            generation: Generation::default(),
        };
        Ok(open.look(caller).await)
    }

    /// How many documents, of one package or of all, an invalidation would have asked for again.
    pub(crate) fn count(&self, package: Option<&str>) -> usize {
        let distrust = &self.ground.distrust;
        let is_meant = |key: &Key, slot: &Slot<T>| {
            package.is_none_or(|package| *key.package == *package)
                && slot.asked.load(Ordering::Relaxed) > distrust.since(&key.package)
        };
        self.slots.iter().filter(|(key, slot)| is_meant(key, slot)).count()
    }
}

impl<T> Slot<T> {
    fn new() -> Self {
        let state = Arc::new(Mutex::new(State { kept: None, failed: None }));
        Self { state, weight: AtomicU32::new(0), asked: AtomicU64::new(0) }
    }
}

impl<T: Facts> Open<T> {
    /// What was known before, stale as it is.
    pub(crate) fn previous(&self) -> Option<&Kept<T>> {
        self.state.kept.as_ref()
    }

    /// Looks into the store for what holds, or at least for what serves as a condition.
    async fn look(mut self, caller: Caller) -> Entry<T> {
        let Some(found) = self.load().await else { return Entry::Open(self) };
        let distrusted = self.ground.distrust.since(&self.key.package);
        let holds = found.kept.holds(caller, self.ground.rules, distrusted);
        let is_newer = |kept: &Kept<T>| kept.vouched_at < found.kept.vouched_at;
        if !holds && !self.previous().is_none_or(is_newer) {
            return Entry::Open(self);
        }
        match self.revive(found).await {
            Some(kept) if holds => Entry::Held(self.settle(kept).await),
            Some(kept) => {
                self.state.kept = Some(kept);
                Entry::Open(self)
            }
            None => Entry::Open(self),
        }
    }

    /// Loads the row of the document, and what the store says of invalidations.
    async fn load(&mut self) -> Option<row::Found> {
        let store = Arc::clone(self.ground.store.as_ref()?);
        let [package, all] = self.ground.generation_keys(&self.key.package);
        let rows = store.load(&[self.ground.row_key(&self.key), package, all]).await;
        let row = |place: usize| rows.get(place).and_then(Option::as_ref);
        let generations = [generation(row(1)), generation(row(2))];
        self.generation = self.ground.distrust.generation(&self.key.package, generations);
        match row::read(row(0)?) {
            Ok(mut found) => {
                let is_trusted = found.kept.course.generation == self.generation;
                found.kept.course.asked = if is_trusted { self.asked } else { 0 };
                Some(found)
            }
            Err(reason) => {
                self.ground.warn(&self.key.document, &reason);
                None
            }
        }
    }

    /// Reads the facts of a stored document, unless the same are in memory.
    async fn revive(&self, found: row::Found) -> Option<Kept<T>> {
        let mut kept = found.kept.with(None);
        kept.course.stored_at = Some(SystemTime::now());
        if found.kept.facts.is_none() {
            return Some(kept);
        }
        let known = self.state.kept.as_ref();
        if let Some(known) = known.filter(|known| known.content_hash == kept.content_hash) {
            kept.facts = known.facts.clone();
            return Some(kept);
        }
        let packed = match found.facts {
            Some(packed) => packed,
            None => {
                let key = self.ground.facts_key(&self.key, &kept.content_hash);
                self.ground.store.as_ref()?.load(&[key]).await.pop().flatten()?
            }
        };
        // What a row says of its own weight is anybody's word.
        kept.weight = kept.weight.max(u32::try_from(packed.len()).unwrap_or(u32::MAX));
        match parse(packed.len(), move || unpack(&packed)).await {
            Ok(facts) => kept.facts = Some(Arc::new(facts)),
            Err(reason) => {
                self.ground.warn(&self.key.document, &reason);
                return None;
            }
        }
        Some(kept)
    }

    /// Keeps what was read, here and in the store, and hands it on.
    pub(crate) async fn fill(self, mut kept: Kept<T>) -> Kept<T> {
        kept.course.asked = self.asked;
        kept.course.filled = self.ground.distrust.tick();
        kept.course.generation = self.generation;
        self.save(&mut kept);
        self.settle(kept).await
    }

    /// Begins to write a document to the store.
    fn save(&self, kept: &mut Kept<T>) {
        let packed = kept.packed.take();
        let Some(store) = self.ground.store.clone() else { return };
        let key = self.ground.row_key(&self.key);
        let facts_key = self.ground.facts_key(&self.key, &kept.content_hash);
        let now = SystemTime::now();
        let is_there = kept.course.stored_at.is_some_and(|stored_at| {
            now.duration_since(stored_at).is_ok_and(|age| age < REWRITTEN_AFTER)
        });
        let mut written = kept.clone();
        written.packed = packed;
        let is_apart = kept.facts.is_some() && !row::holds_facts(&kept.standing);
        let Some(row) = row::write(&written) else { return };
        if !is_there || written.packed.is_some() {
            kept.course.stored_at = Some(now);
        }
        let saving = Arc::clone(&store);
        saving.in_background(Box::pin(async move {
            if is_apart && let Some(packed) = facts_to_write(written, is_there).await {
                store.save(facts_key, packed).await;
            }
            store.save(key, row).await;
        }));
    }

    /// Puts a document into its slot, and hands it on.
    async fn settle(mut self, kept: Kept<T>) -> Kept<T> {
        self.slot.weight.store(kept.weight, Ordering::Relaxed);
        let is_policy = matches!(kept.standing, Standing::Policy(_));
        self.slot.asked.store(if is_policy { kept.course.asked } else { 0 }, Ordering::Relaxed);
        self.state.kept = Some(kept.clone());
        self.state.failed = None;
        drop(self.state);
        // Weights are taken when a slot is put in, so it is put in again.
        self.slots.insert(self.key, self.slot).await;
        kept
    }

    /// Tells those who wait that asking failed; the last known facts stay for the next condition.
    pub(crate) fn fail(mut self, error: Error) -> Error {
        self.state.failed = Some((self.ground.distrust.tick(), error.clone()));
        error
    }
}

/// The compact form of facts that the store does not have, or had better be told again.
async fn facts_to_write<T: Facts>(written: Kept<T>, is_there: bool) -> Option<Bytes> {
    match (written.packed, written.facts) {
        (Some(packed), _) => Some(packed),
        (None, Some(facts)) if !is_there => {
            let length = usize::try_from(written.weight).unwrap_or(usize::MAX);
            parse(length, move || pack(&*facts)).await.ok()
        }
        (None, _) => None,
    }
}
