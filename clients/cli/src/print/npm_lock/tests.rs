//! Locks: that those which npm wrote come out as they went in, and how the rest is written.

use std::{fs, path::Path};

use proto::v1::*;
use serde_json::{Map, Value};

use super::lock;
use crate::input::{
    Existing,
    npm::{self, config::Places},
};

/// The oracles: what npm itself wrote.
const RECORDED: &str = "../../services/registries/bundled/oracles/npm";

/// A project that is nothing but its `package.json`.
fn project(folder: &Path, manifest: &str) -> npm::Project {
    let path = folder.join("package.json");
    fs::write(&path, manifest).unwrap();
    npm::read_with(&path, Existing::Ignored, &Places::default()).unwrap()
}

fn purpose(entry: &Map<String, Value>) -> Option<NpmPurpose> {
    let is = |key: &str| entry.get(key) == Some(&Value::Bool(true));
    Some(NpmPurpose {
        dev: is("dev"),
        optional: is("optional"),
        dev_optional: is("devOptional"),
        peer: is("peer"),
        ..NpmPurpose::default()
    })
}

/// The answer that a recorded lock is written from.
fn answered(recorded: &Value) -> Solution {
    let mut packages = Vec::new();
    for (location, entry) in recorded["packages"].as_object().unwrap() {
        let Some((_, name)) = location.rsplit_once("node_modules/") else { continue };
        let mut entry = entry.as_object().unwrap().clone();
        let purpose = purpose(&entry);
        let mut taken = |key: &str| entry.remove(key).unwrap_or_default();
        for key in ["dev", "optional", "devOptional", "peer"] {
            taken(key);
        }
        let text = |value: Value| value.as_str().unwrap_or_default().to_owned();
        let own = text(taken("name"));
        let version = text(taken("version"));
        let mut details = NpmPackage {
            location: location.clone(),
            integrity: text(taken("integrity")),
            deprecated: text(taken("deprecated")),
            in_bundle: taken("inBundle") == true,
            has_install_script: taken("hasInstallScript") == true,
            has_shrinkwrap: taken("hasShrinkwrap") == true,
            purpose,
            ..NpmPackage::default()
        };
        details.manifest = Value::Object(entry).to_string();
        packages.push(Package {
            slot: location.clone(),
            name: if own.is_empty() { name.to_owned() } else { own },
            version,
            details: Some(package::Details::Npm(details)),
            ..Package::default()
        });
    }
    Solution {
        groups: vec![RegistryGroup { packages, ..RegistryGroup::default() }],
        members: vec![MemberPick::default()],
        ..Solution::default()
    }
}

#[test]
fn what_npm_wrote_comes_out_as_it_went_in() {
    let mut places = 0;
    for set in ["next-app", "storybook", "vite-vue"] {
        let read =
            |name: &str| fs::read_to_string(Path::new(RECORDED).join(set).join(name)).unwrap();
        let recorded = read("package-lock.json");
        let json: Value = serde_json::from_str(&recorded).unwrap();
        let solution = answered(&json);
        places += solution.groups[0].packages.len();
        let folder = tempfile::tempdir().unwrap();
        let written = lock(&solution, &project(folder.path(), &read("package.json"))).unwrap();
        assert!(written == recorded, "{set}: {written}");
    }
    assert_eq!(places, 905);
}

/// An answer with one of everything, for a project with a workspace.
fn made() -> Solution {
    let package = |location: &str, name: &str, npm: NpmPackage| Package {
        slot: location.into(),
        name: name.into(),
        version: "1.0.0".into(),
        details: Some(package::Details::Npm(NpmPackage { location: location.into(), ..npm })),
        ..Package::default()
    };
    let artifact = |url: &str| vec![Artifact { url: url.into(), ..Artifact::default() }];
    let purpose =
        |purpose: NpmPurpose| NpmPackage { purpose: Some(purpose), ..NpmPackage::default() };
    let whole = NpmPackage {
        integrity: "sha512-AAAA==".into(),
        has_install_script: true,
        has_shrinkwrap: true,
        deprecated: "use \"b\"\n".into(),
        manifest: r#"{"bin":{"z":"z.js","Z":"Z.js","10":"t","9":"n","_":"u","version":"v"},"license":"MIT","engines":{"node":">=18"},"os":["linux"],"funding":[{"url":"u","type":"t"}]}"#.into(),
        ..purpose(NpmPurpose { peer: true, dev: true, dev_optional: true, ..Default::default() })
    };
    let far = Package {
        artifacts: artifact("https://npm.example/right/-/right-1.0.0.tgz"),
        ..package("node_modules/left", "right", whole)
    };
    let bundled = Package {
        artifacts: artifact("https://npm.example/b.tgz"),
        ..package(
            "node_modules/left/node_modules/b",
            "b",
            NpmPackage { in_bundle: true, ..Default::default() },
        )
    };
    let recorded = Package {
        artifacts: artifact("c/-/c-1.0.0.tgz"),
        ..package(
            "w/node_modules/@corp/c",
            "@corp/c",
            purpose(NpmPurpose { dev_optional: true, ..Default::default() }),
        )
    };
    let extraneous = NpmPurpose { extraneous: true, dev: true, peer: true, ..Default::default() };
    let loose = package("node_modules/B", "B", purpose(extraneous));
    let link = NpmLink { location: "node_modules/w".into(), purpose: None };
    let member = MemberPick {
        path: "w".into(),
        name: "w".into(),
        purpose: Some(NpmPurpose { dev: true, ..Default::default() }),
        links: vec![link],
        ..MemberPick::default()
    };
    let group = |packages| RegistryGroup { packages, ..RegistryGroup::default() };
    Solution {
        groups: vec![group(vec![far, bundled]), group(vec![recorded, loose])],
        members: vec![MemberPick::default(), member],
        ..Solution::default()
    }
}

