//! Reads metadata out of archives, from bytes that are already here.
//!
//! Pure functions of hostile bytes: nothing waits, and what they allocate is bounded by what they
//! are given and told. The module is public for the fuzzers' sake alone, and promises nothing.

pub mod sdist;
pub mod wheel;
