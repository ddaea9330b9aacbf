//! Manifests with the lock files, or the errors, that npm 11.19.1 wrote for them.

use std::collections::{BTreeMap, BTreeSet};

use ecosystems::npm::Dependency;
use serde::Deserialize;
use solver::npm::{Content, Outcome, Place, Solution};

use super::STEPS;
use super::case::oracle;
use super::cases::{self, Answer};
use super::world::{World, shared};

#[derive(Deserialize)]
struct Lock {
    packages: BTreeMap<String, Entry>,
}

/// What stands in a lock file of one place.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Entry {
    name: Option<String>,
    version: Option<String>,
    integrity: Option<String>,
    dev: bool,
    optional: bool,
    dev_optional: bool,
    peer: bool,
    extraneous: bool,
    in_bundle: bool,
    dependencies: BTreeMap<String, String>,
    optional_dependencies: BTreeMap<String, String>,
    peer_dependencies: BTreeMap<String, String>,
    bundle_dependencies: BTreeSet<String>,
    os: Option<Vec<String>>,
    cpu: Option<Vec<String>>,
    libc: Option<Vec<String>>,
    bin: Option<BTreeMap<String, String>>,
    deprecated: Option<String>,
}

/// Solves a set, and says in what the answer differs from npm's.
pub(crate) fn differences(world: &mut World, set: &str) -> Vec<String> {
    let lock = shared(&format!("oracles/npm/{set}/package-lock.json")).expect("an oracle");
    let mut lock: Lock = serde_json::from_slice(&lock).expect("a lock file");
    lock.packages.remove("");
    let (outcome, steps, rounds) = world.solve(&oracle(set).expect("an oracle"), STEPS);
    let Outcome::Solved(solution) = outcome else { return vec![format!("{set}: {outcome:?}")] };
    let ours: BTreeMap<&str, Entry> =
        solution.places.iter().skip(1).map(|place| (&*place.location, entry(place))).collect();
    println!("{set:<10} {:>4} places {steps:>6} steps {rounds:>3} rounds", ours.len());
    let locations: BTreeSet<&str> =
        lock.packages.keys().map(String::as_str).chain(ours.keys().copied()).collect();
    let different = locations.into_iter().filter_map(|location| {
        let (theirs, ours) = (lock.packages.get(location), ours.get(location));
        let fault = || format!("{set}: {location}\n    npm  {theirs:?}\n    ours {ours:?}");
        (theirs != ours).then(fault)
    });
    different.collect()
}

/// Solves a set that npm refuses, and says which of npm's two sides are not named.
pub(crate) fn sides(world: &mut World, set: &str) -> Vec<String> {
    let error = shared(&format!("oracles/npm/{set}/npm-error.txt")).expect("an oracle");
    let error = String::from_utf8(error).expect("text");
    let lines = error.lines().map(|line| line.trim_start_matches("npm error").trim());
    let text: Vec<&str> = lines.collect();
    let answer = Answer::refused("ERESOLVE", &text.join("\n"));
    let (outcome, ..) = world.solve(&oracle(set).expect("an oracle"), STEPS);
    match outcome {
        Outcome::Conflict(conflict, _) => cases::sides(&answer, &conflict.to_string()),
        other => vec![format!("{set}: {other:?}")],
    }
}

/// An answer as text.
pub(crate) fn text(outcome: &Outcome) -> String {
    let Outcome::Solved(solution) = outcome else { return format!("{outcome:?}") };
    let Solution { places, footprint, passed, adjusted, not_taken_up } = solution;
    let places = places
        .iter()
        .map(|place| format!("{} {}", place.location, cases::said_of(solution, place, true)));
    let places: Vec<String> = places.collect();
    format!("{}\n{footprint:?}\n{passed:?}\n{adjusted:?}\n{not_taken_up:?}", places.join("\n"))
}

/// What a lock file would say of a place.
fn entry(place: &Place) -> Entry {
    let Content::Release { packument, position } = &place.content else {
        return Entry::default();
    };
    let manifest = &packument.manifests[*position as usize];
    let (needs, traits) = (&manifest.needs, &manifest.traits);
    let list = |list: &[Dependency]| {
        let one = |one: &Dependency| (one.name.to_string(), one.requirement.to_string());
        list.iter().map(one).collect()
    };
    let peers: Vec<Dependency> = needs.peers.iter().map(|peer| peer.dependency.clone()).collect();
    let texts = |texts: &Option<std::sync::Arc<[std::sync::Arc<str>]>>| {
        let texts = texts.as_ref()?;
        Some(texts.iter().map(ToString::to_string).collect())
    };
    let purpose = place.purpose;
    Entry {
        name: (place.name != place.package).then(|| place.package.clone()),
        version: Some(place.version.clone()),
        integrity: manifest.integrity.as_ref().map(ToString::to_string),
        dev: purpose.is_dev,
        optional: purpose.is_optional,
        dev_optional: purpose.is_dev_optional,
        peer: purpose.is_peer,
        extraneous: purpose.is_extraneous,
        in_bundle: purpose.is_bundled,
        dependencies: list(&needs.dependencies),
        optional_dependencies: list(&needs.optional),
        peer_dependencies: list(&peers),
        bundle_dependencies: needs.bundled.iter().map(ToString::to_string).collect(),
        os: texts(&traits.os),
        cpu: texts(&traits.cpu),
        libc: texts(&traits.libc),
        bin: traits.commands.as_ref().map(|bin| {
            bin.iter().map(|one| (one.name.to_string(), one.file.to_string())).collect()
        }),
        deprecated: traits.deprecated.as_ref().map(ToString::to_string),
    }
}
