//! npm itself, on the fake registry: what it resolves there is what was recorded of it.
//!
//! The answers are those of one release of npm. Where another one is installed, or none, there is
//! nothing to compare, and the test says so.

use std::path::Path;
use std::process::Command;

use registries::bundled;
use serde_json::Value;
use testkit::registry::{FakeRegistry, Kind, Settings};

/// The release that gave the answers.
const NPM: &str = "11.19.1";

fn read(path: &Path) -> Value {
    let text = std::fs::read(path).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()))
}

/// Runs npm in `folder`, which is its home too.
async fn npm(folder: &Path, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("npm");
    command.args(arguments).current_dir(folder).env("HOME", folder);
    let run = tokio::task::spawn_blocking(move || command.output()).await;
    let output = run.expect("nothing panics").ok()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    assert!(output.status.success(), "{}", text(&output.stderr));
    Some(text(&output.stdout))
}

/// Where npm says that an archive is, it names the fake registry: that is no part of an answer.
fn without_places(mut lock: Value) -> Value {
    for package in lock["packages"].as_object_mut().into_iter().flat_map(|map| map.values_mut()) {
        if let Some(fields) = package.as_object_mut() {
            fields.remove("resolved");
        }
    }
    lock
}

/// Lets npm resolve a bundled package.
async fn locks(set: &str) {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let version = npm(folder.path(), &["--version"]).await;
    if version.as_deref() != Some(NPM) {
        return println!("nothing to compare: npm is {version:?}, and not {NPM}");
    }
    let fake = FakeRegistry::start(bundled(), Settings::default()).await.expect("a free port");
    let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("../registries/bundled");
    let oracle = bundled.join("oracles/npm").join(set);
    std::fs::copy(oracle.join("package.json"), folder.path().join("package.json"))
        .expect("the oracle is bundled");
    let registry = format!("--registry={}", fake.npm_url());
    let asked = ["install", "--package-lock-only", "--no-audit", "--no-fund", &registry];
    npm(folder.path(), &asked).await.expect("npm runs");
    let folders = [folder.path().to_owned(), oracle];
    let [ours, theirs] = folders.map(|folder| read(&folder.join("package-lock.json")));
    assert_eq!(without_places(ours), without_places(theirs));
    assert!(fake.counts().of(Kind::Packument) > 0);
}

#[tokio::test]
async fn npm_locks_next_app_on_the_fake_registry_as_on_the_recorded_one() {
    locks("next-app").await;
}

#[tokio::test]
async fn npm_locks_storybook_on_the_fake_registry_as_on_the_recorded_one() {
    locks("storybook").await;
}

#[tokio::test]
async fn npm_locks_vite_vue_on_the_fake_registry_as_on_the_recorded_one() {
    locks("vite-vue").await;
}
