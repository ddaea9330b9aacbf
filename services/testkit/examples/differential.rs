//! Made-up problems over the bundled recording, answered by uv and by the solver: they have to be
//! answered alike. `uv` is taken from the PATH, or from `$UV`; a Python of any version has to be
//! there for it.
//!
//! ```console
//! $ cargo run --release -p quartermaster-testkit --example differential -- [CASES] [SEED]
//! ```

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::process::{Command, ExitCode};

use ecosystems::Timestamp;
use ecosystems::pypi::{Environment, Platform, Python, Requirement};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use solver::pypi::{Outcome, Policy, Prereleases, Problem, Root};
use solver::{Held, Strategy as Preference};
use testkit::recording::Recording;
use testkit::registry::{FakeRegistry, Settings};

const CASES: u32 = 200;

/// More than any recorded search takes.
const STEPS: u64 = 200_000;

const PLATFORMS: [&str; 5] = [
    "x86_64-manylinux_2_28",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-msvc",
    "aarch64-unknown-linux-musl",
    "x86_64-manylinux2014",
];

const PREFERENCES: [(&str, Preference); 3] = [
    ("highest", Preference::Highest),
    ("lowest", Preference::Lowest),
    ("lowest-direct", Preference::LowestDirect),
];

const PRERELEASES: [(&str, Prereleases); 4] = [
    ("if-necessary", Prereleases::IfNecessary),
    ("allow", Prereleases::Allow),
    ("disallow", Prereleases::Disallow),
    ("explicit", Prereleases::Explicit),
];

/// One made-up problem.
#[derive(Clone, Debug)]
struct Case {
    requirements: Vec<String>,
    constraints: Vec<String>,
    overrides: Vec<String>,
    minor: u32,
    platform: &'static str,
    preference: (&'static str, Preference),
    prereleases: (&'static str, Prereleases),
    before: Option<&'static str>,
}

fn main() -> io::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u32>());
    let mut number =
        |otherwise| arguments.next().unwrap_or(Ok(otherwise)).map_err(io::Error::other);
    let (cases, seed) = (number(CASES)?, number(1)?);
    let runtime = tokio::runtime::Runtime::new()?;
    let recorded = registries::bundled();
    let index = runtime.block_on(FakeRegistry::start(recorded, Settings::default()))?;
    let work = tempfile::tempdir()?;
    let mut recording = Recording::bundled();
    let made = case(&recording);
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let (mut solved, mut unsolvable, mut different) = (0, 0, 0);
    for _ in 0..cases {
        let case = made
            .new_tree(&mut runner)
            .map_err(|reason| io::Error::other(reason.message().to_owned()))?
            .current();
        let theirs = uv(&case, &index.simple_url(), work.path())?;
        let ours = ours(&case, &mut recording);
        match (&theirs, &ours) {
            (Some(theirs), Some(ours)) if theirs == ours => solved += 1,
            (None, None) => unsolvable += 1,
            (theirs, ours) => {
                different += 1;
                println!("{}", difference(&case, theirs.as_ref(), ours.as_ref()));
            }
        }
    }
    println!("{solved} solved alike, {unsolvable} unsolvable for both, {different} different");
    Ok(ExitCode::from(u8::from(different > 0)))
}

/// Problems about what is recorded.
fn case(recording: &Recording) -> BoxedStrategy<Case> {
    let projects = recording.everything().into_iter().filter(|project| !project.needs.is_empty());
    let projects: Vec<(String, Vec<String>)> = projects
        .map(|project| {
            let known = project.needs.iter().map(|(position, _)| *position as usize);
            let releases = &project.listing.releases;
            let versions = known.map(|position| releases[position].version.to_string());
            (project.name.to_string(), versions.collect())
        })
        .collect();
    let operators = select(vec!["", "", "", "", "", "<", "<=", ">=", ">=", "==", "!=", "~="]);
    let requirement = (select(projects), operators, any::<prop::sample::Index>());
    let requirement = requirement.prop_map(|((name, versions), operator, index)| {
        let version = index.get(&versions);
        match operator {
            "" => name,
            "~=" if !version.contains('.') => name,
            operator => format!("{name}{operator}{version}"),
        }
    });
    let several = |most| prop::collection::vec(requirement.clone(), 0..=most);
    let texts = (prop::collection::vec(requirement.clone(), 1..=5), several(2), several(1));
    let environment = (9_u32..=14, select(PLATFORMS.to_vec()));
    let usual = |rare: usize| prop::bool::weighted(1.0 / rare as f64);
    let choice = (
        (usual(3), select(PREFERENCES.to_vec())),
        (usual(3), select(PRERELEASES.to_vec())),
        (usual(4), select(vec!["2025-12-01T00:00:00Z", "2026-03-01T00:00:00Z"])),
    );
    let made = (texts, environment, choice);
    made.prop_map(|((requirements, constraints, overrides), (minor, platform), choice)| {
        let (preference, prereleases, before) = choice;
        Case {
            requirements,
            constraints,
            overrides,
            minor,
            platform,
            preference: if preference.0 { preference.1 } else { PREFERENCES[0] },
            prereleases: if prereleases.0 { prereleases.1 } else { PRERELEASES[0] },
            before: before.0.then_some(before.1),
        }
    })
    .boxed()
}

