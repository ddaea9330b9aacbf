//! Writes choices from the acceptable sets of the recorded projects, for cargo to judge:
//! `cargo run -p quartermaster-solver --example cargo_choices -- FOLDER COUNT`. `.ci/cargo-choices`
//! does, and lets it.
//!
//! Of each choice there are two packages. `lock` is the project with a lock file that holds the choice,
//! as far as the project needs it. `pins` requires every version of the choice that anything leads to
//! exactly, with the features that are on, and has no lock; `pins/pinned` names them.

#[path = "../tests/cargo/manifests.rs"]
mod manifests;
#[path = "../tests/cargo/world.rs"]
mod world;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::io;
use std::path::Path;

use solver::cargo::{
    Edge, Locked, LockedEdge, Outcome, Problem, Solution, Target, Universe, solve, widen,
};
use solver::search::Budget;
use solver::widen::{Acceptable, AcceptableSet, Reach};
use testkit::chance::Chance;
use world::World;

/// What locks call the registry.
const SOURCE: &str = "registry+https://github.com/rust-lang/crates.io-index";

type Set = AcceptableSet<Edge>;

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or_else(|| io::Error::other("no folder is given"))?;
    let count = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(20);
    for name in manifests::SETS {
        let mut world = World::recorded();
        let problem = manifests::problem(name);
        let Outcome::Solved(solution) = world.solve(&problem, u64::MAX).0 else {
            panic!("{name} has no answer");
        };
        let reach = Reach { newest: u32::MAX };
        let sets = widen(&problem, &world.universe, &solution, reach, &|| false).sets;
        let mut chance = Chance::new(1);
        for number in 0..count {
            let one = |set: &Set| set.versions[chance.below(set.versions.len())].clone();
            let choice: Vec<Acceptable<Edge>> = sets.iter().map(one).collect();
            let folder = Path::new(&folder).join(format!("{name}-{number}"));
            write(&folder.join("pins"), &pins(&solution, &choice))?;
            std::fs::write(folder.join("pins/pinned"), pinned(&solution, &choice))?;
            let lock = lock(&problem, &world.universe, &solution, &choice);
            write(&folder.join("lock"), &manifests::read(name, "Cargo.toml"))?;
            std::fs::write(folder.join("lock/Cargo.lock"), lock)?;
        }
    }
    Ok(())
}

/// Writes a package of a manifest.
fn write(folder: &Path, manifest: &str) -> io::Result<()> {
    std::fs::create_dir_all(folder.join("src"))?;
    std::fs::write(folder.join("src/lib.rs"), "")?;
    std::fs::write(folder.join("Cargo.toml"), manifest)
}

/// What the edges of a choice lead to, from the project.
fn reached(solution: &Solution, choice: &[Acceptable<Edge>]) -> BTreeSet<usize> {
    let mut waiting: Vec<Edge> = solution.members[0].edges.clone();
    let mut reached = BTreeSet::new();
    while let Some(edge) = waiting.pop() {
        if let Target::Pick(slot) = edge.target
            && reached.insert(slot)
        {
            waiting.extend(&choice[slot].edges);
        }
    }
    reached
}

fn pinned(solution: &Solution, choice: &[Acceptable<Edge>]) -> String {
    let reached = reached(solution, choice).into_iter();
    let lines = reached.map(|slot| {
        let pick = &solution.picks[slot];
        let release = &pick.listing.releases[choice[slot].position as usize];
        format!("{} {}\n", pick.package.name, release.version)
    });
    lines.collect()
}

/// A package that requires a choice exactly.
fn pins(solution: &Solution, choice: &[Acceptable<Edge>]) -> String {
    let mut text = "[package]\nname = \"pins\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n\
                    [dependencies]\n"
        .to_owned();
    let on = on(solution);
    for slot in reached(solution, choice) {
        let pick = &solution.picks[slot];
        let release = &pick.listing.releases[choice[slot].position as usize];
        let features = on[slot].iter().filter(|feature| release.features.has(feature));
        let features: Vec<String> = features.map(|feature| format!("{feature:?}")).collect();
        writeln!(
            text,
            "a{slot} = {{ package = \"{}\", version = \"={}\", default-features = false, \
             features = [{}] }}",
            pick.package.name,
            release.version,
            features.join(", ")
        )
        .expect("text");
    }
    text
}

