//! What a fake registry has been asked.

use std::collections::BTreeMap;

/// Requests by what they were for.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// All requests.
    pub total: usize,
    /// Requests by kind of document.
    pub by_kind: BTreeMap<Kind, usize>,
    /// Requests by path.
    pub by_path: BTreeMap<String, usize>,
    /// Answers by status.
    pub by_status: BTreeMap<u16, usize>,
    /// Requests with an `Authorization` header.
    pub with_credentials: usize,
    /// The most requests that were being answered at one time.
    pub most_at_once: usize,
    at_once: usize,
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A project's page.
    Page,
    /// A metadata file.
    Metadata,
    /// A whole wheel.
    Wheel,
    /// A part of a wheel.
    Range,
    /// A source distribution.
    Sdist,
    /// A package's document of npm.
    Packument,
    /// A file of cargo's index.
    IndexFile,
    /// The settings of cargo's index.
    IndexConfig,
    /// Anything else.
    Other,
}

impl Counts {
    /// How many requests there were for one kind of document.
    pub fn of(&self, kind: Kind) -> usize {
        self.by_kind.get(&kind).copied().unwrap_or_default()
    }

    /// How many answers had this status.
    pub fn with_status(&self, status: u16) -> usize {
        self.by_status.get(&status).copied().unwrap_or_default()
    }

    pub(super) fn begin(&mut self, path: &str, kind: Kind, with_credentials: bool) {
        self.total += 1;
        self.with_credentials += usize::from(with_credentials);
        self.at_once += 1;
        self.most_at_once = self.most_at_once.max(self.at_once);
        *self.by_kind.entry(kind).or_default() += 1;
        *self.by_path.entry(path.to_owned()).or_default() += 1;
    }

    pub(super) fn end(&mut self, status: u16) {
        self.at_once = self.at_once.saturating_sub(1);
        *self.by_status.entry(status).or_default() += 1;
    }

    pub(super) fn reset(&mut self) {
        *self = Self { at_once: self.at_once, ..Self::default() };
    }
}
