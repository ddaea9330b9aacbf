//! Which versions can be chosen at all: one fixed mask per listing, environment and policy.

use std::cell::Cell;

use ecosystems::pypi::{File, Listing, MarkerContext, Name, ProjectStatus, Version};

use super::{Prereleases, Problem};
use crate::Versions;

/// Whether a version can be chosen, and if not, what the nearest miss of its files was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Verdict {
    /// A file of it fits.
    Candidate = 1,
    /// A pre-release, and none are wanted.
    Prerelease,
    /// The project is quarantined (PEP 792).
    Quarantined,
    /// All files were uploaded after the cut-off, or do not say when.
    TooNew,
    /// All files are withdrawn (PEP 592).
    Yanked,
    /// No file has one of the hashes that the user gave.
    Hash,
    /// The files that fit are for other versions of Python.
    Python,
    /// There are source distributions only, which would have to be built.
    SdistOnly,
    /// No wheel runs on the platform.
    Platform,
    /// There are wheels only, and the user wants none of this project.
    WheelOnly,
}

/// The verdicts on one listing, found as they are asked for.
pub(crate) struct Candidates {
    verdicts: Vec<Cell<u8>>,
    /// The versions of which a yanked file will do: the user pinned them.
    pins: Vec<Version>,
    /// The hashes that files must have; none for any.
    hashes: Vec<String>,
    /// Whether source distributions do not count, by the user's word on this project.
    only_wheels: bool,
    /// Whether wheels do not.
    only_sdists: bool,
    /// Whether pre-releases may be chosen.
    takes_prereleases: bool,
    /// Whether a requirement of the user's names one.
    names_prerelease: bool,
    /// Whether they are as good as stable versions, rather than what is left if none of those fits.
    prefers_newest: bool,
    /// Whether the policy makes versions as if never published.
    is_cut: bool,
}

impl Candidates {
    pub(crate) fn new(problem: &Problem, name: &Name, listing: &Listing) -> Self {
        let roots = || {
            let roots =
                problem.requirements.iter().chain(&problem.constraints).chain(&problem.overrides);
            let context = MarkerContext { environment: &problem.environment, extras: &[] };
            roots.filter(move |root| {
                root.requirement.name == *name && root.requirement.marker.holds(context)
            })
        };
        let specifiers = || roots().filter_map(|root| root.requirement.specifiers());
        let pinned = specifiers()
            .filter(|specifiers| specifiers.is_sole_pin())
            .filter_map(|specifiers| specifiers.iter().next()?.pinned());
        let locked = problem.locked.iter().filter(|(locked, _)| locked == name);
        let pins = pinned.chain(locked.map(|(_, version)| version.clone())).collect();
        let prereleases = problem.policy.prereleases;
        let names_prerelease = specifiers().any(ecosystems::pypi::Specifiers::names_prerelease);
        let takes_prereleases = match prereleases {
            Prereleases::Disallow => false,
            Prereleases::IfNecessary | Prereleases::Allow => true,
            Prereleases::Explicit => names_prerelease,
        };
        Self {
            verdicts: vec![Cell::new(0); listing.releases.len()],
            pins,
            hashes: roots().flat_map(|root| root.hashes.iter().cloned()).collect(),
            only_wheels: problem.policy.takes_only_wheels(name),
            only_sdists: problem.policy.takes_only_sdists(name),
            takes_prereleases,
            names_prerelease,
            prefers_newest: prereleases == Prereleases::Allow,
            is_cut: problem.policy.before.is_some()
                || matches!(prereleases, Prereleases::Disallow | Prereleases::Explicit),
        }
    }

    /// The version to try first of those at `positions`, be it a candidate or not: what cannot be
    /// chosen is ruled out one by one, with its reason. What the policy makes as if never published
    /// is passed over.
    pub(crate) fn choose(
        &self,
        problem: &Problem,
        listing: &Listing,
        positions: impl Iterator<Item = u32>,
    ) -> Option<u32> {
        let mut prerelease = None;
        for position in positions {
            let is_prerelease = || listing.releases[position as usize].version.any_prerelease();
            if self.is_cut && !self.exists(problem, listing, position) {
                continue;
            }
            if self.prefers_newest || !is_prerelease() {
                return Some(position);
            }
            prerelease = prerelease.or(Some(position));
        }
        prerelease
    }

    fn exists(&self, problem: &Problem, listing: &Listing, position: u32) -> bool {
        let verdict = self.verdict(problem, listing, position);
        !matches!(verdict, Verdict::TooNew | Verdict::Prerelease)
    }

