//! Fetching what is missing: all of it at once, and what that leads to as soon as it is there.

use std::sync::Arc;
use std::time::Instant;

use ecosystems::pypi::{CoreMetadata, File, Listing, Name};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use rustc_hash::{FxHashMap, FxHashSet};
use solver::pypi::{Gap, Problem, Universe, ahead, following};

use super::{Computation, Spending};
use crate::facts::{Facts, KnownListing};
use crate::reader::{Cost, ReadNeeds, Reader};
use crate::{Error, Need};

/// From so many releases of one project on, further ones are asked for ahead.
const FEW_RELEASES: usize = 3;

/// What one computation has asked for.
#[derive(Default)]
pub(super) struct Fetcher {
    asked: FxHashSet<Gap>,
    releases: FxHashMap<Name, usize>,
    builds: FxHashMap<Gap, Need>,
    /// What could not be read. It fails the request only if the search really needs it.
    failed: FxHashMap<Gap, registries::Error>,
    /// Projects with a release that is listed and not there.
    doubtful: FxHashSet<Name>,
    /// Those of them whose listing was read again.
    settled: FxHashSet<Name>,
}

enum Arrived {
    Listing(Name, KnownListing, Cost),
    Needs { listing: Arc<Listing>, position: u32, needs: ReadNeeds, cost: Cost },
}

type Arrival = BoxFuture<'static, (Gap, Result<Arrived, registries::Error>)>;

impl Fetcher {
    pub(super) fn has_read(&self, fact: &Gap) -> bool {
        self.asked.contains(fact)
    }

    /// Makes room for asking again. Fails with the error of a fact that the search needs and that
    /// could not be read.
    pub(super) fn forget(&mut self, gaps: &[Gap]) -> Result<(), Error> {
        for gap in gaps {
            if let Some(source) = self.failed.remove(gap) {
                return Err(Error::Registry { source });
            }
            self.asked.remove(gap);
        }
        Ok(())
    }

    /// The releases among `gaps` that would have to be built, if nothing else is missing.
    pub(super) fn needing_build(&self, gaps: &[Gap]) -> Option<Vec<Need>> {
        let needs: Option<Vec<Need>> =
            gaps.iter().map(|gap| self.builds.get(gap).cloned()).collect();
        needs.filter(|needs| !needs.is_empty())
    }

    /// The releases that come next, of projects that lost several already: as many as were asked
    /// for, so that the number of rounds grows with the logarithm of the rejections.
    pub(super) fn following(
        &self,
        problem: &Problem,
        universe: &Universe,
        gaps: &[Gap],
    ) -> Vec<Gap> {
        let mut next = Vec::new();
        for gap in gaps {
            let Gap::Needs(name, position) = gap else { continue };
            let lost = self.releases.get(name).copied().unwrap_or(0);
            if lost >= FEW_RELEASES {
                next.extend(following(problem, universe, name, *position, lost));
            }
        }
        next
    }

    /// The projects whose listing names a release that is not there, each once.
    pub(super) fn take_doubtful(&mut self) -> FxHashSet<Name> {
        let mut doubtful = std::mem::take(&mut self.doubtful);
        doubtful.retain(|name| self.settled.insert(name.clone()));
        doubtful
    }

