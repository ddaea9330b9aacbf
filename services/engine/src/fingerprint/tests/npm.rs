//! Requests for npm's packages.

use testkit::chance::Chance;

use super::{
    Table, changes, check_answers, check_keys, one_of, other, repeat, same, shuffle, strings,
    table, within,
};
use crate::{
    NpmEnvironment, NpmKind, NpmLocked, NpmMember, NpmOverride, NpmProject, NpmRequirement,
    Project, Request,
};

fn requirement(member: Option<usize>, name: &str, spec: &str, kind: NpmKind) -> NpmRequirement {
    NpmRequirement { member, name: name.to_owned(), spec: spec.to_owned(), kind }
}

/// A root with two workspaces and a folder; every other is refused.
fn request(chance: &mut Chance) -> Request {
    let project = NpmProject {
        members: own_members(),
        requirements: own_requirements(chance),
        overrides: own_overrides(),
        locked: own_lock(),
        registry_pins: vec![
            ("semver".to_owned(), "npm".to_owned()),
            ("@corp/".to_owned(), "second".to_owned()),
        ],
        environment: NpmEnvironment {
            node_version: "20.20.2".to_owned(),
            npm_version: "11.19.1".to_owned(),
            adjusts: true,
            ..NpmEnvironment::default()
        },
    };
    let held: [(&str, &[&str]); 2] =
        [("semver", &["7.5.0", ">=7.4.0 <7.4.2"]), ("zod", &["3.22.0"])];
    let mut request = super::request(chance, "npm", &held);
    request.project = Project::Npm(project);
    request
}

fn own_members() -> Vec<NpmMember> {
    let member = |name: &str, path: &str, bundled: &[&str]| NpmMember {
        name: name.to_owned(),
        version: "1.0.0".to_owned(),
        path: path.to_owned(),
        outside_workspace: false,
        bundled: strings(bundled),
    };
    let mut members = vec![
        member("app", "", &["semver", "zod"]),
        member("web", "packages/web", &[]),
        member("api", "packages/api", &[]),
        member("tools", "tools", &[]),
        member("more-tools", "more", &[]),
    ];
    members[3].outside_workspace = true;
    members[4].outside_workspace = true;
    members
}

fn own_requirements(chance: &mut Chance) -> Vec<NpmRequirement> {
    let react = one_of(chance, &["^18.2.0", "^99.0.0"]);
    vec![
        requirement(Some(0), "semver", ">=7.3  <8", NpmKind::Normal),
        requirement(Some(0), "react", &react, NpmKind::Normal),
        requirement(Some(0), "tools", "file:tools", NpmKind::Normal),
        requirement(Some(0), "more-tools", "file:more", NpmKind::Normal),
        requirement(Some(0), "picocolors", "^1", NpmKind::Optional),
        requirement(Some(0), "zod", "^3 || ^4", NpmKind::Dev),
        requirement(Some(1), "semver", "^7", NpmKind::Normal),
        requirement(Some(1), "react", ">=17", NpmKind::Peer),
        requirement(Some(1), "postcss", "^8", NpmKind::PeerOptional),
        requirement(Some(2), "semver", "^6", NpmKind::Normal),
        requirement(Some(3), "picocolors", "^1", NpmKind::Normal),
    ]
}

fn own_overrides() -> Vec<NpmOverride> {
    let over = |beneath: &[&str], name: &str, spec: &str| NpmOverride {
        beneath: strings(beneath),
        name: name.to_owned(),
        spec: spec.to_owned(),
    };
    vec![
        over(&[], "loose-envify", "1.4.0"),
        over(&["react"], "js-tokens", "4.0.0"),
        over(&[], "nanoid@^3", "3.3.7"),
    ]
}

fn own_lock() -> Vec<NpmLocked> {
    let locked = |name: &str, version: &str, location: &str| NpmLocked {
        name: name.to_owned(),
        version: version.to_owned(),
        location: location.to_owned(),
        link: String::new(),
    };
    vec![
        locked("semver", "7.6.0", "node_modules/semver"),
        locked("picocolors", "1.0.0", "node_modules/picocolors"),
        NpmLocked {
            location: "node_modules/tools".to_owned(),
            link: "tools".to_owned(),
            ..NpmLocked::default()
        },
    ]
}

