//! The facts that together rule every choice out.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use ecosystems::cargo::{Dependency, Version};
use pubgrub::VersionSet;

use super::super::candidates::Candidates;
use super::super::rules::{Asking, CargoRules, Owner, SlotKind};
use super::super::universe::CrateId;
use super::bars::bar;
use super::told::{Subject, Words};
use crate::Versions;
use crate::conflict::{Core, Node, Requirement, UserText};
use crate::search::{Leaf, Slot};

/// Gathers the facts that the leaves of a derivation are about.
pub(super) fn gather(rules: &CargoRules<'_>, leaves: &[Leaf]) -> Core {
    let mut gathering = Gathering {
        rules,
        taking_part: BTreeSet::new(),
        core: Core::default(),
        seen: BTreeSet::new(),
        waiting: Vec::new(),
    };
    for slot in leaves.iter().flat_map(Leaf::slots) {
        gathering.note(slot);
    }
    gathering.note_unmet();
    gathering.read_roots();
    while let Some(node) = gathering.waiting.pop() {
        gathering.read_node(node);
    }
    gathering.in_order()
}

/// The facts so far. Nodes are not in the order of texts yet.
struct Gathering<'a, 'r> {
    rules: &'r CargoRules<'a>,
    /// The packages that take part.
    taking_part: BTreeSet<Subject>,
    core: Core,
    /// The nodes that are read, or wait to be.
    seen: BTreeSet<Node>,
    waiting: Vec<Node>,
}

