//! What a store asks of a database, whichever it is.

use std::time::Duration;

use super::memory::Memory;
use super::postgres::Postgres;
use super::sqlite::{self, Sqlite};
use super::trouble::Trouble;
use crate::config::Location;
use crate::{CacheConfig, Key};

/// Where an entry lies: the number of its kind, and its key.
pub(crate) type Slot = (u8, Key);

/// Milliseconds since 1970.
pub(crate) type Instant = i64;

/// Who computes: a name that no other computation has.
pub(crate) type Holder = [u8; 16];

/// An entry as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) key: Key,
    pub(crate) format: i32,
    pub(crate) value: Vec<u8>,
}

/// What one pruning removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Entries removed.
    pub entries: u64,
    /// Whether there is more to remove.
    pub more: bool,
}

/// How far to prune, and how much at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// What was used before is too old.
    pub(crate) oldest: Instant,
    /// Bytes that may be kept.
    pub(crate) bytes: i64,
    /// Entries to remove at the most.
    pub(crate) batch: u32,
}

/// One of the databases.
pub(crate) enum Backend {
    Memory(Memory),
    Sqlite(Sqlite),
    Postgres(Box<Postgres>),
}

impl Backend {
    /// Opens the database that `location` leads to, and makes its tables.
    pub(crate) async fn open(location: &Location, config: &CacheConfig) -> Result<Self, Trouble> {
        Ok(match location {
            Location::Memory => Self::Memory(Memory::new(config)),
            Location::Sqlite(path) => Self::Sqlite(Sqlite::open(path, config).await?),
            Location::Postgres(url) => {
                Self::Postgres(Box::new(Postgres::open(url.as_str(), config).await?))
            }
        })
    }

    /// The rows of those keys that there are, in any order.
    pub(crate) async fn find(&self, kind: u8, keys: &[Key]) -> Result<Vec<Row>, Trouble> {
        match self {
            Self::Memory(memory) => Ok(memory.find(kind, keys)),
            Self::Sqlite(sqlite) => sqlite.find(kind, keys).await,
            Self::Postgres(postgres) => postgres.find(kind, keys).await,
        }
    }

    /// Stores rows, all or none. No key is twice among them, and they are sorted by key.
    pub(crate) async fn put(&self, kind: u8, rows: Vec<Row>, now: Instant) -> Result<(), Trouble> {
        match self {
            Self::Memory(memory) => {
                memory.put(kind, rows);
                Ok(())
            }
            Self::Sqlite(sqlite) => sqlite.put(kind, rows, now).await,
            Self::Postgres(postgres) => postgres.put(kind, &rows, now).await,
        }
    }

    /// Removes the rows of those keys.
    pub(crate) async fn remove(&self, kind: u8, keys: &[Key]) -> Result<(), Trouble> {
        match self {
            Self::Memory(memory) => {
                memory.remove(kind, keys);
                Ok(())
            }
            Self::Sqlite(sqlite) => sqlite.remove(kind, keys).await,
            Self::Postgres(postgres) => postgres.remove(kind, keys).await,
        }
    }

    /// Notes that rows were used.
    pub(crate) async fn touch(&self, slots: &[Slot], now: Instant) -> Result<(), Trouble> {
        match self {
            Self::Memory(_) => Ok(()),
            Self::Sqlite(sqlite) => sqlite.touch(slots, now).await,
            Self::Postgres(postgres) => postgres.touch(slots, now).await,
        }
    }

    /// Removes what is too old, and what is too much: least recently used first.
    pub(crate) async fn prune(&self, bounds: Bounds, now: Instant) -> Result<Pruned, Trouble> {
        match self {
            Self::Memory(memory) => {
                memory.settle();
                Ok(Pruned::default())
            }
            Self::Sqlite(sqlite) => sqlite.prune(bounds, now).await,
            Self::Postgres(postgres) => postgres.prune(bounds).await,
        }
    }

    /// Makes `holder` the one who computes an entry, among all processes; false while another one
    /// is. Within a process the store sees to that.
    pub(crate) async fn claim(
        &self,
        slot: &Slot,
        holder: &Holder,
        now: Instant,
    ) -> Result<bool, Trouble> {
        match self {
            Self::Memory(_) => Ok(true),
            Self::Sqlite(sqlite) => sqlite.claim(slot, holder, now).await,
            Self::Postgres(postgres) => postgres.claim(slot).await,
        }
    }

    /// How long a claim lasts that is not renewed; none where the database knows who has crashed.
    pub(crate) fn lease(&self) -> Option<Duration> {
        match self {
            Self::Sqlite(_) => Some(sqlite::LEASE),
            Self::Memory(_) | Self::Postgres(_) => None,
        }
    }

    /// Says that `holder` still computes.
    pub(crate) async fn renew(
        &self,
        slot: &Slot,
        holder: &Holder,
        now: Instant,
    ) -> Result<(), Trouble> {
        match self {
            Self::Sqlite(sqlite) => sqlite.renew(slot, holder, now).await,
            Self::Memory(_) | Self::Postgres(_) => Ok(()),
        }
    }

    /// Lets others compute the entry.
    pub(crate) async fn release(&self, slot: &Slot, holder: &Holder) -> Result<(), Trouble> {
        match self {
            Self::Memory(_) => Ok(()),
            Self::Sqlite(sqlite) => sqlite.release(slot, holder).await,
            Self::Postgres(postgres) => postgres.release(slot).await,
        }
    }

    /// Tells all who listen, this process too.
    pub(crate) async fn announce(&self, text: &str) -> Result<(), Trouble> {
        match self {
            Self::Memory(_) | Self::Sqlite(_) => Ok(()),
            Self::Postgres(postgres) => postgres.announce(text).await,
        }
    }

    /// Ends all connections.
    pub(crate) async fn close(&self) {
        match self {
            Self::Memory(_) => {}
            Self::Sqlite(sqlite) => sqlite.close().await,
            Self::Postgres(postgres) => postgres.close().await,
        }
    }
}
