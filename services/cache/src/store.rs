//! The second level: entries that outlive the process, or that replicas share.
//!
//! A [`Store`] keeps bytes under a [`Kind`] and a [`Key`], in a file of SQLite, on a
//! server of Postgres, or for tests in memory. It is a help and never a condition: every call has a
//! time limit, and a database that is slow, full, damaged, gone or of another version is told in
//! the log and in the [`State`], while calls go on as if nothing had been remembered.
//!
//! [`Store::lead`] makes one process compute an entry while others wait for it, and
//! [`Store::announce`] tells other replicas what they should know.
//!
//! Invariant: what a store returns is what was put under that kind, form and key, to the byte.

mod announce;
mod backend;
mod circuit;
mod envelope;
mod health;
mod lead;
mod memory;
mod postgres;
mod schema;
mod sqlite;
mod trouble;
mod upkeep;
mod used;

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use sqlx::ConnectOptions;

use crate::config::Location;
use crate::{CacheConfig, DatabaseUrl, Key};

pub use self::announce::{Announcement, Announcements};
pub use self::backend::Pruned;
use self::backend::{Backend, Row};
use self::circuit::{Admitted, Circuit};
use self::health::Health;
pub use self::health::{Condition, State};
use self::lead::Claims;
pub use self::lead::{Lead, Leadership};
use self::trouble::Trouble;
use self::upkeep::Upkeep;
use self::used::Used;

/// The longest that opening a database takes, its tables included.
const OPEN_LIMIT: Duration = Duration::from_secs(10);

/// So many entries are read or written in one call of the database.
const AT_ONCE: usize = 128;

/// Bytes of entries that are written in one call of the database, unless one entry has more.
const BYTES_AT_ONCE: usize = 16 * 1024 * 1024;

/// From so many bytes on, compressing goes to a thread that may be busy with it; a tenth of a
/// millisecond is not worth the way there.
const LIGHT_TO_SEAL: usize = 16 * 1024;

/// The same for decompressing, which is faster.
const LIGHT_TO_OPEN: usize = 64 * 1024;

/// What entries are: answers, documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Kind {
    /// Tells kinds apart; entries of two kinds may have the same key.
    pub number: u8,
    /// The form of the values, in the caller's count. An entry of another form is absent.
    pub form: u16,
}

/// Remembers bytes in a database.
///
/// Cheap to clone; clones share everything. When the last one is dropped the database is let go;
/// [`close`](Self::close) also writes what is yet unwritten.
///
/// ```
/// # use bytes::Bytes;
/// # use cache::{CacheConfig, Kind, Lead, Store};
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// const ANSWERS: Kind = Kind { number: 0, form: 1 };
/// let config = CacheConfig { database: "memory:".parse().ok(), ..CacheConfig::default() };
/// let store = Store::open(&config).await;
/// let key = [7; 32];
/// assert_eq!(store.get(ANSWERS, &key).await, None);
/// let answer = match store.lead(ANSWERS, &key).await {
///     // Another replica was faster.
///     Lead::Stored(answer) => answer,
///     // Whoever else asks waits until the leadership is dropped: the answer is put before.
///     lead @ (Lead::Yours(_) | Lead::Alone) => {
///         let answer = Bytes::from_static(b"computed");
///         store.put(ANSWERS, key, answer.clone()).await;
///         drop(lead);
///         answer
///     }
/// };
/// assert_eq!(store.get(ANSWERS, &key).await, Some(answer));
/// # });
/// ```
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    config: CacheConfig,
    backend: OnceLock<Backend>,
    /// Whether somebody is opening the database.
    opening: AtomicBool,
    /// What reads do to the database, and what writes do: a full disk can still be read.
    reads: Circuit,
    writes: Circuit,
    health: Health,
    used: Used,
    claims: Claims,
    upkeep: Upkeep,
    /// Tells this store's announcements from those of others.
    id: String,
}

