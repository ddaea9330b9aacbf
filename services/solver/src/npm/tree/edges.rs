//! Edges: what they point to, whether that is right, and the overrides that hold along them.

use super::{EdgeId, NodeId, PROJECT, Tree};
use crate::npm::build::DEEPEST;
use crate::npm::facts::SpecId;
use crate::npm::overrides::{Joined, RuleId};

/// What is wrong with an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It points to nothing.
    Missing,
    /// It points to something else than it asks for.
    Invalid,
    /// It asks for a peer, and finds it in its own `node_modules`.
    OwnPeer,
}

/// What was found out about an edge, until it is looked up anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Known {
    #[default]
    Nothing,
    Right,
    Wrong(Fault),
}

impl Tree<'_> {
    /// What is wrong with an edge; `None` if it is met, or optional and points to nothing.
    pub(crate) fn fault(&self, id: EdgeId) -> Option<Fault> {
        let edge = &self[id];
        let known = match edge.known.get() {
            Known::Nothing => {
                let known = match edge.to {
                    None if edge.kind.is_optional() => return None,
                    None => Known::Wrong(Fault::Missing),
                    Some(to) => self.judge(id, to),
                };
                edge.known.set(known);
                known
            }
            known => known,
        };
        match known {
            Known::Nothing | Known::Right => None,
            Known::Wrong(fault) => Some(fault),
        }
    }

    pub(crate) fn is_valid(&self, id: EdgeId) -> bool {
        self.fault(id).is_none()
    }

    /// Where an edge points to, if that is what it asks for.
    pub(crate) fn met(&self, id: EdgeId) -> Option<NodeId> {
        self[id].to.filter(|_| self.is_valid(id))
    }

    fn judge(&self, id: EdgeId, to: NodeId) -> Known {
        let edge = &self[id];
        let is_own = edge.from.is_some_and(|from| {
            self[to].parent == Some(from) && edge.kind.is_peer() && !self.is_top(from)
        });
        if is_own {
            return Known::Wrong(Fault::OwnPeer);
        }
        let is_torn = match (edge.rule, self[to].rule) {
            (Some(one), Some(other)) if !self[to].edges.is_empty() => {
                self.facts.overrides.joined(one, other) == Joined::Torn
            }
            _ => false,
        };
        if is_torn || !self.is_satisfied_by(id, to) {
            return Known::Wrong(Fault::Invalid);
        }
        Known::Right
    }

    /// Whether a node is what an edge asks for.
    pub(crate) fn is_satisfied_by(&self, id: EdgeId, node: NodeId) -> bool {
        let edge = &self[id];
        if edge.from.is_none() || self[node].name != edge.name {
            return false;
        }
        let fits = |spec| {
            self.fits(node, spec) || edge.accepted.is_some_and(|accepted| self.fits(node, accepted))
        };
        let is_shut = self[node].package.has_shrinkwrap || self.is_in_shrinkwrap(node);
        if is_shut || self.bundler(node).is_some() {
            return fits(edge.stated);
        }
        let key = edge.rule.and_then(|rule| self.facts.overrides.key_spec(rule));
        let Some(key) = key else { return fits(self.spec(id)) };
        // What an override names is not taken for what it replaces.
        fits(self.spec(id)) || (fits(edge.stated) && !fits(key))
    }

    fn fits(&self, node: NodeId, spec: SpecId) -> bool {
        let package = &self[node].package;
        self.facts.fits(package, self.is_link(node), self[node].failure.is_some(), spec)
    }

    /// What an edge asks for: what its package states, or what an override puts there.
    pub(crate) fn spec(&self, id: EdgeId) -> SpecId {
        let edge = &self[id];
        let Some(rule) = edge.rule.filter(|rule| self.facts.overrides.names(*rule, edge.name))
        else {
            return edge.stated;
        };
        if let Some(reference) = self.facts.overrides.reference(rule) {
            return self.referred(id, reference).unwrap_or(edge.stated);
        }
        self.facts.overrides.value(rule).unwrap_or(edge.stated)
    }

    /// What `$name` means: what the root of the tree requires under that name, or else the package
    /// itself.
    pub(crate) fn referred(
        &self,
        id: EdgeId,
        reference: crate::npm::facts::NameId,
    ) -> Option<SpecId> {
        let from = self[id].from?;
        let root = self[from].stands_for.map_or(self[from].root, |source| self[source].root);
        let root = self[root].package.stated(reference);
        let own = root.or_else(|| self[from].package.stated(reference));
        own.or_else(|| self[PROJECT].package.stated(reference))
    }

    /// Looks an edge up anew. A hard look judges again even what stayed the same.
    pub(crate) fn reload(&mut self, id: EdgeId, is_hard: bool) {
        let Some(from) = self[id].from else { return };
        let mut replaced = None;
        match self[from].rule {
            None => self[id].rule = None,
            Some(rule) => {
                let edge = &self[id];
                let new = self.facts.edge_rule(rule, edge.name, edge.stated);
                if edge.rule != Some(new) {
                    replaced = Some((self[id].rule, new));
                    self[id].rule = Some(new);
                }
            }
        }
        let new = self.resolve(from, self[id].name);
        let old = self[id].to;
        if new != old {
            if let Some(old) = old {
                self.remove_edge_in(old, id);
            }
            self[id].to = new;
            self[id].known.set(Known::Nothing);
            if let Some(new) = new {
                self.add_edge_in(new, id);
            }
        } else if is_hard {
            self[id].known.set(Known::Nothing);
        } else if let (Some((old, new)), Some(to)) = (replaced, self[id].to) {
            self.rule_removed(to, old);
            self.rule_added(to, Some(new));
        }
    }

    fn add_edge_in(&mut self, node: NodeId, edge: EdgeId) {
        let rule = self[edge].rule;
        if self[node].rule.is_none() || self[node].rule != rule {
            self.rule_added(node, rule);
        }
        if !self[node].edges_in.contains(&edge) {
            self[node].edges_in.push(edge);
        }
    }

    fn remove_edge_in(&mut self, node: NodeId, edge: EdgeId) {
        self[node].edges_in.retain(|other| *other != edge);
        if self[edge].rule.is_some() {
            self.rule_removed(node, self[edge].rule);
        }
    }

    /// An edge with a rule points to the node from now on.
    fn rule_added(&mut self, node: NodeId, rule: Option<RuleId>) {
        let Some(rule) = rule else { return };
        let new = match self[node].rule {
            None => rule,
            Some(own) if own == rule => return,
            Some(own) => match self.facts.overrides.joined(own, rule) {
                Joined::One(joined) if joined != own => joined,
                Joined::One(_) | Joined::Torn => return,
            },
        };
        self[node].rule = Some(new);
        self.hand_rule_on(node);
    }

    /// An edge with a rule points elsewhere from now on.
    fn rule_removed(&mut self, node: NodeId, rule: Option<RuleId>) {
        if self[node].rule.is_none() || self[node].rule != rule {
            return;
        }
        let mut new: Option<RuleId> = None;
        for edge in self[node].edges_in.clone() {
            new = match (new, self[edge].rule) {
                (Some(new), Some(rule)) => match self.facts.overrides.joined(rule, new) {
                    Joined::One(joined) => Some(joined),
                    Joined::Torn => None,
                },
                (_, rule) => rule,
            };
        }
        if self[node].rule == new {
            return;
        }
        self[node].rule = new;
        if new.is_some() {
            self.hand_rule_on(node);
        }
    }

    /// The rule of a node holds for what it depends on, too; down to a depth that no tree has.
    fn hand_rule_on(&mut self, node: NodeId) {
        if let Some(target) = self[node].target {
            let Some(rule) = self[node].rule else { return };
            if self.rule_reaches(rule, target) {
                self.rule_added(target, Some(rule));
            }
            return;
        }
        if self.handing_on > DEEPEST {
            return;
        }
        self.handing_on += 1;
        for edge in self.edges_of(node).collect::<Vec<_>>() {
            self.reload(edge, true);
            if let Some(to) = self[edge].to {
                let rule = self[edge].rule;
                self.rule_added(to, rule);
            }
        }
        self.handing_on -= 1;
    }

    /// Whether a rule names anything that a node depends on, directly or not.
    fn rule_reaches(&self, rule: RuleId, node: NodeId) -> bool {
        let mut seen = vec![node];
        let mut next = 0;
        while let Some(node) = seen.get(next).copied() {
            next += 1;
            for edge in self.edges_of(node) {
                let edge = &self[edge];
                let new = self.facts.edge_rule(rule, edge.name, edge.stated);
                if self.facts.overrides.names(new, edge.name) {
                    return true;
                }
                let to = edge.to.map(|to| self[to].target.unwrap_or(to));
                if let Some(to) = to.filter(|to| !seen.contains(to)) {
                    seen.push(to);
                }
            }
        }
        false
    }

    /// Passes the rule of a link on to what it points to.
    pub(crate) fn pass_rule(&mut self, link: NodeId) {
        if let (Some(rule), Some(target)) = (self[link].rule, self[link].target) {
            self.rule_added(target, Some(rule));
        }
    }

    /// Makes the edges of a node known by their names.
    pub(super) fn index_edges(&mut self, node: NodeId) {
        if std::mem::replace(&mut self[node].is_indexed, true) {
            return;
        }
        for place in 0..self[node].edges.len() {
            let (name, edge) = self[node].edges[place];
            self.edges_by_name.entry(name).or_default().push(edge);
        }
    }

    /// Looks up anew what was named so at a node and below.
    pub(super) fn reload_named(&mut self, node: NodeId, name: crate::npm::facts::NameId) {
        let folded = self.facts.folded(name);
        if self[node].root == PROJECT {
            let edges = self.edges_by_name.get(&folded).cloned().unwrap_or_default();
            for edge in edges {
                let from = self[edge].from.filter(|from| self[*from].root == PROJECT);
                if from.is_some_and(|from| self.is_within(from, node)) {
                    self.recheck(edge, node);
                }
            }
            return;
        }
        let mut waiting = vec![node];
        while let Some(place) = waiting.pop() {
            let edge = self[place].edges.iter().find(|(name, _)| *name == folded);
            if let Some((_, edge)) = edge.copied() {
                self.recheck(edge, node);
            }
            waiting.extend(self[place].children.iter().chain(&self[place].folders));
        }
    }

    /// Looks an edge up if it would now point elsewhere, or points right below `node`.
    fn recheck(&mut self, edge: EdgeId, node: NodeId) {
        let Some(from) = self[edge].from else { return };
        let to = self[edge].to;
        let is_below = to.is_some_and(|to| self[to].parent == Some(node) && node != PROJECT);
        if is_below || self.resolve(from, self[edge].name) != to {
            self.reload(edge, true);
        }
    }
}
