//! The one path of a request.

mod answering;
mod invalidation;

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use cache::{Answers, Flights};
use ecosystems::{Ecosystem, Timestamp};
use registries::Registry;
use tokio::sync::Semaphore;
use tokio_util::task::AbortOnDropHandle;

use answering::{Call, Landed};

use crate::call::{ExplainedCall, Phase, Resolved, Watcher, count};
use crate::cargo::Cargo;
use crate::compute::{Computation, Limits, Spending};
use crate::config::{CacheConfig, RegistryConfig};
use crate::cut_off::cut_off;
use crate::ecosystem::Ecosystem as Kind;
use crate::explain::{Explained, Explains, Question};
use crate::facts::Facts;
use crate::fingerprint::fingerprint;
use crate::npm::Npm;
use crate::pypi::Pypi;
use crate::reader::{Reader, refused};
use crate::remembered::Memory;
use crate::snapshot::{AnswerId, Snapshot};
use crate::{Answer, Error, Project, Request, freshness};

/// Facts are kept for about this many lists of registries and callers, those most in use.
const MOST_SCOPES: u64 = 64;

/// So many computations are under way at once: they outlive callers who left, so that the limit on
/// calls in flight does not bound them.
const MOST_COMPUTATIONS: usize = 256;

/// No computation takes longer, whatever registries do.
const LONGEST_COMPUTATION: Duration = Duration::from_secs(600);

/// A service that starts waits so long to hear what replicas announce.
const LONGEST_HUSH: Duration = Duration::from_secs(1);

/// What an engine is made from.
#[derive(Clone, Debug, Default)]
pub struct EngineConfig {
    /// The registries, in order of priority.
    pub registries: Vec<RegistryConfig>,
    /// Where answers are remembered.
    pub cache: CacheConfig,
    /// Time for searching at the most, all rounds of one request together.
    pub solve_budget: Duration,
    /// Steps of search at the most, all rounds of one request together.
    pub solve_steps: u64,
    /// How many versions are tried for acceptable ones where a request does not say.
    pub reach: Reaches,
}

/// How many of the best versions of each package are tried for its acceptable ones, the chosen one
/// included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reaches {
    /// Of Python's packages, of which every version tried costs a document.
    pub pypi: u32,
    /// Of npm's, all of which lie in one document.
    pub npm: u32,
    /// Of crates, likewise.
    pub cargo: u32,
}

impl Default for Reaches {
    fn default() -> Self {
        Self { pypi: 3, npm: 40, cargo: 40 }
    }
}

impl Reaches {
    fn of(self, ecosystem: Ecosystem) -> u32 {
        match ecosystem {
            Ecosystem::Pypi => self.pypi,
            Ecosystem::Npm => self.npm,
            Ecosystem::Cargo => self.cargo,
        }
    }
}

/// Answers requests. Cheap to clone: clones share everything.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    registries: Vec<Registry>,
    limits: Limits,
    reach: Reaches,
    encode: Arc<Encoder>,
    memory: Memory,
    flights: Flights<Result<Arc<Landed>, Error>>,
    scopes: Scopes,
    searches: Arc<Semaphore>,
    computations: Semaphore,
    /// Hears what other replicas announce.
    listening: OnceLock<AbortOnDropHandle<()>>,
}

/// Facts, by the scope of those who may see them.
pub(crate) struct Scopes {
    pub(crate) pypi: Answers<Facts<Pypi>>,
    pub(crate) cargo: Answers<Facts<Cargo>>,
    pub(crate) npm: Answers<Facts<Npm>>,
}

impl Default for Scopes {
    fn default() -> Self {
        Self { pypi: scopes(), cargo: scopes(), npm: scopes() }
    }
}

fn scopes<E: Kind>() -> Answers<Facts<E>> {
    // A scope weighs a mebibyte, so that as many are kept.
    Answers::new(&CacheConfig { memory_mib: MOST_SCOPES, ..CacheConfig::default() }, |_| {
        1024 * 1024
    })
}

/// Turns an answer into the bytes that are remembered and sent.
pub type Encoder = dyn Fn(&Answer) -> Bytes + Send + Sync;

