//! What the package ecosystems mean: names, versions, requirements, environments and the documents
//! that registries publish.
//!
//! Everything here is a function of its arguments. Nothing reads a clock, a file, a socket or the
//! environment, so that a document means the same today, tomorrow and on every replica.
//!
//! Each ecosystem is one file with a folder beside it. Two ways lead into each parser where the
//! ecosystem's own tools have two: *strict* for what users write, *lenient* for what registries
//! have published and will never mend. A lenient reading leaves a [`Warning`] behind.

pub mod cargo;
pub mod npm;
pub mod pypi;

mod ecosystem;
mod stored;
mod timestamp;
mod warning;

pub use ecosystem::Ecosystem;
pub use timestamp::{Timestamp, TimestampError};
pub use warning::Warning;
