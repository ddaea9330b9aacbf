//! The search: upstream pubgrub over whatever an ecosystem calls a slot and a version.
//!
//! The search knows nothing of names, ranges or markers. An ecosystem tells it through [`Rules`]
//! which version of a slot to try first and what that version needs. Facts that are not known yet
//! do not stop the search: it goes on without them and names them all in the end, so that one
//! round of fetching serves a whole frontier.

mod levers;
mod provider;
mod trail;

use crate::Versions;
use provider::Provider;

/// What pubgrub calls a package: a project, a project with an extra, the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(pub u32);

/// Marks a version that cannot be chosen whatever else is chosen. Why is for the rules to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ruled;

/// The derivation of a conflict, as pubgrub gives it.
pub(crate) type Derivation = pubgrub::DerivationTree<Slot, Versions, Ruled>;

/// What a version of a slot needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Slots, each with the versions that would do, in the order of the document.
    Known(Vec<(Slot, Versions)>),
    /// The version cannot be chosen at all.
    Unavailable,
    /// Not known yet: taken as nothing for the time being.
    Unknown,
}

/// An ecosystem, as the search sees it.
pub trait Rules {
    /// The higher is decided first.
    type Priority: Ord + Clone;
    /// A fact that is missing.
    type Gap;

    /// Whether the versions of a slot are known. Where they are not, the slot is decided last.
    fn is_listed(&self, slot: Slot) -> bool;

    /// When to decide a slot, of which `range` is still open.
    fn priority(&self, slot: Slot, range: &Versions) -> Self::Priority;

    /// Told that a version of `affected` was rejected because of `culprit`, once per version and
    /// culprit. Returns whether the decision on `culprit` is to be taken back and put off.
    fn note_conflict(&self, affected: Slot, culprit: Slot) -> bool;

    /// Which of some slots has most likely no version left, if any has ever lost one.
    fn likely_culprit(&self, slots: &[Slot]) -> Option<Slot>;

    /// Whether `version` is the only one that `range` has of a slot.
    fn is_only_version(&self, slot: Slot, version: u32, range: &Versions) -> bool;

    /// The version of `range` to try first, if the slot has any there.
    fn choose(&self, slot: Slot, range: &Versions) -> Option<u32>;

    /// What a version needs.
    fn needs(&self, slot: Slot, version: u32) -> Needs;

    /// The fact missing about a slot: its listing, or what one version needs.
    fn gap(&self, slot: Slot, version: Option<u32>) -> Self::Gap;
}

/// How much work a search may do.
pub struct Budget<'a> {
    /// Decisions and propagations at the most.
    pub steps: u64,
    /// Asked now and then whether the caller has lost patience. The search reads no clock itself.
    pub interrupted: &'a (dyn Fn() -> bool + Sync),
}

/// How a search ended.
#[derive(Debug)]
pub enum Found<G> {
    /// One version of every slot that is needed, the root included.
    Solution(Vec<(Slot, u32)>),
    /// No choice of versions meets every need.
    Conflict(Box<Derivation>),
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
    let (found, steps) = Provider::new(rules, root, budget, true).run();
    if let Some(found) = found {
        return (found, steps);
    }
    // Without taking decisions back the search is the plain one of pubgrub: slower at times, and as
    // right.
    let rest = Budget { steps: budget.steps.saturating_sub(steps), ..*budget };
    let (found, more) = Provider::new(rules, root, &rest, false).run();
    (found.unwrap_or(Found::Spent(Spent::default())), steps + more)
}
