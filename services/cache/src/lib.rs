//! Remembers answers: keys and bytes, nothing of what they mean.
//!
//! [`Answers`] is what is remembered, in memory and bounded by bytes. [`Flights`] makes one
//! computation serve all who ask for the same key at the same time. [`Store`] is the second level:
//! a database that outlives the process, and that replicas share.

mod answers;
mod config;
mod flights;
mod store;

pub use answers::Answers;
pub use config::{CacheConfig, CacheConfigError, DatabaseUrl, DatabaseUrlError};
pub use flights::{Flights, Lost};
pub use store::{
    Announcement, Announcements, Condition, Kind, Lead, Leadership, Pruned, State, Store,
};

/// The name of a remembered answer: a hash of the whole question.
pub type Key = [u8; 32];
