//! What holds for calls that begin at this moment, and may change while the service runs: who callers
//! are, and how much is accepted.
//!
//! A call is under the terms that it began with. So is its place among the calls in flight: after a
//! change there may be more of them for a while, and none is cut off.

use std::sync::Arc;

use tokio::sync::{Semaphore, watch};

use super::LimitsConfig;
use super::quota::Accounts;
use crate::identity::Identity;

/// What holds at a moment.
#[derive(Debug)]
pub struct Terms {
    pub(super) identity: Identity,
    pub(super) places: Arc<Semaphore>,
    pub(super) accounts: Accounts,
}

impl Terms {
    /// What holds by these settings.
    pub fn new(limits: &LimitsConfig, identity: Identity) -> Self {
        let places = Arc::new(Semaphore::new(limits.max_in_flight));
        Self { identity, places, accounts: Accounts::new(limits) }
    }
}

/// Where layers look up what holds.
#[derive(Clone, Debug)]
pub struct Current(watch::Receiver<Arc<Terms>>);

impl Current {
    /// What holds from now on, and where that is changed. Once nobody can change it any more, it stays.
    pub fn new(terms: Terms) -> (watch::Sender<Arc<Terms>>, Self) {
        let (change, current) = watch::channel(Arc::new(terms));
        (change, Self(current))
    }

    /// What holds now.
    pub(super) fn terms(&self) -> Arc<Terms> {
        Arc::clone(&self.0.borrow())
    }
}
