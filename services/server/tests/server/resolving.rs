//! The whole service: the real engine on the bundled registry, over a real connection.

use std::sync::Arc;

use engine::Engine;
use engine::config::{RegistryConfig, RegistryKind};
use proto::v1;
use proto::v1::project_answer::Outcome;
use proto::v1::resolve_stream_response::Event;
use quartermaster::config::Config;
use quartermaster::convert;
use quartermaster::service::Resolver;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_stream::StreamExt as _;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

use crate::conversion::{metadata, request, text};
use crate::fake::Running;
use crate::total_request::{Effect, requests};

/// Starts the service with two registries of equal content.
pub(crate) async fn start() -> Running {
    let mut config = Config::default();
    config.registries.push(RegistryConfig::new("second", RegistryKind::Recorded));
    let engine = Engine::open(config.engine(), Arc::new(convert::encode)).unwrap();
    Running::start(Resolver::new(engine.clone(), config.declared(&engine)), config).await
}

async fn resolve(
    server: &Running,
    wire: v1::ResolveRequest,
) -> Result<v1::ResolveResponse, Status> {
    let request = Request::from_parts(metadata(), tonic::Extensions::new(), wire);
    server.client().resolve(request).await.map(tonic::Response::into_inner)
}

/// The answer without what differs from call to call: times, key and token.
fn lasting(mut response: v1::ResolveResponse) -> v1::ResolveResponse {
    response.statistics = None;
    response.key.clear();
    response.snapshot_token.clear();
    if let Some(freshness) = &mut response.freshness {
        (freshness.oldest_fact_read_at, freshness.newest_fact_read_at) = (None, None);
        freshness.stamps.iter_mut().for_each(|stamp| stamp.read_at = None);
    }
    response
}

fn outcome(response: &v1::ResolveResponse) -> &Outcome {
    response.answers[0].outcome.as_ref().unwrap()
}

#[tokio::test]
async fn a_project_is_resolved_and_then_remembered() {
    let server = start().await;
    let first = resolve(&server, request(&["flask"])).await.unwrap();
    let Outcome::Solution(solution) = outcome(&first) else { panic!("{first:?}") };
    let packages = &solution.groups[0].packages;
    assert!(packages.iter().any(|package| package.slot == "werkzeug" && !package.direct));
    for package in packages {
        assert_eq!(package.acceptable_versions[0], package.version, "the chosen one is the best");
        assert!(package.admitted.is_empty(), "nobody asked for a certificate");
    }
    let flask = packages.iter().find(|package| package.slot == "flask").unwrap();
    assert!(flask.acceptable_versions.len() > 1, "{flask:?}");
    let second = resolve(&server, request(&["flask"])).await.unwrap();
    assert!(!first.statistics.as_ref().unwrap().remembered);
    assert!(second.statistics.as_ref().unwrap().remembered);
    assert_eq!((&second.key, &second.snapshot_token), (&first.key, &first.snapshot_token));
    assert_eq!(lasting(second), lasting(first));
}

#[tokio::test]
async fn a_stream_ends_with_the_answer() {
    let server = start().await;
    let wire = v1::ResolveStreamRequest { request: Some(request(&["flask"])) };
    let mut stream = server.client().resolve_stream(wire).await.unwrap().into_inner();
    let mut events = Vec::new();
    while let Some(event) = stream.next().await {
        events.push(event.unwrap().event.unwrap());
    }
    let Some(Event::Answer(answer)) = events.pop() else { panic!("the last event answers") };
    assert!(!events.iter().any(|event| matches!(event, Event::Answer(_))));
    let whole = resolve(&server, request(&["flask"])).await.unwrap();
    assert_eq!(lasting(answer), lasting(whole));
}

#[tokio::test]
async fn a_conflict_names_the_caller_s_fields() {
    let server = start().await;
    let mut wire = request(&["pytest", "flask>=3.1", "werkzeug<3"]);
    wire.projects[0].requirements[0].dependency_set = "extra:test".to_owned();
    wire.projects[0].dependency_sets = vec!["main".to_owned()];
    let response = resolve(&server, wire).await.unwrap();
    let Outcome::Conflict(conflict) = outcome(&response) else { panic!("{response:?}") };
    let mut fields: Vec<&str> = conflict
        .facts
        .iter()
        .filter_map(|fact| match &fact.fact {
            Some(v1::conflict_fact::Fact::Requirement(requirement)) => Some(&*requirement.field),
            _ => None,
        })
        .filter(|field| !field.is_empty())
        .collect();
    fields.sort_unstable();
    assert_eq!(fields, ["projects[0].requirements[1]", "projects[0].requirements[2]"]);
}

