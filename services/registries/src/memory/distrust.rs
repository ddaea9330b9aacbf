//! Which documents are not to be believed any more, whatever was said of their freshness.
//!
//! Within the process this is a matter of order: every invalidation has a tick, and so has every
//! question to the registry and to the store. A document that was asked for before the last
//! invalidation of its package is distrusted, even if the answer came after it.
//!
//! Between processes there is no such order, and clocks are none. There the store has a *generation*
//! for each package that was ever invalidated, and one for the registry as a whole: random names, which
//! an invalidation replaces. A stored document bears those that its reader knew when it asked; if they
//! are not those of the store, it is distrusted. A generation that the store has lost distrusts what
//! bore it. What was read before the first invalidation bears none, and would be believed again if the
//! store lost that generation while such a document is fresh by its headers.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A place in the order of what happens here. The first is 1.
pub(crate) type Tick = u64;

/// What was known of invalidations. All zeros: of none.
pub(crate) type Generation = [u8; 16];

/// So many packages are told apart. One invalidation more is of all packages.
pub(crate) const MOST_PACKAGES: usize = 1 << 16;

/// The invalidations that this process was told of.
#[derive(Default)]
pub(crate) struct Distrust {
    ticks: AtomicU64,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    of_all: Last,
    of_packages: HashMap<Box<str>, Last>,
}

/// The last invalidation.
#[derive(Clone, Copy, Default)]
struct Last {
    tick: Tick,
    replaced: Option<Replaced>,
}

/// A generation that this process gave, in place of another.
#[derive(Clone, Copy)]
pub(crate) struct Replaced {
    /// What the store had before, which it may have still if it could not be written.
    pub(crate) old: Generation,
    pub(crate) new: Generation,
}

impl Last {
    /// The generation, where the store has `stored`.
    fn generation(self, stored: Generation) -> Generation {
        match self.replaced {
            Some(Replaced { old, new }) if old == stored => new,
            _ => stored,
        }
    }
}

impl Distrust {
    /// The next place in the order.
    pub(crate) fn tick(&self) -> Tick {
        self.ticks.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// The last invalidation of a package; 0 if there was none.
    pub(crate) fn since(&self, package: &str) -> Tick {
        let told = self.lock();
        let own = told.of_packages.get(package).map_or(0, |last| last.tick);
        own.max(told.of_all.tick)
    }

    /// Whether there is room for one more package.
    pub(crate) fn has_room_for(&self, package: &str) -> bool {
        let told = self.lock();
        told.of_packages.len() < MOST_PACKAGES || told.of_packages.contains_key(package)
    }

    /// Notes an invalidation: of a package, or of all.
    pub(crate) fn note(&self, package: Option<&str>, replaced: Option<Replaced>) {
        let mut told = self.lock();
        let last = match package {
            Some(package) => told.of_packages.entry(package.into()).or_default(),
            None => {
                // No document bears a generation that all are given now, whatever was given before. One
                // that the store may not have got must be known for as long as nothing replaces it.
                told.of_packages.retain(|_, last| replaced.is_none() && last.replaced.is_some());
                &mut told.of_all
            }
        };
        last.tick = self.tick();
        last.replaced = replaced.or(last.replaced);
    }

    /// The generation of a package's documents, where the store has these for the package and for all.
    pub(crate) fn generation(&self, package: &str, stored: [Generation; 2]) -> Generation {
        let told = self.lock();
        let own = told.of_packages.get(package).copied().unwrap_or_default();
        let generations = [own.generation(stored[0]), told.of_all.generation(stored[1])];
        if generations == [Generation::default(); 2] {
            return Generation::default();
        }
        let mut generation = Generation::default();
        let hash = blake3::hash(generations.as_flattened());
        generation.copy_from_slice(&hash.as_bytes()[..16]);
        generation
    }

    /// Locks, whatever became of the last holder: every statement leaves the notes sound.
    fn lock(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: Generation = [1; 16];
    const NEW: Generation = [2; 16];
    const NONE: Generation = [0; 16];

    #[test]
    fn what_was_asked_for_before_an_invalidation_is_distrusted_and_nothing_else() {
        let distrust = Distrust::default();
        let before = distrust.tick();
        assert_eq!(distrust.since("web"), 0);
        distrust.note(Some("web"), None);
        let between = distrust.tick();
        assert!((before..between).contains(&distrust.since("web")));
        assert_eq!(distrust.since("app"), 0);
        distrust.note(None, None);
        assert!(distrust.since("web") > between && distrust.since("app") > between);
    }

    #[test]
    fn a_generation_that_could_not_be_written_counts_in_its_process_all_the_same() {
        let distrust = Distrust::default();
        assert_eq!(distrust.generation("web", [NONE, NONE]), NONE);
        distrust.note(Some("web"), Some(Replaced { old: NONE, new: NEW }));
        let unwritten = distrust.generation("web", [NONE, NONE]);
        assert_eq!(unwritten, distrust.generation("web", [NEW, NONE]));
        assert_ne!(unwritten, NONE);
        // Another process has replaced it since.
        assert_ne!(distrust.generation("web", [OLD, NONE]), unwritten);
        assert_eq!(distrust.generation("app", [NONE, NONE]), NONE);
        distrust.note(None, None);
        assert_eq!(distrust.generation("web", [NONE, NONE]), unwritten);
        distrust.note(None, Some(Replaced { old: NONE, new: NEW }));
        assert_ne!(distrust.generation("app", [NONE, NONE]), NONE);
        assert_ne!(distrust.generation("app", [NONE, NONE]), unwritten);
    }

    #[test]
    fn packages_beyond_all_measure_are_invalidated_together() {
        let distrust = Distrust::default();
        for package in 0..MOST_PACKAGES {
            distrust.note(Some(&package.to_string()), None);
        }
        assert!(distrust.has_room_for("0") && !distrust.has_room_for("web"));
        distrust.note(None, None);
        assert!(distrust.has_room_for("web"));
    }
}
