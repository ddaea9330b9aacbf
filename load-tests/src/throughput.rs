//! Throughput: requests at fixed rates, and how long each waited for its answer.
//!
//! The load is open: a request is sent when it is due, whether or not the ones before it were answered,
//! and its time counts from when it was due. A service that stalls is seen to stall. Beside the service,
//! in the same run, a bare HTTP/2 server returns the same bytes: what the service costs beyond that is
//! its own. Both have one thread for requests, and answer over plain TCP on the loopback.

pub mod bare;
mod client;
mod load;
mod report;

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use prost::Message as _;
use proto::v1;
use tempfile::TempDir;

use self::client::{Client, framed};
pub use self::load::Figures;
pub use self::report::{Report, Row};
use crate::programs::{Daemon, Programs};
use crate::sets::{Kind, Set};

/// What is to be measured.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The project that is asked for: one of PyPI's.
    pub set: Set,
    /// How long each rate is held.
    pub time: Duration,
    /// Connections, each with as many requests at once as are due.
    pub connections: usize,
    /// The rates, in parts of the most that a server answers; percent.
    pub loads: Vec<u32>,
    /// Requests that are in flight at once when the most is measured.
    pub at_once: usize,
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Workload {
    /// What the service has been asked before.
    Hits,
    /// What it has not been asked before, about facts that it knows.
    Misses,
    /// One in ten has not been asked before.
    Mix,
}

impl Workload {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Hits, Self::Misses, Self::Mix];

    /// What tables call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Hits => "hits",
            Self::Misses => "misses",
            Self::Mix => "9 hits, 1 miss",
        }
    }

    /// Whether the request of that number has been asked before.
    fn is_hit(self, number: u64) -> bool {
        match self {
            Self::Hits => true,
            Self::Misses => false,
            Self::Mix => !number.is_multiple_of(10),
        }
    }
}

/// Makes the requests of a workload.
pub(crate) struct Questions {
    question: v1::ResolveRequest,
    hit: Bytes,
    asked: AtomicI64,
}

impl Questions {
    fn new(set: &Set) -> anyhow::Result<Self> {
        ensure!(set.kind == Kind::Pypi, "{set}: name a set of PyPI's");
        let text = fs::read_to_string(&set.manifest)?;
        let lines = text.lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let requirement = |line: &str| v1::Requirement {
            form: Some(v1::requirement::Form::Text(line.to_owned())),
            ..Default::default()
        };
        let environment = v1::PypiEnvironment {
            python_version: "3.12".to_owned(),
            platform: "x86_64-manylinux_2_28".to_owned(),
            ..Default::default()
        };
        let project = v1::Project {
            ecosystem: v1::Ecosystem::Pypi.into(),
            requirements: lines.map(requirement).collect(),
            environment: Some(v1::project::Environment::Pypi(environment)),
            ..Default::default()
        };
        let question = v1::ResolveRequest { projects: vec![project], ..Default::default() };
        let hit = framed(&question);
        Ok(Self { question, hit, asked: AtomicI64::new(0) })
    }

    /// The request of that number, and whether it has been asked before.
    pub(crate) fn question(&self, workload: Workload, number: u64) -> (Bytes, bool) {
        if workload.is_hit(number) {
            return (self.hit.clone(), true);
        }
        // An instant in the year 2100 that nobody has named: nothing recorded is younger.
        let seconds = 4_102_444_800 + self.asked.fetch_add(1, Ordering::SeqCst);
        let before = Some(prost_types::Timestamp { seconds, nanos: 0 });
        let policy = v1::Policy { before, ..Default::default() };
        (framed(&v1::ResolveRequest { policy: Some(policy), ..self.question.clone() }), false)
    }
}

/// Loads the service and the bare server, workload by workload.
///
/// # Errors
///
/// When a server fails, or the service remembered what it should solve, or the other way round.
pub fn measure(plan: &Plan, programs: &Programs) -> anyhow::Result<Report> {
    let runtime = tokio::runtime::Runtime::new()?;
    let folder = tempfile::tempdir()?;
    let questions = Arc::new(Questions::new(&plan.set)?);
    let service = service(programs, &folder)?;
    let body = runtime.block_on(warm_up(&service, &questions))?;
    let path = folder.path().join("body");
    fs::write(&path, &body)?;
    let bare = bare(&folder, &path)?;
    let mut report = Report::new(plan, body.len());
    let mut load = |workload, is_service: bool| {
        let daemon = if is_service { &service } else { &bare };
        let rows = runtime.block_on(load::steps(plan, workload, daemon, &questions, is_service))?;
        for row in rows {
            eprintln!("{}", row.line());
            report.rows.push(row);
        }
        anyhow::Ok(())
    };
    // The bare server does the same for all of them.
    load(Workload::Hits, false)?;
    for workload in Workload::ALL {
        load(workload, true)?;
    }
    Ok(report)
}

/// Starts the service on its bundled data, with one thread for requests.
fn service(programs: &Programs, folder: &TempDir) -> anyhow::Result<Daemon> {
    let config = folder.path().join("quartermaster.toml");
    let database = folder.path().join("answers.db");
    let text = format!(
        "listen = \"127.0.0.1:0\"\n[cache]\ndatabase = \"sqlite:{}\"\n\
         [limits]\nmax_in_flight = {}\n",
        database.display(),
        load::MOST_IN_FLIGHT
    );
    fs::write(&config, text)?;
    let mut serve = Command::new(&programs.quartermaster);
    serve.args(["serve", "--config"]).arg(&config).env("TOKIO_WORKER_THREADS", "1");
    Daemon::start(&mut serve, &folder.path().join("service.log"))
}

/// Starts this program as the bare server.
fn bare(folder: &TempDir, body: &PathBuf) -> anyhow::Result<Daemon> {
    let mut serve = Command::new(std::env::current_exe()?);
    serve.arg("bare").arg(body).env("TOKIO_WORKER_THREADS", "1");
    Daemon::start(&mut serve, &folder.path().join("bare.log"))
}

/// Asks until all facts are known and the answer is remembered. Returns the answer with its frame.
async fn warm_up(service: &Daemon, questions: &Questions) -> anyhow::Result<Bytes> {
    let client = Client::connect(service.address()).await?;
    client.ask(questions.question(Workload::Hits, 0).0).await?;
    client.ask(questions.question(Workload::Misses, 0).0).await?;
    let body = client.ask(questions.question(Workload::Hits, 0).0).await?;
    let answer = client::answer(&body)?;
    let outcome = answer.answers.first().and_then(|answer| answer.outcome.as_ref());
    let is_solved = matches!(outcome, Some(v1::project_answer::Outcome::Solution(_)));
    ensure!(is_solved, "the service does not solve the set: {outcome:?}");
    ensure!(
        answer.statistics.as_ref().context("there are no statistics")?.remembered,
        "the service does not remember what it was asked"
    );
    ensure!(answer.encoded_len() + 5 == body.len(), "the answer is not the whole of its frame");
    Ok(body)
}
