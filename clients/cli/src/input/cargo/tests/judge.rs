//! Cargo itself as the judge of what manifests say: `cargo metadata` reads the same files.

use std::{
    collections::BTreeSet,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

use super::{
    OUTSIDE, PACKAGE, POINTED, SHARED,
    refused::{faulty, unsupported},
    write,
};
use crate::input::cargo::{Existing, Workspace, read};

/// Lets cargo read a manifest and its workspace; with what lies outside only where no registry is needed.
fn run(manifest: &Path, with: With) -> Output {
    let extent = if with == With::Members { "--no-deps" } else { "--all-features" };
    Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--format-version", "1", "--manifest-path"])
        .arg(manifest)
        .arg(extent)
        .env("CARGO_REGISTRIES_CORP_INDEX", "sparse+https://corp.example/")
        .output()
        .unwrap()
}

/// What cargo reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum With {
    Members,
    AllPaths,
}

fn metadata(manifest: &Path, with: With) -> Value {
    let output = run(manifest, with);
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
        let outside = !metadata["workspace_members"].as_array().unwrap().contains(&package["id"]);
        let kinds = package["targets"].as_array().unwrap().iter().map(|target| &target["kind"]);
        let is_macro = kinds.into_iter().any(|kind| kind[0] == "proc-macro");
        lines.insert(format!(
            "{name} {version} rust `{rust}` links `{}` outside {outside} macro {is_macro}",
            text(&package["links"]),
        ));
        for (feature, enables) in package["features"].as_object().unwrap() {
            // Cargo adds the features that optional dependencies imply.
            let implied = Value::from(vec![format!("dep:{feature}")]);
            if *enables != implied {
                lines.insert(format!("{name} feature {feature} {enables}"));
            }
        }
        for entry in package["dependencies"].as_array().unwrap() {
            if outside && entry["kind"] == "dev" {
                continue;
            }
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
        let (outside, is_macro) = (member.outside, member.proc_macro);
        lines.insert(format!(
            "{name} {version} rust `{rust}` links `{links}` outside {outside} macro {is_macro}"
        ));
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
    for (scenario, with) in [
        (PACKAGE, With::Members),
        (SHARED, With::Members),
        (POINTED, With::AllPaths),
        (OUTSIDE, With::AllPaths),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let manifest = write(folder.path(), scenario);
        let workspace = read(&manifest, Existing::Kept).unwrap();
        assert_eq!(ours(&workspace), cargo_s(&metadata(&manifest, with)));
    }
}

#[test]
fn cargo_refuses_the_same_and_takes_what_is_refused_here_alone() {
    for (manifests, taken) in [(faulty(), false), (unsupported(), true)] {
        for text in manifests {
            let folder = tempfile::tempdir().unwrap();
            let manifest = write(folder.path(), &format!("-- Cargo.toml\n{text}"));
            let output = run(&manifest, With::Members);
            let told = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.success(), taken, "{text}\n{told}");
        }
    }
}
