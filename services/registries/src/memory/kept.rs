//! A document as it was last read, and how long it holds.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{
    AGE, CACHE_CONTROL, DATE, ETAG, EXPIRES, HeaderName, LAST_MODIFIED, PRAGMA, VARY,
};
use http::{HeaderMap, StatusCode};
use http_cache_semantics::{AfterResponse, CacheOptions, CachePolicy};

use super::distrust::{Generation, Tick};
use crate::fetch::{Answer, Spent};
use crate::read::{absent_hash, now};
use crate::{Freshness, Read, Stamp};

/// A document as it was last read.
pub(crate) struct Kept<T> {
    /// `None` if the registry says that there is no such document.
    pub(crate) facts: Option<Arc<T>>,
    pub(crate) validator: Option<String>,
    pub(crate) content_hash: [u8; 32],
    pub(crate) standing: Standing,
    /// When the registry last vouched for it.
    pub(crate) vouched_at: SystemTime,
    /// Bytes that were read for it.
    pub(crate) weight: u32,
    /// The compact form of the facts, until it is written to the store.
    pub(crate) packed: Option<Bytes>,
    /// How it came here.
    pub(super) course: Course,
}

/// How a document came into memory. Filled in by the memory itself.
#[derive(Clone, Copy, Default)]
pub(super) struct Course {
    /// Before this tick the registry was asked for it, or the store; 0 for one that is distrusted.
    pub(super) asked: Tick,
    /// At this tick the registry's word came; 0 for one that came from the store.
    pub(super) filled: Tick,
    /// What was known of invalidations when it was asked for.
    pub(super) generation: Generation,
    /// When the store was last known to have its facts.
    pub(super) stored_at: Option<SystemTime>,
}

/// How long a document holds.
#[derive(Clone)]
pub(crate) enum Standing {
    /// It cannot change: its key names the bytes by their hash.
    Fixed,
    /// As HTTP says.
    Policy(Arc<Response>),
    /// For those who were waiting for it, and nobody after them.
    Once,
}

/// What remains of a response of HTTP.
pub(crate) struct Response {
    /// The decisions of RFC 9111.
    policy: CachePolicy,
    pub(super) status: StatusCode,
    /// Those headers that decide on freshness, and the validators for the next condition.
    pub(crate) headers: HeaderMap,
    pub(super) received_at: SystemTime,
}

/// The headers that are kept of a response.
const KEPT: [HeaderName; 8] =
    [AGE, CACHE_CONTROL, DATE, ETAG, EXPIRES, LAST_MODIFIED, PRAGMA, VARY];

/// A longer `Age`, in digits, is no age: sums of such seconds have no end.
const MOST_DIGITS_OF_AGE: usize = 9;

impl Response {
    /// What remains of a response, unless it is not to be kept.
    pub(super) fn new(
        status: StatusCode,
        headers: &HeaderMap,
        received_at: SystemTime,
    ) -> Option<Self> {
        let mut kept = HeaderMap::new();
        for name in KEPT {
            for value in headers.get_all(&name) {
                if name != AGE || value.len() <= MOST_DIGITS_OF_AGE {
                    kept.append(name.clone(), value.clone());
                }
            }
        }
        let mut response = http::Response::new(());
        *response.status_mut() = status;
        *response.headers_mut() = kept.clone();
        let request = http::Request::new(());
        let policy = CachePolicy::new_options(&request, &response, received_at, cache_options());
        policy.is_storable().then_some(Self { policy, status, headers: kept, received_at })
    }

    /// The same response after a 304, if that is about this response.
    fn confirmed(&self, answer: &Answer, at: SystemTime) -> Option<Self> {
        let mut not_modified = http::Response::new(());
        *not_modified.status_mut() = answer.status;
        *not_modified.headers_mut() = answer.headers.clone();
        let request = http::Request::new(());
        match self.policy.after_response(&request, &not_modified, at) {
            AfterResponse::NotModified(_, parts) => Self::new(self.status, &parts.headers, at),
            AfterResponse::Modified(..) => None,
        }
    }
}

/// A private cache (callers are kept apart by key) that guesses no freshness: an index that says
/// nothing is asked each time, and a project that rested for a year may well be released today.
fn cache_options() -> CacheOptions {
    CacheOptions { shared: false, cache_heuristic: 0.0, ..CacheOptions::default() }
}

