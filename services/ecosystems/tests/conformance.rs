//! The reference implementation's own vectors, row by row.
//!
//! They are not part of the project: `QUARTERMASTER_SHARED` names the folder that holds
//! `conformance/`, by default `../shared` beside the workspace. Where there is none, there is
//! nothing to judge and the test says so. Every test of the file is either judged here or named
//! with the reason why its rows say nothing about us.
#![expect(clippy::disallowed_methods, reason = "vectors are files, and their place is a setting")]

#[path = "conformance/judges.rs"]
mod judges;
#[path = "conformance/tables.rs"]
mod tables;

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;

fn vectors() -> Option<serde_json::Map<String, Value>> {
    let shared = std::env::var_os("QUARTERMASTER_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let path = shared.join("conformance/pypi/packaging_vectors.json");
    let Ok(text) = std::fs::read(&path) else {
        println!("nothing to judge: there is no `{}`", path.display());
        return None;
    };
    match serde_json::from_slice(&text) {
        Ok(Value::Object(tests)) => Some(tests),
        other => panic!("`{}` is no table of tests: {other:?}", path.display()),
    }
}

fn rows<'a>(tests: &'a serde_json::Map<String, Value>, name: &str) -> &'a [Value] {
    let rows = tests.get(name).and_then(Value::as_array);
    rows.unwrap_or_else(|| panic!("the vectors have no `{name}`"))
}

#[test]
fn every_vector_is_met_or_is_an_exception_with_a_reason() {
    let Some(tests) = vectors() else { return };
    let mut failures = Vec::new();
    let mut excepted: BTreeSet<(&str, &str)> = BTreeSet::new();
    let (mut judged, mut count) = (0, 0);
    for (name, judge) in tables::JUDGED {
        for row in rows(&tests, name) {
            count += 1;
            let Err(reason) = judge(row) else {
                judged += 1;
                continue;
            };
            let text = row.to_string();
            let exception = tables::EXCEPTIONS
                .iter()
                .find(|(test, part, _)| name.ends_with(test) && text.contains(part));
            match exception {
                Some((test, part, _)) => {
                    excepted.insert((test, part));
                }
                None => failures.push(format!("{name}\t{text}\t{reason}")),
            }
        }
    }
    println!(
        "{judged} of {count} rows met, {} fail, {} exceptions",
        failures.len(),
        excepted.len()
    );
    for (test, part, _) in tables::EXCEPTIONS {
        if !excepted.contains(&(*test, *part)) {
            failures.push(format!("{test}\t{part}\tis no exception any more"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn versions_are_ordered_as_in_the_reference() {
    let Some(tests) = vectors() else { return };
    let ordered = rows(&tests, "ordered_versions").iter();
    let ordered: Vec<_> = ordered.map(|row| judges::version(row).expect("a version")).collect();
    for (place, left) in ordered.iter().enumerate() {
        for (other, right) in ordered.iter().enumerate() {
            assert_eq!(left.cmp(right), place.cmp(&other), "{left} and {right}");
        }
    }
}

#[test]
fn no_test_of_the_vectors_is_passed_over_in_silence() {
    let Some(tests) = vectors() else { return };
    let known: BTreeSet<&str> = tables::JUDGED
        .iter()
        .map(|(name, _)| *name)
        .chain(tables::NOT_OURS.iter().flat_map(|(_, names)| names.iter().copied()))
        .collect();
    let unknown: Vec<&String> =
        tests.keys().filter(|name| !known.contains(name.as_str())).collect();
    assert_eq!(unknown, ["ordered_versions"], "neither judged nor named with a reason");
}
