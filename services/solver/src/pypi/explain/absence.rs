//! What is told where nothing fits: what there is instead.

use super::super::Prereleases;
use super::super::candidates::Verdict;
use super::super::rules::PypiRules;
use super::project;
use crate::conflict::{Core, Node, Told, join};

/// What a version has to be to exist at all: `published`, or less than that under a policy.
pub(super) fn existence(rules: &PypiRules<'_>) -> &'static str {
    let policy = &rules.problem.policy;
    let bans = matches!(policy.prereleases, Prereleases::Disallow | Prereleases::Explicit);
    match (bans, policy.before.is_some()) {
        (false, false) => "published",
        (false, true) => "published before the cut-off",
        (true, false) => "published as stable",
        (true, true) => "published as stable before the cut-off",
    }
}

/// What there is of a project, and which of the versions in `fit`, which a requirement would
/// take, policy leaves out.
pub(super) fn published(rules: &PypiRules<'_>, core: &Core, node: Node, fit: &[u32]) -> String {
    let length = core.length(node).unwrap_or(0);
    let version_texts = |listed: &[u32]| -> Vec<String> {
        listed.iter().filter_map(|at| rules.version(node, *at)).collect()
    };
    let verdict = |at: &u32| rules.verdict(project(node), *at);
    let left_out = |at: &u32| matches!(verdict(at), Some(Verdict::TooNew | Verdict::Prerelease));
    let existing: Vec<u32> = (0..length).filter(|at| !left_out(at)).collect();
    let texts = version_texts(&existing);
    let mut told: Vec<String> = match &texts[..] {
        [] => Vec::new(),
        [only] => vec![format!("there is only {only}")],
        [first, .., last] if texts.len() > 3 => {
            vec![format!("there are {} from {first} to {last}", texts.len())]
        }
        few => vec![format!("there are {}", join(few))],
    };
    let newest = |wanted| fit.iter().rfind(|at| verdict(at) == Some(wanted)).copied();
    let prereleases = match rules.problem.policy.prereleases {
        Prereleases::Explicit => "no requirement of yours names a pre-release of it",
        _ => "pre-releases are not allowed",
    };
    for (newest, obstacle) in [
        (newest(Verdict::Prerelease), prereleases),
        (newest(Verdict::TooNew), "was not published before the cut-off"),
    ] {
        let versions = newest.map(|at| version_texts(&[at])).unwrap_or_default();
        told.extend(versions.iter().map(|text| format!("{text} would, but {obstacle}")));
    }
    if told.is_empty() { "there is none at all".to_owned() } else { told.join("; ") }
}
