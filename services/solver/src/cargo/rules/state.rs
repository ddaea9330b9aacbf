//! What a search finds out as it goes: slots, candidates, what is decided, and what is urgent.

use std::rc::Rc;

use ecosystems::cargo::Version;
use rustc_hash::{FxHashMap, FxHashSet};

use super::super::candidates::{Candidates, Matches};
use super::super::universe::{CrateId, RequirementId};
use super::slots::{Owner, SlotKind};
use crate::search::{Slot, Slots};

/// When a slot is decided: the lower, the sooner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Urgency {
    /// How many candidates meet the requirement that fewest meet.
    pub(super) candidates: u32,
    /// How many slots were needed before.
    pub(super) turn: u32,
}

/// What is asked of a package: a requirement, whether the lowest version alone is looked for, and
/// the version that comes first.
type Asked<'a> = (CrateId, RequirementId, bool, Option<&'a Version>);

/// The state of one search.
#[derive(Default)]
pub(super) struct State<'a> {
    pub(super) slots: Slots<SlotKind>,
    pub(super) candidates: FxHashMap<CrateId, Rc<Candidates<'a>>>,
    pub(super) matches: FxHashMap<Asked<'a>, Rc<Matches>>,
    /// Features and libraries of which the universe knows nothing, by number, and back.
    pub(super) texts: Vec<&'a str>,
    pub(super) numbers: FxHashMap<&'a str, u32>,
    /// Whether a feature of a line asks for anything in any version.
    pub(super) effects: FxHashMap<(CrateId, u32, u32), bool>,
    /// The lines and members that link a library.
    pub(super) holders: FxHashMap<u32, Vec<SlotKind>>,
    /// The version that was chosen last of each slot.
    pub(super) decided: FxHashMap<Slot, u32>,
    pub(super) urgencies: FxHashMap<Slot, Urgency>,
    /// The urgencies with which slots were queued last.
    pub(super) queued: FxHashMap<Slot, Urgency>,
    /// The packages whose listings were looked at.
    pub(super) read: FxHashSet<CrateId>,
    /// The versions of which it was looked at what they need, and the features of which what they add.
    pub(super) looked_at: FxHashSet<(Owner, Option<u32>)>,
    /// How often versions of a slot were rejected.
    pub(super) conflicts: FxHashMap<Slot, u32>,
}

impl<'a> State<'a> {
    /// The number of a text that the universe has none for, counted from `first`.
    pub(super) fn number(&mut self, text: &'a str, first: usize) -> u32 {
        let texts = &mut self.texts;
        *self.numbers.entry(text).or_insert_with(|| {
            texts.push(text);
            super::number(first + texts.len() - 1)
        })
    }

    /// The number of the line or member that links a library among those that do.
    pub(super) fn holder(&mut self, links: u32, holder: SlotKind) -> u32 {
        let holders = self.holders.entry(links).or_default();
        let place = holders.iter().position(|known| *known == holder);
        super::number(place.unwrap_or_else(|| {
            holders.push(holder);
            holders.len() - 1
        }))
    }

    /// Notes that a slot is needed with so many candidates.
    pub(super) fn need(&mut self, slot: Slot, candidates: u32) {
        let turn = super::number(self.urgencies.len());
        let urgency = self.urgencies.entry(slot).or_insert(Urgency { candidates, turn });
        urgency.candidates = urgency.candidates.min(candidates);
    }

    /// How urgent a slot is that is queued now. What never was needed by a requirement is settled
    /// at once.
    pub(super) fn queue(&mut self, slot: Slot) -> Urgency {
        let urgency = self.urgencies.get(&slot).copied().unwrap_or_default();
        self.queued.insert(slot, urgency);
        urgency
    }

    /// How urgent a slot was when it was queued.
    ///
    /// What is tied to it is queued behind it. It may have become more urgent since, which the queue
    /// is told of only when less is left of the slot.
    pub(super) fn urgency_queued(&self, slot: Slot) -> Urgency {
        let queued = self.queued.get(&slot).or_else(|| self.urgencies.get(&slot));
        queued.copied().unwrap_or_default()
    }
}
