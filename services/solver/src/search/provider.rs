//! The door between pubgrub and the rules of an ecosystem.

use std::cell::{Cell, RefCell};
use std::fmt;

use pubgrub::{
    Dependencies, DependencyProvider, PackageResolutionStatistics, PubGrubError,
    SelectedDependencies, VersionSet,
};
use rustc_hash::FxHashSet;

use super::levers::{Lever, Levers};
use super::trail::Trail;
use super::{Budget, Found, Needs, Ruled, Rules, Slot, Spent};
use crate::Versions;
use crate::versions::position;

/// Patience is asked after this many steps: a step is about a microsecond.
const STEPS_BETWEEN_QUESTIONS: u64 = 256;

pub(super) struct Provider<'a, R: Rules> {
    rules: &'a R,
    root: Slot,
    /// Whether decisions may be taken back.
    has_levers: bool,
    budget: &'a Budget<'a>,
    steps: Cell<u64>,
    gaps: RefCell<FxHashSet<(Slot, Option<u32>)>>,
    trail: RefCell<Trail>,
    levers: RefCell<Levers>,
    /// Whether anything was ever rejected.
    has_rejected: Cell<bool>,
    /// The decision made last, with what it needs that nothing is known of: should it not stand, one
    /// of those is why.
    unchecked: RefCell<Option<(Slot, u32, Vec<Slot>)>>,
    /// A slot whose decision is to be taken back, if it still stands when the next one is made.
    put_off: Cell<Option<Slot>>,
}

/// Whether a version needs another version of its own slot.
fn excludes_itself(slot: Slot, version: u32, needs: &[(Slot, Versions)]) -> bool {
    needs.iter().any(|(needed, range)| *needed == slot && !range.contains(&version))
}

/// Why pubgrub was made to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Halt {
    /// Only slots without a listing are left.
    Gaps,
    /// The budget's steps are used up.
    Steps,
    /// The caller lost patience.
    Interrupted,
}

/// A slot that is listed comes before all that are not.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Priority<P> {
    IdleLever,
    Unlisted,
    Listed(P),
    PulledLever,
}

impl<'a, R: Rules> Provider<'a, R> {
    pub(super) fn new(rules: &'a R, root: Slot, budget: &'a Budget<'a>, has_levers: bool) -> Self {
        Self {
            rules,
            root,
            has_levers,
            budget,
            steps: Cell::new(0),
            gaps: RefCell::default(),
            trail: RefCell::default(),
            levers: RefCell::default(),
            has_rejected: Cell::new(false),
            unchecked: RefCell::default(),
            put_off: Cell::new(None),
        }
    }

    /// Runs pubgrub. Returns what it found, or nothing where a decision stands that was made only to
    /// be taken back; and the steps it took.
    pub(super) fn run(self) -> (Option<Found<R::Gap>>, u64) {
        let result = pubgrub::resolve(&self, self.root, 0u32);
        let steps = self.steps.get();
        (self.read(result), steps)
    }

    fn read(
        self,
        result: Result<SelectedDependencies<Slot, u32>, PubGrubError<Self>>,
    ) -> Option<Found<R::Gap>> {
        let halt = match result {
            // What was found without all facts was found in another world.
            Ok(_) | Err(PubGrubError::NoSolution(_)) if !self.gaps.borrow().is_empty() => {
                Halt::Gaps
            }
            Ok(selected) => {
                let real = selected.into_iter().filter(|(slot, _)| Lever::read(*slot).is_none());
                // Under an alias a version stands without what it needs.
                let picked = real.map(|(slot, version)| {
                    (version == position(version)).then_some((slot, version))
                });
                return picked.collect::<Option<_>>().map(Found::Solution);
            }
            Err(PubGrubError::NoSolution(derivation)) => {
                return Some(Found::Conflict(Box::new(derivation)));
            }
            Err(
                PubGrubError::ErrorChoosingVersion { source: halt, .. }
                | PubGrubError::ErrorRetrievingDependencies { source: halt, .. }
                | PubGrubError::ErrorInShouldCancel(halt),
            ) => halt,
        };
        Some(match halt {
            Halt::Gaps => {
                // In a fixed order, whatever the order of hashing.
                let mut gaps: Vec<_> = self.gaps.into_inner().into_iter().collect();
                gaps.sort_unstable();
                Found::Gaps(gaps.into_iter().map(|(slot, at)| self.rules.gap(slot, at)).collect())
            }
            Halt::Steps | Halt::Interrupted => Found::Spent(Spent {
                interrupted: halt == Halt::Interrupted,
                decided: self.trail.into_inner().into_decided(),
            }),
        })
    }

    /// Records every listing that is not known as soon as something needs it: an outcome found
    /// without it, be it a conflict elsewhere, could read otherwise with it.
    fn note_unlisted(&self, needs: &[(Slot, Versions)]) {
        let unlisted = needs.iter().filter(|(slot, _)| !self.rules.is_listed(*slot));
        self.gaps.borrow_mut().extend(unlisted.map(|(slot, _)| (*slot, None)));
    }

    /// Looks whether pubgrub is going to reject a version for what it needs.
    fn note_needs(&self, slot: Slot, version: u32, needs: &[(Slot, Versions)]) {
        let trail = self.trail.borrow();
        match trail.obstacle(needs) {
            Some(culprit) => self.note_rejection(&trail, slot, version, culprit),
            None => {
                let unknown =
                    needs.iter().map(|(slot, _)| *slot).filter(|slot| !trail.knows(*slot));
                self.unchecked.replace(Some((slot, version, unknown.collect())));
            }
        }
    }

