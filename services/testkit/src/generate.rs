//! Random worlds, problems and toys, small enough for the oracle.
//!
//! Names and versions are few and drawn from short lists, so that requirements meet one another:
//! a world in which nothing conflicts tests nothing. Everything shrinks towards less.

use std::collections::BTreeSet;
use std::fmt;

use ecosystems::pypi::{Environment, Name, Platform, Python, Requirement, Specifiers, Version};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use solver::Strategy as Choice;
use solver::pypi::{Policy, Prereleases, Problem, Root};

use crate::scenario::{ProblemText, Project, Release, World};
use crate::toy::{Need, Toy};

const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
const STABLE: [&str; 4] = ["1.0", "1.1", "2.0", "3.0"];
const WITH_PRERELEASES: [&str; 4] = ["1.0", "1.1a1", "2.0", "3.0rc1"];
const RANGES: [&str; 15] = [
    "", "", "", ">=1.1", ">=2", "<2", "<3", "==1.0", "==2.0", "!=2.0", ">1.0,<3", "~=1.0", "==1.*",
    ">=2,<3", ">=1.1a1",
];
/// Mostly uv's default.
const PRERELEASES: [Prereleases; 6] = [
    Prereleases::IfNecessary,
    Prereleases::IfNecessary,
    Prereleases::IfNecessary,
    Prereleases::Allow,
    Prereleases::Explicit,
    Prereleases::Disallow,
];
const EXTRAS: [&str; 2] = ["x", "y"];
const MARKERS: [&str; 7] = [
    "",
    "",
    "",
    "; sys_platform == 'win32'",
    "; extra == 'x'",
    "; extra == 'y'",
    "; python_version >= '3.9' and extra == 'x'",
];

/// Whether generated worlds hold pre-releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Previews {
    /// None.
    Without,
    /// Some.
    With,
}

/// A problem in a world. It shows itself as a scenario, to be kept as a file.
#[derive(Clone)]
pub struct Case {
    /// What the index holds.
    pub world: World,
    /// What is asked.
    pub problem: Problem,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n-- Universe\n{}{}", self.world, ProblemText(&self.problem))
    }
}

/// Problems in worlds.
pub fn cases(previews: Previews) -> impl Strategy<Value = Case> {
    (worlds(previews), problems()).prop_map(|(world, problem)| Case { world, problem })
}

/// Worlds of up to six projects with up to four versions each.
pub fn worlds(previews: Previews) -> impl Strategy<Value = World> {
    let versions = match previews {
        Previews::Without => STABLE,
        Previews::With => WITH_PRERELEASES,
    };
    let names = subsequence(NAMES.to_vec(), 2..=NAMES.len());
    names.prop_flat_map(move |names| {
        let projects: Vec<_> = names.into_iter().map(|name| projects(name, versions)).collect();
        projects.prop_map(|projects| World { projects })
    })
}

fn projects(name: &'static str, versions: [&'static str; 4]) -> impl Strategy<Value = Project> {
    let releases = subsequence(versions.to_vec(), 1..=versions.len())
        .prop_flat_map(|versions| versions.into_iter().map(releases).collect::<Vec<_>>());
    releases.prop_map(move |releases| Project { releases, ..Project::new(read_name(name)) })
}

fn releases(version: &'static str) -> impl Strategy<Value = Release> {
    let requires = prop::collection::vec(requirement_texts(), 0..=3);
    let rarely = || prop::bool::weighted(0.06);
    (requires, rarely(), rarely()).prop_map(move |(requires, is_yanked, needs_python)| Release {
        requires,
        is_yanked,
        requires_python: needs_python.then(|| ">=3.13".to_owned()),
        extras: EXTRAS.map(read_name).to_vec(),
        ..Release::new(read_version(version))
    })
}

