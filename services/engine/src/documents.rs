//! The documents of registries in the database: what a later process and other replicas need not ask
//! for again.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use cache::{Key, Kind, Store};
use registries::{DocumentStore, Pending};
use tokio_util::task::TaskTracker;

/// Rows of documents. Their form is the registries' own to tell.
const DOCUMENTS: Kind = Kind { number: 1, form: 1 };

/// Keeps rows in the store, once there is one.
///
/// Whoever writes takes all along that waits meanwhile: a graph of documents that were just read is a
/// handful of transactions.
#[derive(Default)]
pub(crate) struct Documents {
    store: Arc<OnceLock<Store>>,
    waiting: Mutex<Vec<(Key, Bytes)>>,
    turn: tokio::sync::Mutex<()>,
    /// Work that ends with writing.
    works: TaskTracker,
}

impl Documents {
    /// Keeps rows in what `store` will hold.
    pub(crate) fn new(store: Arc<OnceLock<Store>>) -> Self {
        Self { store, ..Self::default() }
    }

    fn take_waiting(&self) -> Vec<(Key, Bytes)> {
        // Whatever panicked elsewhere, the list holds whole rows.
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Writes what is yet unwritten, and takes no more.
    pub(crate) async fn close(&self) {
        self.works.close();
        self.works.wait().await;
    }

    /// Writes what waits.
    async fn flush(&self) {
        let _turn = self.turn.lock().await;
        let rows = self.take_waiting();
        if let Some(store) = self.store.get()
            && !rows.is_empty()
        {
            store.put_many(DOCUMENTS, rows).await;
        }
    }
}

impl DocumentStore for Documents {
    fn load<'a>(&'a self, keys: &'a [[u8; 32]]) -> Pending<'a, Vec<Option<Bytes>>> {
        Box::pin(async move {
            match self.store.get() {
                Some(store) => store.get_many(DOCUMENTS, keys).await,
                None => vec![None; keys.len()],
            }
        })
    }

    fn save(&self, key: [u8; 32], row: Bytes) -> Pending<'_, ()> {
        if self.store.get().is_some() {
            self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push((key, row));
        }
        Box::pin(self.flush())
    }

    fn in_background(&self, work: Pending<'static, ()>) {
        self.works.spawn(work);
    }
}
