//! The rows of a project of npm's.

use serde_json::{Value, json};

use super::Effect::{Answer, Fetches, Refused};
use super::Reason::{Contradictory, Unsupported};
use super::{Row, in_project};

/// The request that every field is set on.
pub(super) fn base() -> Value {
    json!({ "projects": [{
        "name": "app",
        "ecosystem": "ECOSYSTEM_NPM",
        "requirements": [{ "npm": { "name": "which", "spec": ">=3" } }],
        "npm": {},
    }]})
}

/// Every field of the request but those that mean the same for all ecosystems.
pub(super) fn table() -> Vec<Row> {
    let mut rows = requirements();
    rows.extend(members());
    rows.extend(overrides());
    rows.extend(locks());
    rows.extend(environment());
    rows.extend(foreign());
    rows.extend(work());
    rows
}

fn none() -> Value {
    json!({})
}

/// A project that requires these at once.
fn requiring(required: &[(&str, &str)]) -> Value {
    let required =
        required.iter().map(|(name, spec)| json!({ "npm": { "name": name, "spec": spec } }));
    in_project(&json!({ "requirements": required.collect::<Vec<_>>() }))
}

fn requirements() -> Vec<Row> {
    let field = |name: &str| -> &'static str { format!("projects.requirements.{name}").leak() };
    let path =
        |name: &str| -> &'static str { format!("projects[0].requirements[0].{name}").leak() };
    let refused = |name| Refused(Contradictory, path(name));
    let peer = || in_project(&json!({ "requirements": [{ "dependency_set": "peer" }] }));
    let pin =
        || in_project(&json!({ "registry_pins": [{ "package": "isexe", "registry": "second" }] }));
    vec![
        ("projects.name", none(), json!("other"), Answer),
        (
            "projects.ecosystem",
            none(),
            json!("ECOSYSTEM_CARGO"),
            Refused(Contradictory, "projects[0].npm"),
        ),
        (field("text"), none(), json!("which@^3"), Answer),
        (field("npm.name"), none(), json!("isexe"), Answer),
        (field("npm.spec"), none(), json!("^3"), Answer),
        (field("npm.beneath"), none(), json!(["x"]), refused("npm.beneath")),
        (field("npm.optional"), peer(), json!(true), Answer),
        (field("cargo."), none(), Value::Null, refused("cargo")),
        (field("dependency_set"), none(), json!("dev"), Answer),
        (field("hashes"), none(), json!(["x"]), refused("hashes")),
        (field("member"), with_folder(), json!("lib"), Answer),
        ("projects.registries", none(), json!(["second"]), Answer),
        ("projects.registry_pins.package", pin(), json!("which"), Answer),
        ("projects.registry_pins.registry", pin(), json!("npm"), Answer),
    ]
}

/// A folder of the project, which requires what the root does.
fn with_folder() -> Value {
    in_project(&json!({
        "members": [{ "name": "lib", "version": "1.0.0", "path": "lib" }],
    }))
}

fn members() -> Vec<Row> {
    let field = |name: &str| -> &'static str { format!("projects.members.{name}").leak() };
    let refused =
        |name: &str| Refused(Contradictory, format!("projects[0].members[0].{name}").leak());
    let root = in_project(&json!({ "members": [{ "name": "app" }] }));
    vec![
        (field("name"), with_folder(), json!("other"), Answer),
        (field("version"), with_folder(), json!("1.2.3"), Answer),
        (field("features."), none(), Value::Null, refused("features")),
        (field("links"), none(), json!("x"), refused("links")),
        (field("rust_version"), none(), json!("1.85"), refused("rust_version")),
        (field("path"), with_folder(), json!("packages/lib"), Answer),
        (field("outside_workspace"), with_folder(), json!(true), Answer),
        (field("proc_macro"), none(), json!(true), refused("proc_macro")),
        (field("bundle_dependencies"), root, json!(["which"]), Answer),
    ]
}

fn overrides() -> Vec<Row> {
    let field = |name: &str| -> &'static str { format!("projects.overrides.{name}").leak() };
    let refused =
        |name: &str| Refused(Contradictory, format!("projects[0].overrides[0].{name}").leak());
    let overriding =
        || in_project(&json!({ "overrides": [{ "npm": { "name": "isexe", "spec": "1.1.2" } }] }));
    vec![
        (field("text"), none(), json!("isexe@1.1.2"), Answer),
        (field("npm.name"), overriding(), json!("other"), Answer),
        (field("npm.spec"), overriding(), json!("1.1.1"), Answer),
        (field("npm.beneath"), overriding(), json!(["other"]), Answer),
        (field("npm.optional"), overriding(), json!(true), refused("npm.optional")),
        (field("cargo."), none(), Value::Null, refused("cargo")),
        (field("dependency_set"), overriding(), json!("dev"), refused("dependency_set")),
        (field("hashes"), overriding(), json!(["x"]), refused("hashes")),
        (field("member"), overriding(), json!("lib"), refused("member")),
    ]
}

