//! The facts that together rule every choice out.

use std::collections::{BTreeMap, BTreeSet};

use pubgrub::VersionSet;

use super::super::requirements::{Active, Origin, Range};
use super::super::rules::{PypiRules, SlotKind, Variant};
use super::super::universe::NameId;
use super::bars::{Bar, bar};
use crate::Versions;
use crate::conflict::UserText;
use crate::search::{Leaf, Slot};

/// A project, or what an extra adds to it. Conditions hold here, so slots under a condition are the
/// projects themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Node {
    /// The place of the name and of the extra in the order of texts: proofs are told in that order,
    /// and not in the order in which names became known.
    order: (u32, u32),
    pub(super) name: NameId,
    pub(super) extra: Option<NameId>,
}

/// Ranges of one project that are asked for together, each as stated; an empty one for any version.
pub(super) type Stated = Vec<String>;

/// A requirement that takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Requirement {
    pub(super) target: Node,
    pub(super) versions: Versions,
    /// The versions that it would take if policy left none out.
    pub(super) without_policy: Versions,
    pub(super) stated: Stated,
    /// Whether it stands for "the project itself, in the same version".
    pub(super) is_same_version: bool,
    pub(super) origin: UserText,
}

impl Requirement {
    /// Whether it only bounds what others require.
    pub(super) fn is_constraint(&self) -> bool {
        matches!(self.origin, UserText::Constraint(_))
    }

