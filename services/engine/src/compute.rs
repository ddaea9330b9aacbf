//! Round by round from a problem to an answer: solve, fetch what was missing, solve again.

mod fetch;

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustc_hash::FxHashSet;
use solver::pypi::{Gap, Outcome, Problem, Universe, ahead, solve};
use solver::search::Budget;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedSender;

use crate::engine::Progress;
use crate::facts::Facts;
use crate::reader::{Cost, Reader};
use crate::record;
use crate::{Answer, Error, Need, Suggestion};

/// Changes of this many of the user's requirements are tried, to say which would solve a conflict.
const MOST_SUGGESTIONS: usize = 4;

/// No graph is so deep that it takes more rounds.
const MOST_ROUNDS: u32 = 2_000;

/// One computation under way.
pub(crate) struct Computation {
    pub(crate) problem: Arc<Problem>,
    pub(crate) facts: Arc<Facts>,
    pub(crate) reader: Reader,
    pub(crate) limits: Limits,
    /// Lets as many searches run at once as there are cores.
    pub(crate) searches: Arc<Semaphore>,
    pub(crate) watch: Option<UnboundedSender<Progress>>,
    pub(crate) key: cache::Key,
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
    pub(crate) explain: Duration,
}

/// An answer, and what it cost.
pub(crate) struct Computed {
    pub(crate) answer: Answer,
    pub(crate) spent: Spending,
    /// Whether the answer is the same whoever asks, however much time there is.
    pub(crate) is_final: bool,
}

impl Computation {
    pub(crate) async fn run(mut self) -> Result<Computed, Error> {
        let problem = Arc::clone(&self.problem);
        let solved = self.solve(&problem).await?;
        let mut warnings = Vec::new();
        let (outcome, footprint, is_final) = match solved {
            Settled::Outcome(Outcome::Solved(solution)) => {
                warnings = record::warnings(&solution);
                let outcome = record::solution(&self.facts, &self.reader, &problem, &solution);
                (outcome, solution.footprint, true)
            }
            Settled::Outcome(Outcome::Conflict(conflict, footprint)) => {
                let started = Instant::now();
                let suggestions = self.suggestions(&problem, &conflict.requirements).await?;
                self.spent.explain = started.elapsed();
                (record::conflict(conflict, suggestions), footprint, true)
            }
            Settled::Outcome(Outcome::Spent(partial)) => {
                (record::exhausted(partial), Vec::new(), false)
            }
            // `solve` goes on while there are gaps.
            Settled::Outcome(Outcome::Gaps(_)) => {
                (crate::Outcome::Needs(Vec::new()), Vec::new(), false)
            }
            Settled::Needs(needs, footprint) => (crate::Outcome::Needs(needs), footprint, true),
        };
        let stamps = self.facts.stamps(&footprint);
        let answer = Answer { warnings, ..record::answer(outcome, stamps, &self.key) };
        Ok(Computed { answer, spent: self.spent, is_final })
    }

    /// Solves a problem, fetching whatever is missing and whatever is too old.
    async fn solve(&mut self, problem: &Arc<Problem>) -> Result<Settled, Error> {
        let mut fetcher = fetch::Fetcher::default();
        self.tell("looking at what is required", "");
        self.fetch(problem, &mut fetcher, ahead(problem, &self.facts.snapshot())).await?;
        loop {
            self.spent.rounds += 1;
            self.tell("searching", "");
            match self.search(problem, self.facts.snapshot()).await? {
                Outcome::Gaps(gaps) => {
                    if let Some(needs) = fetcher.needing_build(&gaps) {
                        return Ok(Settled::Needs(needs, gaps));
                    }
                    if self.spent.rounds >= MOST_ROUNDS {
                        return Err(Error::internal(&"the search asks for facts without end"));
                    }
                    // What was asked for and is still missing belongs to a listing that another
                    // computation has replaced meanwhile.
                    fetcher.forget(&gaps);
                    let mut wanted = fetcher.with_following(problem, &self.facts.snapshot(), gaps);
                    wanted.extend(ahead(problem, &self.facts.snapshot()));
                    self.fetch(problem, &mut fetcher, wanted).await?;
                }
                outcome => {
                    let footprint = match &outcome {
                        Outcome::Solved(solution) => solution.footprint.as_slice(),
                        Outcome::Conflict(_, footprint) => footprint,
                        Outcome::Spent(_) | Outcome::Gaps(_) => &[],
                    };
                    if !self.refresh(&mut fetcher, footprint).await? {
                        return Ok(Settled::Outcome(outcome));
                    }
                }
            }
        }
    }

