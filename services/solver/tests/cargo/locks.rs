//! Manifests with the lock files that cargo 1.95 wrote for them.

use std::collections::BTreeSet;

use serde::Deserialize;
use solver::cargo::{Outcome, Solution, Target};

use super::STEPS;
use super::manifests::{problem, read};
use super::world::World;

#[derive(Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    #[serde(default)]
    dependencies: Vec<String>,
}

/// Packages as `name version`, and edges as `name version -> name version`.
type Graph = (BTreeSet<String>, BTreeSet<String>);

/// Counts how often looking ahead names anything before it knows all, and what it names.
pub(crate) fn looks_ahead(mut world: World, set: &str) {
    let problem = problem(set);
    let (mut rounds, mut asked) = (0, 0);
    loop {
        let gaps = world.ahead(&problem);
        if gaps.is_empty() {
            break;
        }
        rounds += 1;
        asked += gaps.len();
        gaps.iter().for_each(|gap| world.read(gap));
    }
    let (outcome, _, further) = world.solve(&problem, STEPS);
    let Outcome::Solved(solution) = outcome else { panic!("{outcome:?}") };
    let needed = solution.footprint.len();
    println!("{set:<10} {rounds:>3} rounds ahead, {further} more; asked {asked}, needed {needed}");
    assert!(further <= 2, "{set}: {further} rounds after looking ahead");
    assert!(asked <= needed + needed / 10, "{set}: asked for {asked} where {needed} are needed");
}

/// Solves a set, and says in what the answer differs from cargo's.
pub(crate) fn differences(world: &mut World, set: &str) -> Vec<String> {
    let problem = problem(set);
    let lock: Lock = toml::from_str(&read(set, "Cargo.lock")).expect("a lock file");
    let (outcome, steps, rounds) = world.solve(&problem, STEPS);
    let Outcome::Solved(solution) = outcome else { return vec![format!("{set}: {outcome:?}")] };
    let (packages, edges) = graph(problem.members[0].name.as_str(), &solution);
    let (locked, locked_edges) = locked(&lock);
    let (count, edge_count) = (packages.len(), edges.len());
    println!(
        "{set:<10} {count:>4} packages {edge_count:>5} edges {steps:>6} steps {rounds:>3} rounds"
    );
    let mut different = Vec::new();
    for (kind, ours, theirs) in [("package", packages, locked), ("edge", edges, locked_edges)] {
        let lacking = theirs.difference(&ours).map(|what| format!("{set}: no {kind} {what}"));
        different.extend(lacking);
        let added = ours.difference(&theirs).map(|what| format!("{set}: added {kind} {what}"));
        different.extend(added);
    }
    different
}

fn graph(member: &str, solution: &Solution) -> Graph {
    let member = format!("{member} 0.1.0");
    let name = |target: Target| match target {
        Target::Member(_) => member.clone(),
        Target::Pick(place) => {
            let pick = &solution.picks[place];
            format!("{} {}", pick.package, pick.release().version)
        }
    };
    let picks = (0..solution.picks.len()).map(Target::Pick);
    let mut packages: BTreeSet<String> = picks.map(name).collect();
    let mut edges = BTreeSet::new();
    for edge in &solution.members[0].edges {
        edges.insert(format!("{member} -> {}", name(edge.target)));
    }
    for (place, pick) in solution.picks.iter().enumerate() {
        let to = pick.edges.iter().map(|edge| name(edge.target));
        edges.extend(to.map(|to| format!("{} -> {to}", name(Target::Pick(place)))));
    }
    packages.insert(member);
    (packages, edges)
}

/// A lock file names a dependency's version only where there are several.
fn locked(lock: &Lock) -> Graph {
    let id = |package: &Locked| format!("{} {}", package.name, package.version);
    let packages: BTreeSet<String> = lock.package.iter().map(id).collect();
    let mut edges = BTreeSet::new();
    for package in &lock.package {
        for to in &package.dependencies {
            let mut words = to.split(' ');
            let name = words.next().expect("a name");
            let version = words.next();
            let mut all = lock.package.iter();
            let target = all.find(|other| {
                other.name == name && version.is_none_or(|version| other.version == version)
            });
            edges.insert(format!("{} -> {}", id(package), id(target.expect("a package"))));
        }
    }
    (packages, edges)
}
