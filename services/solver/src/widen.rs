//! Acceptable sets: from one exact solution to the box of versions around it.
//!
//! A box gives every slot of a solution a set of versions such that every choice of one version
//! from each set is a valid install set, whatever is chosen elsewhere. It is so exactly when, for
//! each version in it, every slot that the version depends on holds nothing but versions that the
//! dependency admits, and the version asks for nothing that the solution lacks. That is a relation
//! between pairs of versions, so that a box grows one version at a time, and what once did not fit
//! never will: one pass over all versions in reach leaves nothing that could be added.
//!
//! What a version depends on is for each ecosystem to say; here is what they have in common.

use pubgrub::VersionSet as _;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::Versions;

/// Patience is asked after this many versions.
const VERSIONS_BETWEEN_QUESTIONS: usize = 64;

/// Which versions are tried for the acceptable sets, beside those that are held.
///
/// Of each package those count that the chosen versions of all others admit: no other can be in a
/// set. Equal requests so have equal sets, whatever was known before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// So many of the newest of each package.
    pub newest: u32,
}

/// What came of widening a solution.
#[derive(Clone, Debug)]
pub struct Widened<E, G> {
    /// The sets, in the order of the solution's picks or places.
    pub sets: Vec<AcceptableSet<E>>,
    /// Facts that are missing: while there are any, the sets are not those of the answer.
    pub gaps: Vec<G>,
    /// The facts that were looked at besides those of the solution, in a fixed order.
    pub footprint: Vec<G>,
}

/// The versions that may fill one slot.
#[derive(Clone, Debug)]
pub struct AcceptableSet<E> {
    /// The versions, best first: the chosen one, then the others as the ecosystem prefers them.
    pub versions: Vec<Acceptable<E>>,
    /// Versions within reach that are in no box together with these, as positions in the listing,
    /// best first.
    pub rejected: Vec<u32>,
    /// Whether every version within reach was tried.
    pub completeness: Completeness,
    /// Whether there is no candidate out of reach that the chosen versions of the other packages
    /// admit: then no version at all can be added to the set.
    pub is_whole: bool,
}

/// A version that may fill a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptable<E> {
    /// Its position in the listing of its package.
    pub position: u32,
    /// What it depends on, all of it in the solution.
    pub edges: Vec<E>,
}

/// How far a set goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Completeness {
    /// Every version within reach was tried: none can be added while the other sets stay as they are.
    Complete,
    /// What a version within reach needs could not be read, so that it was passed over.
    Unreadable,
    /// The caller lost patience. The versions listed are sound.
    Interrupted,
}

/// One thing that is wrong with acceptable sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The slot, by its place in the solution's picks or places; none for the project itself.
    pub slot: Option<usize>,
    /// The version, by its position in the listing; none for every version of the slot.
    pub position: Option<u32>,
    /// What is wrong, in one sentence for people.
    pub text: String,
}

/// What keeps a version out of an acceptable set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Barrier {
    /// It is no candidate, whatever else is chosen: why, as the end of a sentence that begins with
    /// the version.
    Unavailable(String),
    /// What is required of its slot does not admit it.
    Excluded {
        /// The slot and version that require it; none for the project itself.
        by: Option<(usize, u32)>,
        /// The requirement, as an edge of the answer has it.
        requirement: String,
    },
    /// It depends on what is not in the solution, or not with what it asks of it.
    Missing {
        /// The requirement.
        requirement: String,
    },
    /// It depends on another slot in versions which that has not alone.
    Clash {
        /// The requirement.
        requirement: String,
        /// The slot.
        slot: usize,
        /// The versions there that do not meet it.
        positions: Vec<u32>,
    },
    /// It depends on what depends on it.
    Cycle {
        /// The requirement.
        requirement: String,
        /// The slot.
        slot: usize,
    },
    /// It has a name that versions of another slot have, and of which there can be one.
    Claimed {
        /// The name, such as that of a native library.
        name: String,
        /// The slot.
        by: usize,
    },
}

