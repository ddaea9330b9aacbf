//! The engine. (Being written: the signatures below are what the server builds on.)

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::config::{CacheConfig, RegistryConfig};
use crate::{Answer, Error, Request};

/// What an engine is made from.
#[derive(Clone, Debug, Default)]
pub struct EngineConfig {
    /// The registries, in order of priority.
    pub registries: Vec<RegistryConfig>,
    /// Where answers are remembered.
    pub cache: CacheConfig,
    /// Time for one search at the most.
    pub solve_budget: Duration,
    /// Steps of one search at the most.
    pub solve_steps: u64,
}

/// Answers requests. Cheap to clone: clones share everything.
#[derive(Clone)]
pub struct Engine {
    _inner: Arc<()>,
}

/// An answer in the form it is remembered in.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// What the encoder made of the answer.
    pub encoded: Bytes,
    /// How this call was answered. Not remembered.
    pub statistics: Statistics,
}

/// How a call was answered.
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    /// Whether the answer was remembered, or computed for another caller at the same time.
    pub remembered: bool,
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
    /// Looking for a remembered answer.
    Remember,
    /// Waiting for registries, parsing included.
    Fetch,
    /// Searching.
    Solve,
    /// Explaining a conflict.
    Explain,
    /// Writing and encoding the answer.
    Write,
}

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

/// Turns an answer into the bytes that are remembered and sent.
pub type Encoder = dyn Fn(&Answer) -> Bytes + Send + Sync;

impl Engine {
    /// Opens the registries and the cache. Reads recordings from disk, so it may block for a moment.
    pub fn open(_config: EngineConfig, _encode: Arc<Encoder>) -> Result<Self, Error> {
        Ok(Self { _inner: Arc::new(()) })
    }

    /// Answers one request. `watch` is told of progress and never waited for.
    pub async fn resolve(
        &self,
        _request: Request,
        _watch: Option<tokio::sync::mpsc::UnboundedSender<Progress>>,
    ) -> Result<Resolved, Error> {
        Err(Error::Internal { id: "not yet".to_owned() })
    }
}
