//! How versions fill the slots of a solution: what each requires of the others.

use std::cell::RefCell;

use ecosystems::pypi::{Name, Specifiers};
use pubgrub::VersionSet;
use rustc_hash::FxHashMap;

use super::Gap;
use super::candidates::Verdict;
use super::requirements::{Active, Origin, Range};
use super::rules::PypiRules;
use super::solution::{Pick, Solution, offers};
use super::universe::{NameId, Needs, SpecifiersId};
use crate::Versions;
use crate::widen::Way;

/// The slots of a solution, and what versions of them require.
///
/// Versions are meant by the atoms of their lines here, as in the search, so that what it lowered is
/// used again.
pub(super) struct Ways<'a, 'r> {
    pub(super) rules: &'a PypiRules<'r>,
    pub(super) slots: Vec<Slot<'a>>,
    numbers: FxHashMap<NameId, usize>,
    /// Whether the interpreter is one of those that metadata asks for.
    admitted: RefCell<FxHashMap<SpecifiersId, bool>>,
}

/// One project of the solution.
pub(super) struct Slot<'a> {
    pub(super) pick: &'a Pick,
    pub(super) id: NameId,
    /// The extras that are on.
    pub(super) extras: Vec<NameId>,
    /// Those of them that the chosen version offers, and every other has to offer, too.
    offered: Vec<NameId>,
    /// Whether pre-releases may be in the set.
    takes_prereleases: bool,
}

/// Why a version that can be chosen does not fill its slot, whatever is chosen elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Misfit {
    /// Nobody has asked yet what it needs.
    Unknown,
    /// What it needs cannot be read.
    Unreadable(String),
    /// Its metadata asks for other versions of Python.
    Python(String),
    /// It requires a project from a URL.
    Url(Name),
    /// It requires another version of its own project.
    Itself,
    /// It does not offer an extra that is on.
    Extra(Name),
    /// It requires what the solution does not have: the project or an extra of it.
    Missing(String),
}

impl<'a, 'r> Ways<'a, 'r> {
    /// The slots of `solution`, or the facts of it that the universe lacks.
    pub(super) fn new(rules: &'a PypiRules<'r>, solution: &'a Solution) -> Result<Self, Vec<Gap>> {
        let mut ways = Self {
            rules,
            slots: Vec::with_capacity(solution.picks.len()),
            numbers: FxHashMap::default(),
            admitted: RefCell::default(),
        };
        let mut gaps = Vec::new();
        for pick in &solution.picks {
            match ways.slot(pick) {
                Ok(slot) => {
                    ways.numbers.insert(slot.id, ways.slots.len());
                    ways.slots.push(slot);
                }
                Err(gap) => gaps.push(gap),
            }
        }
        if gaps.is_empty() { Ok(ways) } else { Err(gaps) }
    }

    fn slot(&self, pick: &'a Pick) -> Result<Slot<'a>, Gap> {
        let rules = self.rules;
        let unlisted = || Gap::Listing(pick.name.clone());
        let id = rules.universe.id(&pick.name).ok_or_else(unlisted)?;
        let package = rules.package(id).ok_or_else(unlisted)?;
        let candidates = rules.candidates(id).ok_or_else(unlisted)?;
        if package.needs(pick.position).is_none() {
            return Err(Gap::Needs(pick.name.clone(), pick.position));
        }
        let extras: Vec<NameId> =
            pick.extras.iter().filter_map(|extra| rules.find(extra)).collect();
        let offered = extras.iter().copied();
        Ok(Slot {
            pick,
            id,
            offered: offered.filter(|extra| offers(rules, id, pick.position, *extra)).collect(),
            extras,
            takes_prereleases: candidates.welcomes_prereleases() || pick.version().any_prerelease(),
        })
    }

    /// The slot of a project.
    pub(super) fn number(&self, name: NameId) -> Option<usize> {
        self.numbers.get(&name).copied()
    }

    /// The atom of a version on the line of its project.
    pub(super) fn atom(&self, slot: usize, position: u32) -> Option<u32> {
        Some(self.rules.line(self.slots[slot].id)?.atom(position))
    }

    /// Whether a version can be chosen at all, as far as its listing tells; and where it is a
    /// pre-release, whether those may be in the set.
    ///
    /// A pre-release may be where the policy lets it be chosen, and it stands beside stable versions
    /// only where it was asked for: by the policy `allow`, by a requirement of the user's that names
    /// one, or by the chosen version's being one.
    pub(super) fn is_candidate(&self, slot: usize, position: u32) -> bool {
        let Slot { id, pick, takes_prereleases, .. } = &self.slots[slot];
        let version = &pick.listing.releases[position as usize].version;
        (*takes_prereleases || !version.any_prerelease())
            && self.rules.verdict(*id, position) == Some(Verdict::Candidate)
    }

    /// The requirements of a version that count with the extras that are on, constraints included.
    pub(super) fn active(&self, slot: usize, position: u32) -> Option<Vec<Active<'_>>> {
        let Slot { id, extras, .. } = &self.slots[slot];
        let needs = self.rules.package(*id)?.needs(position)?;
        let mut active = self.rules.release_requirements(*id, needs, None);
        for extra in extras {
            active.extend(self.rules.release_requirements(*id, needs, Some(*extra)));
        }
        Some(active)
    }

