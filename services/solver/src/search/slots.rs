//! Slots by what they stand for, and back.

use std::hash::Hash;

use rustc_hash::FxHashMap;

use super::Slot;

/// Numbers what slots stand for, in the order in which they are met.
#[derive(Debug)]
pub(crate) struct Slots<K> {
    kinds: Vec<K>,
    numbers: FxHashMap<K, Slot>,
}

impl<K> Default for Slots<K> {
    fn default() -> Self {
        Self { kinds: Vec::new(), numbers: FxHashMap::default() }
    }
}

impl<K: Copy + Eq + Hash> Slots<K> {
    /// The slot that stands for `kind`, which is thereby met.
    pub(crate) fn slot(&mut self, kind: K) -> Slot {
        let kinds = &mut self.kinds;
        *self.numbers.entry(kind).or_insert_with(|| {
            kinds.push(kind);
            Slot(u32::try_from(kinds.len() - 1).unwrap_or(u32::MAX))
        })
    }

    /// What a slot stands for. There are no slots but those that were handed out here.
    pub(crate) fn kind(&self, slot: Slot) -> K {
        self.kinds[slot.0 as usize]
    }
}