/// Puts members elsewhere, with what they require; workspaces stay in their order, and requirements in
/// that of their lists.
fn shuffle_members(project: &mut NpmProject, chance: &mut Chance) {
    let all = &project.members;
    let mut order: Vec<usize> = (0..all.len()).collect();
    shuffle(&mut order, chance);
    let is_workspace = |at: &usize| !all[*at].path.is_empty() && !all[*at].outside_workspace;
    let mut workspaces: Vec<usize> = order.iter().copied().filter(is_workspace).collect();
    workspaces.sort_unstable();
    let mut workspaces = workspaces.into_iter();
    let order: Vec<usize> = order
        .into_iter()
        .map(|at| if is_workspace(&at) { workspaces.next().unwrap_or(at) } else { at })
        .collect();
    project.members = order.iter().map(|at| all[*at].clone()).collect();
    for one in &mut project.requirements {
        one.member = one.member.and_then(|member| order.iter().position(|at| *at == member));
    }
}

/// A list of a member, and what is in it.
type List = ((Option<usize>, NpmKind), Vec<NpmRequirement>);

/// Moves requirements of other lists between those of one.
fn interleave(project: &mut NpmProject, chance: &mut Chance) {
    let mut lists: Vec<List> = Vec::new();
    for one in project.requirements.drain(..) {
        let list = (one.member, one.kind);
        match lists.iter_mut().find(|(known, _)| *known == list) {
            Some((_, all)) => all.push(one),
            None => lists.push((list, vec![one])),
        }
    }
    while !lists.is_empty() {
        let at = chance.below(lists.len());
        project.requirements.push(lists[at].1.remove(0));
        lists.retain(|(_, all)| !all.is_empty());
    }
}

fn member<'a>(project: &'a mut NpmProject, name: &str) -> &'a mut NpmMember {
    let mut members = project.members.iter_mut();
    members.find(|member| member.name == name).expect("it is there")
}

fn members() -> Table<NpmMember> {
    table! { NpmMember:
        name => [other(|member| member.name = "application".to_owned())],
        version => [other(|member| member.version = "1.0.1".to_owned())],
        path => [],
        outside_workspace => [],
        bundled => [
            same(|member, chance| shuffle(&mut member.bundled, chance)),
            same(|member, chance| repeat(&mut member.bundled, chance)),
            other(|member| member.bundled.clear()),
        ],
    }
}

fn requirements() -> Table<NpmRequirement> {
    table! { NpmRequirement:
        member => [],
        name => [other(|one| one.name = "semvers".to_owned())],
        spec => [
            same(|one, chance| {
                one.spec = one_of(chance, &[" >=7.3 <8 ", ">=7.3\t <8", ">=7.3 <8"]);
            }),
            other(|one| one.spec = ">=7.3 <9".to_owned()),
        ],
        kind => [other(|one| one.kind = NpmKind::Dev)],
    }
}

fn overrides() -> Table<NpmOverride> {
    table! { NpmOverride:
        beneath => [other(|one| one.beneath = strings(&["react-dom"]))],
        name => [other(|one| one.name = "loose-envify@1".to_owned())],
        spec => [other(|one| one.spec = "1.3.0".to_owned())],
    }
}

fn locked() -> Table<NpmLocked> {
    table! { NpmLocked:
        name => [other(|one| one.name = "semvers".to_owned())],
        version => [
            same(|one, _| one.version = "v7.6.0".to_owned()),
            other(|one| one.version = "7.6.1".to_owned()),
        ],
        location => [other(|one| one.location = "node_modules/x/node_modules/semver".to_owned())],
        link => [other(|one| one.link = "tools".to_owned())],
    }
}

fn environments() -> Table<NpmEnvironment> {
    table! { NpmEnvironment:
        node_version => [other(|one| one.node_version = "18.0.0".to_owned())],
        npm_version => [other(|one| one.npm_version.clear())],
        os => [other(|one| one.os = "linux".to_owned())],
        cpu => [other(|one| one.cpu = "x64".to_owned())],
        libc => [other(|one| one.libc = "musl".to_owned())],
        legacy_peer_deps => [other(|one| one.legacy_peer_deps = true)],
        strict_peer_deps => [other(|one| one.strict_peer_deps = true)],
        prefer_dedupe => [other(|one| one.prefer_dedupe = true)],
        nested => [other(|one| one.nested = true)],
        adjusts => [other(|one| one.adjusts = false)],
    }
}