    /// How a version fills its slot, or why it does not.
    pub(super) fn way(&self, slot: usize, position: u32) -> Result<Way<Active<'_>>, Misfit> {
        let Slot { id, pick, offered, .. } = &self.slots[slot];
        let needs = self.rules.package(*id).and_then(|package| package.needs(position));
        let needs = needs.ok_or(Misfit::Unknown)?;
        self.judge(needs)?;
        let lacks = |extra: &&NameId| !offers(self.rules, *id, position, **extra);
        if let Some(extra) = offered.iter().find(lacks) {
            return Err(Misfit::Extra(self.rules.name(*extra).clone()));
        }
        let mut way = Way { bounds: Vec::new(), claims: Vec::new(), edges: Vec::new() };
        for active in self.active(slot, position).unwrap_or_default() {
            if matches!(active.range, Range::Url) {
                return Err(Misfit::Url(self.rules.name(active.target).clone()));
            }
            if active.target == *id {
                let version = &pick.listing.releases[position as usize].version;
                if !self.meets(&active, version) {
                    return Err(Misfit::Itself);
                }
            } else {
                let target = self.target(&active);
                let target = target.ok_or_else(|| Misfit::Missing(self.text(&active)))?;
                way.bounds.push((target, self.rules.lower(&active)));
            }
            if !matches!(active.origin, Origin::Constraint(_)) {
                way.edges.push(active);
            }
        }
        Ok(way)
    }

    /// The slot that a requirement leads to, if that has all that is required of it.
    pub(super) fn target(&self, active: &Active<'_>) -> Option<usize> {
        let slot = self.number(active.target)?;
        let on = &self.slots[slot].extras;
        active.extras.iter().all(|extra| on.contains(extra)).then_some(slot)
    }

    fn judge(&self, needs: &Needs) -> Result<(), Misfit> {
        if let Some(reason) = &needs.unreadable {
            return Err(Misfit::Unreadable(reason.to_string()));
        }
        let Some(id) = needs.requires_python else { return Ok(()) };
        let requires_python = self.rules.universe.specifiers(id);
        let mut admitted = self.admitted.borrow_mut();
        let environment = &self.rules.problem.environment;
        if *admitted.entry(id).or_insert_with(|| environment.admits(requires_python)) {
            return Ok(());
        }
        Err(Misfit::Python(requires_python.to_string()))
    }

    /// Whether a version is one that a requirement means.
    pub(super) fn meets(&self, active: &Active<'_>, version: &ecosystems::pypi::Version) -> bool {
        self.specifiers(active).is_some_and(|specifiers| specifiers.contains(version))
    }

    fn specifiers<'s>(&'s self, active: &Active<'s>) -> Option<&'s Specifiers> {
        match active.range {
            Range::Published(id) => Some(self.rules.universe.specifiers(id)),
            Range::Written(specifiers) => Some(specifiers),
            Range::Url => None,
        }
    }

    /// A requirement as users write it, without its marker.
    pub(super) fn text(&self, active: &Active<'_>) -> String {
        let names: Vec<&str> =
            active.extras.iter().map(|extra| self.rules.name(*extra).as_str()).collect();
        let extras =
            if names.is_empty() { String::new() } else { format!("[{}]", names.join(",")) };
        format!("{}{extras}{}", self.rules.name(active.target), self.rules.range_text(active))
    }

    /// The positions of a project's versions, best first.
    pub(super) fn in_order(&self, slot: usize) -> Vec<u32> {
        let Slot { id, pick, .. } = &self.slots[slot];
        let length = u32::try_from(pick.listing.releases.len()).unwrap_or(u32::MAX);
        let Some(candidates) = self.rules.candidates(*id) else { return Vec::new() };
        if self.rules.chooses_lowest(*id) {
            candidates.in_order(&pick.listing, 0..length)
        } else {
            candidates.in_order(&pick.listing, (0..length).rev())
        }
    }

    /// What the client has of a project.
    pub(super) fn held(&self, slot: usize) -> Versions {
        let held = self.rules.held(self.slots[slot].id);
        held.map_or_else(Versions::empty, |held| (*held).clone())
    }

    /// What versions need, by slot and position, as facts in their order.
    pub(super) fn facts(&self, mut versions: Vec<(usize, u32)>) -> Vec<Gap> {
        versions.sort_unstable();
        let facts = versions
            .into_iter()
            .map(|(slot, position)| Gap::Needs(self.slots[slot].pick.name.clone(), position));
        // The slots are those of the solution, and so in the order of their names.
        facts.collect()
    }
}
