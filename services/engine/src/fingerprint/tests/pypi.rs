//! Requests for Python's packages.

use testkit::chance::Chance;

use super::{
    Change, Says, Table, changes, check_answers, check_keys, next_prereleases, next_strategy,
    one_of, other, repeat, same, shuffle, strings, table, within,
};
use crate::{
    EnvironmentTexts, Implementation, Project, PypiProject, Request, RequirementText,
    SuppliedMetadata,
};

fn texts(texts: &[&str]) -> Vec<RequirementText> {
    let text = |text: &&str| RequirementText { text: (*text).to_owned(), ..Default::default() };
    texts.iter().map(text).collect()
}

fn environment() -> EnvironmentTexts {
    EnvironmentTexts {
        python_version: "3.12".to_owned(),
        platform: "linux".to_owned(),
        ..EnvironmentTexts::default()
    }
}

/// A project that requires one package.
pub(super) fn simple() -> Project {
    let requirements = texts(&["flask"]);
    Project::Pypi(PypiProject { requirements, environment: environment(), ..Default::default() })
}

/// A request in which no list is empty; every other has no answer.
fn request(chance: &mut Chance) -> Request {
    let first = one_of(chance, &["Flask[async,dotenv]>=3.0,<4", "flask [dotenv,async] <4, >=3.0"]);
    let last = one_of(chance, &["werkzeug>=2", "markupsafe", "werkzeug<3", "jinja2<3"]);
    let metadata = |version: &str| SuppliedMetadata {
        name: "odd".to_owned(),
        version: version.to_owned(),
        document: format!("Metadata-Version: 2.1\nName: odd\nVersion: {version}\n").into_bytes(),
    };
    let project = PypiProject {
        requirements: texts(&[&first, "click>=8 ; python_version >= '3.8'", &last]),
        constraints: texts(&["werkzeug<3.2,>=2.2", "blinker>=1", "werkzeug!=3.0.0"]),
        overrides: texts(&["markupsafe>=2", "itsdangerous>=2"]),
        excludes: strings(&["colorama", "importlib-metadata"]),
        locked: vec![
            ("Werkzeug".to_owned(), "3.0.1".to_owned()),
            ("jinja2".to_owned(), "3.1.4".to_owned()),
        ],
        registry_pins: vec![
            ("blinker".to_owned(), "second".to_owned()),
            ("click".to_owned(), "pypi".to_owned()),
        ],
        supplied_metadata: vec![metadata("1.0"), metadata("2.0")],
        environment: environment(),
    };
    let held: [(&str, &[&str]); 2] =
        [("click", &["==8.1.7", ">=8.0,<8.1"]), ("jinja2", &["==3.1.2"])];
    let mut request = super::request(chance, "pypi", &held);
    request.policy.only_binary = strings(&["click", "jinja2"]);
    request.policy.no_binary = strings(&["odd", "strange"]);
    request.project = Project::Pypi(project);
    request
}

/// Adds what no request has yet.
fn fresh(list: &mut Vec<RequirementText>) {
    list.extend(texts(&["attrs>=20"]));
}

fn environments() -> Table<EnvironmentTexts> {
    table! { EnvironmentTexts:
        python_version => [
            same(|one, _| one.python_version = "3.12.0".to_owned()),
            other(|one| one.python_version = "3.12.1".to_owned()),
            other(|one| one.python_version = "3.11".to_owned()),
        ],
        platform => [
            same(|one, chance| {
                let spellings =
                    ["x86_64-unknown-linux-gnu", "x86_64-manylinux_2_28", "linux"];
                one.platform = one_of(chance, &spellings);
            }),
            other(|one| one.platform = "x86_64-manylinux_2_17".to_owned()),
            other(|one| one.platform = "macos".to_owned()),
        ],
        allow_sdists => [other(|one| one.allow_sdists = !one.allow_sdists)],
        implementation => [other(|one| one.implementation = Implementation::PyPy)],
    }
}

