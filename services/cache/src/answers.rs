//! Answers in memory.

use std::sync::Arc;

use moka::sync::Cache;

use crate::{CacheConfig, Key};

/// Remembered answers, bounded by bytes: what is asked for often outlives what is not.
///
/// Cheap to clone; clones share everything. `E` is the form that the engine keeps; the weigher says
/// how many bytes that takes.
#[derive(Clone)]
pub struct Answers<E: Send + Sync + 'static> {
    entries: Cache<Key, Arc<E>>,
}

impl<E: Send + Sync + 'static> Answers<E> {
    /// Makes room for `config.memory_mib` of entries, weighed by `weigh` in bytes.
    pub fn new(config: &CacheConfig, weigh: fn(&E) -> u64) -> Self {
        let entries = Cache::builder()
            .max_capacity(config.memory_mib.saturating_mul(1024 * 1024))
            .weigher(move |_: &Key, entry: &Arc<E>| u32::try_from(weigh(entry)).unwrap_or(u32::MAX))
            .build();
        Self { entries }
    }

    /// The entry for `key`, if it is remembered.
    pub fn find(&self, key: &Key) -> Option<Arc<E>> {
        self.entries.get(key)
    }

    /// Remembers an entry.
    pub fn remember(&self, key: Key, entry: Arc<E>) {
        self.entries.insert(key, entry);
    }

    /// How many of the entries are meant. Looks at each of them.
    pub fn count(&self, is_meant: impl Fn(&E) -> bool) -> usize {
        self.entries.iter().filter(|(_, entry)| is_meant(entry)).count()
    }

    /// Forgets an entry.
    pub fn forget(&self, key: &Key) {
        self.entries.invalidate(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_that_does_not_fit_is_not_kept() {
        let answers: Answers<Vec<u8>> =
            Answers::new(&CacheConfig { memory_mib: 1, ..CacheConfig::default() }, |entry| {
                entry.len() as u64
            });
        answers.remember([1; 32], Arc::new(vec![0; 10]));
        answers.remember([2; 32], Arc::new(vec![0; 2 * 1024 * 1024]));
        answers.entries.run_pending_tasks();
        assert!(answers.find(&[1; 32]).is_some());
        assert!(answers.find(&[2; 32]).is_none());
        assert_eq!(answers.count(|entry| entry.len() == 10), 1);
        assert_eq!(answers.count(Vec::is_empty), 0);
        answers.forget(&[1; 32]);
        assert!(answers.find(&[1; 32]).is_none());
    }
}
