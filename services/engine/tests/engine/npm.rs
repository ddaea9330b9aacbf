//! npm's packages: the answers are the lock files that npm wrote on the same data.

use std::path::Path;

use engine::config::{RegistryConfig, RegistryKind};
use engine::{
    Details, Edge, Error, NpmDetails, NpmEnvironment, NpmKind, NpmLocked, NpmMember, NpmOverride,
    NpmProject, NpmPurpose, NpmRequirement, Outcome, Project, Request, Solution, WarningCode,
};
use serde_json::{Map, Value, json};
use testkit::registry::{FakeRegistry, Settings};

use crate::support::Asked;

/// The recorded sets, with the places that npm locked for each, the project's own left out.
const SETS: [(&str, usize); 3] = [("next-app", 379), ("storybook", 291), ("vite-vue", 235)];

fn oracle(set: &str, file: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../registries/bundled/oracles/npm");
    let text = std::fs::read_to_string(folder.join(set).join(file)).expect("the oracle is bundled");
    serde_json::from_str(&text).expect("JSON")
}

/// The environment in which npm was asked.
fn environment() -> NpmEnvironment {
    NpmEnvironment {
        node_version: "20.20.2".to_owned(),
        npm_version: "11.19.1".to_owned(),
        adjusts: true,
        ..NpmEnvironment::default()
    }
}

fn requirement(name: &str, spec: &str, kind: NpmKind) -> NpmRequirement {
    NpmRequirement { name: name.to_owned(), spec: spec.to_owned(), kind, ..Default::default() }
}

fn project(requirements: &[(&str, &str)]) -> NpmProject {
    let requirements = requirements.iter();
    let requirements =
        requirements.map(|(name, spec)| requirement(name, spec, NpmKind::Normal)).collect();
    NpmProject { requirements, environment: environment(), ..NpmProject::default() }
}

fn asking(project: NpmProject) -> Request {
    Request { project: Project::Npm(project), ..Request::default() }
}

/// The manifests list what they need in the order of its names, as a JSON value here has it.
fn request(set: &str) -> Request {
    let manifest = oracle(set, "package.json");
    let mut requirements = Vec::new();
    for (list, kind) in [("dependencies", NpmKind::Normal), ("devDependencies", NpmKind::Dev)] {
        for (name, spec) in manifest[list].as_object().into_iter().flatten() {
            requirements.push(requirement(name, spec.as_str().expect("a spec"), kind));
        }
    }
    asking(NpmProject { requirements, ..project(&[]) })
}

fn bundled() -> RegistryConfig {
    RegistryConfig::new("npm", RegistryKind::Recorded)
}

fn details(package: &engine::Package) -> &NpmDetails {
    let Details::Npm(details) = &package.details else { panic!("a package of npm's") };
    details
}

/// A package as a lock has it, but for where its archive is.
fn entry(package: &engine::Package) -> Value {
    let NpmDetails {
        location: _,
        alias,
        integrity,
        purpose,
        in_bundle,
        has_install_script,
        has_shrinkwrap,
        has_unread_bundle: _,
        deprecated,
        manifest,
    } = details(package);
    let mut entry: Map<String, Value> = serde_json::from_str(manifest).expect("an object");
    let mut put = |key: &str, value: Value, is_said: bool| {
        if is_said {
            entry.insert(key.to_owned(), value);
        }
    };
    put("name", json!(package.name), !alias.is_empty());
    put("version", json!(package.version), true);
    put("integrity", json!(integrity), !integrity.is_empty());
    put("deprecated", json!(deprecated), !deprecated.is_empty());
    for (key, flag) in [
        ("inBundle", *in_bundle),
        ("hasInstallScript", *has_install_script),
        ("hasShrinkwrap", *has_shrinkwrap),
        ("dev", purpose.is_dev),
        ("optional", purpose.is_optional),
        ("devOptional", purpose.is_dev_optional && !purpose.is_dev && !purpose.is_optional),
        ("peer", purpose.is_peer),
        ("extraneous", purpose.is_extraneous),
    ] {
        put(key, json!(true), flag);
    }
    Value::Object(entry)
}

