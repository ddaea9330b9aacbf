//! uv's own words for scenarios without an answer, and ours.

use std::collections::BTreeSet;

use ecosystems::pypi::Requirement;
use serde::Deserialize;
use solver::conflict::{Conflict, Fact};
use solver::pypi::Outcome;

use super::suite::read;
use super::uv::Scenario;
use super::words::{Named, normalised};

const LOCAL: &str = "no version is greater or less than `2.0.0` but for its local ones, so what the \
     user requires of `b` plays no part; uv reasons about versions that nobody published";

/// Explanations that name something else than uv's, and why.
pub(crate) const KNOWN_DIFFERENT: &[Difference] = &[
    Difference {
        scenario: "local-transitive-greater-than",
        only_theirs: &["b==2.0.0+foo"],
        only_ours: &[],
        why: LOCAL,
    },
    Difference {
        scenario: "local-transitive-less-than",
        only_theirs: &["b==2.0.0+foo"],
        only_ours: &[],
        why: LOCAL,
    },
    Difference {
        scenario: "equivalent-dependency-ranges",
        only_theirs: &[],
        only_ours: &["c<1.0.post0.dev0"],
        why: "both spellings of the range are told as their authors wrote them; uv tells one",
    },
];

/// Requirements that only one of two explanations names.
#[derive(Debug)]
pub(crate) struct Difference {
    /// The scenario, behind the `#` of its id.
    scenario: &'static str,
    only_theirs: &'static [&'static str],
    only_ours: &'static [&'static str],
    why: &'static str,
}

/// What uv prints for a scenario.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Output {
    #[serde(rename = "id")]
    _id: String,
    /// The scenario's file; none where uv's test has no file.
    scenario: Option<String>,
    output: String,
}

/// All outputs.
pub(crate) fn outputs() -> Option<Vec<Output>> {
    read("uv_install_outputs.json")
}

impl Output {
    /// The derivation and the hints, where there is no answer.
    fn failure(&self) -> Option<(&str, &str)> {
        let (_, words) = self.output.split_once("╰─▶")?;
        Some(words.split_once("hint:").unwrap_or((words, "")))
    }

    /// The scenario of a failure.
    pub(crate) fn scenario<'a>(&self, scenarios: &'a [Scenario]) -> Option<&'a Scenario> {
        self.failure()?;
        let file = self.scenario.as_ref()?;
        scenarios.iter().find(|scenario| scenario.id.contains(&format!("/{file}#")))
    }
}

/// Compares uv's words with ours.
pub(crate) fn judge(output: &Output, scenario: &Scenario) -> Result<(), String> {
    let Outcome::Conflict(conflict, _) = scenario.outcome() else {
        return Err("there is an answer".to_owned());
    };
    let (derivation, hints) = output.failure().expect("uv has no answer");
    let (theirs, ours) = (Named::read(derivation), named(&conflict));
    let mut faults: Vec<String> = Vec::new();
    faults.extend(difference("packages", &theirs.packages, &ours.packages));
    faults.extend(difference("requirements", &expected(scenario, &theirs), &ours.requirements));
    let written = written(scenario);
    let invented = ours.requirements.difference(&written);
    faults.extend(invented.map(|text| format!("nobody wrote `{text}`")));
    let told = conflict.to_string();
    let hinted = hints.split('`').skip(1).step_by(2).filter(|hinted| !hinted.contains("--"));
    let untold = hinted.filter(|hinted| !told.contains(hinted));
    faults.extend(untold.map(|hinted| format!("uv hints at `{hinted}`")));
    if faults.is_empty() {
        return Ok(());
    }
    let known = known(scenario).map_or("none", |known| known.why);
    Err(format!("{}; the reason for a difference is: {known}\n{told}", faults.join("; ")))
}

fn known(scenario: &Scenario) -> Option<&'static Difference> {
    let (_, name) = scenario.id.rsplit_once('#')?;
    KNOWN_DIFFERENT.iter().find(|known| known.scenario == name)
}

/// The requirements that uv names, but for a known difference.
fn expected(scenario: &Scenario, theirs: &Named) -> BTreeSet<String> {
    let mut expected = theirs.requirements.clone();
    if let Some(Difference { only_theirs, only_ours, .. }) = known(scenario) {
        expected.retain(|text| !only_theirs.contains(&text.as_str()));
        expected.extend(only_ours.iter().map(|text| (*text).to_owned()));
    }
    expected
}

/// What our sentences name, and the facts under them.
fn named(conflict: &Conflict) -> Named {
    let mut named = Named::default();
    conflict.sentences.iter().for_each(|sentence| named.add_quoted(&sentence.text));
    for fact in &conflict.facts {
        let package = match fact {
            Fact::Requirement { package, requirement, .. } => {
                named.add_quoted(requirement);
                package.clone()
            }
            Fact::Missing { package }
            | Fact::NoVersion { package, .. }
            | Fact::Unavailable { package, .. } => Some(package.clone()),
        };
        package.into_iter().for_each(|package| named.add_quoted(&format!("`{package}`")));
    }
    named
}

fn difference(what: &str, theirs: &BTreeSet<String>, ours: &BTreeSet<String>) -> Option<String> {
    (theirs != ours).then(|| format!("uv names the {what} {theirs:?}, we {ours:?}"))
}

/// Every requirement that somebody wrote, each extra of it by itself, too.
fn written(scenario: &Scenario) -> BTreeSet<String> {
    let mut texts: Vec<String> = scenario.root.clone();
    for (name, releases) in &scenario.packages {
        for release in releases.values() {
            texts.extend(release.requires.iter().cloned());
            texts.extend(release.extras.values().flatten().cloned());
            texts.extend(release.extras.keys().map(|extra| format!("{name}[{extra}]")));
            texts.extend(release.requires_python.iter().map(|python| format!("python{python}")));
        }
    }
    let read = |text: &String| {
        Requirement::parse(text).unwrap_or_else(|error| panic!("`{text}`: {error}"))
    };
    texts.iter().filter_map(|text| normalised(&read(text))).collect()
}
