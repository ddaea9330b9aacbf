//! Made registries, with answers that are looked through by a reader of its own.
//!
//! The reader knows folders as Node does, `package.json` files, and nothing of how the answer came
//! about: it takes paths apart, looks each name up folder by folder, and asks whether the version
//! there is one that was asked for.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ecosystems::npm::{Name, Range, Reading, Version};
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};
use serde_json::{Value, json};
use solver::npm::{Content, InstallStrategy, Outcome, Policy, Problem, Solution};

use super::STEPS;
use super::world::World;

const NAMES: [&str; 9] = ["a", "b", "c", "@s/d", "@s/e", "f", "@t/g", "h", "i"];
const VERSIONS: [&str; 6] = ["1.0.0", "1.1.0", "1.2.0", "2.0.0", "2.1.0", "3.0.0"];
const RANGES: [&str; 10] =
    ["^1.0.0", "^2.0.0", "*", ">=1.0.0", "1.0.0", "~1.1.0", "1 || 2", "2 || 3", "<2.0.0", "^3.0.0"];
const KINDS: [&str; 3] = ["dependencies", "optionalDependencies", "peerDependencies"];
/// Peers that may be missing, as a kind of their own.
pub(crate) const OPTIONAL_PEERS: &str = "optional peers";

pub(crate) struct Dice(pub(crate) TestRng);

impl Dice {
    pub(crate) fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.0.next_u32()).expect("a number") % count
    }

    fn one_of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }

    /// Dependencies on packages behind the first `from` names, so that there is no way round.
    fn dependencies(&mut self, from: usize, at_most: usize) -> Value {
        let mut list = serde_json::Map::new();
        if from < NAMES.len() {
            for _ in 0..self.below(at_most + 1) {
                let name = NAMES[from + self.below(NAMES.len() - from)];
                list.insert(name.to_owned(), self.one_of(&RANGES).into());
            }
        }
        list.into()
    }
}

/// What one version or the project needs, by kind.
pub(crate) type Needs = BTreeMap<&'static str, BTreeMap<String, String>>;

/// A made registry: what each version needs.
pub(crate) struct Made {
    pub(crate) manifests: BTreeMap<(String, String), Needs>,
    /// Versions that are deprecated.
    pub(crate) deprecated: BTreeSet<(String, String)>,
    pub(crate) documents: HashMap<String, Vec<u8>>,
    pub(crate) project: String,
    pub(crate) needs: Needs,
    pub(crate) policy: Policy,
}

impl Made {
    /// The documents, with some of the versions deprecated.
    pub(crate) fn with_deprecated(
        &self,
        is_deprecated: impl Fn(&Name, &Version) -> bool,
    ) -> HashMap<String, Vec<u8>> {
        let changed = |(name, document): (&String, &Vec<u8>)| {
            let own = Name::parse(name).expect("a name");
            let mut document: Value = serde_json::from_slice(document).expect("a document");
            for (version, manifest) in document["versions"].as_object_mut().expect("versions") {
                if is_deprecated(&own, &Version::parse(version).expect("a version")) {
                    manifest["deprecated"] = "for others".into();
                }
            }
            (name.clone(), document.to_string().into_bytes())
        };
        self.documents.iter().map(changed).collect()
    }

    /// Whether a version that would do is published.
    fn has(&self, name: &str, spec: &str) -> bool {
        let range = Range::parse(spec, Reading::LOOSE).expect("a range");
        let mut versions = self.manifests.keys().filter(|(own, _)| own == name);
        versions.any(|(_, version)| range.contains(&Version::parse(version).expect("a version")))
    }

    /// The names of what is optional somewhere, and of which nothing would do there.
    fn failing(&self) -> BTreeSet<&String> {
        let needs = self.manifests.values().chain([&self.needs]);
        let optional = needs.flat_map(|needs| &needs["optionalDependencies"]);
        optional.filter(|(name, spec)| !self.has(name, spec)).map(|(name, _)| name).collect()
    }
}

