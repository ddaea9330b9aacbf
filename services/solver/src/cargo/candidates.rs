//! Which versions of a package may be chosen, and in which order cargo tries them.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::ops::Range;

use ecosystems::cargo::{CompatibilityLine, Release, Requirement, Version};
use pubgrub::VersionSet;

use super::locks::Locks;
use super::patches::Patches;
use super::problem::Policy;
use super::rules::Owner;
use super::universe::{CrateId, Package};
use crate::interner::number;
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
    /// The client has it, and wants to keep it.
    Held,
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
    policy: &'a Policy,
    package: &'a Package,
    shelf: Shelf<'a>,
    /// The stretches of the shelf that are compatibility lines, ascending.
    lines: Cow<'a, [Line]>,
    /// The positions that are preferred, because of a lock file or a patch.
    preferred: Vec<(u32, Preference)>,
    /// The positions that come next, since the client has them.
    held: Versions,
}

/// One compatibility line: the positions of its first version, and of the one behind its last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    first: u32,
    end: u32,
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
    /// The position behind its last.
    pub(crate) end: u32,
    /// The candidates, counted from the first.
    pub(crate) versions: Versions,
}

impl Run {
    /// The candidates at some positions of a line.
    fn new(line: Line, positions: &[u32]) -> Self {
        let versions = positions.iter().map(|position| position - line.first);
        Self { line: line.first, end: line.end, versions: Versions::of(versions) }
    }
}

impl Matches {
    /// Whether all are of one line.
    pub(crate) fn is_one_line(&self) -> bool {
        self.runs.windows(2).all(|pair| pair[0].line == pair[1].line)
    }
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
        number(length)
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

impl Line {
    /// The lines of versions, which are ascending.
    pub(crate) fn all<'v>(versions: impl Iterator<Item = &'v Version>) -> Vec<Self> {
        let mut lines: Vec<Self> = Vec::new();
        let mut last: Option<CompatibilityLine> = None;
        for (position, version) in (0u32..).zip(versions) {
            let line = CompatibilityLine::of(version);
            if last.replace(line) != Some(line) {
                lines.push(Self { first: position, end: position });
            }
            if let Some(line) = lines.last_mut() {
                line.end = position + 1;
            }
        }
        lines
    }
}

impl<'a> Candidates<'a> {
    /// The candidates on the shelf of a package. Those that meet any of `held` are preferred.
    pub(crate) fn new(
        policy: &'a Policy,
        package: &'a Package,
        shelf: Shelf<'a>,
        (locks, patches): (&Locks<'_>, &Patches<'_>),
        held: &[Requirement],
    ) -> Self {
        let mut preferred = Vec::new();
        if shelf.patched.is_some() || locks.knows(shelf.id) || patches.put_from(shelf.id) {
            for position in 0..shelf.length() {
                let Stock { owner, version, release } = shelf.at(position);
                match locks.preference(shelf.id, version) {
                    // What a patch puts somewhere is preferred where it comes from, too.
                    Preference::None if release.is_none() || patches.put(owner) => {
                        preferred.push((position, Preference::Preferred));
                    }
                    Preference::None => {}
                    preference => preferred.push((position, preference)),
                }
            }
        }
        let lines = match &shelf.patched {
            None => Cow::Borrowed(&*package.lines),
            Some(patched) => Cow::Owned(Line::all(patched.iter().map(|stock| stock.version))),
        };
        let is_held = |position: &u32| {
            let stock = shelf.at(*position);
            let mut held = held.iter().filter(|_| stock.release.is_some());
            held.any(|requirement| requirement.matches(stock.version))
        };
        let all = if held.is_empty() { 0..0 } else { 0..shelf.length() };
        let held = Versions::of(all.filter(is_held));
        Self { policy, package, shelf, lines, preferred, held }
    }

    /// What counts for more than the version of what is at a position; none if it is no candidate.
    fn rank(&self, position: u32) -> Option<Rank> {
        let release = self.shelf.at(position).release;
        let preferred = self.preferred.iter().find(|(at, _)| *at == position);
        let preference = preferred.map_or(Preference::None, |(_, preference)| *preference);
        // What the client has may be withdrawn since: that it has it does not make it a candidate.
        let is_candidate = preference != Preference::None
            || release.is_some_and(|release| is_candidate(self.policy, release));
        let compilers = || {
            let all = self.policy.rust_versions.len();
            release.map_or(all, |release| compilers(self.policy, release))
        };
        let preference = match preference {
            Preference::None if self.held.contains(&position) => Preference::Held,
            preference => preference,
        };
        is_candidate.then(|| (preference, Reverse(compilers())))
    }