impl<E> AcceptableSet<E> {
    /// The same set where positions and edges are told otherwise.
    pub(crate) fn map<F>(
        self,
        position: impl Fn(u32) -> u32,
        mut edges: impl FnMut(Vec<E>) -> Vec<F>,
    ) -> AcceptableSet<F> {
        let versions = self.versions.into_iter().map(|acceptable| Acceptable {
            position: position(acceptable.position),
            edges: edges(acceptable.edges),
        });
        AcceptableSet {
            versions: versions.collect(),
            rejected: self.rejected.into_iter().map(position).collect(),
            completeness: self.completeness,
            is_whole: self.is_whole,
        }
    }
}

/// One way in which a version may fill its slot.
#[derive(Clone, Debug)]
pub(crate) struct Way<E> {
    /// The slots that it depends on, each with the versions that it admits there. What a version
    /// asks of itself is none of them: the same version will be chosen there.
    pub(crate) bounds: Vec<(usize, Versions)>,
    /// Names that versions of one slot alone may have, such as that of a native library.
    pub(crate) claims: Vec<u32>,
    /// The dependencies, as the ecosystem tells them.
    pub(crate) edges: Vec<E>,
}

/// A box as it grows.
#[derive(Debug)]
pub(crate) struct Growth<E> {
    slots: Vec<Grown<E>>,
    /// Which slot has which name.
    holders: FxHashMap<u32, usize>,
}

#[derive(Debug)]
struct Grown<E> {
    /// What is in the box.
    versions: Versions,
    /// What everything in the box, and the project, admits here.
    admitted: Versions,
    /// What is in the box, in the order in which it came there.
    members: Vec<Acceptable<E>>,
}

impl<E> Growth<E> {
    /// An empty box of so many slots.
    pub(crate) fn new(slots: usize) -> Self {
        let empty = || Grown {
            versions: Versions::empty(),
            admitted: Versions::full(),
            members: Vec::new(),
        };
        Self {
            slots: std::iter::repeat_with(empty).take(slots).collect(),
            holders: FxHashMap::default(),
        }
    }

    /// Lets a slot have these versions alone, because of the project itself.
    pub(crate) fn bound(&mut self, slot: usize, versions: &Versions) {
        let admitted = &mut self.slots[slot].admitted;
        *admitted = admitted.intersection(versions);
    }

    /// Whether what is in the box by now admits a version.
    pub(crate) fn admits(&self, slot: usize, position: u32) -> bool {
        self.slots[slot].admitted.contains(&position)
    }

    /// Whether a version is in the box.
    pub(crate) fn has(&self, slot: usize, position: u32) -> bool {
        self.slots[slot].versions.contains(&position)
    }

    /// Puts a version of the solution into the box, where it fits by being in the solution.
    pub(crate) fn put(&mut self, slot: usize, position: u32, way: Way<E>) {
        for (target, versions) in &way.bounds {
            self.bound(*target, versions);
        }
        self.holders.extend(way.claims.iter().map(|claim| (*claim, slot)));
        let grown = &mut self.slots[slot];
        grown.versions = grown.versions.union(&Versions::singleton(position));
        grown.members.push(Acceptable { position, edges: way.edges });
    }

    /// Puts a version into the box, if it fits there.
    pub(crate) fn add(&mut self, slot: usize, position: u32, way: Way<E>) {
        if self.admits(slot, position) && self.fits(slot, &way) {
            self.put(slot, position, way);
        }
    }

    fn fits(&self, slot: usize, way: &Way<E>) -> bool {
        let admits = |(target, versions): &(usize, Versions)| self.has_only(*target, versions);
        way.bounds.iter().all(admits) && way.claims.iter().all(|claim| self.is_free(slot, *claim))
    }

    /// Whether all that is in the box of a slot is among these versions.
    pub(crate) fn has_only(&self, slot: usize, versions: &Versions) -> bool {
        self.slots[slot].versions.subset_of(versions)
    }

    /// Whether a slot's versions may have a name that one slot alone may have.
    pub(crate) fn is_free(&self, slot: usize, claim: u32) -> bool {
        self.holders.get(&claim).is_none_or(|holder| *holder == slot)
    }

