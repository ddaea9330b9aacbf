//! Callers that list the same in another order share an answer, and each is told of its own places.

use proto::v1;
use proto::v1::conflict_fact::Fact;
use proto::v1::project_answer::Outcome;
use serde_json::{Value, json};

use crate::resolving::start;
use crate::total_request::decode;

/// A request for crates, whose requirements are a name and a range each.
fn crates(requirements: &[(&str, &str)]) -> v1::ResolveRequest {
    let requirements: Vec<Value> = requirements
        .iter()
        .map(|(name, range)| json!({ "cargo": { "name": name, "requirement": range } }))
        .collect();
    read(&json!({ "ecosystem": "ECOSYSTEM_CARGO", "requirements": requirements }))
}

fn read(project: &Value) -> v1::ResolveRequest {
    decode(&json!({ "projects": [project] }))
}

async fn resolve(server: &crate::fake::Running, wire: v1::ResolveRequest) -> v1::ResolveResponse {
    server.client().resolve(wire).await.expect("there is an answer").into_inner()
}

fn is_remembered(response: &v1::ResolveResponse) -> bool {
    response.statistics.as_ref().is_some_and(|statistics| statistics.remembered)
}

/// The fields of the caller's that a conflict names, in order.
fn fields(response: &v1::ResolveResponse) -> (Vec<&str>, Vec<&str>) {
    let Some(Outcome::Conflict(conflict)) = &response.answers[0].outcome else {
        panic!("{response:?}")
    };
    let facts = conflict.facts.iter().filter_map(|fact| match &fact.fact {
        Some(Fact::Requirement(requirement)) => Some(&*requirement.field),
        _ => None,
    });
    let mut facts: Vec<&str> = facts.filter(|field| !field.is_empty()).collect();
    facts.sort_unstable();
    let suggestions = conflict.suggestions.iter().map(|change| &*change.field);
    (facts, suggestions.collect())
}

#[tokio::test]
async fn crates_in_another_order_are_one_question() {
    let server = start().await;
    let first = resolve(&server, crates(&[("serde", "1"), ("itoa", ">=1, <2"), ("log", "0.4")]));
    let first = first.await;
    let second = resolve(&server, crates(&[("log", "^0.4"), ("itoa", "<2,>=1"), ("serde", "1")]));
    let second = second.await;
    assert!(!is_remembered(&first) && is_remembered(&second));
    assert_eq!((&first.key, &first.snapshot_token), (&second.key, &second.snapshot_token));
    assert_eq!(first.answers, second.answers);
    let other = resolve(&server, crates(&[("log", "0.4"), ("itoa", "<3,>=1"), ("serde", "1")]));
    assert_ne!(other.await.key, first.key);
}

#[tokio::test]
async fn a_conflict_of_crates_names_each_caller_s_own_fields() {
    let server = start().await;
    let pin = ("serde", "=1.0.1");
    let asks = ("serde_json", "=1.0.140");
    let first = resolve(&server, crates(&[asks, ("log", "0.4"), pin])).await;
    let second = resolve(&server, crates(&[pin, asks, ("log", "0.4")])).await;
    assert!(!is_remembered(&first) && is_remembered(&second));
    assert_eq!(first.key, second.key);
    let field = |place: usize| format!("projects[0].requirements[{place}]");
    assert_eq!(fields(&first).0, [field(0), field(2)]);
    assert_eq!(fields(&second).0, [field(0), field(1)]);
    // The same of them would have to go.
    let (one, other) = (fields(&first).1[0].to_owned(), fields(&second).1[0].to_owned());
    let moved = [(field(0), field(1)), (field(2), field(0))];
    assert!(moved.contains(&(one, other)), "{first:?} {second:?}");
}

#[tokio::test]
async fn sets_and_patches_are_each_caller_s_own() {
    let server = start().await;
    let project = |is_reversed: bool| {
        let mut requirements = [
            json!({ "cargo": { "name": "itoa" }, "dependency_set": "dev" }),
            json!({ "cargo": { "name": "log" } }),
            json!({ "cargo": { "name": "cfg-if" }, "dependency_set": "build" }),
        ];
        let mut patches = [
            json!({ "patched_registry": "second", "name": "ryu", "requirement": "=1.0.0",
                    "registry": "cargo" }),
            json!({ "patched_registry": "second", "name": "fnv", "requirement": "=1.0.7",
                    "registry": "cargo" }),
        ];
        if is_reversed {
            requirements.reverse();
            patches.reverse();
        }
        read(&json!({
            "ecosystem": "ECOSYSTEM_CARGO",
            "registries": ["cargo", "second"],
            "requirements": requirements,
            "patches": patches,
        }))
    };
    let mut told = Vec::new();
    for is_reversed in [false, true] {
        let response = resolve(&server, project(is_reversed)).await;
        assert_eq!(is_remembered(&response), is_reversed);
        let Some(Outcome::Solution(solution)) = &response.answers[0].outcome else {
            panic!("{response:?}")
        };
        let edges = solution.root_edges.iter();
        let edges = edges.map(|edge| format!("{} {}", edge.target, edge.dependency_set));
        let edges: Vec<String> = edges.collect();
        assert_eq!(edges, ["log@0.4 main", "itoa@1 dev", "cfg-if@1 build"]);
        let patches = solution.unused_patches.iter();
        told.push(patches.map(|one| (one.patch, one.name.clone())).collect::<Vec<_>>());
    }
    let [first, second] = [("ryu", "fnv"), ("fnv", "ryu")]
        .map(|(one, other)| vec![(0, one.to_owned()), (1, other.to_owned())]);
    assert_eq!(told, [first, second]);
}

#[tokio::test]
async fn constraints_in_another_order_are_one_question_and_keep_their_fields() {
    let server = start().await;
    let project = |constraints: &[&str]| {
        let text = |text: &&str| json!({ "text": text });
        read(&json!({
            "ecosystem": "ECOSYSTEM_PYPI",
            "requirements": [text(&"flask>=3.1"), text(&"attrs")],
            "constraints": constraints.iter().map(text).collect::<Vec<_>>(),
            "pypi": { "python_version": "3.12", "platform": "linux" },
        }))
    };
    let first = resolve(&server, project(&["werkzeug<3", "attrs>=20"])).await;
    let second = ["attrs >= 20", "attrs>=20.0", "attrs>=20", "Werkzeug <3"];
    let other = resolve(&server, project(&second)).await;
    assert_ne!(first.key, other.key, "zeros are told as they are written");
    let second = resolve(&server, project(&["attrs >= 20", "attrs>=20", "Werkzeug <3"])).await;
    assert!(!is_remembered(&first) && is_remembered(&second));
    assert!(fields(&first).0.contains(&"projects[0].constraints[0]"), "{first:?}");
    assert!(fields(&second).0.contains(&"projects[0].constraints[2]"), "{second:?}");
}