    /// Candidates in the order in which they are tried.
    fn order(&self, positions: Range<u32>, fits: impl Fn(u32) -> bool) -> Vec<(Rank, u32)> {
        // Most versions in a stretch fit.
        let mut order: Vec<(Rank, u32)> = Vec::with_capacity(positions.len());
        let fitting = positions.filter(|position| fits(*position));
        order.extend(fitting.filter_map(|position| Some((self.rank(position)?, position))));
        if self.policy.strategy == Strategy::Lowest {
            order.sort_unstable();
        } else {
            order.sort_unstable_by_key(|(rank, position)| (*rank, Reverse(*position)));
        }
        order
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
        if let Some(matches) = self.of_one_line(requirement) {
            return matches;
        }
        let meeting = self.meeting(requirement).into_iter();
        let mut positions: Vec<u32> = meeting.map(|(_, position)| position).collect();
        if let Some(first) = first {
            let is_first = |position: &u32| first == self.at(*position).version;
            if let Some(place) = positions.iter().position(is_first) {
                positions[..=place].rotate_right(1);
            }
        }
        self.runs(&positions)
    }

    /// The lowest alone of the candidates that meet a requirement and are of the first rank.
    pub(crate) fn lowest(&self, requirement: &Requirement, first: Option<&Version>) -> Matches {
        let meeting = self.meeting(requirement).into_iter();
        let is_first = |(_, position): &(Rank, u32)| first == Some(self.at(*position).version);
        let lowest = meeting.clone().find(is_first).or_else(|| meeting.min());
        self.runs(lowest.map(|(_, position)| position).as_slice())
    }

    /// The candidates that meet a requirement, in the order in which they are tried.
    fn meeting(&self, requirement: &Requirement) -> Vec<(Rank, u32)> {
        let stretch = self.stretch(requirement);
        self.order(stretch, |at| requirement.matches(self.at(at).version))
    }

    /// Positions before and behind which nothing meets a requirement.
    fn stretch(&self, requirement: &Requirement) -> Range<u32> {
        let stretch = match &self.shelf.patched {
            None => requirement.stretch(self.shelf.releases, |release| &release.version),
            Some(patched) => requirement.stretch(patched, |stock| stock.version),
        };
        number(stretch.start)..number(stretch.end)
    }

    /// The candidates that meet a requirement if they are of one line, so that their order is of no
    /// matter, and if nothing but being yanked keeps a release from being one.
    fn of_one_line(&self, requirement: &Requirement) -> Option<Matches> {
        let is_plain = self.shelf.patched.is_none() && self.preferred.is_empty();
        if !is_plain || self.policy.before.is_some() {
            return None;
        }
        let stretch = self.stretch(requirement);
        let line = *self.lines.get(self.place(stretch.start))?;
        if line.end < stretch.end {
            return None;
        }
        let meets = |at: &u32| requirement.matches(self.at(*at).version);
        let Package { yanked, unfinished, .. } = self.package;
        let is_finished = |at: &u32| !unfinished.contains(at);
        // Pre-releases aside, what meets a requirement lies side by side.
        let first = stretch.clone().find(|at| is_finished(at) && meets(at));
        let last = stretch.clone().rev().find(|at| is_finished(at) && meets(at));
        let met = first.zip(last).map_or(0..0, |(first, last)| first..last + 1);
        let is_met = |at: &u32| if is_finished(at) { met.contains(at) } else { meets(at) };
        let candidates = stretch.filter(|at| !yanked.contains(at) && is_met(at));
        let versions = Versions::of(candidates.map(|at| at - line.first));
        let count = versions.count()?;
        let run = Run { line: line.first, end: line.end, versions };
        Some(Matches { count, runs: if count == 0 { Vec::new() } else { vec![run] } })
    }

    /// Positions that are tried one after another, by the lines that they are of.
    fn runs(&self, positions: &[u32]) -> Matches {
        let mut runs = Vec::new();
        let mut left = positions;
        while let [first, ..] = left {
            let line = self.lines[self.place(*first)];
            let is_of = |position: &&u32| (line.first..line.end).contains(*position);
            let (run, rest) = left.split_at(left.iter().take_while(is_of).count());
            runs.push(Run::new(line, run));
            left = rest;
        }
        Matches { count: number(positions.len()), runs }
    }

