//! The server as its callers and operators meet it.

#![expect(clippy::unwrap_used, reason = "a failed `unwrap` is a test's report, in its helpers too")]

mod config;
mod conversion;
mod explaining;
mod fake;
mod identity;
mod jwt;
mod layers;
mod limits;
mod ordering;
mod program;
mod remembering;
mod resolving;
mod serving;
mod tls;
mod total_request;
mod untrusted;
