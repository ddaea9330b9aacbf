//! Taking out what a placement makes superfluous.

use ecosystems::npm::locale_compare;

use super::Placement;
use crate::npm::build::Builder;
use crate::npm::tree::{EdgeId, NodeId, PROJECT};

impl Builder<'_> {
    /// Puts `placed` in the place of `old`, and takes out what then is of no use or does not fit.
    pub(super) fn replace_old(
        &mut self,
        old: NodeId,
        placed: NodeId,
        dep: NodeId,
        placement: &mut Placement,
    ) {
        let tree = &self.tree;
        let mut orphans: Vec<NodeId> = Vec::new();
        for edge in tree.edges_of(old) {
            let is_kept = tree.edge_to(placed, tree[edge].name).is_some();
            if let Some(to) = tree[edge].to.filter(|_| !is_kept) {
                orphans.extend(tree.dependents_only(&[to], |edge| tree[edge].to != Some(to)));
            }
        }
        let moving = self.displaced_peers(old, placed, dep);
        self.tree.replace(old, placed);
        self.prune_orphans(placed, &orphans);
        for node in moving {
            for edge in &self.tree[node].edges_in {
                placement.revisit.extend(self.tree[*edge].from);
            }
            self.tree.detach(node);
        }
    }

    /// The sets of peers beside `old` that are not content with what comes instead.
    fn displaced_peers(&mut self, old: NodeId, placed: NodeId, dep: NodeId) -> Vec<NodeId> {
        let target = self.tree[old].parent;
        let mut moving = Vec::new();
        for edge in self.tree[old].edges_in.clone() {
            let tree = &self.tree;
            let beside = tree[edge].from.filter(|from| tree[*from].parent == target);
            let Some(beside) = beside else { continue };
            let is_content = tree.is_satisfied_by(edge, placed);
            if is_content || !tree[edge].kind.is_peer() || tree[edge].is_let_pass {
                continue;
            }
            for (entry, _) in self.tree.entry_sets(beside) {
                let tree = &self.tree;
                let is_own = tree[entry].from.is_some_and(|from| tree.is_own(from));
                match tree[entry].to {
                    Some(entered) if Some(entered) != target && !is_own => {
                        moving.extend(tree.dependents_only(&[entered], |edge| {
                            tree[edge].to != Some(entered) && !tree[edge].is_let_pass
                        }));
                    }
                    _ => self.let_pass(edge, dep),
                }
            }
        }
        moving
    }

    /// Takes out what only the replaced package needed.
    fn prune_orphans(&mut self, placed: NodeId, orphans: &[NodeId]) {
        let tree = &self.tree;
        let wrong = |edge: EdgeId| tree[edge].to.filter(|_| !tree.is_valid(edge));
        let mut unwanted: Vec<NodeId> = tree.edges_of(placed).filter_map(wrong).collect();
        for orphan in orphans {
            unwanted.extend(tree.dependents_only(&[*orphan], |edge| {
                tree[edge].to != Some(*orphan) && tree.is_valid(edge)
            }));
        }
        let gone = tree.dependents_only(&unwanted, |edge| {
            tree[edge].from != Some(placed) && tree[edge].to != Some(placed) && tree.is_valid(edge)
        });
        for node in gone {
            self.tree.detach(node);
        }
    }

    /// Takes out a node that is met further out as well, and with `descends` those in it.
    pub(super) fn prune_duplicates(&mut self, node: NodeId, descends: bool) {
        if self.is_duplicate(node) {
            let tree = &self.tree;
            let gone = tree.dependents_only(&[node], |edge| {
                tree[edge].to != Some(node) && tree.is_valid(edge)
            });
            for node in gone {
                self.tree.detach(node);
            }
            return;
        }
        if !descends {
            return;
        }
        for child in self.sorted(self.tree[node].children.clone()) {
            self.prune_duplicates(child, true);
        }
        for folder in self.sorted(self.tree[node].folders.clone()) {
            for child in self.sorted(self.tree[folder].children.clone()) {
                self.prune_duplicates(child, true);
            }
        }
    }

    /// Nodes in the order of their places, but for those in which nothing is to be taken out.
    fn sorted(&self, mut nodes: Vec<NodeId>) -> Vec<NodeId> {
        let tree = &self.tree;
        nodes.retain(|node| {
            let is_outermost =
                tree[*node].parent.is_some_and(|parent| tree.outer(parent).is_none());
            !is_outermost || !tree[*node].children.is_empty()
        });
        nodes.sort_by(|one, other| locale_compare(&tree.location(*one), &tree.location(*other)));
        nodes
    }

    /// Whether a node can go, since nobody needs it or all would be content with what lies further
    /// out.
    fn is_duplicate(&self, node: NodeId) -> bool {
        let tree = &self.tree;
        let is_shut = tree.is_in_dependency_bundle(node) || tree.is_in_shrinkwrap(node);
        if is_shut || node == PROJECT {
            return false;
        }
        let Some(further) = tree.outer(node).and_then(|outer| tree.outer(outer)) else {
            return false;
        };
        if tree[node].edges_in.is_empty() {
            return true;
        }
        let Some(other) = tree.resolve(further, tree[node].name) else { return false };
        if tree.matches(other, node) {
            return true;
        }
        if !tree.can_replace(other, node, &[]) {
            return false;
        }
        let versions = tree[other].package.version().zip(tree[node].package.version());
        let order = versions.map(|(other, own)| other.cmp_precedence(own));
        self.policy.prefers_dedupe
            || order.is_some_and(std::cmp::Ordering::is_eq)
            || (order.is_some_and(std::cmp::Ordering::is_gt) && !self.is_overridden(node))
    }

    /// Whether a node has its version from an override.
    fn is_overridden(&self, node: NodeId) -> bool {
        let tree = &self.tree;
        let overrides = &tree.facts.overrides;
        let own = |rule| overrides.names(rule, tree[node].name);
        let is_named = tree[node].rule.is_some_and(own);
        is_named
            && tree[node].edges_in.iter().any(|edge| {
                let edge = &tree[*edge];
                let rule = edge.rule.filter(|rule| own(*rule));
                let from = edge.from.and_then(|from| tree[from].rule);
                rule.is_some_and(|rule| {
                    Some(rule) != from && tree.facts.is_version(rule, &tree[node].package)
                })
            })
    }
}
