//! The facts that together rule every choice out.

use std::collections::{BTreeMap, BTreeSet};

use pubgrub::VersionSet;

use super::super::requirements::{Active, Origin, Range};
use super::super::rules::{PypiRules, SlotKind, Variant};
use super::super::universe::NameId;
use super::bars::bar;
use super::project;
use crate::Versions;
use crate::conflict::{Core, Node, Requirement, UserText};
use crate::search::{Leaf, Slot};

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
        let order = (place(name), extra.map_or(0, place));
        Node { order, package: name.0, part: extra.map(|extra| extra.0) }
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

/// Gathers the facts that the leaves of a derivation are about.
pub(super) fn gather(rules: &PypiRules<'_>, leaves: &[Leaf]) -> Core {
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
    let parts = Parts { rules, names, pairs };
    let mut gathered = Gathered { core: Core::default() };
    gathered.read_roots(&parts);
    for node in nodes {
        gathered.read_node(&parts, node);
        gathered.read_constraints(&parts, node);
    }
    gathered.core
}

/// The facts so far.
struct Gathered {
    core: Core,
}

impl Gathered {
    fn read_roots(&mut self, parts: &Parts<'_, '_>) {
        let required = parts.rules.root_requirements().into_iter();
        for active in required.filter(|active| !matches!(active.origin, Origin::Constraint(_))) {
            for target in parts.targets(&active) {
                if parts.pairs.contains(&(None, target)) {
                    self.core.roots.push(requirement(parts.rules, &active, target));
                }
            }
        }
    }

    fn read_constraints(&mut self, parts: &Parts<'_, '_>, node: Node) {
        if node.part.is_none() {
            for active in parts.rules.constraints_on(project(node)) {
                self.core.roots.push(requirement(parts.rules, &active, node));
            }
        }
    }

    fn read_node(&mut self, parts: &Parts<'_, '_>, node: Node) {
        let rules = parts.rules;
        let listed = rules.package(project(node)).filter(|package| package.listing.is_some());
        let length = listed.map(super::super::universe::Package::length);
        self.core.lengths.insert(node, length);
        let kind = SlotKind::Real(Variant {
            extra: node.part.map(NameId),
            ..Variant::plain(project(node))
        });
        for version in 0..length.unwrap_or(0) {
            if let Some(bar) = bar(rules, node, version) {
                self.core.unavailable.insert((node, version), bar);
                continue;
            }
            let mut needs: Vec<Requirement> = Vec::new();
            if node.part.is_some() {
                needs.push(Requirement {
                    target: parts.names.node(project(node), None),
                    versions: Versions::singleton(version),
                    without_policy: Versions::singleton(version),
                    stated: vec![String::new()],
                    is_same_version: true,
                    origin: UserText::None,
                });
            }
            // What the search has not looked at plays no part, whether it is known or not.
            let read = rules.has_read(project(node), version);
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
            self.core.needs.insert((node, version), needs);
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