/// A solution as npm writes it.
fn lock(solution: &Solution) -> Map<String, Value> {
    let packages = solution.groups.iter().flat_map(|group| &group.packages);
    packages.map(|package| (details(package).location.clone(), entry(package))).collect()
}

fn expected(set: &str) -> Map<String, Value> {
    let mut lock = oracle(set, "package-lock.json");
    let mut packages: Map<String, Value> =
        serde_json::from_value(lock["packages"].take()).expect("an object");
    packages.remove("");
    for package in packages.values_mut() {
        package.as_object_mut().expect("an object").remove("resolved");
    }
    packages
}

#[tokio::test]
async fn the_answers_are_npm_s_own_lock_files() {
    let asked = Asked::over(vec![bundled()]);
    for (set, packages) in SETS {
        let (solution, _) = asked.solution(request(set)).await;
        let found = lock(&solution);
        assert_eq!(found.len(), packages, "{set}");
        for (location, package) in &expected(set) {
            assert_eq!(found.get(location), Some(package), "{set}: {location}");
        }
        assert_eq!(found.len(), expected(set).len(), "{set}");
        assert!(asked.last().warnings.iter().all(|one| one.code == WarningCode::Engine), "{set}");
    }
}

#[tokio::test]
async fn the_same_documents_over_http_give_the_same_answer_and_addresses() {
    let recorded = registries::bundled();
    let fake = FakeRegistry::start(recorded, Settings::default()).await.expect("a free port");
    let mut config = RegistryConfig::new("mirror", RegistryKind::Npm);
    config.url = Some(fake.npm_url().parse().expect("it has a URL"));
    let asked = Asked::over(vec![config]);
    let (solution, resolved) = asked.solution(request("vite-vue")).await;
    assert_eq!(lock(&solution).len(), expected("vite-vue").len());
    for (location, package) in &expected("vite-vue") {
        assert_eq!(lock(&solution).get(location), Some(package), "{location}");
    }
    assert!(resolved.statistics.rounds < 20, "{:?}", resolved.statistics);
    let again = asked.engine.resolve(request("vite-vue"), None).await.expect("an answer");
    assert!(again.statistics.remembered && again.statistics.documents_fetched == 0);
}

/// A registry with these versions of packages, the last of which is the latest.
async fn serving(list: &[(&str, Value)]) -> FakeRegistry {
    let files = list.iter().map(|(name, versions)| {
        let latest =
            versions.as_object().and_then(|all| all.keys().next_back()).expect("a version");
        let document =
            json!({ "name": name, "dist-tags": { "latest": latest }, "versions": versions });
        let file = ecosystems::npm::Name::parse(name).expect("a name").escaped();
        (format!("npm/{file}.json"), document.to_string())
    });
    FakeRegistry::of_files(files, Settings::default()).await.expect("a free port")
}

fn over(name: &str, fake: &FakeRegistry) -> RegistryConfig {
    let mut config = RegistryConfig::new(name, RegistryKind::Npm);
    config.url = Some(fake.npm_url().parse().expect("it has a URL"));
    config
}

/// Locations and versions, by registry.
fn placed(solution: &Solution) -> Vec<String> {
    let all = solution.groups.iter().flat_map(|group| {
        let package = |package: &engine::Package| {
            format!("{}: {} {}", group.registry, package.slot, package.version)
        };
        group.packages.iter().map(package)
    });
    all.collect()
}

