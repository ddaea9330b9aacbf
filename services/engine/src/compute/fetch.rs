//! Fetching what is missing: all of it at once, and what that leads to as soon as it is there.

use std::sync::Arc;
use std::time::Instant;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Computation, Spending};
use crate::ecosystem::{Ecosystem, Fact};
use crate::facts::{Facts, KnownListing};
use crate::reader::{Cost, ReadNeeds, Reader};
use crate::{Error, Need};

/// From so many releases of one project on, further ones are asked for ahead.
const FEW_RELEASES: usize = 3;

/// What one computation has asked for.
pub(super) struct Fetcher<E: Ecosystem> {
    asked: FxHashSet<Fact<E::Name>>,
    releases: FxHashMap<E::Name, usize>,
    builds: FxHashMap<Fact<E::Name>, Need>,
    /// What could not be read. It fails the request only if the search really needs it.
    failed: FxHashMap<Fact<E::Name>, registries::Error>,
    /// Packages with a release that is listed and not there.
    doubtful: FxHashSet<E::Name>,
    /// Those of them whose listing was read again.
    settled: FxHashSet<E::Name>,
}

impl<E: Ecosystem> Default for Fetcher<E> {
    fn default() -> Self {
        Self {
            asked: FxHashSet::default(),
            releases: FxHashMap::default(),
            builds: FxHashMap::default(),
            failed: FxHashMap::default(),
            doubtful: FxHashSet::default(),
            settled: FxHashSet::default(),
        }
    }
}

enum Arrived<E: Ecosystem> {
    Listing(KnownListing<E::Listing>, Cost),
    Needs { listing: Arc<E::Listing>, needs: ReadNeeds<E::Needs>, cost: Cost },
}

type Arrival<E> =
    BoxFuture<'static, (Fact<<E as Ecosystem>::Name>, Result<Arrived<E>, registries::Error>)>;

impl<E: Ecosystem> Fetcher<E> {
    pub(super) fn has_read(&self, fact: &Fact<E::Name>) -> bool {
        self.asked.contains(fact)
    }

    /// Makes room for asking again. Fails with the error of a fact that the search needs and that
    /// could not be read.
    pub(super) fn forget(&mut self, gaps: &[Fact<E::Name>]) -> Result<(), Error> {
        for gap in gaps {
            if let Some(source) = self.failed.remove(gap) {
                return Err(Error::Registry { source });
            }
            self.asked.remove(gap);
        }
        Ok(())
    }

    /// The releases among `gaps` that would have to be built, if nothing else is missing.
    pub(super) fn needing_build(&self, gaps: &[Fact<E::Name>]) -> Option<Vec<Need>> {
        let needs: Option<Vec<Need>> =
            gaps.iter().map(|gap| self.builds.get(gap).cloned()).collect();
        needs.filter(|needs| !needs.is_empty())
    }

    /// The releases that come next, of projects that lost several already: as many as were asked
    /// for, so that the number of rounds grows with the logarithm of the rejections.
    pub(super) fn following(
        &self,
        problem: &E::Problem,
        universe: &E::Universe,
        gaps: &[Fact<E::Name>],
    ) -> Vec<Fact<E::Name>> {
        let mut next = Vec::new();
        for gap in gaps {
            let Fact::Needs(name, position) = gap else { continue };
            let lost = self.releases.get(name).copied().unwrap_or(0);
            if lost >= FEW_RELEASES {
                next.extend(E::following(problem, universe, (name, *position), lost));
            }
        }
        next
    }

    /// The projects whose listing names a release that is not there, each once.
    pub(super) fn take_doubtful(&mut self) -> FxHashSet<E::Name> {
        let mut doubtful = std::mem::take(&mut self.doubtful);
        doubtful.retain(|name| self.settled.insert(name.clone()));
        doubtful
    }

    /// Reads listings again. Returns whether one of them says something new.
    pub(super) async fn read_listings(
        &mut self,
        facts: &Arc<Facts<E>>,
        reader: &Reader<E>,
        names: FxHashSet<E::Name>,
        spent: &mut Spending,
    ) -> Result<bool, Error> {
        let reads = names.into_iter().map(|name| async move {
            let read = reader.listing(&name).await;
            (name, read)
        });
        let mut reads: FuturesUnordered<_> = reads.collect();
        let mut has_news = false;
        while let Some((name, read)) = reads.next().await {
            let (known, cost) = read.map_err(|source| Error::Registry { source })?;
            spent.cost.add(cost);
            has_news |= facts.insert_listing(&name, known);
            self.asked.insert(Fact::Listing(name));
        }
        if has_news {
            // Positions in a new listing mean other releases.
            self.asked.retain(|fact| matches!(fact, Fact::Listing(_)));
            self.builds.clear();
            self.failed.clear();
        }
        Ok(has_news)
    }

