//! Npm itself as the judge of what projects say: it makes the lock of projects that need no registry.

use std::process::Command;

use serde_json::Value;

use super::{WHOLE, read, write};
use crate::input::Existing;

/// The lock that npm makes, or nothing where there is no npm.
fn npm_s(folder: &std::path::Path) -> Option<Value> {
    let home = tempfile::tempdir().unwrap();
    let output = Command::new("npm")
        .args(["install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"])
        // Nothing is asked for; if something were, nobody would answer.
        .args(["--registry", "http://127.0.0.1:9", "--offline", "--legacy-peer-deps"])
        .env("HOME", home.path())
        .current_dir(folder)
        .output();
    let Ok(output) = output else {
        println!("there is no npm: its reading is not held against ours");
        return None;
    };
    let text = std::fs::read(folder.join("package-lock.json")).unwrap_or_else(|_| {
        panic!("{}", String::from_utf8_lossy(&output.stderr));
    });
    Some(serde_json::from_slice(&text).unwrap())
}

/// Holds folders, their entries in a lock and the links to workspaces against npm's.
fn judge(scenario: &str) {
    let folder = tempfile::tempdir().unwrap();
    let first = write(folder.path(), scenario);
    let project = read(&first, Existing::Kept).unwrap();
    let Some(lock) = npm_s(folder.path()) else { return };
    let packages = lock["packages"].as_object().unwrap();
    let folders = packages.iter().filter(|(place, _)| !place.contains("node_modules"));
    let theirs: Vec<_> = folders.map(|(place, entry)| (place.clone(), entry.clone())).collect();
    let mut ours: Vec<_> = project
        .members
        .iter()
        .map(|member| (member.path.clone(), Value::Object(member.entry.clone())))
        .collect();
    ours.sort_by(|(left, _), (right, _)| left.cmp(right));
    assert_eq!(ours, theirs, "{scenario}");
    for member in project.members.iter().filter(|member| !member.path.is_empty() && !member.outside)
    {
        let link = &packages[&format!("node_modules/{}", member.name)];
        assert_eq!(link["resolved"], member.path.as_str(), "{scenario}");
    }
}

#[test]
fn npm_finds_the_same_folders_and_repeats_the_same_of_them() {
    let package = |name: &str| format!("-- {name}/package.json\n{{ \"version\": \"1.0.0\" }}\n");
    let tree: String = ["a/b", "a/b/c", "a/d", "e/f", ".g/h", "e/node_modules/i", "j k/l", "a/.m"]
        .iter()
        .map(|name| package(name))
        .collect();
    let patterns = |list: &str| format!("-- package.json\n{{ \"workspaces\": {list} }}\n{tree}");
    for list in [
        r#"["./a/*", "!a/d", "e/*/"]"#,
        r#"["a/**", "!**/c", "/.g/*"]"#,
        r#"{ "packages": ["*/{b,f}", "a/?", "j k/[k-m]"] }"#,
        r#"["a/*", "!a/b", "a/b", "missing", "e/node_modules/*"]"#,
        r#"["!a/d", "**/*"]"#,
        r#"["!!a/d"]"#,
    ] {
        judge(&patterns(list));
    }
}

#[test]
fn npm_brings_manifests_to_the_same_form() {
    let bodies = [
        r#""license": { "type": "MIT" }, "funding": "https://fund.example", "bin": "./cli.js""#,
        r#""name": "@corp/x", "bin": "./a/../cli.js", "engines": { "node": ">=18" }, "os": []"#,
        r#""name": "x", "bin": ["a/one", "./two.js"], "license": "", "libc": ["glibc", "musl"]"#,
        r#""name": "y", "bin": { "@k/v": "./x\\y.js", "w": 1, "z": "../../z" }, "cpu": ["!arm"]"#,
        r#""scripts": { "postinstall": "true" }, "devDependencies": {}, "deprecated": "no""#,
        r#""scripts": { "install": "" }, "funding": [{ "url": "u" }, "v"], "engines": ["node >= 1"]"#,
        r#""bundledDependencies": [], "peerDependencies": {}, "license": { "name": "own" }"#,
        r#""peerDependencies": { "y": "*" }, "peerDependenciesMeta": { "y": { "optional": true } }"#,
        r#""version": "", "_private": 1, "hasInstallScript": true, "acceptDependencies": { "a": "1" }"#,
        r#""dependencies": { "y": "*" }, "optionalDependencies": { "y": "*" }, "bundledDependencies": false"#,
    ];
    let mut scenario =
        "-- package.json\n{ \"name\": \"app\", \"workspaces\": [\"w*\"] }\n".to_owned();
    for (at, body) in bodies.iter().enumerate() {
        scenario.push_str(&format!("-- w{at}/package.json\n{{ {body} }}\n"));
    }
    judge(&scenario);
    // A root is told a little more of.
    for body in [bodies[0], bodies[1], bodies[4]] {
        judge(&format!("-- package.json\n{{ {body} }}\n"));
    }
}

#[test]
fn npm_follows_the_same_folders() {
    let scenario = r#"
-- package.json
{ "name": "app", "dependencies": { "x": "file:lib/x", "z": "./lib/x" }, "devDependencies": { "y": "file:lib/y/" } }
-- lib/x/package.json
{ "name": "x", "dependencies": { "y": "file:../y", "app": "../.." } }
-- lib/y/package.json
{ "version": "2.0.0" }
"#;
    judge(scenario);
    assert!(WHOLE.contains("file:"), "the snapshot holds what a registry is needed for");
}
