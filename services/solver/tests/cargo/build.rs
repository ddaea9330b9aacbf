//! What is compiled for a target, against what cargo 1.95 says that it would compile.
//!
//! The answers of cargo lie in `build/`; its `README.md` says how they were made.

#[path = "build/answers.rs"]
mod answers;
#[path = "build/laws.rs"]
mod laws;
#[path = "build/manifest.rs"]
mod manifest;

use std::collections::{BTreeMap, BTreeSet};

use ecosystems::cargo::{FeatureValue, Platform};
use solver::cargo::{
    Asked, BuildSet, Built, FeatureResolver, Outcome, Platforms, Problem, ProcMacros, Selection,
    Side, Solution, Target, build_set,
};

use super::STEPS;
use super::world::{REGISTRY, World, bundled};
use answers::{Answer, Case, Run, Unit};
use manifest::{Manifest, Workspace};

/// A workspace with its lock file, and what its packages are called.
struct Locked {
    problem: Problem,
    solution: Solution,
    /// The members, then the picks, as `name version`.
    names: Vec<String>,
}

impl Locked {
    fn new(world: &mut World, problem: Problem, members: &[String]) -> Self {
        let (outcome, _, _) = world.solve(&problem, STEPS);
        let Outcome::Solved(solution) = outcome else { panic!("{outcome:?}") };
        let members = members.iter().map(|name| format!("{name} 0.1.0"));
        let picks = solution.picks.iter();
        let picks = picks.map(|pick| format!("{} {}", pick.package, pick.release().version));
        let names = members.chain(picks).collect();
        Self { problem, solution, names }
    }

    fn platforms(run: &Run) -> Platforms {
        let find = |triple: &str| Platform::find(triple).expect("a built-in target");
        Platforms { target: find(&run.target), host: find(&run.host) }
    }

    /// What is known of procedural macros: that these are some, and no others are.
    fn known(&self, macros: &BTreeSet<String>) -> ProcMacros {
        let (members, picks) = self.names.split_at(self.problem.members.len());
        let members = members.iter().enumerate().filter(|(_, name)| macros.contains(*name));
        let picks = picks.iter().map(|name| macros.contains(name)).enumerate();
        ProcMacros { members: members.map(|(place, _)| place).collect(), picks: picks.collect() }
    }

    fn build(&self, run: &Run, proc_macros: ProcMacros) -> BuildSet {
        let members = 0..self.problem.members.len();
        let is_chosen = |place: &usize| {
            let name = self.names[*place].trim_end_matches(" 0.1.0");
            run.packages.is_empty() || run.packages.iter().any(|chosen| chosen == name)
        };
        let asked = members.filter(is_chosen).map(|member| Asked {
            member,
            features: run.features.iter().map(|text| FeatureValue::parse(text)).collect(),
            has_all_features: run.has_all_features,
            uses_default_features: run.uses_default_features,
        });
        let selection = Selection {
            resolver: run.resolver,
            members: asked.collect(),
            with_dev: run.with_dev,
            proc_macros,
        };
        let platforms = Self::platforms(run);
        build_set(&self.problem, &self.solution, &platforms, &selection).expect("a selection")
    }

    /// What is in a set, with the names of the packages.
    fn named<'a>(&'a self, set: &'a BuildSet) -> impl Iterator<Item = (&'a str, &'a Built)> {
        let built = set.members.iter().chain(&set.picks);
        self.names.iter().map(String::as_str).zip(built)
    }

    fn units(&self, set: &BuildSet) -> BTreeSet<Unit> {
        let mut units = BTreeSet::new();
        for (name, built) in self.named(set) {
            for (side, unit) in [("target", &built.target), ("host", &built.host)] {
                let unit =
                    unit.iter().map(|unit| (side.to_owned(), name.to_owned(), &unit.features));
                units.extend(unit.map(|(side, name, features)| Unit {
                    side,
                    name,
                    features: features.iter().cloned().collect(),
                }));
            }
        }
        units
    }

    /// Where the bounds of what is not known leave out what cargo compiles, or are certain of what
    /// it does not.
    fn faults_of_bounds(&self, set: &BuildSet, cargo: &BTreeSet<Unit>) -> Vec<String> {
        let units = self.units(set);
        let is_within = |unit: &Unit| {
            let mut same =
                units.iter().filter(|our| our.side == unit.side && our.name == unit.name);
            same.any(|our| our.features.is_superset(&unit.features))
        };
        let outside = cargo.iter().filter(|unit| !is_within(unit));
        let mut faults: Vec<String> =
            outside.map(|unit| format!("not in the set: {unit}")).collect();
        let compiled = by_package(cargo);
        for (name, built) in self.named(set) {
            if let Some(certain) = &built.certain {
                match compiled.get(name) {
                    Some(on) if certain.iter().all(|feature| on.contains(feature)) => {}
                    on => faults.push(format!("not certain: {name} {certain:?}, but {on:?}")),
                }
            }
        }
        faults
    }

    /// What is in the set and not compiled by cargo, whatever for.
    fn excess(&self, set: &BuildSet, cargo: &BTreeSet<Unit>) -> Vec<String> {
        let compiled = by_package(cargo);
        let mut excess = Vec::new();
        for (name, on) in by_package(&self.units(set)) {
            match compiled.get(&name) {
                None => excess.push(name),
                Some(cargo) => {
                    let more: Vec<&str> = on.difference(cargo).map(String::as_str).collect();
                    if !more.is_empty() {
                        excess.push(format!("{name} +{}", more.join(",")));
                    }
                }
            }
        }
        excess
    }
}

