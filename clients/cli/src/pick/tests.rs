//! What is picked from answers that hold.

use std::fmt::Write as _;

use super::*;
use crate::{
    answer::samples::{self, texts},
    print::{
        look::Look,
        pick::{json, pins, text},
    },
};

mod laws;

const LOOK: Look = Look { colours: false, width: 80 };

fn store(held: &[(&str, &str)]) -> Store {
    let mut store = Store::default();
    for (name, version) in held {
        store.add(name, version);
    }
    store
}

fn told(solution: &Solution, store: &Store) -> String {
    let mut told = String::new();
    for picked in &pick(solution, store).picked {
        let Picked { package, version, fate, .. } = picked;
        writeln!(told, "{fate:?} {} {version}", package.slot).unwrap();
    }
    told
}

#[test]
fn what_is_held_is_kept_and_what_it_does_not_need_is_left_out() {
    let answer = samples::python();
    for (held, expected) in [
        (&[][..], "Fetch app 2\nFetch log 5\nFetch web 1.2\n"),
        // The older version does not need `log`.
        (&[("app", "1")], "Keep app 1\nFetch web 1.2\n"),
        // The best of what is held counts, in any spelling of the name.
        (&[("App", "1"), ("APP", "2")], "Keep app 2\nFetch log 5\nFetch web 1.2\n"),
        (&[("web", "1.0"), ("web", "1.1")], "Fetch app 2\nFetch log 5\nKeep web 1.1\n"),
        // Nothing is kept that is not acceptable, nor a version of another package.
        (&[("web", "0.9"), ("log", "1.1")], "Fetch app 2\nFetch log 5\nFetch web 1.2\n"),
    ] {
        assert_eq!(told(&answer, &store(held)), expected, "{held:?}");
    }
}

#[test]
fn what_the_service_was_told_of_counts_too() {
    let mut answer = samples::python();
    answer.groups[1].packages[1].held_versions = texts(&["1.1"]);
    let expected = "Fetch app 2\nFetch log 5\nKeep web 1.1\n";
    assert_eq!(told(&answer, &Store::default()), expected);
    // The best of both is kept.
    let expected = "Fetch app 2\nFetch log 5\nKeep web 1.2\n";
    assert_eq!(told(&answer, &store(&[("web", "1.2")])), expected);
}

#[test]
fn crates_have_one_spelling_and_members_lead_on() {
    let answer = samples::workspace();
    let expected = "Keep derive@2 2.0.1\nFetch ssl@0.9 0.9.1\nFetch web@1 1.4.0\n";
    assert_eq!(told(&answer, &store(&[("derive", "2.0.1"), ("Web", "1.3.0")])), expected);
}

#[test]
fn what_npm_brings_along_or_passes_over_is_not_fetched() {
    let answer = samples::tree();
    let held = store(&[("a", "1.5.0")]);
    insta::assert_snapshot!(told(&answer, &held));
    insta::assert_snapshot!("tree_as_text", text(&pick(&answer, &held), LOOK));
    insta::assert_snapshot!("tree_as_pins", pins(&pick(&answer, &held)));
}

#[test]
fn what_lies_in_a_package_goes_with_it() {
    let mut answer = samples::tree();
    let c = "node_modules/c";
    for edge in answer.root_edges.iter_mut().filter(|edge| edge.target == c) {
        edge.target = "node_modules/a".into();
    }
    let pick = pick(&answer, &Store::default());
    let unneeded: Vec<&str> = pick.unneeded.iter().map(|package| package.slot.as_str()).collect();
    assert_eq!(unneeded, [c, "node_modules/c/node_modules/a", "node_modules/c/node_modules/inner"]);
}

#[test]
fn a_pick_is_told_for_people_and_for_programs() {
    let mut answer = samples::python();
    let held = store(&[("app", "1"), ("web", "1.1")]);
    let some = text(&pick(&answer, &held), LOOK);
    answer.groups[0].public_url = "https://index.example/simple".into();
    answer.groups[1].packages[1].artifacts[0].size = Some(300_000);
    let all = text(&pick(&answer, &Store::default()), LOOK);
    answer.groups[1].packages[0].artifacts.clear();
    answer.groups[1].packages[1].artifacts[0].size = None;
    let unknown = text(&pick(&answer, &Store::default()), LOOK);
    insta::assert_snapshot!("as_text", [some, all, unknown].join("==\n"));
    let picks = [("", pick(&answer, &store(&[("app", "1")])))];
    insta::assert_snapshot!("as_json", json(&picks).unwrap());
    let empty = Solution::default();
    assert_eq!(text(&pick(&empty, &held), LOOK), "0 packages kept, nothing to fetch\n");
}
