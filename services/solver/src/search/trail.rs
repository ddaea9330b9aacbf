//! The decisions that stand, seen from outside of pubgrub.
//!
//! Pubgrub keeps its partial solution to itself. But it asks for the priority of every slot whose
//! range has changed, and of every slot whose decision it took back if something that remains
//! still needs it; the first decision taken back is always such a one. So a *decided* slot whose
//! priority is asked for marks the place up to which decisions still stand, and the ranges asked
//! about are the open ones.

use pubgrub::VersionSet;
use rustc_hash::FxHashMap;

use super::Slot;
use crate::Versions;

#[derive(Default)]
pub(super) struct Trail {
    decided: Vec<(Slot, u32)>,
    places: FxHashMap<Slot, usize>,
    /// The range of each open slot, with the number of decisions it followed from.
    open: FxHashMap<Slot, (Versions, usize)>,
    /// What has been asked about since the last decision.
    asked: Vec<(Slot, Versions)>,
    /// The slot decided last, and the range it was decided from.
    last: Option<(Slot, Versions)>,
    /// The slot of the last decision, if it alone was taken back.
    took_back: Option<Slot>,
}

impl Trail {
    /// Pubgrub asked for the priority of `slot`, of which `range` is open.
    pub(super) fn note_open(&mut self, slot: Slot, range: &Versions) {
        self.asked.push((slot, range.clone()));
    }

    /// Works out what still stands, before the next decision.
    pub(super) fn settle(&mut self) {
        let places = self.asked.iter().filter_map(|(slot, _)| self.places.get(slot));
        self.took_back = None;
        if let Some(place) = places.min().copied() {
            if place + 1 == self.decided.len() {
                self.took_back = self.decided.last().map(|(slot, _)| *slot);
            }
            for (slot, _) in self.decided.drain(place..) {
                self.places.remove(&slot);
            }
            self.open.retain(|_, (_, since)| *since <= place);
        }
        let since = self.decided.len();
        self.open.extend(self.asked.drain(..).map(|(slot, range)| (slot, (range, since))));
    }

    pub(super) fn push(&mut self, slot: Slot, version: u32, range: &Versions) {
        self.last = Some((slot, range.clone()));
        self.open.remove(&slot);
        self.places.insert(slot, self.decided.len());
        self.decided.push((slot, version));
    }

    /// Whether the decision on `slot` was the last one, and it alone does not stand any more.
    pub(super) fn took_back_last(&self, slot: Slot) -> bool {
        self.took_back == Some(slot)
    }

    /// Whether a slot is decided or its open range is known.
    pub(super) fn knows(&self, slot: Slot) -> bool {
        self.places.contains_key(&slot) || self.open.contains_key(&slot)
    }

    /// The decision just before that on `slot`, if that stands.
    pub(super) fn before(&self, slot: Slot) -> Option<(Slot, u32)> {
        let place = self.places.get(&slot)?.checked_sub(1)?;
        self.decided.get(place).copied()
    }

    /// The first of `needs` that what stands rules out.
    pub(super) fn obstacle(&self, needs: &[(Slot, Versions)]) -> Option<Slot> {
        let ruled_out = |slot: Slot, range: &Versions| match self.places.get(&slot) {
            Some(place) => !range.contains(&self.decided[*place].1),
            None => self.open.get(&slot).is_some_and(|(open, _)| open.is_disjoint(range)),
        };
        needs.iter().find(|(slot, range)| ruled_out(*slot, range)).map(|(slot, _)| *slot)
    }

    /// What there was to decide on, if `slot` was decided last.
    pub(super) fn last_range(&self, slot: Slot) -> Option<&Versions> {
        self.last.as_ref().filter(|(last, _)| *last == slot).map(|(_, range)| range)
    }

    pub(super) fn into_decided(self) -> Vec<(Slot, u32)> {
        self.decided
    }
}