impl<'a> Gathering<'a, '_> {
    fn note(&mut self, slot: Slot) {
        match self.rules.kind(slot) {
            SlotKind::Line(id, _) | SlotKind::Feature(id, _, _) | SlotKind::Unlisted(id) => {
                self.taking_part.insert(Subject::Crate(id));
            }
            SlotKind::Member(number) | SlotKind::MemberFeature(number, _) => {
                self.taking_part.insert(Subject::Member(number));
            }
            SlotKind::Choice(owner, place) | SlotKind::ChoiceFeature(owner, place, _) => {
                let target = self.rules.targets(owner)[place as usize].package;
                self.taking_part.insert(Subject::Crate(target));
            }
            SlotKind::Root | SlotKind::Links(_) => {}
        }
    }

    /// Notes what those who take part require and nothing can meet: of such a version the derivation
    /// knows only that it cannot be chosen.
    fn note_unmet(&mut self) {
        let mut targets = BTreeSet::new();
        for (owner, part) in self.rules.looked_at() {
            let is_in = match owner {
                Owner::Member(number) => {
                    self.rules.member(number).in_workspace
                        || self.taking_part.contains(&Subject::Member(number))
                }
                Owner::Release(id, _) => self.taking_part.contains(&Subject::Crate(id)),
            };
            if !is_in {
                continue;
            }
            for (place, extra) in self.rules.active_of(owner, part).unwrap_or_default() {
                if self.rules.cannot_be_met(owner, place, &extra) {
                    targets.insert(self.target(owner, place));
                }
            }
        }
        self.taking_part.extend(targets);
    }

    fn target(&self, owner: Owner, place: u32) -> Subject {
        match self.rules.path(owner, place) {
            Some(member) => Subject::Member(member),
            None => Subject::Crate(self.rules.targets(owner)[place as usize].package),
        }
    }

    fn read_roots(&mut self) {
        let words = Words { rules: self.rules };
        for (number, member) in (0..).zip(&self.rules.problem.members) {
            let owner = Owner::Member(number);
            if !member.in_workspace {
                continue;
            }
            for (place, extra) in self.rules.active_of(owner, None).unwrap_or_default() {
                let origin = UserText::Requirement(words.flat(number, place as usize));
                let roots = self.requirements(owner, place, &extra, origin);
                self.core.roots.extend(roots);
            }
        }
    }

    /// What a dependency asks for: its package, and each feature of that which matters.
    fn requirements(
        &mut self,
        owner: Owner,
        place: u32,
        extra: &[u32],
        origin: UserText,
    ) -> Vec<Requirement> {
        let subject = self.target(owner, place);
        if !self.taking_part.contains(&subject) {
            return Vec::new();
        }
        let dependency = &self.rules.dependencies(owner)[place as usize];
        let taken = self.taken(owner, place, dependency, false);
        let without_policy = self.taken(owner, place, dependency, true);
        let mut parts = vec![None];
        let target = self.rules.targets(owner)[place as usize];
        for feature in self.rules.requested(Asking { target, extra }).iter() {
            if self.matters(subject, *feature) {
                parts.push(Some(*feature));
            }
        }
        let requirement = |part| Requirement {
            target: subject.node(part),
            versions: taken.clone(),
            without_policy: without_policy.clone(),
            stated: vec![dependency.requirement.to_string()],
            is_same_version: false,
            origin,
        };
        let requirements: Vec<Requirement> = parts.into_iter().map(requirement).collect();
        for requirement in &requirements {
            if self.seen.insert(requirement.target) {
                self.waiting.push(requirement.target);
            }
        }
        requirements
    }

    /// The versions that a dependency takes, those included that policy leaves out if `all` are asked
    /// for.
    fn taken(&self, owner: Owner, place: u32, dependency: &Dependency, all: bool) -> Versions {
        if let Some(member) = self.rules.path(owner, place) {
            let takes = self.rules.takes(dependency, member);
            return if takes { Versions::singleton(0) } else { Versions::empty() };
        }
        let id = self.rules.targets(owner)[place as usize].package;
        let Some(candidates) = self.rules.candidates(id) else { return Versions::empty() };
        if !all && self.rules.takes_lowest(owner) {
            let matches = self.rules.matches(owner, place);
            let runs = matches.iter().flat_map(|matches| &matches.runs);
            let positions = runs.flat_map(|run| {
                let length = candidates.length(run.line);
                run.versions.positions(length).map(|version| run.line + version).collect::<Vec<_>>()
            });
            return set(positions);
        }
        set((0..candidates.shelf_length()).filter(|position| {
            let stock = candidates.at(*position);
            let Version { major, minor, patch, .. } = *stock.version;
            // A pre-release is taken only where the requirement names one.
            let is_near = all && dependency.requirement.matches(&Version::new(major, minor, patch));
            (is_near || dependency.requirement.matches(stock.version))
                && (all || !self.rules.is_late(id, *position))
        }))
    }

    /// Whether a feature of a package asks for anything in any version, or is not there in one.
    fn matters(&self, subject: Subject, feature: u32) -> bool {
        let matters =
            |owner: Owner| self.rules.asks(owner, feature).unwrap_or(feature != self.rules.default);
        match subject {
            Subject::Member(number) => matters(Owner::Member(number)),
            Subject::Crate(id) => self.rules.candidates(id).is_some_and(|candidates| {
                (0..candidates.shelf_length())
                    .any(|position| matters(candidates.at(position).owner))
            }),
        }
    }

    fn read_node(&mut self, node: Node) {
        match Subject::of(node) {
            Subject::Member(number) => {
                self.core.lengths.insert(node, Some(1));
                self.read_version(node, 0, Owner::Member(number));
            }
            Subject::Crate(id) => {
                let Some(candidates) = self.rules.candidates(id) else { return };
                let length = candidates.shelf_length();
                let is_there = self.rules.listing(id).is_some() || length > 0;
                self.core.lengths.insert(node, is_there.then_some(length));
                self.read_lines(id, &candidates);
                for position in 0..length {
                    self.read_version(node, position, candidates.at(position).owner);
                }
            }
        }
    }

    fn read_lines(&mut self, id: CrateId, candidates: &Rc<Candidates<'a>>) {
        let lines = (0..candidates.shelf_length()).map(|position| candidates.line_of(position));
        self.core.lines.insert(Subject::Crate(id).node(None).package, lines.collect());
    }

    fn read_version(&mut self, node: Node, version: u32, owner: Owner) {
        if let Some(bar) = bar(self.rules, node, version, owner) {
            self.core.unavailable.insert((node, version), bar);
            return;
        }
        let mut needs = Vec::new();
        if node.part.is_some() {
            needs.push(Requirement {
                target: Node { part: None, ..node },
                versions: Versions::singleton(version),
                without_policy: Versions::singleton(version),
                stated: vec![String::new()],
                is_same_version: true,
                origin: UserText::None,
            });
        } else if let Some(links) = self.rules.links(owner) {
            self.core.held.insert((node, version), links.to_owned());
        }
        // What the search has not looked at plays no part, whether it is known or not. What a member
        // requires is the user's.
        let is_member = matches!(owner, Owner::Member(at) if self.rules.member(at).in_workspace);
        if !is_member && self.rules.has_looked_at(owner, node.part) {
            for (place, extra) in self.rules.active_of(owner, node.part).unwrap_or_default() {
                needs.extend(self.requirements(owner, place, &extra, UserText::None));
            }
        }
        self.core.needs.insert((node, version), needs);
    }

    /// The facts, with the nodes in the order of texts.
    fn in_order(self) -> Core {
        let words = Words { rules: self.rules };
        let mut nodes: Vec<Node> = self.seen.iter().copied().collect();
        nodes.sort_by_cached_key(|node| words.key(*node));
        let places: BTreeMap<Node, u32> = nodes.into_iter().zip(1..).collect();
        let put = |node: Node| Node { order: (places.get(&node).copied().unwrap_or(0), 0), ..node };
        let requirement = |requirement: Requirement| Requirement {
            target: put(requirement.target),
            ..requirement
        };
        let core = self.core;
        let keyed = |(node, version): (Node, u32)| (put(node), version);
        Core {
            roots: core.roots.into_iter().map(requirement).collect(),
            needs: core
                .needs
                .into_iter()
                .map(|(key, needs)| (keyed(key), needs.into_iter().map(requirement).collect()))
                .collect(),
            unavailable: core.unavailable.into_iter().map(|(key, bar)| (keyed(key), bar)).collect(),
            lengths: core.lengths.into_iter().map(|(node, length)| (put(node), length)).collect(),
            lines: core.lines,
            held: core.held.into_iter().map(|(key, held)| (keyed(key), held)).collect(),
        }
    }
}

fn set(positions: impl Iterator<Item = u32>) -> Versions {
    let runs: Vec<std::ops::Range<u32>> = positions.map(|at| at..at + 1).collect();
    Versions::from_runs(&runs)
}