    /// The versions that exist under the policy, if not all of them do: a cut-off and a ban on
    /// pre-releases make the rest as if never published.
    pub(crate) fn existing(&self, problem: &Problem, listing: &Listing) -> Option<Versions> {
        if !self.is_cut {
            return None;
        }
        let exists = |position: &u32| self.exists(problem, listing, *position);
        let positions = (0..self.length()).filter(exists).map(|position| position..position + 1);
        Some(Versions::from_runs(&positions.collect::<Vec<_>>()))
    }

    /// The verdict on the version at `position`.
    pub(crate) fn verdict(&self, problem: &Problem, listing: &Listing, position: u32) -> Verdict {
        let cell = &self.verdicts[position as usize];
        if let Some(verdict) = Verdict::from_number(cell.get()) {
            return verdict;
        }
        let verdict = self.judge(problem, listing, position);
        cell.set(verdict as u8);
        verdict
    }

    /// Whether pre-releases are as welcome as stable versions where the client has them: the policy
    /// or a requirement of the user's asks for them.
    pub(crate) fn welcomes_prereleases(&self) -> bool {
        self.takes_prereleases && (self.prefers_newest || self.names_prerelease)
    }

    /// Puts positions, which are in the order of preference but for pre-releases, into that order.
    pub(crate) fn in_order(
        &self,
        listing: &Listing,
        positions: impl Iterator<Item = u32>,
    ) -> Vec<u32> {
        let mut positions: Vec<u32> = positions.collect();
        if !self.prefers_newest {
            positions.sort_by_key(|position| {
                listing.releases[*position as usize].version.any_prerelease()
            });
        }
        positions
    }

    /// Whether a file of the version may be installed.
    pub(crate) fn takes(
        &self,
        problem: &Problem,
        listing: &Listing,
        position: u32,
        file: &File,
    ) -> bool {
        self.judge_file(problem, listing, position, file) == Verdict::Candidate
    }

    fn length(&self) -> u32 {
        u32::try_from(self.verdicts.len()).unwrap_or(u32::MAX)
    }

    fn judge(&self, problem: &Problem, listing: &Listing, position: u32) -> Verdict {
        let release = &listing.releases[position as usize];
        if listing.status == ProjectStatus::Quarantined {
            return Verdict::Quarantined;
        }
        if release.version.any_prerelease() && !self.takes_prereleases {
            return Verdict::Prerelease;
        }
        // The verdict on the version is that on its best file: the order of the verdicts tells
        // what came nearest, but for a misfit of the platform, which says the most.
        let mut best = Verdict::SdistOnly;
        for file in &release.files {
            let verdict = self.judge_file(problem, listing, position, file);
            if verdict == Verdict::Candidate {
                return verdict;
            }
            if best == Verdict::SdistOnly || (verdict != Verdict::SdistOnly && verdict < best) {
                best = verdict;
            }
        }
        best
    }

    fn judge_file(
        &self,
        problem: &Problem,
        listing: &Listing,
        position: u32,
        file: &File,
    ) -> Verdict {
        let version = &listing.releases[position as usize].version;
        let too_new = |before| file.uploaded_at.is_none_or(|uploaded_at| uploaded_at >= before);
        if problem.policy.before.is_some_and(too_new) {
            return Verdict::TooNew;
        }
        if file.is_sdist() && (self.only_wheels || !problem.environment.takes_sdists()) {
            return Verdict::SdistOnly;
        }
        if !file.is_sdist() && self.only_sdists {
            return Verdict::WheelOnly;
        }
        if !problem.environment.runs(file) {
            return Verdict::Platform;
        }
        if file.requires_python.as_ref().is_some_and(|python| !problem.environment.admits(python)) {
            return Verdict::Python;
        }
        if file.is_yanked() && !self.pins.contains(version) {
            return Verdict::Yanked;
        }
        let hashed = self.hashes.is_empty()
            || file.hashes.iter().any(|hash| self.hashes.iter().any(|wanted| **wanted == **hash));
        if hashed { Verdict::Candidate } else { Verdict::Hash }
    }
}

impl Verdict {
    const ALL: [Self; 10] = [
        Self::Candidate,
        Self::Prerelease,
        Self::Quarantined,
        Self::TooNew,
        Self::Yanked,
        Self::Hash,
        Self::Python,
        Self::SdistOnly,
        Self::Platform,
        Self::WheelOnly,
    ];

    pub(crate) fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| *verdict as u8 == number)
    }
}
