//! What a search finds out as it goes: slots, ranks, verdicts, and which facts it has looked at.

use std::cmp::Reverse;
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::candidates::Candidates;
use super::super::universe::NameId;
use super::lines::LineInUse;
use super::slots::SlotKind;
use crate::Versions;
use crate::search::{Slot, Slots};

/// When a project is decided: the greater, the sooner. The number is when it was first named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// Nothing is special about it.
    Named(Reverse<usize>),
    /// Its versions often made others be rejected.
    Culprit(Reverse<usize>),
    /// Its versions were often rejected.
    Contended(Reverse<usize>),
    /// Something requires it with `==`.
    Pinned(Reverse<usize>),
    /// The user's own requirements.
    Root,
}

/// The state of one search.
#[derive(Default)]
pub(super) struct State {
    pub(super) slots: Slots<SlotKind>,
    pub(super) ranks: FxHashMap<NameId, Rank>,
    pub(super) candidates: FxHashMap<NameId, Rc<Candidates>>,
    pub(super) held: FxHashMap<NameId, Option<Rc<Versions>>>,
    pub(super) existing: FxHashMap<NameId, Option<Versions>>,
    pub(super) lines: FxHashMap<NameId, LineInUse>,
    pub(super) read_listings: FxHashSet<NameId>,
    pub(super) read_needs: FxHashSet<(NameId, u32)>,
    /// How often versions of a slot were rejected.
    pub(super) affected: FxHashMap<Slot, u32>,
    /// How often a slot was the reason for that.
    pub(super) culprits: FxHashMap<Slot, u32>,
    /// Slots whose projects are to be decided sooner, and later, from the next decision on.
    pub(super) hurried: Vec<Slot>,
    pub(super) to_put_off: Vec<Slot>,
}

impl State {
    /// The rank of a project, which is thereby named.
    pub(super) fn rank(&mut self, name: NameId) -> Rank {
        let count = self.ranks.len();
        *self.ranks.entry(name).or_insert(Rank::Named(Reverse(count)))
    }

    /// Decides a project sooner.
    pub(super) fn hurry(&mut self, name: NameId) {
        let rank = self.rank(name);
        self.ranks.insert(name, Rank::Contended(Reverse(rank.first_named())));
    }

    /// Decides a project later than those that are in a hurry. Returns whether that is new.
    pub(super) fn put_off(&mut self, name: NameId) -> bool {
        let rank = self.rank(name);
        let is_new = !matches!(rank, Rank::Culprit(_) | Rank::Contended(_));
        if is_new {
            self.ranks.insert(name, Rank::Culprit(Reverse(rank.first_named())));
        }
        is_new
    }
}

pub(super) fn count(counts: &mut FxHashMap<Slot, u32>, slot: Slot) -> u32 {
    let count = counts.entry(slot).or_insert(0);
    *count += 1;
    *count
}

impl Rank {
    pub(super) fn first_named(self) -> usize {
        match self {
            Self::Named(Reverse(place))
            | Self::Culprit(Reverse(place))
            | Self::Contended(Reverse(place))
            | Self::Pinned(Reverse(place)) => place,
            Self::Root => 0,
        }
    }
}