#[tokio::test]
async fn a_name_belongs_to_one_registry() {
    let none = json!({});
    let corp = serving(&[
        ("@corp/a", json!({ "1.0.0": { "dependencies": { "web": "*", "@corp/b": "*" } } })),
        ("@corp/b", json!({ "1.0.0": none })),
        ("web", json!({ "9.0.0": none })),
    ])
    .await;
    let public = serving(&[
        ("@corp/b", json!({ "9.9.9": none })),
        ("@corp/c", json!({ "9.9.9": none })),
        ("web", json!({ "1.0.0": none })),
    ])
    .await;
    let asked = Asked::over(vec![over("public", &public), over("corp", &corp)]);
    let mut pinned = project(&[("@corp/a", "*")]);
    pinned.registry_pins = vec![("@corp/".to_owned(), "corp".to_owned())];
    let (solution, _) = asked.solution(asking(pinned.clone())).await;
    assert_eq!(
        placed(&solution),
        [
            "public: node_modules/web 1.0.0",
            "corp: node_modules/@corp/a 1.0.0",
            "corp: node_modules/@corp/b 1.0.0",
        ]
    );
    // What the scope's registry lacks is not looked for elsewhere.
    pinned.requirements = project(&[("@corp/c", "*")]).requirements;
    asked.engine.resolve(asking(pinned), None).await.expect("an answer");
    let Outcome::Conflict(conflict) = asked.last().outcome else { panic!("nobody has it") };
    let registries = conflict.facts.iter().find_map(|fact| match fact {
        engine::ConflictFact::MissingPackage { registries, .. } => Some(registries.clone()),
        _ => None,
    });
    assert_eq!(registries, Some(vec!["corp".to_owned()]));
    // The same, where the service itself says whose the scope is.
    let mut scoped = over("corp", &corp);
    scoped.packages = Some(vec!["@corp/*".to_owned()]);
    let asked = Asked::over(vec![over("public", &public), scoped]);
    let (solution, _) = asked.solution(asking(project(&[("@corp/a", "*")]))).await;
    assert_eq!(
        solution.groups.iter().map(|group| group.packages.len()).collect::<Vec<_>>(),
        [1, 2]
    );
}

#[tokio::test]
async fn folders_links_aliases_and_overrides_are_told_as_a_lock_has_them() {
    let none = json!({});
    let fake = serving(&[
        ("web", json!({ "1.0.0": none, "2.0.0": { "dependencies": { "dep": "^1" } } })),
        ("dep", json!({ "1.0.0": none, "1.5.0": none })),
    ])
    .await;
    let asked = Asked::over(vec![over("npm", &fake)]);
    let member = |name: &str, path: &str| NpmMember {
        name: name.to_owned(),
        version: "1.0.0".to_owned(),
        path: path.to_owned(),
        ..NpmMember::default()
    };
    let owned = |member, name: &str, spec: &str, kind| NpmRequirement {
        member: Some(member),
        ..requirement(name, spec, kind)
    };
    let project = NpmProject {
        members: vec![member("app", ""), member("@s/lib", "packages/lib")],
        requirements: vec![
            requirement("@s/lib", "file:packages/lib", NpmKind::Normal),
            requirement("old", "npm:web@1", NpmKind::Dev),
            owned(1, "web", "*", NpmKind::Normal),
        ],
        overrides: vec![NpmOverride {
            name: "dep".to_owned(),
            spec: "1.0.0".to_owned(),
            ..NpmOverride::default()
        }],
        ..project(&[])
    };
    let (solution, _) = asked.solution(asking(project)).await;
    insta::assert_snapshot!(told(&solution));
}

fn told(solution: &Solution) -> String {
    let mut lines = Vec::new();
    let purpose = |purpose: &NpmPurpose| if purpose.is_dev { " (dev)" } else { "" };
    for member in &solution.members {
        let npm = member.npm.as_ref().expect("it is npm's");
        lines.push(format!("folder {} = {} {}", member.slot, member.name, member.version));
        for (location, of) in &npm.links {
            lines.push(format!("  link {location}{}", purpose(of)));
        }
    }
    for edge in &solution.root_edges {
        let (member, root) = (&edge.member, edge.root);
        lines.push(format!("{member} {root:?} -> {}: {}", edge.target, edge.requirement));
    }
    for package in solution.groups.iter().flat_map(|group| &group.packages) {
        let NpmDetails { alias, purpose: of, .. } = details(package);
        let direct = if package.direct { " direct" } else { "" };
        let (slot, name, version) = (&package.slot, &package.name, &package.version);
        lines.push(
            format!("{slot} = {name} {version}{direct}{} {alias}", purpose(of))
                .trim_end()
                .to_owned(),
        );
        for edge in &package.edges {
            let Edge { target, requirement, range, .. } = edge;
            lines.push(format!("  -> {target}: {requirement} as {range}"));
        }
    }
    lines.join("\n")
}

