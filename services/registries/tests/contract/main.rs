//! The contract of registries, and what happens when a registry breaks it.

mod cargo;
mod cargo_faults;
mod compact;
mod faults;
mod invalidation;
mod npm;
mod sdists;
mod shelf;
mod stored;
mod suite;
mod support;
