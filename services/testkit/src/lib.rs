//! What the tests of the other crates share; never part of a program that is shipped.

pub mod chance;
pub mod generate;
pub mod oracle;
pub mod postgres;
pub mod recording;
pub mod registry;
pub mod scenario;
pub mod sets;
pub mod toy;
