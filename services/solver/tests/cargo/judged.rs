//! Made workspaces and lock files, held against what cargo answered.

use std::collections::{BTreeMap, BTreeSet};

use ecosystems::Timestamp;
use ecosystems::cargo::{
    Declaration, Dependency, FeatureValue, Features, Kind, Name, Requirement, RustVersion, Version,
};
use serde::Deserialize;
use solver::cargo::{
    Crate, Locked, LockedEdge, Member, Outcome, Patch, Policy, Problem, Replacement, Solution,
    Target,
};
use solver::{Held, Strategy};
use toml::{Table, Value};

use super::STEPS;
use super::world::{REGISTRY, World};

/// The other registry.
pub(crate) const OTHER: &str = "https://other.example/";

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

/// A workspace and an index, as the head of the file has it.
#[derive(Deserialize)]
struct Case {
    name: String,
    #[serde(default)]
    main: Vec<String>,
    #[serde(default)]
    other: Vec<String>,
    #[serde(default)]
    lock: Vec<String>,
    #[serde(default)]
    update: Vec<String>,
    #[serde(default)]
    flags: Vec<String>,
    before: Option<String>,
    files: BTreeMap<String, String>,
    expected: Vec<String>,
    ours: Option<Vec<String>>,
}

#[test]
fn workspaces_patches_and_locks_are_answered_as_cargo_does() {
    let cases: Cases = toml::from_str(include_str!("judged.toml")).expect("a list of cases");
    let mut different = Vec::new();
    for case in &cases.case {
        let expected: BTreeSet<String> =
            case.ours.as_ref().unwrap_or(&case.expected).iter().cloned().collect();
        let answer = case.answer();
        if answer != expected {
            different.push(format!("{}: {answer:#?}, not {expected:#?}", case.name));
        }
    }
    println!("{} cases", cases.case.len());
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// The cases: what each is called, its index, and what is asked.
pub(crate) fn all() -> Vec<(String, World, Problem)> {
    let cases: Cases = toml::from_str(include_str!("judged.toml")).expect("a list of cases");
    let cases = cases.case.into_iter();
    cases.map(|case| (case.name.clone(), case.world(), case.problem())).collect()
}

impl Case {
    fn world(&self) -> World {
        let mut world = World::default();
        for (registry, lines) in [(REGISTRY, &self.main), (OTHER, &self.other)] {
            lines.iter().for_each(|line| world.add_words(registry, &line.replace("OTHER", OTHER)));
        }
        world
    }

    /// The lines of the lock that we have.
    fn answer(&self) -> BTreeSet<String> {
        let problem = self.problem();
        match self.world().solve(&problem, STEPS).0 {
            Outcome::Solved(solution) => lock_lines(&problem, &solution),
            Outcome::Conflict(..) => BTreeSet::from(["none".to_owned()]),
            other => panic!("{other:?}"),
        }
    }

    fn problem(&self) -> Problem {
        let files = self.files.iter();
        let files = files.map(|(path, text)| (path.as_str(), toml::from_str(text).expect("TOML")));
        let files: BTreeMap<&str, Table> = files.collect();
        let all = files.iter().filter(|(_, file)| file.contains_key("package"));
        let folders: Vec<String> = all.clone().map(|(path, _)| folder("", path)).collect();
        let mut members: Vec<Member> = all
            .clone()
            .zip(&folders)
            .map(|((_, file), here)| member(file, here, &folders))
            .collect();
        let root = &files["Cargo.toml"];
        let locked = self.locked(&mut members);
        let strategy = match self.flags.first().map(String::as_str) {
            Some("-Zminimal-versions") => Strategy::Lowest,
            Some("-Zdirect-minimal-versions") => Strategy::LowestDirect,
            _ => Strategy::Highest,
        };
        let counts = root.get("workspace").and_then(|workspace| workspace.get("resolver"));
        let stated = all.filter_map(|(_, file)| file["package"].get("rust-version")?.as_str());
        let stated = stated.filter(|_| counts.and_then(Value::as_str) == Some("3"));
        let rust_versions = stated.map(|text| RustVersion::parse(text).expect("a rust-version"));
        Problem {
            registry: REGISTRY.into(),
            members,
            patches: patches(root, &folders),
            locked,
            held: Held::default(),
            policy: Policy {
                strategy,
                rust_versions: rust_versions.collect(),
                before: self.before.as_ref().and_then(|text| Timestamp::parse(text).ok()),
                prefers_held: false,
            },
        }
    }

    /// The lock at hand; members are told what they are locked to.
    fn locked(&self, members: &mut [Member]) -> Vec<Locked> {
        let number = |node: &str, members: &[Member]| {
            members.iter().position(|member| format!("{} {}", member.name, member.version) == *node)
        };
        let edges: Vec<(&str, Option<&str>)> = self
            .lock
            .iter()
            .map(|line| line.split_once(" -> ").map_or((&**line, None), |(a, b)| (a, Some(b))))
            .collect();
        let nodes = edges.iter().flat_map(|(from, to)| std::iter::once(*from).chain(*to));
        let nodes: BTreeSet<&str> = nodes.filter(|node| number(node, members).is_none()).collect();
        let nodes: Vec<&str> = nodes.into_iter().collect();
        let place = |node: &str, members: &[Member]| {
            let package = || nodes.iter().position(|known| *known == node).map(LockedEdge::Package);
            number(node, members).map(LockedEdge::Member).or_else(package)
        };
        for (from, to) in &edges {
            let to = to.and_then(|to| place(to, members));
            if let Some(member) = number(from, members) {
                members[member].locked.get_or_insert_default().extend(to);
            }
        }
        let locked = nodes.iter().map(|node| {
            let to = edges.iter().filter(|(from, _)| from == node);
            let plain = node.strip_suffix("@other");
            let (name, version) = plain.unwrap_or(node).split_once(' ').expect("a version");
            Locked {
                package: package(plain.map_or(REGISTRY, |_| OTHER), name),
                version: version.parse().expect("a version"),
                edges: to.filter_map(|(_, to)| place((*to)?, members)).collect(),
                is_to_update: self.update.iter().any(|updated| updated == name),
            }
        });
        locked.collect()
    }
}

/// The folder of a path that is meant from `here`, with `..` where it is outside of the workspace.
fn folder(here: &str, path: &str) -> String {
    let mut parts: Vec<&str> = here.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/').filter(|part| *part != "Cargo.toml") {
        match part {
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn package(registry: &str, name: &str) -> Crate {
    Crate { registry: registry.into(), name: Name::parse(name).expect("a name") }
}

/// The registry that manifests call so.
fn registry(name: &str) -> &'static str {
    if name == "crates-io" { REGISTRY } else { OTHER }
}

fn text<'a>(table: &'a Value, key: &str) -> Option<&'a str> {
    table.get(key).and_then(Value::as_str)
}