fn locks() -> Vec<Row> {
    let field = |name: &str| -> &'static str { format!("projects.locked.{name}").leak() };
    let refused =
        |name: &str| Refused(Contradictory, format!("projects[0].locked[0].{name}").leak());
    let locked = || {
        in_project(&json!({ "locked": [
            { "name": "which", "version": "3.0.1", "location": "node_modules/which" },
        ]}))
    };
    vec![
        (field("name"), locked(), json!("isexe"), Answer),
        (field("version"), locked(), json!("4.0.0"), Answer),
        (field("registry"), locked(), json!("npm"), refused("registry")),
        (field("dependencies."), locked(), Value::Null, refused("dependencies")),
        (field("location"), locked(), json!("node_modules/other"), Answer),
        (field("link"), locked(), json!("lib"), refused("name")),
    ]
}

fn environment() -> Vec<Row> {
    let field = |name: &str| -> &'static str { format!("projects.npm.{name}").leak() };
    // Of the packages that it may depend on, each is for one platform.
    let sharp = || requiring(&[("sharp", "*")]);
    let peers = || requiring(&[("react-dom", "^19.3.1")]);
    // What npm lets pass: a peer that only dependencies are at odds about.
    let odds = requiring(&[("@oxc-parser/binding-wasm32-wasi", "*")]);
    let shared = requiring(&[("@storybook/builder-vite", "*")]);
    // The newest version of the first has a peer that the second is too old for.
    let newer = requiring(&[("@pinia/colada", "^0"), ("typescript", "^0")]);
    vec![
        (field("node_version"), none(), json!("16.20.0"), Answer),
        (field("npm_version"), requiring(&[("rollup", "*")]), json!("6.0.0"), Answer),
        (field("os"), sharp(), json!("linux"), Answer),
        (field("cpu"), sharp(), json!("x64"), Answer),
        (field("libc"), sharp(), json!("glibc"), Answer),
        (field("legacy_peer_deps"), peers(), json!(true), Answer),
        (field("strict_peer_deps"), odds, json!(true), Answer),
        (field("prefer_dedupe"), shared, json!(true), Answer),
        (field("install_strategy"), none(), json!("NPM_INSTALL_STRATEGY_NESTED"), Answer),
        (field("no_adjustment"), newer, json!(true), Answer),
    ]
}

/// What npm does not have.
fn foreign() -> Vec<Row> {
    let refused = |path| Refused(Contradictory, path);
    let supplied = "projects.supplied_metadata.";
    vec![
        ("projects.constraints.", none(), Value::Null, refused("projects[0].constraints")),
        ("projects.excludes", none(), json!(["x"]), refused("projects[0].excludes")),
        (
            "projects.dependency_sets",
            none(),
            json!(["main"]),
            Refused(Unsupported, "projects[0].dependency_sets"),
        ),
        (supplied, none(), Value::Null, refused("projects[0].supplied_metadata")),
        ("projects.patches.", none(), Value::Null, refused("projects[0].patches")),
        ("projects.pypi.", none(), Value::Null, refused("projects[0].pypi")),
        ("projects.cargo.", none(), Value::Null, refused("projects[0].cargo")),
        (
            "policy.prereleases",
            none(),
            json!("PRERELEASE_MODE_DISALLOW"),
            Refused(Unsupported, "policy.prereleases"),
        ),
        ("policy.only_binary", none(), json!([":all:"]), refused("policy.only_binary")),
        ("policy.no_binary", none(), json!(["x"]), refused("policy.no_binary")),
    ]
}

fn work() -> Vec<Row> {
    let secret = || json!({ "credentials": [{ "registry": "npm", "metadata_key": "x-first" }] });
    vec![
        ("budget.max_steps", requiring(&[("vite", "^8")]), json!("1"), Answer),
        (
            "budget.max_solve_time",
            requiring(&[("storybook", "^10")]),
            json!("0.000000001s"),
            Answer,
        ),
        ("credentials.registry", secret(), json!("second"), Fetches),
        ("credentials.metadata_key", secret(), json!("x-second"), Fetches),
        ("options.include_manifests", none(), json!(true), Answer),
    ]
}
