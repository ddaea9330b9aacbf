//! The search: pubgrub over whatever an ecosystem calls a slot and a version.
//!
//! The search knows nothing of names, ranges or markers. An ecosystem tells it through [`Rules`]
//! which version of a slot to try first and what that version needs. Facts that are not known yet
//! do not stop the search: it goes on without them and names them all in the end, so that one
//! round of fetching serves a whole frontier.

mod derivation;
mod slots;
mod walk;

use crate::Versions;
pub use derivation::Leaf;
pub(crate) use slots::Slots;
use walk::Walk;

/// What pubgrub calls a package: a project, a project with an extra, the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(pub u32);

/// Marks a version that cannot be chosen whatever else is chosen. Why is for the rules to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ruled;

/// What a version of a slot needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Slots, each with the versions that would do, in the order of the document.
    Known(Vec<Need>),
    /// The version cannot be chosen at all.
    Unavailable,
    /// The version cannot be chosen, because it needs versions that a slot does not have. It is
    /// decided on all the same, so that the conflict is seen to be one with that slot.
    Bars(Slot, Versions),
    /// Not known yet: taken as nothing for the time being.
    Unknown,
}

/// One thing that a version needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The slot.
    pub slot: Slot,
    /// The versions of it that would do.
    pub versions: Versions,
    /// Another slot that whoever decides on `slot` needs in the same versions.
    pub base: Option<Slot>,
}

/// An ecosystem, as the search sees it.
pub trait Rules {
    /// The higher is decided first.
    type Priority: Ord + Clone;
    /// A fact that is missing.
    type Gap;

    /// Whether the versions of a slot are known. Where they are not, the slot is decided last.
    fn is_listed(&self, slot: Slot) -> bool;

    /// When to decide a slot.
    fn priority(&self, slot: Slot) -> Self::Priority;

    /// Told that versions of `affected` were rejected because of `others`, when `deciding` was the
    /// slot decided last.
    fn note_conflict(&self, affected: Slot, others: &mut dyn Iterator<Item = Slot>, deciding: Slot);

    /// The slots whose decisions are to be taken back now, because of the conflicts noted.
    fn put_off(&self) -> Vec<Slot>;

    /// The version of `range` to try first, if the slot has any there.
    fn choose(&self, slot: Slot, range: &Versions) -> Option<u32>;

    /// What a version needs.
    fn needs(&self, slot: Slot, version: u32) -> Needs;

    /// Versions that could be if they were published, and of which the slot has `version` alone:
    /// what is said of that is said of them.
    fn alike(&self, slot: Slot, version: u32) -> Versions;

    /// The slot whose version this one has to have, if there is one. It is decided before.
    fn tied(&self, _slot: Slot) -> Option<Slot> {
        None
    }

    /// The fact missing about a slot: its listing, or what one version needs.
    fn gap(&self, slot: Slot, version: Option<u32>) -> Self::Gap;
}

/// How much work a search may do.
pub struct Budget<'a> {
    /// Decisions at the most.
    pub steps: u64,
    /// Asked now and then whether the caller has lost patience. The search reads no clock itself.
    pub interrupted: &'a (dyn Fn() -> bool + Sync),
}

/// How a search ended.
#[derive(Debug)]
pub enum Found<G> {
    /// One version of every slot that is needed, the root included.
    Solution(Vec<(Slot, u32)>),
    /// No choice of versions meets every need, and the facts that this follows from.
    Conflict(Vec<Leaf>),
    /// The facts without which nothing can be said, each once.
    Gaps(Vec<G>),
    /// The budget is spent.
    Spent(Spent),
}

/// What a search knew when its budget was spent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Whether the caller lost patience, rather than the steps running out.
    pub interrupted: bool,
    /// The decisions that stood, in the order made.
    pub decided: Vec<(Slot, u32)>,
}

/// Searches for a solution from version 0 of `root`.
///
/// Returns how the search ended, and the steps it took.
pub fn search<R: Rules>(rules: &R, root: Slot, budget: &Budget<'_>) -> (Found<R::Gap>, u64) {
    Walk::new(rules, root, budget).run()
}
