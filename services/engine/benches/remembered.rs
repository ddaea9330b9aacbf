//! What a remembered answer takes, by where it is remembered, beside a solve:
//! `cargo bench -p quartermaster-engine --bench remembered`.
//!
//! The answer is airflow's: 304 packages, some 330 listings that are judged. For each way the median and
//! the 99th percentile with one caller, and the same with 32 at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use engine::config::{CacheConfig, RegistryConfig, RegistryKind};
use engine::{
    Answer, Engine, EngineConfig, EnvironmentTexts, Project, PypiProject, Reaches, Request,
    RequirementText,
};
use testkit::postgres::Server;
use testkit::registry::{FakeRegistry, Settings};

/// The service's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// About the size of the answer on the wire.
const ENCODED: usize = 400_000;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime needs no more");
    runtime.block_on(run());
}

async fn run() {
    println!("{:<34} {:>9} {:>9} {:>9} {:>9}", "airflow", "1: p50", "p99", "32: p50", "p99");
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let sqlite = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    let fake = FakeRegistry::start(registries::bundled(), Settings::default()).await;
    let fake = fake.expect("the loopback has a free port");

    let engine = open(&fake, None).await;
    measure("solve, all facts known", 20, &engine, &|number| Request {
        reach: Some(number % 1000),
        ..airflow()
    })
    .await;
    engine.resolve(airflow(), None).await.expect("there is an answer");
    measure("hit in memory", 300, &engine, &|_| airflow()).await;
    measure("hit, every listing revalidated", 20, &engine, &|_| Request {
        max_staleness: Some(Duration::ZERO),
        ..airflow()
    })
    .await;

    let server = Server::start().await;
    let mut databases = vec![("SQLite", sqlite("hits.db"))];
    if let Some(server) = &server {
        server.execute("CREATE DATABASE hits");
        databases.push(("Postgres", server.url("hits")));
    }
    for (name, database) in &databases {
        let first = open(&fake, Some(database)).await;
        first.resolve(airflow(), None).await.expect("there is an answer");
        first.close().await;
        // Without a memory of its own every hit is one of the database.
        let engine = open_with(&fake, Some(database), 0).await;
        engine.resolve(airflow(), None).await.expect("there is an answer");
        measure(&format!("hit in {name}"), 100, &engine, &|_| airflow()).await;
        engine.close().await;
    }
    start_up(&fake, &databases).await;
}

/// From nothing to the first answer: with nothing remembered, with documents, with the answer.
async fn start_up(fake: &FakeRegistry, databases: &[(&str, String)]) {
    println!("\nstart to first answer, in this process");
    let began = Instant::now();
    let engine = open(fake, None).await;
    engine.resolve(airflow(), None).await.expect("there is an answer");
    println!("{:<34} {:>9.1?}", "cold, loopback registry", began.elapsed());
    for (name, database) in databases {
        for (what, reach) in [("documents known", Some(2)), ("answer known", None)] {
            let began = Instant::now();
            let engine = open(fake, Some(database)).await;
            let told = engine.resolve(Request { reach, ..airflow() }, None).await;
            let told = told.expect("there is an answer").statistics;
            assert_eq!(told.documents_fetched, 0, "nobody is asked");
            assert_eq!(told.remembered, reach.is_none());
            println!("{:<34} {:>9.1?}", format!("{name}: {what}"), began.elapsed());
        }
    }
}

/// Asks so often, alone and 32 at once, and prints what it took.
async fn measure(what: &str, times: u32, engine: &Engine, request: &dyn Fn(u32) -> Request) {
    let mut alone = Vec::new();
    for number in 0..times {
        let began = Instant::now();
        engine.resolve(request(number), None).await.expect("there is an answer");
        alone.push(began.elapsed());
    }
    let mut many = Vec::new();
    for round in 0..times.div_ceil(16) {
        let mut waiting = Vec::new();
        for caller in 0..32 {
            let (engine, request) = (engine.clone(), request(times + round * 32 + caller));
            waiting.push(tokio::spawn(async move {
                let began = Instant::now();
                engine.resolve(request, None).await.expect("there is an answer");
                began.elapsed()
            }));
        }
        for caller in waiting {
            many.push(caller.await.expect("no caller fails"));
        }
    }
    let [a, b] = percentiles(&mut alone);
    let [c, d] = percentiles(&mut many);
    println!("{what:<34} {a:>9.1?} {b:>9.1?} {c:>9.1?} {d:>9.1?}");
}

fn percentiles(times: &mut [Duration]) -> [Duration; 2] {
    times.sort_unstable();
    [times[times.len() / 2], times[(times.len() * 99).div_ceil(100) - 1]]
}

async fn open(fake: &FakeRegistry, database: Option<&str>) -> Engine {
    open_with(fake, database, 256).await
}

async fn open_with(fake: &FakeRegistry, database: Option<&str>, memory_mib: u64) -> Engine {
    let mut registry = RegistryConfig::new("pypi", RegistryKind::PypiSimple);
    registry.url = Some(fake.simple_url().parse().expect("it is a URL"));
    let database = database.map(|url| url.parse().expect("it is an address"));
    let call_limit = Duration::from_secs(10);
    let config = EngineConfig {
        registries: vec![registry],
        cache: CacheConfig { database, memory_mib, call_limit, ..CacheConfig::default() },
        solve_budget: Duration::from_secs(60),
        reach: Reaches::default(),
        solve_steps: 1_000_000,
    };
    let encode = |answer: &Answer| {
        let text = format!("{answer:?}").into_bytes();
        Bytes::from(text).slice(..ENCODED)
    };
    let engine = Engine::open(config, Arc::new(encode)).expect("the configuration is valid");
    engine.connect().await;
    engine
}

fn airflow() -> Request {
    let text = "apache-airflow[amazon,celery,postgres,google]".to_owned();
    let project = PypiProject {
        requirements: vec![RequirementText { text, ..RequirementText::default() }],
        environment: EnvironmentTexts {
            python_version: "3.12".to_owned(),
            platform: "x86_64-manylinux_2_28".to_owned(),
            ..EnvironmentTexts::default()
        },
        ..PypiProject::default()
    };
    Request { project: Project::Pypi(project), ..Request::default() }
}
