//! How a request gets its answer: from memory if the remembered one holds, from another replica, from
//! an earlier snapshot, or computed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ecosystems::Timestamp;
use registries::Freshness;
use tokio::task::JoinHandle;
use tracing::Instrument as _;

use super::{Engine, Inner, LONGEST_COMPUTATION};
use crate::call::{Earlier, Phase, Resolved, Statistics, count};
use crate::compute::{Computation, Computed, Limits};
use crate::ecosystem::Ecosystem;
use crate::freshness::{self, Judged};
use crate::remembered::{Remembered, Turn};
use crate::snapshot::AnswerId;
use crate::{Error, Outcome, Request};

/// An answer that comes within this time is given at once.
const AT_ONCE: Duration = Duration::from_millis(5);

/// What a computation hands to all who wait for it.
pub(super) struct Landed {
    remembered: Arc<Remembered>,
    /// When the oldest and the newest of the facts were last vouched for: an answer that was given
    /// before stays as it was, and its facts may have been confirmed since.
    vouched_at: Option<(Timestamp, Timestamp)>,
    statistics: Statistics,
}

/// One call on its way to its answer.
pub(super) struct Call<E: Ecosystem> {
    pub(super) computation: Computation<E>,
    pub(super) started: Instant,
    pub(super) phases: Vec<(Phase, Duration)>,
}

impl<E: Ecosystem> Call<E> {
    /// The call's result where its answer was found.
    fn found(mut self, remembered: &Remembered, looked: Instant) -> Resolved {
        self.phases.push((Phase::Remember, looked.elapsed()));
        let statistics = Statistics {
            remembered: true,
            phases: self.phases,
            total: self.started.elapsed(),
            ..Statistics::about(remembered)
        };
        Resolved::new(remembered, freshness::vouched(&remembered.stamps), statistics)
    }
}

impl Engine {
    /// Answers from memory when the remembered answer is still true, and computes it otherwise.
    pub(super) async fn answer<E: Ecosystem>(&self, mut call: Call<E>) -> Result<Resolved, Error> {
        let looked = Instant::now();
        let Computation { key, reader, .. } = &call.computation;
        if let Some(remembered) = self.inner.memory.find(key).await {
            let judged = freshness::judge(&remembered.stamps, reader).await?;
            if judged.holds {
                let Judged { cost, vouched_at, .. } = judged;
                let mut resolved = call.found(&remembered, looked);
                resolved.vouched_at = vouched_at;
                resolved.statistics.documents_fetched = cost.fetched;
                resolved.statistics.bytes_fetched = cost.bytes;
                return Ok(resolved);
            }
            self.inner.memory.outdate(key, &remembered).await;
        }
        call.phases.push((Phase::Remember, looked.elapsed()));
        let Call { computation, started, mut phases } = call;
        let (landed, was_shared) = self.compute_once(computation, started).await?;
        let mut statistics = landed.statistics.clone();
        statistics.remembered |= was_shared;
        phases.append(&mut statistics.phases);
        let statistics = Statistics { phases, total: started.elapsed(), ..statistics };
        Ok(Resolved::new(&landed.remembered, landed.vouched_at, statistics))
    }

    /// The answer that the same request was given from the facts that its token names.
    pub(super) async fn replay<E: Ecosystem>(
        &self,
        call: Call<E>,
        token: &str,
    ) -> Result<Resolved, Error> {
        let looked = Instant::now();
        let remembered = self.inner.named(&call.computation.key, token).await?;
        Ok(call.found(&remembered, looked))
    }

    /// Makes sure that the facts of the answer that a token names are those of now.
    pub(super) async fn still_holds<E: Ecosystem>(
        &self,
        computation: &Computation<E>,
        token: &str,
    ) -> Result<(), Error> {
        let remembered = self.inner.named(&computation.key, token).await?;
        let judged = freshness::judge(&remembered.stamps, &computation.reader).await?;
        if judged.holds { Ok(()) } else { Err(Error::OldSnapshot) }
    }

    /// The remembered answer, or one from facts that are at hand, however old. Whatever is too old is
    /// confirmed meanwhile, and computed anew, for the next caller.
    pub(super) async fn answer_at_once<E: Ecosystem>(
        &self,
        mut call: Call<E>,
        request: &Request,
    ) -> Result<Resolved, Error> {
        let looked = Instant::now();
        let mut at_hand = match self.inner.memory.find(&call.computation.key).await {
            Some(remembered) => call.found(&remembered, looked),
            None => {
                call.computation.reader.freshness = Freshness::ANY_AGE;
                self.answer(call).await?
            }
        };
        let confirming = self.confirm(request.clone());
        if let Ok(Ok(Ok(confirmed))) = tokio::time::timeout(AT_ONCE, confirming).await {
            let statistics = Statistics {
                remembered: confirmed.statistics.remembered && at_hand.statistics.remembered,
                ..at_hand.statistics
            };
            return Ok(Resolved { statistics, ..confirmed });
        }
        at_hand.statistics.revalidating = true;
        Ok(at_hand)
    }

    /// Answers a request from facts as fresh as it asks for, whoever still waits for it.
    fn confirm(&self, mut request: Request) -> JoinHandle<Result<Resolved, Error>> {
        request.stale_while_revalidate = false;
        let engine = self.clone();
        let answer = async move { engine.resolve(request, None).await };
        tokio::spawn(answer.in_current_span())
    }

