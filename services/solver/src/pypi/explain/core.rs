//! The facts that together rule every choice out.

use std::collections::{BTreeMap, BTreeSet};

use pubgrub::{DerivationTree, External, VersionSet};

use super::super::candidates::Verdict;
use super::super::requirements::{Active, Origin};
use super::super::rules::{PypiRules, SlotKind, Unavailable, Variant};
use super::super::universe::NameId;
use crate::Versions;
use crate::conflict::{Obstacle, UserText};
use crate::search::{Derivation, Slot};

/// A project, or what an extra adds to it. Conditions hold here, so slots under a condition are the
/// projects themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Node {
    pub(super) name: NameId,
    pub(super) extra: Option<NameId>,
}

/// A requirement that takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Requirement {
    pub(super) target: Node,
    pub(super) versions: Versions,
    /// The range as stated; empty for any.
    pub(super) range: String,
    /// Whether it stands for "the project itself, in the same version".
    pub(super) is_same_version: bool,
    pub(super) origin: UserText,
}

/// The facts of one conflict.
pub(super) struct Core {
    /// What the user requires, constraints included.
    pub(super) roots: Vec<Requirement>,
    /// What versions require of the projects that take part.
    pub(super) needs: BTreeMap<(Node, u32), Vec<Requirement>>,
    /// Versions that cannot be chosen at all.
    pub(super) unavailable: BTreeMap<(Node, u32), (Obstacle, String)>,
    /// How many versions each project has; `None` for one that no registry has.
    pub(super) lengths: BTreeMap<Node, Option<u32>>,
}

impl Core {
    pub(super) fn gather(rules: &PypiRules<'_>, derivation: &Derivation) -> Self {
        let mut leaves = Vec::new();
        collect(derivation, &mut leaves, &mut BTreeSet::new());
        let mut pairs: BTreeSet<(Option<Node>, Node)> = BTreeSet::new();
        let mut nodes: BTreeSet<Node> = BTreeSet::new();
        for leaf in leaves {
            match leaf {
                External::FromDependencyOf(source, _, target, _) => {
                    let (source, target) = (node(rules, *source), node(rules, *target));
                    nodes.extend(source);
                    nodes.extend(target);
                    if let Some(target) = target.filter(|target| source != Some(*target)) {
                        pairs.insert((source, target));
                    }
                }
                External::NoVersions(slot, _) | External::Custom(slot, _, _) => {
                    nodes.extend(node(rules, *slot));
                }
                External::NotRoot(..) => {}
            }
        }
        let mut core = Self {
            roots: Vec::new(),
            needs: BTreeMap::new(),
            unavailable: BTreeMap::new(),
            lengths: BTreeMap::new(),
        };
        core.read_roots(rules, &pairs);
        for node in nodes {
            core.read_node(rules, node, &pairs);
        }
        core
    }

    fn read_roots(&mut self, rules: &PypiRules<'_>, pairs: &BTreeSet<(Option<Node>, Node)>) {
        for active in rules.root_requirements() {
            for target in targets(&active) {
                if pairs.contains(&(None, target)) {
                    self.roots.push(requirement(rules, &active, target));
                }
            }
        }
    }

    fn read_node(
        &mut self,
        rules: &PypiRules<'_>,
        node: Node,
        pairs: &BTreeSet<(Option<Node>, Node)>,
    ) {
        let package = rules.package(node.name);
        let listed = package.filter(|package| package.listing.is_some());
        self.lengths.insert(node, listed.map(super::super::universe::Package::length));
        let kind = SlotKind::Real(Variant { extra: node.extra, ..Variant::plain(node.name) });
        for version in 0..listed.map_or(0, super::super::universe::Package::length) {
            if let Some(reason) = unavailable(rules, node, version) {
                self.unavailable.insert((node, version), reason);
                continue;
            }
            let mut needs = Vec::new();
            if node.extra.is_some() {
                let target = Node { extra: None, ..node };
                needs.push(Requirement {
                    target,
                    versions: Versions::singleton(version),
                    range: String::new(),
                    is_same_version: true,
                    origin: UserText::None,
                });
            }
            for active in rules.active(kind, version).unwrap_or_default() {
                for target in
                    targets(&active).filter(|target| pairs.contains(&(Some(node), *target)))
                {
                    needs.push(requirement(rules, &active, target));
                }
            }
            self.needs.insert((node, version), needs);
        }
    }
}