/// The features that are on anywhere, by package.
fn by_package(units: &BTreeSet<Unit>) -> BTreeMap<String, BTreeSet<String>> {
    let mut packages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for unit in units {
        packages.entry(unit.name.clone()).or_default().extend(unit.features.iter().cloned());
    }
    packages
}

fn differences(ours: &BTreeSet<Unit>, cargo: &BTreeSet<Unit>) -> Vec<String> {
    let lacking = cargo.difference(ours).map(|unit| format!("no {unit}"));
    let added = ours.difference(cargo).map(|unit| format!("added {unit}"));
    lacking.chain(added).collect()
}

/// The project of a recorded set, whose lock file is the one that cargo had.
fn recorded(set: &str, answer: &Answer) -> Locked {
    let text = match set {
        "grpc-kinds" => include_str!("build/grpc-kinds.toml").to_owned(),
        "web-kinds" => include_str!("build/web-kinds.toml").to_owned(),
        set => {
            String::from_utf8(bundled(&format!("oracles/cargo/{set}/Cargo.toml"))).expect("text")
        }
    };
    let mut world = World::recorded();
    let manifest: Manifest = toml::from_str(&text).expect("a manifest");
    let name = manifest.name().to_owned();
    let workspace = Workspace::new([(name.clone(), manifest)]);
    let locked = Locked::new(&mut world, workspace.problem(), &[name]);
    let ours: BTreeSet<&String> = locked.names.iter().collect();
    assert_eq!(ours, answer.packages.iter().collect(), "{set} has another lock file");
    locked
}

/// Judges the runs of a recorded set. Returns what is in the bounds and not compiled.
fn judge(set: &str, text: &str) -> String {
    let answer = Answer::read(text);
    let locked = recorded(set, &answer);
    let mut excess = String::new();
    for (letter, run) in &answer.runs {
        let cargo = answer.units(*letter);
        let exact = locked.build(run, locked.known(&answer.macros));
        let different = differences(&locked.units(&exact), &cargo);
        assert!(different.is_empty(), "{set}, {run}:\n{}", different.join("\n"));
        let bounds = locked.build(run, ProcMacros::default());
        let faults = locked.faults_of_bounds(&bounds, &cargo);
        assert!(faults.is_empty(), "{set}, {run}:\n{}", faults.join("\n"));
        let units = locked.units(&bounds).len();
        let certain = bounds.picks.iter().filter(|built| built.certain.is_some()).count();
        let compiled = by_package(&cargo).len();
        excess.push_str(&format!(
            "{run}: {} units where cargo has {}, {} packages certain of {compiled}\n",
            units,
            cargo.len(),
            certain + 1,
        ));
        for line in locked.excess(&bounds, &cargo) {
            excess.push_str(&format!("    {line}\n"));
        }
    }
    excess
}

#[test]
fn recorded_projects_are_built_as_cargo_builds_them() {
    let sets = [
        ("grpc", include_str!("build/grpc.txt")),
        ("web-api", include_str!("build/web-api.txt")),
        ("grpc-kinds", include_str!("build/grpc-kinds.txt")),
        ("web-kinds", include_str!("build/web-kinds.txt")),
    ];
    for (set, text) in sets {
        insta::assert_snapshot!(format!("excess of {set}"), judge(set, text));
    }
}

