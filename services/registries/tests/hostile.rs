//! Whatever bytes come in, the readers of archives and of settings keep their laws.
//!
//! The laws are in `hostile/laws.rs`, which the fuzzers of `fuzz/` run too. Here they meet the seeds
//! of `hostile/KIND/`, and those seeds with some bytes changed, where the archives' own tables are.

#[path = "hostile/laws.rs"]
mod laws;

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};

/// How many archives are made for each kind.
const CASES: u32 = 5_000;

/// The files of a folder, by name.
fn seeds(kind: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile").join(kind);
    let entries = std::fs::read_dir(folder).expect("every kind has seeds");
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.expect("the folder can be listed").path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).expect("a seed can be read")).collect()
}

/// A seed with some of its bytes changed, taken out, or doubled.
fn changed(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let bytes = prop_oneof![
        any::<u8>().prop_map(|byte| vec![byte]),
        select(vec![vec![0xff; 4], vec![0; 4], vec![0xff; 8], vec![1, 0], Vec::new()]),
    ];
    let change = (any::<Index>(), 0_usize..9, bytes);
    (select(seeds), prop::collection::vec(change, 1..5)).prop_map(|(mut seed, changes)| {
        for (place, removed, bytes) in changes {
            let start = place.index(seed.len() + 1);
            let end = (start + removed).min(seed.len());
            seed.splice(start..end, bytes);
        }
        seed
    })
}

/// Holds a law against all that this file can make for its kind.
fn holds(kind: &str, law: fn(&[u8])) {
    let seeds = seeds(kind);
    for seed in &seeds {
        law(seed);
    }
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let run = TestRunner::new(config).run(&changed(seeds), |bytes| {
        law(&bytes);
        Ok(())
    });
    if let Err(error) = run {
        panic!("{kind}: {error}");
    }
}

#[test]
fn of_source_distributions() {
    holds("sdist", laws::sdist);
}

#[test]
fn of_settings_of_indexes() {
    holds("index_config", laws::index_config);
}

#[test]
fn of_wheels() {
    holds("wheel_tail", laws::wheel_tail);
}

#[test]
fn of_stored_rows() {
    holds("stored_row", laws::stored_row);
}
