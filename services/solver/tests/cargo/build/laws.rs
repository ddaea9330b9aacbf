//! Laws of what is compiled, on made workspaces, where all that is not known can be tried.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};
use solver::cargo::ProcMacros;

use super::answers::{HOST, Run, Unit};
use super::manifest::Workspace;
use super::{Locked, by_package};

/// So many packages are made, each of which may need those behind it.
const PACKAGES: usize = 5;

/// A dependency, as choices.
#[derive(Clone, Debug)]
struct Needs {
    to: usize,
    kind: usize,
    target: usize,
    is_optional: bool,
    features: Vec<usize>,
    has_default: bool,
}

fn needs() -> impl Strategy<Value = Needs> {
    let features = prop::collection::vec(0..3usize, 0..2);
    let flags = (prop::bool::weighted(0.4), any::<bool>());
    (0..PACKAGES, 0..4usize, 0..6usize, flags, features).prop_map(
        |(to, kind, target, (is_optional, has_default), features)| Needs {
            to,
            kind,
            target,
            is_optional,
            features,
            has_default,
        },
    )
}

/// A package, as choices: what it needs, and what its three features ask for.
type Made = (Vec<Needs>, Vec<Vec<(usize, usize)>>);

fn made(most: usize) -> impl Strategy<Value = Made> {
    let values = prop::collection::vec((0..5usize, 0..8usize), 0..3);
    (prop::collection::vec(needs(), 0..most), prop::collection::vec(values, 3))
}

const FEATURES: [&str; 3] = ["default", "f", "g"];

/// The manifest of the package at a place; that of the member, which needs any of them, at none.
fn manifest(made: &Made, place: Option<usize>, has_odd: bool) -> Value {
    let first = place.map_or(0, |place| place + 1);
    let conditions = match (place, has_odd) {
        (_, true) => ["", "", "", "cfg(windows)", "cfg(unix)", "cfg(custom)"],
        (None, false) => ["", "", "", "", "cfg(windows)", "cfg(unix)"],
        (Some(_), false) => [""; 6],
    };
    let mut manifest = json!({ "target": {} });
    let mut optional = Vec::new();
    let mut every = Vec::new();
    for needs in made.0.iter().filter(|needs| needs.to >= first) {
        let kinds = ["dependencies", "dependencies", "build-dependencies", "dev-dependencies"];
        let kind = kinds[needs.kind];
        let is_optional = needs.is_optional && kind != "dev-dependencies";
        let alias = format!("p{}", needs.to);
        let features: Vec<&str> = needs.features.iter().map(|feature| FEATURES[*feature]).collect();
        let entry = json!({
            "version": "1",
            "optional": is_optional,
            "features": features,
            "default-features": needs.has_default,
        });
        let table = match conditions[needs.target] {
            "" => &mut manifest,
            condition => &mut manifest["target"][condition],
        };
        table[kind][&alias] = entry;
        if is_optional {
            optional.push(alias.clone());
        }
        if kind != "dev-dependencies" {
            every.push(alias);
        }
    }
    // What was overwritten by a later entry may no longer be optional.
    optional.retain(|alias| is_optional(&manifest, alias));
    let mut features = json!({});
    for (name, values) in FEATURES.iter().zip(&made.1) {
        let values = values.iter().filter_map(|(kind, which)| {
            let of = |list: &[String]| list.get(which % list.len().max(1)).cloned();
            match kind {
                // Features ask for later ones alone: a feature that needs itself is none.
                0 => (*name == "default").then(|| FEATURES[1 + which % 2].to_owned()),
                1 => of(&optional).map(|alias| format!("dep:{alias}")),
                2 | 3 => of(&every).map(|alias| format!("{alias}/{}", FEATURES[which % 3])),
                _ if has_odd => {
                    of(&optional).map(|alias| format!("{alias}?/{}", FEATURES[which % 3]))
                }
                _ => None,
            }
        });
        features[name] = values.collect();
    }
    manifest["features"] = features;
    manifest
}

