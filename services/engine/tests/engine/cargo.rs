//! Crates: the answers are the lock files that cargo wrote on the same data.

use std::collections::BTreeMap;
use std::path::Path;

use engine::config::{RegistryConfig, RegistryKind};
use engine::{
    CargoEnvironment, CargoLocked, CargoLockedName, CargoMember, CargoPatch, CargoProject,
    CargoRequirement, CargoSource, Project, Request, Solution,
};
use serde::Deserialize;
use testkit::registry::{FakeRegistry, Settings};

use crate::support::Asked;

/// The recorded sets, with the packages that cargo locked for each, the project's own included.
pub(crate) const SETS: [(&str, usize); 6] = [
    ("bevy-game", 545),
    ("data", 469),
    ("desktop", 794),
    ("grpc", 162),
    ("p2p", 481),
    ("web-api", 307),
];

/// What cargo calls the registry that was recorded.
const SOURCE: &str = "registry+https://github.com/rust-lang/crates.io-index";

#[derive(Deserialize)]
struct Manifest {
    package: BTreeMap<String, toml::Value>,
    dependencies: BTreeMap<String, Entry>,
}

/// The forms of a dependency that the manifests have.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Entry {
    Text(String),
    Table { version: String, features: Vec<String> },
}

/// A lock file.
#[derive(Debug, Deserialize, PartialEq, Eq)]
struct Lock {
    package: Vec<Locked>,
}

#[derive(Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Locked {
    name: String,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
}

fn oracle(set: &str, file: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../registries/bundled/oracles/cargo");
    std::fs::read_to_string(folder.join(set).join(file)).expect("the oracle is bundled")
}

pub(crate) fn request(set: &str) -> Request {
    let manifest: Manifest = toml::from_str(&oracle(set, "Cargo.toml")).expect("a manifest");
    let requirements = manifest.dependencies.into_iter().map(|(name, entry)| {
        let (requirement, features) = match entry {
            Entry::Text(version) => (version, Vec::new()),
            Entry::Table { version, features } => (version, features),
        };
        CargoRequirement { name, requirement, features, ..CargoRequirement::default() }
    });
    let text = |key: &str| manifest.package[key].as_str().expect("a text").to_owned();
    let member = CargoMember { name: text("name"), version: text("version"), ..Default::default() };
    let environment = CargoEnvironment {
        rust_version: "1.95.0".to_owned(),
        resolver: 3,
        ..CargoEnvironment::default()
    };
    let project = CargoProject {
        members: vec![member],
        requirements: requirements.collect(),
        environment,
        ..CargoProject::default()
    };
    Request { project: Project::Cargo(project), ..Request::default() }
}

fn bundled() -> RegistryConfig {
    let mut config = RegistryConfig::new("cargo", RegistryKind::Recorded);
    config.lock_source = Some(SOURCE.to_owned());
    config
}

/// A solution as cargo writes it.
fn lock(solution: &Solution) -> Lock {
    let mut slots: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    let packages = || solution.groups.iter().flat_map(|group| &group.packages);
    for package in packages() {
        slots.insert(&package.slot, (&package.name, &package.version));
    }
    let named = |slot: &str| {
        let (name, version) = slots[slot];
        let is_only = slots.values().filter(|(other, _)| *other == name).count() == 1;
        if is_only { name.to_owned() } else { format!("{name} {version}") }
    };
    let targets = |edges: &mut dyn Iterator<Item = &str>| {
        let mut targets: Vec<String> = edges.map(named).collect();
        targets.sort_unstable();
        targets.dedup();
        targets
    };
    let mut locked = Vec::new();
    for group in &solution.groups {
        for package in &group.packages {
            let engine::Details::Cargo(details) = &package.details else { panic!("a crate") };
            locked.push(Locked {
                name: package.name.clone(),
                version: package.version.clone(),
                source: Some(group.lock_source.clone()),
                checksum: Some(details.checksum.clone()),
                dependencies: targets(&mut package.chosen_edges().map(|edge| &*edge.target)),
            });
        }
    }
    for member in &solution.members {
        let own = solution.root_edges.iter().filter(|edge| edge.member == member.name);
        locked.push(Locked {
            name: member.name.clone(),
            version: member.version.clone(),
            source: None,
            checksum: None,
            dependencies: targets(&mut own.map(|edge| &*edge.target)),
        });
    }
    locked.sort();
    Lock { package: locked }
}

fn expected(set: &str) -> Lock {
    let mut lock: Lock = toml::from_str(&oracle(set, "Cargo.lock")).expect("a lock file");
    lock.package.sort();
    lock
}

#[tokio::test]
async fn the_answers_are_cargo_s_own_lock_files() {
    let asked = Asked::over(vec![bundled()]);
    for (set, packages) in SETS {
        let (solution, _) = asked.solution(request(set)).await;
        let found = lock(&solution);
        assert_eq!(found.package.len(), packages, "{set}");
        assert_eq!(found, expected(set), "{set}");
    }
}

