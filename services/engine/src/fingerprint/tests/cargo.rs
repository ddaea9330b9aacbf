//! Requests for crates.

use testkit::chance::Chance;

use super::{
    Change, Says, Table, changes, check_answers, check_keys, next_strategy, one_of, other, repeat,
    same, shuffle, strings, table, within,
};
use crate::{
    CargoBuild, CargoEnvironment, CargoKind, CargoLocked, CargoLockedName, CargoMember, CargoPatch,
    CargoProject, CargoRequirement, CargoSource, Project, Request,
};

fn requirement(member: usize, name: &str, requirement: &str) -> CargoRequirement {
    let (name, requirement) = (name.to_owned(), requirement.to_owned());
    CargoRequirement { member, name, requirement, ..CargoRequirement::default() }
}

fn named(name: &str, version: &str) -> CargoLockedName {
    let (name, version) = (name.to_owned(), version.to_owned());
    CargoLockedName { name, version, ..CargoLockedName::default() }
}

/// A workspace of two members and what one of them needs by path; every other has no answer.
fn request(chance: &mut Chance) -> Request {
    let project = CargoProject {
        members: own_members(),
        requirements: own_requirements(chance),
        patches: own_patches(),
        locked: own_lock(),
        environment: CargoEnvironment {
            target: one_of(chance, &["", "x86_64-unknown-linux-gnu"]),
            rust_version: "1.90.0".to_owned(),
            resolver: 3,
            build: CargoBuild::default(),
        },
    };
    let held: [(&str, &[&str]); 2] =
        [("log", &["=0.4.22", ">=0.4.10, <0.4.20"]), ("itoa", &["=1.0.1"])];
    let mut request = super::request(chance, "cargo", &held);
    request.project = Project::Cargo(project);
    request
}

fn own_members() -> Vec<CargoMember> {
    let member = |name: &str, features: &[(&str, &[&str])]| CargoMember {
        name: name.to_owned(),
        version: "0.1.0".to_owned(),
        features: features
            .iter()
            .map(|(name, entries)| ((*name).to_owned(), strings(entries)))
            .collect(),
        rust_version: "1.80".to_owned(),
        ..CargoMember::default()
    };
    let mut members = vec![
        member("app", &[("default", &["fast", "json"]), ("fast", &[]), ("json", &["dep:ryu"])]),
        member("lib", &[("std", &["log/std"])]),
        CargoMember { outside_workspace: true, ..member("vendored", &[]) },
    ];
    members[2].links = "vendored".to_owned();
    members
}

fn own_requirements(chance: &mut Chance) -> Vec<CargoRequirement> {
    let mut requirements = vec![
        requirement(0, "serde", &one_of(chance, &["1", "^1", "=1.0.1"])),
        requirement(0, "serde_json", ">=1.0, <2"),
        requirement(0, "vendored", ""),
        requirement(0, "itoa", "1"),
        requirement(0, "log", "0.4"),
        requirement(1, "log", "0.4"),
        requirement(1, "memchr", &one_of(chance, &["2", "2", "=99.0.0"])),
        requirement(2, "cfg-if", "1"),
        requirement(0, "ryu", "1"),
    ];
    requirements[0].features = strings(&["derive", "rc"]);
    requirements[8].optional = true;
    requirements[2].source = CargoSource::Member(2);
    requirements[3].kind = CargoKind::Dev;
    requirements[4].target = "cfg(unix)".to_owned();
    requirements
}

fn own_patches() -> Vec<CargoPatch> {
    let patch = |patched: &str, name: &str, source: CargoSource| CargoPatch {
        patched: patched.to_owned(),
        name: name.to_owned(),
        requirement: "=1.0.0".to_owned(),
        source,
    };
    vec![
        patch("second", "scopeguard", CargoSource::Registry("cargo".to_owned())),
        patch("", "vendored", CargoSource::Member(2)),
    ]
}

fn own_lock() -> Vec<CargoLocked> {
    let locked = |name: &str, version: &str, dependencies: &[(&str, &str)]| CargoLocked {
        package: named(name, version),
        dependencies: dependencies.iter().map(|(name, version)| named(name, version)).collect(),
    };
    vec![
        locked("app", "0.1.0", &[("itoa", "1.0.14"), ("log", "0.4.25")]),
        locked("log", "0.4.25", &[]),
        locked("itoa", "1.0.14", &[]),
        locked("lib", "0.1.0", &[("memchr", "2.7.4"), ("log", "0.4.25")]),
        locked("memchr", "2.7.4", &[]),
    ]
}

/// Puts the members elsewhere, and everything that names them by place too.
fn shuffle_members(project: &mut CargoProject, chance: &mut Chance) {
    let mut order: Vec<usize> = (0..project.members.len()).collect();
    shuffle(&mut order, chance);
    project.members = order.iter().map(|at| project.members[*at].clone()).collect();
    let moved = |place: &mut usize| {
        *place = order.iter().position(|at| at == place).expect("it is one of them");
    };
    let source = |source: &mut CargoSource| match source {
        CargoSource::Member(member) => moved(member),
        CargoSource::Registry(_) => {}
    };
    for one in &mut project.requirements {
        moved(&mut one.member);
        source(&mut one.source);
    }
    project.patches.iter_mut().for_each(|patch| source(&mut patch.source));
    project.environment.build.members.iter_mut().for_each(moved);
}

