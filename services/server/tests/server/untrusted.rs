//! Requests and registries that mean ill: each call ends by its deadline, with a status that says why.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::Engine;
use engine::config::{RegistryConfig, RegistryKind};
use proto::v1;
use proto::v1::project_answer::Outcome;
use quartermaster::config::Config;
use quartermaster::convert;
use quartermaster::service::Resolver;
use serde_json::json;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

use crate::conversion::request;
use crate::fake::Running;

/// What a call may be late by.
const GRACE: Duration = Duration::from_millis(50);

/// The whole service over these registries; none are the bundled ones.
async fn start(registries: Vec<RegistryConfig>) -> Running {
    let mut config = Config::default();
    if !registries.is_empty() {
        config.registries = registries;
    }
    let engine = Engine::open(config.engine(), Arc::new(convert::encode)).unwrap();
    Running::start(Resolver::new(engine.clone(), config.declared(&engine)), config).await
}

/// Asks with a deadline, which holds whatever the answer.
async fn ask(
    server: &Running,
    wire: v1::ResolveRequest,
    deadline: Duration,
) -> Result<v1::ResolveResponse, Status> {
    let mut request = Request::new(wire);
    request.set_timeout(deadline);
    let started = Instant::now();
    let answer = server.client().resolve(request).await;
    let took = started.elapsed();
    assert!(took <= deadline + GRACE, "it took {took:?}, and had {deadline:?}");
    answer.map(tonic::Response::into_inner)
}

/// A version, and what it requires.
type Version = (String, Vec<String>);
/// A package's name, and its versions.
type Package = (String, Vec<Version>);

/// A recorded registry of these packages.
fn recorded(folder: &Path, packages: &[Package]) -> RegistryConfig {
    let place = folder.join("pypi");
    std::fs::create_dir_all(&place).unwrap();
    for (name, versions) in packages {
        let file = |(version, _): &Version| {
            let filename = format!("{name}-{version}-py3-none-any.whl");
            json!({ "filename": filename, "url": format!("files/{filename}"), "hashes": {} })
        };
        let needs =
            |(version, needs): &Version| (version.clone(), json!({ "requires-dist": needs }));
        let document = json!({
            "name": name,
            "files": versions.iter().map(file).collect::<Vec<_>>(),
            "metadata": versions.iter().map(needs).collect::<serde_json::Map<_, _>>(),
        });
        std::fs::write(place.join(format!("{name}.json")), document.to_string()).unwrap();
    }
    let mut registry = RegistryConfig::new("made", RegistryKind::Recorded);
    registry.path = Some(folder.to_owned());
    registry
}