    /// What an answer differs from that the caller has.
    pub(super) async fn earlier(&self, known: AnswerId, now: AnswerId, scope: [u8; 32]) -> Earlier {
        if known == now {
            return Earlier::Same;
        }
        match self.inner.memory.answer(&known).await {
            // Nobody is told anything of an answer that somebody else was given.
            Some(answer) if answer.scope == scope => Earlier::Other(answer.encoded.clone()),
            Some(_) | None => Earlier::Unknown,
        }
    }

    async fn compute_once<E: Ecosystem>(
        &self,
        computation: Computation<E>,
        started: Instant,
    ) -> Result<(Arc<Landed>, bool), Error> {
        let inner = Arc::clone(&self.inner);
        // A budget or a freshness of one's own makes a question of one's own.
        let Computation { key, limits, reader, .. } = &computation;
        let flight = limits.flight(*key, reader.freshness);
        let compute = async move { inner.lead_or_follow(computation, started).await };
        let joined = self.inner.flights.join(flight, compute.in_current_span()).await;
        let (landed, was_shared) = joined.map_err(|lost| Error::internal(&lost))?;
        Ok((landed?, was_shared))
    }
}

impl Inner {
    /// The answer to a question from the facts that a token names.
    async fn named(&self, key: &cache::Key, token: &str) -> Result<Arc<Remembered>, Error> {
        self.memory.answer(&AnswerId::of(key, token)).await.ok_or(Error::NoSnapshot)
    }

    /// Computes an answer, unless a replica that shares the database does so at the moment: then its
    /// answer is waited for.
    async fn lead_or_follow<E: Ecosystem>(
        &self,
        computation: Computation<E>,
        started: Instant,
    ) -> Result<Arc<Landed>, Error> {
        let _permit = self.computations.acquire().await;
        let key = computation.key;
        let patience = computation
            .answer_by
            .map_or(LONGEST_COMPUTATION, |by| by.saturating_duration_since(Instant::now()) / 2);
        let turn = tokio::time::timeout(patience, self.memory.turn(&key)).await;
        let leadership = match turn.unwrap_or(Turn::Ours(None)) {
            Turn::Ours(leadership) => leadership,
            Turn::Done(remembered) => {
                let mut reader = computation.reader.clone();
                // What was confirmed since the call came in is as fresh as can be.
                let longest = &mut reader.freshness.max_staleness;
                *longest = longest.map(|longest| longest.max(started.elapsed()));
                let Judged { holds, cost, vouched_at } =
                    freshness::judge(&remembered.stamps, &reader).await?;
                if holds {
                    let statistics = Statistics {
                        remembered: true,
                        documents_fetched: cost.fetched,
                        bytes_fetched: cost.bytes,
                        ..Statistics::about(&remembered)
                    };
                    return Ok(Arc::new(Landed { remembered, vouched_at, statistics }));
                }
                self.memory.outdate(&key, &remembered).await;
                None
            }
        };
        let scope = computation.scope;
        match tokio::time::timeout(LONGEST_COMPUTATION, computation.run()).await {
            Ok(computed) => Ok(self.land((key, scope), computed?, leadership).await),
            Err(_) => Err(Error::Deadline(LONGEST_COMPUTATION)),
        }
    }

    /// Encodes what was computed, and remembers it unless a budget cut it short. Where the same facts
    /// have led to it before, it is that answer, to the byte.
    async fn land(
        &self,
        (key, scope): (cache::Key, [u8; 32]),
        computed: Computed,
        leadership: Option<cache::Leadership>,
    ) -> Arc<Landed> {
        let started = Instant::now();
        let Computed { answer, spent, is_final } = computed;
        let id = AnswerId::of(&key, &answer.snapshot_token);
        let vouched_at = freshness::vouched(&answer.stamps);
        let before = if is_final { self.memory.answer(&id).await } else { None };
        let remembered = before.unwrap_or_else(|| {
            let packages = match &answer.outcome {
                Outcome::Solution(solution) => {
                    solution.groups.iter().map(|group| group.packages.len()).sum()
                }
                Outcome::Conflict(_) | Outcome::Needs(_) | Outcome::Exhausted(_) => 0,
            };
            let encoded = (self.encode)(&answer);
            let packages = count(packages);
            Arc::new(Remembered { id, scope, encoded, stamps: answer.stamps, packages })
        });
        if is_final {
            self.memory.remember(key, &remembered, leadership);
        }
        let mut statistics = spent.statistics();
        statistics.phases.push((Phase::Write, started.elapsed()));
        let Statistics { documents_read, packages, .. } = Statistics::about(&remembered);
        let statistics = Statistics { documents_read, packages, ..statistics };
        Arc::new(Landed { remembered, vouched_at, statistics })
    }
}

impl Limits {
    /// The server's limits, or the caller's where those are lower.
    pub(super) fn lowered(self, request: &Request) -> Self {
        Self {
            steps: request.max_steps.map_or(self.steps, |steps| steps.min(self.steps)),
            solve_time: request
                .max_solve_time
                .map_or(self.solve_time, |time| time.min(self.solve_time)),
        }
    }

    /// The key under which computations with these limits are shared.
    fn flight(self, key: cache::Key, freshness: Freshness) -> cache::Key {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&key).update(&self.steps.to_le_bytes());
        hasher.update(&self.solve_time.as_nanos().to_le_bytes());
        let staleness = freshness.max_staleness.map_or(u128::MAX, |staleness| staleness.as_nanos());
        hasher.update(&staleness.to_le_bytes());
        *hasher.finalize().as_bytes()
    }
}
