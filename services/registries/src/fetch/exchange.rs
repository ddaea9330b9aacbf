//! Questions to a registry, its answers, and what they cost.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use bytes::Bytes;
use http::header::{ETAG, LAST_MODIFIED};
use http::{HeaderMap, StatusCode};
use url::Url;

use crate::Credentials;

/// One question.
pub(crate) struct Question<'a> {
    /// What is asked for, as stamps and errors call it.
    pub(crate) document: &'a str,
    /// Where it lies.
    pub(crate) url: Url,
    /// Headers beside those of the connection and of credentials.
    pub(crate) headers: HeaderMap,
    /// The caller's credentials, in place of the configured ones.
    pub(crate) credentials: Option<&'a Credentials>,
    /// The longest body, in bytes.
    pub(crate) limit: u64,
}

/// One answer: 200, 206, 304, 404, 406, 410, 416 or 451. Everything else is an error.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Where it came from, after redirects.
    pub(crate) url: Url,
    /// Empty unless the status is 200 or 206.
    pub(crate) body: Bytes,
}

impl Answer {
    /// Whether the registry says that there is no such document.
    pub(crate) fn is_absent(&self) -> bool {
        let unavailable_for_legal_reasons = StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS;
        [StatusCode::NOT_FOUND, StatusCode::GONE, unavailable_for_legal_reasons]
            .contains(&self.status)
    }

    /// What the registry calls this state of the document.
    pub(crate) fn validator(&self) -> Option<String> {
        self.header(&ETAG).or_else(|| self.header(&LAST_MODIFIED)).map(str::to_owned)
    }

    /// A header's value, if it is text.
    pub(crate) fn header(&self, name: &http::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// What questions have cost so far.
#[derive(Default)]
pub(crate) struct Spent {
    requests: AtomicU32,
    bytes: AtomicU64,
}

impl Spent {
    pub(super) fn add_request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn add_bytes(&self, count: u64) {
        self.bytes.fetch_add(count, Ordering::Relaxed);
    }

    /// Adds what another question has cost.
    pub(crate) fn add(&self, requests: u32, bytes: u64) {
        self.requests.fetch_add(requests, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Requests sent, repeats and redirects included.
    pub(crate) fn requests(&self) -> u32 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Bytes of bodies received, after decompression.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}
