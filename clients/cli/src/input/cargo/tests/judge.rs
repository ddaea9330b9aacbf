//! Cargo itself as the judge of what manifests say: `cargo metadata` reads the same files.

use std::{
    collections::BTreeSet,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

use super::{
    PACKAGE, POINTED, SHARED,
    refused::{faulty, unsupported},
    write,
};
use crate::input::cargo::{Existing, Workspace, read};

/// Lets cargo read a manifest and its workspace, without dependencies of dependencies.
fn run(manifest: &Path) -> Output {
    Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1", "--manifest-path"])
        .arg(manifest)
        .env("CARGO_REGISTRIES_CORP_INDEX", "sparse+https://corp.example/")
        .output()
        .unwrap()
}

fn metadata(manifest: &Path) -> Value {
    let output = run(manifest);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The lines of a comparison, from cargo's side.
fn cargo_s(metadata: &Value) -> BTreeSet<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut lines = BTreeSet::new();
    for package in metadata["packages"].as_array().unwrap() {
        let name = text(&package["name"]);
        let (version, rust) = (text(&package["version"]), text(&package["rust_version"]));
        lines.insert(format!("{name} {version} rust `{rust}` links `{}`", text(&package["links"])));
        for (feature, enables) in package["features"].as_object().unwrap() {
            // Cargo adds the features that optional dependencies imply.
            let implied = Value::from(vec![format!("dep:{feature}")]);
            if *enables != implied {
                lines.insert(format!("{name} feature {feature} {enables}"));
            }
        }
        for entry in package["dependencies"].as_array().unwrap() {
            let path = entry["path"].as_str().map(|path| Path::new(path).file_name().unwrap());
            let registry = entry["registry"].as_str().is_some_and(|url| url.contains("corp"));
            lines.insert(format!(
                "{name} {} {:?} {:?} as {:?} features {} default {} optional {} corp {registry} path {}",
                text(&entry["name"]),
                text(&entry["kind"]),
                text(&entry["target"]),
                text(&entry["rename"]),
                entry["features"],
                entry["uses_default_features"],
                entry["optional"],
                path.is_some(),
            ));
        }
    }
    lines
}

/// The same lines from what is read here.
fn ours(workspace: &Workspace) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for member in &workspace.members {
        let text = |stated: &Option<crate::input::Stated>| {
            stated.as_ref().map(|stated| stated.text.clone()).unwrap_or_default()
        };
        let name = &member.name.text;
        let version = member.version.as_ref().map_or("0.0.0", |version| &version.text);
        let (rust, links) = (text(&member.rust_version), text(&member.links));
        lines.insert(format!("{name} {version} rust `{rust}` links `{links}`"));
        for (feature, enables) in &member.features {
            let enables: Vec<_> = enables.iter().map(|entry| entry.text.clone()).collect();
            lines.insert(format!("{name} feature {} {}", feature.text, Value::from(enables)));
        }
    }
    for entry in &workspace.dependencies {
        let features: Vec<_> = entry.features.iter().map(|feature| feature.text.clone()).collect();
        let target = entry.target.as_ref().map_or("", |target| &target.text);
        lines.insert(format!(
            "{} {} {:?} {target:?} as {:?} features {} default {} optional {} corp {} path {}",
            entry.member,
            entry.name,
            entry.dependency_set,
            entry.alias,
            Value::from(features),
            entry.default_features.unwrap_or(true),
            entry.optional,
            entry.registry.is_some(),
            !entry.path_member.is_empty(),
        ));
    }
    lines
}

#[test]
fn cargo_reads_the_same() {
    for scenario in [PACKAGE, SHARED, POINTED] {
        let folder = tempfile::tempdir().unwrap();
        let manifest = write(folder.path(), scenario);
        let workspace = read(&manifest, Existing::Kept).unwrap();
        assert_eq!(ours(&workspace), cargo_s(&metadata(&manifest)));
    }
}

#[test]
fn cargo_refuses_the_same_and_takes_what_is_refused_here_alone() {
    for (manifests, taken) in [(faulty(), false), (unsupported(), true)] {
        for text in manifests {
            let folder = tempfile::tempdir().unwrap();
            let manifest = write(folder.path(), &format!("-- Cargo.toml\n{text}"));
            let output = run(&manifest);
            let told = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.success(), taken, "{text}\n{told}");
        }
    }
}