fn strings(value: Option<&Value>) -> Vec<&str> {
    let list = value.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).collect()
}

fn member(file: &Table, here: &str, folders: &[String]) -> Member {
    let file = Value::Table(file.clone());
    let mut dependencies = Vec::new();
    let mut paths = BTreeMap::new();
    let targets = file.get("target").and_then(Value::as_table).into_iter().flatten();
    for (target, table) in std::iter::once((None, &file))
        .chain(targets.map(|(target, table)| (Some(target.as_str()), table)))
    {
        for (key, kind) in [
            ("dependencies", Kind::Normal),
            ("build-dependencies", Kind::Build),
            ("dev-dependencies", Kind::Dev),
        ] {
            for (alias, entry) in table.get(key).and_then(Value::as_table).into_iter().flatten() {
                if let Some(path) = text(entry, "path") {
                    let there = folders.iter().position(|known| *known == folder(here, path));
                    paths.insert(dependencies.len(), there.expect("a package"));
                }
                let mut dependency = dependency(alias, entry);
                dependency.kind = kind;
                dependency.target = target.map(Into::into);
                dependencies.push(dependency);
            }
        }
    }
    let stated = file.get("features").and_then(Value::as_table).into_iter().flatten();
    let stated = stated.map(|(name, values)| {
        let values = strings(Some(values)).into_iter().map(FeatureValue::parse);
        (name.as_str().into(), values.collect())
    });
    Member {
        name: Name::parse(text(&file["package"], "name").expect("a name")).expect("a name"),
        version: text(&file["package"], "version").expect("a version").parse().expect("a version"),
        in_workspace: !here.starts_with(".."),
        features: Features::new(stated.collect(), &dependencies).expect("features"),
        dependencies,
        paths,
        links: text(&file["package"], "links").map(Into::into),
        locked: None,
    }
}

