//! Round by round from a problem to an answer: solve, fetch what was missing, solve again.

mod fetch;
mod widen;

pub(crate) use widen::Wide;

use std::sync::Arc;
use std::time::{Duration, Instant};

use ecosystems::Timestamp;
use registries::{Freshness, Stamp};
use rustc_hash::FxHashSet;
use solver::conflict::Conflict;
use solver::search::Budget;
use tokio::sync::Semaphore;

use crate::answer::Exhausted;
use crate::call::{Progress, Watcher};
use crate::ecosystem::{Compared, Ecosystem, Fact, Searched};
use crate::facts::{Facts, Snapshot};
use crate::reader::{Cost, Reader};
use crate::record;
use crate::{Answer, Error, HeldPolicy, Need, Outcome, Suggestion};

/// Changes of this many of the user's requirements are tried, to say which would solve a conflict.
const MOST_SUGGESTIONS: usize = 4;

/// It is searched so often again with what looking once more has found.
const MOST_CORRECTIONS: usize = 4;

/// No graph is so deep that it takes more rounds.
const MOST_ROUNDS: u32 = 2_000;

/// One computation under way.
pub(crate) struct Computation<E: Ecosystem> {
    pub(crate) problem: Arc<E::Problem>,
    pub(crate) facts: Arc<Facts<E>>,
    pub(crate) reader: Reader<E>,
    /// [`Reader::scope`] of the reader.
    pub(crate) scope: [u8; 32],
    pub(crate) limits: Limits,
    /// Lets as many searches run at once as there are cores.
    pub(crate) searches: Arc<Semaphore>,
    pub(crate) watch: Option<Watcher>,
    pub(crate) key: cache::Key,
    /// The instant after which nothing exists, where that follows from a minimum age and the time of
    /// the call.
    pub(crate) aged: Option<Timestamp>,
    /// Whether what the client has may change the choice.
    pub(crate) held: HeldPolicy,
    /// So many of the best versions of each package are tried for its acceptable ones.
    pub(crate) reach: u32,
    /// When the caller leaves; none if it waits as long as it takes.
    pub(crate) answer_by: Option<Instant>,
    pub(crate) spent: Spending,
}

/// What a computation may cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) steps: u64,
    /// Time for searching, all rounds together.
    pub(crate) solve_time: Duration,
}

/// What a computation has cost.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spending {
    pub(crate) rounds: u32,
    pub(crate) steps: u64,
    pub(crate) cost: Cost,
    pub(crate) requested: u32,
    pub(crate) done: u32,
    pub(crate) solve: Duration,
    pub(crate) fetch: Duration,
    pub(crate) widen: Duration,
    pub(crate) explain: Duration,
}

/// An answer, and what it cost.
pub(crate) struct Computed {
    pub(crate) answer: Answer,
    pub(crate) spent: Spending,
    /// Whether the answer is the same whoever asks, however much time there is.
    pub(crate) is_final: bool,
}

impl<E: Ecosystem> Computation<E> {
    pub(crate) async fn run(mut self) -> Result<Computed, Error> {
        self.facts.forget_unreadable();
        let Widest { problem, settled, compared, wide } = self.solve_and_widen().await?;
        let Settled { found, snapshot } = settled;
        let mut warnings = compared.warnings;
        let mut stamps = Vec::new();
        let is_final;
        let outcome = match found {
            Found::Solved(solution) => {
                let footprint = E::footprint(&solution);
                let is_read = snapshot.unreadable(&footprint).is_empty();
                is_final = is_read && !compared.is_passing && wide.iter().all(|wide| wide.is_final);
                stamps.extend(snapshot.stamps(&footprint));
                stamps.extend(compared.stamps);
                stamps.extend(wide.iter().flat_map(|wide| wide.snapshot.stamps(&wide.footprint)));
                let sets = wide.as_ref().map_or(&[][..], |wide| &wide.sets);
                let (mut outcome, told) =
                    E::solution(&snapshot, &self.reader, &problem, (&solution, sets))?;
                record::certify::<E>(&mut outcome);
                warnings.extend(told);
                warnings.sort();
                outcome
            }
            Found::Conflict(conflict, footprint) => {
                stamps.extend(snapshot.stamps(&footprint));
                stamps.extend(compared.stamps);
                let can_be_read = snapshot.unreadable(&footprint).is_empty();
                let started = Instant::now();
                let way_out = self.way_out(&problem, &conflict.requirements).await;
                self.spent.explain = started.elapsed();
                is_final = way_out.is_sure && can_be_read;
                stamps.extend(way_out.stamps);
                let asked = |package: &str| self.lacking(package, &snapshot, &footprint);
                record::conflict(conflict, way_out.suggestions, asked)
            }
            Found::Spent(exhausted) => {
                is_final = false;
                Outcome::Exhausted(exhausted)
            }
            Found::Needs(needs) => {
                // What a build needs may be published as a wheel at any time.
                is_final = false;
                Outcome::Needs(needs)
            }
        };
        let mut answer = record::answer(outcome, each_once(stamps), (&self.key, self.aged));
        answer.warnings = warnings;
        if !is_final {
            // It is not remembered, so that nobody can ask for it again.
            answer.snapshot_token.clear();
            answer.id.clear();
        }
        Ok(Computed { answer, spent: self.spent, is_final })
    }

