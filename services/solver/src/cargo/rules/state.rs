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

/// What is known of a slot.
#[derive(Clone, Copy, Default)]
struct Known {
    /// The slot that it is tied to, once that was looked for.
    base: Option<Option<Slot>>,
    /// The version that was chosen last.
    decided: Option<u32>,
    urgency: Option<Urgency>,
    /// The urgency with which it was queued last.
    queued: Option<Urgency>,
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
    /// The lines and members that link a library.
    pub(super) holders: FxHashMap<u32, Vec<SlotKind>>,
    /// What is known of slots, by number.
    known: Vec<Known>,
    /// How many slots were needed.
    needed: u32,
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

    /// The slot that one is tied to, which is decided before it: that of whose version it has to have
    /// the same.
    pub(super) fn base(&mut self, slot: Slot) -> Option<Slot> {
        if let Some(known) = self.known(slot).base {
            return known;
        }
        let base = base(self.slots.kind(slot)).map(|base| self.slots.slot(base));
        self.known(slot).base = Some(base);
        base
    }

    /// Notes which version was chosen of a slot.
    pub(super) fn decide(&mut self, slot: Slot, version: u32) {
        self.known(slot).decided = Some(version);
    }

    /// The version that was chosen last of a slot.
    pub(super) fn decided(&mut self, slot: Slot) -> Option<u32> {
        self.known(slot).decided
    }

    /// Notes that a slot is needed with so many candidates.
    pub(super) fn need(&mut self, slot: Slot, candidates: u32) {
        let turn = self.needed;
        let urgency = &mut self.known(slot).urgency;
        let is_new = urgency.is_none();
        let urgency = urgency.get_or_insert(Urgency { candidates, turn });
        urgency.candidates = urgency.candidates.min(candidates);
        self.needed += u32::from(is_new);
    }

    /// How urgent a slot is that is queued now. What never was needed by a requirement is settled
    /// at once.
    pub(super) fn queue(&mut self, slot: Slot) -> Urgency {
        let known = self.known(slot);
        let urgency = known.urgency.unwrap_or_default();
        known.queued = Some(urgency);
        urgency
    }

    /// How urgent a slot was when it was queued.
    ///
    /// What is tied to it is queued behind it. It may have become more urgent since, which the queue
    /// is told of only when less is left of the slot.
    pub(super) fn urgency_queued(&mut self, slot: Slot) -> Urgency {
        let known = self.known(slot);
        known.queued.or(known.urgency).unwrap_or_default()
    }

    fn known(&mut self, slot: Slot) -> &mut Known {
        let place = slot.0 as usize;
        if self.known.len() <= place {
            self.known.resize(place + 1, Known::default());
        }
        &mut self.known[place]
    }
}

/// What a slot's version is the version of.
fn base(kind: SlotKind) -> Option<SlotKind> {
    match kind {
        SlotKind::Feature(id, line, _) => Some(SlotKind::Line(id, line)),
        SlotKind::MemberFeature(member, _) => Some(SlotKind::Member(member)),
        SlotKind::ChoiceFeature(owner, place, _) => Some(SlotKind::Choice(owner, place)),
        _ => None,
    }
}
