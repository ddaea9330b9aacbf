//! A request is total: every field of the contract changes something, or is refused by its name.
//!
//! The fields are taken from the descriptor, so that a field that is added to the contract fails
//! this test until it is in the table of each ecosystem.

mod cargo;
mod npm;

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use prost_reflect::{DescriptorPool, DynamicMessage, Kind, MessageDescriptor};
use proto::v1;
use quartermaster::convert::{Asked, Call, asked};
use quartermaster::errors::{Reason, Refusal};
use serde_json::{Value, json};
use tonic::metadata::MetadataMap;

use crate::conversion::{declared, metadata};

/// What setting a field does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The outcome, its freshness or its form is another one.
    Answer,
    /// Registries are asked where a repeated request would ask none, or at another time.
    Fetches,
    /// The request is refused with this reason, and names this field.
    Refused(Reason, &'static str),
}
use Effect::{Answer, Fetches, Refused};
use Reason::{Contradictory, Malformed, Unsupported};

/// A field, or all fields beneath one; what is set beside it; its value; and what that does.
pub(crate) type Row = (&'static str, Value, Value, Effect);

/// All fields of the request, as one ecosystem has them.
struct Table {
    ecosystem: &'static str,
    /// The request that every field is set on.
    base: Value,
    rows: Vec<Row>,
}

fn tables() -> [Table; 3] {
    let python = json!({ "projects": [{
        "name": "app",
        "ecosystem": "ECOSYSTEM_PYPI",
        "requirements": [{ "text": "flask>=3" }],
        "pypi": { "python_version": "3.12", "platform": "linux" },
    }]});
    let mut rows = projects();
    rows.extend(foreign());
    rows.extend(environments());
    rows.extend(bounds("constraints"));
    rows.extend(bounds("overrides"));
    rows.extend(policies());
    rows.extend(others());
    rows.extend(held("flask", "<3.1.2", "ECOSYSTEM_NPM"));
    rows.push(without_manifests());
    let python = Table { ecosystem: "pypi", base: python, rows };
    let mut rows = cargo::table();
    rows.extend(others());
    rows.extend(held("serde", "<1.0.200", "ECOSYSTEM_NPM"));
    rows.push(without_manifests());
    let cargo = Table { ecosystem: "cargo", base: cargo::base(), rows };
    let mut rows = npm::table();
    rows.extend(others());
    rows.extend(held("which", "3", "ECOSYSTEM_CARGO"));
    [python, cargo, Table { ecosystem: "npm", base: npm::base(), rows }]
}

fn in_project(setup: &Value) -> Value {
    json!({ "projects": [setup] })
}

const NO_FILE: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// A document for a version of `flask` that needs one other package, in the form of JSON.
fn document(requirement: &str) -> Value {
    let document = format!("Metadata-Version: 2.1\nName: flask\nRequires-Dist: {requirement}\n");
    json!(BASE64.encode(document))
}

fn projects() -> Vec<Row> {
    let pin = || {
        in_project(&json!({ "registry_pins": [{ "package": "werkzeug", "registry": "second" }] }))
    };
    let supplied = || {
        let metadata = document("attrs");
        in_project(&json!({
            "requirements": [{ "text": "flask==3.1.2" }],
            "supplied_metadata": [{ "name": "flask", "version": "3.1.2", "metadata": metadata }],
        }))
    };
    let none = || json!({});
    let locked = || in_project(&json!({ "locked": [{ "name": "werkzeug", "version": "3.1.1" }] }));
    let two_sets = in_project(&json!({ "requirements": [
        { "text": "flask>=3" }, { "text": "attrs", "dependency_set": "extra:test" },
    ]}));
    vec![
        ("projects.name", none(), json!("other"), Answer),
        (
            "projects.ecosystem",
            none(),
            json!("ECOSYSTEM_NPM"),
            Refused(Contradictory, "projects[0].pypi"),
        ),
        ("projects.requirements.text", none(), json!("flask<3"), Answer),
        ("projects.requirements.dependency_set", none(), json!("extra:web"), Answer),
        ("projects.requirements.hashes", none(), json!([NO_FILE]), Answer),
        ("projects.excludes", none(), json!(["Werkzeug"]), Answer),
        ("projects.locked.name", locked(), json!("click"), Answer),
        ("projects.locked.version", locked(), json!("3.1.4"), Answer),
        ("projects.dependency_sets", two_sets, json!(["main"]), Answer),
        ("projects.registries", none(), json!(["second"]), Answer),
        ("projects.registry_pins.package", pin(), json!("flask"), Answer),
        ("projects.registry_pins.registry", pin(), json!("pypi"), Answer),
        ("projects.supplied_metadata.name", supplied(), json!("click"), Answer),
        ("projects.supplied_metadata.version", supplied(), json!("3.1.1"), Answer),
        ("projects.supplied_metadata.metadata", supplied(), document("click<8"), Answer),
    ]
}

/// The fields that only other ecosystems have.
fn foreign() -> Vec<Row> {
    let none = || json!({});
    let locked = || in_project(&json!({ "locked": [{ "name": "werkzeug", "version": "3.1.1" }] }));
    vec![
        (
            "projects.requirements.npm.",
            none(),
            Value::Null,
            Refused(Contradictory, "projects[0].requirements[0].npm"),
        ),
        (
            "projects.requirements.cargo.",
            none(),
            Value::Null,
            Refused(Contradictory, "projects[0].requirements[0].cargo"),
        ),
        (
            "projects.requirements.member",
            none(),
            json!("app"),
            Refused(Contradictory, "projects[0].requirements[0].member"),
        ),
        (
            "projects.locked.registry",
            locked(),
            json!("pypi"),
            Refused(Contradictory, "projects[0].locked[0].registry"),
        ),
        (
            "projects.locked.dependencies.",
            locked(),
            Value::Null,
            Refused(Contradictory, "projects[0].locked[0].dependencies"),
        ),
        (
            "projects.locked.location",
            locked(),
            json!("node_modules/werkzeug"),
            Refused(Contradictory, "projects[0].locked[0].location"),
        ),
        (
            "projects.locked.link",
            locked(),
            json!("lib"),
            Refused(Contradictory, "projects[0].locked[0].link"),
        ),
        ("projects.members.", none(), Value::Null, Refused(Contradictory, "projects[0].members")),
        ("projects.patches.", none(), Value::Null, Refused(Contradictory, "projects[0].patches")),
        ("projects.npm.", none(), Value::Null, Refused(Contradictory, "projects[0].npm")),
        ("projects.cargo.", none(), Value::Null, Refused(Contradictory, "projects[0].cargo")),
    ]
}

/// The fields of the environment.
fn environments() -> Vec<Row> {
    let none = || json!({});
    // Compiled wheels tell interpreters apart.
    let compiled = |python: &str| {
        in_project(&json!({
            "pypi": { "python_version": python },
            "requirements": [{ "text": "markupsafe" }],
        }))
    };
    let newest = compiled("3.13");
    vec![
        ("projects.pypi.python_version", none(), json!("3.8"), Answer),
        ("projects.pypi.platform", none(), json!("windows"), Answer),
        ("projects.pypi.implementation_name", compiled("3.10"), json!("pypy"), Answer),
        ("projects.pypi.free_threaded", newest, json!(true), Answer),
        (
            "projects.pypi.universal",
            none(),
            json!(true),
            Refused(Unsupported, "projects[0].pypi.universal"),
        ),
        ("projects.pypi.allow_sdists", none(), json!(true), Answer),
    ]
}

/// The fields of constraints or overrides.
fn bounds(list: &'static str) -> Vec<Row> {
    let one = in_project(&json!({ list: [{ "text": "werkzeug" }] }));
    let name = |field: &str| -> &'static str { format!("projects.{list}.{field}").leak() };
    let path = |field: &str| -> &'static str { format!("projects[0].{list}[0].{field}").leak() };
    vec![
        (name("text"), one.clone(), json!("werkzeug==3.0.1"), Answer),
        (name("npm."), one.clone(), Value::Null, Refused(Contradictory, path("npm"))),
        (name("cargo."), one.clone(), Value::Null, Refused(Contradictory, path("cargo"))),
        (
            name("dependency_set"),
            one.clone(),
            json!("main"),
            Refused(Contradictory, path("dependency_set")),
        ),
        (name("member"), one.clone(), json!("app"), Refused(Contradictory, path("member"))),
        (name("hashes"), one, json!([NO_FILE]), Answer),
    ]
}

/// What to choose and how hard to try, as Python's packages have it.
fn policies() -> Vec<Row> {
    // The only versions of `class-doc` are pre-releases; what another row has asked for before is
    // remembered, and takes no work at all.
    let only = |text: &str| in_project(&json!({ "requirements": [{ "text": text }] }));
    let sdists = || in_project(&json!({ "pypi": { "allow_sdists": true } }));
    let secret = || json!({ "credentials": [{ "registry": "pypi", "metadata_key": "x-first" }] });
    vec![
        ("policy.prereleases", only("class-doc"), json!("PRERELEASE_MODE_DISALLOW"), Answer),
        ("policy.only_binary", sdists(), json!([":all:"]), Answer),
        ("policy.no_binary", sdists(), json!(["flask"]), Answer),
        ("budget.max_steps", only("jupyterlab"), json!("1"), Answer),
        (
            "budget.max_solve_time",
            only("apache-airflow[amazon,celery,postgres,google]"),
            json!("0.000000001s"),
            Answer,
        ),
        ("credentials.registry", secret(), json!("second"), Fetches),
        ("credentials.metadata_key", secret(), json!("x-second"), Fetches),
    ]
}

/// The fields that mean the same for all ecosystems.
fn others() -> Vec<Row> {
    let none = || json!({});
    vec![
        ("policy.strategy", none(), json!("STRATEGY_LOWEST"), Answer),
        (
            "policy.yanked",
            none(),
            json!("YANKED_MODE_ALLOW"),
            Refused(Unsupported, "policy.yanked"),
        ),
        ("policy.before", none(), json!("2024-06-01T00:00:00Z"), Answer),
        ("policy.minimum_age", none(), json!("47304000s"), Answer),
        ("freshness.max_staleness", none(), json!("0s"), Fetches),
        ("freshness.stale_while_revalidate", none(), json!(true), Fetches),
        ("options.acceptable_reach", none(), json!(1), Answer),
        ("options.max_acceptable_versions", none(), json!(1), Answer),
        ("options.edges", none(), json!("EDGE_DETAIL_NONE"), Answer),
        ("options.artifacts", none(), json!("ARTIFACT_DETAIL_NONE"), Answer),
        ("options.include_stamps", none(), json!(true), Answer),
        ("snapshot_token", none(), json!("abc"), Answer),
        ("known_answer", none(), json!("abc"), Refused(Malformed, "known_answer")),
    ]
}

/// What the client has of the package that the base requires: the version that is chosen, and an older
/// one.
fn held(name: &str, older: &str, foreign: &str) -> Vec<Row> {
    let held = |range: &str| json!({ "held": [{ "name": name, "ranges": [range] }] });
    let refused = Refused(Contradictory, "held[0].ecosystem");
    vec![
        ("policy.held_policy", held(older), json!("HELD_POLICY_FEWEST_CHANGES"), Answer),
        ("held.ecosystem", held(">=1"), json!(foreign), refused),
        ("held.name", held(">=1"), json!("another"), Answer),
        ("held.ranges", held(">=1"), json!(["<1"]), Answer),
    ]
}

/// Only npm's locks repeat manifests.
fn without_manifests() -> Row {
    let field = "options.include_manifests";
    (field, json!({}), json!(true), Refused(Contradictory, field))
}

/// The rows of the table as requests: the field's path, the request without it, the request with
/// it, and what that does. A row that ends with a dot stands for all fields beneath.
pub(crate) fn requests() -> Vec<(String, v1::ResolveRequest, v1::ResolveRequest, Effect)> {
    let mut requests = Vec::new();
    for Table { ecosystem, base, rows } in tables() {
        for (path, setup, value, effect) in rows {
            let mut without = base.clone();
            merge(&mut without, &setup);
            for field in fields().into_iter().filter(|field| covers(path, &field.path)) {
                let mut with = without.clone();
                let value = if value.is_null() { field.value.clone() } else { value.clone() };
                put(&mut with, &field.path, &value);
                assert_ne!(value, field.default, "{path}: the default changes nothing");
                let name = format!("{ecosystem} {}", field.path);
                requests.push((name, decode(&without), decode(&with), effect));
            }
        }
    }
    requests
}

fn covers(row: &str, field: &str) -> bool {
    row == field || (row.ends_with('.') && field.starts_with(row))
}

/// A field that has no fields of its own.
struct Field {
    path: String,
    /// A value other than the default.
    value: Value,
    default: Value,
}

fn request_descriptor() -> MessageDescriptor {
    let pool = DescriptorPool::decode(proto::FILE_DESCRIPTOR_SET).unwrap();
    pool.get_message_by_name("quartermaster.resolver.v1.ResolveRequest").unwrap()
}

fn fields() -> Vec<Field> {
    let mut found = Vec::new();
    walk(&request_descriptor(), "", &mut found);
    found
}

fn walk(message: &MessageDescriptor, prefix: &str, found: &mut Vec<Field>) {
    for field in message.fields() {
        let path = format!("{prefix}{}", field.name());
        let (value, default) = match field.kind() {
            Kind::Message(inner) if inner.package_name() == "google.protobuf" => {
                (json!("1s"), Value::Null)
            }
            Kind::Message(inner) => {
                walk(&inner, &format!("{path}."), found);
                continue;
            }
            Kind::String => (json!("x"), json!("")),
            Kind::Bytes => (json!("eA=="), json!("")),
            Kind::Bool => (json!(true), json!(false)),
            Kind::Enum(_) => (json!(1), json!(0)),
            _ => (json!(1), json!(0)),
        };
        let (value, default) =
            if field.is_list() { (json!([value]), json!([])) } else { (value, default) };
        found.push(Field { path, value, default });
    }
}

/// Puts a value at the path of a field, in the first entry of each list on the way.
fn put(request: &mut Value, path: &str, value: &Value) {
    let mut message = request_descriptor();
    let mut place = request;
    let names: Vec<&str> = path.split('.').collect();
    for (depth, name) in names.iter().enumerate() {
        let field = message.get_field_by_name(name).unwrap();
        if let Some(group) = field.containing_oneof()
            && let Value::Object(entries) = &mut *place
        {
            // Another member of the group would be set twice.
            entries.retain(|key, _| key == name || group.fields().all(|one| one.name() != key));
        }
        if depth + 1 == names.len() {
            place[*name] = value.clone();
            return;
        }
        place = &mut place[*name];
        if field.is_list() {
            if place.is_null() {
                *place = json!([{}]);
            }
            place = &mut place[0];
        }
        let Kind::Message(inner) = field.kind() else { panic!("{path}") };
        message = inner;
    }
}

fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(into), Value::Array(from)) => {
            for (index, value) in from.iter().enumerate() {
                if index == into.len() {
                    into.push(Value::Null);
                }
                merge(&mut into[index], value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

pub(crate) fn decode(request: &Value) -> v1::ResolveRequest {
    let message = DynamicMessage::deserialize(request_descriptor(), request)
        .unwrap_or_else(|error| panic!("{error}: {request}"));
    message.transcode_to().unwrap()
}

fn convert(request: v1::ResolveRequest, metadata: &MetadataMap) -> Result<Asked, Refusal> {
    asked(request, &declared(), Call { metadata, remaining: None })
}

/// All of a request, secrets too, which `Debug` leaves out.
fn everything(asked: &Asked) -> String {
    let secrets: Vec<_> = asked.request.credentials.iter().map(|one| &one.secret).collect();
    format!("{asked:?} {secrets:?}")
}

#[test]
fn every_field_of_the_contract_is_in_each_table_once() {
    for Table { ecosystem, rows: table, .. } in tables() {
        let mut used = BTreeSet::new();
        for field in fields() {
            let rows: Vec<_> = table.iter().filter(|row| covers(row.0, &field.path)).collect();
            let path = &field.path;
            assert_eq!(rows.len(), 1, "{ecosystem}: `{path}` has {} rows", rows.len());
            used.insert(rows[0].0);
        }
        let unused: Vec<_> =
            table.iter().filter(|row| !used.contains(row.0)).map(|row| row.0).collect();
        assert!(unused.is_empty(), "{ecosystem}: the contract has no {unused:?}");
    }
}

#[test]
fn every_field_is_refused_by_name_or_asks_the_engine_for_something_else() {
    let metadata = metadata();
    for (field, without, with, effect) in requests() {
        let without = convert(without, &metadata)
            .unwrap_or_else(|refusal| panic!("{field}: the base is refused: {refusal:?}"));
        match (convert(with, &metadata), effect) {
            (Err(refusal), Refused(reason, path)) => {
                let told = |one: &quartermaster::errors::Violation| {
                    one.reason == reason && one.field == path
                };
                assert!(refusal.violations.iter().any(told), "{field}: {refusal:?}");
            }
            (Ok(asked), Answer | Fetches) => {
                assert_ne!(everything(&asked), everything(&without), "{field} is ignored");
            }
            (result, effect) => panic!("{field} should be {effect:?}: {result:?}"),
        }
    }
}