/// What a call does to the database, and so which circuit it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Read,
    Write,
    /// Belongs to none: pruning is what a full disk needs, and it is seldom.
    Upkeep,
}

impl Store {
    /// Opens the database that `config` names, and makes its tables, within ten seconds. The config
    /// is one that [`CacheConfig::validate`] has let pass.
    ///
    /// A database that cannot be opened is told in the log, and tried again from time to time while
    /// the store is used. Without a database the store remembers nothing. Needs a runtime of tokio,
    /// on which it does its upkeep.
    pub async fn open(config: &CacheConfig) -> Self {
        let inner = Arc::new(Inner {
            config: config.clone(),
            backend: OnceLock::new(),
            opening: AtomicBool::new(false),
            reads: Circuit::new(config.retry_after),
            writes: Circuit::new(config.retry_after),
            health: Health::default(),
            used: Used::default(),
            claims: Claims::default(),
            upkeep: Upkeep::default(),
            id: hex(&fresh_name()),
        });
        if config.database.is_some() {
            inner.open().await;
            upkeep::start(&inner);
        }
        Self { inner }
    }

    /// Removes the tables from a database, and all that is remembered there: the way back to an
    /// earlier version of the program. Errors in words that hold no password.
    pub async fn remove_tables(database: &DatabaseUrl) -> Result<(), String> {
        let removed = async {
            match database.location() {
                Location::Memory => Ok(()),
                Location::Sqlite(path) => {
                    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
                    schema::undo_sqlite(&mut options.connect().await?).await
                }
                Location::Postgres(url) => {
                    let options: sqlx::postgres::PgConnectOptions = url.as_str().parse()?;
                    schema::undo_postgres(&mut options.connect().await?).await
                }
            }
        };
        removed.await.map_err(|trouble: Trouble| format!("`{database}`: {trouble}"))
    }

    /// The entry of a kind under a key, if it is remembered.
    pub async fn get(&self, kind: Kind, key: &Key) -> Option<Bytes> {
        let found = self.inner.get_some(kind, std::slice::from_ref(key)).await.pop().flatten();
        self.inner.health.looked_up(usize::from(found.is_some()), usize::from(found.is_none()));
        found
    }

    /// The entries under several keys, in their order.
    pub async fn get_many(&self, kind: Kind, keys: &[Key]) -> Vec<Option<Bytes>> {
        let mut found = Vec::with_capacity(keys.len());
        for some in keys.chunks(AT_ONCE) {
            found.append(&mut self.inner.get_some(kind, some).await);
        }
        let hits = found.iter().flatten().count();
        self.inner.health.looked_up(hits, keys.len() - hits);
        found
    }

    /// Remembers an entry, in place of what was there. A value of more than 64 MiB is passed over.
    pub async fn put(&self, kind: Kind, key: Key, value: Bytes) {
        self.put_many(kind, vec![(key, value)]).await;
    }

    /// Remembers several entries. Of two under one key the later one counts.
    pub async fn put_many(&self, kind: Kind, entries: Vec<(Key, Bytes)>) {
        if self.inner.config.database.is_none() {
            return;
        }
        let bytes: usize = entries.iter().map(|(_, value)| value.len()).sum();
        let rows = if bytes < LIGHT_TO_SEAL {
            seal(kind, entries)
        } else {
            let sealed = tokio::task::spawn_blocking(move || seal(kind, entries)).await;
            sealed.unwrap_or_default()
        };
        for some in in_parts(rows) {
            let put = self.inner.call(Way::Write, |backend| backend.put(kind.number, some, now()));
            if put.await.is_none() {
                return;
            }
        }
    }

    /// Forgets an entry. Where the database cannot be reached it stays there: whoever reads it
    /// judges whether it still holds.
    pub async fn forget(&self, kind: Kind, key: &Key) {
        let keys = std::slice::from_ref(key);
        self.inner.call(Way::Write, |backend| backend.remove(kind.number, keys)).await;
    }