/// Changes the order of two workspaces.
fn swap_workspaces(project: &mut NpmProject) {
    let place =
        |name: &str| project.members.iter().position(|one| one.name == name).expect("it is there");
    let (web, api) = (place("web"), place("api"));
    project.members.swap(web, api);
    for one in &mut project.requirements {
        one.member = match one.member {
            Some(member) if member == web => Some(api),
            Some(member) if member == api => Some(web),
            member => member,
        };
    }
}

/// Changes the order of two of the root's dependencies.
fn swap_in_list(project: &mut NpmProject) {
    let root = project.members.iter().position(|one| one.path.is_empty());
    let place = |name: &str| {
        let mut stated = project.requirements.iter();
        let is_own = |one: &NpmRequirement| one.member.is_none() || one.member == root;
        let found = stated.position(|one| one.name == name && is_own(one));
        found.expect("it is there")
    };
    let (semver, react) = (place("semver"), place("react"));
    project.requirements.swap(semver, react);
}

fn projects() -> Table<NpmProject> {
    let mut all = table! { NpmProject:
        members => [
            same(shuffle_members),
            // npm goes through workspaces in the order in which it finds them.
            other(swap_workspaces),
            other(|project| member(project, "web").path = "packages/www".to_owned()),
            other(|project| member(project, "web").outside_workspace = true),
        ],
        requirements => [
            same(interleave),
            // The root needs no place.
            same(|project, _| {
                let root = project.members.iter().position(|member| member.path.is_empty());
                let own = project.requirements.iter_mut().filter(|one| one.member == root);
                own.for_each(|one| one.member = None);
            }),
            // As in npm, the order within a list.
            other(swap_in_list),
            other(|project| project.requirements.retain(|one| one.name != "zod")),
            other(|project| {
                project.requirements.push(requirement(None, "tslib", "^2", NpmKind::Normal));
            }),
        ],
        overrides => [
            same(|project, chance| shuffle(&mut project.overrides, chance)),
            other(|project| project.overrides.clear()),
        ],
        locked => [
            same(|project, chance| shuffle(&mut project.locked, chance)),
            other(|project| project.locked.clear()),
        ],
        registry_pins => [
            same(|project, chance| shuffle(&mut project.registry_pins, chance)),
            other(|project| project.registry_pins.clear()),
        ],
        environment => [],
    };
    all.extend(within(members(), |project: &mut NpmProject| member(project, "app")));
    all.extend(within(requirements(), |project: &mut NpmProject| {
        let mut stated = project.requirements.iter_mut();
        stated.find(|one| one.name == "semver" && one.spec.contains(">=7.3")).expect("it is there")
    }));
    all.extend(within(overrides(), |project: &mut NpmProject| {
        let mut overrides = project.overrides.iter_mut();
        overrides.find(|one| one.name == "loose-envify").expect("it is there")
    }));
    all.extend(within(locked(), |project: &mut NpmProject| {
        let mut locked = project.locked.iter_mut();
        locked.find(|one| one.name == "semver").expect("it is there")
    }));
    all.extend(within(environments(), |project: &mut NpmProject| &mut project.environment));
    all
}

fn project(request: &mut Request) -> &mut NpmProject {
    match &mut request.project {
        Project::Npm(project) => project,
        Project::Pypi(_) | Project::Cargo(_) => panic!("it is npm's"),
    }
}

fn all() -> Table<Request> {
    changes(within(projects(), project).collect())
}

#[test]
fn equal_requests_for_npms_packages_have_equal_keys() {
    check_keys(request, &all());
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_for_npms_packages_with_one_key_have_one_answer() {
    check_answers(request, &all()).await;
}

#[test]
fn overrides_of_one_package_stay_in_their_order() {
    let engine = super::engine(|_| {});
    let key = |overrides: &[(&str, &str)]| {
        let mut request = request(&mut Chance::new(0));
        let list = overrides.iter().map(|(name, spec)| NpmOverride {
            name: (*name).to_owned(),
            spec: (*spec).to_owned(),
            ..NpmOverride::default()
        });
        project(&mut request).overrides = list.collect();
        engine.key(&request).expect("a key")
    };
    let own = key(&[("a@^1", "1.0.0"), ("a@1.2", "1.2.0"), ("@s/b", "1.0.0")]);
    assert_eq!(own, key(&[("@s/b", "1.0.0"), ("a@^1", "1.0.0"), ("a@1.2", "1.2.0")]));
    assert_ne!(own, key(&[("a@1.2", "1.2.0"), ("a@^1", "1.0.0"), ("@s/b", "1.0.0")]));
}
