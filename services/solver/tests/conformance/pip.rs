//! Cases of pip's tests for its resolver: installations, one after the other.

use serde::Deserialize;
use serde_json::Value;

use super::universe::{
    Picks, Projects, compare, picks, problem, read_name, read_version, solved, universe,
};

const NO_DEPENDENCIES: &str = "pip's `--no-deps` is a setting of installers: what a resolver \
     answers is complete";

/// Cases that we do not meet, and why.
pub(crate) const KNOWN_DIFFERENT: &[(&str, &str)] = &[
    (
        "pip-yaml/conflicting_triangle.yml#0",
        "pip complains of what is installed and not asked for; what is locked is no requirement",
    ),
    ("pip-yaml/extras.yml#3", NO_DEPENDENCIES),
    (
        "pip-yaml/huge.yml#1",
        "pip's test takes `setuptools` for installed and does not tell of it; it is required, so \
         we name it with what it requires",
    ),
    ("pip-yaml/simple.yml#3", NO_DEPENDENCIES),
];

/// An index, and what is done with it step by step.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) id: String,
    #[serde(rename = "ecosystem")]
    _ecosystem: String,
    packages: Projects,
    steps: Vec<Step>,
    expected: Vec<State>,
    /// That pip's former resolver fails here. What is expected is the present one's answer.
    #[serde(rename = "skip")]
    _skip: Option<String>,
}

/// One call of pip.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    install: Option<Names>,
    uninstall: Option<Names>,
    options: Option<String>,
}

/// One text or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Names {
    One(String),
    Several(Vec<String>),
}

/// What is installed after a step, as `name version`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    state: Option<Vec<String>>,
    error: Option<Value>,
}

/// Does what a case does. What is installed already is kept where it can be: to the solver it is
/// locked, and no requirement.
pub(crate) fn judge(case: &Case) -> Result<(), String> {
    assert_eq!(case.steps.len(), case.expected.len(), "{}", case.id);
    let mut installed = Picks::new();
    for (step, state) in case.steps.iter().zip(&case.expected) {
        if let Some(names) = &step.uninstall {
            installed.retain(|name, _| !names.texts().any(|text| read_name(text) == *name));
            compare(Some(&state.picks()), Some(&installed))?;
            continue;
        }
        let Some(roots) = &step.install else { panic!("{}: {step:?}", case.id) };
        if let Some(options) = &step.options {
            return Err(format!("there is no `{options}`"));
        }
        let mut problem = problem("3.8", roots.texts());
        problem.locked =
            installed.iter().map(|(name, version)| (name.clone(), version.clone())).collect();
        match (state.fails(), picks(&solved(&problem, universe(&case.packages)))) {
            (false, Some(picks)) => {
                installed.extend(picks);
                compare(Some(&state.picks()), Some(&installed))?;
            }
            (true, None) => {}
            (true, got) => return compare(None, got.as_ref()),
            (false, None) => return compare(Some(&state.picks()), None),
        }
    }
    Ok(())
}

impl Names {
    fn texts(&self) -> impl Iterator<Item = &str> {
        let texts = match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Several(texts) => texts,
        };
        texts.iter().map(String::as_str)
    }
}

impl State {
    /// Whether an installation fails. Some failures are told by nothing being installed.
    fn fails(&self) -> bool {
        self.error.is_some() || self.state.is_none()
    }

    fn picks(&self) -> Picks {
        let lines = self.state.iter().flatten();
        let picks = lines.filter_map(|line| line.split_once(' '));
        picks.map(|(name, version)| (read_name(name), read_version(version))).collect()
    }
}
