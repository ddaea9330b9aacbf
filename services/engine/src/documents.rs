//! The documents of registries in the database: what a later process and other replicas need not ask
//! for again.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::Bytes;
use cache::{Key, Kind, Store};
use registries::{DocumentStore, Pending};
use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;

/// Rows of documents. Their form is the registries' own to tell.
const DOCUMENTS: Kind = Kind { number: 1, form: 1 };

/// Keeps rows in the store, once there is one.
///
/// Whoever writes takes all along that waits meanwhile, and so does whoever reads: a graph of documents
/// is a handful of calls of the database.
#[derive(Default)]
pub(crate) struct Documents {
    store: Arc<OnceLock<Store>>,
    waiting: Mutex<Vec<(Key, Bytes)>>,
    turn: tokio::sync::Mutex<()>,
    asked: Arc<Mutex<Vec<Asked>>>,
    reading: Arc<tokio::sync::Mutex<()>>,
    /// Work that ends with writing.
    works: TaskTracker,
}

/// Rows that somebody waits for.
struct Asked {
    keys: Vec<Key>,
    told: oneshot::Sender<Vec<Option<Bytes>>>,
}

impl Documents {
    /// Keeps rows in what `store` will hold.
    pub(crate) fn new(store: Arc<OnceLock<Store>>) -> Self {
        Self { store, ..Self::default() }
    }

    /// Writes what is yet unwritten, and takes no more.
    pub(crate) async fn close(&self) {
        self.works.close();
        self.works.wait().await;
    }

    /// Writes what waits.
    async fn flush(&self) {
        let _turn = self.turn.lock().await;
        let rows = take(&self.waiting);
        if let Some(store) = self.store.get()
            && !rows.is_empty()
        {
            store.put_many(DOCUMENTS, rows).await;
        }
    }
}

impl DocumentStore for Documents {
    fn load<'a>(&'a self, keys: &'a [[u8; 32]]) -> Pending<'a, Vec<Option<Bytes>>> {
        let Some(store) = self.store.get().cloned() else {
            return Box::pin(async move { vec![None; keys.len()] });
        };
        let (told, rows) = oneshot::channel();
        lock(&self.asked).push(Asked { keys: keys.to_vec(), told });
        let (asked, reading) = (Arc::clone(&self.asked), Arc::clone(&self.reading));
        Box::pin(async move {
            let turn = reading.lock_owned().await;
            let all = take(&asked);
            if !all.is_empty() {
                // On a task of its own: whoever leaves midway takes nothing away from the others.
                tokio::spawn(async move {
                    read(&store, all).await;
                    drop(turn);
                });
            }
            rows.await.unwrap_or_else(|_| vec![None; keys.len()])
        })
    }

    fn save(&self, key: [u8; 32], row: Bytes) -> Pending<'_, ()> {
        if self.store.get().is_some() {
            lock(&self.waiting).push((key, row));
        }
        Box::pin(self.flush())
    }

    fn in_background(&self, work: Pending<'static, ()>) {
        self.works.spawn(work);
    }
}

/// Reads what several wait for, and hands it out.
async fn read(store: &Store, all: Vec<Asked>) {
    let keys: Vec<Key> = all.iter().flat_map(|asked| asked.keys.iter().copied()).collect();
    let mut rows = store.get_many(DOCUMENTS, &keys).await.into_iter();
    for Asked { keys, told } in all {
        // Whoever asked may have left.
        let _ = told.send(rows.by_ref().take(keys.len()).collect());
    }
}

fn lock<T>(list: &Mutex<Vec<T>>) -> MutexGuard<'_, Vec<T>> {
    // Whatever panicked elsewhere, the list holds whole entries.
    list.lock().unwrap_or_else(PoisonError::into_inner)
}

fn take<T>(list: &Mutex<Vec<T>>) -> Vec<T> {
    std::mem::take(&mut *lock(list))
}