    /// Runs one search apart from the threads that serve connections.
    async fn search(
        &mut self,
        problem: &Arc<Problem>,
        universe: Universe,
    ) -> Result<Outcome, Error> {
        let permit = Arc::clone(&self.searches).acquire_owned().await;
        let steps = self.limits.steps.saturating_sub(self.spent.steps);
        let time = self.limits.solve_time.saturating_sub(self.spent.solve);
        let problem = Arc::clone(problem);
        let span = tracing::Span::current();
        let started = Instant::now();
        let searched = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let _entered = span.entered();
            let deadline = Instant::now() + time;
            let interrupted = || Instant::now() >= deadline;
            solve(&problem, &universe, &Budget { steps, interrupted: &interrupted })
        });
        let (outcome, steps) = searched.await.map_err(|error| Error::internal(&error))?;
        self.spent.steps += steps;
        self.spent.solve += started.elapsed();
        tracing::debug!(round = self.spent.rounds, steps, "searched");
        Ok(outcome)
    }

    /// Revalidates the listings that an outcome rests on, where they are older than the caller
    /// takes. Returns whether any of them says something new.
    async fn refresh(
        &mut self,
        fetcher: &mut fetch::Fetcher,
        footprint: &[Gap],
    ) -> Result<bool, Error> {
        let started = Instant::now();
        let old = footprint.iter().filter_map(|fact| match fact {
            Gap::Listing(name) if !fetcher.has_read(fact) => Some(name.clone()),
            Gap::Listing(_) | Gap::Needs(..) => None,
        });
        let old: FxHashSet<_> = old.collect();
        let mut has_news = false;
        if !old.is_empty() {
            self.tell("checking that facts still hold", "");
            has_news =
                fetcher.read_listings(&self.facts, &self.reader, old, &mut self.spent).await?;
        }
        self.spent.fetch += started.elapsed();
        Ok(has_news)
    }

    /// Looks for a requirement of the user's without which there is a solution.
    async fn suggestions(
        &mut self,
        problem: &Arc<Problem>,
        requirements: &[usize],
    ) -> Result<Vec<Suggestion>, Error> {
        if problem.requirements.len() < 2 {
            return Ok(Vec::new());
        }
        self.tell("looking for a way out", "");
        // What is most to the point is what was written last: earlier requirements are the purpose.
        for place in requirements.iter().rev().take(MOST_SUGGESTIONS) {
            let mut without = Problem::clone(problem);
            let left_out = without.requirements.remove(*place);
            let without = Arc::new(without);
            // Boxed, for a solve may suggest and a suggestion solves.
            let solved = Box::pin(self.solve(&without)).await;
            if let Ok(Settled::Outcome(Outcome::Solved(solution))) = solved {
                return Ok(vec![record::suggestion(*place, &left_out, &solution)]);
            }
        }
        Ok(Vec::new())
    }

    fn tell(&self, text: &str, package: &str) {
        if let Some(watch) = &self.watch {
            // Whoever watched may have left.
            let _ = watch.send(Progress::Step {
                round: self.spent.rounds.max(1),
                text: text.to_owned(),
                requested: self.spent.requested,
                done: self.spent.done,
                package: package.to_owned(),
            });
        }
    }
}

/// How solving ended.
enum Settled {
    Outcome(Outcome),
    /// Releases that would have to be built to know what they need.
    Needs(Vec<Need>, Vec<Gap>),
}
