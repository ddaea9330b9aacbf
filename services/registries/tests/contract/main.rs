//! The contract of registries, and what happens when a registry breaks it.

mod faults;
mod suite;
mod support;