    /// Removes what nobody has used for too long, and what is too much, least recently used first;
    /// 256 entries of each at the most. Returns what was removed, or nothing where the database
    /// cannot be reached. The store does so by itself every minute.
    pub async fn prune(&self) -> Option<Pruned> {
        self.inner.write_used().await;
        self.inner.prune().await
    }

    /// Whether replicas can share the database, and tell each other through it.
    pub fn is_shared(&self) -> bool {
        let database = self.inner.config.database.as_ref();
        database.is_some_and(|url| matches!(url.location(), Location::Postgres(_)))
    }

    /// How the store does.
    pub fn state(&self) -> State {
        let inner = &self.inner;
        let condition = match (&inner.config.database, inner.backend.get()) {
            (None, _) => Condition::Off,
            (Some(_), None) => Condition::Unopened,
            (Some(_), Some(_)) if inner.reads.is_open() => Condition::Failing,
            (Some(_), Some(_)) if inner.writes.is_open() => Condition::ReadOnly,
            (Some(_), Some(_)) => Condition::Working,
        };
        inner.health.state(condition)
    }

    /// Writes what is yet unwritten and ends all connections, each within `call_limit`. Later calls
    /// find nothing.
    pub async fn close(&self) {
        let limit = self.inner.config.call_limit;
        self.inner.upkeep.stop();
        // What is not written is lost, and connections end with the process at the latest.
        let _ = tokio::time::timeout(limit, self.inner.write_used()).await;
        if let Some(backend) = self.inner.backend.get() {
            let _ = tokio::time::timeout(limit, backend.close()).await;
        }
    }
}

impl Inner {
    /// Asks the database, within the time limit of a call. None where it failed, or is left alone
    /// because it failed before.
    async fn call<'a, T, F>(
        self: &'a Arc<Self>,
        way: Way,
        ask: impl FnOnce(&'a Backend) -> F,
    ) -> Option<T>
    where
        F: Future<Output = Result<T, Trouble>>,
    {
        self.call_within(self.config.call_limit, way, ask).await
    }

    /// The same within a limit of its own.
    async fn call_within<'a, T, F>(
        self: &'a Arc<Self>,
        limit: Duration,
        way: Way,
        ask: impl FnOnce(&'a Backend) -> F,
    ) -> Option<T>
    where
        F: Future<Output = Result<T, Trouble>>,
    {
        let database = self.config.database.as_ref()?;
        let circuit = match way {
            Way::Read => Some(&self.reads),
            Way::Write => Some(&self.writes),
            Way::Upkeep => None,
        };
        let admitted = circuit.map(Circuit::admit);
        if matches!(admitted, Some(None)) {
            self.health.refused();
            return None;
        }
        let admitted = admitted.flatten();
        let Some(backend) = self.backend.get() else {
            // Whoever opens it tells why that fails.
            self.open_again();
            if let Some(admitted) = admitted {
                admitted.failed();
            }
            return None;
        };
        let asked = tokio::time::timeout(limit, ask(backend)).await;
        match asked.unwrap_or(Err(Trouble::Slow(limit))) {
            Ok(value) => {
                if admitted.is_some_and(Admitted::succeeded) {
                    tracing::info!(%database, ?way, "the database answers again");
                }
                Some(value)
            }
            Err(trouble) => {
                if trouble.is_full() {
                    self.upkeep.hurry();
                }
                if let Some(admitted) = admitted {
                    admitted.failed();
                }
                self.health.failed(database, &trouble);
                None
            }
        }
    }

    /// Opens the database, unless somebody does.
    async fn open(&self) {
        let Some(database) = &self.config.database else { return };
        if self.backend.get().is_some() || self.opening.swap(true, Ordering::AcqRel) {
            return;
        }
        let _opening = Opening(&self.opening);
        let open = Backend::open(database.location(), &self.config);
        let opened = tokio::time::timeout(OPEN_LIMIT, open).await;
        match opened.unwrap_or(Err(Trouble::Slow(OPEN_LIMIT))) {
            Ok(backend) => {
                // There is no other: whoever opens has the flag.
                let _ = self.backend.set(backend);
                tracing::info!(%database, "the database is open");
            }
            Err(trouble) => self.health.failed(database, &trouble),
        }
    }