fn dependency(alias: &str, entry: &Value) -> Dependency {
    let flag = |key: &str| entry.get(key).and_then(Value::as_bool);
    let requirement = entry.as_str().or_else(|| text(entry, "version")).unwrap_or("*");
    Dependency::from(Declaration {
        alias: alias.into(),
        package: Name::parse(text(entry, "package").unwrap_or(alias)).expect("a name"),
        requirement: Requirement::parse(requirement).expect("a requirement"),
        kind: Kind::Normal,
        features: strings(entry.get("features")).into_iter().map(Into::into).collect(),
        uses_default_features: flag("default-features").unwrap_or(true),
        is_optional: flag("optional").unwrap_or(false),
        target: None,
        registry: text(entry, "registry").map(|name| registry(name).into()),
    })
}

fn patches(root: &Table, folders: &[String]) -> Vec<Patch> {
    let tables = root.get("patch").and_then(Value::as_table).into_iter().flatten();
    let patches = tables.flat_map(|(patched, entries)| {
        let entries = entries.as_table().into_iter().flatten();
        entries.map(move |(name, entry)| (patched, name, entry))
    });
    let patches = patches.map(|(patched, name, entry)| {
        let replacement = match text(entry, "path") {
            Some(path) => {
                let there = folders.iter().position(|known| *known == folder("", path));
                Replacement::Member(there.expect("a package"))
            }
            None => {
                let dependency = dependency(name, entry);
                let registry = dependency.registry.as_deref().unwrap_or(REGISTRY);
                Replacement::Package(package(registry, name), dependency.requirement.clone())
            }
        };
        Patch { package: package(registry(patched), name), replacement }
    });
    patches.collect()
}

fn lock_lines(problem: &Problem, solution: &Solution) -> BTreeSet<String> {
    let node = |name: &Name, version: &Version, registry: &str| {
        format!("{name} {version}{}", if registry == OTHER { "@other" } else { "" })
    };
    let name = |target: Target| match target {
        Target::Member(place) => {
            let member = &problem.members[place];
            node(&member.name, &member.version, "")
        }
        Target::Pick(place) => {
            let pick = &solution.picks[place];
            node(&pick.package.name, &pick.release().version, &pick.package.registry)
        }
    };
    let members = solution.members.iter().enumerate().filter(|(_, member)| member.is_needed);
    let members = members.map(|(place, member)| (Target::Member(place), &member.edges));
    let picks = solution.picks.iter().enumerate();
    let picks = picks.map(|(place, pick)| (Target::Pick(place), &pick.edges));
    let mut lines = BTreeSet::new();
    for (from, edges) in members.chain(picks) {
        if edges.is_empty() {
            lines.insert(name(from));
        }
        lines.extend(edges.iter().map(|edge| format!("{} -> {}", name(from), name(edge.target))));
    }
    for unused in &solution.unused_patches {
        let patch = &problem.patches[unused.patch];
        let registry = match &patch.replacement {
            Replacement::Member(_) => "",
            Replacement::Package(package, _) => &package.registry,
        };
        lines.insert(format!("unused {}", node(&patch.package.name, &unused.version, registry)));
    }
    lines
}
