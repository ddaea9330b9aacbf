//! Why a version is in no box together with the acceptable sets.

use super::candidates::Verdict;
use super::explain::plain;
use super::requirements::{Active, Range};
use super::rules::PypiRules;
use super::ways::{Misfit, Slot, Ways};
use super::{Edge, Problem, Solution, Universe};
use crate::conflict::singular;
use crate::widen::{AcceptableSet, Barrier};

/// What keeps the version at `position` out of the set of a slot, while `sets` stay as they are.
///
/// Nothing does where the version is in the set, or could be; nor does anything known where nobody
/// has asked what it needs.
pub fn barriers(
    problem: &Problem,
    universe: &Universe,
    solution: &Solution,
    sets: &[AcceptableSet<Edge>],
    (slot, position): (usize, u32),
) -> Vec<Barrier> {
    let rules = PypiRules::new(problem, universe);
    let Ok(ways) = Ways::new(&rules, solution) else { return Vec::new() };
    let is_listed = solution
        .picks
        .get(slot)
        .is_some_and(|pick| pick.listing.releases.get(position as usize).is_some());
    let set = sets.get(slot).filter(|_| is_listed && sets.len() == ways.slots.len());
    let Some(set) = set else { return Vec::new() };
    if set.versions.iter().any(|acceptable| acceptable.position == position) {
        return Vec::new();
    }
    let judge = Judge { ways: &ways, sets, slot, position };
    let mut barriers: Vec<Barrier> = judge.unavailable().into_iter().collect();
    barriers.extend(judge.excluded_by_user());
    barriers.extend(judge.excluded_by_others());
    barriers.extend(judge.own());
    barriers
}

/// One version that is asked about.
struct Judge<'a, 'r> {
    ways: &'a Ways<'a, 'r>,
    sets: &'a [AcceptableSet<Edge>],
    slot: usize,
    position: u32,
}

impl Judge<'_, '_> {
    fn about(&self) -> &Slot<'_> {
        &self.ways.slots[self.slot]
    }

    fn unavailable(&self) -> Option<Barrier> {
        let bar = match self.ways.rules.verdict(self.about().id, self.position) {
            Some(Verdict::Candidate) if !self.ways.is_candidate(self.slot, self.position) => {
                "is a pre-release, which no requirement of yours asks for".to_owned()
            }
            Some(Verdict::Candidate) | None => self.unfit()?,
            Some(verdict) => self.verdict_text(verdict),
        };
        Some(Barrier::Unavailable(bar))
    }

    /// What its own metadata says against it.
    fn unfit(&self) -> Option<String> {
        match self.ways.way(self.slot, self.position).err()? {
            Misfit::Unknown | Misfit::Missing(_) => None,
            Misfit::Unreadable(reason) => {
                Some(format!("has metadata that cannot be read: {reason}"))
            }
            Misfit::Python(python) => {
                let own = self.ways.rules.problem.environment.python();
                Some(format!("requires Python{python}, but your Python is {own}"))
            }
            Misfit::Url(name) => {
                Some(format!("requires `{name}` from a URL, for which no registry answers"))
            }
            Misfit::Itself => Some("requires another version of itself".to_owned()),
            Misfit::Extra(extra) => Some(format!("does not offer the extra `{extra}`")),
        }
    }

    fn verdict_text(&self, verdict: Verdict) -> String {
        if let Some((_, words)) = plain(verdict) {
            return singular(words);
        }
        let environment = &self.ways.rules.problem.environment;
        if verdict == Verdict::Platform {
            return format!("has no wheel for {}", environment.platform());
        }
        let release = &self.about().pick.listing.releases[self.position as usize];
        let required = release.files.iter().filter_map(|file| file.requires_python.as_ref());
        let barring = required.filter(|python| !environment.admits(python));
        let mut texts: Vec<String> = barring.map(|python| format!("Python{python}")).collect();
        texts.sort_unstable();
        texts.dedup();
        let own = environment.python();
        format!("requires {}, but your Python is {own}", texts.join(" or "))
    }

    fn excluded_by_user(&self) -> Vec<Barrier> {
        let required = self.ways.rules.root_requirements();
        let excluding = required.iter().filter(|active| self.excludes(active));
        let mut barriers = Vec::new();
        for active in excluding {
            push(&mut barriers, None, self.ways.text(active));
        }
        barriers
    }

    /// What members of the other sets have against it, each requirement of a slot once.
    fn excluded_by_others(&self) -> Vec<Barrier> {
        let mut barriers = Vec::new();
        let others = self.sets.iter().enumerate().filter(|(slot, _)| *slot != self.slot);
        for (slot, set) in others {
            for acceptable in &set.versions {
                let by = (slot, acceptable.position);
                let required = self.ways.active(slot, acceptable.position).unwrap_or_default();
                for active in required.iter().filter(|active| self.excludes(active)) {
                    push(&mut barriers, Some(by), self.ways.text(active));
                }
            }
        }
        barriers
    }

    fn excludes(&self, active: &Active<'_>) -> bool {
        let Slot { id, pick, .. } = self.about();
        let version = &pick.listing.releases[self.position as usize].version;
        active.target == *id && !self.ways.meets(active, version)
    }

    /// What it requires of the others, and they do not have.
    fn own(&self) -> Vec<Barrier> {
        let mut barriers = Vec::new();
        let required = self.ways.active(self.slot, self.position).unwrap_or_default();
        // A requirement by URL is told as such.
        let others = required.iter().filter(|active| {
            active.target != self.about().id && !matches!(active.range, Range::Url)
        });
        for active in others {
            let requirement = self.ways.text(active);
            let barrier = match self.ways.target(active) {
                None => Some(Barrier::Missing { requirement }),
                Some(slot) => self.clash(active, slot, requirement),
            };
            barriers.extend(barrier.filter(|barrier| !barriers.contains(barrier)));
        }
        barriers
    }

    fn clash(&self, active: &Active<'_>, slot: usize, requirement: String) -> Option<Barrier> {
        let releases = &self.ways.slots[slot].pick.listing.releases;
        let members = self.sets[slot].versions.iter().map(|acceptable| acceptable.position);
        let unmet = members.filter(|position| {
            let release = releases.get(*position as usize);
            release.is_none_or(|release| !self.ways.meets(active, &release.version))
        });
        let positions: Vec<u32> = unmet.collect();
        (!positions.is_empty()).then_some(Barrier::Clash { requirement, slot, positions })
    }
}

/// Adds that a requirement excludes the version, unless its slot has said so already.
fn push(barriers: &mut Vec<Barrier>, by: Option<(usize, u32)>, requirement: String) {
    let slot = by.map(|(slot, _)| slot);
    let is_known = barriers.iter().any(|known| match known {
        Barrier::Excluded { by, requirement: text } => {
            by.map(|(slot, _)| slot) == slot && *text == requirement
        }
        _ => false,
    });
    if !is_known {
        barriers.push(Barrier::Excluded { by, requirement });
    }
}
