//! Trying a package out together with its peers, in a small tree of their own.
//!
//! The root of such a tree stands for the node that asks; beside it come the package, its peers
//! and theirs. What is found there is only a plan: placing copies it, as far as it is needed.

use std::rc::Rc;

use ecosystems::npm::locale_compare;

use super::{Builder, Clash, DEEPEST, Stop};
use crate::npm::facts::{DependencyKind, Wanted};
use crate::npm::tree::{EdgeId, NodeId, PROJECT};

/// What is to be tried out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trial {
    /// What asks for it.
    pub(super) edge: EdgeId,
    /// The root of the tree of trial, if it is not to be a new one.
    pub(super) parent: Option<NodeId>,
    /// Another edge that asks for the same name: what both are content with is preferred.
    pub(super) second: Option<EdgeId>,
}

impl Builder<'_> {
    /// The tree in which a node's dependencies are tried out: the last one made, or a new one.
    pub(super) fn trial(&mut self, node: NodeId, may_be_old: bool) -> NodeId {
        if may_be_old && let Some(trial) = self.trials.get(&node) {
            return *trial;
        }
        let (name, package) = (self.tree[node].name, Rc::clone(&self.tree[node].package));
        let trial = self.tree.push_node(name, package);
        self.tree[trial].stands_for = Some(node);
        self.tree[trial].rule = self.tree[node].rule;
        let is_top = self.tree.is_top(node);
        self.tree.load_edges(trial, is_top);
        for child in self.tree[node].children.clone() {
            let target = self.tree[child].target;
            let folder = target.and_then(|target| self.tree[target].package.folder());
            if let Some(folder) = folder {
                self.tree.folder(trial, folder, None);
            }
        }
        self.trials.insert(node, trial);
        trial
    }

    /// Picks what an edge asks for, and puts it with its peers into a tree of trial.
    ///
    /// `required` are the nodes that cannot be done without.
    pub(super) fn try_out(
        &mut self,
        trial: Trial,
        required: &mut Vec<NodeId>,
        depth: u32,
    ) -> Result<NodeId, Stop> {
        let Trial { edge, parent, second } = trial;
        self.step()?;
        if depth > DEEPEST {
            return Err(Stop::Spent { is_interrupted: false });
        }
        let Some(from) = self.tree[edge].from else { return Ok(PROJECT) };
        let parent = parent.unwrap_or_else(|| self.trial(from, false));
        let first = self.pick(edge, parent);
        let unmet = second.filter(|second| !self.tree.is_valid(*second));
        let other = unmet.map(|second| self.pick(second, parent));
        let node = other.filter(|_| self.tree.is_valid(edge)).unwrap_or(first);
        self.tree.attach(node, parent);
        let is_required = [Some(edge), second].into_iter().flatten().any(|edge| {
            let edge = &self.tree[edge];
            edge.kind != DependencyKind::PeerOptional
                && edge.from.is_some_and(|from| required.contains(&from))
        });
        if is_required && !required.contains(&node) {
            required.push(node);
        }
        self.try_peers(node, required, depth)?;
        Ok(node)
    }

    /// A node of what an edge asks for, in a tree of trial.
    fn pick(&mut self, edge: EdgeId, parent: NodeId) -> NodeId {
        let (name, spec) = (self.tree[edge].name, self.tree.spec(edge));
        let folder = match self.tree.facts.wanted(spec) {
            Wanted::Folder(folder) => Some(folder),
            _ => self.workspace(edge),
        };
        if let Some(folder) = folder {
            let target = self.tree.folder(self.tree[parent].root, folder, None);
            let link = self.tree.push_link(name, target);
            self.tree.attach(link, parent);
            return link;
        }
        let (package, failure) = match self.tree.facts.pick(name, spec) {
            Ok(package) => (package, None),
            Err(failure) => (self.tree.facts.nothing(), Some(failure)),
        };
        let node = self.tree.push_node(name, package);
        self.tree[node].failure = failure;
        self.tree.attach(node, parent);
        self.tree.load_edges(node, false);
        node
    }

    /// The folder of the workspace that an edge names, if that is what it asks for.
    ///
    /// Npm takes the workspace's link out of the tree to try it out, and sometimes does not put it
    /// back; here it stays, and another link is tried out.
    fn workspace(&self, edge: EdgeId) -> Option<u32> {
        let own = self.tree.edge_to(PROJECT, self.tree[edge].name)?;
        if self.tree[own].kind != DependencyKind::Workspace {
            return None;
        }
        let link = self.tree[own].to.filter(|link| self.tree.is_workspace(*link))?;
        let folder = self.tree[link].package.folder();
        folder.filter(|_| self.tree.is_satisfied_by(edge, link))
    }

    /// Puts the peers of a node beside it, and theirs.
    fn try_peers(
        &mut self,
        node: NodeId,
        required: &mut Vec<NodeId>,
        depth: u32,
    ) -> Result<(), Stop> {
        let is_open =
            |edge: &EdgeId| self.tree[*edge].kind.is_peer() && self.tree.met(*edge).is_none();
        let mut edges: Vec<EdgeId> = self.tree.edges_of(node).filter(is_open).collect();
        let name = |edge: EdgeId| self.tree.facts.name(self.tree[edge].name);
        edges.sort_by(|one, other| locale_compare(name(*one), name(*other)));
        for edge in edges {
            // A peer of a peer may have taken the node's place; then nobody asks for its peers.
            let Some(parent) = self.tree[node].parent else { break };
            if self.tree.met(edge).is_some() {
                continue;
            }
            self.try_peer(edge, parent, required, depth + 1)?;
        }
        Ok(())
    }

    fn try_peer(
        &mut self,
        edge: EdgeId,
        parent: NodeId,
        required: &mut Vec<NodeId>,
        depth: u32,
    ) -> Result<(), Stop> {
        let Some(node) = self.tree[edge].from else { return Ok(()) };
        let own = self.tree.edge_to(parent, self.tree[edge].name);
        let asks_itself = self.tree[parent].stands_for.is_some_and(|node| self.tree.is_own(node));
        let may_pass = !asks_itself && !self.policy.has_strict_peers;
        let Some(current) = self.tree[edge].to else {
            // What whoever asks requires itself comes first, as far as it suits the peer.
            let Some(own) = own else {
                self.try_out(Trial { edge, parent: Some(parent), second: None }, required, depth)?;
                return Ok(());
            };
            let trial = Trial { edge: own, parent: Some(parent), second: Some(edge) };
            let dep = self.try_out(trial, required, depth)?;
            if self.tree.is_valid(edge) {
                return Ok(());
            }
            if may_pass || !required.contains(&dep) {
                self.tree[edge].is_let_pass = true;
                return Ok(());
            }
            if self.tree[node].parent.is_none() {
                return Ok(());
            }
            return Err(self.clash_of_peers(node, edge, Some(own)));
        };
        // There is something else already: perhaps what would do here would do for all.
        let dep = self.try_out(Trial { edge, parent: None, second: None }, required, depth)?;
        if self.tree.can_replace(dep, current, &[]) {
            let parent = self.tree[node].parent;
            self.try_out(Trial { edge, parent, second: None }, required, depth)?;
            return Ok(());
        }
        if may_pass || !required.contains(&node) {
            return Ok(());
        }
        Err(self.clash_of_peers(node, edge, own))
    }

    fn clash_of_peers(&self, node: NodeId, edge: EdgeId, own: Option<EdgeId>) -> Stop {
        let found = self.tree.resolve(node, self.tree[edge].name);
        Stop::Clash(Clash { edge, found, found_for: own, peer: None })
    }
}