/// Published requirements, as `b[x]>=2; extra == 'y'`.
fn requirement_texts() -> impl Strategy<Value = String> {
    (select(&NAMES[..]), extras(), select(&RANGES[..]), select(&MARKERS[..]))
        .prop_map(|(name, extras, range, marker)| format!("{name}{extras}{range}{marker}"))
}

fn extras() -> impl Strategy<Value = &'static str> {
    select(&["", "", "", "", "[x]", "[y]", "[x,y]"][..])
}

fn roots(most: usize) -> impl Strategy<Value = Vec<Root>> {
    let texts = (select(&NAMES[..]), extras(), select(&RANGES[..]));
    let roots = texts.prop_map(|(name, extras, range)| Root {
        requirement: read_requirement(&format!("{name}{extras}{range}")),
        hashes: Vec::new(),
    });
    prop::collection::vec(roots, 0..=most)
}

/// Problems with up to four requirements, and now and then a constraint, an override, a lock, a version held.
pub fn problems() -> impl Strategy<Value = Problem> {
    let seldom = |most: usize| prop_oneof![3 => Just(0), 1 => Just(most)].prop_flat_map(roots);
    let locks = (select(&NAMES[..]), select(&STABLE[..]));
    let locked = prop::collection::vec(locks, 0..=2);
    let ranges: Vec<&str> = RANGES.into_iter().filter(|range| !range.is_empty()).collect();
    let held = prop::collection::vec((select(&NAMES[..]), select(ranges)), 0..=3);
    let held = (held, any::<bool>());
    let choices = select(&[Choice::Highest, Choice::Lowest, Choice::LowestDirect][..]);
    let policies = (choices, select(&PRERELEASES[..]));
    (roots(4), seldom(2), seldom(1), locked, held, policies).prop_map(
        |(requirements, constraints, overrides, locked, held, (strategy, prereleases))| Problem {
            environment: environment(),
            requirements,
            constraints: without_extras(constraints),
            overrides,
            excludes: BTreeSet::new(),
            locked: locked
                .into_iter()
                .map(|(name, version)| (read_name(name), read_version(version)))
                .collect(),
            held: held
                .0
                .into_iter()
                .map(|(name, range)| (read_name(name), read_specifiers(range)))
                .collect(),
            policy: Policy { strategy, prereleases, prefers_held: held.1, ..Policy::default() },
        },
    )
}

fn without_extras(mut constraints: Vec<Root>) -> Vec<Root> {
    for constraint in &mut constraints {
        constraint.requirement.extras = Box::default();
    }
    constraints
}

/// Toys of up to `projects` projects with up to `versions` versions each.
pub fn toys(projects: usize, versions: u32) -> impl Strategy<Value = Toy> {
    let need = (0..projects, 0..versions, 1..=versions)
        .prop_map(|(project, start, length)| Need { project, versions: start..start + length });
    let needs = prop::collection::vec(need.clone(), 0..=3);
    let release = prop::option::weighted(0.95, needs);
    let project = prop::collection::vec(release, 0..=versions as usize);
    let projects = prop::collection::vec(project, projects);
    (prop::collection::vec(need, 1..=4), projects)
        .prop_map(|(root, projects)| Toy { root, projects })
}

fn environment() -> Environment {
    let python = Python::parse("3.12").unwrap_or_else(|error| panic!("{error}"));
    let platform = Platform::parse("linux").unwrap_or_else(|error| panic!("{error}"));
    Environment::new(python, platform, false)
}

fn read_name(text: &str) -> Name {
    Name::parse(text).unwrap_or_else(|error| panic!("{error}"))
}

fn read_version(text: &str) -> Version {
    text.parse().unwrap_or_else(|error| panic!("`{text}`: {error}"))
}

fn read_specifiers(text: &str) -> Specifiers {
    Specifiers::parse(text).unwrap_or_else(|error| panic!("`{text}`: {error}"))
}

fn read_requirement(text: &str) -> Requirement {
    Requirement::parse(text).unwrap_or_else(|error| panic!("`{text}`: {error}"))
}
