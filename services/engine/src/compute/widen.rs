//! From a solution to acceptable sets: what versions within reach need is fetched, all at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use solver::widen::{AcceptableSet, Completeness, Reach, Widened};

use super::Computation;
use super::fetch::Fetcher;
use crate::Error;
use crate::ecosystem::{Ecosystem, Fact};
use crate::facts::Snapshot;

/// No longer is waited for what other versions than the chosen ones need.
const LONGEST_FETCH: Duration = Duration::from_secs(10);

/// Acceptable sets, and what they rest on.
pub(crate) struct Wide<E: Ecosystem> {
    /// The sets, in the solution's order; none at all where an answer has none.
    pub(crate) sets: Vec<AcceptableSet<E::Edge>>,
    /// The facts that they were found with.
    pub(crate) snapshot: Snapshot<E>,
    /// Those that were looked at besides the solution's.
    pub(crate) footprint: Vec<Fact<E::Name>>,
    /// Whether another call would find the same.
    pub(crate) is_final: bool,
}

impl<E: Ecosystem> Computation<E> {
    /// Widens a solution. `None` if the facts that it was found with are replaced meanwhile.
    pub(super) async fn widen(
        &mut self,
        problem: &Arc<E::Problem>,
        solution: &Arc<E::Solution>,
        found_with: &Snapshot<E>,
    ) -> Result<Option<Wide<E>>, Error> {
        self.tell("looking for versions that would do as well", "");
        let mut snapshot = found_with.clone();
        let mut widened = self.widen_once(problem, solution, (&snapshot, false)).await?;
        let mut lack = Completeness::Unreadable;
        if !widened.gaps.is_empty() {
            drop(snapshot);
            let gaps = std::mem::take(&mut widened.gaps);
            if !self.fetch_for_sets(problem, gaps).await? {
                lack = Completeness::Interrupted;
            }
            snapshot = self.facts.snapshot();
            if !snapshot.has_listings_of(found_with, &E::footprint(solution)) {
                return Ok(None);
            }
            widened = self.widen_once(problem, solution, (&snapshot, true)).await?;
        }
        let Widened { mut sets, gaps, footprint } = widened;
        // Whatever could not be fetched is in no set: another call may have more luck.
        E::pass_over(solution, (&gaps, lack), &mut sets);
        let was_patient = sets.iter().all(|set| set.completeness != Completeness::Interrupted);
        let is_final = gaps.is_empty() && was_patient && snapshot.unreadable(&footprint).is_empty();
        Ok(Some(Wide { sets, snapshot, footprint, is_final }))
    }

    /// Widens with what is known, and has the sets checked if nothing is missing, or if it is the last
    /// time.
    async fn widen_once(
        &mut self,
        problem: &Arc<E::Problem>,
        solution: &Arc<E::Solution>,
        (snapshot, is_last): (&Snapshot<E>, bool),
    ) -> Result<Widened<E::Edge, Fact<E::Name>>, Error> {
        let permit = Arc::clone(&self.searches).acquire_owned().await;
        let (problem, solution) = (Arc::clone(problem), Arc::clone(solution));
        let universe = snapshot.universe.clone();
        let reach = Reach { newest: self.reach };
        let time = self.time_left().min(self.limits.solve_time);
        let span = tracing::Span::current();
        let widened = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let _entered = span.entered();
            let started = Instant::now();
            let interrupted = || started.elapsed() >= time;
            let mut widened = E::widen(&problem, &universe, &solution, reach, &interrupted);
            if !is_last && !widened.gaps.is_empty() {
                // What is missing is fetched, and these sets are not those of the answer.
                return (widened, started.elapsed());
            }
            let violations = E::check(&problem, &universe, &solution, &widened.sets);
            if let Some(first) = violations.first() {
                tracing::error!(found = violations.len(), first = %first.text, "the sets do not hold");
                debug_assert!(violations.is_empty(), "the sets do not hold: {violations:?}");
                // An answer without sets is right.
                widened.sets.clear();
            }
            (widened, started.elapsed())
        });
        let (widened, took) = widened.await.map_err(|error| Error::internal(&error))?;
        self.spent.widen += took;
        Ok(widened)
    }

    /// Fetches what versions within reach need, as long as the caller can wait. Returns whether there
    /// was time for all of it.
    async fn fetch_for_sets(
        &mut self,
        problem: &Arc<E::Problem>,
        gaps: Vec<Fact<E::Name>>,
    ) -> Result<bool, Error> {
        let wanted = E::affordable(gaps, &self.facts, &self.reader);
        let patience = self.time_left().min(LONGEST_FETCH);
        let mut fetcher = Fetcher::default();
        let fetch = self.fetch(problem, &mut fetcher, wanted);
        match tokio::time::timeout(patience, fetch).await {
            Ok(fetched) => fetched.map(|()| true),
            // What has arrived by then is known, and what is missing is in no set.
            Err(_) => Ok(false),
        }
    }

    /// Half of the time that is left until the caller leaves: an answer without all sets is better
    /// than none.
    fn time_left(&self) -> Duration {
        self.answer_by.map_or(Duration::MAX, |by| by.saturating_duration_since(Instant::now()) / 2)
    }
}
