//! The user's overrides, and what of them can be told from an answer alone.

use ecosystems::npm::{Range, Reading, Spec};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::npm::problem::{Override, OverrideValue, Problem};
use crate::npm::solution::{Content, Solution};

/// What overrides say.
#[derive(Debug, Default)]
pub(super) struct Overrides {
    /// By name, what is taken instead, where that is the same wherever the name stands.
    pub(super) plain: FxHashMap<String, String>,
    /// The names that overrides name, where it depends on the way which of them hold.
    pub(super) named: FxHashSet<String>,
    /// The places whose versions bear on which of them hold.
    pub(super) fixed: FxHashSet<usize>,
}

/// A rule as it is written: its name, the versions it is for, and what it says.
struct Rule {
    key: String,
    name: String,
    versions: String,
    value: String,
    is_inner: bool,
}

impl Overrides {
    pub(super) fn new(problem: &Problem, solution: &Solution) -> Self {
        let mut rules = Vec::new();
        flatten(&problem.overrides, false, &mut rules);
        let is_twice = |(place, rule): (usize, &Rule)| {
            rules[..place].iter().any(|other: &Rule| other.name == rule.name)
        };
        let is_plain = rules.iter().all(|rule| !rule.is_inner && rule.versions == "*")
            && !rules.iter().enumerate().any(is_twice);
        let mut overrides = Self::default();
        if is_plain {
            let plain = rules.into_iter().map(|rule| (rule.name, rule.value));
            overrides.plain.extend(plain.filter(|(_, value)| value != "*"));
            return overrides;
        }
        overrides.named.extend(rules.iter().map(|rule| rule.name.clone()));
        if are_torn(&rules) {
            overrides.fixed.extend(0..solution.places.len());
        } else {
            overrides.fix(solution);
        }
        overrides
    }

    /// Finds the places from which something that is named can be reached.
    fn fix(&mut self, solution: &Solution) {
        loop {
            let before = self.fixed.len();
            for (number, place) in solution.places.iter().enumerate() {
                let leads_on = |to: &usize| self.fixed.contains(to);
                let names = place.edges.iter().any(|edge| {
                    self.named.contains(&edge.name) || edge.to.as_ref().is_some_and(leads_on)
                });
                let links = matches!(&place.content, Content::Link(target) if leads_on(target));
                if names || links {
                    self.fixed.insert(number);
                }
            }
            if self.fixed.len() == before {
                return;
            }
        }
    }
}

fn flatten(overrides: &[Override], is_inner: bool, rules: &mut Vec<Rule>) {
    for one in overrides.iter().filter(|one| one.key != ".") {
        let behind_scope = usize::from(one.key.starts_with('@'));
        let at = one.key[behind_scope..].find('@').map(|at| at + behind_scope);
        let (name, versions) = match at {
            Some(at) => (&one.key[..at], &one.key[at + 1..]),
            None => (&*one.key, ""),
        };
        let versions = if versions.is_empty() { "*" } else { versions };
        let own = match &one.value {
            OverrideValue::Spec(_) => Some(&one.value),
            OverrideValue::Within(inner) => {
                let own = inner.iter().rfind(|inner| inner.key == ".");
                own.map(|own| &own.value)
            }
        };
        let value = match own {
            None => versions,
            Some(OverrideValue::Spec(spec)) if !spec.is_empty() => spec,
            Some(_) => "*",
        };
        rules.push(Rule {
            key: one.key.clone(),
            name: name.to_owned(),
            versions: versions.to_owned(),
            value: value.to_owned(),
            is_inner,
        });
        if let OverrideValue::Within(inner) = &one.value {
            flatten(inner, true, rules);
        }
    }
}

/// Whether there are two rules under one key that no version meets both of.
fn are_torn(rules: &[Rule]) -> bool {
    let range = |rule: &Rule| {
        let value = if rule.value == "*" { &rule.versions } else { &rule.value };
        match Spec::parse(value).ok()?.target() {
            Spec::Range(range) => Some(range.clone()),
            Spec::Version(version) => Range::parse(&version.to_string(), Reading::LOOSE).ok(),
            Spec::Tag(_) | Spec::Alias(_) | Spec::Foreign(_) => None,
        }
    };
    let mut pairs = rules.iter().enumerate().flat_map(|(place, one)| {
        let others = rules.iter().enumerate().filter(move |(other, _)| *other != place);
        others.map(move |(_, other)| (one, other))
    });
    pairs.any(|(one, other)| {
        one.key == other.key
            && range(one).zip(range(other)).is_some_and(|(one, other)| !one.intersects(&other))
    })
}
