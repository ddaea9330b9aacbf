//! Remembered answers: in memory, and behind it in a database that outlives the process.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use cache::{Answers, CacheConfig, Key, Kind, Store};
use registries::Stamp;
use serde::{Deserialize, Serialize};
use tokio_util::task::TaskTracker;

/// Answers in a database. The form counts changes of [`Remembered`] as it is written there; what an
/// answer means is part of its key.
const ANSWERS: Kind = Kind { number: 0, form: 1 };

/// An answer as it is kept.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Remembered {
    pub(crate) stamps: Vec<Stamp>,
    pub(crate) packages: u32,
    pub(crate) encoded: Bytes,
}

/// Where answers are remembered.
pub(crate) struct Memory {
    config: CacheConfig,
    answers: Answers<Remembered>,
    /// Empty until it is connected, and where there is no database.
    store: OnceLock<Store>,
    /// What is on its way there.
    writes: TaskTracker,
}

impl Memory {
    pub(crate) fn new(config: CacheConfig) -> Self {
        let answers = Answers::new(&config, |entry: &Remembered| {
            (entry.encoded.len() + entry.stamps.len() * size_of::<Stamp>() * 2) as u64
        });
        Self { config, answers, store: OnceLock::new(), writes: TaskTracker::new() }
    }

    /// Opens the database, if one is configured. One that cannot be used is told in the log, and done
    /// without.
    pub(crate) async fn connect(&self) {
        if self.config.database.is_some() {
            // Whoever was first has opened the same.
            let _ = self.store.set(Store::open(&self.config).await);
        }
    }

    /// Writes what is yet unwritten.
    pub(crate) async fn close(&self) {
        self.writes.close();
        self.writes.wait().await;
        if let Some(store) = self.store.get() {
            store.close().await;
        }
    }

    /// The answer to a question, if it is remembered.
    pub(crate) async fn find(&self, key: &Key) -> Option<Arc<Remembered>> {
        if let Some(remembered) = self.answers.find(key) {
            return Some(remembered);
        }
        let bytes = self.store.get()?.get(ANSWERS, key).await?;
        match postcard::from_bytes(&bytes) {
            Ok(remembered) => {
                let remembered = Arc::new(remembered);
                self.answers.remember(*key, Arc::clone(&remembered));
                Some(remembered)
            }
            Err(error) => {
                tracing::warn!(%error, "an answer in the database cannot be read, and is passed over");
                None
            }
        }
    }

    /// Remembers an answer. The database is not waited for.
    pub(crate) fn remember(&self, key: Key, remembered: &Arc<Remembered>) {
        self.answers.remember(key, Arc::clone(remembered));
        let Some(store) = self.store.get().cloned() else { return };
        match postcard::to_allocvec(&**remembered) {
            Ok(bytes) => {
                self.writes.spawn(async move { store.put(ANSWERS, key, bytes.into()).await });
            }
            Err(error) => tracing::error!(%error, "an answer cannot be written"),
        }
    }

    /// Forgets an answer that does not hold any more.
    pub(crate) async fn forget(&self, key: &Key) {
        self.answers.forget(key);
        if let Some(store) = self.store.get() {
            store.forget(ANSWERS, key).await;
        }
    }
}
