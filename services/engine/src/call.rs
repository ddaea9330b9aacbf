//! What a call gives back, and what is told of it: how it was answered, what it cost, how far it is.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ecosystems::Timestamp;

use crate::compute::Spending;
use crate::explain::Explanation;
use crate::freshness;
use crate::remembered::Remembered;
use crate::snapshot::AnswerId;

/// An answer in the form it is remembered in.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// What the encoder made of the answer.
    pub encoded: Bytes,
    /// When the oldest and the newest of the facts were last vouched for, revalidations of this call
    /// included; none for an answer without facts.
    pub vouched_at: Option<(Timestamp, Timestamp)>,
    /// What the caller has of it already.
    pub earlier: Earlier,
    /// How this call was answered. Not remembered.
    pub statistics: Statistics,
    pub(crate) id: AnswerId,
}

impl Resolved {
    /// A remembered answer, for a caller who has none.
    pub(crate) fn new(
        remembered: &Remembered,
        vouched_at: Option<(Timestamp, Timestamp)>,
        statistics: Statistics,
    ) -> Self {
        let Remembered { id, encoded, .. } = remembered;
        let earlier = Earlier::Unknown;
        Self { encoded: encoded.clone(), vouched_at, earlier, statistics, id: *id }
    }
}

/// What a caller has of an answer, by the name of an earlier one in its request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Earlier {
    /// Nothing, or nothing that is remembered, or nothing that it may be told of.
    Unknown,
    /// This very answer.
    Same,
    /// Another answer, which the encoder made into these bytes.
    Other(Bytes),
}

/// An explanation, and what it took.
#[derive(Clone, Debug)]
pub struct ExplainedCall {
    /// The explanation.
    pub explanation: Explanation,
    /// Names the facts that the answer in question rests on.
    pub snapshot_token: String,
    /// How this call was answered.
    pub statistics: Statistics,
}

/// What is asked for again after an invalidation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// So many documents in memory will be asked for again before they are used.
    pub documents: usize,
    /// So many answers in memory rest on one of them.
    pub answers: usize,
    /// Whether other replicas will hear of it; without any, they all have.
    pub is_told: bool,
}

/// How a call was answered.
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    /// Whether the answer was remembered, or computed for another caller at the same time.
    pub remembered: bool,
    /// Whether facts that may be too old for the caller are being confirmed for the next one.
    pub revalidating: bool,
    /// Rounds of solving.
    pub rounds: u32,
    /// Steps of search, all rounds together.
    pub steps: u64,
    /// Documents that the answer rests on.
    pub documents_read: u32,
    /// Documents for which a registry was asked.
    pub documents_fetched: u32,
    /// Bytes of bodies fetched.
    pub bytes_fetched: u64,
    /// Packages in the answer.
    pub packages: u32,
    /// Wall time by phase, in the order of [`Phase`].
    pub phases: Vec<(Phase, Duration)>,
    /// Wall time of all.
    pub total: Duration,
}

/// A phase of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Understanding the request.
    Read,
    /// Looking for a remembered answer, and judging whether it still holds.
    Remember,
    /// Waiting for registries, parsing included.
    Fetch,
    /// Searching.
    Solve,
    /// Looking for acceptable versions, and checking them.
    Widen,
    /// Explaining a conflict.
    Explain,
    /// Writing and encoding the answer.
    Write,
}

/// Is told of progress, and never waited for.
pub type Watcher = Arc<dyn Fn(Progress) + Send + Sync>;

/// What a caller may watch while it waits.
#[derive(Clone, Debug)]
pub enum Progress {
    /// A step began.
    Step {
        /// The round of solving, from 1.
        round: u32,
        /// What is being done, in a few words.
        text: String,
        /// Documents asked for so far.
        requested: u32,
        /// Documents that have arrived.
        done: u32,
        /// A package concerned; empty for none.
        package: String,
    },
    /// Versions that the search has settled on for now: name and version.
    Tentative(Vec<(String, String)>),
}

impl Statistics {
    /// What is known of an answer however it was come by.
    pub(crate) fn about(remembered: &Remembered) -> Self {
        Self {
            documents_read: count(freshness::of_registries(&remembered.stamps).count()),
            packages: remembered.packages,
            ..Self::default()
        }
    }
}

impl Spending {
    /// What a computation has cost, as callers are told of it.
    pub(crate) fn statistics(&self) -> Statistics {
        Statistics {
            rounds: self.rounds,
            steps: self.steps,
            documents_fetched: self.cost.fetched,
            bytes_fetched: self.cost.bytes,
            phases: vec![
                (Phase::Fetch, self.fetch),
                (Phase::Solve, self.solve),
                (Phase::Widen, self.widen),
                (Phase::Explain, self.explain),
            ],
            ..Statistics::default()
        }
    }
}

/// A number on the wire; more than it can hold is told as the most it can.
pub(crate) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
