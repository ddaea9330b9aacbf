//! Nodes come, go and take the place of others; edges follow.

use std::rc::Rc;

use super::{EdgeId, NodeId, PROJECT, Tree};
use crate::npm::facts::NameId;
use crate::npm::overrides::RuleId;

impl Tree<'_> {
    /// Puts a node, with all that lies in it, into the `node_modules` of another. What lies there
    /// under that name is taken out.
    pub(crate) fn attach(&mut self, node: NodeId, parent: NodeId) {
        let parent = self[parent].target.unwrap_or(parent);
        if self[node].parent == Some(parent) || node == parent {
            return;
        }
        self.leave_parent(node);
        let name = self[node].name;
        if let Some(current) = self.child(parent, name) {
            self.detach(current);
        }
        self[node].parent = Some(parent);
        self[parent].children.push(node);
        let folded = self.facts.folded(name);
        self.kids.insert((parent, folded), node);
        self.enter(node, self[parent].root);
        self.reload_named(parent, name);
        self.settle(node);
    }

    /// Takes a node out of its tree, with all that lies in it.
    pub(crate) fn detach(&mut self, node: NodeId) {
        self.leave_parent(node);
        self.enter(node, node);
        for edge in self[node].edges_in.clone() {
            if self[edge].from != Some(node) {
                self.reload(edge, false);
            }
        }
        self.settle(node);
    }

    /// Puts `new` in the place of `old`, which goes; what lay in `old` lies in `new`.
    pub(crate) fn replace(&mut self, old: NodeId, new: NodeId) {
        let Some(parent) = self[old].parent else { return };
        if self[new].target.is_none() {
            for kid in self[old].children.clone() {
                self.attach(kid, new);
            }
        }
        self.detach(old);
        self.attach(new, parent);
    }

    /// The folder of the project in the tree of `root`, which is made if it is not there yet; there
    /// `rule` holds in it.
    pub(crate) fn folder(&mut self, root: NodeId, folder: u32, rule: Option<RuleId>) -> NodeId {
        if let Some(node) = self.folders.get(&(root, folder)) {
            return *node;
        }
        let package = self.facts.folder(folder);
        let node = self.push_node(self.facts.folder_name(folder), Rc::clone(&package));
        self.folders.insert((root, folder), node);
        self[node].root = root;
        self[node].rule = rule;
        // Only the project's own tree, and trees that stand for its root, begin where it lies.
        let begins_here = root == PROJECT || self[root].stands_for == Some(PROJECT);
        let around = begins_here.then(|| {
            let folders =
                std::iter::successors(Some(folder), |folder| self.facts.folder_around(*folder));
            let mut known = folders.skip(1).filter_map(|folder| self.folders.get(&(root, folder)));
            known.next().copied().or_else(|| (!self.facts.is_outside(folder)).then_some(root))
        });
        let around = around.flatten();
        if let Some(around) = around {
            self[node].around = Some(around);
            self[around].folders.push(node);
        }
        if root == PROJECT {
            let name = self[node].name;
            self.nodes_by_name.entry(name).or_default().push(node);
        }
        self.load_edges(node, true);
        node
    }

    /// A link to a node of the same tree, without a place.
    pub(crate) fn push_link(&mut self, name: NameId, target: NodeId) -> NodeId {
        let package = Rc::clone(&self[target].package);
        let link = self.push_node(name, package);
        self[link].target = Some(target);
        link
    }

    fn leave_parent(&mut self, node: NodeId) {
        if let Some(parent) = self[node].parent.take() {
            self[parent].children.retain(|child| *child != node);
            let folded = self.facts.folded(self[node].name);
            if self.kids.get(&(parent, folded)) == Some(&node) {
                self.kids.remove(&(parent, folded));
            }
        }
    }

    /// Makes a node and all that lies in it part of another tree.
    fn enter(&mut self, node: NodeId, root: NodeId) {
        for member in self.family(node) {
            let old = std::mem::replace(&mut self[member].root, root);
            if old == root {
                continue;
            }
            let name = self[member].name;
            if old == PROJECT
                && let Some(nodes) = self.nodes_by_name.get_mut(&name)
            {
                nodes.retain(|other| *other != member);
            }
            if root == PROJECT {
                self.nodes_by_name.entry(name).or_default().push(member);
                self.index_edges(member);
            }
        }
    }

    /// A node and all that lies in it.
    pub(crate) fn family(&self, node: NodeId) -> Vec<NodeId> {
        let mut family = vec![node];
        let mut next = 0;
        while let Some(member) = family.get(next).copied() {
            next += 1;
            family.extend(self[member].children.iter().copied());
        }
        family
    }

    /// Looks up anew the edges that cross between a family and other trees.
    fn settle(&mut self, node: NodeId) {
        let root = self[node].root;
        for member in self.family(node) {
            for edge in self[member].edges_in.clone() {
                if self[edge].from.is_some_and(|from| self[from].root != root) {
                    self.reload(edge, false);
                }
            }
            for edge in self.edges_of(member).collect::<Vec<EdgeId>>() {
                if self[edge].to.is_none_or(|to| self[to].root != root) {
                    self.reload(edge, false);
                }
            }
        }
    }
}