/// The features that are on, by slot.
fn on(solution: &Solution) -> Vec<BTreeSet<&str>> {
    let picks = solution.picks.iter();
    let mut on: Vec<BTreeSet<&str>> =
        picks.map(|pick| pick.features.iter().map(String::as_str).collect()).collect();
    for pick in &solution.picks {
        for edge in &pick.edges {
            let asks = pick.release().dependencies[edge.dependency].uses_default_features;
            if let Target::Pick(slot) = edge.target
                && asks
            {
                on[slot].insert("default");
            }
        }
    }
    // All that a recorded project requires has its default features on.
    for edge in &solution.members[0].edges {
        if let Target::Pick(slot) = edge.target {
            on[slot].insert("default");
        }
    }
    on
}

/// The lock file of the project that holds a choice: what the solver makes of the problem once all of
/// the choice is locked.
fn lock(
    problem: &Problem,
    universe: &Universe,
    solution: &Solution,
    choice: &[Acceptable<Edge>],
) -> String {
    let edges = |edges: &[Edge]| {
        let targets = edges.iter().filter_map(|edge| match edge.target {
            Target::Pick(slot) => Some(LockedEdge::Package(slot)),
            Target::Member(_) => None,
        });
        targets.collect::<Vec<LockedEdge>>()
    };
    let mut problem = problem.clone();
    problem.members[0].locked = Some(edges(&solution.members[0].edges));
    let locked = solution.picks.iter().zip(choice).map(|(pick, acceptable)| Locked {
        package: pick.package.clone(),
        version: pick.listing.releases[acceptable.position as usize].version.clone(),
        edges: edges(&acceptable.edges),
        is_to_update: false,
    });
    problem.locked = locked.collect();
    let budget = Budget { steps: u64::MAX, interrupted: &|| false };
    match solve(&problem, universe, &budget).0 {
        Outcome::Solved(kept) => {
            for pick in &kept.picks {
                let is_it = |locked: &Locked| {
                    locked.package == pick.package && locked.version == pick.release().version
                };
                let is_kept = problem.locked.iter().any(is_it);
                assert!(
                    is_kept,
                    "{} {} is not of the choice",
                    pick.package,
                    pick.release().version
                );
            }
            written(&problem, &kept)
        }
        other => panic!("a choice has no answer: {other:?}"),
    }
}

/// A solution as cargo writes it.
fn written(problem: &Problem, solution: &Solution) -> String {
    let versions = solution
        .picks
        .iter()
        .map(|pick| (pick.package.name.to_string(), pick.release().version.to_string()));
    let versions: Vec<(String, String)> = versions.collect();
    let own = problem.members[0].name.to_string();
    let name = |edge: &Edge| {
        let Target::Pick(slot) = edge.target else { panic!("there is one member") };
        let (name, version) = &versions[slot];
        let twins = versions.iter().filter(|(other, _)| other == name).count();
        let is_own = usize::from(*name == own);
        if twins + is_own > 1 { format!("{name} {version}") } else { name.clone() }
    };
    let mut packages: Vec<(&str, String)> = Vec::new();
    let picks = versions.iter().zip(&solution.picks).map(|((name, version), pick)| {
        let checksum = pick.release().checksum.as_deref().unwrap_or_default();
        let source = format!("source = \"{SOURCE}\"\nchecksum = \"{checksum}\"\n");
        (name.as_str(), version.clone(), source, &pick.edges)
    });
    let member = &solution.members[0];
    let root = (own.as_str(), problem.members[0].version.to_string(), String::new(), &member.edges);
    for (package, version, source, edges) in picks.chain(std::iter::once(root)) {
        let mut text = format!("name = \"{package}\"\nversion = \"{version}\"\n{source}");
        let names: BTreeSet<String> = edges.iter().map(name).collect();
        if !names.is_empty() {
            let lines: String = names.iter().map(|name| format!(" \"{name}\",\n")).collect();
            write!(text, "dependencies = [\n{lines}]\n").expect("text");
        }
        packages.push((package, text));
    }
    // Picks are in the order of names and versions by now.
    packages.sort_by_key(|(name, _)| *name);
    let packages = packages.iter().map(|(_, text)| format!("\n[[package]]\n{text}"));
    let head = "# This file is automatically @generated by Cargo.\n\
                # It is not intended for manual editing.\nversion = 4\n";
    format!("{head}{}", packages.collect::<String>())
}
