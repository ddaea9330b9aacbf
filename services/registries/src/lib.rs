//! The registries: where facts come from.
//!
//! A [`Registry`] answers questions about packages: which releases there are
//! ([`Registry::pypi_listing`], [`Registry::npm_packument`], [`Registry::cargo_listing`]), and for PyPI, whose listings do not tell
//! it, what one of them needs ([`Registry::pypi_metadata`]). All comes back as parsed, shared facts
//! with a [`Stamp`] that says what was read, and when.
//!
//! `recorded` holds the documents of a moment, from a folder, an archive or the binary itself
//! ([`bundled()`]), and of one ecosystem or several: [`Registry::serves`] tells. `pypi-simple` speaks
//! the simple repository API, `npm` the registry API of npm, `cargo-sparse` the protocol of cargo's
//! sparse index, as politely as a mirror asks for: validators, bounded concurrency, `Retry-After`, and no host that the
//! configuration does not declare.
//!
//! What was read is kept, parsed, in memory and in a [`DocumentStore`] where the caller has one, so that a
//! later process and other replicas need not ask again.
//!
//! Deliberately absent: anything that solves, anything that remembers answers, and any execution of
//! package code. A release whose needs only a build would tell is [`MetadataRead::NeedsBuild`].

#[doc(hidden)]
pub mod archive;

mod bundled;
mod cargo_sparse;
mod config;
mod credentials;
mod declared;
mod document;
mod error;
mod fetch;
mod memory;
mod npm;
mod parse;
mod pypi_simple;
mod read;
mod recorded;
mod registry;
mod store;

pub use bundled::bundled;
pub use cargo_sparse::CargoConfig;
pub use config::{RegistryConfig, RegistryKind};
pub use credentials::{Credentials, CredentialsReference};
pub use declared::DeclaredDocument;
pub use error::Error;
#[doc(hidden)]
pub use memory::rewritten as rewritten_row;
pub use read::{Freshness, MetadataRead, Read, Stamp};
pub use recorded::Recorded;
pub use registry::{Invalidated, Registry};
pub use store::{DocumentStore, Pending};