    /// Joins what the same version says of the same project in another place.
    fn join(&mut self, other: Self) {
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
pub(super) struct Core {
    /// What the user requires, constraints included.
    pub(super) roots: Vec<Requirement>,
    /// What versions require of the projects that take part: of each project once.
    pub(super) needs: BTreeMap<(Node, u32), Vec<Requirement>>,
    /// Versions that cannot be chosen at all.
    pub(super) unavailable: BTreeMap<(Node, u32), (Bar, Vec<String>)>,
    /// How many versions each project has; `None` for one that no registry has.
    pub(super) lengths: BTreeMap<Node, Option<u32>>,
}

/// The names that take part, in the order of their texts.
pub(super) struct Names(BTreeMap<NameId, u32>);

impl Names {
    fn gather(rules: &PypiRules<'_>, leaves: &[Leaf]) -> Self {
        let mut names = BTreeSet::new();
        for slot in leaves.iter().flat_map(Leaf::slots) {
            if let SlotKind::Real(variant) | SlotKind::Wish(variant) = rules.kind(slot) {
                names.insert(variant.name);
                names.extend(variant.extra);
            }
        }
        let mut sorted: Vec<NameId> = names.into_iter().collect();
        sorted.sort_by_key(|name| rules.name(*name));
        let places = sorted.into_iter().zip(0..);
        Self(places.collect())
    }

    fn node(&self, name: NameId, extra: Option<NameId>) -> Node {
        let place = |name: NameId| self.0.get(&name).copied().unwrap_or(u32::MAX - 1) + 1;
        Node { order: (place(name), extra.map_or(0, place)), name, extra }
    }

    /// The project, or project and extra, that a slot stands for; none for the user's requirements.
    fn of(&self, rules: &PypiRules<'_>, slot: Slot) -> Option<Node> {
        match rules.kind(slot) {
            SlotKind::Root | SlotKind::Python => None,
            SlotKind::Real(variant) | SlotKind::Wish(variant) => {
                Some(self.node(variant.name, variant.extra))
            }
        }
    }
}

impl Core {
    pub(super) fn gather(rules: &PypiRules<'_>, leaves: &[Leaf]) -> Self {
        let names = Names::gather(rules, leaves);
        let mut pairs: BTreeSet<(Option<Node>, Node)> = BTreeSet::new();
        let mut nodes: BTreeSet<Node> = BTreeSet::new();
        for leaf in leaves {
            nodes.extend(leaf.slots().filter_map(|slot| names.of(rules, slot)));
            if let Leaf::Needs(source, target) = leaf
                && let Some(target) = names.of(rules, *target)
            {
                let source = names.of(rules, *source);
                if source != Some(target) {
                    pairs.insert((source, target));
                }
            }
        }
        let mut core = Self {
            roots: Vec::new(),
            needs: BTreeMap::new(),
            unavailable: BTreeMap::new(),
            lengths: BTreeMap::new(),
        };
        let parts = Parts { rules, names, pairs };
        core.read_roots(&parts);
        for node in nodes {
            core.read_node(&parts, node);
            core.read_constraints(&parts, node);
        }
        core
    }

    /// How many versions a project has; `None` for one that no registry has, or that takes no part.
    pub(super) fn length(&self, node: Node) -> Option<u32> {
        self.lengths.get(&node).copied().flatten()
    }

    fn read_roots(&mut self, parts: &Parts<'_, '_>) {
        let required = parts.rules.root_requirements().into_iter();
        for active in required.filter(|active| !matches!(active.origin, Origin::Constraint(_))) {
            for target in parts.targets(&active) {
                if parts.pairs.contains(&(None, target)) {
                    self.roots.push(requirement(parts.rules, &active, target));
                }
            }
        }
    }

    fn read_constraints(&mut self, parts: &Parts<'_, '_>, node: Node) {
        if node.extra.is_none() {
            for active in parts.rules.constraints_on(node.name) {
                self.roots.push(requirement(parts.rules, &active, node));
            }
        }
    }

    fn read_node(&mut self, parts: &Parts<'_, '_>, node: Node) {
        let rules = parts.rules;
        let listed = rules.package(node.name).filter(|package| package.listing.is_some());
        let length = listed.map(super::super::universe::Package::length);
        self.lengths.insert(node, length);
        let kind = SlotKind::Real(Variant { extra: node.extra, ..Variant::plain(node.name) });
        for version in 0..length.unwrap_or(0) {
            if let Some(bar) = bar(rules, node, version) {
                self.unavailable.insert((node, version), bar);
                continue;
            }
            let mut needs: Vec<Requirement> = Vec::new();
            if node.extra.is_some() {
                needs.push(Requirement {
                    target: parts.names.node(node.name, None),
                    versions: Versions::singleton(version),
                    without_policy: Versions::singleton(version),
                    stated: vec![String::new()],
                    is_same_version: true,
                    origin: UserText::None,
                });
            }
            // What the search has not looked at plays no part, whether it is known or not.
            let read = rules.has_read(node.name, version);
            let active = if read { rules.active(kind, version) } else { None };
            // Constraints are the user's, wherever they apply.
            let published = |active: &Active<'_>| !matches!(active.origin, Origin::Constraint(_));
            for active in active.unwrap_or_default().into_iter().filter(published) {
                for target in parts.targets(&active) {
                    if !parts.pairs.contains(&(Some(node), target)) {
                        continue;
                    }
                    let need = requirement(rules, &active, target);
                    let known = needs.iter_mut().find(|known| known.target == target);
                    match known.filter(|known| !known.is_same_version) {
                        Some(known) => known.join(need),
                        None => needs.push(need),
                    }
                }
            }
            self.needs.insert((node, version), needs);
        }
    }
}

/// Who takes part, and who requires whom.
struct Parts<'a, 'r> {
    rules: &'a PypiRules<'r>,
    names: Names,
    pairs: BTreeSet<(Option<Node>, Node)>,
}

impl Parts<'_, '_> {
    /// The project required, and each extra required of it.
    fn targets(&self, active: &Active<'_>) -> Vec<Node> {
        let extras = active.extras.iter().map(|extra| Some(*extra));
        let targets = std::iter::once(None).chain(extras);
        targets.map(|extra| self.names.node(active.target, extra)).collect()
    }
}

fn requirement(rules: &PypiRules<'_>, active: &Active<'_>, target: Node) -> Requirement {
    Requirement {
        target,
        versions: rules.positions(active),
        without_policy: without_policy(rules, active),
        stated: vec![rules.range_text(active)],
        is_same_version: false,
        origin: match active.origin {
            Origin::Requirement(place) => UserText::Requirement(place),
            Origin::Constraint(place) => UserText::Constraint(place),
            Origin::Release(_) | Origin::Override(_) => UserText::None,
        },
    }
}

fn without_policy(rules: &PypiRules<'_>, active: &Active<'_>) -> Versions {
    match (rules.package(active.target), active.range) {
        (Some(package), Range::Published(id)) => package.positions(rules.universe.specifiers(id)),
        (Some(package), Range::Written(specifiers)) => package.positions(specifiers),
        (None, _) | (_, Range::Url) => Versions::empty(),
    }
}
