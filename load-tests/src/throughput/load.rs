//! Loads a server: as much as it answers, and at fixed rates.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use hdrhistogram::Histogram;
use serde::Serialize;
use tokio::runtime::Handle;

use super::client::{self, Client};
use super::{Plan, Questions, Row, Workload};
use crate::link::sleep_until;
use crate::programs::Daemon;

/// More requests than this are not in flight at once; one that would be is given up, and told.
pub(super) const MOST_IN_FLIGHT: u64 = 1024;

/// One answer of so many is read, to see how it came about.
const READ_ONE_OF: u64 = 50;

/// What a load has shown.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Figures {
    /// Answers a second.
    pub rate: f64,
    /// The server's processor time for each, in microseconds.
    pub processor_micros: f64,
    /// How long half of the requests took at most, from when they were due, in microseconds.
    pub p50: u64,
    /// Likewise 90 of 100.
    pub p90: u64,
    /// Likewise 99 of 100.
    pub p99: u64,
    /// Likewise 999 of 1000.
    pub p999: u64,
    /// The longest.
    pub most: u64,
    /// Requests that were given up, since too many were in flight.
    pub given_up: u64,
}

/// One load: what is asked, over which connections, and what came of it.
struct Load {
    workload: Workload,
    questions: Arc<Questions>,
    clients: Vec<Client>,
    /// Whether it is the service that is asked: then some answers are read.
    is_service: bool,
    times: Mutex<Histogram<u64>>,
    in_flight: AtomicU64,
    given_up: AtomicU64,
    number: AtomicU64,
    failure: Mutex<Option<anyhow::Error>>,
}

/// Measures the most that a server answers, and then its times at parts of that rate.
pub(super) async fn steps(
    plan: &Plan,
    workload: Workload,
    daemon: &Daemon,
    questions: &Arc<Questions>,
    is_service: bool,
) -> anyhow::Result<Vec<Row>> {
    let new = async || Load::new(plan, workload, daemon, questions, is_service).await;
    let row = |load, figures| Row { is_service, workload, load, figures };
    let most = measured(daemon, &new().await?, async |load| load.saturate(plan).await).await?;
    let mut rows = vec![row(None, most)];
    for &percent in &plan.loads {
        let rate = most.rate * f64::from(percent) / 100.0;
        let open = async |load: &Arc<Load>| load.open(rate, plan.time).await;
        rows.push(row(Some(percent), measured(daemon, &new().await?, open).await?));
    }
    Ok(rows)
}

/// Runs a load, and takes the server's processor time.
async fn measured(
    daemon: &Daemon,
    load: &Arc<Load>,
    run: impl AsyncFnOnce(&Arc<Load>) -> anyhow::Result<()>,
) -> anyhow::Result<Figures> {
    let (began, spent) = (Instant::now(), daemon.processor_time()?);
    run(load).await?;
    let took = began.elapsed();
    let spent = daemon.processor_time()? - spent;
    if let Some(failure) = lock(&load.failure).take() {
        return Err(failure);
    }
    let times = lock(&load.times);
    ensure!(!times.is_empty(), "no request was answered");
    let count = times.len() as f64;
    Ok(Figures {
        rate: count / took.as_secs_f64(),
        processor_micros: spent.as_secs_f64() * 1e6 / count,
        p50: times.value_at_quantile(0.5),
        p90: times.value_at_quantile(0.9),
        p99: times.value_at_quantile(0.99),
        p999: times.value_at_quantile(0.999),
        most: times.max(),
        given_up: load.given_up.load(Ordering::SeqCst),
    })
}

impl Load {
    async fn new(
        plan: &Plan,
        workload: Workload,
        daemon: &Daemon,
        questions: &Arc<Questions>,
        is_service: bool,
    ) -> anyhow::Result<Arc<Self>> {
        let mut clients = Vec::with_capacity(plan.connections);
        for _ in 0..plan.connections {
            clients.push(Client::connect(daemon.address()).await?);
        }
        let times = Histogram::new_with_bounds(1, 600_000_000, 3);
        Ok(Arc::new(Self {
            workload,
            questions: Arc::clone(questions),
            clients,
            is_service,
            times: Mutex::new(times.context("the bounds are none")?),
            in_flight: AtomicU64::new(0),
            given_up: AtomicU64::new(0),
            number: AtomicU64::new(0),
            failure: Mutex::new(None),
        }))
    }

    /// Keeps as many requests in flight as is planned, each followed by another.
    async fn saturate(self: &Arc<Self>, plan: &Plan) -> anyhow::Result<()> {
        let until = Instant::now() + plan.time;
        let one = |load: Arc<Self>| async move {
            while Instant::now() < until && lock(&load.failure).is_none() {
                load.one(Instant::now()).await;
            }
        };
        let all: Vec<_> = (0..plan.at_once).map(|_| tokio::spawn(one(Arc::clone(self)))).collect();
        for task in all {
            task.await?;
        }
        Ok(())
    }

    /// Sends requests when they are due, and waits for the last answer.
    async fn open(self: &Arc<Self>, rate: f64, time: Duration) -> anyhow::Result<()> {
        let (load, handle, started) = (Arc::clone(self), Handle::current(), Instant::now());
        // The runtime's timers are whole milliseconds: a thread of its own sends when it is due.
        let sender = thread::spawn(move || {
            for number in 0_u32.. {
                let due = started + Duration::from_secs_f64(f64::from(number) / rate);
                if due > started + time || lock(&load.failure).is_some() {
                    return;
                }
                sleep_until(due);
                if load.in_flight.load(Ordering::SeqCst) >= MOST_IN_FLIGHT {
                    load.given_up.fetch_add(1, Ordering::SeqCst);
                    continue;
                }
                let load = Arc::clone(&load);
                load.in_flight.fetch_add(1, Ordering::SeqCst);
                handle.spawn(async move {
                    load.one(due).await;
                    load.in_flight.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        while !sender.is_finished() || self.in_flight.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        if sender.join().is_err() {
            bail!("the sending thread has failed");
        }
        Ok(())
    }

    /// Asks once, and notes how long it took since it was due.
    async fn one(&self, due: Instant) {
        let number = self.number.fetch_add(1, Ordering::SeqCst);
        let (question, is_hit) = self.questions.question(self.workload, number);
        let place = usize::try_from(number).unwrap_or_default() % self.clients.len();
        let answered = self.clients[place].ask(question).await;
        let micros = u64::try_from(due.elapsed().as_micros()).unwrap_or(u64::MAX);
        let is_read = self.is_service && number.is_multiple_of(READ_ONE_OF);
        let judged = answered.and_then(|body| if is_read { judge(&body, is_hit) } else { Ok(()) });
        match judged {
            Ok(()) => lock(&self.times).saturating_record(micros),
            Err(error) => {
                lock(&self.failure).get_or_insert(error);
            }
        }
    }
}

/// Sees that an answer came about as the workload says.
fn judge(body: &Bytes, is_hit: bool) -> anyhow::Result<()> {
    let answer = client::answer(body)?;
    let remembered = answer.statistics.as_ref().is_some_and(|statistics| statistics.remembered);
    ensure!(remembered == is_hit, "the answer should be remembered: {is_hit}; it is: {remembered}");
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