    /// What became of each slot, given what was within reach, and which slots' versions could not
    /// all be read.
    pub(crate) fn into_sets(
        self,
        within: &[Within],
        completeness: impl Fn(usize) -> Completeness,
    ) -> Vec<AcceptableSet<E>> {
        let slots = self.slots.into_iter().zip(within).enumerate();
        let sets = slots.map(|(slot, (grown, within))| {
            let tried = within.versions.iter().map(|(position, _)| *position);
            let ranks: FxHashMap<u32, usize> = tried.zip(0..).collect();
            // The chosen version is not among those tried, and so the first.
            let mut versions = grown.members;
            versions.sort_by_key(|acceptable| ranks.get(&acceptable.position));
            let tried = within.versions.iter().map(|(position, _)| *position);
            let rejected = tried.filter(|position| !grown.versions.contains(position)).collect();
            AcceptableSet {
                versions,
                rejected,
                completeness: completeness(slot),
                is_whole: within.is_whole,
            }
        });
        sets.collect()
    }
}

/// The versions of one slot that are to be tried.
#[derive(Clone, Debug, Default)]
pub(crate) struct Within {
    /// The versions, best first, the chosen one aside; and whether each is held.
    pub(crate) versions: Vec<(u32, bool)>,
    /// Whether there is nothing beyond.
    pub(crate) is_whole: bool,
}

impl Within {
    /// What of `candidates`, best first, is within reach: the held ones, and as many of the newest as
    /// `reach` says, the chosen one included. Candidates that a box of the solution alone does not
    /// admit are none.
    pub(crate) fn of<E>(
        growth: &Growth<E>,
        slot: usize,
        candidates: impl Iterator<Item = u32>,
        is_held: impl Fn(u32) -> bool,
        reach: Reach,
    ) -> Self {
        let mut within = Self { versions: Vec::new(), is_whole: true };
        let admitted = candidates.filter(|position| growth.admits(slot, *position));
        for (rank, position) in (0..).zip(admitted) {
            let is_held = is_held(position);
            if growth.has(slot, position) {
                continue;
            }
            if is_held || rank < reach.newest {
                within.versions.push((position, is_held));
            } else {
                within.is_whole = false;
            }
        }
        within
    }

    /// Has all versions tried, in their order, until the caller loses patience; `try_version` says
    /// whether everything was known for that. What was not tried to an end is out of reach from then
    /// on, neither acceptable nor rejected. Returns how far each slot got.
    pub(crate) fn walk(
        slots: &mut [Self],
        interrupted: &(dyn Fn() -> bool + Sync),
        mut try_version: impl FnMut(usize, u32) -> bool,
    ) -> Vec<Completeness> {
        let mut untried = vec![FxHashSet::default(); slots.len()];
        let mut is_over = false;
        for (count, (slot, position)) in Self::order(slots).into_iter().enumerate() {
            is_over = is_over || (count % VERSIONS_BETWEEN_QUESTIONS == 0 && interrupted());
            if is_over || !try_version(slot, position) {
                untried[slot].insert(position);
            }
        }
        let outcome = slots.iter_mut().zip(&untried).map(|(within, untried)| {
            if untried.is_empty() {
                return Completeness::Complete;
            }
            within.versions.retain(|(position, _)| !untried.contains(position));
            within.is_whole = false;
            Completeness::Interrupted
        });
        outcome.collect()
    }

    /// Slots and versions in the order in which they are tried: those that are held first, and the
    /// best of each slot before the next best of any, so that none is widened at the cost of others.
    fn order(slots: &[Self]) -> Vec<(usize, u32)> {
        let mut order: Vec<(bool, usize, usize, u32)> = Vec::new();
        for (slot, within) in slots.iter().enumerate() {
            let versions = within.versions.iter().enumerate();
            order.extend(versions.map(|(rank, (position, held))| (!held, rank, slot, *position)));
        }
        order.sort_unstable();
        order.into_iter().map(|(_, _, slot, position)| (slot, position)).collect()
    }
}
