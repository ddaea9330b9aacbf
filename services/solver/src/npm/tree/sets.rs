//! Sets of nodes that come and go together.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{EdgeId, NodeId, Tree};

impl Tree<'_> {
    /// What only the nodes of `start` need, directly or not, and they themselves as far as nobody
    /// else needs them. Edges that `counts` leaves out need nothing.
    pub(crate) fn dependents_only(
        &self,
        start: &[NodeId],
        counts: impl Fn(EdgeId) -> bool,
    ) -> Vec<NodeId> {
        let mut members: Vec<NodeId> = Vec::new();
        let mut seen: FxHashSet<NodeId> = FxHashSet::default();
        members.extend(start.iter().copied().filter(|node| seen.insert(*node)));
        let mut next = 0;
        while let Some(node) = members.get(next).copied() {
            next += 1;
            for edge in self.edges_of(node) {
                if let Some(to) = self[edge].to
                    && !seen.contains(&to)
                    && counts(edge)
                {
                    seen.insert(to);
                    members.push(to);
                }
            }
        }
        // Whoever is needed from outside stays, and so does what it needs.
        let is_needed = |node: NodeId, seen: &FxHashSet<NodeId>| {
            let is_outside = |from: NodeId| !seen.contains(&from);
            self[node]
                .edges_in
                .iter()
                .any(|edge| self[*edge].from.is_some_and(is_outside) && counts(*edge))
        };
        let mut staying: Vec<NodeId> =
            members.iter().copied().filter(|node| is_needed(*node, &seen)).collect();
        while let Some(node) = staying.pop() {
            if !seen.remove(&node) {
                continue;
            }
            for edge in self.edges_of(node) {
                if let Some(to) = self[edge].to.filter(|to| seen.contains(to))
                    && counts(edge)
                {
                    staying.push(to);
                }
            }
        }
        members.retain(|node| seen.contains(node));
        members
    }

    /// Whether everyone who needs `old` would be as well off with `new`. Of the peers beside it,
    /// those named in `passed_over` are not asked.
    pub(crate) fn can_replace(
        &self,
        new: NodeId,
        old: NodeId,
        passed_over: &[crate::npm::facts::NameId],
    ) -> bool {
        if self[new].name != self[old].name || !self.is_same_project(new, old) {
            return false;
        }
        if !self[old].edges.is_empty() && self[new].rule != self[old].rule {
            return false;
        }
        let is_beside = |edge: EdgeId| {
            let is_named = |from: NodeId| {
                self[from].parent == self[old].parent && passed_over.contains(&self[from].name)
            };
            !self.is_top(old) && self[edge].kind.is_peer() && self[edge].from.is_some_and(is_named)
        };
        let unhappy: Vec<EdgeId> = self[old]
            .edges_in
            .iter()
            .copied()
            .filter(|edge| !self.is_satisfied_by(*edge, new) && !is_beside(*edge))
            .collect();
        if unhappy.is_empty() {
            return true;
        }
        // What is there for `old` alone goes with it.
        let set =
            self.dependents_only(&[old], |edge| self[edge].to != Some(old) && self.is_valid(edge));
        unhappy.iter().all(|edge| self[*edge].from.is_some_and(|from| set.contains(&from)))
    }

    fn is_same_project(&self, a: NodeId, b: NodeId) -> bool {
        let (a, b) = (&self[a], &self[b]);
        match (a.failure, b.failure) {
            (None, None) => a.package.name == b.package.name,
            (Some(_), Some(_)) => true,
            _ => false,
        }
    }

    /// The sets of peers that a node is in: the edges by which they are entered, each with the
    /// peers that it brings.
    pub(crate) fn entry_sets(&self, node: NodeId) -> Vec<(EdgeId, Vec<NodeId>)> {
        let mut union = vec![node];
        let mut next = 0;
        while let Some(member) = union.get(next).copied() {
            next += 1;
            for edge in self.edges_of(member) {
                if self[edge].kind.is_peer()
                    && let Some(to) = self.met(edge)
                    && !union.contains(&to)
                {
                    union.push(to);
                }
            }
            for edge in &self[member].edges_in {
                if self[*edge].kind.is_peer()
                    && self.is_valid(*edge)
                    && let Some(from) = self[*edge].from
                    && !union.contains(&from)
                {
                    union.push(from);
                }
            }
        }
        let mut sets = Vec::new();
        let mut brought: FxHashMap<NodeId, Option<Vec<NodeId>>> = FxHashMap::default();
        for member in union {
            for edge in &self[member].edges_in {
                let is_entry = self[*edge].from.is_some_and(|from| self.is_top(from))
                    || !self[*edge].kind.is_peer();
                if !is_entry || !self.is_valid(*edge) {
                    continue;
                }
                let set = brought.entry(member).or_insert_with(|| {
                    Some(self.peers_from(member)).filter(|set| set.contains(&node))
                });
                if let Some(set) = set {
                    sets.push((*edge, set.clone()));
                }
            }
        }
        sets
    }

    /// A node, its peers, and theirs.
    fn peers_from(&self, node: NodeId) -> Vec<NodeId> {
        let mut set = vec![node];
        let mut next = 0;
        while let Some(member) = set.get(next).copied() {
            next += 1;
            for edge in self.edges_of(member) {
                if self[edge].kind.is_peer()
                    && let Some(to) = self.met(edge)
                    && !set.contains(&to)
                {
                    set.push(to);
                }
            }
        }
        set
    }
}