    /// Solves the problem, and looks for what would do as well as what was chosen. Where listings are
    /// replaced meanwhile, it is solved again.
    pub(crate) async fn solve_and_widen(&mut self) -> Result<Widest<E>, Error> {
        let mut left = MOST_CORRECTIONS;
        loop {
            left -= 1;
            let (problem, settled, compared) = self.choose().await?;
            let Found::Solved(solution) = &settled.found else {
                return Ok(Widest { problem, settled, compared, wide: None });
            };
            let wide = self.widen(&problem, solution, &settled.snapshot).await?;
            if wide.is_some() || left == 0 {
                return Ok(Widest { problem, settled, compared, wide });
            }
        }
    }

    /// Solves the problem by the policy for what the client has.
    async fn choose(&mut self) -> Result<(Arc<E::Problem>, Settled<E>, Compared), Error> {
        let problem = Arc::clone(&self.problem);
        if self.held == HeldPolicy::Freshest {
            let (settled, compared) = self.solve_and_compare(&problem).await?;
            return Ok((problem, settled, compared));
        }
        let keeping = Arc::new(E::preferring_held(&problem));
        let (kept, mut compared) = self.solve_and_compare(&keeping).await?;
        if self.held == HeldPolicy::FewestChanges {
            return Ok((keeping, kept, compared));
        }
        let (fresh, mut fresh_compared) = self.solve_and_compare(&problem).await?;
        let (Found::Solved(solution), Found::Solved(fresh_solution)) = (&kept.found, &fresh.found)
        else {
            return Ok((problem, fresh, fresh_compared));
        };
        // Whichever it is rests on the facts of both.
        let of_kept = kept.snapshot.stamps(&E::footprint(solution));
        let of_fresh = fresh.snapshot.stamps(&E::footprint(fresh_solution));
        if E::left(&keeping, solution).is_less_than(E::left(&problem, fresh_solution)) {
            compared.stamps.extend(of_fresh);
            return Ok((keeping, kept, compared));
        }
        fresh_compared.stamps.extend(of_kept);
        Ok((problem, fresh, fresh_compared))
    }

    /// Solves a problem, and once more as often as looking at what was chosen shows that the search
    /// was told something else than holds.
    async fn solve_and_compare(
        &mut self,
        problem: &Arc<E::Problem>,
    ) -> Result<(Settled<E>, Compared), Error> {
        let mut all = Compared::default();
        for _ in 0..MOST_CORRECTIONS {
            let settled = self.solve(problem).await?;
            let Found::Solved(solution) = &settled.found else { return Ok((settled, all)) };
            let compared = E::compare(self, &settled.snapshot, solution).await;
            all.warnings.extend(compared.warnings);
            all.stamps.extend(compared.stamps);
            all.is_passing |= compared.is_passing;
            if !compared.is_outdated {
                return Ok((settled, all));
            }
        }
        Ok((self.solve(problem).await?, all))
    }

