//! Remembers answers: keys and bytes, nothing of what they mean.
//!
//! [`Answers`] is what is remembered, in memory and bounded by bytes. [`Flights`] makes one
//! computation serve all who ask for the same key at the same time.

mod answers;
mod flights;

pub use answers::{Answers, CacheConfig};
pub use flights::{Flights, Lost};

/// The name of a remembered answer: a hash of the whole question.
pub type Key = [u8; 32];
