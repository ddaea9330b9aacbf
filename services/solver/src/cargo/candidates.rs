//! Which versions of a package may be chosen, and in which order cargo tries them.

use std::cmp::Reverse;

use ecosystems::cargo::{CompatibilityLine, Release, Requirement, Version};
use pubgrub::VersionSet;

use super::locks::Locks;
use super::problem::Policy;
use super::rules::Owner;
use super::universe::CrateId;
use crate::{Strategy, Versions};

/// What counts for more than the version: whether it is preferred, and with how many compilers it
/// works. The lower is tried first.
type Rank = (Preference, Reverse<usize>);

/// How much a version is preferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Preference {
    /// The lock file has dependencies point to it.
    Kept,
    /// It was in the lock file, or a patch puts it there.
    Preferred,
    /// It is one of many.
    None,
}

/// What may stand for a package, ascending by version: its releases, and what patches put beside
/// and in place of them. A position in it is that in the listing where there are no patches.
#[derive(Debug)]
pub(crate) struct Shelf<'a> {
    id: CrateId,
    releases: &'a [Release],
    /// Everything, where there are patches.
    patched: Option<Vec<Stock<'a>>>,
}

/// One thing that may stand for a package.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stock<'a> {
    pub(crate) owner: Owner,
    pub(crate) version: &'a Version,
    /// The release; none for what a patch puts there.
    pub(crate) release: Option<&'a Release>,
}

/// The candidates of one package under one policy.
#[derive(Debug)]
pub(crate) struct Candidates<'a> {
    shelf: Shelf<'a>,
    /// Positions on the shelf with their ranks, the one to try first first.
    order: Vec<(Rank, u32)>,
    /// The stretches of the shelf that are compatibility lines, ascending.
    lines: Vec<Line>,
}

/// One compatibility line.
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

impl<'a> Shelf<'a> {
    /// The releases of a package, without those in whose place patches are.
    pub(crate) fn new(
        id: CrateId,
        releases: &'a [Release],
        patches: &[(Owner, &'a Version)],
    ) -> Self {
        if patches.is_empty() {
            return Self { id, releases, patched: None };
        }
        let patches = patches.iter();
        let mut stock: Vec<Stock<'a>> = patches
            .map(|(owner, version)| Stock { owner: *owner, version, release: None })
            .collect();
        for (position, release) in (0u32..).zip(releases) {
            let version = &release.version;
            if stock.iter().all(|patch| patch.release.is_some() || patch.version != version) {
                let owner = Owner::Release(id, position);
                stock.push(Stock { owner, version, release: Some(release) });
            }
        }
        stock.sort_by(|left, right| left.version.cmp(right.version));
        Self { id, releases, patched: Some(stock) }
    }

    fn length(&self) -> u32 {
        let length = self.patched.as_ref().map_or(self.releases.len(), Vec::len);
        u32::try_from(length).unwrap_or(u32::MAX)
    }

    fn at(&self, position: u32) -> Stock<'a> {
        match &self.patched {
            Some(patched) => patched[position as usize],
            None => {
                let release = &self.releases[position as usize];
                let owner = Owner::Release(self.id, position);
                Stock { owner, version: &release.version, release: Some(release) }
            }
        }
    }
}

impl<'a> Candidates<'a> {
    pub(crate) fn new(policy: &Policy, shelf: Shelf<'a>, locks: &Locks<'_>) -> Self {
        let mut lines: Vec<Line> = Vec::new();
        let mut last: Option<CompatibilityLine> = None;
        let mut order: Vec<(Rank, u32)> = Vec::new();
        for position in 0..shelf.length() {
            let Stock { version, release, .. } = shelf.at(position);
            let line = CompatibilityLine::of(version);
            if last.replace(line) != Some(line) {
                lines.push(Line { first: position, end: position, order: Vec::new() });
            }
            if let Some(line) = lines.last_mut() {
                line.end = position + 1;
            }
            let preference = match locks.preference(shelf.id, version) {
                Preference::None if release.is_none() => Preference::Preferred,
                preference => preference,
            };
            if preference != Preference::None
                || release.is_some_and(|release| is_candidate(policy, release))
            {
                let all = policy.rust_versions.len();
                let compilers = release.map_or(all, |release| compilers(policy, release));
                order.push(((preference, Reverse(compilers)), position));
            }
        }
        if policy.strategy == Strategy::Lowest {
            order.sort_unstable();
        } else {
            order.sort_unstable_by_key(|(rank, position)| (*rank, Reverse(*position)));
        }
        let mut candidates = Self { shelf, order: Vec::new(), lines };
        for (_, position) in &order {
            let place = candidates.place(*position);
            let line = &mut candidates.lines[place];
            line.order.push(position - line.first);
        }
        Self { order, ..candidates }
    }

    /// What is at a position.
    pub(crate) fn at(&self, position: u32) -> Stock<'a> {
        self.shelf.at(position)
    }

    /// Where a version of the package is, with the position of the first of its line.
    pub(crate) fn position(&self, owner: Owner) -> Option<(u32, u32)> {
        let position = match (&self.shelf.patched, owner) {
            (None, Owner::Release(_, position)) => Some(position),
            (None, Owner::Member(_)) => None,
            (Some(_), _) => (0..self.shelf.length()).find(|at| self.at(*at).owner == owner),
        }?;
        Some((self.lines.get(self.place(position))?.first, position))
    }

    /// The candidates that meet a requirement, a certain version before all others if it does.
    pub(crate) fn matching(&self, requirement: &Requirement, first: Option<&Version>) -> Matches {
        let is_first = |position: &u32| first == Some(self.at(*position).version);
        let mut positions: Vec<u32> =
            self.meeting(requirement).map(|(_, position)| position).collect();
        if let Some(place) = positions.iter().position(is_first) {
            positions[..=place].rotate_right(1);
        }
        self.runs(positions.into_iter())
    }

    /// The lowest alone of the candidates that meet a requirement and are of the first rank.
    pub(crate) fn lowest(&self, requirement: &Requirement, first: Option<&Version>) -> Matches {
        let is_first = |(_, position): &(Rank, u32)| first == Some(self.at(*position).version);
        let kept = self.meeting(requirement).find(is_first);
        let lowest = kept.or_else(|| self.meeting(requirement).min());
        self.runs(lowest.into_iter().map(|(_, position)| position))
    }

    fn meeting(&self, requirement: &Requirement) -> impl Iterator<Item = (Rank, u32)> {
        let order = self.order.iter().copied();
        order.filter(move |(_, position)| requirement.matches(self.at(*position).version))
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

    /// How many things are on the shelf.
    pub(crate) fn shelf_length(&self) -> u32 {
        self.shelf.length()
    }

    /// The position of the first version of the line that a position is of.
    pub(crate) fn line_of(&self, position: u32) -> u32 {
        self.lines.get(self.place(position)).map_or(0, |line| line.first)
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

/// Whether a release can be chosen by itself.
pub(crate) fn is_candidate(policy: &Policy, release: &Release) -> bool {
    !release.is_yanked && !is_late(policy, release)
}

/// Whether a release was published after the cut-off.
pub(crate) fn is_late(policy: &Policy, release: &Release) -> bool {
    policy.before.zip(release.published_at).is_some_and(|(cut, at)| at > cut)
}