#[tokio::test]
async fn the_same_index_over_http_gives_the_same_answers_and_addresses() {
    let recorded = registries::bundled();
    let settings = Settings::default();
    let fake = FakeRegistry::start(recorded, settings).await.expect("the loopback has a port");
    let mut config = RegistryConfig::new("crates", RegistryKind::CargoSparse);
    config.url = Some(fake.index_url().parse().expect("it has a URL"));
    config.lock_source = Some(SOURCE.to_owned());
    let asked = Asked::over(vec![config]);
    let (solution, resolved) = asked.solution(request("grpc")).await;
    assert_eq!(lock(&solution), expected("grpc"));
    let statistics = resolved.statistics;
    assert!(statistics.rounds <= 3, "{} rounds", statistics.rounds);
    let packages = solution.groups.iter().flat_map(|group| &group.packages);
    for package in packages {
        let [artifact] = &package.artifacts[..] else { panic!("one archive") };
        let name = format!("{}-{}.crate", package.name, package.version);
        assert_eq!(artifact.filename, name);
        assert!(artifact.url.contains(&*package.version), "{}", artifact.url);
    }
}

/// A package that requires `syn` in one of two lines, with a lock that has both.
fn locked_to(version: &str) -> Request {
    let name = |name: &str, version: &str| CargoLockedName {
        name: name.to_owned(),
        version: version.to_owned(),
        registry: String::new(),
    };
    let syn =
        |version: &str| CargoLocked { package: name("syn", version), ..CargoLocked::default() };
    let own =
        CargoLocked { package: name("app", "0.0.0"), dependencies: vec![name("syn", version)] };
    let requirement = CargoRequirement {
        name: "syn".to_owned(),
        requirement: ">=1, <3".to_owned(),
        ..CargoRequirement::default()
    };
    let project = CargoProject {
        members: vec![CargoMember { name: "app".to_owned(), ..CargoMember::default() }],
        requirements: vec![requirement],
        locked: vec![own, syn("1.0.109"), syn("2.0.100")],
        ..CargoProject::default()
    };
    Request { project: Project::Cargo(project), ..Request::default() }
}

#[tokio::test]
async fn a_dependency_keeps_the_version_that_the_lock_has_for_it() {
    let asked = Asked::over(vec![bundled()]);
    for version in ["1.0.109", "2.0.100"] {
        let (solution, _) = asked.solution(locked_to(version)).await;
        let syn = solution.groups[0].packages.iter().find(|package| package.name == "syn");
        assert_eq!(syn.map(|package| &*package.version), Some(version));
    }
}

/// A package that requires `log` of two registries, under two names.
fn of_two_registries() -> Request {
    let log = |alias: &str, registry: &str| CargoRequirement {
        name: "log".to_owned(),
        alias: alias.to_owned(),
        requirement: "0.4".to_owned(),
        source: CargoSource::Registry(registry.to_owned()),
        ..CargoRequirement::default()
    };
    let project = CargoProject {
        members: vec![CargoMember { name: "app".to_owned(), ..CargoMember::default() }],
        requirements: vec![log("", ""), log("theirs", "second")],
        ..CargoProject::default()
    };
    Request { project: Project::Cargo(project), ..Request::default() }
}

#[tokio::test]
async fn the_same_name_in_two_registries_is_two_packages() {
    let asked = Asked::over(vec![bundled(), RegistryConfig::new("second", RegistryKind::Recorded)]);
    let (solution, _) = asked.solution(of_two_registries()).await;
    let told = solution.groups.iter().map(|group| {
        let slots = group.packages.iter().map(|package| package.slot.as_str());
        (group.registry.as_str(), slots.collect::<Vec<_>>())
    });
    let told: Vec<_> = told.collect();
    assert_eq!(told, [("cargo", vec!["log@0.4"]), ("second", vec!["second/log@0.4"])]);
    let targets: Vec<&str> = solution.root_edges.iter().map(|edge| &*edge.target).collect();
    assert_eq!(targets, ["log@0.4", "second/log@0.4"]);
}

#[tokio::test]
async fn an_undeclared_registry_is_refused_by_its_field() {
    let asked = Asked::over(vec![bundled()]);
    let refused = asked.engine.resolve(of_two_registries(), None).await;
    let Err(engine::Error::Invalid(invalid)) = refused else { panic!("it is refused") };
    assert_eq!(invalid[0].field, "requirements[1].cargo.registry");
}

/// A requirement on `log`.
fn log(change: impl Fn(&mut CargoRequirement)) -> CargoRequirement {
    let mut requirement = CargoRequirement {
        name: "log".to_owned(),
        requirement: "0.4".to_owned(),
        ..CargoRequirement::default()
    };
    change(&mut requirement);
    requirement
}

/// One package with requirements.
fn requiring(requirements: Vec<CargoRequirement>) -> CargoProject {
    CargoProject {
        members: vec![CargoMember { name: "app".to_owned(), ..CargoMember::default() }],
        requirements,
        ..CargoProject::default()
    }
}

