//! What the tests of the other crates share; never part of a program that is shipped.

pub mod registry;
