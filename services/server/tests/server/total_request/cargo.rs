//! The rows of a project of crates.

use serde_json::{Value, json};

use super::Effect::{Answer, Refused};
use super::Reason::{Contradictory, Unsupported};
use super::{Row, in_project};

/// The request that every field is set on.
pub(super) fn base() -> Value {
    json!({ "projects": [{
        "name": "app",
        "ecosystem": "ECOSYSTEM_CARGO",
        "members": [{ "name": "app" }],
        "requirements": [{ "member": "app", "cargo": { "name": "serde", "requirement": "1" } }],
        "cargo": { "edition": "2024" },
    }]})
}

/// Every field of the request but those that mean the same for all ecosystems.
pub(super) fn table() -> Vec<Row> {
    let mut rows = requirements();
    rows.extend(members());
    rows.extend(patches());
    rows.extend(locks());
    rows.extend(environment());
    rows.extend(foreign());
    rows
}

fn none() -> Value {
    json!({})
}

/// A project whose one requirement has these parts too.
fn requiring(cargo: &Value) -> Value {
    in_project(&json!({ "requirements": [{ "cargo": cargo }] }))
}

/// A member beside `app`.
fn with_member(name: &str) -> Value {
    in_project(&json!({ "members": [{ "name": "app" }, { "name": name, "version": "1.0.0" }] }))
}

fn requirements() -> Vec<Row> {
    let field = |name: &str| -> &'static str { format!("projects.requirements.{name}").leak() };
    let without_default = || requiring(&json!({ "default_features": false }));
    vec![
        ("projects.name", none(), json!("other"), Answer),
        (
            "projects.ecosystem",
            none(),
            json!("ECOSYSTEM_NPM"),
            Refused(Contradictory, "projects[0].cargo"),
        ),
        (field("text"), none(), json!("serde@<1.0.100"), Answer),
        (
            field("npm."),
            none(),
            Value::Null,
            Refused(Contradictory, "projects[0].requirements[0].npm"),
        ),
        (field("cargo.name"), none(), json!("log"), Answer),
        (field("cargo.alias"), none(), json!("other"), Answer),
        (field("cargo.requirement"), none(), json!("<1.0.100"), Answer),
        (field("cargo.features"), none(), json!(["derive"]), Answer),
        (field("cargo.default_features"), without_default(), json!(true), Answer),
        (field("cargo.optional"), none(), json!(true), Answer),
        (field("cargo.target"), none(), json!("cfg(windows)"), Answer),
        (field("cargo.registry"), none(), json!("second"), Answer),
        (field("cargo.path_member"), with_member("serde"), json!("serde"), Answer),
        (field("dependency_set"), none(), json!("dev"), Answer),
        (
            field("hashes"),
            none(),
            json!(["x"]),
            Refused(Contradictory, "projects[0].requirements[0].hashes"),
        ),
        (field("member"), with_member("lib"), json!("lib"), Answer),
        ("projects.registries", none(), json!(["second"]), Answer),
    ]
}

/// A project with a feature that turns its one dependency on.
fn with_feature(name: &str) -> Value {
    in_project(&json!({
        "members": [{ "features": [{ "name": name, "enables": ["dep:serde"] }] }],
        "requirements": [{ "cargo": { "optional": true } }],
        "cargo": { "target": LINUX },
    }))
}

const LINUX: &str = "x86_64-unknown-linux-gnu";

fn members() -> Vec<Row> {
    let field = |name: &str| -> &'static str { format!("projects.members.{name}").leak() };
    let feature = || in_project(&json!({ "members": [{ "features": [{ "name": "f" }] }] }));
    let optional = in_project(&json!({
        "members": [{ "features": [{ "name": "f" }] }],
        "requirements": [{ "cargo": { "optional": true } }],
    }));
    let targeted = in_project(&json!({ "cargo": { "target": LINUX } }));
    vec![
        (
            field("name"),
            none(),
            json!("x"),
            Refused(Contradictory, "projects[0].requirements[0].member"),
        ),
        (field("version"), none(), json!("1.2.3"), Answer),
        (field("features.name"), feature(), json!("g"), Answer),
        (field("features.enables"), optional, json!(["dep:serde"]), Answer),
        (
            field("links"),
            requiring(&json!({ "name": "ring", "requirement": "=0.17.14" })),
            json!("ring_core_0_17_14_"),
            Answer,
        ),
        (
            field("bundle_dependencies"),
            none(),
            json!(["x"]),
            Refused(Contradictory, "projects[0].members[0].bundle_dependencies"),
        ),
        (
            field("rust_version"),
            requiring(&json!({ "name": "clap", "requirement": "4" })),
            json!("1.64"),
            Answer,
        ),
        (field("path"), none(), json!("x"), Refused(Contradictory, "projects[0].members[0].path")),
        (field("outside_workspace"), none(), json!(true), Answer),
        (field("proc_macro"), targeted, json!(true), Answer),
    ]
}

fn patches() -> Vec<Row> {
    let field = |name: &str| -> &'static str { format!("projects.patches.{name}").leak() };
    let patch = |more: &Value| {
        let mut patch = json!({ "name": "serde", "requirement": "=1.0.100", "registry": "second" });
        super::merge(&mut patch, more);
        in_project(&json!({ "patches": [patch] }))
    };
    let with_serde = in_project(&json!({
        "members": [{ "name": "app" }, { "name": "serde", "version": "1.0.0" }],
        "patches": [{ "name": "serde", "requirement": "=1.0.100", "registry": "second" }],
    }));
    // No patch puts a crate in its own place.
    let of_second = patch(&json!({ "patched_registry": "second", "registry": "" }));
    vec![
        (field("patched_registry"), patch(&none()), json!("second"), Answer),
        (field("name"), patch(&none()), json!("log"), Answer),
        (field("requirement"), patch(&none()), json!("=1.0.101"), Answer),
        (field("registry"), of_second, json!("second"), Answer),
        (field("member"), with_serde, json!("serde"), Answer),
    ]
}