/// One package with features, and `log` as an optional dependency.
fn with_features(features: &[(&str, &[&str])]) -> CargoProject {
    let mut project = requiring(vec![log(|one| one.optional = true)]);
    let entries = |entries: &[&str]| entries.iter().map(ToString::to_string).collect();
    let features = features.iter().map(|(name, list)| ((*name).to_owned(), entries(list)));
    project.members[0].features = features.collect();
    project
}

/// Projects that cargo 1.95 refuses when it reads their manifests, with the field that is at fault
/// and some of the words.
fn refused() -> Vec<(CargoProject, &'static str, &'static str)> {
    let patch = CargoPatch { name: "log".to_owned(), ..CargoPatch::default() };
    let two_features = vec!["a".to_owned(), "dep:b".to_owned()];
    vec![
        (
            requiring(vec![log(|one| one.target = "cfg(unix".to_owned())]),
            "requirements[0].cargo.target",
            "neither a target's triple nor",
        ),
        (
            requiring(vec![log(|one| one.features = two_features.clone())]),
            "requirements[0].cargo.features[1]",
            "`dep:b` is no feature of `log`",
        ),
        (
            requiring(vec![log(|_| ()), log(|one| one.source = second())]),
            "requirements[1].cargo.registry",
            "`log` comes from somewhere else",
        ),
        (
            CargoProject { patches: vec![patch], ..requiring(Vec::new()) },
            "patches[0].registry",
            "in its own place",
        ),
        (
            with_features(&[("log", &[])]),
            "requirements[0].cargo.optional",
            "no feature includes `dep:log`",
        ),
        (
            with_features(&[("a", &[]), ("b", &["a", "c"])]),
            "members[0].features[1].enables[1]",
            "neither a feature nor a dependency",
        ),
        (
            with_features(&[("a", &["log", "a"])]),
            "members[0].features[0].enables[1]",
            "includes itself",
        ),
        (with_features(&[("a b", &[])]), "members[0].features[0]", "not a feature's name"),
    ]
}

fn second() -> CargoSource {
    CargoSource::Registry("second".to_owned())
}

#[tokio::test]
async fn what_cargo_refuses_of_a_manifest_is_refused_by_its_field() {
    let asked = Asked::over(vec![bundled(), RegistryConfig::new("second", RegistryKind::Recorded)]);
    for (project, field, words) in refused() {
        let request = Request { project: Project::Cargo(project), ..Request::default() };
        let refused = asked.engine.resolve(request, None).await;
        let Err(engine::Error::Invalid(invalid)) = refused else { panic!("{field}: {refused:?}") };
        let told: Vec<_> = invalid.iter().map(|one| (&*one.field, &*one.reason)).collect();
        assert!(told.len() == 1 && told[0].0 == field && told[0].1.contains(words), "{told:?}");
    }
}

/// A package that requires `syn` of whatever version, with a lock that has an older one beside a
/// package by path that a patch puts in its place.
#[tokio::test]
async fn a_dependency_keeps_the_path_that_the_lock_has_for_it() {
    let mut request = locked_to("3.0.0");
    let Project::Cargo(project) = &mut request.project else { panic!("a project of crates") };
    project.requirements[0].requirement = ">=1".to_owned();
    project.members.push(CargoMember {
        name: "syn".to_owned(),
        version: "3.0.0".to_owned(),
        outside_workspace: true,
        ..CargoMember::default()
    });
    project.patches.push(CargoPatch {
        name: "syn".to_owned(),
        source: CargoSource::Member(1),
        ..CargoPatch::default()
    });
    let asked = Asked::over(vec![bundled()]);
    let (solution, _) = asked.solution(request).await;
    let targets: Vec<&str> = solution.root_edges.iter().map(|edge| &*edge.target).collect();
    assert_eq!(targets, ["member syn"]);
}

#[tokio::test]
async fn what_is_outside_of_the_workspace_says_nothing_of_its_compilers() {
    let asked = Asked::over(vec![bundled()]);
    let requirement = |name: &str, source: CargoSource| CargoRequirement {
        name: name.to_owned(),
        source,
        ..CargoRequirement::default()
    };
    let project = |outside_workspace: bool| {
        let outside = CargoMember {
            name: "outside".to_owned(),
            rust_version: "1.64".to_owned(),
            outside_workspace,
            ..CargoMember::default()
        };
        let project = CargoProject {
            members: vec![
                CargoMember { name: "app".to_owned(), ..CargoMember::default() },
                outside,
            ],
            requirements: vec![
                requirement("outside", CargoSource::Member(1)),
                requirement("clap", CargoSource::default()),
            ],
            environment: CargoEnvironment { resolver: 3, ..CargoEnvironment::default() },
            ..CargoProject::default()
        };
        Request { project: Project::Cargo(project), ..Request::default() }
    };
    let mut versions = Vec::new();
    for outside_workspace in [true, false] {
        let (solution, _) = asked.solution(project(outside_workspace)).await;
        let packages = solution.groups[0].packages.iter();
        let mut clap = packages.filter(|package| package.name == "clap");
        versions.push(clap.next().expect("it is required").version.clone());
    }
    assert_eq!(versions[0], "4.6.7", "the newest");
    assert_ne!(versions[1], versions[0]);
}
