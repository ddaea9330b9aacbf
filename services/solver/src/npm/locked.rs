//! Beginning with what a lock file has, rather than with nothing.
//!
//! As npm does it: everything goes to the place that the file has for it; only folders whose edges
//! are not met there are looked after; what nobody needs any more is taken out at last. What stays
//! that way is never picked anew, whatever has been published since.
//!
//! Npm believes its lock file also in what a version needs. Here that is what the registry says, as
//! for all else, so that a version which the registry does not have any more is as good as not
//! locked, together with what lies in it. The answer says which these are.

use std::cmp::Ordering;

use ecosystems::npm::{Name, locale_compare};
use rustc_hash::{FxHashMap, FxHashSet};

use super::build::{Builder, DEEPEST, Stop};
use super::problem::{LockedContent, LockedPlace};
use super::tree::{NodeId, PROJECT};

/// What leads into a folder's packages.
const MODULES: &str = "node_modules/";

impl Builder<'_> {
    /// Puts what the lock file has into its places, links last, and makes those folders wait whose
    /// edges are not met.
    ///
    /// Packages of which nothing is known are left out, and are gaps from then on.
    pub(crate) fn take_up_lock(&mut self) -> Result<(), Stop> {
        let locked = &self.tree.facts.problem.locked;
        let mut order: Vec<usize> = (0..locked.len()).collect();
        order.sort_by(|one, other| in_order(&locked[*one], &locked[*other]));
        let mut nodes = self.own_nodes();
        for place in order {
            self.step()?;
            let locked = &locked[place];
            match self.take_up(locked, &nodes) {
                Some(node) => {
                    nodes.insert(locked.location.clone(), node);
                }
                None => self.not_taken_up.push(place),
            }
        }
        self.not_taken_up.sort_unstable();
        self.wait_where_wrong();
        Ok(())
    }

    /// The project and those of its folders that are in the tree already, by their locations.
    fn own_nodes(&self) -> FxHashMap<String, NodeId> {
        let own = self.tree.placed().into_iter().chain([PROJECT]);
        own.map(|node| (self.tree.location(node), node)).collect()
    }

    /// Puts one thing into its place. Returns where it is, unless it cannot be had or what it lies
    /// in is not there.
    fn take_up(
        &mut self,
        locked: &LockedPlace,
        nodes: &FxHashMap<String, NodeId>,
    ) -> Option<NodeId> {
        let (around, name) = apart(&locked.location)?;
        let around = *nodes.get(around)?;
        if self.tree.is_link(around) || self.tree.depth(around) >= DEEPEST {
            return None;
        }
        let name = self.tree.facts.intern(Name::parse(name).ok()?.as_str());
        match &locked.content {
            LockedContent::Release { package, version } => {
                let package = self.tree.facts.locked(package, version)?;
                if around == PROJECT && self.tree.facts.is_pinned_elsewhere(name, &package) {
                    return None;
                }
                let node = self.tree.push_node(name, package);
                self.tree.attach(node, around);
                self.tree.load_edges(node, false);
                Some(node)
            }
            LockedContent::Link(target) => {
                let target = match nodes.get(target) {
                    Some(target) if !self.tree.is_link(*target) => *target,
                    Some(_) => return None,
                    None => {
                        let folder = self.tree.facts.folder_at(target)?;
                        self.tree.folder(PROJECT, folder, None)
                    }
                };
                let link = self.tree.push_link(name, target);
                self.tree.attach(link, around);
                Some(link)
            }
        }
    }

    /// Makes those folders wait, among those that the project leads to, whose edges are not met.
    /// What links point to waits its turn.
    fn wait_where_wrong(&mut self) {
        let mut seen: FxHashSet<NodeId> = FxHashSet::from_iter([PROJECT]);
        let mut nodes = vec![PROJECT];
        let mut next = 0;
        while let Some(node) = nodes.get(next).copied() {
            next += 1;
            if self.tree.is_link(node) {
                continue;
            }
            let edges: Vec<_> = self.tree.edges_of(node).collect();
            if edges.iter().any(|edge| self.tree.met(*edge).is_none()) {
                self.push(node);
            }
            let reached = edges.iter().filter_map(|edge| self.tree[*edge].to);
            nodes.extend(reached.filter(|to| seen.insert(*to)));
        }
    }

    /// Takes out what nobody needs any more. A tree that begins with nothing has no such thing but
    /// what a peer that may be missing found, and there npm leaves it in.
    pub(crate) fn take_out_extraneous(&mut self) {
        for node in self.tree.placed() {
            let is_loose = match self.tree[node].parent {
                Some(_) => true,
                None => self.tree[node].around == Some(PROJECT),
            };
            if is_loose && self.tree[node].flags.extraneous && self.tree[node].root == PROJECT {
                self.tree.detach(node);
            }
        }
    }
}

/// The order in which places are taken up: as npm writes them, what links are behind all others.
fn in_order(one: &LockedPlace, other: &LockedPlace) -> Ordering {
    let is_link = |place: &LockedPlace| matches!(place.content, LockedContent::Link(_));
    let order = is_link(one).cmp(&is_link(other));
    order.then_with(|| locale_compare(&one.location, &other.location))
}

/// The location around a place, and the name of its folder.
fn apart(location: &str) -> Option<(&str, &str)> {
    let place = location.rfind(MODULES)?;
    let (around, name) = (&location[..place], &location[place + MODULES.len()..]);
    let around = match around.strip_suffix('/') {
        Some(around) => around,
        None if around.is_empty() => around,
        None => return None,
    };
    (!name.is_empty()).then_some((around, name))
}
