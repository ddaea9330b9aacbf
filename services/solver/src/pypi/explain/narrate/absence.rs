//! What is told where nothing fits: what there is instead.

use super::super::super::Prereleases;
use super::super::super::candidates::Verdict;
use super::super::core::Node;
use super::Narrator;
use super::phrases::range_text;
use crate::conflict::{Fact, join};

impl Narrator<'_, '_> {
    /// What a version has to be to exist at all: `published`, or less than that under a policy.
    pub(super) fn existence(&self) -> &'static str {
        let policy = &self.rules.problem.policy;
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
    pub(super) fn published(&self, node: Node, fit: &[u32]) -> String {
        let length = self.core.length(node).unwrap_or(0);
        let verdict = |at: &u32| self.rules.verdict(node.name, *at);
        let left_out =
            |at: &u32| matches!(verdict(at), Some(Verdict::TooNew | Verdict::Prerelease));
        let existing: Vec<u32> = (0..length).filter(|at| !left_out(at)).collect();
        let texts = self.version_texts(node, &existing);
        let mut told: Vec<String> = match &texts[..] {
            [] => Vec::new(),
            [only] => vec![format!("there is only {only}")],
            [first, .., last] if texts.len() > 3 => {
                vec![format!("there are {} from {first} to {last}", texts.len())]
            }
            few => vec![format!("there are {}", join(few))],
        };
        let newest = |wanted| fit.iter().rfind(|at| verdict(at) == Some(wanted)).copied();
        let prereleases = match self.rules.problem.policy.prereleases {
            Prereleases::Explicit => "no requirement of yours names a pre-release of it",
            _ => "pre-releases are not allowed",
        };
        for (newest, obstacle) in [
            (newest(Verdict::Prerelease), prereleases),
            (newest(Verdict::TooNew), "was not published before the cut-off"),
        ] {
            let versions = newest.map(|at| self.version_texts(node, &[at])).unwrap_or_default();
            told.extend(versions.iter().map(|text| format!("{text} would, but {obstacle}")));
        }
        if told.is_empty() { "there is none at all".to_owned() } else { told.join("; ") }
    }

    /// The fact that nothing can meet a standing requirement.
    pub(super) fn absence_fact(&mut self, target: Node, place: usize) -> usize {
        let package = self.name(target);
        let range = range_text(&self.proof.standing[place].ranges);
        let is_missing = self.core.length(target).is_none();
        self.fact(if is_missing {
            Fact::Missing { package }
        } else {
            Fact::NoVersion { package, range }
        })
    }
}
