//! What packages, versions and requirements are called in a proof.

use ecosystems::cargo::{CompatibilityLine, Version};

use super::super::rules::{CargoRules, DEFAULT};
use super::super::universe::CrateId;
use crate::Strategy;
use crate::conflict::{Core, Node, Told, UserText, join, quoted};

/// So many of the newest versions are told where there are many.
const NEWEST: usize = 3;

/// So many names that are nearly the one asked for are told.
const MOST_NEAR: usize = 2;

/// Members are numbered from here on, as packages of nodes.
const FIRST_MEMBER: u32 = 1 << 31;

/// Who a node is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Subject {
    /// A package of a registry.
    Crate(CrateId),
    /// A package by path, by its number.
    Member(u32),
}

impl Subject {
    pub(super) fn of(node: Node) -> Self {
        match node.package.checked_sub(FIRST_MEMBER) {
            None => Self::Crate(CrateId(node.package)),
            Some(number) => Self::Member(number),
        }
    }

    /// The node of the subject, or of a feature of it, in no order yet.
    pub(super) fn node(self, part: Option<u32>) -> Node {
        let package = match self {
            Self::Crate(id) => id.0,
            Self::Member(number) => FIRST_MEMBER.saturating_add(number),
        };
        Node { order: (0, 0), package, part }
    }
}

/// The words of one problem.
pub(super) struct Words<'a, 'r> {
    pub(super) rules: &'r CargoRules<'a>,
}

impl Words<'_, '_> {
    /// The place of a member's dependency in the lists of all members, one after the other.
    pub(super) fn flat(&self, member: u32, place: usize) -> usize {
        let before = self.rules.problem.members.iter().take(member as usize);
        before.map(|member| member.dependencies.len()).sum::<usize>() + place
    }

    /// What a node is sorted by.
    pub(super) fn key(&self, node: Node) -> (String, String, String) {
        let registry = match Subject::of(node) {
            Subject::Crate(id) => self.rules.package_name(id).registry.to_string(),
            Subject::Member(_) => String::new(),
        };
        let part = node.part.map(|part| self.rules.text(part).to_owned());
        (self.package(node), registry, part.unwrap_or_default())
    }

    fn package(&self, node: Node) -> String {
        match Subject::of(node) {
            Subject::Crate(id) => self.rules.package_name(id).name.to_string(),
            Subject::Member(number) => self.rules.member(number).name.to_string(),
        }
    }

    /// The member that states a requirement.
    fn stating(&self, place: usize) -> Option<&str> {
        let mut left = place;
        for member in &self.rules.problem.members {
            match left.checked_sub(member.dependencies.len()) {
                None => return Some(member.name.as_str()),
                Some(rest) => left = rest,
            }
        }
        None
    }

    /// Names of packages that are known to be there and are nearly that of one that is not.
    fn near(&self, node: Node) -> Vec<String> {
        let plain = |name: &str| name.to_ascii_lowercase().replace('_', "-");
        let wanted = plain(&self.package(node));
        let near = self.rules.listed().filter(|name| is_near(&plain(name), &wanted));
        near.take(MOST_NEAR).map(quoted).collect()
    }

    /// The registry of a package: with its address, if it is not the one that is usually asked.
    fn registry(&self, node: Node) -> String {
        match Subject::of(node) {
            Subject::Crate(id)
                if self.rules.package_name(id).registry != self.rules.problem.registry =>
            {
                format!("the registry {}", quoted(&self.rules.package_name(id).registry))
            }
            Subject::Crate(_) | Subject::Member(_) => "its registry".to_owned(),
        }
    }

    fn text(&self, node: Node, position: u32) -> Option<&Version> {
        match Subject::of(node) {
            Subject::Member(number) => Some(&self.rules.member(number).version),
            Subject::Crate(id) => {
                let candidates = self.rules.candidates(id)?;
                (position < candidates.shelf_length()).then(|| candidates.at(position).version)
            }
        }
    }
}

impl Told for Words<'_, '_> {
    fn name(&self, node: Node) -> String {
        match node.part {
            None => self.package(node),
            Some(part) => format!("{}/{}", self.package(node), self.rules.text(part)),
        }
    }

    fn barred(&self, node: Node) -> Node {
        Node { part: None, ..node }
    }

    fn version(&self, node: Node, position: u32) -> Option<String> {
        self.text(node, position).map(ToString::to_string)
    }

