//! No manifest imports more than the table "Who may import whom" of `services/README.md` allows.

#![expect(clippy::unwrap_used, reason = "a failed `unwrap` is a test's report, in its helpers too")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::camino::Utf8Path;
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

/// What one crate imports from the workspace.
#[derive(Debug, Default)]
struct Imports {
    /// In the program.
    normal: BTreeSet<String>,
    /// In tests only.
    dev: BTreeSet<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What cargo says of the workspace in a folder below the root.
fn metadata(workspace: &str) -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join(workspace).join("Cargo.toml"))
        .no_deps()
        .other_options(["--offline".into()])
        .exec()
        .unwrap()
}

/// Reads the table. Names are those of the crates' folders.
fn table() -> BTreeMap<String, Imports> {
    let text = fs::read_to_string(root().join("services/README.md")).unwrap();
    let (_, section) = text.split_once("## Who may import whom").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let names = |cell: &str| -> BTreeSet<String> {
        cell.split(',')
            .map(|name| name.trim().trim_matches('`').to_owned())
            .filter(|name| name != "–")
            .collect()
    };
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [name, normal, dev] = cells[..] else { panic!("three cells: {row}") };
        (name.trim_matches('`').to_owned(), Imports { normal: names(normal), dev: names(dev) })
    })
    .collect()
}

/// What a crate is called by: its folder, with the crate's that it fuzzes where it does.
fn folder(path: &Utf8Path) -> String {
    match path.file_name().unwrap() {
        "fuzz" => format!("{}/fuzz", folder(path.parent().unwrap())),
        name => name.to_owned(),
    }
}

/// Reads the manifests, those of the fuzzers too, which are workspaces of their own.
fn manifests() -> BTreeMap<String, Imports> {
    let workspaces = ["", "services/ecosystems/fuzz", "services/registries/fuzz"].map(metadata);
    let mut crates = BTreeMap::new();
    for package in workspaces.iter().flat_map(|workspace| &workspace.packages) {
        let mut imports = Imports::default();
        for dependency in &package.dependencies {
            let Some(path) = &dependency.path else { continue };
            match dependency.kind {
                DependencyKind::Development => imports.dev.insert(folder(path)),
                _ => imports.normal.insert(folder(path)),
            };
        }
        crates.insert(folder(package.manifest_path.parent().unwrap()), imports);
    }
    crates
}

#[test]
fn the_crates_import_what_the_table_allows_and_nothing_else() {
    let (allowed, found) = (table(), manifests());
    let names = |crates: &BTreeMap<String, Imports>| crates.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&found), names(&allowed), "the table lists every crate of the workspace");
    for (name, imports) in &found {
        let allowed = &allowed[name];
        let wrong: Vec<_> = imports.normal.difference(&allowed.normal).collect();
        assert!(wrong.is_empty(), "`{name}` imports {wrong:?}");
        let wrong: Vec<_> = imports.dev.difference(&allowed.dev).collect();
        assert!(wrong.is_empty(), "the tests of `{name}` import {wrong:?}");
    }
}

#[test]
fn the_pure_crates_and_the_door_keep_to_their_kinds_of_libraries() {
    let waiting: &[&str] = &["tokio", "reqwest", "hyper", "sqlx", "tonic", "axum", "futures-util"];
    let never: &[(&str, &[&str])] = &[
        ("ecosystems", waiting),
        ("solver", waiting),
        ("registries", &["tonic", "pubgrub", "sqlx"]),
        ("cache", &["tonic", "pubgrub", "reqwest"]),
        ("engine", &["tonic", "prost", "reqwest", "sqlx"]),
        ("server", &["pubgrub", "sqlx", "reqwest", "hyper"]),
    ];
    let metadata = metadata("");
    for (name, libraries) in never {
        let package = metadata
            .packages
            .iter()
            .find(|package| package.manifest_path.parent().unwrap().file_name() == Some(name))
            .unwrap_or_else(|| panic!("`{name}` is a crate"));
        let normal = package.dependencies.iter().filter(|one| one.kind == DependencyKind::Normal);
        let wrong: Vec<_> =
            normal.map(|one| one.name.as_str()).filter(|one| libraries.contains(one)).collect();
        assert!(wrong.is_empty(), "`{name}` uses {wrong:?}");
    }
}