impl Standing {
    /// What the headers of an answer say.
    pub(crate) fn of(answer: &Answer) -> Self {
        let response = Response::new(answer.status, &answer.headers, SystemTime::now());
        response.map_or(Self::Once, |response| Self::Policy(Arc::new(response)))
    }
}

/// What the configuration of a registry says of freshness.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// In place of what a caller leaves open.
    pub(crate) max_staleness: Option<Duration>,
    /// How long "there is no such document" may be believed.
    pub(crate) absent_for: Duration,
}

/// Somebody who wants a document.
#[derive(Clone, Copy)]
pub(super) struct Caller {
    pub(super) freshness: Freshness,
    /// When he came.
    pub(super) at: SystemTime,
    /// The same in the order of this process.
    pub(super) tick: Tick,
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        self.with(self.facts.clone())
    }
}

impl<T> Kept<T> {
    /// What is kept of a document that was read just now.
    pub(crate) fn new(facts: Option<Arc<T>>, content_hash: [u8; 32], standing: Standing) -> Self {
        Self {
            facts,
            validator: None,
            content_hash,
            standing,
            vouched_at: SystemTime::now(),
            weight: 64,
            packed: None,
            course: Course::default(),
        }
    }

    /// What is kept of a document that does not exist.
    pub(crate) fn absent(standing: Standing) -> Self {
        Self::new(None, absent_hash(), standing)
    }

    /// The same with other facts, the compact form left behind.
    pub(super) fn with<U>(&self, facts: Option<Arc<U>>) -> Kept<U> {
        Kept {
            facts,
            validator: self.validator.clone(),
            content_hash: self.content_hash,
            standing: self.standing.clone(),
            vouched_at: self.vouched_at,
            weight: self.weight,
            packed: None,
            course: self.course,
        }
    }

    /// The same facts, after the registry has said that they still hold.
    pub(crate) fn confirmed(&self, answer: &Answer) -> Self {
        let mut confirmed = self.clone();
        confirmed.vouched_at = SystemTime::now();
        if let Standing::Policy(response) = &mut confirmed.standing
            && let Some(renewed) = response.confirmed(answer, confirmed.vouched_at)
        {
            *response = Arc::new(renewed);
        }
        confirmed
    }

    /// Whether it may be used by a caller. What was asked for before `distrusted` is only good for a
    /// condition, unless it cannot change.
    pub(super) fn holds(&self, caller: Caller, rules: Rules, distrusted: Tick) -> bool {
        if matches!(self.standing, Standing::Fixed) {
            return true;
        }
        if self.course.asked <= distrusted {
            return false;
        }
        if self.course.filled > caller.tick {
            return true;
        }
        let Standing::Policy(response) = &self.standing else { return false };
        let longest = caller.freshness.max_staleness.or(rules.max_staleness);
        if longest == Some(Duration::MAX) {
            return true;
        }
        // A clock that went backwards makes nothing fresh.
        let Ok(age) = caller.at.duration_since(self.vouched_at) else { return false };
        if self.facts.is_none() && age > rules.absent_for {
            return false;
        }
        match longest {
            Some(longest) => age <= longest,
            None => !response.policy.is_stale(caller.at),
        }
    }

    /// Hands the facts out.
    pub(crate) fn read(self, registry: &Arc<str>, document: String, spent: &Spent) -> Read<T> {
        let read_at = match self.standing {
            Standing::Fixed => now(),
            Standing::Policy(_) | Standing::Once => instant(self.vouched_at),
        };
        let stamp = Stamp {
            registry: Arc::clone(registry),
            document,
            validator: self.validator,
            content_hash: self.content_hash,
            read_at,
        };
        let requests = spent.requests();
        Read { facts: self.facts, stamp, fetched: requests > 0, requests, bytes: spent.bytes() }
    }
}

fn instant(time: SystemTime) -> ecosystems::Timestamp {
    let microseconds = jiff::Timestamp::try_from(time).map_or(0, jiff::Timestamp::as_microsecond);
    ecosystems::Timestamp::from_microseconds(microseconds)
}

#[cfg(test)]
mod tests;
