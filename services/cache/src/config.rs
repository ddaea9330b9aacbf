//! The settings of this crate.

mod database;

use std::time::Duration;

pub(crate) use database::Location;
pub use database::{DatabaseUrl, DatabaseUrlError};

/// How much is remembered, and where.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CacheConfig {
    /// Mebibytes of answers kept in memory; 0 remembers nothing. Default: 256.
    pub memory_mib: u64,
    /// The database behind the memory: `sqlite:PATH`, or `postgres://…`, which replicas share.
    /// `memory:` is one that lasts as long as the process, for tests. Default: none; the program takes
    /// a file in the user's folder for caches.
    pub database: Option<DatabaseUrl>,
    /// Mebibytes of entries that the database keeps: what has not been used for longest goes first. 0,
    /// which is for where no database is named, keeps nothing beyond the process.
    /// A file of SQLite grows a quarter beyond it at the most, between two prunings. Default: 1024.
    pub disk_mib: u64,
    /// An entry that nobody has asked for in so long is removed. Default: `30d`.
    #[serde(with = "humantime_serde")]
    pub max_age: Duration,
    /// The longest that a request waits for one call of the database, and goes on without.
    /// Default: `500ms`.
    #[serde(with = "humantime_serde")]
    pub call_limit: Duration,
    /// The longest that a request waits for another replica to compute the same, and then computes
    /// by itself. Default: `10s`.
    #[serde(with = "humantime_serde")]
    pub lead_limit: Duration,
    /// How long a database is left alone that failed three times in a row. Default: `5s`.
    #[serde(with = "humantime_serde")]
    pub retry_after: Duration,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self {
            memory_mib: 256,
            database: None,
            disk_mib: 1024,
            max_age: Duration::from_secs(30 * 24 * 60 * 60),
            call_limit: Duration::from_millis(500),
            lead_limit: Duration::from_secs(10),
            retry_after: Duration::from_secs(5),
        }
    }
}

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{key}` {reason}")]
pub struct CacheConfigError {
    /// The key, without its section.
    pub key: &'static str,
    /// What is wrong with its value, and what to write instead.
    pub reason: &'static str,
}

impl CacheConfig {
    /// Refuses values that no store can work with.
    pub fn validate(&self) -> Result<(), CacheConfigError> {
        let invalid = |key, reason| Err(CacheConfigError { key, reason });
        if self.database.is_some() && self.disk_mib == 0 {
            return invalid("disk_mib", "is 0; remove `database` to keep nothing");
        }
        let day = Duration::from_secs(24 * 60 * 60);
        for (key, duration, longest) in [
            ("max_age", self.max_age, day * 36_500),
            ("call_limit", self.call_limit, day),
            ("lead_limit", self.lead_limit, day),
            ("retry_after", self.retry_after, day),
        ] {
            if duration < Duration::from_millis(1) {
                return invalid(key, "is less than a millisecond; write a duration such as `5s`");
            }
            if duration > longest {
                return invalid(key, "is too long; write a duration such as `5s`");
            }
        }
        Ok(())
    }

    /// Bytes that the database may keep.
    pub(crate) fn disk_bytes(&self) -> u64 {
        self.disk_mib.saturating_mul(1024 * 1024)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_can_be_used_and_what_no_store_can_work_with_is_refused_by_key() {
        assert_eq!(CacheConfig::default().validate(), Ok(()));
        let database = "memory:".parse().ok();
        let config = CacheConfig::default;
        for (key, config) in [
            ("disk_mib", CacheConfig { database, disk_mib: 0, ..config() }),
            ("max_age", CacheConfig { max_age: Duration::ZERO, ..config() }),
            ("call_limit", CacheConfig { call_limit: Duration::ZERO, ..config() }),
            ("lead_limit", CacheConfig { lead_limit: Duration::ZERO, ..config() }),
            ("retry_after", CacheConfig { retry_after: Duration::ZERO, ..config() }),
            ("max_age", CacheConfig { max_age: Duration::MAX, ..config() }),
            ("call_limit", CacheConfig { call_limit: Duration::MAX, ..config() }),
        ] {
            assert_eq!(config.validate().map_err(|error| error.key), Err(key));
        }
    }
}
