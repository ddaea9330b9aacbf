//! Placing: where a package goes, what it takes the place of, and what goes with it.

mod check;
mod prune;

use std::rc::Rc;

use super::build::{Builder, Clash, DEEPEST, Stop};
use super::facts::NameId;
use super::problem::InstallStrategy;
use super::tree::{EdgeId, NodeId, PROJECT};
use check::{Ask, Check, Verdict};

/// What came of placing one package.
#[derive(Debug)]
pub(crate) struct Placement {
    /// What asked for it.
    pub(crate) edge: EdgeId,
    /// The node that is there now, if there is a new one.
    pub(crate) placed: Option<NodeId>,
    /// Who lost something over it.
    pub(crate) revisit: Vec<NodeId>,
    /// Its peers that were placed with it.
    pub(crate) children: Vec<Self>,
}

/// What the placement of a package hands to those of its peers.
pub(crate) struct Above {
    /// What was to be placed first of all, and the edge that brings the whole set.
    top: (EdgeId, NodeId),
    /// The names on the way from there, the first of all included.
    names: Vec<NameId>,
}

/// The places that were looked at.
#[derive(Default)]
struct Looked {
    /// The last one in which it fits, with all its peers.
    fits: Option<Check>,
    /// The last one in which it fits by itself.
    fits_alone: Option<Check>,
}

