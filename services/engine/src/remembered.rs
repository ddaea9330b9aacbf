//! Remembered answers: in memory, and behind it in a database that outlives the process.
//!
//! An answer lies under its [`AnswerId`], which names question and facts, and never changes there. Which
//! of a question's answers is the last one is kept beside them: so an earlier one can be asked for by
//! its snapshot token for as long as it is kept, whatever was published since.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use cache::{Answers, CacheConfig, Key, Kind, Lead, Leadership, Store};
use registries::Stamp;
use serde::{Deserialize, Serialize};
use tokio_util::task::TaskTracker;

use crate::documents::Documents;
use crate::snapshot::AnswerId;

/// Answers in a database, by their names. The form counts changes of [`Remembered`] as it is written
/// there; what an answer means is part of its name.
const ANSWERS: Kind = Kind { number: 0, form: 2 };

/// The name of the last answer to a question, by the question.
const LAST: Kind = Kind { number: 2, form: 1 };

/// What the name of a last answer takes in memory, in bytes, its place among others included.
const NAME_WEIGHT: u64 = 160;

/// Of the memory for answers, the part for the names of the last ones.
const NAMES_PART: u64 = 16;

/// An answer as it is kept.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Remembered {
    pub(crate) id: AnswerId,
    /// The scope of those who may see it: see [`Reader::scope`](crate::reader::Reader::scope).
    pub(crate) scope: [u8; 32],
    pub(crate) stamps: Vec<Stamp>,
    pub(crate) packages: u32,
    pub(crate) encoded: Bytes,
}

/// Where answers are remembered.
pub(crate) struct Memory {
    config: CacheConfig,
    answers: Answers<Remembered>,
    last: Answers<AnswerId>,
    /// Empty until it is connected, and where there is no database.
    store: Arc<OnceLock<Store>>,
    /// What registries keep there.
    documents: Arc<Documents>,
    /// What is on its way there.
    writes: TaskTracker,
}

/// Who computes the answer to a question.
pub(crate) enum Turn {
    /// The caller; while it holds this, replicas that share the database wait.
    Ours(Option<Leadership>),
    /// Another replica did meanwhile.
    Done(Arc<Remembered>),
}

impl Memory {
    pub(crate) fn new(config: CacheConfig) -> Self {
        let answers = Answers::new(&config, |entry: &Remembered| {
            (entry.encoded.len() + entry.stamps.len() * size_of::<Stamp>() * 2) as u64
        });
        let memory_mib = config.memory_mib.div_ceil(NAMES_PART);
        let names = CacheConfig { memory_mib, ..config.clone() };
        let last = Answers::new(&names, |_| NAME_WEIGHT);
        let store = Arc::new(OnceLock::new());
        let documents = Arc::new(Documents::new(Arc::clone(&store)));
        Self { config, answers, last, store, documents, writes: TaskTracker::new() }
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
        self.documents.close().await;
        if let Some(store) = self.store.get() {
            store.close().await;
        }
    }

    /// Where registries keep their documents.
    pub(crate) fn documents(&self) -> Arc<Documents> {
        Arc::clone(&self.documents)
    }

    /// The database, once it is connected.
    pub(crate) fn store(&self) -> Option<&Store> {
        self.store.get()
    }

    /// The last answer to a question, if it is remembered.
    pub(crate) async fn find(&self, key: &Key) -> Option<Arc<Remembered>> {
        if let Some(id) = self.last.find(key) {
            return self.answer(&id).await;
        }
        let id = AnswerId::from_bytes(&self.store.get()?.get(LAST, key).await?)?;
        let remembered = self.answer(&id).await?;
        self.last.remember(*key, Arc::new(id));
        Some(remembered)
    }

    /// The answer of that name, if it is remembered.
    pub(crate) async fn answer(&self, id: &AnswerId) -> Option<Arc<Remembered>> {
        if let Some(remembered) = self.answers.find(id.as_bytes()) {
            return Some(remembered);
        }
        let bytes = self.store.get()?.get(ANSWERS, id.as_bytes()).await?;
        match postcard::from_bytes::<Remembered>(&bytes) {
            Ok(remembered) if remembered.id == *id => {
                let remembered = Arc::new(remembered);
                self.answers.remember(*id.as_bytes(), Arc::clone(&remembered));
                Some(remembered)
            }
            Ok(_) => {
                tracing::warn!("an answer in the database is another one, and is passed over");
                None
            }
            Err(error) => {
                tracing::warn!(%error, "an answer in the database cannot be read, and is passed over");
                None
            }
        }
    }

    /// Settles whether this process computes the answer to a question, or another one that shares the
    /// database: that one is waited for.
    pub(crate) async fn turn(&self, key: &Key) -> Turn {
        let Some(store) = self.store.get() else { return Turn::Ours(None) };
        match store.lead(LAST, key).await {
            Lead::Yours(leadership) => Turn::Ours(Some(leadership)),
            Lead::Alone => Turn::Ours(None),
            Lead::Stored(name) => {
                let answer = match AnswerId::from_bytes(&name) {
                    Some(id) => self.answer(&id).await.map(|answer| (id, answer)),
                    None => None,
                };
                let Some((id, answer)) = answer else { return Turn::Ours(None) };
                self.last.remember(*key, Arc::new(id));
                Turn::Done(answer)
            }
        }
    }

    /// Remembers an answer as the last one to a question. The database is not waited for; other
    /// replicas wait for it as long as `leadership` says.
    pub(crate) fn remember(
        &self,
        key: Key,
        remembered: &Arc<Remembered>,
        leadership: Option<Leadership>,
    ) {
        let id = remembered.id;
        self.answers.remember(*id.as_bytes(), Arc::clone(remembered));
        self.last.remember(key, Arc::new(id));
        let Some(store) = self.store.get().cloned() else { return };
        match postcard::to_allocvec(&**remembered) {
            Ok(bytes) => {
                self.writes.spawn(async move {
                    store.put(ANSWERS, *id.as_bytes(), bytes.into()).await;
                    store.put(LAST, key, Bytes::copy_from_slice(id.as_bytes())).await;
                    drop(leadership);
                });
            }
            Err(error) => tracing::error!(%error, "an answer cannot be written"),
        }
    }

    /// Forgets that an answer is the last one to a question, since it does not hold any more. It can
    /// still be asked for by name.
    pub(crate) async fn outdate(&self, key: &Key, outdated: &Remembered) {
        if self.last.find(key).is_some_and(|id| *id == outdated.id) {
            self.last.forget(key);
        }
        let Some(store) = self.store.get() else { return };
        // Another replica may have computed a newer one meanwhile, which stays.
        let last = store.get(LAST, key).await;
        if last.is_some_and(|name| *name == *outdated.id.as_bytes()) {
            store.forget(LAST, key).await;
        }
    }

    /// How many answers in memory rest on a document that `is_meant`.
    pub(crate) fn resting_on(&self, is_meant: impl Fn(&Stamp) -> bool) -> usize {
        self.answers.count(|remembered| remembered.stamps.iter().any(&is_meant))
    }
}