fn member<'a>(project: &'a mut CargoProject, name: &str) -> &'a mut CargoMember {
    let mut members = project.members.iter_mut();
    members.find(|member| member.name == name).expect("it is there")
}

fn stated<'a>(project: &'a mut CargoProject, name: &str) -> &'a mut CargoRequirement {
    let mut stated = project.requirements.iter_mut();
    stated.find(|one| one.name == name).expect("it is there")
}

fn members() -> Table<CargoMember> {
    table! { CargoMember:
        name => [],
        version => [other(|member| member.version = "0.1.1".to_owned())],
        features => [
            same(|member, chance| shuffle(&mut member.features, chance)),
            same(|member, chance| {
                for (_, entries) in &mut member.features {
                    shuffle(entries, chance);
                    repeat(entries, chance);
                }
            }),
            other(|member| member.features.push(("more".to_owned(), Vec::new()))),
            other(|member| {
                let mut features = member.features.iter_mut();
                let (_, entries) = features.find(|(name, _)| name == "fast").expect("it is there");
                entries.push("json".to_owned());
            }),
        ],
        links => [other(|member| member.links = "app".to_owned())],
        rust_version => [
            same(|member, _| member.rust_version = " 1.80 ".to_owned()),
            other(|member| member.rust_version = "1.81".to_owned()),
        ],
        outside_workspace => [],
        // Which ones are some says nothing of a lock.
        proc_macro => [],
    }
}

fn requirements() -> Table<CargoRequirement> {
    table! { CargoRequirement:
        member => [],
        name => [other(|one| one.name = "Serde_Json".to_owned())],
        alias => [
            same(|one, _| one.alias = one.name.clone()),
            other(|one| one.alias = "other".to_owned()),
        ],
        requirement => [
            same(|one, chance| {
                one.requirement = one_of(chance, &["<2,>=1.0", "  >=1.0 ,<2", ">=1.0, <2, <2"]);
            }),
            other(|one| one.requirement = ">=1.0, <3".to_owned()),
            // Told as it is written.
            other(|one| one.requirement = ">=1, <2".to_owned()),
        ],
        features => [other(|one| one.features = strings(&["std"]))],
        without_default_features => [other(|one| one.without_default_features = true)],
        optional => [other(|one| one.optional = true)],
        target => [other(|one| one.target = "cfg(windows)".to_owned())],
        kind => [other(|one| one.kind = CargoKind::Build)],
        source => [
            same(|one, _| one.source = CargoSource::Registry("cargo".to_owned())),
            other(|one| one.source = CargoSource::Registry("second".to_owned())),
        ],
    }
}

fn environments() -> Table<CargoEnvironment> {
    table! { CargoEnvironment:
        target => [other(|one| one.target = "aarch64-apple-darwin".to_owned())],
        rust_version => [],
        // The second has the features of the first for a lock.
        resolver => [other(|one| one.resolver = 1)],
        build => [],
    }
}

/// What is built for a target.
fn builds() -> Table<CargoBuild> {
    table! { CargoBuild:
        members => [],
        features => [
            same(|build, chance| shuffle(&mut build.features, chance)),
            same(|build, chance| repeat(&mut build.features, chance)),
            other(|build| drop(build.features.pop())),
        ],
        all_features => [other(|build| build.all_features = true)],
        no_default_features => [other(|build| build.no_default_features = true)],
        dev => [other(|build| build.dev = true)],
        host => [
            same(|build, _| build.host = "x86_64-unknown-linux-gnu".to_owned()),
            other(|build| build.host = "x86_64-pc-windows-msvc".to_owned()),
        ],
    }
}

fn patches() -> Table<CargoPatch> {
    table! { CargoPatch:
        patched => [other(|patch| patch.patched = "third".to_owned())],
        name => [other(|patch| patch.name = "scopeguards".to_owned())],
        requirement => [
            same(|patch, _| patch.requirement = " = 1.0.0 ".to_owned()),
            other(|patch| patch.requirement = "=1.0.1".to_owned()),
        ],
        source => [
            same(|patch, _| patch.source = CargoSource::Registry(String::new())),
            other(|patch| patch.source = CargoSource::Member(0)),
        ],
    }
}

fn locked() -> Table<CargoLocked> {
    table! { CargoLocked:
        package => [other(|locked| locked.package.version = "0.4.24".to_owned())],
        dependencies => [other(|locked| locked.dependencies.push(named("itoa", "1.0.14")))],
    }
}

fn locked_names() -> Table<CargoLockedName> {
    table! { CargoLockedName:
        name => [other(|one| one.name = "logs".to_owned())],
        version => [],
        registry => [
            same(|one, _| one.registry = "cargo".to_owned()),
            other(|one| one.registry = "second".to_owned()),
        ],
    }
}