/// Whether a dependency is optional in some table.
fn is_optional(manifest: &Value, alias: &str) -> bool {
    let targets = manifest["target"].as_object().into_iter().flat_map(|all| all.values());
    let mut tables = std::iter::once(manifest).chain(targets);
    tables.any(|tables| {
        let kinds = ["dependencies", "build-dependencies"];
        kinds.iter().any(|kind| tables[*kind][alias]["optional"] == json!(true))
    })
}

/// A workspace of one member. All of its lock file is compiled for somebody without what is odd: weak
/// features, and conditions that no target meets, alone or one behind the other.
fn workspace(has_odd: bool) -> impl Strategy<Value = Workspace> {
    (made(5), prop::collection::vec(made(4), PACKAGES)).prop_map(move |(member, packages)| {
        let packages = packages.iter().enumerate();
        let packages: BTreeMap<String, Value> = packages
            .map(|(place, made)| (format!("p{place}"), manifest(made, Some(place), has_odd)))
            .collect();
        let members = json!({ "app": manifest(&member, None, has_odd) });
        let workspace = json!({ "members": members, "packages": packages });
        serde_json::from_value(workspace).expect("a workspace")
    })
}

fn locked(workspace: &Workspace) -> Locked {
    let members: Vec<String> = workspace.members().map(str::to_owned).collect();
    Locked::new(&mut workspace.world(), workspace.problem(), &members)
}

/// What is compiled for each choice of procedural macros among the picks.
fn every_choice(locked: &Locked, run: &Run) -> Vec<BTreeSet<Unit>> {
    let picks = locked.solution.picks.len();
    let choices = 0..1usize << picks;
    let known = |choice: usize| ProcMacros {
        members: BTreeSet::new(),
        picks: (0..picks).map(|pick| (pick, choice >> pick & 1 == 1)).collect(),
    };
    choices.map(|choice| locked.units(&locked.build(run, known(choice)))).collect()
}

fn run(text: &str, has_dev: bool) -> Run {
    Run::read(&format!("{text}{}", if has_dev { " --dev" } else { "" }))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_bounds_hold_whatever_is_a_procedural_macro(
        workspace in workspace(true),
        resolver in 1..3u32,
        target in prop::sample::select(vec![HOST, "x86_64-pc-windows-msvc"]),
        has_dev: bool,
    ) {
        let locked = locked(&workspace);
        let run = run(&format!("resolver {resolver} target {target}"), has_dev);
        let bounds = locked.build(&run, ProcMacros::default());
        let choices = every_choice(&locked, &run);
        for units in &choices {
            prop_assert_eq!(locked.faults_of_bounds(&bounds, units), Vec::<String>::new());
        }
        // The upper bound is tight: each unit is compiled under some choice, and so is each feature.
        let units = locked.units(&bounds);
        for unit in &units {
            let all = choices.iter().flatten();
            let same = all.filter(|other| other.side == unit.side && other.name == unit.name);
            let same: Vec<&Unit> = same.collect();
            prop_assert!(!same.is_empty(), "{} is compiled under no choice", unit);
            let features: BTreeSet<String> =
                same.into_iter().flat_map(|other| other.features.iter().cloned()).collect();
            prop_assert_eq!(&unit.features, &features, "{} and what is on", unit);
        }
        if resolver == 1 && target == HOST {
            let exact = by_package(&choices[0]);
            prop_assert_eq!(by_package(&units), exact);
        }
    }

    #[test]
    fn all_features_for_all_targets_are_the_lock_file(workspace in workspace(false)) {
        let locked = locked(&workspace);
        let mut compiled = BTreeMap::new();
        for target in [HOST, "x86_64-pc-windows-msvc"] {
            for host in [HOST, "x86_64-pc-windows-msvc"] {
                let mut run = run(&format!("resolver 1 target {target} --all-features"), true);
                run.host = host.to_owned();
                let set = locked.build(&run, ProcMacros::default());
                compiled.extend(by_package(&locked.units(&set)));
            }
        }
        let members = locked.solution.members.iter().map(|member| &member.features);
        let features = members.chain(locked.solution.picks.iter().map(|pick| &pick.features));
        let lock = locked.names.iter().cloned().zip(features.map(|all| all.iter().cloned().collect()));
        prop_assert_eq!(compiled, lock.collect::<BTreeMap<_, _>>());
    }
}