    /// Reads listings again. Returns whether one of them says something new.
    pub(super) async fn read_listings(
        &mut self,
        facts: &Arc<Facts>,
        reader: &Reader,
        names: FxHashSet<Name>,
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
            self.asked.insert(Gap::Listing(name));
        }
        if has_news {
            // Positions in a new listing mean other releases.
            self.asked.retain(|fact| matches!(fact, Gap::Listing(_)));
            self.builds.clear();
            self.failed.clear();
        }
        Ok(has_news)
    }

    fn arrival(&mut self, facts: &Facts, reader: &Reader, gap: Gap) -> Option<Arrival> {
        if !self.asked.insert(gap.clone()) {
            return None;
        }
        let reader = reader.clone();
        match gap.clone() {
            Gap::Listing(name) => Some(Box::pin(async move {
                let read = reader.listing(&name).await;
                (gap, read.map(|(known, cost)| Arrived::Listing(name, known, cost)))
            })),
            Gap::Needs(name, position) => {
                *self.releases.entry(name.clone()).or_default() += 1;
                let known = facts.listing(&name)?;
                let (registry, listing) = known.registry.zip(known.listing.clone())?;
                Some(Box::pin(async move {
                    let read = reader.needs(registry, &listing, position).await;
                    let arrived =
                        read.map(|(needs, cost)| Arrived::Needs { listing, position, needs, cost });
                    (gap, arrived)
                }))
            }
        }
    }

    fn take(&mut self, facts: &Facts, arrived: Arrived) -> Cost {
        match arrived {
            Arrived::Listing(name, known, cost) => {
                facts.insert_listing(&name, known);
                cost
            }
            Arrived::Needs { listing, position, needs, cost } => {
                match needs {
                    ReadNeeds::Known(metadata, stamp) => {
                        facts.insert_needs(&listing, position, Ok((&metadata, stamp)));
                    }
                    ReadNeeds::Unusable(reason) => {
                        facts.insert_needs(&listing, position, Err(&reason));
                    }
                    ReadNeeds::Gone(reason) => {
                        facts.insert_needs(&listing, position, Err(&reason));
                        self.doubtful.insert(listing.name.clone());
                    }
                    ReadNeeds::NeedsBuild(filenames) => {
                        let version = &listing.releases[position as usize].version;
                        let need = Need {
                            package: listing.name.to_string(),
                            version: version.to_string(),
                            filenames,
                            reason: "it has no wheel, and only a build would tell what it needs"
                                .to_owned(),
                        };
                        self.builds.insert(Gap::Needs(listing.name.clone(), position), need);
                    }
                }
                cost
            }
        }
    }
}

/// Leaves out the releases whose needs are inside a source distribution: whole archives are fetched
/// for what the search cannot do without, once nothing else is missing that may change its choice.
pub(super) fn without_archives(mut gaps: Vec<Gap>, facts: &Facts, reader: &Reader) -> Vec<Gap> {
    gaps.retain(|gap| {
        let Gap::Needs(name, position) = gap else { return true };
        let known = facts.listing(name);
        let listing = known.as_ref().and_then(|known| known.listing.as_ref());
        let release = listing.and_then(|listing| listing.releases.get(*position as usize));
        release.is_none_or(|release| {
            if reader.supplied.find(name, &release.version).is_some() {
                return true;
            }
            let advertised = |file: &File| file.core_metadata != CoreMetadata::Absent;
            release.files.iter().any(|file| !file.is_sdist() || advertised(file))
        })
    });
    gaps
}

impl Computation {
    /// Fetches `wanted` and, as facts arrive, what the search will most likely ask for next.
    pub(super) async fn fetch(
        &mut self,
        problem: &Problem,
        fetcher: &mut Fetcher,
        wanted: Vec<Gap>,
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
                    Ok(arrived) => self.spent.cost.add(fetcher.take(&self.facts, arrived)),
                    Err(error) => {
                        fetcher.failed.insert(gap, error);
                    }
                }
                self.spent.done += 1;
            }
            let next = ahead(problem, &self.facts.snapshot().universe);
            self.ask(fetcher, without_archives(next, &self.facts, &self.reader), &arrivals);
            self.tell("reading what packages need", "");
        }
        self.spent.fetch += started.elapsed();
        Ok(())
    }

    /// Asks for those of `gaps` that were not asked for before.
    fn ask(&mut self, fetcher: &mut Fetcher, gaps: Vec<Gap>, arrivals: &FuturesUnordered<Arrival>) {
        for gap in gaps {
            if let Some(arrival) = fetcher.arrival(&self.facts, &self.reader, gap) {
                arrivals.push(arrival);
                self.spent.requested += 1;
            }
        }
    }
}
