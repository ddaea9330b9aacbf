//! Scenarios of uv, and where pip agrees with it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use solver::pypi::{Outcome, Prereleases, Problem};

use super::suite::read;
use super::universe::{
    Picks, Projects, compare, environment, picks, problem, read_name, read_version, solved,
    universe,
};

/// A small index, a question to it and what uv answers under its default settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    pub(crate) id: String,
    #[serde(rename = "ecosystem")]
    _ecosystem: String,
    #[serde(rename = "category")]
    _category: String,
    /// The interpreter that is there; an option may ask for another one.
    python: String,
    /// What the project itself says, which counts in universal answers only.
    #[serde(rename = "root_requires_python")]
    _root_requires_python: String,
    universal: bool,
    options: Value,
    pub(crate) root: Vec<String>,
    root_other: Map<String, Value>,
    pub(crate) packages: Projects,
    expected: Expected,
    #[serde(rename = "description")]
    _description: String,
    /// How uv's own tests are generated.
    #[serde(rename = "extra_keys")]
    _extra_keys: Vec<String>,
}

/// What uv answers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    satisfiable: bool,
    packages: Option<BTreeMap<String, Value>>,
    #[serde(rename = "explanation")]
    _explanation: Option<String>,
}

/// The settings of single environments; any other fails the test.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    python: Option<String>,
    python_platform: Option<String>,
    #[serde(default)]
    prereleases: bool,
    #[serde(default)]
    no_build: Vec<String>,
    #[serde(default)]
    no_binary: Vec<String>,
}

/// What pip answered to a scenario, and what both tools say where they agree.
#[derive(Debug, Deserialize)]
pub(crate) struct Agreement {
    pub(crate) id: String,
    expected: Option<BTreeMap<String, String>>,
    pub(crate) consensus: Option<String>,
}

/// All scenarios.
pub(crate) fn scenarios() -> Option<Vec<Scenario>> {
    read("uv_scenarios.json")
}

/// All agreements.
pub(crate) fn agreements() -> Option<Vec<Agreement>> {
    read("uv_pip_agreement.json")
}

impl Scenario {
    pub(crate) fn is_universal(&self) -> bool {
        self.universal
    }

    /// The question.
    pub(crate) fn problem(&self) -> Problem {
        let options = Options::deserialize(&self.options);
        let options = options.unwrap_or_else(|error| panic!("{}: {error}", self.id));
        assert!(self.root_other.is_empty(), "{}: {:?}", self.id, self.root_other);
        let python = options.python.as_deref().unwrap_or(&self.python);
        let platform = options.python_platform.as_deref().unwrap_or("linux");
        let mut problem = problem(python, self.root.iter().map(String::as_str));
        problem.environment = environment(python, platform, true);
        if options.prereleases {
            problem.policy.prereleases = Prereleases::Allow;
        }
        let names = |names: &[String]| names.iter().map(|name| read_name(name)).collect();
        problem.policy.only_wheels.names = names(&options.no_build);
        problem.policy.only_sdists.names = names(&options.no_binary);
        problem
    }

    /// What comes of it.
    pub(crate) fn outcome(&self) -> Outcome {
        solved(&self.problem(), universe(&self.packages))
    }
}

/// Solves a scenario as uv's test does.
pub(crate) fn judge(scenario: &Scenario) -> Result<(), String> {
    let got = picks(&scenario.outcome());
    let Expected { satisfiable, packages, .. } = &scenario.expected;
    match packages {
        Some(packages) => {
            let packages = packages.iter().map(|(name, version)| {
                let version = version.as_str();
                (name.as_str(), version.unwrap_or_else(|| panic!("{}: versions", scenario.id)))
            });
            compare(Some(&read_picks(packages)), got.as_ref())
        }
        None if *satisfiable == got.is_some() => Ok(()),
        None => compare(None, got.as_ref()),
    }
}

/// Solves a scenario on which pip and uv agree.
pub(crate) fn judge_agreement(agreement: &Agreement, scenario: &Scenario) -> Result<(), String> {
    let got = picks(&scenario.outcome());
    match (agreement.consensus.as_deref(), &agreement.expected) {
        (Some("exact"), Some(expected)) => {
            let expected = expected.iter().map(|(name, version)| (name.as_str(), version.as_str()));
            compare(Some(&read_picks(expected)), got.as_ref())
        }
        (Some("unsatisfiable"), None) => compare(None, got.as_ref()),
        (Some("satisfiable, versions not stated"), None) => {
            got.map(|_| ()).ok_or_else(|| "expected an answer, got a conflict".to_owned())
        }
        other => panic!("{}: agree on {other:?}", agreement.id),
    }
}

fn read_picks<'a>(picks: impl Iterator<Item = (&'a str, &'a str)>) -> Picks {
    picks.map(|(name, version)| (read_name(name), read_version(version))).collect()
}
