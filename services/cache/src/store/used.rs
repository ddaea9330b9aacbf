//! Which entries were used since that was last written down.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use super::backend::Slot;
use super::upkeep::Upkeep;

/// So many are noted at the most; of what is used beyond them, in one minute, nothing is known.
const MOST: usize = 16 * 1024;

/// Uses are noted in memory and written in bulk, so that a read of the database stays one.
#[derive(Default)]
pub(crate) struct Used {
    slots: Mutex<HashSet<Slot>>,
}

impl Used {
    /// Notes a use; `upkeep` is told when it is time to write.
    pub(crate) fn note(&self, slot: Slot, upkeep: &Upkeep) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() < MOST {
            slots.insert(slot);
        }
        if slots.len() == MOST / 2 {
            upkeep.hurry();
        }
    }

    /// Hands out all that is noted, sorted: writers that go in one order do not block each other.
    pub(crate) fn take(&self) -> Vec<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken: Vec<Slot> = std::mem::take(&mut *slots).into_iter().collect();
        taken.sort_unstable();
        taken
    }
}