/// More pigeons than holes: no choice works, and a search has to try about all of them.
fn pigeons(holes: usize) -> Vec<Package> {
    let version = |number: usize| format!("1.{number}");
    let pigeon = |one: usize| {
        let versions = (0..holes).map(|hole| (version(hole), vec![format!("hole{hole}==1.{one}")]));
        (format!("pigeon{one}"), versions.collect())
    };
    let hole = |one: usize| {
        (format!("hole{one}"), (0..=holes).map(|pigeon| (version(pigeon), Vec::new())).collect())
    };
    (0..=holes).map(pigeon).chain((0..holes).map(hole)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_without_end_ends_by_its_limits_and_says_how_far_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let holes = 14;
    let server = start(vec![recorded(folder.path(), &pigeons(holes))]).await;
    let roots: Vec<String> = (0..=holes).map(|one| format!("pigeon{one}")).collect();
    let roots: Vec<&str> = roots.iter().map(String::as_str).collect();
    // The service's own limit on solving comes before this deadline.
    let answer = ask(&server, request(&roots), Duration::from_secs(20)).await.unwrap();
    let Some(Outcome::Exhausted(exhausted)) = &answer.answers[0].outcome else {
        panic!("{answer:?}");
    };
    assert_eq!(exhausted.limit(), v1::BudgetLimit::Server);
    assert!(!exhausted.contended.is_empty());
    assert!(answer.statistics.unwrap().steps > 0);
    // What was cut short is not remembered: nobody is served it for an answer.
    assert!(answer.snapshot_token.is_empty());
    // A deadline that comes first is kept: by a partial answer, or by a status with how far it was.
    match ask(&server, request(&roots), Duration::from_millis(900)).await {
        Ok(answer) => {
            assert!(matches!(answer.answers[0].outcome, Some(Outcome::Exhausted(_))), "{answer:?}");
        }
        Err(status) => {
            assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
            assert!(status.message().contains("while searching"), "{status:?}");
        }
    }
    // Others are answered while nothing else goes on.
    ask(&server, request(&["hole1"]), Duration::from_secs(5)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_roots_end_by_their_deadline() {
    let folder = tempfile::tempdir().unwrap();
    let many = 10_000;
    let packages: Vec<_> = (0..many)
        .map(|one| {
            let next = format!("p{}>=1", (one + 1) % many);
            (
                format!("p{one}"),
                vec![("1.0".to_owned(), Vec::new()), ("1.1".to_owned(), vec![next])],
            )
        })
        .collect();
    let server = start(vec![recorded(folder.path(), &packages)]).await;
    let roots: Vec<String> = (0..many).map(|one| format!("p{one}")).collect();
    let roots: Vec<&str> = roots.iter().map(String::as_str).collect();
    match ask(&server, request(&roots), Duration::from_millis(400)).await {
        Ok(answer) => {
            let outcome = answer.answers[0].outcome.as_ref().unwrap();
            assert!(matches!(outcome, Outcome::Solution(_) | Outcome::Exhausted(_)));
        }
        Err(status) => assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}"),
    }
    // One more than the contract has is refused by field.
    let more: Vec<&str> = roots.iter().copied().chain(["p0"]).collect();
    let status = ask(&server, request(&more), Duration::from_secs(20)).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(status.get_error_details().error_info().unwrap().reason, "LIMIT_EXCEEDED");
    assert!(status.message().contains("10000 is the most"), "{status:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deep_and_long_texts_are_refused_at_once() {
    let server = start(Vec::new()).await;
    let deep = |depth: usize| {
        format!("flask; {}python_version>'3'{}", "(".repeat(depth), ")".repeat(depth))
    };
    let long = format!("flask[{}]", vec!["x"; 5000].join(","));
    let mut ors = "flask; python_version>'3'".to_owned();
    while ors.len() < 8000 {
        write!(ors, " or python_version=='3.{}'", ors.len()).unwrap();
    }
    for (text, refused) in [
        (deep(10), None),
        (deep(4000), Some(Code::InvalidArgument)),
        (format!("flask=={}", "1.".repeat(4090)), Some(Code::InvalidArgument)),
        (long, Some(Code::InvalidArgument)),
        (ors, None),
        (format!("flask>={}", "9".repeat(8000)), Some(Code::InvalidArgument)),
    ] {
        let answer = ask(&server, request(&[&text]), Duration::from_secs(5)).await;
        let shown = &text[..40];
        assert_eq!(answer.err().map(|status| status.code()), refused, "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_never_answers_ends_in_a_status_that_says_how_far_it_was() {
    // Takes connections, and says nothing.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut registry = RegistryConfig::new("silent", RegistryKind::PypiSimple);
    let url = format!("http://{}/simple", silent.local_addr().unwrap());
    registry.url = Some(url.parse().unwrap());
    let server = start(vec![registry]).await;
    let deadline = Duration::from_millis(600);
    let status = ask(&server, request(&["flask"]), deadline).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    assert_eq!(info.reason, "DEADLINE");
    assert_eq!(
        (info.metadata["round"].as_str(), info.metadata["documents_done"].as_str()),
        ("1", "0")
    );
    assert!(info.metadata.contains_key("documents_requested"), "{info:?}");
    insta::assert_snapshot!(status.message());
}