    /// Pubgrub also rejects what it has learned to be impossible, which the trail does not show.
    fn note_unexplained_rejection(&self, trail: &Trail) {
        if let Some((slot, version, unknown)) = self.unchecked.take()
            && trail.took_back_last(slot)
            && let Some(culprit) = self.rules.likely_culprit(&unknown)
        {
            self.note_rejection(trail, slot, version, culprit);
        }
    }

    /// Tells the rules of a rejection: the version needs something that what stands rules out.
    ///
    /// The rejection of the only version left is a conflict twice over, of the version and of the
    /// slot; but for the first of all, which pubgrub accepts unchecked and finds out at once.
    fn note_rejection(&self, trail: &Trail, slot: Slot, version: u32, culprit: Slot) {
        let is_first = !self.has_rejected.replace(true);
        let is_last = trail
            .last_range(slot)
            .is_some_and(|range| self.rules.is_only_version(slot, version, range));
        let put_off = self.rules.note_conflict(slot, culprit);
        let put_off_again = is_last && !is_first && self.rules.note_conflict(slot, culprit);
        if put_off || put_off_again {
            self.put_off.set(Some(culprit));
        }
    }
}

impl<R: Rules> DependencyProvider for Provider<'_, R> {
    type P = Slot;
    type V = u32;
    type VS = Versions;
    type M = Ruled;
    type Priority = Priority<R::Priority>;
    type Err = Halt;

    fn prioritize(
        &self,
        slot: &Slot,
        range: &Versions,
        _statistics: &PackageResolutionStatistics,
    ) -> Self::Priority {
        if Lever::read(*slot).is_some() {
            return if Lever::is_pulled(range) {
                Priority::PulledLever
            } else {
                Priority::IdleLever
            };
        }
        self.trail.borrow_mut().note_open(*slot, range);
        if self.rules.is_listed(*slot) {
            Priority::Listed(self.rules.priority(*slot, range))
        } else {
            Priority::Unlisted
        }
    }

    fn choose_version(&self, slot: &Slot, range: &Versions) -> Result<Option<u32>, Halt> {
        if let Some(lever) = Lever::read(*slot) {
            return Ok(self.levers.borrow_mut().choose(lever, range));
        }
        self.levers.borrow_mut().disarm();
        let mut trail = self.trail.borrow_mut();
        trail.settle();
        self.note_unexplained_rejection(&trail);
        if !self.rules.is_listed(*slot) {
            return Err(Halt::Gaps);
        }
        let chosen = self.rules.choose(*slot, range).filter(|version| range.contains(version));
        if let Some(version) = chosen {
            let before = self.put_off.take().and_then(|culprit| trail.before(culprit));
            let before = before.filter(|_| self.has_levers);
            trail.push(*slot, version, range);
            if let Some(before) = before {
                return Ok(Some(self.levers.borrow_mut().add(before, version)));
            }
        }
        Ok(chosen)
    }

    fn get_dependencies(
        &self,
        slot: &Slot,
        version: &u32,
    ) -> Result<Dependencies<Slot, Versions, Ruled>, Halt> {
        if let Some(lever) = Lever::read(*slot) {
            let needs = self.levers.borrow().needs(lever, *version);
            return Ok(Dependencies::Available(needs.into_iter().collect()));
        }
        if let Some(pulled) = Lever::pulled_by(*version) {
            // This decision is going to be taken back, too: what the version really needs is found
            // out when it is decided under its own number.
            return Ok(Dependencies::Available(std::iter::once(pulled).collect()));
        }
        Ok(match self.rules.needs(*slot, *version) {
            Needs::Known(needs) if excludes_itself(*slot, *version, &needs) => {
                Dependencies::Unavailable(Ruled)
            }
            Needs::Known(mut needs) => {
                // Met by the version itself: pubgrub need not know, and merges such needs wrongly.
                needs.retain(|(needed, _)| needed != slot);
                self.note_unlisted(&needs);
                self.note_needs(*slot, *version, &needs);
                let levers = (*slot == self.root).then(Lever::all).into_iter().flatten();
                Dependencies::Available(needs.into_iter().chain(levers).collect())
            }
            Needs::Unavailable => Dependencies::Unavailable(Ruled),
            Needs::Unknown => {
                self.gaps.borrow_mut().insert((*slot, Some(*version)));
                Dependencies::Available(std::iter::empty().collect())
            }
        })
    }

    fn should_cancel(&self) -> Result<(), Halt> {
        let steps = self.steps.get() + 1;
        self.steps.set(steps);
        if steps > self.budget.steps {
            return Err(Halt::Steps);
        }
        if steps.is_multiple_of(STEPS_BETWEEN_QUESTIONS) && (self.budget.interrupted)() {
            return Err(Halt::Interrupted);
        }
        Ok(())
    }
}

impl fmt::Display for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gaps => "facts are missing",
            Self::Steps => "the steps are used up",
            Self::Interrupted => "the caller lost patience",
        })
    }
}

impl std::error::Error for Halt {}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

impl fmt::Display for Ruled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ruled out")
    }
}
