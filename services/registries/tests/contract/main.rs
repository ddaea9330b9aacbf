//! The contract of registries, and what happens when a registry breaks it.

mod faults;
mod sdists;
mod suite;
mod support;
