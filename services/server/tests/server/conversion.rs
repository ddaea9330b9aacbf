//! Requests that are refused, and the form of answers.

use std::time::Duration;

use ecosystems::Ecosystem;
use proto::v1;
use proto::v1::{Project, PypiEnvironment, Requirement, ResolveRequest, project, requirement};
use quartermaster::convert::{Asked, Call, Declared, asked};
use quartermaster::errors::Refusal;
use tonic::metadata::MetadataMap;

/// Two registries, and the limits of a server without a config.
pub(crate) fn declared() -> Declared {
    Declared {
        registries: vec![
            ("pypi".to_owned(), vec![Ecosystem::Pypi]),
            ("second".to_owned(), vec![Ecosystem::Pypi, Ecosystem::Npm, Ecosystem::Cargo]),
            ("npm".to_owned(), vec![Ecosystem::Npm]),
            ("cargo".to_owned(), vec![Ecosystem::Cargo]),
        ],
        solve_budget: Duration::from_secs(2),
        solve_steps: 1_000_000,
    }
}

/// The metadata of a call, with a secret under `x-first` and another one under `x-second`.
pub(crate) fn metadata() -> MetadataMap {
    let mut metadata = MetadataMap::new();
    metadata.insert("x-first", "Bearer first".parse().unwrap());
    metadata.insert("x-second", "Bearer second".parse().unwrap());
    metadata
}

/// A requirement as text.
pub(crate) fn text(text: &str) -> Requirement {
    Requirement { form: Some(requirement::Form::Text(text.to_owned())), ..Default::default() }
}

/// A request for one Python project.
pub(crate) fn request(requirements: &[&str]) -> ResolveRequest {
    let environment = PypiEnvironment {
        python_version: "3.12".to_owned(),
        platform: "linux".to_owned(),
        ..Default::default()
    };
    let project = Project {
        ecosystem: v1::Ecosystem::Pypi.into(),
        requirements: requirements.iter().copied().map(text).collect(),
        environment: Some(project::Environment::Pypi(environment)),
        ..Default::default()
    };
    ResolveRequest { projects: vec![project], ..Default::default() }
}

fn convert(request: ResolveRequest) -> Result<Asked, Refusal> {
    asked(request, &declared(), Call { metadata: &metadata(), remaining: None })
}