    fn line(&self, node: Node, position: u32) -> String {
        let name = quoted(Told::name(self, node));
        let of = |at: u32| self.text(node, at).map(CompatibilityLine::of);
        let line = of(position);
        let Subject::Crate(id) = Subject::of(node) else { return name };
        let length = self.rules.candidates(id).map_or(0, |candidates| candidates.shelf_length());
        match line.filter(|line| (0..length).any(|at| of(at) != Some(*line))) {
            Some(line) => format!("{name} {line}"),
            None => name,
        }
    }

    fn requirement(&self, node: Node, range: &str) -> String {
        let required = quoted(format!("{} {range}", self.package(node)).trim_end());
        match node.part.map(|part| self.rules.text(part)) {
            None | Some(DEFAULT) => required,
            Some(feature) => format!("{required} with {}", quoted(feature)),
        }
    }

    fn is_pin(&self, range: &str) -> bool {
        range.starts_with('=') && !range.contains(',')
    }

    fn holder(&self, origin: UserText) -> String {
        let mut members = self.rules.problem.members.iter().filter(|member| member.in_workspace);
        let is_alone = members.nth(1).is_none();
        let stating = match origin {
            UserText::Requirement(place) if !is_alone => self.stating(place).map(quoted),
            _ => None,
        };
        let requires =
            stating.map_or("you require".to_owned(), |member| format!("your {member} requires"));
        match self.rules.problem.policy.strategy {
            Strategy::LowestDirect => format!("{requires} the lowest version of"),
            Strategy::Highest | Strategy::Lowest => requires,
        }
    }

    fn existence(&self) -> &'static str {
        match self.rules.problem.policy.before {
            None => "published",
            Some(_) => "published before the cut-off",
        }
    }

    fn published(&self, _: &Core, node: Node, fit: &[u32]) -> String {
        let id = match Subject::of(node) {
            Subject::Member(number) => {
                return format!("at its path there is {}", self.rules.member(number).version);
            }
            Subject::Crate(id) => id,
        };
        let length = self.rules.candidates(id).map_or(0, |candidates| candidates.shelf_length());
        let is_late = |at: &u32| self.rules.is_late(id, *at);
        let there = (0..length).rev().filter(|at| !is_late(at));
        let texts: Vec<String> = there.filter_map(|at| self.version(node, at)).collect();
        let mut told = match &texts[..] {
            [] => vec!["there is none at all".to_owned()],
            [only] => vec![format!("there is only {only}")],
            few if few.len() <= NEWEST => vec![format!("there are {}", join(few))],
            many => {
                vec![format!("there are {}, the newest {}", many.len(), join(&many[..NEWEST]))]
            }
        };
        let is_preview = |at: &u32| self.text(node, *at).is_some_and(|text| !text.pre.is_empty());
        let preview = fit.iter().rfind(|at| is_preview(at) && !is_late(at));
        if let Some(preview) = preview.and_then(|at| self.version(node, *at)) {
            told.push(format!(
                "{preview} would, if a requirement named a pre-release of its numbers"
            ));
        }
        if let Some(late) =
            fit.iter().rfind(|at| is_late(at)).and_then(|at| self.version(node, *at))
        {
            told.push(format!("{late} would, but was not published before the cut-off"));
        }
        told.join("; ")
    }

    fn missing(&self, node: Node) -> String {
        let (name, registry) = (quoted(self.package(node)), self.registry(node));
        match &self.near(node)[..] {
            [] => format!("{registry} has no {name}"),
            near => format!("{registry} has no {name}, while there is {}", join(near)),
        }
    }

    fn which_is_missing(&self, node: Node) -> String {
        let registry = self.registry(node);
        match &self.near(node)[..] {
            [] => format!("which {registry} does not have"),
            near => format!("which {registry} does not have, while there is {}", join(near)),
        }
    }
}

/// Whether two names are the same but for `-` and `_` or one letter: one more, one less, another one,
/// or two the other way round.
fn is_near(left: &str, right: &str) -> bool {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let start = left.iter().zip(&right).take_while(|(a, b)| a == b).count();
    let (left, right) = (&left[start..], &right[start..]);
    let end = left.iter().rev().zip(right.iter().rev()).take_while(|(a, b)| a == b).count();
    match (&left[..left.len() - end], &right[..right.len() - end]) {
        ([] | [_], [] | [_]) => true,
        ([a, b], [c, d]) => a == d && b == c,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_near_that_differ_in_one_letter() {
        for (left, right, near) in [
            ("serde-json", "serde-json", true),
            ("serde", "serd", true),
            ("serde", "sedre", true),
            ("serde", "sorde", true),
            ("aa", "a", true),
            ("tokio", "toki-io", false),
            ("rand", "rayon", false),
        ] {
            assert_eq!(is_near(left, right), near, "{left} {right}");
        }
    }
}
