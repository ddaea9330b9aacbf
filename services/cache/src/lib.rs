//! Remembers answers: keys and bytes, nothing of what they mean.

/// How much is remembered.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CacheConfig {
    /// Mebibytes of answers kept in memory. Default: 256.
    pub memory_mib: u64,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self { memory_mib: 256 }
    }
}
