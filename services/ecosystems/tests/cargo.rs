//! Index files of cargo: the whole recorded index.
//!
//! The recorded index is the one that the registries' crate bundles.
#![expect(clippy::disallowed_methods, reason = "the index is a file")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use ecosystems::cargo::{CompatibilityLine, Condition, Listing, Name, read_index};

/// The recorded index files, by the names of their packages.
fn recorded() -> BTreeMap<String, Vec<u8>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../registries/bundled/cargo.tar.zst");
    let archive = std::fs::File::open(path).expect("the index is bundled");
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
    files
}

/// The name that an index file is about, as its first line spells it.
fn name_of(bytes: &[u8]) -> Name {
    let line = bytes.split(|byte| *byte == b'\n').next().expect("a line");
    let line: serde_json::Value = serde_json::from_slice(line).expect("a line of JSON");
    Name::parse(line["name"].as_str().expect("a name")).expect("a name")
}

#[test]
fn every_recorded_line_is_read_or_left_out_for_a_reason() {
    let files = recorded();
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
