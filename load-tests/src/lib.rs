//! What a sceptic needs to measure the service against what they use today: on the same data, over
//! the same link, in one run.
//!
//! * [`registry`] serves recorded data over the registries' real protocols.
//! * [`link`] puts a round-trip time and a bandwidth between two programs.
//! * [`front`] speaks TLS before a service that does not.
//! * [`compare`] lets peers and the service resolve the recorded projects side by side.
//! * [`throughput`] loads the service, and beside it a bare server that returns the same bytes.
//!
//! The service and its client run as programs, as everybody would run them.

pub mod compare;
pub mod front;
pub mod link;
pub mod machine;
pub mod programs;
pub mod registry;
pub mod sets;
pub mod throughput;
