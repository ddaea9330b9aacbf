//! Projects as folders, with the places that npm 11.19.1 gave what they need.
//!
//! Each folder of `manifests` holds a `package.json`, those of the project's own folders, and
//! `npm.tsv`: what `npm install --package-lock-only` wrote on node 20.20.2 with the recorded
//! documents, one line a place: where it is, the package with its version or what is linked to, and
//! the flags. Archives were served that hold nothing but a `package.json`, so that what is bundled is
//! as unknown there as here.
#![expect(clippy::disallowed_methods, reason = "the projects are folders")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use solver::npm::{Content, Folder, Outcome, Place, Policy, Problem, Solution};

use super::STEPS;
use super::case;
use super::world::World;

#[derive(Deserialize)]
struct Root {
    #[serde(default)]
    workspaces: Vec<String>,
}

#[test]
fn projects_lie_where_npm_puts_them() {
    let Some(mut world) = World::recorded() else { return };
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/npm/manifests");
    let mut projects = inside(&all);
    projects.sort();
    let mut faults = Vec::new();
    for project in &projects {
        let name = project.file_name().expect("a name").to_string_lossy();
        let theirs = std::fs::read_to_string(project.join("npm.tsv")).expect("npm's answer");
        let theirs: BTreeSet<String> = theirs.lines().map(ToOwned::to_owned).collect();
        let problem = problem(project);
        let (outcome, steps, _) = world.solve(&problem, STEPS);
        let Outcome::Solved(solution) = outcome else { panic!("{name}: {outcome:?}") };
        let ours: BTreeSet<String> = places(&solution).collect();
        let locked = Problem { locked: case::locked(&solution), ..problem };
        let (again, ..) = world.solve(&locked, STEPS);
        let Outcome::Solved(again) = again else { panic!("{name}: {again:?}") };
        let again: BTreeSet<String> = places(&again).collect();
        assert_eq!(again, ours, "{name}: a lock file changes the answer that it was made of");
        println!("{name}: {} places, {steps} steps", ours.len());
        let only = |sign: &str, one: &BTreeSet<String>, other: &BTreeSet<String>| {
            let lines = one.difference(other).map(|line| format!("{name} {sign} {line}"));
            lines.collect::<Vec<_>>()
        };
        faults.extend(only("npm ", &theirs, &ours));
        faults.extend(only("ours", &ours, &theirs));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(projects.len(), 10);
}

/// The projects, by their names.
pub(crate) fn problems() -> Vec<(String, Problem)> {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/npm/manifests");
    let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    let mut projects: Vec<_> =
        inside(&all).iter().map(|path| (name(path), problem(path))).collect();
    projects.sort_by(|(one, _), (other, _)| one.cmp(other));
    projects
}

/// What is asked in a folder.
fn problem(project: &Path) -> Problem {
    let text = std::fs::read_to_string(project.join("package.json")).expect("a manifest");
    let root: Root = serde_json::from_str(&text).expect("a manifest");
    let (own, overrides) = case::read(&text);
    let folders = manifests(project).into_iter().map(|path| {
        let location = path.strip_prefix(project).expect("a path inside").to_string_lossy();
        let is_meant = |pattern: &String| match pattern.strip_suffix("/*") {
            Some(around) => location.rsplit_once('/').is_some_and(|(outer, _)| outer == around),
            None => *pattern == location,
        };
        let text = std::fs::read_to_string(path.join("package.json")).expect("a manifest");
        Folder {
            project: case::read(&text).0,
            is_workspace: root.workspaces.iter().any(is_meant),
            location: location.replace('\\', "/"),
        }
    });
    let version = |text: &str| Some(ecosystems::npm::Version::parse(text).expect("a version"));
    let policy = Policy { node: version("20.20.2"), npm: version("11.19.1"), ..Policy::default() };
    Problem { project: own, folders: folders.collect(), overrides, policy, ..Problem::default() }
}

/// The folders below one that have a `package.json`, sorted.
fn manifests(around: &Path) -> Vec<PathBuf> {
    let mut waiting = inside(around);
    let mut found = Vec::new();
    while let Some(folder) = waiting.pop() {
        waiting.extend(inside(&folder));
        if folder.join("package.json").exists() {
            found.push(folder);
        }
    }
    found.sort();
    found
}

fn inside(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.filter(|path| path.is_dir()).collect()
}

/// An answer as `npm.tsv` has it.
fn places(solution: &Solution) -> impl Iterator<Item = String> {
    let line = |place: &Place| {
        let what = match &place.content {
            Content::Link(to) => format!("-> {}", solution.places[*to].location),
            Content::Release { .. } | Content::Folder(_) | Content::Project => {
                format!("{} {}", place.package, place.version)
            }
        };
        format!("{}\t{what}\t{}", place.location, flags(place))
    };
    solution.places.iter().skip(1).map(line)
}

/// The flags as lock files have them: a link has none, and of what is extraneous no other is said.
fn flags(place: &Place) -> String {
    let purpose = place.purpose;
    let is_link = matches!(place.content, Content::Link(_));
    let says = |is: bool| is && !purpose.is_extraneous && !is_link;
    let flags = [
        (says(purpose.is_dev), "dev"),
        (says(purpose.is_optional), "optional"),
        (says(purpose.is_dev_optional), "devOptional"),
        (says(purpose.is_peer), "peer"),
        (purpose.is_bundled && !is_link, "inBundle"),
        (purpose.is_extraneous && !is_link, "extraneous"),
    ];
    let said: Vec<&str> = flags.iter().filter(|(is, _)| *is).map(|(_, flag)| *flag).collect();
    said.join(" ")
}
