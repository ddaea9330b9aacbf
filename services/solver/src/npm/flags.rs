//! What each node is there for: for development, as an option, as a peer, or for nothing any more.
//!
//! All flags are set at first. Each is taken from a node as soon as a way from the project is found
//! that does without it, until nothing changes.

use super::build::Builder;
use super::facts::DependencyKind;
use super::tree::{Flags, NodeId, PROJECT, Tree};

impl Builder<'_> {
    /// Finds the flags of all nodes that the project needs.
    pub(crate) fn find_flags(&mut self) {
        let tree = &mut self.tree;
        tree[PROJECT].flags = Flags::NONE;
        let mut seen = vec![false; tree.node_count() as usize];
        let mut waiting = vec![PROJECT];
        while let Some(node) = waiting.pop() {
            seen[node.0 as usize] = true;
            if !tree[node].flags.extraneous {
                keep_outer(tree, node);
            }
            match tree[node].target {
                Some(target) => {
                    let flags = tree[node].flags;
                    let is_changed = take_from(&mut tree[target].flags, flags);
                    if is_changed || !seen[target.0 as usize] {
                        waiting.push(target);
                    }
                }
                None => walk_edges(tree, node, &mut waiting),
            }
        }
        for node in tree.placed() {
            let flags = &mut tree[node].flags;
            if seen[node.0 as usize] && (flags.dev || flags.optional) {
                flags.dev_optional = false;
            }
        }
    }

    /// Marks what cannot be had, and what is there for it alone. Returns the failure that matters,
    /// if there is one.
    pub(crate) fn set_failed_aside(&mut self) -> Option<NodeId> {
        for node in std::mem::take(&mut self.failed) {
            let is_placed = self.tree[node].root == PROJECT;
            if is_placed && !self.tree[node].flags.optional {
                return Some(node);
            }
            for node in self.optional_set(node) {
                self.tree[node].flags.inert = true;
            }
        }
        None
    }

    /// The part of the tree that goes when an optional node fails: up to where it is optional, and
    /// what only that part needs.
    fn optional_set(&self, node: NodeId) -> Vec<NodeId> {
        let tree = &self.tree;
        let mut set = vec![node];
        let mut next = 0;
        while let Some(member) = set.get(next).copied() {
            next += 1;
            for edge in &tree[member].edges_in {
                let from = tree[*edge].from.filter(|from| !set.contains(from));
                set.extend(from.filter(|_| !tree[*edge].kind.is_optional()));
            }
        }
        tree.dependents_only(&set, |edge| {
            let is_inert = tree[edge].from.is_some_and(|from| tree[from].flags.inert);
            !is_inert && tree[edge].to.is_none_or(|to| !set.contains(&to))
        })
    }
}

/// What lies around something that is needed is needed, too.
fn keep_outer(tree: &mut Tree<'_>, node: NodeId) {
    let mut outer = tree.outer(node);
    while let Some(place) = outer.filter(|place| tree[*place].flags.extraneous) {
        tree[place].flags.extraneous = false;
        outer = tree.outer(place);
    }
}

fn walk_edges(tree: &mut Tree<'_>, node: NodeId, waiting: &mut Vec<NodeId>) {
    let own = tree[node].flags;
    for edge in tree.edges_of(node).collect::<Vec<_>>() {
        let Some(to) = tree[edge].to else { continue };
        let kind = tree[edge].kind;
        let is_dev = kind == DependencyKind::Development;
        let is_optional = kind.is_optional();
        let given = Flags {
            dev: own.dev || is_dev,
            optional: own.optional || is_optional,
            dev_optional: own.dev_optional || own.dev || own.optional || is_dev || is_optional,
            peer: own.peer || kind.is_peer(),
            extraneous: own.extraneous || kind == DependencyKind::PeerOptional,
            inert: true,
        };
        if take_from(&mut tree[to].flags, given) {
            waiting.push(to);
        }
    }
}

/// Takes the flags that are not given from those of a node. Returns whether any was.
fn take_from(flags: &mut Flags, given: Flags) -> bool {
    let before = *flags;
    flags.dev &= given.dev;
    flags.optional &= given.optional;
    flags.dev_optional &= given.dev_optional;
    flags.peer &= given.peer;
    flags.extraneous &= given.extraneous;
    *flags != before
}