impl Engine {
    /// Opens the registries and the cache. Reads recordings from disk, so it may block for a moment.
    pub fn open(config: EngineConfig, encode: Arc<Encoder>) -> Result<Self, Error> {
        let memory = Memory::new(config.cache);
        let open = |config| Registry::open_with(config, Some(memory.documents()));
        let registries = config.registries.into_iter().map(open).collect::<Result<_, _>>();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            inner: Arc::new(Inner {
                registries: registries.map_err(|source| Error::Registry { source })?,
                limits: Limits { steps: config.solve_steps, solve_time: config.solve_budget },
                reach: config.reach,
                encode,
                memory,
                listening: OnceLock::new(),
                flights: Flights::default(),
                scopes: Scopes::default(),
                computations: Semaphore::new(MOST_COMPUTATIONS),
                searches: Arc::new(Semaphore::new(cores)),
            }),
        })
    }

    /// Opens the database of answers, if one is configured; without it answers are remembered in memory
    /// alone. A database that cannot be used is told in the log, and done without.
    pub async fn connect(&self) {
        self.inner.memory.connect().await;
        let Some(store) = self.inner.memory.store().filter(|store| store.is_shared()) else {
            return;
        };
        let mut announcements = store.announcements();
        // Nothing was read yet that could have been invalidated before.
        let _ = tokio::time::timeout(LONGEST_HUSH, announcements.next()).await;
        let inner = Arc::downgrade(&self.inner);
        let listen = tokio::spawn(async move {
            loop {
                let announcement = announcements.next().await;
                let Some(inner) = inner.upgrade() else { return };
                inner.heed(announcement).await;
            }
        });
        // Whoever connected first listens already.
        let _ = self.inner.listening.set(AbortOnDropHandle::new(listen));
    }

    /// Writes what is not yet in the database.
    pub async fn close(&self) {
        self.inner.memory.close().await;
    }

    /// The declared registries with the ecosystems that each serves, in order of priority.
    pub fn registries(&self) -> Vec<(String, Vec<Ecosystem>)> {
        let all = [Ecosystem::Pypi, Ecosystem::Npm, Ecosystem::Cargo];
        let serves = |registry: &Registry| {
            let serves = all.into_iter().filter(|one| registry.serves(*one)).collect();
            (registry.name().to_string(), serves)
        };
        self.inner.registries.iter().map(serves).collect()
    }

    /// Answers one request, from memory when the remembered answer is still true. `watch` is told
    /// of progress and never waited for.
    pub async fn resolve(
        &self,
        request: Request,
        watch: Option<Watcher>,
    ) -> Result<Resolved, Error> {
        match &request.project {
            Project::Pypi(project) => self.resolve_as::<Pypi>(project, &request, watch).await,
            Project::Cargo(project) => self.resolve_as::<Cargo>(project, &request, watch).await,
            Project::Npm(project) => self.resolve_as::<Npm>(project, &request, watch).await,
        }
    }

    async fn resolve_as<E: Kind>(
        &self,
        project: &E::Project,
        request: &Request,
        watch: Option<Watcher>,
    ) -> Result<Resolved, Error> {
        let started = Instant::now();
        let known = known_answer(request)?;
        let computation = self.computation::<E>(project, request, watch)?;
        let scope = computation.scope;
        let phases = vec![(Phase::Read, started.elapsed())];
        let call = Call { computation, started, phases };
        let mut resolved = match &request.snapshot_token {
            Some(token) => self.replay(call, token).await?,
            None if request.stale_while_revalidate => self.answer_at_once(call, request).await?,
            None => self.answer(call).await?,
        };
        if let Some(known) = known {
            resolved.earlier = self.earlier(known, resolved.id, scope).await;
        }
        Ok(resolved)
    }

    /// Tells why a package is in the answer to a request, or why a version of it is not.
    pub async fn explain(
        &self,
        request: Request,
        question: &Question,
    ) -> Result<ExplainedCall, Error> {
        match &request.project {
            Project::Pypi(project) => self.explain_as::<Pypi>(project, &request, question).await,
            Project::Cargo(project) => self.explain_as::<Cargo>(project, &request, question).await,
            Project::Npm(project) => self.explain_as::<Npm>(project, &request, question).await,
        }
    }

    async fn explain_as<E: Explains>(
        &self,
        project: &E::Project,
        request: &Request,
        question: &Question,
    ) -> Result<ExplainedCall, Error> {
        let started = Instant::now();
        let _permit = self.inner.computations.acquire().await;
        let computation = self.computation::<E>(project, request, None)?;
        let read = started.elapsed();
        let aged = computation.aged;
        if let Some(token) = &request.snapshot_token {
            self.still_holds(&computation, token).await?;
        }
        let explained = tokio::time::timeout(LONGEST_COMPUTATION, computation.explain(question));
        let Ok(explained) = explained.await else {
            return Err(Error::Deadline(LONGEST_COMPUTATION));
        };
        let Explained { explanation, stamps, spent } = explained?;
        let mut statistics = spent.statistics();
        statistics.phases.insert(0, (Phase::Read, read));
        statistics.documents_read = count(freshness::of_registries(&stamps).count());
        statistics.total = started.elapsed();
        let token = request.snapshot_token.clone();
        let snapshot_token = token.unwrap_or_else(|| Snapshot::of(&stamps, aged).to_string());
        Ok(ExplainedCall { explanation, snapshot_token, statistics })
    }

    /// Understands a request.
    fn computation<E: Kind>(
        &self,
        project: &E::Project,
        request: &Request,
        watch: Option<Watcher>,
    ) -> Result<Computation<E>, Error> {
        let policy = &request.policy;
        let snapshot = snapshot(request)?;
        let aged = match (policy.minimum_age, &snapshot) {
            (None, _) => None,
            (Some(_), Some(snapshot)) => snapshot.cut_off,
            (Some(age), None) => cut_off(policy.before, Some(age), now()),
        };
        let before = aged.or(policy.before);
        let reader = Reader::<E>::new(project, request, &self.inner.registries)?;
        let problem = Arc::new(E::read(project, request, before, &reader)?);
        let reach = request.reach.unwrap_or_else(|| self.inner.reach.of(E::ECOSYSTEM));
        let scope = reader.scope();
        Ok(Computation {
            key: fingerprint::<E>(&problem, (policy.held, reach), (&reader, &scope)),
            problem,
            aged,
            facts: self.facts::<E>(scope),
            reader,
            scope,
            limits: self.inner.limits.lowered(request),
            searches: Arc::clone(&self.inner.searches),
            watch,
            held: policy.held,
            reach,
            answer_by: request.answer_within.map(|within| Instant::now() + within),
            spent: Spending::default(),
        })
    }

    /// The key of a request.
    #[cfg(test)]
    pub(crate) fn key(&self, request: &Request) -> Result<cache::Key, Error> {
        Ok(match &request.project {
            Project::Pypi(project) => self.computation::<Pypi>(project, request, None)?.key,
            Project::Cargo(project) => self.computation::<Cargo>(project, request, None)?.key,
            Project::Npm(project) => self.computation::<Npm>(project, request, None)?.key,
        })
    }

    /// The facts that such a reader reads.
    fn facts<E: Kind>(&self, scope: [u8; 32]) -> Arc<Facts<E>> {
        let scopes = E::scopes(&self.inner.scopes);
        scopes.find(&scope).unwrap_or_else(|| {
            let facts = Arc::new(Facts::default());
            scopes.remember(scope, Arc::clone(&facts));
            facts
        })
    }
}

/// The snapshot that a request names.
fn snapshot(request: &Request) -> Result<Option<Snapshot>, Error> {
    let Some(token) = &request.snapshot_token else { return Ok(None) };
    let read = Snapshot::parse(token).ok_or_else(|| {
        let reason = "is no snapshot token: take it from an answer as it is";
        refused("snapshot_token".to_owned(), reason.to_owned())
    });
    read.map(Some)
}

/// The answer that a request says its caller has.
fn known_answer(request: &Request) -> Result<Option<AnswerId>, Error> {
    let Some(id) = &request.known_answer else { return Ok(None) };
    let read = AnswerId::parse(id).ok_or_else(|| {
        let reason = "is not the name of an answer: take it from an answer as it is";
        refused("known_answer".to_owned(), reason.to_owned())
    });
    read.map(Some)
}

/// The instant of the call. Below the engine nothing reads a clock.
fn now() -> Timestamp {
    Timestamp::from_microseconds(jiff::Timestamp::now().as_microsecond())
}