fn requirement() -> Table<RequirementText> {
    table! { RequirementText:
        text => [
            same(|one, chance| {
                let spellings = [
                    "FLASK [async , dotenv] (>= 3.0 , <4)",
                    "flask[Dotenv,Async]<4,>=3.0",
                    "flask [dotenv,async] <4, >=3.0",
                ];
                one.text = one_of(chance, &spellings);
            }),
            other(|one| one.text = "flask[async]>=3.0,<4".to_owned()),
            other(|one| one.text = "flask[async,dotenv]>=3.0,<5".to_owned()),
            // Told as it is written.
            other(|one| one.text = "flask[async,dotenv]>=3.0.0,<4".to_owned()),
            other(|one| one.text = "flask[async,dotenv]>=3.0,<4; os_name == 'posix'".to_owned()),
        ],
        hashes => [other(|one| one.hashes = vec![format!("sha256:{}", "0a".repeat(32))])],
        // The set is of the form of the answer, and of the choice of requirements before.
        dependency_set => [same(|one, _| one.dependency_set = "extra:test".to_owned())],
    }
}

fn supplied() -> Table<SuppliedMetadata> {
    table! { SuppliedMetadata:
        name => [same(|one, _| one.name = "Odd".to_owned())],
        // Stamps tell it as it is written.
        version => [other(|one| one.version = "1.0.0".to_owned())],
        document => [other(|one| one.document.extend(b"Requires-Python: >=3\n"))],
    }
}

fn respell_lock(locked: &mut [(String, String)]) {
    for (name, version) in locked {
        name.make_ascii_uppercase();
        if !version.starts_with('v') {
            *version = format!("v{version}.0");
        }
    }
}

/// What changes the parts of a project changes the project.
fn parts() -> Table<PypiProject> {
    let mut all = Table::new();
    all.extend(within(requirement(), |project: &mut PypiProject| &mut project.requirements[0]));
    all.extend(within(supplied(), |project: &mut PypiProject| {
        let mut supplied = project.supplied_metadata.iter_mut();
        supplied.find(|one| one.version.starts_with('1')).expect("there are two")
    }));
    all.extend(within(environments(), |project: &mut PypiProject| &mut project.environment));
    all
}

fn projects() -> Table<PypiProject> {
    let mut all = table! { PypiProject:
        requirements => [
            // As in uv.
            other(|project| project.requirements.reverse()),
            other(|project| drop(project.requirements.pop())),
            other(|project| fresh(&mut project.requirements)),
        ],
        constraints => [
            same(|project, chance| shuffle(&mut project.constraints, chance)),
            same(|project, chance| repeat(&mut project.constraints, chance)),
            same(|project, _| {
                for one in &mut project.constraints {
                    one.text = one.text.replace("werkzeug", "Werkzeug ").replace(',', " , ");
                }
            }),
            other(|project| project.constraints.clear()),
            other(|project| fresh(&mut project.constraints)),
        ],
        overrides => [
            same(|project, chance| shuffle(&mut project.overrides, chance)),
            same(|project, chance| repeat(&mut project.overrides, chance)),
            other(|project| project.overrides.clear()),
            other(|project| fresh(&mut project.overrides)),
        ],
        excludes => [
            same(|project, chance| shuffle(&mut project.excludes, chance)),
            same(|project, chance| repeat(&mut project.excludes, chance)),
            same(|project, _| {
                project.excludes.iter_mut().for_each(|name| *name = name.replace('-', "_."));
            }),
            other(|project| project.excludes.clear()),
            other(|project| project.excludes.push("attrs".to_owned())),
        ],
        locked => [
            same(|project, chance| shuffle(&mut project.locked, chance)),
            same(|project, chance| repeat(&mut project.locked, chance)),
            same(|project, _| respell_lock(&mut project.locked)),
            other(|project| project.locked[0].1.push_str(".1")),
            other(|project| project.locked[0].1.push_str(".post1")),
            other(|project| project.locked.clear()),
        ],
        registry_pins => [
            same(|project, chance| shuffle(&mut project.registry_pins, chance)),
            same(|project, _| {
                let pins = project.registry_pins.iter_mut();
                pins.for_each(|(name, _)| name.make_ascii_uppercase());
            }),
            other(|project| project.registry_pins.clear()),
            other(|project| project.registry_pins.push(("attrs".to_owned(), "pypi".to_owned()))),
        ],
        supplied_metadata => [
            same(|project, chance| shuffle(&mut project.supplied_metadata, chance)),
            other(|project| drop(project.supplied_metadata.remove(0))),
        ],
        environment => [],
    };
    all.extend(parts());
    all
}