/// Makes a registry and a project; of all sorts, with deprecated versions and peers that may be
/// missing.
pub(crate) fn made(dice: &mut Dice, of_all_sorts: bool) -> Made {
    let (mut manifests, mut documents) = (BTreeMap::new(), HashMap::new());
    let mut deprecated = BTreeSet::new();
    let density = 1 + dice.below(3);
    let has_peers = dice.below(2) == 0;
    for (place, name) in NAMES.into_iter().enumerate() {
        let mut versions = serde_json::Map::new();
        for version in VERSIONS {
            // `^1`, `^2` and `^3` have a version each.
            if version.ends_with("1.0") && dice.below(2) == 0 {
                continue;
            }
            let mut manifest = json!({ "name": name, "version": version });
            manifest["dependencies"] = dice.dependencies(place + 1, density);
            if dice.below(5) == 0 {
                manifest["optionalDependencies"] = dice.dependencies(place + 1, 1);
            }
            if has_peers && dice.below(4) == 0 {
                manifest["peerDependencies"] = dice.dependencies(place + 1, 2);
                if of_all_sorts && dice.below(3) == 0 {
                    let peers = manifest["peerDependencies"].as_object().expect("a list");
                    let optional = |name: &String| (name.clone(), json!({ "optional": true }));
                    let meta: serde_json::Map<_, _> = peers.keys().take(1).map(optional).collect();
                    manifest["peerDependenciesMeta"] = meta.into();
                }
            }
            if of_all_sorts && dice.below(8) == 0 {
                manifest["deprecated"] = "for a newer one".into();
                deprecated.insert((name.to_owned(), version.to_owned()));
            }
            manifests.insert((name.to_owned(), version.to_owned()), needs_of(&manifest));
            versions.insert(version.to_owned(), manifest);
        }
        let document =
            json!({ "name": name, "dist-tags": { "latest": "3.0.0" }, "versions": versions });
        documents.insert(name.to_owned(), document.to_string().into_bytes());
    }
    let mut project = json!({ "name": "project", "version": "1.0.0" });
    project["dependencies"] = dice.dependencies(0, 4);
    project["optionalDependencies"] = dice.dependencies(0, 1);
    let policy = Policy {
        install_strategy: match dice.below(8) {
            0 => InstallStrategy::Nested,
            _ => InstallStrategy::Hoisted,
        },
        prefers_dedupe: dice.below(6) == 0,
        ..Policy::default()
    };
    let needs = needs_of(&project);
    Made { manifests, deprecated, documents, project: project.to_string(), needs, policy }
}

fn needs_of(manifest: &Value) -> Needs {
    let of = |kind: &'static str| {
        let list = manifest[kind].as_object().cloned().unwrap_or_default();
        let one = |(name, spec): (String, Value)| (name, spec.as_str().expect("text").to_owned());
        (kind, list.into_iter().map(one).collect())
    };
    let mut needs: Needs = KINDS.map(of).into();
    let optional: Vec<String> = needs["optionalDependencies"].keys().cloned().collect();
    for name in optional {
        for kind in ["dependencies", "peerDependencies"] {
            needs.get_mut(kind).expect("a list").remove(&name);
        }
    }
    let production: Vec<String> = needs["dependencies"].keys().cloned().collect();
    let peers = needs.get_mut("peerDependencies").expect("a list");
    for name in production {
        peers.remove(&name);
    }
    let meta = &manifest["peerDependenciesMeta"];
    let optional = peers.extract_if(.., |name, _| meta[&**name]["optional"] == true);
    let optional = optional.collect();
    needs.insert(OPTIONAL_PEERS, optional);
    needs
}

/// The folders around a folder, from the inside, as Node looks through them.
pub(crate) fn outwards(location: &str) -> Vec<&str> {
    let mut folders = vec![location];
    let mut rest = location;
    while let Some(place) = rest.rfind("node_modules/") {
        rest = rest[..place].trim_end_matches('/');
        folders.push(rest);
    }
    folders
}

pub(crate) fn inside(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        format!("node_modules/{name}")
    } else {
        format!("{folder}/node_modules/{name}")
    }
}