/// One change to a request, and its name in the table.
type Change = (&'static str, fn(&mut ResolveRequest));

/// What is wrong with requests in one way each.
const FAULTY: &[Change] = &[
    ("no project", |r| r.projects.clear()),
    ("two projects", |r| r.projects.push(r.projects[0].clone())),
    ("no ecosystem", |r| r.projects[0].ecosystem = 0),
    ("an ecosystem of the future", |r| r.projects[0].ecosystem = 99),
    ("no environment", |r| r.projects[0].environment = None),
    ("no python", |r| pypi(r).python_version.clear()),
    ("no platform", |r| pypi(r).platform.clear()),
    ("no form", |r| r.projects[0].requirements[0].form = None),
    ("an empty requirement", |r| r.projects[0].requirements[0] = text("")),
    ("a long requirement", |r| r.projects[0].requirements[0] = text(&"x".repeat(8193))),
    ("too many requirements", |r| r.projects[0].requirements = vec![text("flask"); 10_001]),
    ("a set of no kind", |r| r.projects[0].requirements[0].dependency_set = "dev".to_owned()),
    ("a set with a bad name", |r| {
        r.projects[0].requirements[0].dependency_set = "extra:-".to_owned();
    }),
    ("a hash without digits", |r| {
        r.projects[0].requirements[0].hashes = vec!["sha256".to_owned()];
    }),
    ("a hash of an unknown kind", |r| {
        r.projects[0].requirements[0].hashes = vec!["crc32:00".to_owned()];
    }),
    ("a short hash", |r| r.projects[0].requirements[0].hashes = vec!["md5:00".to_owned()]),
    ("a long hash", |r| {
        r.projects[0].requirements[0].hashes = vec!["sha256:".to_owned() + &"ä0".repeat(40)];
    }),
    ("a version of the project itself", |r| {
        r.projects[0].name = "app".to_owned();
        r.projects[0].requirements.push(text("App>=2"));
    }),
    ("a version of extras of the project itself", |r| {
        r.projects[0].name = "app".to_owned();
        r.projects[0].requirements.push(text("app[Web, test] >=2"));
    }),
    ("an unknown set", |r| r.projects[0].dependency_sets = vec!["extra:none".to_owned()]),
    ("extras of a constraint", |r| r.projects[0].constraints = vec![text("flask[async]")]),
    ("an excluded nothing", |r| r.projects[0].excludes = vec!["a b".to_owned()]),
    ("a locked nothing", |r| r.projects[0].locked = vec![v1::LockedPackage::default()]),
    ("locked twice", |r| {
        let locked = |name: &str| v1::LockedPackage {
            name: name.into(),
            version: "1".into(),
            ..Default::default()
        };
        r.projects[0].locked = vec![locked("a.b"), locked("A-B")];
    }),
    ("an unknown registry", |r| r.projects[0].registries = vec!["corp".to_owned()]),
    ("a registry twice", |r| r.projects[0].registries = vec!["pypi".into(), "pypi".into()]),
    ("an instant out of range", |r| {
        policy(r).before = Some(prost_types::Timestamp { seconds: i64::MAX, nanos: 0 });
    }),
    ("a negative age", |r| policy(r).minimum_age = Some(seconds(-1))),
    ("a strategy of the future", |r| policy(r).strategy = 99),
    ("a pre-release mode of the future", |r| policy(r).prereleases = 99),
    ("neither wheels nor sdists of one project", |r| {
        pypi(r).allow_sdists = true;
        policy(r).only_binary = vec![":all:".to_owned(), "Flask".to_owned()];
        policy(r).no_binary = vec!["attrs".to_owned(), "flask".to_owned()];
    }),
    ("pins without a package, to nobody, and twice", |r| {
        let pin = |package: &str, registry: &str| v1::RegistryPin {
            package: package.to_owned(),
            registry: registry.to_owned(),
        };
        r.projects[0].registry_pins =
            vec![pin("", "pypi"), pin("flask", "corp"), pin("a.b", "pypi"), pin("A-B", "pypi")];
    }),
    ("metadata without anything, and too much of it", |r| {
        let long = v1::SuppliedMetadata {
            name: "flask".to_owned(),
            version: "3".to_owned(),
            metadata: vec![0; 256 * 1024 + 1],
        };
        r.projects[0].supplied_metadata = vec![v1::SuppliedMetadata::default(), long];
    }),
    ("a bad name of a wheel", |r| policy(r).only_binary = vec![":none:".to_owned()]),
    ("no wheels and no sdists", |r| policy(r).no_binary = vec![":all:".to_owned()]),
    ("a negative staleness", |r| {
        r.freshness =
            Some(v1::Freshness { max_staleness: Some(seconds(-1)), ..Default::default() });
    }),
    ("no time to solve", |r| {
        r.budget = Some(v1::Budget { max_solve_time: Some(seconds(0)), ..Default::default() });
    }),
    ("a reach beyond the limit", |r| {
        r.options = Some(v1::AnswerOptions { acceptable_reach: Some(1001), ..Default::default() });
    }),
    ("all artifacts", |r| {
        let artifacts = v1::ArtifactDetail::All.into();
        r.options = Some(v1::AnswerOptions { artifacts, ..Default::default() });
    }),
    ("an answer that nobody gave", |r| r.known_answer = "abc".to_owned()),
    ("a credential for nobody", |r| r.credentials = vec![v1::RegistryCredential::default()]),
    ("a credential for an unknown registry", |r| r.credentials = vec![secret("corp", "x-first")]),
    ("two credentials for one registry", |r| {
        r.credentials = vec![secret("pypi", "x-first"), secret("pypi", "x-second")];
    }),
    ("a key without an entry", |r| r.credentials = vec![secret("pypi", "x-third")]),
    ("a key in upper case", |r| r.credentials = vec![secret("pypi", "X-First")]),
    ("several faults, two of them unsupported", |r| {
        let artifacts = v1::ArtifactDetail::All.into();
        r.options = Some(v1::AnswerOptions { artifacts, ..Default::default() });
        policy(r).yanked = v1::YankedMode::Allow.into();
        r.projects[0].excludes = vec![String::new()];
        pypi(r).platform.clear();
    }),
];

fn pypi(request: &mut ResolveRequest) -> &mut PypiEnvironment {
    match &mut request.projects[0].environment {
        Some(project::Environment::Pypi(pypi)) => pypi,
        other => panic!("{other:?}"),
    }
}

fn policy(request: &mut ResolveRequest) -> &mut v1::Policy {
    request.policy.get_or_insert_default()
}

fn seconds(seconds: i64) -> prost_types::Duration {
    prost_types::Duration { seconds, nanos: 0 }
}

fn secret(registry: &str, key: &str) -> v1::RegistryCredential {
    v1::RegistryCredential { registry: registry.to_owned(), metadata_key: key.to_owned() }
}

#[test]
fn what_is_wrong_is_told_with_field_and_reason() {
    use tonic_types::StatusExt as _;
    let mut told = String::new();
    for (name, change) in FAULTY {
        let mut request = request(&["flask"]);
        change(&mut request);
        let refusal = convert(request).expect_err(name);
        let status = tonic::Status::from(refusal);
        let details = status.get_error_details();
        let reason = &details.error_info().unwrap().reason;
        told.push_str(&format!("{name}: {:?} {reason}\n", status.code()));
        for violation in &details.bad_request().unwrap().field_violations {
            told.push_str(&format!("    {}: {}\n", violation.field, violation.description));
        }
    }
    insta::assert_snapshot!(told);
}

#[test]
fn places_are_the_caller_s_even_if_some_requirements_are_left_out() {
    let mut wire = request(&["pytest", "app[test]", "flask"]);
    wire.projects[0].name = "app".to_owned();
    wire.projects[0].requirements[0].dependency_set = "extra:test".to_owned();
    wire.projects[0].dependency_sets = vec!["main".to_owned()];
    let Asked { request, shape } = convert(wire).unwrap();
    let engine::Project::Pypi(project) = request.project else { panic!("it is Python's") };
    let texts: Vec<_> = project.requirements.iter().map(|one| one.text.as_str()).collect();
    assert_eq!(texts, ["pytest", "flask"]);
    for (engine, wire) in [
        ("requirements[1]", "projects[0].requirements[2]"),
        ("requirements[1].hashes[0]", "projects[0].requirements[2].hashes[0]"),
        ("constraints[4]", "projects[0].constraints[4]"),
        ("environment.python_version", "projects[0].pypi.python_version"),
        ("policy.before", "policy.before"),
    ] {
        assert_eq!(shape.path(engine), wire);
    }
}

#[test]
fn the_deadline_bounds_the_time_for_solving() {
    let mut wire = request(&["flask"]);
    wire.budget = Some(v1::Budget { max_solve_time: Some(seconds(1)), ..Default::default() });
    let remaining = Some(Duration::from_millis(300));
    let call = Call { metadata: &MetadataMap::new(), remaining };
    let asked = asked(wire, &declared(), call).unwrap();
    assert_eq!(asked.request.max_solve_time, remaining);
}
