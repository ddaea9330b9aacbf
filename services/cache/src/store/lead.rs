//! One computation per key, across processes.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::backend::{Backend, Holder, Slot};
use super::{Inner, Kind, Store, Way, fresh_name, now};
use crate::Key;

/// Between the first two looks whether another one has finished; later looks are further apart.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LAST_PAUSE: Duration = Duration::from_millis(100);

/// Who computes an entry.
#[derive(Debug)]
pub enum Lead {
    /// The caller does. Others wait until the [`Leadership`] is dropped, so the entry is put before.
    Yours(Leadership),
    /// Somebody did meanwhile: this is the entry.
    Stored(Bytes),
    /// The caller does, and others may too: there is no database, or it failed, or whoever computes
    /// takes longer than the caller may wait.
    Alone,
}

/// The right to compute an entry. Given back when it is dropped, in the background; if the process
/// crashes the database takes it back: Postgres as the connection ends, SQLite in 15 seconds.
#[must_use = "others wait until it is dropped"]
pub struct Leadership {
    inner: Arc<Inner>,
    slot: Slot,
    holder: Holder,
    renewing: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Leadership {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Leadership").finish_non_exhaustive()
    }
}

/// What this process computes.
#[derive(Default)]
pub(crate) struct Claims {
    slots: Mutex<HashSet<Slot>>,
}

impl Claims {
    fn add(&self, slot: Slot) -> bool {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).insert(slot)
    }

    fn remove(&self, slot: &Slot) {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).remove(slot);
    }
}

/// A claim within this process, on the way to become one among all.
struct Local {
    inner: Arc<Inner>,
    slot: Option<Slot>,
}

impl Drop for Local {
    fn drop(&mut self) {
        if let Some(slot) = &self.slot {
            self.inner.claims.remove(slot);
        }
    }
}

impl Store {
    /// Settles who computes an entry that is not remembered. While another one computes it, here or
    /// in another process, waits for what that one stores, for as long as `lead_limit` says.
    pub async fn lead(&self, kind: Kind, key: &Key) -> Lead {
        let inner = &self.inner;
        if inner.config.database.is_none() {
            return Lead::Alone;
        }
        let slot = (kind.number, *key);
        let deadline = Instant::now() + inner.config.lead_limit;
        let mut pause = FIRST_PAUSE;
        loop {
            if inner.claims.add(slot) {
                let local = Local { inner: Arc::clone(inner), slot: Some(slot) };
                // On a task of its own, so that a caller who leaves midway leaves nothing behind:
                // what is claimed is let go again when nobody takes it.
                match tokio::spawn(local.claim(slot)).await {
                    Ok(Claimed::Mine(leadership)) => return self.begin(kind, leadership).await,
                    Ok(Claimed::Others) => {}
                    Ok(Claimed::Unknown) | Err(_) => return Lead::Alone,
                }
            }
            if let Some(bytes) = self.inner.get_some(kind, &[*key]).await.pop().flatten() {
                return Lead::Stored(bytes);
            }
            if Instant::now() + pause >= deadline {
                return Lead::Alone;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LAST_PAUSE);
        }
    }

    /// Whoever led before may have stored the entry just before it let go.
    async fn begin(&self, kind: Kind, leadership: Leadership) -> Lead {
        let key = leadership.slot.1;
        match self.inner.get_some(kind, &[key]).await.pop().flatten() {
            Some(bytes) => Lead::Stored(bytes),
            None => Lead::Yours(leadership),
        }
    }
}

/// What came of a claim.
enum Claimed {
    Mine(Leadership),
    Others,
    /// The database does not say.
    Unknown,
}

impl Local {
    async fn claim(mut self, slot: Slot) -> Claimed {
        let holder = fresh_name();
        let claim = self.inner.call(Way::Write, |backend| backend.claim(&slot, &holder, now()));
        match claim.await {
            Some(true) => {
                self.slot = None;
                Claimed::Mine(Leadership::new(&self.inner, slot, holder))
            }
            Some(false) => Claimed::Others,
            None => Claimed::Unknown,
        }
    }
}

impl Leadership {
    fn new(inner: &Arc<Inner>, slot: Slot, holder: Holder) -> Self {
        let renewed = Arc::clone(inner);
        let lease = inner.backend.get().and_then(Backend::lease);
        let renew = |lease: Duration| async move {
            loop {
                tokio::time::sleep(lease / 3).await;
                renewed.call(Way::Write, |backend| backend.renew(&slot, &holder, now())).await;
            }
        };
        let renewing = lease.map(|lease| tokio::spawn(renew(lease)));
        Self { inner: Arc::clone(inner), slot, holder, renewing }
    }
}

impl Drop for Leadership {
    fn drop(&mut self) {
        if let Some(renewing) = &self.renewing {
            renewing.abort();
        }
        let (inner, slot, holder) = (Arc::clone(&self.inner), self.slot, self.holder);
        // Without a runtime the process is about to end, and the database takes it back.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            if let Some(backend) = inner.backend.get()
                && let Err(trouble) = backend.release(&slot, &holder).await
                && let Some(database) = &inner.config.database
            {
                inner.health.failed(database, &trouble);
            }
            // Only now may another one here claim it: the locks of Postgres can be taken twice.
            inner.claims.remove(&slot);
        });
    }
}