    /// The version of a line to try first of those in `range`.
    pub(crate) fn choose(&self, line: u32, range: &Versions) -> Option<u32> {
        let length = self.length(line);
        let is_lowest = self.policy.strategy == Strategy::Lowest;
        let best = (Preference::None, Reverse(self.policy.rust_versions.len()));
        let mut chosen: Option<(Rank, u32)> = None;
        for place in 0..length {
            let version = if is_lowest { place } else { length - 1 - place };
            if !range.contains(&version) {
                continue;
            }
            let Some(rank) = self.rank(line + version) else { continue };
            if chosen.is_none_or(|(known, _)| rank < known) {
                chosen = Some((rank, version));
            }
            if self.preferred.is_empty() && self.held == Versions::empty() && rank == best {
                break;
            }
        }
        chosen.map(|(_, version)| version)
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
pub(crate) fn compilers(policy: &Policy, release: &Release) -> usize {
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

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::sync::Arc;

    use ecosystems::cargo::{Name, read_index};
    use proptest::prelude::*;

    use super::super::{Crate, Universe};
    use super::{Candidates, Policy, Release, Requirement, Run, Shelf, number};

    fn version() -> impl Strategy<Value = String> {
        let marks = prop::sample::select(&["", "", "", "-a", "-b.1", "+x"]);
        (0..3u64, 0..3u64, 0..3u64, marks).prop_map(|(a, b, c, mark)| format!("{a}.{b}.{c}{mark}"))
    }

    fn comparator() -> impl Strategy<Value = String> {
        let ops = prop::sample::select(&["", "^", "~", "=", ">", ">=", "<", "<="]);
        let numbers = prop_oneof![
            version(),
            Just("*".to_owned()),
            (0..3u64).prop_map(|major| major.to_string()),
            (0..3u64, 0..3u64).prop_map(|(major, minor)| format!("{major}.{minor}")),
        ];
        (ops, numbers).prop_map(|(op, numbers)| format!("{op}{numbers}"))
    }

    proptest! {
        #[test]
        fn what_meets_a_requirement_is_found_at_one_go_as_one_by_one(
            versions in prop::collection::btree_map(version(), any::<bool>(), 0..30),
            comparators in prop::collection::vec(comparator(), 1..3),
        ) {
            let versions: BTreeMap<String, bool> = versions;
            let Ok(requirement) = Requirement::parse(&comparators.join(", ")) else {
                return Ok(());
            };
            let line = |(version, is_yanked): (&String, &bool)| format!(
                r#"{{"name":"a","vers":"{version}","deps":[],"cksum":"","features":{{}},"yanked":{is_yanked}}}"#
            );
            let lines: Vec<String> = versions.iter().map(line).collect();
            let name = Name::parse("a").expect("a name");
            let listing = read_index(&name, lines.join("\n").as_bytes()).expect("an index file");
            prop_assert_eq!(listing.releases.len(), versions.len());
            let package = Crate { registry: "".into(), name };
            let mut universe = Universe::default();
            universe.insert(&package, Some(Arc::new(listing)));
            let id = universe.id(&package).expect("a known package");
            let known = universe.package(id).expect("a known package");
            let releases = &known.listing.as_ref().expect("a listing").releases;
            let (policy, locks, patches) = (Policy::default(), Default::default(), Default::default());
            let shelf = Shelf::new(id, releases, &[]);
            let candidates = Candidates::new(&policy, known, shelf, (&locks, &patches), &[]);
            let matches = candidates.matching(&requirement, None);
            let positions = |run: &Run| {
                let length = run.end - run.line;
                run.versions.positions(length).map(|version| run.line + version).collect::<Vec<_>>()
            };
            let found: BTreeSet<u32> = matches.runs.iter().flat_map(positions).collect();
            let meets = |release: &Release| {
                !release.is_yanked && requirement.matches(&release.version)
            };
            let expected = (0..).zip(releases).filter(|(_, release)| meets(release));
            let expected: BTreeSet<u32> = expected.map(|(position, _)| position).collect();
            prop_assert_eq!(number(expected.len()), matches.count);
            prop_assert_eq!(found, expected);
        }
    }
}