    /// Solves a problem, fetching whatever is missing and whatever is too old.
    pub(crate) async fn solve(&mut self, problem: &Arc<E::Problem>) -> Result<Settled<E>, Error> {
        let mut fetcher = fetch::Fetcher::default();
        self.tell("looking at what is required", "");
        let first = E::ahead(problem, &self.facts.snapshot().universe);
        let first = E::affordable(first, &self.facts, &self.reader);
        self.fetch(problem, &mut fetcher, first).await?;
        loop {
            self.spent.rounds += 1;
            self.tell("searching", "");
            let snapshot = self.facts.snapshot();
            let (found, footprint) = match self.search(problem, snapshot.universe.clone()).await? {
                Searched::Gaps(gaps) => {
                    if let Some(needs) = fetcher.needing_build(&gaps) {
                        return Ok(Settled { found: Found::Needs(needs), snapshot });
                    }
                    self.fill(problem, &mut fetcher, snapshot, gaps).await?;
                    continue;
                }
                Searched::Solved(solution) => {
                    self.tell_tentative(&solution);
                    let footprint = E::footprint(&solution);
                    (Found::Solved(Arc::new(solution)), footprint)
                }
                Searched::Conflict(conflict, footprint) => {
                    (Found::Conflict(conflict, footprint.clone()), footprint)
                }
                Searched::Spent(exhausted) => (Found::Spent(exhausted), Vec::new()),
            };
            if !self.refresh(&mut fetcher, &footprint).await? {
                return Ok(Settled { found, snapshot });
            }
        }
    }

    /// Fetches what a search has missed, and what the next one will.
    async fn fill(
        &mut self,
        problem: &Arc<E::Problem>,
        fetcher: &mut fetch::Fetcher<E>,
        snapshot: Snapshot<E>,
        gaps: Vec<Fact<E::Name>>,
    ) -> Result<(), Error> {
        if self.spent.rounds >= MOST_ROUNDS {
            return Err(Error::internal(&"the search asks for facts without end"));
        }
        // What was asked for and is still missing belongs to a listing that another computation has
        // replaced meanwhile.
        fetcher.forget(&gaps)?;
        let affordable = |gaps: Vec<Fact<E::Name>>| E::affordable(gaps, &self.facts, &self.reader);
        let cheap = affordable(gaps.clone());
        let mut wanted = if cheap.is_empty() { gaps } else { cheap };
        wanted.extend(affordable(fetcher.following(problem, &snapshot.universe, &wanted)));
        wanted.extend(affordable(E::ahead(problem, &snapshot.universe)));
        // The snapshot is not held while facts grow, which would copy them all.
        drop(snapshot);
        self.fetch(problem, fetcher, wanted).await
    }