    /// Opens the database in the background: callers do not wait for it.
    fn open_again(self: &Arc<Self>) {
        if !self.opening.load(Ordering::Acquire) {
            let inner = Arc::clone(self);
            tokio::spawn(async move { inner.open().await });
        }
    }

    /// The entries under as many keys as one call takes.
    async fn get_some(self: &Arc<Self>, kind: Kind, keys: &[Key]) -> Vec<Option<Bytes>> {
        let rows = self.call(Way::Read, |backend| backend.find(kind.number, keys)).await;
        let rows = rows.unwrap_or_default();
        let bytes: usize = rows.iter().map(|row| row.value.len()).sum();
        let opened = if bytes < LIGHT_TO_OPEN {
            unseal(kind, rows)
        } else {
            tokio::task::spawn_blocking(move || unseal(kind, rows)).await.unwrap_or_default()
        };
        let mut unusable = Vec::new();
        let mut found = std::collections::HashMap::with_capacity(opened.len());
        for (key, value) in opened {
            match value {
                Ok(value) => {
                    self.used.note((kind.number, key), &self.upkeep);
                    found.insert(key, value);
                }
                Err(why) => {
                    self.health.unusable(why);
                    unusable.push(key);
                }
            }
        }
        if !unusable.is_empty() {
            self.call(Way::Write, |backend| backend.remove(kind.number, &unusable)).await;
        }
        keys.iter().map(|key| found.get(key).cloned()).collect()
    }
}

/// Somebody opens the database, until this is dropped.
struct Opening<'i>(&'i AtomicBool);

impl Drop for Opening<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

/// The rows of entries, sorted by key; of two under one key the later one.
fn seal(kind: Kind, entries: Vec<(Key, Bytes)>) -> Vec<Row> {
    let entries: std::collections::BTreeMap<Key, Bytes> = entries.into_iter().collect();
    let row = |(key, value): (Key, Bytes)| {
        let value = envelope::seal(kind, &key, &value)?;
        Some(Row { key, format: envelope::format(kind), value })
    };
    entries.into_iter().filter_map(row).collect()
}

/// Rows in as many parts as there are calls to write them.
fn in_parts(rows: Vec<Row>) -> Vec<Vec<Row>> {
    let mut parts: Vec<Vec<Row>> = Vec::new();
    let mut bytes = 0;
    for row in rows {
        bytes += row.value.len();
        match parts.last_mut() {
            Some(part) if part.len() < AT_ONCE && bytes <= BYTES_AT_ONCE => part.push(row),
            _ => {
                bytes = row.value.len();
                parts.push(vec![row]);
            }
        }
    }
    parts
}

/// What is in rows, or why it cannot be used.
fn unseal(kind: Kind, rows: Vec<Row>) -> Vec<(Key, Result<Bytes, health::Unusable>)> {
    let open = |row: Row| {
        let value = if row.format == envelope::format(kind) {
            envelope::open(kind, &row.key, row.value).ok_or(health::Unusable::Damaged)
        } else {
            Err(health::Unusable::OtherForm)
        };
        (row.key, value)
    };
    rows.into_iter().map(open).collect()
}

/// Milliseconds since 1970.
fn now() -> backend::Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Sixteen bytes that nobody else has, by the system's randomness.
fn fresh_name() -> backend::Holder {
    use std::hash::{BuildHasher, RandomState};
    let mut name = [0; 16];
    for half in name.chunks_exact_mut(8) {
        let number = RandomState::new().hash_one((std::process::id(), now()));
        half.copy_from_slice(&number.to_le_bytes());
    }
    name
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
