//! The registries: where facts come from.
//!
//! A [`Registry`] answers two questions for the Python ecosystem: which releases a project has
//! ([`Registry::pypi_listing`]), and what one of them needs ([`Registry::pypi_metadata`]). Both come
//! back as parsed, shared facts with a [`Stamp`] that says what was read, and when.
//!
//! There are two kinds so far. `recorded` holds the documents of a moment, from a folder, an archive
//! or the binary itself ([`bundled()`]). `pypi-simple` speaks the simple repository API over HTTP, as
//! politely as a mirror asks for: validators, bounded concurrency, `Retry-After`, and no host that
//! the configuration does not declare.
//!
//! Deliberately absent: anything that solves, anything that remembers answers, and any execution of
//! package code. A release whose needs only a build would tell is [`MetadataRead::NeedsBuild`].

#[doc(hidden)]
pub mod archive;

mod bundled;
mod config;
mod credentials;
mod error;
mod fetch;
mod parse;
mod pypi_simple;
mod read;
mod recorded;
mod registry;

pub use bundled::bundled;
pub use config::{RegistryConfig, RegistryKind};
pub use credentials::{Credentials, CredentialsReference};
pub use error::Error;
pub use read::{Freshness, MetadataRead, Read, Stamp};
pub use recorded::Recorded;
pub use registry::Registry;