    /// Runs one search apart from the threads that serve connections.
    async fn search(
        &mut self,
        problem: &Arc<E::Problem>,
        universe: E::Universe,
    ) -> Result<Searched<E>, Error> {
        let permit = Arc::clone(&self.searches).acquire_owned().await;
        let steps = self.limits.steps.saturating_sub(self.spent.steps);
        let time = self.limits.solve_time.saturating_sub(self.spent.solve);
        if time.is_zero() {
            return Ok(Searched::Spent(Exhausted { by_time: true, ..Exhausted::default() }));
        }
        let problem = Arc::clone(problem);
        let span = tracing::Span::current();
        let searched = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let _entered = span.entered();
            // Waiting for a core is no searching.
            let started = Instant::now();
            let interrupted = || started.elapsed() >= time;
            let budget = Budget { steps, interrupted: &interrupted };
            let found = E::solve(&problem, &universe, &budget);
            (found, started.elapsed())
        });
        let ((outcome, steps), took) = searched.await.map_err(|error| Error::internal(&error))?;
        self.spent.steps += steps;
        self.spent.solve += took;
        tracing::debug!(round = self.spent.rounds, steps, "searched");
        Ok(outcome)
    }

    /// Revalidates the listings that an outcome rests on, where they are older than the caller
    /// takes, and those that name what is not there. Returns whether any of them says something new.
    async fn refresh(
        &mut self,
        fetcher: &mut fetch::Fetcher<E>,
        footprint: &[Fact<E::Name>],
    ) -> Result<bool, Error> {
        let started = Instant::now();
        let old = footprint.iter().filter_map(|fact| match fact {
            Fact::Listing(name) if !fetcher.has_read(fact) => Some(name.clone()),
            Fact::Listing(_) | Fact::Needs(..) => None,
        });
        let old: FxHashSet<_> = old.collect();
        let mut has_news = false;
        if !old.is_empty() {
            self.tell("checking that facts still hold", "");
            has_news =
                fetcher.read_listings(&self.facts, &self.reader, old, &mut self.spent).await?;
        }
        let doubtful = fetcher.take_doubtful();
        if !doubtful.is_empty() {
            self.tell("asking again what is published", "");
            let reader = Reader { freshness: Freshness::NOW, ..self.reader.clone() };
            has_news |=
                fetcher.read_listings(&self.facts, &reader, doubtful, &mut self.spent).await?;
        }
        self.spent.fetch += started.elapsed();
        Ok(has_news)
    }

    /// Looks for a requirement of the user's without which there is a solution.
    async fn way_out(&mut self, problem: &Arc<E::Problem>, requirements: &[usize]) -> WayOut {
        let mut way_out = WayOut { is_sure: true, ..WayOut::default() };
        self.tell("looking for a way out", "");
        // What is most to the point is what was written last: earlier requirements are the purpose.
        for place in requirements.iter().rev().take(MOST_SUGGESTIONS) {
            let Some(without) = E::without(problem, *place) else { continue };
            match self.solve(&Arc::new(without)).await {
                Ok(Settled { found: Found::Solved(solution), snapshot }) => {
                    way_out.stamps.extend(snapshot.stamps(&E::footprint(&solution)));
                    way_out.suggestions.push(E::suggestion(problem, *place, &solution));
                    return way_out;
                }
                Ok(Settled { found: Found::Conflict(_, footprint), snapshot }) => {
                    way_out.stamps.extend(snapshot.stamps(&footprint));
                }
                // With more time, or another day, there might have been one.
                Ok(_) => way_out.is_sure = false,
                Err(error) => {
                    tracing::debug!(%error, "a way out could not be tried");
                    way_out.is_sure = false;
                }
            }
        }
        way_out
    }

    /// The registries that were asked for a package and do not have it, by their declared names.
    pub(crate) fn lacking(
        &self,
        package: &str,
        snapshot: &Snapshot<E>,
        footprint: &[Fact<E::Name>],
    ) -> Vec<String> {
        let mut places: Vec<usize> = Vec::new();
        for fact in footprint {
            let Fact::Listing(name) = fact else { continue };
            let is_lacked = snapshot.listing(name).is_some_and(|known| known.listing.is_none());
            if is_lacked && E::spoken(name) == package {
                places.extend(E::places(&self.reader, name));
            }
        }
        places.sort_unstable();
        places.dedup();
        places.into_iter().map(|place| self.reader.registries[place].name().to_string()).collect()
    }

    /// Tells what the search has settled on, before it is known whether the facts still hold.
    fn tell_tentative(&self, solution: &E::Solution) {
        if let Some(watch) = &self.watch {
            watch(Progress::Tentative(E::decided(solution)));
        }
    }

    fn tell(&self, text: &str, package: &str) {
        if let Some(watch) = &self.watch {
            watch(Progress::Step {
                round: self.spent.rounds.max(1),
                text: text.to_owned(),
                requested: self.spent.requested,
                done: self.spent.done,
                package: package.to_owned(),
            });
        }
    }
}

/// Each document's first stamp, in the order at hand: a listing's are in that of the registries, by
/// which a remembered answer is judged.
fn each_once(mut stamps: Vec<Stamp>) -> Vec<Stamp> {
    let mut seen = FxHashSet::default();
    stamps.retain(|stamp| seen.insert((stamp.document.clone(), Arc::clone(&stamp.registry))));
    stamps
}

/// How solving ended, and what would do as well.
pub(crate) struct Widest<E: Ecosystem> {
    /// What was solved in the end.
    pub(crate) problem: Arc<E::Problem>,
    pub(crate) settled: Settled<E>,
    pub(crate) compared: Compared,
    /// None if there is no solution, or if facts are replaced faster than they are used.
    pub(crate) wide: Option<Wide<E>>,
}

/// How solving ended, and what was known then.
pub(crate) struct Settled<E: Ecosystem> {
    pub(crate) found: Found<E>,
    pub(crate) snapshot: Snapshot<E>,
}

pub(crate) enum Found<E: Ecosystem> {
    Solved(Arc<E::Solution>),
    Conflict(Conflict, Vec<Fact<E::Name>>),
    Spent(Exhausted),
    /// Releases that would have to be built to know what they need.
    Needs(Vec<Need>),
}

/// Changes that would solve a conflict.
#[derive(Default)]
struct WayOut {
    suggestions: Vec<Suggestion>,
    /// The facts that trying them rested on.
    stamps: Vec<Stamp>,
    /// Whether every change was tried to its end.
    is_sure: bool,
}