    fn arrival(
        &mut self,
        facts: &Facts<E>,
        reader: &Reader<E>,
        gap: Fact<E::Name>,
    ) -> Option<Arrival<E>> {
        if !self.asked.insert(gap.clone()) {
            return None;
        }
        let reader = reader.clone();
        match gap.clone() {
            Fact::Listing(name) => Some(Box::pin(async move {
                let read = reader.listing(&name).await;
                (gap, read.map(|(known, cost)| Arrived::Listing(known, cost)))
            })),
            Fact::Needs(name, position) => {
                *self.releases.entry(name.clone()).or_default() += 1;
                let known = facts.listing(&name)?;
                let (registry, listing) = known.registry.zip(known.listing.clone())?;
                Some(Box::pin(async move {
                    let arrived = E::read_needs(&reader, registry, &listing, position).await;
                    let arrived =
                        arrived.map(|(needs, cost)| Arrived::Needs { listing, needs, cost });
                    (gap, arrived)
                }))
            }
        }
    }

    fn take(&mut self, facts: &Facts<E>, gap: &Fact<E::Name>, arrived: Arrived<E>) -> Cost {
        match (arrived, gap) {
            (Arrived::Listing(known, cost), Fact::Listing(name)) => {
                facts.insert_listing(name, known);
                cost
            }
            (Arrived::Needs { listing, needs, cost }, Fact::Needs(name, position)) => {
                let release = (name, &listing);
                match needs {
                    ReadNeeds::Known(needs, stamp) => {
                        facts.insert_needs(release, *position, Ok((&needs, stamp)));
                    }
                    ReadNeeds::Unusable(reason) => {
                        facts.insert_needs(release, *position, Err(&reason));
                    }
                    ReadNeeds::Gone(reason) => {
                        facts.insert_needs(release, *position, Err(&reason));
                        self.doubtful.insert(name.clone());
                    }
                    ReadNeeds::NeedsBuild(filenames) => {
                        let need = Need {
                            package: E::spoken(name),
                            version: E::version(&listing, *position),
                            filenames,
                            reason: "it has no wheel, and only a build would tell what it needs"
                                .to_owned(),
                        };
                        self.builds.insert(gap.clone(), need);
                    }
                }
                cost
            }
            (Arrived::Listing(..) | Arrived::Needs { .. }, _) => Cost::default(),
        }
    }
}

impl<E: Ecosystem> Computation<E> {
    /// Fetches `wanted` and, as facts arrive, what the search will most likely ask for next.
    pub(super) async fn fetch(
        &mut self,
        problem: &E::Problem,
        fetcher: &mut Fetcher<E>,
        wanted: Vec<Fact<E::Name>>,
    ) -> Result<(), Error> {
        let started = Instant::now();
        let mut arrivals = FuturesUnordered::new();
        self.ask(fetcher, wanted, &arrivals);
        while !arrivals.is_empty() {
            // Everything that has arrived by now is looked at together.
            let mut ready = Vec::new();
            if let Some(first) = arrivals.next().await {
                ready.push(first);
            }
            while let Some(Some(next)) = futures_util::FutureExt::now_or_never(arrivals.next()) {
                ready.push(next);
            }
            for (gap, arrived) in ready {
                match arrived {
                    Ok(arrived) => {
                        self.spent.cost.add(fetcher.take(&self.facts, &gap, arrived));
                    }
                    Err(error) => {
                        fetcher.failed.insert(gap, error);
                    }
                }
                self.spent.done += 1;
            }
            let next = E::ahead(problem, &self.facts.snapshot().universe);
            self.ask(fetcher, E::affordable(next, &self.facts, &self.reader), &arrivals);
            self.tell("reading what packages need", "");
        }
        self.spent.fetch += started.elapsed();
        Ok(())
    }

    /// Asks for those of `gaps` that were not asked for before.
    fn ask(
        &mut self,
        fetcher: &mut Fetcher<E>,
        gaps: Vec<Fact<E::Name>>,
        arrivals: &FuturesUnordered<Arrival<E>>,
    ) {
        for gap in gaps {
            if let Some(arrival) = fetcher.arrival(&self.facts, &self.reader, gap) {
                arrivals.push(arrival);
                self.spent.requested += 1;
            }
        }
    }
}
