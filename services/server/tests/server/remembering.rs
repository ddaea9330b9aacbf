//! What callers may rely on from one call to the next: tokens, names of answers, freshness.

use std::sync::Arc;
use std::time::Duration;

use engine::Engine;
use engine::config::{RegistryConfig, RegistryKind};
use prost::Message as _;
use proto::v1;
use proto::v1::project_answer::Outcome;
use quartermaster::config::Config;
use quartermaster::convert;
use quartermaster::service::Resolver;
use testkit::registry::{FakeRegistry, Settings};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

use crate::conversion::request;
use crate::fake::Running;

/// A version, and what it requires.
type Release = (&'static str, &'static [&'static str]);

/// A project with these releases, each one wheel.
fn document(name: &str, releases: &[Release]) -> String {
    let file = |(version, _): &Release| {
        let filename = format!("{name}-{version}-py3-none-any.whl");
        serde_json::json!({
            "filename": filename,
            "url": format!("/files/{filename}"),
            "hashes": {},
            "core-metadata": true,
        })
    };
    let metadata = releases.iter().map(|(version, requires)| {
        ((*version).to_owned(), serde_json::json!({ "requires-dist": requires }))
    });
    let metadata: serde_json::Map<_, _> = metadata.collect();
    let files: Vec<_> = releases.iter().map(file).collect();
    serde_json::json!({ "name": name, "files": files, "metadata": metadata }).to_string()
}

/// A service over an index that can be published to.
struct World {
    index: FakeRegistry,
    server: Running,
}

impl World {
    async fn of(projects: &[(&str, &[Release])]) -> Self {
        Self::with(projects, Settings::default()).await
    }

    async fn with(projects: &[(&str, &[Release])], settings: Settings) -> Self {
        let documents: Vec<(&str, String)> =
            projects.iter().map(|(name, releases)| (*name, document(name, releases))).collect();
        let documents: Vec<(&str, &str)> =
            documents.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let index = FakeRegistry::of(&documents, settings).await.unwrap();
        let mut registry = RegistryConfig::new("pypi", RegistryKind::PypiSimple);
        registry.url = Some(index.simple_url().parse().unwrap());
        let config = Config { registries: vec![registry], ..Config::default() };
        let engine = Engine::open(config.engine(), Arc::new(convert::encode)).unwrap();
        let resolver = Resolver::new(engine.clone(), config.declared(&engine));
        Self { index, server: Running::start(resolver, config).await }
    }

    fn publish(&self, name: &str, releases: &[Release]) {
        self.index.publish(name, &document(name, releases)).unwrap();
    }

    async fn ask(&self, wire: v1::ResolveRequest) -> Result<v1::ResolveResponse, Status> {
        self.server.client().resolve(wire).await.map(tonic::Response::into_inner)
    }

    async fn answer(&self, wire: v1::ResolveRequest) -> v1::ResolveResponse {
        self.ask(wire).await.unwrap()
    }
}

/// The same request for facts of this moment.
fn now(wire: v1::ResolveRequest) -> v1::ResolveRequest {
    let max_staleness = Some(prost_types::Duration::default());
    let freshness = Some(v1::Freshness { max_staleness, ..Default::default() });
    v1::ResolveRequest { freshness, ..wire }
}

fn with_token(wire: v1::ResolveRequest, of: &v1::ResolveResponse) -> v1::ResolveRequest {
    v1::ResolveRequest { snapshot_token: of.snapshot_token.clone(), ..wire }
}

fn knowing(wire: v1::ResolveRequest, of: &v1::ResolveResponse) -> v1::ResolveRequest {
    v1::ResolveRequest { known_answer: of.answer_id.clone(), ..wire }
}

/// What the promise of a token is about: all bytes but those of statistics.
fn promised(response: &v1::ResolveResponse) -> Vec<u8> {
    v1::ResolveResponse { statistics: None, ..response.clone() }.encode_to_vec()
}

fn solution(response: &v1::ResolveResponse) -> &v1::Solution {
    match response.answers.first().and_then(|answer| answer.outcome.as_ref()) {
        Some(Outcome::Solution(solution)) => solution,
        other => panic!("{other:?}"),
    }
}

fn pins(solution: &v1::Solution) -> Vec<String> {
    let packages = solution.groups.iter().flat_map(|group| &group.packages);
    packages.map(|package| format!("{} {}", package.name, package.version)).collect()
}

/// What a client makes of the answer that it has and of one that tells what is different.
fn merged(known: &v1::Solution, told: &v1::Solution) -> v1::Solution {
    let packages = |solution: &v1::Solution| -> Vec<(String, v1::Package)> {
        let groups = solution.groups.iter();
        let placed = groups.flat_map(|group| {
            group.packages.iter().map(|package| (group.registry.clone(), package.clone()))
        });
        placed.collect()
    };
    let new = packages(told);
    let is_gone = |slot: &String| {
        told.removed_slots.contains(slot) || new.iter().any(|(_, package)| package.slot == *slot)
    };
    let mut all: Vec<_> =
        packages(known).into_iter().filter(|(_, package)| !is_gone(&package.slot)).collect();
    all.extend(new.iter().cloned());
    all.sort_by(|a, b| a.1.slot.cmp(&b.1.slot));
    let mut whole = told.clone();
    whole.removed_slots.clear();
    for group in &mut whole.groups {
        let of = all.iter().filter(|(registry, _)| *registry == group.registry);
        group.packages = of.map(|(_, package)| package.clone()).collect();
    }
    whole
}

#[tokio::test]
async fn a_token_has_the_same_bytes_whatever_was_published_since() {
    let world = World::of(&[("demo", &[("1.0", &["dep"])]), ("dep", &[("1.0", &[])])]).await;
    let first = world.answer(request(&["demo"])).await;
    world.publish("demo", &[("1.0", &["dep"]), ("2.0", &["dep"])]);
    world.publish("dep", &[("1.0", &[]), ("1.1", &[])]);
    let fresh = world.answer(now(request(&["demo"]))).await;
    assert_eq!(pins(solution(&fresh)), ["demo 2.0", "dep 1.1"]);
    assert_ne!(fresh.snapshot_token, first.snapshot_token);
    assert_eq!(fresh.key, first.key, "the question is the same");
    world.index.reset_counts();
    for spelling in ["demo", "Demo "] {
        let replayed = world.answer(with_token(request(&[spelling]), &first)).await;
        assert_eq!(promised(&replayed), promised(&first));
        assert!(replayed.statistics.unwrap().remembered);
    }
    assert_eq!(world.index.counts().total, 0, "nobody is asked");
    let replayed = world.answer(with_token(request(&["demo"]), &fresh)).await;
    assert_eq!(promised(&replayed), promised(&fresh));
    // Facts that come back are named as before, and are no older than they were asked to be.
    world.publish("demo", &[("1.0", &["dep"])]);
    world.publish("dep", &[("1.0", &[])]);
    let again = world.answer(now(request(&["demo"]))).await;
    assert_eq!(again.answer_id, first.answer_id);
    let oldest = |response: &v1::ResolveResponse| {
        let freshness = response.freshness.clone().unwrap_or_default();
        freshness.oldest_fact_read_at.map(|at| (at.seconds, at.nanos))
    };
    assert!(oldest(&again) > oldest(&fresh) && oldest(&fresh) > oldest(&first));
}

#[tokio::test]
async fn a_token_holds_the_instant_that_a_minimum_age_came_to() {
    let world = World::of(&[("demo", &[("1.0", &[])])]).await;
    let day = prost_types::Duration { seconds: 86_400, nanos: 0 };
    let policy = Some(v1::Policy { minimum_age: Some(day), ..Default::default() });
    let wire = v1::ResolveRequest { policy, ..request(&["demo"]) };
    let first = world.answer(wire.clone()).await;
    let (_, instant) = first.snapshot_token.split_once('.').unwrap();
    let instant: i64 = instant.parse().unwrap();
    assert_eq!(instant % 3_600_000_000, 0, "a whole hour");
    let replayed = world.answer(with_token(wire.clone(), &first)).await;
    assert_eq!(promised(&replayed), promised(&first));
    // An hour later the question would be another one; with the token of that hour it is that one.
    let later = first.snapshot_token.replace(&instant.to_string(), &(instant + 1).to_string());
    let other = v1::ResolveRequest { snapshot_token: later, ..wire };
    assert_eq!(world.ask(other).await.unwrap_err().code(), Code::FailedPrecondition);
}

#[tokio::test]
async fn a_token_that_cannot_be_honoured_is_refused() {
    let world = World::of(&[("demo", &[("1.0", &[])])]).await;
    let first = world.answer(request(&["demo"])).await;
    let unknown = v1::ResolveResponse { snapshot_token: "0".repeat(64), ..Default::default() };
    let malformed = v1::ResolveResponse { snapshot_token: "x".to_owned(), ..Default::default() };
    let cases = [
        (with_token(request(&["demo>=1"]), &first), Code::FailedPrecondition),
        (with_token(request(&["demo"]), &unknown), Code::FailedPrecondition),
        (with_token(request(&["demo"]), &malformed), Code::InvalidArgument),
        (now(with_token(request(&["demo"]), &first)), Code::InvalidArgument),
    ];
    let mut told = String::new();
    for (wire, code) in cases {
        let status = world.ask(wire).await.unwrap_err();
        assert_eq!(status.code(), code, "{status:?}");
        let details = status.get_error_details();
        let reason = &details.error_info().unwrap().reason;
        told.push_str(&format!("{reason}: {}\n", status.message()));
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn an_explanation_is_given_for_a_token_as_long_as_its_facts_hold() {
    let world = World::of(&[("demo", &[("1.0", &["dep"])]), ("dep", &[("1.0", &[])])]).await;
    let first = world.answer(request(&["demo"])).await;
    let question = v1::ExplainRequest {
        request: Some(with_token(request(&["demo"]), &first)),
        package: "dep".to_owned(),
        ..Default::default()
    };
    let explain = async |question: &v1::ExplainRequest| {
        world.server.client().explain(question.clone()).await.map(tonic::Response::into_inner)
    };
    let explained = explain(&question).await.unwrap();
    assert_eq!(explained.snapshot_token, first.snapshot_token);
    world.publish("dep", &[("1.0", &[]), ("1.1", &[])]);
    world.answer(now(request(&["demo"]))).await;
    let status = explain(&question).await.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition, "{status:?}");
    assert!(status.message().contains("have changed"), "{status:?}");
}

#[tokio::test]
async fn an_answer_that_the_client_has_is_not_sent_again() {
    let projects: [(&str, &[Release]); 3] =
        [("demo", &[("1.0", &["dep"])]), ("dep", &[("1.0", &[])]), ("more", &[("1.0", &["dep"])])];
    let world = World::of(&projects).await;
    let first = world.answer(request(&["demo"])).await;
    let same = world.answer(knowing(request(&["demo"]), &first)).await;
    assert!(same.not_modified && same.answers.is_empty() && same.relative_to.is_empty());
    let names = |response: &v1::ResolveResponse| {
        (response.key.clone(), response.answer_id.clone(), response.snapshot_token.clone())
    };
    assert_eq!(names(&same), names(&first));

    // Something is published.
    world.publish("dep", &[("1.0", &[]), ("1.1", &[])]);
    let told = world.answer(now(knowing(request(&["demo"]), &first))).await;
    assert!(!told.not_modified);
    assert_eq!(told.relative_to, first.answer_id);
    assert_eq!(pins(solution(&told)), ["dep 1.1"]);
    let whole = world.answer(request(&["demo"])).await;
    assert_eq!(merged(solution(&first), solution(&told)), *solution(&whole));
    assert_eq!(told.answer_id, whole.answer_id);

    // The project changes.
    for requirements in [&["demo", "more"][..], &["dep"], &["dep<1.1", "more"]] {
        let wire = request(requirements);
        let whole = world.answer(wire.clone()).await;
        let told = world.answer(knowing(wire, &first)).await;
        assert_eq!(told.relative_to, first.answer_id);
        assert_eq!(merged(solution(&first), solution(&told)), *solution(&whole));
    }
}

#[tokio::test]
async fn an_answer_is_told_whole_where_it_cannot_be_compared() {
    let world = World::of(&[("demo", &[("1.0", &["dep"])]), ("dep", &[("1.0", &[])])]).await;
    let first = world.answer(request(&["demo"])).await;
    let is_whole = |response: v1::ResolveResponse| {
        !response.not_modified && response.relative_to.is_empty() && response.answers.len() == 1
    };
    // Another form of the same answer is nothing that the client has.
    let mut other = knowing(request(&["demo"]), &first);
    let edges = v1::EdgeDetail::None.into();
    other.options = Some(v1::AnswerOptions { edges, ..Default::default() });
    assert!(is_whole(world.answer(other).await));
    // What is not remembered may be anything.
    let (_, form) = first.answer_id.split_once('.').unwrap();
    let unknown = format!("{}.{form}", "0".repeat(64));
    let wire = v1::ResolveRequest { known_answer: unknown, ..request(&["demo"]) };
    assert!(is_whole(world.answer(wire).await));
    // That there is no solution is no difference of solutions.
    let wire = knowing(request(&["demo", "dep>1"]), &first);
    assert!(is_whole(world.answer(wire).await));
    // The names of dependency sets stand with the edges of the project, which are told whole.
    let mut renamed = knowing(request(&["demo"]), &first);
    renamed.projects[0].requirements[0].dependency_set = "extra:web".to_owned();
    let told = world.answer(renamed).await;
    assert_eq!(told.relative_to, first.answer_id);
    assert_eq!(pins(solution(&told)), Vec::<String>::new());
    assert_eq!(solution(&told).root_edges[0].dependency_set, "extra:web");
}

#[tokio::test]
async fn nobody_is_told_of_answers_that_were_given_to_another_caller() {
    let settings =
        Settings { authorization: Some("Bearer right".to_owned()), ..Settings::default() };
    let world = World::with(&[("private", &[("1.0", &[])])], settings).await;
    let wire = || v1::ResolveRequest {
        credentials: vec![v1::RegistryCredential {
            registry: "pypi".to_owned(),
            metadata_key: "x-index".to_owned(),
        }],
        ..request(&["private"])
    };
    let ask = async |wire: v1::ResolveRequest, secret: &str| {
        let mut envelope = Request::new(wire);
        envelope.metadata_mut().insert("x-index", secret.parse().unwrap());
        world.server.client().resolve(envelope).await.map(tonic::Response::into_inner)
    };
    // What a stranger costs before there is anything to find, and after.
    let cost = async || {
        world.index.reset_counts();
        let status = ask(wire(), "Bearer wrong").await.unwrap_err();
        (status.code(), status.message().to_owned(), world.index.counts().total)
    };
    let before = cost().await;
    let first = ask(wire(), "Bearer right").await.unwrap();
    assert_eq!(pins(solution(&first)), ["private 1.0"]);
    assert_eq!(cost().await, before, "no shorter way tells that there is something");
    let again = ask(knowing(wire(), &first), "Bearer right").await.unwrap();
    assert!(again.not_modified);
    for stranger in [wire(), knowing(wire(), &first), with_token(wire(), &first)] {
        let with_token = !stranger.snapshot_token.is_empty();
        let status = ask(stranger, "Bearer wrong").await.unwrap_err();
        let code = if with_token { Code::FailedPrecondition } else { Code::PermissionDenied };
        assert_eq!(status.code(), code, "{status:?}");
        let told = format!("{status:?} {:?}", status.get_error_details());
        assert!(!told.contains("1.0"), "{told}");
    }
    // Nor is a caller without a credential.
    let anonymous = v1::ResolveRequest { credentials: Vec::new(), ..knowing(wire(), &first) };
    let status = world.ask(anonymous).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied, "{status:?}");
}

#[tokio::test]
async fn an_old_answer_is_given_at_once_and_confirmed_for_the_next_caller() {
    // Longer than anybody waits who wants an answer at once.
    let settings = Settings { latency: Duration::from_millis(100), ..Settings::default() };
    let world = World::with(&[("demo", &[("1.0", &[])])], settings).await;
    let at_once = |wire: v1::ResolveRequest| {
        let freshness = wire.freshness.unwrap_or_default();
        let freshness = Some(v1::Freshness { stale_while_revalidate: true, ..freshness });
        v1::ResolveRequest { freshness, ..wire }
    };
    // What nobody has asked for before is waited for.
    let first = world.answer(at_once(request(&["demo"]))).await;
    assert_eq!(pins(solution(&first)), ["demo 1.0"]);
    world.publish("demo", &[("1.0", &[]), ("2.0", &[])]);
    let old = world.answer(at_once(now(request(&["demo"])))).await;
    assert_eq!(old.answer_id, first.answer_id);
    assert!(old.statistics.as_ref().is_some_and(|told| told.revalidating && told.remembered));
    // The next one finds what was published, as soon as that is confirmed.
    let next = loop {
        let next = world.answer(request(&["demo"])).await;
        if next.answer_id != first.answer_id {
            break next;
        }
    };
    assert_eq!(pins(solution(&next)), ["demo 2.0"]);
    assert!(!next.statistics.unwrap().revalidating);
}

#[tokio::test]
async fn a_registry_that_publishes_is_heard() {
    let world = World::of(&[("demo", &[("1.0", &["dep"])]), ("dep", &[("1.0", &[])])]).await;
    world.answer(request(&["demo"])).await;
    world.publish("dep", &[("1.0", &[]), ("1.1", &[])]);
    assert_eq!(pins(solution(&world.answer(request(&["demo"])).await)), ["demo 1.0", "dep 1.0"]);
    let invalidate = async |registry: &str, packages: &[&str]| {
        let packages = packages.iter().map(|name| (*name).to_owned()).collect();
        let wire = v1::InvalidateRequest { registry: registry.to_owned(), packages };
        world.server.client().invalidate(wire).await.map(tonic::Response::into_inner)
    };
    world.index.reset_counts();
    let told = invalidate("pypi", &["Dep"]).await.unwrap();
    // The page of the project, and the metadata of a file that it names without a hash.
    assert_eq!(told, v1::InvalidateResponse { documents: 2, answers: 1, replicas_told: true });
    assert_eq!(pins(solution(&world.answer(request(&["demo"])).await)), ["demo 1.0", "dep 1.1"]);
    assert_eq!(world.index.counts().of(testkit::registry::Kind::Page), 1, "of `dep` alone");
    // All packages.
    world.publish("demo", &[("1.0", &["dep"]), ("1.1", &["dep"])]);
    assert!(invalidate("pypi", &[]).await.unwrap().documents >= 2);
    assert_eq!(pins(solution(&world.answer(request(&["demo"])).await)), ["demo 1.1", "dep 1.1"]);
    let faults = [("", vec!["demo"], "registry"), ("npm", vec![], "registry")];
    for (registry, packages, field) in
        faults.into_iter().chain([("pypi", vec!["demo", ""], "packages[1]")])
    {
        let status = invalidate(registry, &packages).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
        let details = status.get_error_details();
        assert_eq!(details.bad_request().unwrap().field_violations[0].field, field);
    }
}
