//! Entries in the memory of this process.

use std::sync::Arc;
use std::time::Duration;

use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use super::backend::{Row, Slot};
use crate::{CacheConfig, Key};

/// The longest time that an entry waits to be asked for; moka takes no more than ten times as much.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// What each entry takes beside its value, about, in bytes.
const OVERHEAD: usize = 128;

/// Bounded by bytes and age as the databases are; moka evicts by itself.
pub(crate) struct Memory {
    rows: Cache<Slot, Arc<Row>>,
}

impl Memory {
    pub(crate) fn new(config: &CacheConfig) -> Self {
        let weigh = |_: &Slot, row: &Arc<Row>| {
            u32::try_from(row.value.len() + OVERHEAD).unwrap_or(u32::MAX)
        };
        let rows = Cache::builder()
            .max_capacity(config.disk_bytes())
            .weigher(weigh)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_idle(config.max_age.min(LONGEST))
            .build();
        Self { rows }
    }

    pub(crate) fn find(&self, kind: u8, keys: &[Key]) -> Vec<Row> {
        let found = |key: &Key| self.rows.get(&(kind, *key)).map(|row| Row::clone(&row));
        keys.iter().filter_map(found).collect()
    }

    pub(crate) fn put(&self, kind: u8, rows: Vec<Row>) {
        for row in rows {
            self.rows.insert((kind, row.key), Arc::new(row));
        }
        // Moka forgets uses of what it has not let in yet.
        self.settle();
    }

    pub(crate) fn remove(&self, kind: u8, keys: &[Key]) {
        for key in keys {
            self.rows.invalidate(&(kind, *key));
        }
    }

    /// Lets moka catch up with what it has been told.
    pub(crate) fn settle(&self) {
        self.rows.run_pending_tasks();
    }
}
