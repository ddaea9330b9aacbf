//! How a store does: counted for telemetry, and told in the log once a while.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::trouble::Trouble;
use crate::DatabaseUrl;

/// Between two lines of the log about failures.
const INTERVAL: Duration = Duration::from_secs(60);

/// How a store does at present, and what it has met since it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Whether the database can be used.
    pub condition: Condition,
    /// Entries that were asked for and found.
    pub hits: u64,
    /// Entries that were asked for and not found, for whatever reason.
    pub misses: u64,
    /// Calls that the database failed, or did not answer in time.
    pub failures: u64,
    /// Calls that were not made since the database had failed before.
    pub refused: u64,
    /// Rows that could not be used: damaged, or of another form.
    pub unusable: u64,
    /// What the last failure said; without secrets.
    pub last_failure: Option<String>,
}

/// Whether a database can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// No database is configured.
    Off,
    /// The database has not been opened yet: it cannot be reached or used, and is tried again.
    Unopened,
    /// It is used.
    Working,
    /// It failed to write several times in a row, and is asked for entries only; it is tried again.
    ReadOnly,
    /// It failed several times in a row, and is left alone; it is tried again.
    Failing,
}

/// Why a row cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// Its bytes are not what was stored.
    Damaged,
    /// Another version of the program wrote it.
    OtherForm,
}

#[derive(Default)]
pub(crate) struct Health {
    hits: AtomicU64,
    misses: AtomicU64,
    failures: AtomicU64,
    refused: AtomicU64,
    unusable: AtomicU64,
    told_damaged: AtomicBool,
    told_other_form: AtomicBool,
    last: Mutex<Last>,
}

#[derive(Default)]
struct Last {
    failure: Option<String>,
    told_at: Option<Instant>,
    untold: u64,
}

impl Health {
    pub(crate) fn looked_up(&self, hits: usize, misses: usize) {
        self.hits.fetch_add(hits as u64, Relaxed);
        self.misses.fetch_add(misses as u64, Relaxed);
    }

    pub(crate) fn refused(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    /// Counts a failure, and tells of it unless another was told a moment ago.
    pub(crate) fn failed(&self, database: &DatabaseUrl, trouble: &Trouble) {
        self.failures.fetch_add(1, Relaxed);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.failure = Some(trouble.to_string());
        if last.told_at.is_some_and(|told| told.elapsed() < INTERVAL) {
            last.untold += 1;
            return;
        }
        last.told_at = Some(Instant::now());
        let untold = std::mem::take(&mut last.untold);
        drop(last);
        tracing::warn!(
            %database,
            error = %trouble,
            failures_not_told = untold,
            "the database failed; meanwhile answers are remembered in memory alone"
        );
    }

    /// Counts a row that cannot be used, and tells of the first of each sort.
    pub(crate) fn unusable(&self, why: Unusable) {
        self.unusable.fetch_add(1, Relaxed);
        match why {
            Unusable::Damaged if !self.told_damaged.swap(true, Relaxed) => {
                tracing::warn!("an entry of the database is damaged; such entries are removed");
            }
            Unusable::OtherForm if !self.told_other_form.swap(true, Relaxed) => {
                tracing::warn!(
                    "an entry of the database has the form of another version; such entries are \
                     removed"
                );
            }
            Unusable::Damaged | Unusable::OtherForm => {}
        }
    }

    pub(crate) fn state(&self, condition: Condition) -> State {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        State {
            condition,
            hits: self.hits.load(Relaxed),
            misses: self.misses.load(Relaxed),
            failures: self.failures.load(Relaxed),
            refused: self.refused.load(Relaxed),
            unusable: self.unusable.load(Relaxed),
            last_failure: last.failure.clone(),
        }
    }
}
