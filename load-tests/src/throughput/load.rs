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
    let new = async || {
        let clients = Client::connect_all(daemon.address(), plan.connections).await?;
        Load::new(workload, clients, questions, is_service)
    };
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
    fn new(
        workload: Workload,
        clients: Vec<Client>,
        questions: &Arc<Questions>,
        is_service: bool,
    ) -> anyhow::Result<Arc<Self>> {
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

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::path::Path;

    use http::Response;
    use http_body_util::Full;
    use hyper::server::conn::http2;
    use hyper::service::service_fn;
    use hyper_util::rt::{TokioExecutor, TokioIo};
    use tokio::net::TcpListener;

    use super::*;
    use crate::sets::Set;

    /// How long the server stands still, once.
    const STALL: Duration = Duration::from_millis(400);

    fn questions() -> Questions {
        let oracles = Path::new(env!("CARGO_MANIFEST_DIR"));
        let oracles = oracles.join("../services/registries/bundled/oracles");
        let set = Set::all(&oracles, &["django".to_owned()]).expect("it is bundled").remove(0);
        Questions::new(&set).expect("the set is one of PyPI's")
    }

    /// A server on a thread of its own, which stands still with all its requests at the tenth one.
    fn stalling() -> SocketAddr {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let address = listener.local_addr().expect("it has an address");
        listener.set_nonblocking(true).expect("it is a socket");
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("there is a runtime").block_on(async {
                let listener = TcpListener::from_std(listener).expect("it is a socket");
                let (stream, _) = listener.accept().await.expect("there is a client");
                let number = AtomicU64::new(0);
                let answer = service_fn(|_| {
                    if number.fetch_add(1, Ordering::SeqCst) == 10 {
                        sleep_until(Instant::now() + STALL);
                    }
                    let mut response = Response::new(Full::new(Bytes::from_static(b"x")));
                    response.headers_mut().insert("grpc-status", "0".parse().expect("a number"));
                    async move { Ok::<_, std::convert::Infallible>(response) }
                });
                let server = http2::Builder::new(TokioExecutor::new());
                server.serve_connection(TokioIo::new(stream), answer).await
            })
        });
        address
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_server_that_stands_still_is_seen_by_all_who_were_due_meanwhile() {
        let questions = Arc::new(questions());
        let clients = Client::connect_all(stalling(), 1).await.expect("the server listens");
        let load = Load::new(Workload::Mix, clients, &questions, false).expect("bounds are sound");
        load.open(100.0, Duration::from_secs(1)).await.expect("all are answered");
        assert!(lock(&load.failure).is_none());
        let times = lock(&load.times);
        assert_eq!((times.len(), load.given_up.load(Ordering::SeqCst)), (101, 0));
        // Of those that were due while it stood still, half waited for half of that time at least.
        let half = u64::try_from(STALL.as_micros() / 2).expect("it is short");
        let waited = times.count_between(half, times.max());
        assert!((15..=60).contains(&waited), "{waited} of {} waited", times.len());
        assert!(times.max() >= half * 2, "{} is the longest", times.max());
    }

    #[test]
    fn of_a_mix_one_in_ten_is_new_and_no_two_new_ones_are_alike() {
        let questions = questions();
        let asked: Vec<_> = (0..100).map(|n| questions.question(Workload::Mix, n)).collect();
        let new: std::collections::BTreeSet<_> =
            asked.iter().filter(|one| !one.1).map(|one| one.0.clone()).collect();
        assert_eq!(new.len(), 10);
        assert_eq!(asked.iter().filter(|one| one.1).count(), 90);
    }
}