#[test]
fn made_workspaces_are_built_as_cargo_builds_them() {
    let workspaces: BTreeMap<String, Workspace> =
        toml::from_str(include_str!("build/rules.toml")).expect("workspaces");
    let cases = Case::read_all(include_str!("build/rules.txt"));
    let mut faults = Vec::new();
    for case in &cases {
        let workspace = &workspaces[&case.workspace];
        let members: Vec<String> = workspace.members().map(str::to_owned).collect();
        let locked = Locked::new(&mut workspace.world(), workspace.problem(), &members);
        let exact = locked.build(&case.run, locked.known(&workspace.macros()));
        let mut found = differences(&locked.units(&exact), &case.units);
        // Of members it is always known.
        let known = ProcMacros { picks: BTreeMap::new(), ..locked.known(&workspace.macros()) };
        let bounds = locked.build(&case.run, known);
        found.extend(locked.faults_of_bounds(&bounds, &case.units));
        if !found.is_empty() {
            faults.push(format!("{}, {}:\n    {}", case.workspace, case.run, found.join("\n    ")));
        }
    }
    let runs: usize = workspaces.values().map(|workspace| 2 * workspace.runs.len()).sum();
    assert_eq!(cases.len(), runs, "each run has an answer for each of two resolvers");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// A made workspace with its lock file.
fn made(name: &str) -> Locked {
    let mut workspaces: BTreeMap<String, Workspace> =
        toml::from_str(include_str!("build/rules.toml")).expect("workspaces");
    let workspace = workspaces.remove(name).expect("a workspace");
    let members: Vec<String> = workspace.members().map(str::to_owned).collect();
    Locked::new(&mut workspace.world(), workspace.problem(), &members)
}

#[test]
fn what_no_target_sets_is_told_and_taken_as_not_set() {
    let set = made("names_that_users_set").build(&Run::read("resolver 2"), ProcMacros::default());
    let warnings: Vec<&str> = set.warnings.iter().map(|warning| &*warning.text).collect();
    let words = "is taken as not set: no target sets it";
    assert_eq!(warnings, [format!("`custom` {words}"), format!("`proc_macro` {words}")]);
}

#[test]
fn edges_tell_for_which_side_they_are() {
    let locked = made("procedural_macros_have_features_of_their_own");
    let edges = |macros: &[&str], place: usize| {
        let macros = macros.iter().map(|name| (*name).to_owned()).collect();
        let set = locked.build(&Run::read("resolver 2"), locked.known(&macros));
        let unit = set.members[place].target.as_ref().expect("a unit");
        let edges = unit.edges.iter().map(|edge| match edge.to {
            Target::Member(member) => (locked.names[member].clone(), edge.side),
            Target::Pick(pick) => (locked.names[1 + pick].clone(), edge.side),
        });
        edges.collect::<Vec<_>>()
    };
    let edge = |name: &str, side| (name.to_owned(), side);
    assert_eq!(
        edges(&["mac 1.0.0"], 0),
        [edge("common 1.0.0", Side::Target), edge("mac 1.0.0", Side::Host)]
    );
    assert_eq!(
        edges(&[], 0),
        [edge("common 1.0.0", Side::Target), edge("mac 1.0.0", Side::Target)]
    );
}

#[test]
fn a_selection_of_what_is_not_there_is_refused_by_name() {
    let locked = made("weak_features_wait_for_the_dependency");
    let error = |member: usize, feature: &str| {
        let asked = Asked { features: vec![FeatureValue::parse(feature)], ..Asked::usual(member) };
        let selection = Selection {
            members: vec![asked],
            ..Selection::workspace(&locked.problem, FeatureResolver::Two)
        };
        let platforms = Locked::platforms(&Run::read(""));
        build_set(&locked.problem, &locked.solution, &platforms, &selection)
            .map_err(|error| error.to_string())
    };
    assert_eq!(
        error(1, "on").err().as_deref(),
        Some("there is no member 1 of the workspace, counted from 0")
    );
    assert_eq!(error(0, "off").err().as_deref(), Some("`app` has no feature `off`"));
    assert_eq!(error(0, "dep:may").err().as_deref(), Some("`app` has no feature `dep:may`"));
    assert_eq!(error(0, "must?/f1").err().as_deref(), Some("`app` has no feature `must?/f1`"));
    assert!(error(0, "may?/f1").is_ok());
}