/// A project with a workspace, in a style of its own.
fn workspace(folder: &Path, settings: &str) -> npm::Project {
    fs::create_dir_all(folder.join("named/w")).unwrap();
    fs::write(folder.join("named/w/package.json"), "{\"version\": \"0.1.0\"}").unwrap();
    fs::write(folder.join("named/.npmrc"), settings).unwrap();
    let manifest = "{\r\n\t\"version\": \"1.0.0\",\r\n\t\"workspaces\": [\"w\"],\r\n\t\"dependencies\": {\"left\": \"npm:right@*\"}\r\n}\r\n";
    project(&folder.join("named"), manifest)
}

#[test]
fn a_lock_has_npm_s_order_and_the_manifest_s_style() {
    let folder = tempfile::tempdir().unwrap();
    let written = lock(&made(), &workspace(folder.path(), "")).unwrap();
    assert!(written.ends_with("}\r\n") && !written.replace("\r\n", "").contains('\n'));
    insta::assert_snapshot!(written.replace("\r\n", "\n").replace('\t', "→ "));
    let silent = workspace(folder.path(), "omit-lockfile-registry-resolved=true\n");
    let written = lock(&made(), &silent).unwrap();
    assert!(
        !written.contains("npm.example") && written.contains("\"resolved\": \"w\""),
        "{written}"
    );
    let plain = workspace(folder.path(), "format-package-lock=false\n");
    let written = lock(&made(), &plain).unwrap();
    assert!(
        written.starts_with("{\"name\":\"named\",\"version\":\"1.0.0\",\"lockfileVersion\":3,")
    );
    assert!(!written.contains(['\n', '\t']), "{written}");
}

#[test]
fn what_a_lock_says_of_a_package_that_stays_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    workspace(folder.path(), "");
    let manifest = folder.path().join("named/package.json");
    let before = r#"{
      "lockfileVersion": 3,
      "packages": {
        "node_modules/left": { "name": "right", "version": "1.0.0", "license": "own", "optional": true },
        "node_modules/left/node_modules/b": { "version": "0.9.0", "license": "own" }
      }
    }"#;
    fs::write(manifest.with_file_name("package-lock.json"), before).unwrap();
    let read = |existing| npm::read_with(&manifest, existing, &Places::default()).unwrap();
    let written: Value =
        serde_json::from_str(&lock(&made(), &read(Existing::Kept)).unwrap()).unwrap();
    let kept = r#"{"name":"right","version":"1.0.0","license":"own","dev":true,"peer":true}"#;
    let kept: Value = serde_json::from_str(kept).unwrap();
    assert_eq!(written["packages"]["node_modules/left"], kept);
    assert_eq!(written["packages"]["node_modules/left/node_modules/b"]["license"], Value::Null);
    let anew = lock(&made(), &read(Existing::Ignored)).unwrap();
    assert!(!anew.contains("own"), "{anew}");
}

#[test]
fn what_no_lock_can_hold_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let project = workspace(folder.path(), "");
    let mut foreign = made();
    foreign.groups[0].packages[0].details = None;
    let mut torn = made();
    if let Some(package::Details::Npm(npm)) = &mut torn.groups[1].packages[0].details {
        npm.manifest = "[1".into();
    }
    let mut strange = made();
    strange.members[1].path = "x".into();
    let told = [foreign, torn, strange].map(|solution| lock(&solution, &project).unwrap_err());
    insta::assert_snapshot!(told.map(|error| error.to_string()).join("\n"));
}
