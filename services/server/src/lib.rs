//! The door: gRPC on one side, the engine on the other.
//!
//! A call passes the [`layers`], is turned into the engine's words by [`convert`], answered by the
//! engine through [`service`], and turned back. [`serve`] holds the socket, [`config`] all settings.
//!
//! Invariant: wire types and the engine's types meet in [`convert`] alone; everything else speaks
//! one language or the other. Deliberately absent: anything that understands a package.

pub mod arguments;
pub mod config;
pub mod convert;
pub mod errors;
pub mod identity;
pub mod layers;
pub mod serve;
pub mod service;
pub mod telemetry;
pub mod tls;