/// What uv answers, as `name version` lines; `None` if it finds nothing.
fn uv(case: &Case, index: &str, work: &Path) -> io::Result<Option<BTreeSet<String>>> {
    let file = |name: &str, lines: &[String]| {
        let path = work.join(name);
        std::fs::write(&path, lines.join("\n")).map(|()| path)
    };
    let mut command = Command::new(std::env::var_os("UV").unwrap_or_else(|| "uv".into()));
    command
        .args(["pip", "compile", "--quiet", "--no-header", "--no-annotate", "--no-config"])
        .args(["--only-binary", ":all:", "--default-index", index, "--cache-dir"])
        .arg(work.join("cache"))
        .args(["--python-version", &format!("3.{}", case.minor)])
        .args(["--python-platform", case.platform])
        .args(["--resolution", case.preference.0, "--prerelease", case.prereleases.0])
        .args(case.before.into_iter().flat_map(|before| ["--exclude-newer", before]))
        .arg("--constraints")
        .arg(file("constraints.txt", &case.constraints)?)
        .arg("--overrides")
        .arg(file("overrides.txt", &case.overrides)?)
        .arg(file("requirements.in", &case.requirements)?)
        .env("UV_PYTHON_DOWNLOADS", "never");
    let output = command.output()?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        let pins = String::from_utf8_lossy(&output.stdout);
        let pins = pins.lines().filter(|line| !line.starts_with('#'));
        return Ok(Some(pins.map(|line| line.replace("==", " ")).collect()));
    }
    if complaint.contains("No solution found") {
        return Ok(None);
    }
    Err(io::Error::other(format!("uv has not answered {case:?}: {complaint}")))
}

/// What the solver answers.
fn ours(case: &Case, recording: &mut Recording) -> Option<BTreeSet<String>> {
    let roots = |texts: &[String]| -> Vec<Root> {
        let read = texts.iter().map(|text| Root {
            requirement: Requirement::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")),
            hashes: Vec::new(),
        });
        read.collect()
    };
    let python =
        Python::parse(&format!("3.{}", case.minor)).unwrap_or_else(|error| panic!("{error}"));
    let platform = Platform::parse(case.platform).unwrap_or_else(|error| panic!("{error}"));
    let before = case
        .before
        .map(|text| Timestamp::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")));
    let problem = Problem {
        environment: Environment::new(python, platform, false),
        requirements: roots(&case.requirements),
        constraints: roots(&case.constraints),
        overrides: roots(&case.overrides),
        excludes: BTreeSet::new(),
        locked: Vec::new(),
        held: Held::default(),
        policy: Policy {
            strategy: case.preference.1,
            prereleases: case.prereleases.1,
            before,
            ..Policy::default()
        },
    };
    match recording.solve(&problem, STEPS).0 {
        Outcome::Solved(solution) => {
            let picks = solution.picks.iter();
            Some(picks.map(|pick| format!("{} {}", pick.name, pick.version())).collect())
        }
        Outcome::Conflict(..) => None,
        outcome @ (Outcome::Gaps(_) | Outcome::Spent(_)) => panic!("{case:?}: {outcome:?}"),
    }
}

fn difference(
    case: &Case,
    theirs: Option<&BTreeSet<String>>,
    ours: Option<&BTreeSet<String>>,
) -> String {
    let mut text = format!("{case:?}\n");
    let nothing = BTreeSet::new();
    for (who, one, other) in [("uv", theirs, ours), ("we", ours, theirs)] {
        let Some(one) = one else {
            let _ = writeln!(text, "    {who} found nothing");
            continue;
        };
        let alone: Vec<&String> = one.difference(other.unwrap_or(&nothing)).collect();
        let _ = writeln!(text, "    {who} alone: {alone:?}");
    }
    text
}
