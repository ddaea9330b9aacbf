//! The reference implementations' own vectors, row by row.
//!
//! They are not part of the project: `QUARTERMASTER_SHARED` names the folder that holds
//! `conformance/`, by default `../shared` beside the workspace. Where there is none, there is
//! nothing to judge and the test says so. Every row of the file is either met or left out: by the
//! name of its test, with the reason.
#![expect(clippy::disallowed_methods, reason = "vectors are files, and their place is a setting")]

#[path = "conformance/judges.rs"]
mod judges;
#[path = "conformance/npm.rs"]
mod npm;
#[path = "conformance/tables.rs"]
mod tables;

use std::path::PathBuf;

use serde_json::Value;

/// Versions in their order, which a test of its own judges.
const ORDERED: &str = "ordered_versions";

fn vectors() -> Option<serde_json::Map<String, Value>> {
    match shared("conformance/pypi/packaging_vectors.json")? {
        Value::Object(tests) => Some(tests),
        other => panic!("the vectors are no table of tests: {other}"),
    }
}

/// A file of the shared folder, if there is one.
fn shared(path: &str) -> Option<Value> {
    let shared = std::env::var_os("QUARTERMASTER_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let path = shared.join(path);
    let Ok(text) = std::fs::read(&path) else {
        println!("nothing to judge: there is no `{}`", path.display());
        return None;
    };
    let read = serde_json::from_slice(&text);
    Some(read.unwrap_or_else(|error| panic!("`{}`: {error}", path.display())))
}

fn rows<'a>(tests: &'a serde_json::Map<String, Value>, name: &str) -> &'a [Value] {
    let rows = tests.get(name).and_then(Value::as_array);
    rows.unwrap_or_else(|| panic!("the vectors have no `{name}`"))
}

#[test]
fn every_vector_is_met_or_left_out_with_a_reason() {
    let Some(tests) = vectors() else { return };
    let mut left_out = [0; tables::LEFT_OUT.len()];
    let mut faults = Vec::new();
    let (mut met, mut count) = (0, 0);
    for name in tests.keys().filter(|name| *name != ORDERED) {
        let judge = tables::JUDGED.iter().find(|(judged, _)| judged == name);
        for row in rows(&tests, name) {
            count += 1;
            let judged = match judge {
                Some((_, judge)) => judge(row),
                None => Err("nothing judges it".to_owned()),
            };
            let Err(reason) = judged else {
                met += 1;
                continue;
            };
            let text = row.to_string();
            let mut known = tables::LEFT_OUT.iter();
            match known.position(|(test, part, _)| test == name && text.contains(part)) {
                Some(place) => left_out[place] += 1,
                None => faults.push(format!("{name}\t{text}\t{reason}")),
            }
        }
    }
    let sum: usize = left_out.iter().sum();
    println!("{met} of {count} rows met, {sum} left out, {} fail", faults.len());
    for ((test, part, why), rows) in tables::LEFT_OUT.iter().zip(left_out) {
        println!("{rows:>5} left out: {test} {part} ({why})");
        if rows == 0 {
            faults.push(format!("{test}\t{part}\tleaves nothing out any more"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn versions_are_ordered_as_in_the_reference() {
    let Some(tests) = vectors() else { return };
    let ordered = rows(&tests, ORDERED).iter();
    let ordered: Vec<_> = ordered.map(|row| judges::version(row).expect("a version")).collect();
    for (place, left) in ordered.iter().enumerate() {
        for (other, right) in ordered.iter().enumerate() {
            assert_eq!(left.cmp(right), place.cmp(&other), "{left} and {right}");
        }
    }
}
