//! Taking back decisions that no conflict forces back.
//!
//! uv backtracks on its own accord to before a decision that made others be rejected again and
//! again, to decide in another order. Upstream pubgrub backtracks from conflicts only. So one is
//! made up that says nothing about real versions:
//!
//! * the root needs all levers from the start, in whatever position, and nobody is in a hurry to
//!   decide them;
//! * some version that is being decided is decided under an alias, which needs lever *n* to be in
//!   any position but one that it never takes, so that pubgrub takes notice of the lever;
//! * the lever is decided next, in position 1, which needs its *hook* in position 1;
//! * the hook there needs anything but the decision Y that stands just before the one to take back.
//!
//! Pubgrub concludes that lever *n* is not in position 1 while Y stands, and that it has to look
//! again at everything behind Y. In position 0, in which the lever stays from then on, it needs
//! nothing: whatever is learned of levers can neither rule anything out nor be part of a proof.

use pubgrub::VersionSet;

use super::Slot;
use crate::Versions;
use crate::versions::{alias, with_alias};

/// A slot that stands for no package. Levers are numbered from the highest slot downward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lever {
    Handle(usize),
    Hook(usize),
}

/// So many levers there are, one a project that is put off. Decisions that are in the way of more
/// projects than these stay as they are, which costs time but no solution.
const MOST: u32 = 24;
/// The slot of the first lever. Rules never number so high.
const FIRST: u32 = u32::MAX - 2 * MOST;

/// A position that no lever takes.
const NEVER_TAKEN: u32 = 2;

/// The levers made so far.
#[derive(Default)]
pub(super) struct Levers {
    /// For each lever, the decision behind which all are to be made anew.
    before: Vec<(Slot, u32)>,
    /// The lever that the decision made last pulls. No other ever leaves its position.
    armed: Option<usize>,
}

impl Lever {
    pub(super) fn read(slot: Slot) -> Option<Self> {
        let number = slot.0.checked_sub(FIRST)?;
        let lever = number as usize / 2;
        Some(if number.is_multiple_of(2) { Self::Handle(lever) } else { Self::Hook(lever) })
    }

    fn slot(self) -> Slot {
        let (lever, part) = match self {
            Self::Handle(lever) => (lever, 0),
            Self::Hook(lever) => (lever, 1),
        };
        Slot(FIRST + u32::try_from(lever).unwrap_or(MOST) * 2 + part)
    }

    /// What the root needs of levers.
    pub(super) fn all() -> impl Iterator<Item = (Slot, Versions)> {
        (0..MOST as usize).map(|lever| (Self::Handle(lever).slot(), Versions::full()))
    }

    /// What a version decided under an alias needs of a lever.
    pub(super) fn pulled_by(version: u32) -> Option<(Slot, Versions)> {
        let lever = alias(version).checked_sub(1)?;
        let notice = Versions::singleton(NEVER_TAKEN).complement();
        Some((Self::Handle(lever as usize).slot(), notice))
    }

    /// Whether a lever with this range is to be decided at once: one that somebody pulls.
    pub(super) fn is_pulled(range: &Versions) -> bool {
        !range.contains(&NEVER_TAKEN)
    }
}

impl Levers {
    /// Makes a lever that takes back all decisions behind `before`, and an alias of `version` that
    /// pulls it. When there are no more levers, the version is decided as it is.
    pub(super) fn add(&mut self, before: (Slot, u32), version: u32) -> u32 {
        let Some(number) =
            u32::try_from(self.before.len() + 1).ok().filter(|number| *number <= MOST)
        else {
            return version;
        };
        self.armed = Some(self.before.len());
        self.before.push(before);
        with_alias(version, number)
    }

    /// Some package is decided on: a lever that was not pulled until now stays where it is.
    pub(super) fn disarm(&mut self) {
        self.armed = None;
    }

    pub(super) fn choose(&mut self, lever: Lever, range: &Versions) -> Option<u32> {
        let position = match lever {
            Lever::Handle(lever) => {
                u32::from(self.armed.take_if(|armed| *armed == lever).is_some())
            }
            Lever::Hook(_) => 1,
        };
        range.contains(&position).then_some(position)
    }

    pub(super) fn needs(&self, lever: Lever, position: u32) -> Vec<(Slot, Versions)> {
        match lever {
            Lever::Handle(_) if position == 0 => Vec::new(),
            Lever::Handle(lever) => vec![(Lever::Hook(lever).slot(), Versions::singleton(1))],
            Lever::Hook(lever) => {
                let (slot, version) = self.before[lever];
                vec![(slot, Versions::singleton(version).complement())]
            }
        }
    }
}