/// What is done to a project, and its name in the snapshot.
type Change = (&'static str, fn(&mut v1::Project));

#[tokio::test]
async fn a_missing_package_is_told_with_the_registries_that_were_asked_for_it() {
    let server = start().await;
    let mut wire = request(&["No.Such"]);
    for (pinned, asked) in [(false, vec!["pypi", "second"]), (true, vec!["second"])] {
        if pinned {
            let (package, registry) = ("no-such".to_owned(), "second".to_owned());
            wire.projects[0].registry_pins = vec![v1::RegistryPin { package, registry }];
        }
        let response = resolve(&server, wire.clone()).await.unwrap();
        let Outcome::Conflict(conflict) = outcome(&response) else { panic!("{response:?}") };
        let facts = conflict.facts.iter().filter_map(|fact| fact.fact.as_ref());
        let missing: Vec<&v1::MissingPackageFact> = facts
            .filter_map(|fact| match fact {
                v1::conflict_fact::Fact::MissingPackage(missing) => Some(missing),
                _ => None,
            })
            .collect();
        assert_eq!(missing.len(), 1);
        assert_eq!(missing[0].package, "no-such");
        assert_eq!(missing[0].registries, asked);
    }
}

#[tokio::test]
async fn texts_that_cannot_be_read_are_told_with_field_and_column() {
    let server = start().await;
    let mut told = String::new();
    let changes: [Change; 7] = [
        ("an operator", |project| project.requirements.push(text("flask >> 3"))),
        ("a marker", |project| project.requirements.push(text("flask; python = '3'"))),
        ("a URL", |project| project.requirements.push(text("flask @ https://index.example/f.whl"))),
        ("a constraint", |project| project.constraints.push(text("flask==3.*.1"))),
        ("an override", |project| project.overrides.push(text("-flask"))),
        ("a locked version", |project| {
            project.locked.push(v1::LockedPackage {
                name: "flask".into(),
                version: "new".into(),
                ..Default::default()
            });
        }),
        ("a platform", |project| {
            project.environment = Some(v1::project::Environment::Pypi(v1::PypiEnvironment {
                python_version: "three".into(),
                platform: "abacus".into(),
                ..Default::default()
            }));
        }),
    ];
    for (name, change) in changes {
        let mut wire = request(&["click"]);
        change(&mut wire.projects[0]);
        let status = resolve(&server, wire).await.unwrap_err();
        let details = status.get_error_details();
        told.push_str(&format!("{name}: {:?}\n", status.code()));
        for violation in &details.bad_request().unwrap().field_violations {
            told.push_str(&format!("    {}: {}\n", violation.field, violation.description));
        }
    }
    insta::assert_snapshot!(told);
}

/// The second half of the total request: what conversion passes on, the answer shows. Fields of
/// which only a registry over HTTP would show a trace must at least be taken.
#[tokio::test]
async fn every_field_that_is_taken_shows_in_the_answer() {
    let server = start().await;
    let mut ignored = Vec::new();
    for (field, without, with, effect) in requests() {
        if matches!(effect, Effect::Refused(..)) {
            continue;
        }
        let with = resolve(&server, with).await;
        let without = resolve(&server, without).await;
        let without = without.unwrap_or_else(|status| panic!("{field}: {status:?}"));
        match with {
            Ok(with) => {
                if effect == Effect::Answer && lasting(with) == lasting(without) {
                    ignored.push(field);
                }
            }
            Err(status) => assert_ne!(status.code(), Code::Internal, "{field}: {status:?}"),
        }
    }
    assert!(ignored.is_empty(), "without any effect: {ignored:?}");
}

/// Serves one HTTP answer to whatever is asked, and returns the address.
async fn registry_that_says(answer: &'static str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut asked = [0; 4096];
                let _ = socket.read(&mut asked).await;
                let _ = socket.write_all(answer.as_bytes()).await;
            });
        }
    });
    format!("corp:pypi-simple=http://{address}/simple")
}

