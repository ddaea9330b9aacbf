//! Whatever bytes come in, the readers keep their laws.
//!
//! The laws are in `hostile/laws.rs` and its neighbours, which the fuzzers of `fuzz/` run too. Here
//! they meet the seeds of `hostile/KIND/`, those seeds with some bytes changed, texts made of the
//! words that matter to the kind (`hostile/KIND.dict`, the fuzzers' dictionaries), and plain bytes.
#![expect(clippy::disallowed_methods, reason = "seeds are files")]
#![expect(clippy::duplicate_mod, reason = "each file of laws is the whole program of some fuzzer")]

#[path = "hostile/cargo_laws.rs"]
mod cargo_laws;
#[path = "hostile/laws.rs"]
mod laws;
#[path = "hostile/npm_laws.rs"]
mod npm_laws;
#[path = "hostile/stored_laws.rs"]
mod stored_laws;

use std::path::PathBuf;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};

/// How many texts of each sort are made for each kind.
const CASES: u32 = 10_000;

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/hostile"))
}

/// The files of a folder, by name.
fn seeds(kind: &str) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder().join(kind)).expect("every kind has seeds");
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.expect("the folder can be listed").path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).expect("a seed can be read")).collect()
}

/// The words of a dictionary, which are quoted, one a line.
fn words(kind: &str) -> Vec<Vec<u8>> {
    let path = folder().join(format!("{kind}.dict"));
    let text = std::fs::read_to_string(path).expect("every kind has words");
    let quoted = text.lines().map(|line| &line[1..line.len() - 1]);
    quoted.map(unescape).collect()
}

/// Undoes `\"`, `\\` and `\xNN`.
fn unescape(quoted: &str) -> Vec<u8> {
    let mut word = Vec::new();
    let mut rest = quoted.as_bytes();
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        if *byte != b'\\' {
            word.push(*byte);
        } else if let Some(hex) = rest.strip_prefix(b"x") {
            let digits = std::str::from_utf8(&hex[..2]).expect("two digits are text");
            word.push(u8::from_str_radix(digits, 16).expect("two digits of hexadecimal"));
            rest = &hex[2..];
        } else {
            word.push(rest[0]);
            rest = &rest[1..];
        }
    }
    word
}

/// A seed with some of its bytes changed, taken out, or replaced by a word.
fn changed(seeds: Vec<Vec<u8>>, words: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![prop::collection::vec(any::<u8>(), 0..3), select(words),];
    let change = (any::<Index>(), 0_usize..4, piece);
    (select(seeds), prop::collection::vec(change, 1..6)).prop_map(|(mut bytes, changes)| {
        for (place, removed, piece) in changes {
            let start = place.index(bytes.len() + 1);
            let end = (start + removed).min(bytes.len());
            bytes.splice(start..end, piece);
        }
        bytes
    })
}

/// Holds a law against all that this file can make for its kind.
fn holds(kind: &str, law: fn(&[u8])) {
    let (seeds, words) = (seeds(kind), words(kind));
    for seed in &seeds {
        law(seed);
    }
    let made = prop_oneof![
        1 => prop::collection::vec(any::<u8>(), 0..64),
        3 => prop::collection::vec(select(words.clone()), 0..16).prop_map(|words| words.concat()),
        3 => changed(seeds, words),
    ];
    let config = Config { cases: 3 * CASES, failure_persistence: None, ..Config::default() };
    let run = TestRunner::new(config).run(&made, |bytes| {
        law(&bytes);
        Ok(())
    });
    if let Err(error) = run {
        panic!("{kind}: {error}");
    }
}

#[test]
fn of_versions() {
    holds("version", laws::version);
}

#[test]
fn of_specifiers() {
    holds("specifier", laws::specifier);
}

#[test]
fn of_requirements() {
    holds("requirement", laws::requirement);
}

#[test]
fn of_markers() {
    holds("marker", laws::marker);
}

#[test]
fn of_metadata() {
    holds("metadata", laws::metadata);
}

#[test]
fn of_json_pages() {
    holds("json_page", laws::json_page);
}

#[test]
fn of_html_pages() {
    holds("html_page", laws::html_page);
}

#[test]
fn of_file_names() {
    holds("filename", laws::filename);
}

#[test]
fn of_index_files() {
    holds("cargo_index", cargo_laws::cargo_index);
}

#[test]
fn of_versions_of_npm() {
    holds("npm_version", npm_laws::npm_version);
}

#[test]
fn of_ranges_of_npm() {
    holds("npm_range", npm_laws::npm_range);
}

#[test]
fn of_specs_of_npm() {
    holds("npm_spec", npm_laws::npm_spec);
}

#[test]
fn of_documents_of_npm() {
    holds("npm_packument", npm_laws::npm_packument);
}

#[test]
fn of_compact_forms() {
    holds("stored", stored_laws::stored);
}
