//! What is known of the registries: the universe that is solved over, and the stamps of its facts.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use registries::Stamp;
use rustc_hash::FxHashMap;

use crate::ecosystem::{Ecosystem, Fact};

/// Facts of more projects than this are dropped and gathered anew: memory stays bounded whatever
/// is asked for, and registries keep their own parsed documents.
const MOST_LISTINGS: usize = 50_000;

/// The facts read from one list of registries by callers of one scope.
#[derive(Debug)]
pub(crate) struct Facts<E: Ecosystem> {
    state: Mutex<Snapshot<E>>,
}

/// All that is known at one moment: the universe, and where its facts come from. Later facts leave
/// it as it is, so that an answer is told by the facts that it was found with.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot<E: Ecosystem> {
    pub(crate) universe: E::Universe,
    listings: Listings<E>,
    needs: NeedsStamps<E>,
    /// Releases of which nobody can tell what they need.
    unreadable: Arc<Vec<(E::Name, u32)>>,
}

type Listings<E> =
    Arc<FxHashMap<<E as Ecosystem>::Name, Arc<KnownListing<<E as Ecosystem>::Listing>>>>;

type NeedsStamps<E> = Arc<FxHashMap<<E as Ecosystem>::Name, FxHashMap<u32, Arc<Stamp>>>>;

/// A release of which nobody can tell what it needs.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) package: String,
    pub(crate) version: String,
    pub(crate) reason: String,
}

/// What the registries said of a project.
#[derive(Debug)]
pub(crate) struct KnownListing<L> {
    /// The first registry that has it, by its place; `None` if none has.
    pub(crate) registry: Option<usize>,
    /// Its listing there.
    pub(crate) listing: Option<Arc<L>>,
    /// The stamps of all registries that were asked, in order.
    pub(crate) stamps: Vec<Stamp>,
}

impl<L> KnownListing<L> {
    /// Whether both rest on the same documents, whenever they were read.
    fn says_the_same(&self, other: &Self) -> bool {
        let documents = |known: &Self| -> Vec<[u8; 32]> {
            known.stamps.iter().map(|stamp| stamp.content_hash).collect()
        };
        self.registry == other.registry && documents(self) == documents(other)
    }
}

impl<E: Ecosystem> Default for Facts<E> {
    fn default() -> Self {
        Self { state: Mutex::default() }
    }
}

impl<E: Ecosystem> Default for Snapshot<E> {
    fn default() -> Self {
        Self {
            universe: E::Universe::default(),
            listings: Arc::default(),
            needs: Arc::default(),
            unreadable: Arc::default(),
        }
    }
}

impl<E: Ecosystem> Snapshot<E> {
    /// What is known of a project's versions.
    pub(crate) fn listing(&self, name: &E::Name) -> Option<&Arc<KnownListing<E::Listing>>> {
        self.listings.get(name)
    }

    /// Whether it has the same listings as another, of all that are among facts.
    pub(crate) fn has_listings_of(&self, other: &Self, footprint: &[Fact<E::Name>]) -> bool {
        let listing = |of: &Self, name: &E::Name| -> Option<*const E::Listing> {
            of.listings.get(name)?.listing.as_ref().map(Arc::as_ptr)
        };
        footprint.iter().all(|fact| match fact {
            Fact::Listing(name) => listing(self, name) == listing(other, name),
            Fact::Needs(..) => true,
        })
    }

    /// The stamps of facts, in their order, absent documents included.
    pub(crate) fn stamps(&self, footprint: &[Fact<E::Name>]) -> Vec<Stamp> {
        let mut stamps = Vec::with_capacity(footprint.len());
        for fact in footprint {
            match fact {
                Fact::Listing(name) => {
                    let known = self.listings.get(name);
                    stamps.extend(known.iter().flat_map(|known| known.stamps.iter().cloned()));
                }
                Fact::Needs(name, position) => {
                    let stamp = self.needs.get(name).and_then(|needs| needs.get(position));
                    stamps.extend(stamp.map(|stamp| Stamp::clone(stamp)));
                }
            }
        }
        stamps
    }

    /// The releases among facts of which nobody can tell what they need.
    pub(crate) fn unreadable(&self, footprint: &[Fact<E::Name>]) -> Vec<Unreadable> {
        let read = |fact: &Fact<E::Name>| {
            let Fact::Needs(name, position) = fact else { return None };
            let reason = E::unreadable(&self.universe, (name, *position))?.to_owned();
            let listing = self.listings.get(name)?.listing.as_ref()?;
            let version = E::version(listing, *position);
            Some(Unreadable { package: E::spoken(name), version, reason })
        };
        footprint.iter().filter_map(read).collect()
    }
}

impl<E: Ecosystem> Facts<E> {
    /// All that is known now.
    pub(crate) fn snapshot(&self) -> Snapshot<E> {
        self.lock().clone()
    }

    /// What is known of a project's versions.
    pub(crate) fn listing(&self, name: &E::Name) -> Option<Arc<KnownListing<E::Listing>>> {
        self.lock().listings.get(name).cloned()
    }

    /// Adds what the registries say of a project. Returns whether that is news: an old listing with
    /// the same content stays, and what is known of its releases with it.
    pub(crate) fn insert_listing(&self, name: &E::Name, known: KnownListing<E::Listing>) -> bool {
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
        E::insert_listing(&mut state.universe, name, known.listing.clone());
        Arc::make_mut(&mut state.listings).insert(name.clone(), Arc::new(known));
        true
    }

    /// Adds what a release needs, if `listing` is still the package's.
    pub(crate) fn insert_needs(
        &self,
        (name, listing): (&E::Name, &Arc<E::Listing>),
        position: u32,
        needs: Result<(&E::Needs, Stamp), &str>,
    ) {
        let state = &mut *self.lock();
        let known = state.listings.get(name).and_then(|known| known.listing.as_ref());
        if !known.is_some_and(|known| Arc::ptr_eq(known, listing)) {
            return;
        }
        match needs {
            Ok((needs, stamp)) => {
                E::insert_needs(&mut state.universe, (name, position), Ok(needs));
                let needs = Arc::make_mut(&mut state.needs).entry(name.clone()).or_default();
                needs.insert(position, Arc::new(stamp));
            }
            Err(reason) => {
                E::insert_needs(&mut state.universe, (name, position), Err(reason));
                Arc::make_mut(&mut state.unreadable).push((name.clone(), position));
            }
        }
    }

    /// Lets what could not be read be asked for again: registries get well.
    pub(crate) fn forget_unreadable(&self) {
        let state = &mut *self.lock();
        for (name, position) in std::mem::take(&mut state.unreadable).iter() {
            E::forget_unreadable(&mut state.universe, (name, *position));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Snapshot<E>> {
        // Whatever panicked elsewhere, the maps hold whole entries.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