impl Builder<'_> {
    /// Places what an edge asks for as shallow as it fits, with its peers.
    pub(crate) fn place(
        &mut self,
        edge: EdgeId,
        dep: NodeId,
        above: Option<&Above>,
    ) -> Result<Placement, Stop> {
        let mut placement =
            Placement { edge, placed: None, revisit: Vec::new(), children: Vec::new() };
        let Some(from) = self.tree[edge].from else { return Ok(placement) };
        if self.tree.met(edge).is_some() {
            return Ok(placement);
        }
        let current = self.tree[edge].to;
        let outer = above.and_then(|above| self.start(above));
        let start = self.tree.deepest_target(outer.unwrap_or(from), self.tree[edge].name);
        let looked = self.look_around(edge, dep, start, above)?;
        let check = match (looked.fits, looked.fits_alone) {
            (Some(check), _) => check,
            (None, alone) => {
                let top = above.map_or((edge, dep), |above| above.top);
                if self.is_projects(top.0) || self.policy.has_strict_peers {
                    return Err(Stop::Clash(self.clash(top, alone.as_ref(), (edge, dep, current))));
                }
                let Some(check) = alone else {
                    self.let_pass(edge, dep);
                    return Ok(placement);
                };
                check
            }
        };
        let verdict = if check.verdict == Verdict::Conflict { check.own } else { check.verdict };
        if verdict == Verdict::Keep {
            if self.tree[edge].kind.is_peer() && !self.tree.is_valid(edge) {
                self.let_pass(edge, dep);
            }
            self.prune_duplicates(check.target, true);
            return Ok(placement);
        }
        if self.link_to_outer(dep, check.target, &mut placement) {
            return Ok(placement);
        }
        let trial = self.tree[dep].parent;
        let placed = self.put(edge, dep, check.target, &mut placement);
        let mut names = above.map_or_else(Vec::new, |above| above.names.clone());
        names.push(self.tree[edge].name);
        if names.len() > DEEPEST as usize {
            return Err(Stop::Spent { is_interrupted: false });
        }
        let above = Above { top: above.map_or((edge, dep), |above| above.top), names };
        self.place_peers(placed, trial, &above, &mut placement)?;
        Ok(placement)
    }

    /// The deepest place for what brings a peer. What was placed before may have changed it.
    fn start(&self, above: &Above) -> Option<NodeId> {
        let from = self.tree[above.top.0].from?;
        let deepest = |start, name: &NameId| self.tree.deepest_target(start, *name);
        Some(above.names.iter().fold(from, deepest))
    }

    /// Goes outwards as far as the package fits.
    fn look_around(
        &self,
        edge: EdgeId,
        dep: NodeId,
        start: NodeId,
        above: Option<&Above>,
    ) -> Result<Looked, Stop> {
        let mut looked = Looked::default();
        let name = self.tree[edge].name;
        let outer = above.and_then(|above| Some((self.start(above)?, above.top.0)));
        for target in self.tree.ancestry(start) {
            let is_peer = |edge: EdgeId| self.tree[edge].kind.is_peer();
            if !self.tree.is_top(target) && self.tree.edge_to(target, name).is_some_and(is_peer) {
                continue;
            }
            let check = self.check(&Ask {
                dep,
                edge,
                target,
                above: outer,
                prefers_old: self.policy.prefers_dedupe,
                path: &[],
            })?;
            if check.verdict == Verdict::Conflict {
                if check.own != Verdict::Conflict {
                    looked.fits_alone = Some(check);
                }
                break;
            }
            looked.fits_alone = None;
            looked.fits = Some(check);
            let is_nested = self.policy.install_strategy == InstallStrategy::Nested;
            if is_nested || self.tree[dep].failure.is_some() {
                break;
            }
        }
        Ok(looked)
    }

    /// A package that lies around the place already is linked to, rather than nested for ever.
    fn link_to_outer(&mut self, dep: NodeId, target: NodeId, placement: &mut Placement) -> bool {
        let is_it = |place: &NodeId| !self.tree.is_top(*place) && self.tree.matches(*place, dep);
        let Some(outer) = self.tree.ancestry(target).find(is_it) else { return false };
        let link = self.tree.push_link(self.tree[outer].name, outer);
        self.tree.attach(link, target);
        placement.placed = Some(link);
        true
    }

    /// Puts a copy of what was tried out into its place.
    fn put(
        &mut self,
        edge: EdgeId,
        dep: NodeId,
        target: NodeId,
        placement: &mut Placement,
    ) -> NodeId {
        let (name, package) = (self.tree[dep].name, Rc::clone(&self.tree[dep].package));
        let placed = match self.tree[dep].target {
            None => self.tree.push_node(name, package),
            Some(other) => {
                let folder = self.tree[other].package.folder();
                let other = folder.map_or(other, |folder| self.tree.folder(PROJECT, folder, None));
                self.tree.push_link(name, other)
            }
        };
        self.tree[placed].failure = self.tree[dep].failure;
        self.tree[placed].rule = self.tree[dep].rule;
        if !self.tree.is_link(placed) {
            self.tree.load_edges(placed, false);
        }
        placement.placed = Some(placed);
        let name = self.tree[edge].name;
        match self.tree.child(target, name) {
            Some(old) => self.replace_old(old, placed, dep, placement),
            None => self.tree.attach(placed, target),
        }
        if self.tree[edge].kind.is_peer() && !self.tree.is_satisfied_by(edge, placed) {
            self.let_pass(edge, dep);
        }
        if let Some(to) = self.tree.met(edge).filter(|to| *to != placed) {
            self.prune_duplicates(to, false);
        }
        // What lies deeper may be met by this from now on.
        for node in self.tree.placed_by_name(name).to_vec() {
            let is_below = self.tree[node].root == PROJECT
                && !self.tree.is_top(node)
                && self.tree.is_within(node, target);
            if !is_below {
                continue;
            }
            self.prune_duplicates(node, false);
            if self.tree[node].root == PROJECT {
                for kid in self.tree[node].children.clone() {
                    self.prune_duplicates(kid, false);
                }
            }
        }
        placed
    }

    /// Places the peers of what was placed, as they were tried out, where they are not met already.
    fn place_peers(
        &mut self,
        placed: NodeId,
        trial: Option<NodeId>,
        above: &Above,
        placement: &mut Placement,
    ) -> Result<(), Stop> {
        let Some(trial) = trial else { return Ok(()) };
        for edge in self.tree.edges_of(placed).collect::<Vec<_>>() {
            let asked = &self.tree[edge];
            if !asked.kind.is_peer() || asked.is_let_pass || self.tree.is_valid(edge) {
                continue;
            }
            let peer = self.tree.child(trial, asked.name);
            let peer = peer.filter(|peer| self.tree.is_satisfied_by(edge, *peer));
            if let Some(peer) = peer {
                let child = self.place(edge, peer, Some(above))?;
                placement.children.push(child);
            }
        }
        Ok(())
    }

    /// Whether an edge is the project's own, or brings peers on its behalf.
    fn is_projects(&self, edge: EdgeId) -> bool {
        let Some(node) = self.tree[edge].from else { return false };
        if self.tree.is_own(node) {
            return true;
        }
        if !self.tree[edge].kind.is_peer() {
            return false;
        }
        let is_own = |edge: EdgeId| self.tree[edge].from.is_some_and(|from| self.tree.is_own(from));
        let edges_in = || self.tree[node].edges_in.iter().copied();
        let is_peer = |edge: &EdgeId| self.tree[*edge].kind.is_peer();
        edges_in().filter(|edge| !is_peer(edge)).any(is_own)
            || (edges_in().any(|edge| is_peer(&edge))
                && self.tree.entry_sets(node).iter().any(|(edge, _)| is_own(*edge)))
    }

    /// Lets a conflict pass that is none of the project's business.
    fn let_pass(&mut self, edge: EdgeId, dep: NodeId) {
        self.tree[edge].is_let_pass = true;
        let from = self.tree[edge].from;
        let found = from.and_then(|from| self.tree.resolve(from, self.tree[edge].name));
        self.passed.push(Clash { edge, found, found_for: None, peer: Some((dep, edge)) });
    }

    /// What to say of a package that fits nowhere: the one that was to be placed first of all, and
    /// the one that stands in the way.
    fn clash(
        &self,
        (edge, dep): (EdgeId, NodeId),
        alone: Option<&Check>,
        tried: (EdgeId, NodeId, Option<NodeId>),
    ) -> Clash {
        let from = self.tree[edge].from;
        let found = from.and_then(|from| self.tree.resolve(from, self.tree[edge].name));
        let is_top = tried.0 == edge;
        let peer = match alone {
            _ if !is_top => None,
            Some(check) => check.conflicting_peer().map(|peer| (peer.dep, peer.edge)),
            None => Some((dep, edge)),
        };
        let current = match alone.filter(|_| is_top).and_then(Check::conflicting_peer) {
            Some(peer) => peer.current,
            None => tried.2,
        };
        Clash { edge, found: found.or(current), found_for: None, peer }
    }
}