#[tokio::test]
async fn trouble_with_a_registry_is_told_with_its_name() {
    let cases = [
        (
            "HTTP/1.1 503 Busy\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            Code::Unavailable,
            "REGISTRY_UNAVAILABLE",
            true,
        ),
        (
            "HTTP/1.1 403 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            Code::PermissionDenied,
            "REGISTRY_REFUSED",
            false,
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: 1\r\nconnection: close\r\n\r\nx",
            Code::Unavailable,
            "REGISTRY_MALFORMED",
            false,
        ),
    ];
    for (answer, code, reason, is_worth_retrying) in cases {
        let argument = registry_that_says(answer).await;
        let mut registry = RegistryConfig::parse_argument(&argument).unwrap();
        registry.retries = 0;
        let config = Config { registries: vec![registry], ..Config::default() };
        let engine = Engine::open(config.engine(), Arc::new(convert::encode)).unwrap();
        let server =
            Running::start(Resolver::new(engine.clone(), config.declared(&engine)), config).await;
        let status = resolve(&server, request(&["flask"])).await.unwrap_err();
        assert_eq!(status.code(), code, "{status:?}");
        let details = status.get_error_details();
        let info = details.error_info().unwrap();
        assert_eq!((info.reason.as_str(), info.metadata["registry"].as_str()), (reason, "corp"));
        assert_eq!(details.retry_info().is_some(), is_worth_retrying, "{reason}");
    }
}

#[tokio::test]
async fn methods_of_later_versions_are_refused() {
    let server = start().await;
    let verified = server.client().verify(v1::VerifyRequest::default()).await;
    let status = verified.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
    assert_eq!(status.get_error_details().error_info().unwrap().reason, "UNSUPPORTED");
}

#[tokio::test]
async fn refusals_travel_with_their_details() {
    let server = start().await;
    let status = resolve(&server, v1::ResolveRequest::default()).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    assert_eq!(
        (info.reason.as_str(), info.domain.as_str()),
        ("MISSING", "quartermaster.resolver.v1")
    );
    assert_eq!(info.metadata["field"], "projects");
    let status =
        server.client().resolve_stream(v1::ResolveStreamRequest::default()).await.unwrap_err();
    assert_eq!(status.get_error_details().error_info().unwrap().metadata["field"], "request");
}

/// The level at which gRPC's replies are compressed.
const LEVEL: i32 = 3;

#[tokio::test]
async fn a_large_answer_with_sets_and_certificate_is_small_on_the_wire() {
    let server = start().await;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../registries/bundled/oracles/pypi");
    let roots = std::fs::read_to_string(format!("{folder}/airflow.in")).unwrap();
    let roots: Vec<&str> = roots.lines().filter(|line| !line.is_empty()).collect();
    let mut sizes = Vec::new();
    let (full, certified) = (v1::EdgeDetail::Full, v1::EdgeDetail::Certified);
    let (files, none) = (v1::ArtifactDetail::Installable, v1::ArtifactDetail::None);
    for (edges, reach, artifacts) in [
        (full, 1, files),
        (full, 3, files),
        (certified, 3, files),
        (certified, 3, none),
        (certified, 20, none),
    ] {
        let mut wire = request(&roots);
        wire.options = Some(v1::AnswerOptions {
            acceptable_reach: Some(reach),
            edges: edges.into(),
            artifacts: artifacts.into(),
            ..Default::default()
        });
        let response = resolve(&server, wire).await.unwrap();
        let Outcome::Solution(solution) = outcome(&response) else { panic!("{response:?}") };
        let packages: Vec<_> = solution.groups.iter().flat_map(|group| &group.packages).collect();
        let versions: usize = packages.iter().map(|one| one.acceptable_versions.len()).sum();
        let bytes = prost::Message::encode_to_vec(&response);
        let packed = zstd::encode_all(&bytes[..], LEVEL).unwrap().len();
        println!(
            "{edges:?}, {artifacts:?}, reach {reach}: {} packages, {versions} versions, {} bytes, {packed} with zstd",
            packages.len(),
            bytes.len(),
        );
        sizes.push(packed);
    }
    // Hashes of files, which nothing compresses, are a quarter of an answer: the aim is held without.
    assert!(sizes[3..].iter().all(|size| *size < 40 * 1024), "with a certificate: {sizes:?}");
    assert!(sizes[2] < sizes[0] * 4 / 3, "sets and certificate beside a bare answer: {sizes:?}");
}
