//! Index files of cargo: the whole recorded index, and bytes that are no index at all.
//!
//! The recorded index is not part of the project: `QUARTERMASTER_SHARED` names the folder that holds
//! `registry/`, by default `../shared` beside the workspace. Where there is none, there is nothing
//! to read and the test says so.
#![expect(clippy::disallowed_methods, reason = "the index is a file, and its place is a setting")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::PathBuf;

use ecosystems::cargo::{
    CompatibilityLine, Condition, Listing, Name, Requirement, RustVersion, read_index,
};
use proptest::prelude::*;
use proptest::sample::select;

/// The recorded index files, by the names of their packages.
fn recorded() -> Option<BTreeMap<String, Vec<u8>>> {
    let shared = std::env::var_os("QUARTERMASTER_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let path = shared.join("registry/cargo.tar.zst");
    let Ok(archive) = std::fs::File::open(&path) else {
        println!("nothing to read: there is no `{}`", path.display());
        return None;
    };
    let mut tar = tar::Archive::new(zstd::Decoder::new(archive).expect("an archive"));
    let mut files = BTreeMap::new();
    for entry in tar.entries().expect("an archive") {
        let mut entry = entry.expect("a file of the archive");
        if entry.header().entry_type().is_file() {
            let path = entry.path().expect("a path").into_owned();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("a file of the archive");
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            files.insert(name, bytes);
        }
    }
    Some(files)
}

/// The name that an index file is about, as its first line spells it.
fn name_of(bytes: &[u8]) -> Name {
    let line = bytes.split(|byte| *byte == b'\n').next().expect("a line");
    let line: serde_json::Value = serde_json::from_slice(line).expect("a line of JSON");
    Name::parse(line["name"].as_str().expect("a name")).expect("a name")
}

#[test]
fn every_recorded_line_is_read_or_left_out_for_a_reason() {
    let Some(files) = recorded() else { return };
    let (mut lines, mut releases, mut reasons) = (0, 0, Vec::new());
    let mut conditions = BTreeSet::new();
    for (file, bytes) in &files {
        let name = name_of(bytes);
        assert!(name.index_path().ends_with(&format!("/{file}")), "{file}");
        let listing = read_index(&name, bytes).expect("an index file");
        lines += bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count();
        releases += listing.releases.len();
        reasons.extend(listing.warnings.iter().map(ToString::to_string));
        assert_ordered(&listing);
        let dependencies = listing.releases.iter().flat_map(|release| &release.dependencies);
        conditions.extend(dependencies.filter_map(|dependency| dependency.target.clone()));
    }
    for text in &conditions {
        let condition = Condition::parse(text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(Condition::parse(&condition.to_string()), Ok(condition), "{text}");
    }
    assert_eq!(conditions.len(), 503);
    println!("{} packages, {lines} lines, {releases} releases", files.len());
    reasons.iter().for_each(|reason| println!("    {reason}"));
    let left_out = reasons.iter().filter(|reason| reason.starts_with("left out")).count();
    // Three old versions are there twice, with other build metadata.
    assert_eq!((left_out, releases), (0, lines));
    assert_eq!((files.len(), lines, reasons.len()), (1_761, 70_175, 3));
}

/// Versions ascend, and so do their lines.
fn assert_ordered(listing: &Listing) {
    for pair in listing.releases.windows(2) {
        assert!(pair[0].version < pair[1].version, "{}", listing.name);
        assert!(pair[0].line() <= pair[1].line(), "{}", listing.name);
        assert_eq!(pair[0].line(), CompatibilityLine::of(&pair[0].version));
    }
}

/// Pieces of index lines: what is made of them is nearly one.
const PIECES: [&str; 28] = [
    "{\"name\":\"a\",\"vers\":\"1.0.0\"}",
    "{\"name\":\"a\",\"vers\":\"",
    "{\"name\":\"a\"",
    ",",
    "}",
    "\"deps\":[",
    "{\"name\":\"b\",\"req\":\"",
    "]",
    "\"",
    "\n",
    "^1.0",
    ">=",
    "<",
    "=",
    "*",
    "18446744073709551615",
    "1.0.0-a",
    "+b",
    "\"features\":{\"a\":[\"",
    "dep:b",
    "b?/c",
    "b/c/d",
    "\"v\":",
    "3",
    "\"rust_version\":\"1.",
    "\"pubtime\":\"2025-01-01T00:00:00Z\"",
    "null",
    "\\u0000",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn whatever_bytes_come_in_nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read_all(&bytes);
    }

    #[test]
    fn nor_where_they_are_nearly_an_index(
        pieces in prop::collection::vec(select(&PIECES[..]), 0..30),
    ) {
        read_all(pieces.concat().as_bytes());
    }
}

fn read_all(bytes: &[u8]) {
    let name = Name::parse("a").expect("a name");
    if let Ok(listing) = read_index(&name, bytes) {
        assert_ordered(&listing);
        for release in &listing.releases {
            let features = release.features.iter().map(|(name, _)| name);
            let _ = release.features.activate(features, &release.dependencies);
        }
    }
    let text = String::from_utf8_lossy(bytes);
    let _ = Name::parse(&text).map(|name| name.index_path());
    let _ = RustVersion::parse(&text).map(|needed| needed.is_met_by(needed));
    if let Ok(requirement) = Requirement::parse(&text) {
        let again = Requirement::parse(&requirement.to_string());
        assert_eq!(again.as_ref(), Ok(&requirement));
    }
}
