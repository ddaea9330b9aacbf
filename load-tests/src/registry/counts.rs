//! What a registry server has been asked.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// Requests and the bytes of their answers, by kind of document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Connections that were taken.
    pub connections: u64,
    /// Of all kinds.
    pub total: Tally,
    /// By kind: `page`, `metadata`, `packument`, `index`, `config`, `other`.
    pub by_kind: BTreeMap<&'static str, Tally>,
    /// Answers by status.
    pub by_status: BTreeMap<u16, u64>,
    /// Requests by protocol, such as `HTTP/2.0`.
    pub by_protocol: BTreeMap<String, u64>,
}

/// How many there were, and of how many bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// How many there were.
    pub requests: u64,
    /// The bytes of the bodies as they were sent.
    pub bytes: u64,
}

impl Counts {
    /// Adds one answer.
    pub(super) fn add(&mut self, kind: &'static str, protocol: String, status: u16, bytes: u64) {
        for tally in [&mut self.total, self.by_kind.entry(kind).or_default()] {
            tally.requests += 1;
            tally.bytes += bytes;
        }
        *self.by_status.entry(status).or_default() += 1;
        *self.by_protocol.entry(protocol).or_default() += 1;
    }

    /// The requests of one kind.
    pub fn requests(&self, kind: &str) -> u64 {
        self.by_kind.get(kind).map_or(0, |tally| tally.requests)
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { requests, bytes } = self.total;
        write!(f, "{requests} requests over {} connections, {bytes} bytes", self.connections)?;
        for (kind, tally) in &self.by_kind {
            write!(f, "; {kind}: {} ({} bytes)", tally.requests, tally.bytes)?;
        }
        for (status, count) in &self.by_status {
            write!(f, "; status {status}: {count}")?;
        }
        Ok(())
    }
}
