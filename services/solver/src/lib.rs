//! The pure solver: a problem and what is known go in; a solution, a conflict or the names of
//! missing facts come out.
//!
//! Invariant: nothing here waits, reads a clock or opens anything. Equal inputs have equal
//! outcomes, on every machine and whatever was known before.

pub mod cargo;
pub mod conflict;
pub mod npm;
pub mod pypi;
pub mod search;
pub mod widen;

mod held;
mod interner;
mod partial;
mod strategy;
mod versions;

pub use held::Held;
pub use partial::Partial;
pub use strategy::Strategy;
pub use versions::Versions;
