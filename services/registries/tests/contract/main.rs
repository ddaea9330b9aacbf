//! The contract of registries, and what happens when a registry breaks it.

mod cargo;
mod cargo_faults;
mod faults;
mod npm;
mod sdists;
mod suite;
mod support;