fn hashes(request: &mut Request) -> &mut Vec<String> {
    &mut project(request).requirements[2].hashes
}

fn project(request: &mut Request) -> &mut PypiProject {
    match &mut request.project {
        Project::Pypi(project) => project,
        Project::Cargo(_) | Project::Npm(_) => panic!("it is Python's"),
    }
}

fn all() -> Table<Request> {
    let mut all = changes(within(projects(), project).collect());
    let mut policy = |field: &str, (says, change): (Says, Change<Request>)| {
        all.push((format!("Policy.{field}"), says, change));
    };
    policy("strategy", other(|request: &mut Request| next_strategy(&mut request.policy)));
    policy("prereleases", other(|request: &mut Request| next_prereleases(&mut request.policy)));
    policy(
        "only_binary",
        same(|request: &mut Request, chance| {
            shuffle(&mut request.policy.only_binary, chance);
            repeat(&mut request.policy.only_binary, chance);
            request.policy.only_binary.iter_mut().for_each(|name| name.make_ascii_uppercase());
        }),
    );
    policy("only_binary", other(|request: &mut Request| request.policy.only_binary.clear()));
    policy(
        "only_binary",
        other(|request: &mut Request| {
            request.policy.only_binary.push(":all:".to_owned());
        }),
    );
    policy(
        "no_binary",
        same(|request: &mut Request, chance| {
            shuffle(&mut request.policy.no_binary, chance);
            repeat(&mut request.policy.no_binary, chance);
        }),
    );
    policy("no_binary", other(|request: &mut Request| request.policy.no_binary.clear()));
    policy(
        "held",
        same(|request: &mut Request, _| {
            for range in request.held.iter_mut().flat_map(|held| &mut held.ranges) {
                *range = range.replace(">=8.0,<8.1", " <8.1 , >= 8.0 ");
            }
        }),
    );
    all
}

#[test]
fn equal_requests_for_pythons_packages_have_equal_keys() {
    check_keys(request, &all());
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_for_pythons_packages_with_one_key_have_one_answer() {
    check_answers(request, &all()).await;
}

#[test]
fn the_order_and_case_of_hashes_and_what_all_says_already_say_nothing() {
    let engine = super::engine(|_| {});
    let key = |change: &dyn Fn(&mut Request)| {
        let mut request = request(&mut Chance::new(0));
        *hashes(&mut request) = ["0A", "bb"].map(|hex| format!("sha256:{}", hex.repeat(32))).into();
        request.policy.only_binary = strings(&[":all:"]);
        change(&mut request);
        engine.key(&request).expect("a key")
    };
    let own = key(&|_| {});
    assert_eq!(own, key(&|request| hashes(request).reverse()));
    assert_eq!(own, key(&|request| hashes(request)[0].make_ascii_lowercase()));
    assert_eq!(own, key(&|request| repeat(hashes(request), &mut Chance::new(1))));
    assert_ne!(own, key(&|request| drop(hashes(request).pop())));
    assert_eq!(own, key(&|request| request.policy.only_binary.push("click".to_owned())));
    // A name in both lists leaves nothing of that package.
    assert_ne!(own, key(&|request| request.policy.only_binary.push("odd".to_owned())));
}
