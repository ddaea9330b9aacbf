//! Which versions of a package may be chosen, and in which order cargo tries them.

use std::cmp::Reverse;

use ecosystems::cargo::{CompatibilityLine, Listing, Release, Requirement, Version};
use pubgrub::VersionSet;

use super::problem::Policy;
use crate::{Strategy, Versions};

/// What counts for more than the version: whether it is not locked, and with how many compilers it
/// works. The lower is tried first.
type Rank = (bool, Reverse<usize>);

/// The candidates of one package under one policy.
#[derive(Debug)]
pub(crate) struct Candidates {
    /// Positions in the listing with their ranks, the one to try first first.
    order: Vec<(Rank, u32)>,
    /// The stretches of the listing that are compatibility lines, ascending.
    lines: Vec<Line>,
}

/// One compatibility line of a listing.
#[derive(Debug)]
struct Line {
    /// The positions of its first version, and of the one behind its last.
    first: u32,
    end: u32,
    /// Its candidates, the one to try first first, counted from `first`.
    order: Vec<u32>,
}

/// The candidates that meet a requirement.
#[derive(Debug)]
pub(crate) struct Matches {
    /// How many there are.
    pub(crate) count: u32,
    /// Those of one line that are tried one after another, in the order in which they are tried.
    pub(crate) runs: Vec<Run>,
}

/// Candidates of one line.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// The position of the line's first version.
    pub(crate) line: u32,
    /// The candidates, counted from that.
    pub(crate) versions: Versions,
}

impl Candidates {
    pub(crate) fn new(policy: &Policy, listing: &Listing, locked: &[&Version]) -> Self {
        let mut lines: Vec<Line> = Vec::new();
        let mut last: Option<CompatibilityLine> = None;
        let mut order: Vec<(Rank, u32)> = Vec::new();
        for (position, release) in (0u32..).zip(&listing.releases) {
            if last.replace(release.line()) != Some(release.line()) {
                lines.push(Line { first: position, end: position, order: Vec::new() });
            }
            if let Some(line) = lines.last_mut() {
                line.end = position + 1;
            }
            let is_locked = locked.contains(&&release.version);
            if is_locked || is_candidate(policy, release) {
                order.push(((!is_locked, Reverse(compilers(policy, release))), position));
            }
        }
        if policy.strategy == Strategy::Lowest {
            order.sort_unstable();
        } else {
            order.sort_unstable_by_key(|(rank, position)| (*rank, Reverse(*position)));
        }
        let mut candidates = Self { order: Vec::new(), lines };
        for (_, position) in &order {
            let place = candidates.place(*position);
            let line = &mut candidates.lines[place];
            line.order.push(position - line.first);
        }
        Self { order, ..candidates }
    }

    /// The candidates that meet a requirement.
    pub(crate) fn matching(&self, listing: &Listing, requirement: &Requirement) -> Matches {
        self.runs(self.meeting(listing, requirement).map(|(_, position)| position))
    }

    /// The lowest alone of the candidates that meet a requirement and are of the first rank.
    pub(crate) fn lowest(&self, listing: &Listing, requirement: &Requirement) -> Matches {
        let lowest = self.meeting(listing, requirement).min();
        self.runs(lowest.into_iter().map(|(_, position)| position))
    }

    fn meeting(
        &self,
        listing: &Listing,
        requirement: &Requirement,
    ) -> impl Iterator<Item = (Rank, u32)> {
        let version = |position: u32| &listing.releases[position as usize].version;
        let order = self.order.iter().copied();
        order.filter(move |(_, position)| requirement.matches(version(*position)))
    }

    fn runs(&self, positions: impl Iterator<Item = u32>) -> Matches {
        let mut matches = Matches { count: 0, runs: Vec::new() };
        for position in positions {
            let first = self.lines[self.place(position)].first;
            let version = Versions::singleton(position - first);
            matches.count += 1;
            match matches.runs.last_mut().filter(|run| run.line == first) {
                Some(run) => run.versions = run.versions.union(&version),
                None => matches.runs.push(Run { line: first, versions: version }),
            }
        }
        matches
    }

    /// The version of a line to try first of those in `range`.
    pub(crate) fn choose(&self, line: u32, range: &Versions) -> Option<u32> {
        let line = &self.lines[self.place(line)];
        line.order.iter().copied().find(|version| range.contains(version))
    }

    /// How many versions a line has.
    pub(crate) fn length(&self, line: u32) -> u32 {
        let line = &self.lines[self.place(line)];
        line.end - line.first
    }

    /// The place of the line that a position is of.
    fn place(&self, position: u32) -> usize {
        self.lines.partition_point(|line| line.end <= position)
    }
}

/// With how many of the members' compilers a release works. One that does not say works with all.
fn compilers(policy: &Policy, release: &Release) -> usize {
    let all = policy.rust_versions.iter();
    match release.rust_version {
        None => policy.rust_versions.len(),
        Some(needed) => all.filter(|compiler| needed.is_met_by(**compiler)).count(),
    }
}

fn is_candidate(policy: &Policy, release: &Release) -> bool {
    let is_late = policy.before.zip(release.published_at).is_some_and(|(cut, at)| at > cut);
    !release.is_yanked && !is_late
}