#[tokio::test]
async fn what_cannot_be_understood_is_told_with_its_place() {
    let asked = Asked::over(vec![bundled()]);
    let overriding = |beneath: &[&str], name: &str, spec: &str| NpmOverride {
        beneath: beneath.iter().map(ToString::to_string).collect(),
        name: name.to_owned(),
        spec: spec.to_owned(),
    };
    let member = |name: &str, path: &str| NpmMember {
        name: name.to_owned(),
        path: path.to_owned(),
        ..NpmMember::default()
    };
    let project = NpmProject {
        members: vec![
            NpmMember { version: "one".to_owned(), ..member("app", "") },
            member("a", "packages/a"),
            member("b", "packages/a"),
            member("c", "./c"),
        ],
        requirements: project(&[
            (" web", "1"),
            ("web", "^1 spaces here"),
            ("git", "git+ssh://git@git.example/a.git"),
            ("folder", "file:../elsewhere"),
            ("archive", "https://files.example/a.tgz"),
            ("workspace", "workspace:*"),
            ("twice", "1"),
            ("twice", "2"),
            ("known", "file:packages/a"),
        ])
        .requirements,
        overrides: vec![
            overriding(&[], "twice", "1"),
            overriding(&[], "twice", "2"),
            overriding(&["web"], "b", "$nothing"),
            overriding(&["web"], "c", "github:a/b"),
        ],
        environment: NpmEnvironment { node_version: "20".to_owned(), ..environment() },
        ..NpmProject::default()
    };
    let error = asked.engine.resolve(asking(project), None).await.expect_err("it makes no sense");
    let Error::Invalid(invalid) = error else { panic!("{error:?}") };
    let lines: Vec<String> = invalid.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[tokio::test]
async fn what_npm_refuses_is_adjusted_or_explained() {
    let none = json!({});
    let fake = serving(&[
        ("core", json!({ "1.0.0": none, "2.0.0": none })),
        (
            "plugin",
            json!({
                "1.0.0": { "peerDependencies": { "core": "^1" } },
                "2.0.0": { "peerDependencies": { "core": "^2" } },
            }),
        ),
    ])
    .await;
    let asked = Asked::over(vec![over("npm", &fake)]);
    let open = project(&[("core", "^1"), ("plugin", "*")]);
    let (solution, _) = asked.solution(asking(open.clone())).await;
    let last = asked.last();
    let adjusted: Vec<&str> = last.warnings.iter().map(|warning| &*warning.text).collect();
    let mut strict = open;
    strict.environment.adjusts = false;
    asked.engine.resolve(asking(strict), None).await.expect("an answer");
    let Outcome::Conflict(conflict) = asked.last().outcome else { panic!("npm refuses it") };
    let sentences = conflict.sentences.iter().map(|sentence| &sentence.text);
    let changes = conflict.suggestions.iter().map(|change| &change.text);
    let refused: Vec<&String> = sentences.chain(changes).collect();
    insta::assert_debug_snapshot!((placed(&solution), adjusted, refused));
}

#[tokio::test]
async fn what_is_locked_stays_and_what_is_gone_is_told() {
    let none = json!({});
    let fake = serving(&[
        ("dep", json!({ "1.0.0": none, "1.5.0": none })),
        ("web", json!({ "1.0.0": { "dependencies": { "dep": "^1" } } })),
    ])
    .await;
    let asked = Asked::over(vec![over("npm", &fake)]);
    let locked = |name: &str, version: &str, location: &str| NpmLocked {
        name: name.to_owned(),
        version: version.to_owned(),
        location: location.to_owned(),
        ..NpmLocked::default()
    };
    let project = NpmProject {
        locked: vec![
            locked("dep", "1.0.0", "node_modules/dep"),
            locked("dep", "0.9.0", "node_modules/web/node_modules/dep"),
            locked("web", "1.0.0", "node_modules/web"),
        ],
        ..project(&[("web", "*")])
    };
    let (solution, _) = asked.solution(asking(project)).await;
    assert_eq!(placed(&solution), ["npm: node_modules/dep 1.0.0", "npm: node_modules/web 1.0.0"]);
    let warnings = asked.last().warnings;
    let told: Vec<&str> = warnings
        .iter()
        .filter(|warning| warning.code == WarningCode::NoEffect)
        .map(|warning| &*warning.text)
        .collect();
    assert_eq!(
        told,
        [
            "`dep` 0.9.0 could not stay locked at `node_modules/web/node_modules/dep`: the registry does \
          not have it any more, or what it lies in is gone"
        ]
    );
}

#[tokio::test]
async fn an_answer_for_one_machine_leaves_the_others_packages_out() {
    let none = json!({});
    let fake = serving(&[
        (
            "native",
            json!({ "1.0.0": {
                "optionalDependencies": { "native-linux": "1", "native-mac": "1" },
                "engines": { "node": ">=22" },
            }}),
        ),
        ("native-linux", json!({ "1.0.0": { "os": ["linux"] } })),
        ("native-mac", json!({ "1.0.0": { "os": ["darwin"], "dependencies": { "helper": "1" } } })),
        ("helper", json!({ "1.0.0": none })),
        ("windows", json!({ "1.0.0": { "os": ["win32"] } })),
    ])
    .await;
    let asked = Asked::over(vec![over("npm", &fake)]);
    let all = project(&[("native", "*"), ("windows", "*")]);
    let (solution, _) = asked.solution(asking(all.clone())).await;
    assert_eq!(placed(&solution).len(), 5, "a lock is for all machines");
    let mut one = all;
    one.environment.os = "linux".to_owned();
    let (solution, _) = asked.solution(asking(one)).await;
    assert_eq!(
        placed(&solution),
        [
            "npm: node_modules/native 1.0.0",
            "npm: node_modules/native-linux 1.0.0",
            "npm: node_modules/windows 1.0.0",
        ]
    );
    let edges = solution.groups[0].packages.iter().flat_map(|package| &package.edges);
    assert_eq!(edges.map(|edge| &*edge.target).collect::<Vec<_>>(), ["node_modules/native-linux"]);
    let warnings = asked.last().warnings;
    let codes = [WarningCode::Platform, WarningCode::Engine];
    let told: Vec<&str> = warnings
        .iter()
        .filter(|warning| codes.contains(&warning.code))
        .map(|warning| &*warning.package)
        .collect();
    assert_eq!(told, ["native", "windows"]);
}

#[tokio::test]
async fn what_nobody_has_is_told_with_who_requires_it() {
    let fake = serving(&[
        ("inner", json!({ "1.0.0": { "dependencies": { "nowhere": "^1" } } })),
        ("outer", json!({ "2.0.0": { "dependencies": { "inner": "*" } } })),
    ])
    .await;
    let asked = Asked::over(vec![over("npm", &fake)]);
    asked.engine.resolve(asking(project(&[("outer", "^2")])), None).await.expect("an answer");
    let Outcome::Conflict(conflict) = asked.last().outcome else { panic!("nobody has it") };
    let sentences: Vec<&str> = conflict.sentences.iter().map(|one| &*one.text).collect();
    assert_eq!(
        sentences,
        ["No registry has `nowhere` (`E404`), since `inner@1.0.0` requires `nowhere@^1`, and \
          `outer@2.0.0` requires `inner@*`, and your project requires `outer@^2`."]
    );
}
