//! What a search finds out as it goes: slots, candidates, what is decided, and what is urgent.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::super::candidates::{Candidates, Matches};
use super::super::universe::{CrateId, RequirementId};
use super::slots::SlotKind;
use crate::search::{Slot, Slots};

/// When a slot is decided: the lower, the sooner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Urgency {
    /// How many candidates meet the requirement that fewest meet.
    pub(super) candidates: u32,
    /// How many slots were needed before.
    pub(super) turn: u32,
}

/// A line of a package, or a member, that links a library.
pub(super) type Holder = Option<(CrateId, u32)>;

/// The state of one search.
#[derive(Default)]
pub(super) struct State<'a> {
    pub(super) slots: Slots<SlotKind>,
    pub(super) candidates: FxHashMap<CrateId, Rc<Candidates>>,
    /// What meets a requirement, and whether the lowest alone is looked for.
    pub(super) matches: FxHashMap<(CrateId, RequirementId, bool), Rc<Matches>>,
    /// Features and libraries by number, and back.
    pub(super) texts: Vec<&'a str>,
    pub(super) numbers: FxHashMap<&'a str, u32>,
    /// Whether a feature of a line asks for anything in any version.
    pub(super) effects: FxHashMap<(CrateId, u32, u32), bool>,
    pub(super) holders: FxHashMap<u32, Vec<Holder>>,
    /// The version that was chosen last of each slot.
    pub(super) decided: FxHashMap<Slot, u32>,
    pub(super) urgencies: FxHashMap<Slot, Urgency>,
}

impl<'a> State<'a> {
    /// The number that stands for a text in slots.
    pub(super) fn number(&mut self, text: &'a str) -> u32 {
        let texts = &mut self.texts;
        *self.numbers.entry(text).or_insert_with(|| {
            texts.push(text);
            super::number(texts.len() - 1)
        })
    }

    /// The number of the line that links a library among those that do.
    pub(super) fn holder(&mut self, links: u32, holder: Holder) -> u32 {
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

    /// How urgent a slot is. What never was needed by a requirement is settled at once.
    pub(super) fn urgency(&self, slot: Slot) -> Urgency {
        self.urgencies.get(&slot).copied().unwrap_or_default()
    }
}