fn scopeguard(project: &mut CargoProject) -> &mut CargoPatch {
    let mut patches = project.patches.iter_mut();
    patches.find(|patch| patch.name == "scopeguard").expect("it is there")
}

fn log(project: &mut CargoProject) -> &mut CargoLocked {
    let mut locked = project.locked.iter_mut();
    locked.find(|one| one.package.name == "log").expect("it is there")
}

fn projects() -> Table<CargoProject> {
    let mut all = table! { CargoProject:
        members => [
            same(shuffle_members),
            other(|project| member(project, "app").name = "application".to_owned()),
            other(|project| member(project, "vendored").outside_workspace = false),
        ],
        requirements => [
            same(|project, chance| shuffle(&mut project.requirements, chance)),
            same(|project, chance| {
                let features = &mut stated(project, "serde").features;
                shuffle(features, chance);
                repeat(features, chance);
            }),
            same(|project, _| {
                let targeted = project.requirements.iter_mut();
                for one in targeted.filter(|one| !one.target.is_empty()) {
                    one.target = one.target.replace("(unix)", "( unix )");
                }
            }),
            other(|project| project.requirements.retain(|one| one.name != "itoa")),
            other(|project| {
                let owner = stated(project, "memchr").member;
                project.requirements.push(requirement(owner, "fnv", "1"));
            }),
            other(|project| {
                stated(project, "itoa").member = stated(project, "memchr").member;
            }),
        ],
        patches => [
            same(|project, chance| shuffle(&mut project.patches, chance)),
            other(|project| project.patches.clear()),
        ],
        locked => [
            same(|project, chance| shuffle(&mut project.locked, chance)),
            same(|project, chance| repeat(&mut project.locked, chance)),
            same(|project, chance| {
                for one in &mut project.locked {
                    shuffle(&mut one.dependencies, chance);
                    repeat(&mut one.dependencies, chance);
                }
            }),
            other(|project| project.locked.clear()),
        ],
        environment => [],
    };
    all.extend(within(members(), |project: &mut CargoProject| member(project, "app")));
    all.extend(within(requirements(), |project: &mut CargoProject| stated(project, "serde_json")));
    all.extend(within(patches(), scopeguard));
    all.extend(within(locked(), log));
    all.extend(within(locked_names(), |project: &mut CargoProject| &mut log(project).package));
    all.extend(within(environments(), |project: &mut CargoProject| &mut project.environment));
    all
}

fn project(request: &mut Request) -> &mut CargoProject {
    match &mut request.project {
        Project::Cargo(project) => project,
        Project::Pypi(_) | Project::Npm(_) => panic!("it is cargo's"),
    }
}

fn build(request: &mut Request) -> &mut CargoBuild {
    &mut project(request).environment.build
}

fn all() -> Table<Request> {
    let mut all = changes(within(projects(), project).collect());
    let strategy: (Says, Change<Request>) =
        other(|request: &mut Request| next_strategy(&mut request.policy));
    all.push(("Policy.strategy".to_owned(), strategy.0, strategy.1));
    let held: (Says, Change<Request>) = same(|request: &mut Request, _| {
        for range in request.held.iter_mut().flat_map(|held| &mut held.ranges) {
            *range = range.replace(">=0.4.10, <0.4.20", " <0.4.20,>=0.4.10 ");
        }
    });
    all.push(("Request.held".to_owned(), held.0, held.1));
    all
}

#[test]
fn equal_requests_for_crates_have_equal_keys() {
    check_keys(request, &all());
}

#[test]
fn equal_builds_of_crates_have_equal_keys() {
    let built = |chance: &mut Chance| {
        let mut request = request(chance);
        let environment = &mut project(&mut request).environment;
        environment.target = "x86_64-unknown-linux-gnu".to_owned();
        environment.build.members = vec![0, 1];
        environment.build.features = strings(&["fast", "app/json"]);
        request
    };
    let mut table: Table<Request> = within(builds(), build).collect();
    let mut more = |field: &str, (says, change): (Says, Change<Request>)| {
        table.push((field.to_owned(), says, change));
    };
    more(
        "members",
        same(|request: &mut Request, chance| {
            let members = &mut project(request).environment.build.members;
            shuffle(members, chance);
            repeat(members, chance);
        }),
    );
    // All members of the workspace are the default.
    more(
        "members",
        same(|request: &mut Request, _| {
            project(request).environment.build.members.clear();
        }),
    );
    more(
        "members",
        other(|request: &mut Request| {
            project(request).environment.build.members.retain(|member| *member != 1);
        }),
    );
    more(
        "members",
        same(|request: &mut Request, chance| {
            shuffle_members(project(request), chance);
        }),
    );
    more(
        "proc_macro",
        other(|request: &mut Request| {
            member(project(request), "lib").proc_macro = true;
        }),
    );
    check_keys(built, &table);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_for_crates_with_one_key_have_one_answer() {
    check_answers(request, &all()).await;
}