/// What is wrong with an answer.
fn faults(made: &Made, solution: &Solution) -> Vec<String> {
    let mut faults = Vec::new();
    let mut versions: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    for place in &solution.places[1..] {
        if !matches!(place.content, Content::Release { .. }) {
            faults.push(format!("{} is no release", place.location));
        }
        if !place.location.ends_with(&format!("node_modules/{}", place.package)) {
            faults.push(format!("{} lies at {}", place.package, place.location));
        }
        versions.insert(&place.location, (&place.package, &place.version));
    }
    let passed: BTreeSet<(&str, &str)> = solution
        .passed
        .iter()
        .map(|passed| (&*solution.places[passed.from].location, &*passed.name))
        .collect();
    let inert = solution.places.iter().filter(|place| place.purpose.is_inert);
    let inert: BTreeSet<&str> = inert.map(|place| &*place.location).collect();
    let failing = made.failing();
    let mut reached: BTreeSet<String> = BTreeSet::new();
    let mut waiting = vec![String::new()];
    while let Some(location) = waiting.pop() {
        if !reached.insert(location.clone()) {
            continue;
        }
        // What is not installed need not find anything.
        let is_inert = inert.contains(&*location);
        let needs = match versions.get(&*location) {
            Some((name, version)) => &made.manifests[&((*name).to_owned(), (*version).to_owned())],
            None => &made.needs,
        };
        for (kind, list) in needs {
            for (name, spec) in list {
                let peer = *kind == "peerDependencies";
                let folders = outwards(&location);
                let mut folders = folders.into_iter().map(|folder| inside(folder, name));
                let found = folders.find(|place| versions.contains_key(&**place));
                let range = Range::parse(spec, Reading::LOOSE).expect("a range");
                let fits = found.as_ref().is_some_and(|found| {
                    range.contains(&Version::parse(versions[&**found].1).expect("a version"))
                });
                let is_own = peer && found.as_ref() == Some(&inside(&location, name));
                // What is optional may be left out if nothing that is published would do. Where it
                // was left out, npm does not look again for whoever lies further in.
                let may_lack = *kind == "optionalDependencies"
                    && (!made.has(name, spec) || (found.is_none() && failing.contains(name)));
                let is_lacking = !fits && !may_lack && !is_inert;
                if (is_lacking && !passed.contains(&(&*location, &**name))) || is_own {
                    faults.push(format!("{location} {kind} {name}@{spec}: {found:?}"));
                }
                waiting.extend(found);
            }
        }
    }
    for place in &solution.places {
        if !reached.contains(&place.location) && !place.purpose.is_extraneous {
            faults.push(format!("nobody needs {}", place.location));
        }
    }
    faults
}

/// Asserts that an answer in which all is right stays as it is once it is locked, and that any other
/// is an answer still. Returns whether all was right.
fn stays(world: &mut World, problem: &Problem, solution: &Solution) -> bool {
    let is_right = solution
        .places
        .iter()
        .all(|place| !place.purpose.is_extraneous && place.edges.iter().all(|edge| edge.is_met));
    let locked = super::case::locked(solution);
    // Of the lock the order does not count.
    let problem = Problem { locked: locked.into_iter().rev().collect(), ..problem.clone() };
    let (again, ..) = world.solve(&problem, STEPS);
    let Outcome::Solved(again) = again else { panic!("{again:?}") };
    assert!(again.not_taken_up.is_empty());
    if is_right {
        let text = |solution: &Solution| {
            let places = solution.places.iter();
            let places = places.map(|place| super::cases::said_of(solution, place, true));
            places.collect::<Vec<_>>()
        };
        assert_eq!(text(&again), text(solution));
    }
    is_right
}

#[test]
fn answers_hold_where_every_package_lies() {
    let mut dice = Dice(TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let (mut solved, mut refused, mut places, mut kept) = (0, 0, 0, 0);
    for round in 0..1_000 {
        let made = made(&mut dice, false);
        let mut world = World::of(made.documents.clone());
        let project = super::case::read(&made.project).0;
        let policy = made.policy.clone();
        let problem = Problem { project, policy, ..Problem::default() };
        match world.solve(&problem, STEPS).0 {
            Outcome::Solved(solution) => {
                solved += 1;
                places += solution.places.len() - 1;
                let faults = faults(&made, &solution);
                assert!(faults.is_empty(), "{round} {}\n{}", made.project, faults.join("\n"));
                kept += u32::from(stays(&mut world, &problem, &solution));
            }
            Outcome::Conflict(conflict, _) => {
                refused += 1;
                assert!(!conflict.facts.is_empty(), "{conflict}");
            }
            other => panic!("{other:?}"),
        }
    }
    println!("{solved} with an answer of {places} places in all, {kept} kept, {refused} without");
    assert!(kept > 300 && solved > 500 && refused > 20, "the registries are too much alike");
    assert!(Name::parse(NAMES[3]).is_ok(), "scoped names are names");
}
