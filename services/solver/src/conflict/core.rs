//! The facts that together rule every choice out.

use std::collections::BTreeMap;

use pubgrub::VersionSet;

use super::{Bar, UserText};
use crate::Versions;

/// A package, or what a part of it, such as an extra or a feature, adds to it. Both have the same
/// versions, by position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Node {
    /// The place of the name and of the part in the order of texts: proofs are told in that order,
    /// and not in the order in which names became known.
    pub(crate) order: (u32, u32),
    /// The package, by a number of the ecosystem's.
    pub(crate) package: u32,
    /// The part, by a number of the ecosystem's.
    pub(crate) part: Option<u32>,
}

/// Ranges of one project that are asked for together, each as stated; an empty one for any version.
pub(crate) type Stated = Vec<String>;

/// A requirement that takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Requirement {
    pub(crate) target: Node,
    pub(crate) versions: Versions,
    /// The versions that it would take if policy left none out.
    pub(crate) without_policy: Versions,
    pub(crate) stated: Stated,
    /// Whether it stands for "the project itself, in the same version".
    pub(crate) is_same_version: bool,
    pub(crate) origin: UserText,
}

impl Requirement {
    /// Whether it only bounds what others require.
    pub(crate) fn is_constraint(&self) -> bool {
        matches!(self.origin, UserText::Constraint(_))
    }

    /// Joins what the same version says of the same project in another place.
    pub(crate) fn join(&mut self, other: Self) {
        self.versions = self.versions.intersection(&other.versions);
        self.without_policy = self.without_policy.intersection(&other.without_policy);
        for range in other.stated {
            if !self.stated.contains(&range) {
                self.stated.push(range);
            }
        }
        if self.stated.len() > 1 {
            self.stated.retain(|range| !range.is_empty());
        }
    }
}

/// The facts of one conflict.
#[derive(Default)]
pub(crate) struct Core {
    /// What the user requires, constraints included.
    pub(crate) roots: Vec<Requirement>,
    /// What versions require of the projects that take part: of each project once.
    pub(crate) needs: BTreeMap<(Node, u32), Vec<Requirement>>,
    /// Versions that cannot be chosen at all.
    pub(crate) unavailable: BTreeMap<(Node, u32), (Bar, Vec<String>)>,
    /// How many versions each project has; `None` for one that no registry has.
    pub(crate) lengths: BTreeMap<Node, Option<u32>>,
    /// By package, the line of each version: of one line one version can be chosen. A package that is
    /// not in here is one line.
    pub(crate) lines: BTreeMap<u32, Vec<u32>>,
    /// What versions hold of which there is one holder, such as a native library.
    pub(crate) held: BTreeMap<(Node, u32), String>,
}

impl Core {
    /// How many versions a project has; `None` for one that no registry has, or that takes no part.
    pub(crate) fn length(&self, node: Node) -> Option<u32> {
        self.lengths.get(&node).copied().flatten()
    }

    /// The line of a version.
    pub(crate) fn line(&self, node: Node, version: u32) -> u32 {
        let lines = self.lines.get(&node.package);
        lines.and_then(|lines| lines.get(version as usize)).copied().unwrap_or(0)
    }

    /// The line that versions are of, if it is one.
    pub(crate) fn only_line(
        &self,
        node: Node,
        mut versions: impl Iterator<Item = u32>,
    ) -> Option<u32> {
        let first = self.line(node, versions.next()?);
        versions.all(|version| self.line(node, version) == first).then_some(first)
    }
}
