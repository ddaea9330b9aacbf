//! What is known of the registries: the universe that is solved over, and the stamps of its facts.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ecosystems::pypi::{Listing, Metadata, Name};
use registries::Stamp;
use rustc_hash::FxHashMap;
use solver::pypi::{Gap, Universe};

/// Facts of more projects than this are dropped and gathered anew: memory stays bounded whatever
/// is asked for, and registries keep their own parsed documents.
const MOST_LISTINGS: usize = 50_000;

/// The facts read from one list of registries by callers of one scope.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    state: Mutex<Snapshot>,
}

/// All that is known at one moment: the universe, and where its facts come from. Later facts leave
/// it as it is, so that an answer is told by the facts that it was found with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) universe: Universe,
    listings: Arc<FxHashMap<Name, Arc<KnownListing>>>,
    needs: Arc<FxHashMap<Name, FxHashMap<u32, Arc<Stamp>>>>,
    /// Releases of which nobody can tell what they need.
    unreadable: Arc<Vec<(Name, u32)>>,
}

/// A release of which nobody can tell what it needs.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) package: Name,
    pub(crate) version: String,
    pub(crate) reason: String,
}

/// What the registries said of a project.
#[derive(Clone, Debug)]
pub(crate) struct KnownListing {
    /// The first registry that has it, by its place; `None` if none has.
    pub(crate) registry: Option<usize>,
    /// Its listing there.
    pub(crate) listing: Option<Arc<Listing>>,
    /// The stamps of all registries that were asked, in order.
    pub(crate) stamps: Vec<Stamp>,
}

impl KnownListing {
    /// Whether both rest on the same documents, whenever they were read.
    fn says_the_same(&self, other: &Self) -> bool {
        let documents = |known: &Self| -> Vec<[u8; 32]> {
            known.stamps.iter().map(|stamp| stamp.content_hash).collect()
        };
        self.registry == other.registry && documents(self) == documents(other)
    }
}

impl Snapshot {
    /// What is known of a project's versions.
    pub(crate) fn listing(&self, name: &Name) -> Option<&Arc<KnownListing>> {
        self.listings.get(name)
    }

    /// The stamps of facts, in their order, absent documents included.
    pub(crate) fn stamps(&self, footprint: &[Gap]) -> Vec<Stamp> {
        let mut stamps = Vec::with_capacity(footprint.len());
        for fact in footprint {
            match fact {
                Gap::Listing(name) => {
                    let known = self.listings.get(name);
                    stamps.extend(known.iter().flat_map(|known| known.stamps.iter().cloned()));
                }
                Gap::Needs(name, position) => {
                    let stamp = self.needs.get(name).and_then(|needs| needs.get(position));
                    stamps.extend(stamp.map(|stamp| Stamp::clone(stamp)));
                }
            }
        }
        stamps
    }

    /// The releases among facts of which nobody can tell what they need.
    pub(crate) fn unreadable(&self, footprint: &[Gap]) -> Vec<Unreadable> {
        let read = |fact: &Gap| {
            let Gap::Needs(name, position) = fact else { return None };
            let reason = self.universe.unreadable(name, *position)?.to_owned();
            let release = self.universe.listing(name)?.releases.get(*position as usize)?;
            Some(Unreadable { package: name.clone(), version: release.version.to_string(), reason })
        };
        footprint.iter().filter_map(read).collect()
    }
}

impl Facts {
    /// All that is known now.
    pub(crate) fn snapshot(&self) -> Snapshot {
        self.lock().clone()
    }

    /// What is known of a project's versions.
    pub(crate) fn listing(&self, name: &Name) -> Option<Arc<KnownListing>> {
        self.lock().listings.get(name).cloned()
    }

    /// Adds what the registries say of a project. Returns whether that is news: an old listing with
    /// the same content stays, and what is known of its releases with it.
    pub(crate) fn insert_listing(&self, name: &Name, known: KnownListing) -> bool {
        let state = &mut *self.lock();
        if let Some(old) = state.listings.get(name)
            && old.says_the_same(&known)
        {
            let listing = old.listing.clone();
            let known = Arc::new(KnownListing { listing, ..known });
            Arc::make_mut(&mut state.listings).insert(name.clone(), known);
            return false;
        }
        if state.listings.len() >= MOST_LISTINGS {
            *state = Snapshot::default();
        }
        if state.needs.contains_key(name) {
            Arc::make_mut(&mut state.needs).remove(name);
        }
        state.universe.insert_listing(name, known.listing.clone());
        Arc::make_mut(&mut state.listings).insert(name.clone(), Arc::new(known));
        true
    }

    /// Adds what a release needs, if `listing` is still the project's.
    pub(crate) fn insert_needs(
        &self,
        listing: &Arc<Listing>,
        position: u32,
        metadata: Result<(&Metadata, Stamp), &str>,
    ) {
        let state = &mut *self.lock();
        let name = &listing.name;
        if !state.universe.listing(name).is_some_and(|known| Arc::ptr_eq(known, listing)) {
            return;
        }
        match metadata {
            Ok((metadata, stamp)) => {
                state.universe.insert_needs(name, position, metadata);
                let needs = Arc::make_mut(&mut state.needs).entry(name.clone()).or_default();
                needs.insert(position, Arc::new(stamp));
            }
            Err(reason) => {
                state.universe.insert_unreadable(name, position, reason);
                Arc::make_mut(&mut state.unreadable).push((name.clone(), position));
            }
        }
    }

    /// Lets what could not be read be asked for again: registries get well.
    pub(crate) fn forget_unreadable(&self) {
        let state = &mut *self.lock();
        for (name, position) in std::mem::take(&mut state.unreadable).iter() {
            state.universe.forget_unreadable(name, *position);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Snapshot> {
        // Whatever panicked elsewhere, the maps hold whole entries.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