fn collect<'a>(
    tree: &'a Derivation,
    leaves: &mut Vec<&'a External<Slot, Versions, crate::search::Reason>>,
    seen: &mut BTreeSet<usize>,
) {
    // Deep derivations are common, so the walk keeps its own stack.
    let mut waiting = vec![tree];
    while let Some(tree) = waiting.pop() {
        match tree {
            DerivationTree::External(leaf) => leaves.push(leaf),
            DerivationTree::Derived(derived) => {
                if derived.shared_id.is_none_or(|id| seen.insert(id)) {
                    waiting.push(&derived.cause1);
                    waiting.push(&derived.cause2);
                }
            }
        }
    }
}

fn node(rules: &PypiRules<'_>, slot: Slot) -> Option<Node> {
    match rules.kind(slot) {
        SlotKind::Root => None,
        SlotKind::Real(Variant { name, extra, .. })
        | SlotKind::Wish(Variant { name, extra, .. }) => Some(Node { name, extra }),
    }
}

/// The project required, and each extra required of it.
fn targets(active: &Active<'_>) -> impl Iterator<Item = Node> {
    let name = active.target;
    let extras: Vec<_> = active.extras.iter().map(|extra| Some(*extra)).collect();
    std::iter::once(None).chain(extras).map(move |extra| Node { name, extra })
}

fn requirement(rules: &PypiRules<'_>, active: &Active<'_>, target: Node) -> Requirement {
    Requirement {
        target,
        versions: rules.lower(active),
        range: rules.range_text(active),
        is_same_version: false,
        origin: match active.origin {
            Origin::Requirement(place) => UserText::Requirement(place),
            Origin::Constraint(place) => UserText::Constraint(place),
            Origin::Release(_) | Origin::Override(_) => UserText::None,
        },
    }
}

fn unavailable(rules: &PypiRules<'_>, node: Node, version: u32) -> Option<(Obstacle, String)> {
    if let Some(verdict) = rules.verdict(node.name, version)
        && verdict != Verdict::Candidate
    {
        return Some(verdict_words(rules, verdict));
    }
    let kind = SlotKind::Real(Variant { extra: node.extra, ..Variant::plain(node.name) });
    Some(match rules.unavailable_needs(kind, version)? {
        Unavailable::Files(verdict) => verdict_words(rules, verdict),
        Unavailable::Python => verdict_words(rules, Verdict::Python),
        Unavailable::Url(name) => (
            Obstacle::Metadata,
            format!("require `{name}` from a URL, for which no registry answers"),
        ),
        Unavailable::Unreadable(reason) => {
            (Obstacle::Metadata, format!("have metadata that cannot be read ({reason})"))
        }
    })
}

fn verdict_words(rules: &PypiRules<'_>, verdict: Verdict) -> (Obstacle, String) {
    let environment = &rules.problem.environment;
    match verdict {
        Verdict::Candidate | Verdict::SdistOnly => {
            (Obstacle::Build, "have no wheel, only source distributions".to_owned())
        }
        Verdict::Prerelease => {
            (Obstacle::Prerelease, "are pre-releases, which are not allowed".to_owned())
        }
        Verdict::Quarantined => {
            (Obstacle::Quarantined, "are quarantined by the registry".to_owned())
        }
        Verdict::TooNew => (Obstacle::CutOff, "were not published before the cut-off".to_owned()),
        Verdict::Yanked => (Obstacle::Yanked, "are yanked".to_owned()),
        Verdict::Hash => (Obstacle::Hash, "have no file with one of the hashes given".to_owned()),
        Verdict::Python => {
            (Obstacle::Runtime, format!("need another Python than {}", environment.python()))
        }
        Verdict::Platform => {
            let platform = environment.platform();
            (
                Obstacle::Platform,
                format!("have no wheel for Python {} on {platform}", environment.python()),
            )
        }
    }
}