fn locks() -> Vec<Row> {
    let field = |name: &str| -> &'static str { format!("projects.locked.{name}").leak() };
    let locked = || in_project(&json!({ "locked": [{ "name": "serde", "version": "1.0.100" }] }));
    // Both lines are locked. The edge says which of them is for whom, and the older one is for those
    // that none leads to.
    let edge = || {
        in_project(&json!({
            "requirements": [{ "cargo": { "name": "syn", "requirement": ">=1, <3" } }],
            "locked": [
                {
                    "name": "app",
                    "version": "0.0.0",
                    "dependencies": [{ "name": "syn", "version": "2.0.100" }],
                },
                { "name": "syn", "version": "1.0.109" },
                { "name": "syn", "version": "2.0.100" },
            ],
        }))
    };
    vec![
        (field("name"), locked(), json!("log"), Answer),
        (field("version"), locked(), json!("1.0.101"), Answer),
        (field("registry"), locked(), json!("second"), Answer),
        (
            field("location"),
            locked(),
            json!("node_modules/serde"),
            Refused(Contradictory, "projects[0].locked[0].location"),
        ),
        (
            field("link"),
            locked(),
            json!("lib"),
            Refused(Contradictory, "projects[0].locked[0].link"),
        ),
        (field("dependencies.name"), edge(), json!("log"), Answer),
        (field("dependencies.version"), edge(), json!("1.0.109"), Answer),
        (field("dependencies.registry"), edge(), json!("second"), Answer),
    ]
}

fn environment() -> Vec<Row> {
    let field = |name: &str| -> &'static str { format!("projects.cargo.{name}").leak() };
    let clap = || requiring(&json!({ "name": "clap", "requirement": "4" }));
    let old = || {
        let mut old = clap();
        super::merge(&mut old, &in_project(&json!({ "cargo": { "rust_version": "1.64" } })));
        old
    };
    let two = in_project(&json!({
        "members": [{ "name": "app" }, { "name": "lib" }],
        "cargo": { "target": LINUX },
    }));
    let dev = in_project(&json!({
        "requirements": [{ "dependency_set": "dev" }],
        "cargo": { "target": LINUX },
    }));
    let on_windows = in_project(&json!({
        "requirements": [{ "dependency_set": "build", "cargo": { "target": "cfg(windows)" } }],
        "cargo": { "target": LINUX },
    }));
    vec![
        (field("target"), none(), json!(LINUX), Answer),
        (field("rust_version"), clap(), json!("1.64"), Answer),
        (field("resolver"), old(), json!("CARGO_RESOLVER_V1"), Answer),
        (field("edition"), old(), json!("2015"), Answer),
        (field("build.members"), two, json!(["lib"]), Answer),
        (field("build.features"), with_feature("f"), json!(["f"]), Answer),
        (field("build.all_features"), with_feature("f"), json!(true), Answer),
        (field("build.no_default_features"), with_feature("default"), json!(true), Answer),
        (field("build.dev"), dev, json!(true), Answer),
        (field("build.host"), on_windows, json!("x86_64-pc-windows-msvc"), Answer),
    ]
}

/// What crates do not have.
fn foreign() -> Vec<Row> {
    let refused = |path| Refused(Contradictory, path);
    vec![
        ("projects.constraints.", none(), Value::Null, refused("projects[0].constraints")),
        ("projects.overrides.", none(), Value::Null, refused("projects[0].overrides")),
        ("projects.excludes", none(), json!(["x"]), refused("projects[0].excludes")),
        (
            "projects.dependency_sets",
            none(),
            json!(["main"]),
            Refused(Unsupported, "projects[0].dependency_sets"),
        ),
        ("projects.registry_pins.", none(), Value::Null, refused("projects[0].registry_pins")),
        (
            "projects.supplied_metadata.",
            none(),
            Value::Null,
            refused("projects[0].supplied_metadata"),
        ),
        ("projects.pypi.", none(), Value::Null, refused("projects[0].pypi")),
        ("projects.npm.", none(), Value::Null, refused("projects[0].npm")),
        (
            "policy.prereleases",
            none(),
            json!("PRERELEASE_MODE_DISALLOW"),
            Refused(Unsupported, "policy.prereleases"),
        ),
        ("policy.only_binary", none(), json!([":all:"]), refused("policy.only_binary")),
        ("policy.no_binary", none(), json!(["x"]), refused("policy.no_binary")),
        (
            "budget.max_steps",
            requiring(&json!({ "name": "tokio", "features": ["full"] })),
            json!("1"),
            Answer,
        ),
        (
            "budget.max_solve_time",
            requiring(&json!({ "name": "bevy", "requirement": "*" })),
            json!("0.000000001s"),
            Answer,
        ),
        (
            "credentials.registry",
            json!({ "credentials": [{ "registry": "cargo", "metadata_key": "x-first" }] }),
            json!("second"),
            super::Effect::Fetches,
        ),
        (
            "credentials.metadata_key",
            json!({ "credentials": [{ "registry": "cargo", "metadata_key": "x-first" }] }),
            json!("x-second"),
            super::Effect::Fetches,
        ),
    ]
}
