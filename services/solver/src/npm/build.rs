//! Building the tree: what is missing is picked, tried out with its peers, and placed, folder by
//! folder.
//!
//! The folders wait in npm's order, the shallower first, then by their paths as people sort them.
//! What is placed early settles what fits later, so this order is part of the answer.

mod peers;
mod queue;

use std::cell::Cell;

use ecosystems::npm::locale_compare;
use rustc_hash::{FxHashMap, FxHashSet};

use super::facts::{DependencyKind, Facts};
use super::place::Placement;
use super::problem::Policy;
use super::tree::{EdgeId, NodeId, PROJECT, Tree};
use crate::search::Budget;
use peers::Trial;
use queue::Queue;

/// How often the caller's patience is asked after, in steps.
const STEPS_BETWEEN_QUESTIONS: u64 = 256;

/// Peers of peers are followed so far, and folders lie in one another so deep. Npm has no bound, and
/// fails in its own way beyond some thousands.
pub(crate) const DEEPEST: u32 = 400;

/// A tree in which packages are unknown is no answer, and may never be done: it is given up when
/// nothing else was found to be unknown for so many steps.
const STEPS_WITHOUT_NEWS: u64 = 5_000;

/// So many edges are made at the most, those of trials included: some 200 MB of them.
const MOST_EDGES: usize = 4_000_000;

/// Why building ended early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Two requirements that cannot both be met, one of them the project's own.
    Clash(Clash),
    /// An override that contradicts what the project requires itself.
    Overridden(EdgeId),
    /// Something that cannot be had, and cannot be done without.
    Failed(NodeId),
    /// The budget is spent.
    Spent {
        /// Whether the caller lost patience.
        is_interrupted: bool,
    },
}

/// A requirement that cannot be met, and what stands in its way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clash {
    /// The requirement.
    pub(crate) edge: EdgeId,
    /// What there is instead.
    pub(crate) found: Option<NodeId>,
    /// What asks for that, where it is not there yet.
    pub(crate) found_for: Option<EdgeId>,
    /// The peer that does not fit beside it: what it is, and the requirement that brings it.
    pub(crate) peer: Option<(NodeId, EdgeId)>,
}

/// The state of building.
pub(crate) struct Builder<'a> {
    pub(crate) tree: Tree<'a>,
    pub(crate) policy: &'a Policy,
    budget: &'a Budget<'a>,
    pub(crate) steps: Cell<u64>,
    /// How many packages are known to be unknown, and since which step.
    news: Cell<(u32, u64)>,
    queue: Queue,
    /// The folders whose edges were looked after.
    done: FxHashSet<NodeId>,
    /// What could not be picked, in the order in which it was met.
    pub(crate) failed: Vec<NodeId>,
    /// For a node, the tree in which its dependencies were last tried out with their peers.
    trials: FxHashMap<NodeId, NodeId>,
    /// Links whose targets are to be looked after when all else is done.
    links: Vec<NodeId>,
    /// Conflicts that were let pass.
    pub(crate) passed: Vec<Clash>,
    /// What of the lock file could not be taken up, by place in the problem's list.
    pub(crate) not_taken_up: Vec<usize>,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(facts: Facts<'a>, budget: &'a Budget<'a>) -> Self {
        Self {
            policy: &facts.problem.policy,
            tree: Tree::new(facts),
            budget,
            steps: Cell::new(0),
            news: Cell::new((0, 0)),
            queue: Queue::default(),
            done: FxHashSet::default(),
            failed: Vec::new(),
            trials: FxHashMap::default(),
            links: Vec::new(),
            passed: Vec::new(),
            not_taken_up: Vec::new(),
        }
    }

    /// Builds until every folder is looked after, from what the lock file has.
    pub(crate) fn build(&mut self) -> Result<(), Stop> {
        self.take_up_lock()?;
        if self.tree.facts.gap_count > 0 {
            return Ok(());
        }
        self.push(PROJECT);
        loop {
            while let Some(node) = self.queue.pop() {
                self.look_after(node)?;
            }
            self.follow_links();
            if self.queue.is_empty() {
                return Ok(());
            }
        }
    }

    /// A requirement of the project's own that an override changes, which is not allowed.
    pub(crate) fn overridden_by_itself(&self) -> Option<EdgeId> {
        let tree = &self.tree;
        tree.edges_of(PROJECT).find(|edge| {
            let (spec, stated) = (tree.spec(*edge), tree[*edge].stated);
            let text = tree.facts.spec_text(spec);
            spec != stated && text != tree.facts.spec_text(stated) && !text.starts_with('$')
        })
    }

    /// Counts a step.
    pub(crate) fn step(&self) -> Result<(), Stop> {
        let steps = self.steps.get() + 1;
        self.steps.set(steps);
        let is_interrupted =
            steps.is_multiple_of(STEPS_BETWEEN_QUESTIONS) && (self.budget.interrupted)();
        let (gaps, (known, since)) = (self.tree.facts.gap_count, self.news.get());
        if gaps != known {
            self.news.set((gaps, steps));
        } else if gaps > 0 && steps > since + STEPS_WITHOUT_NEWS {
            return Err(Stop::Spent { is_interrupted: false });
        }
        let is_full = self.tree.edge_count() > MOST_EDGES;
        if is_interrupted || is_full || steps > self.budget.steps {
            return Err(Stop::Spent { is_interrupted });
        }
        Ok(())
    }

    pub(crate) fn push(&mut self, node: NodeId) {
        let (depth, location) = (self.tree.depth(node), || self.tree.location(node));
        self.queue.push(node, depth, location);
    }

    /// Picks and places what a folder lacks.
    fn look_after(&mut self, node: NodeId) -> Result<(), Stop> {
        self.step()?;
        let is_left_alone = self.tree[node].root != PROJECT
            || self.tree[node].package.has_shrinkwrap
            || self.done.contains(&node);
        if is_left_alone {
            return Ok(());
        }
        if self.tree.depth(node) > DEEPEST {
            return Err(Stop::Spent { is_interrupted: false });
        }
        self.done.insert(node);
        let mut tasks: Vec<(EdgeId, NodeId)> = Vec::new();
        for edge in self.problem_edges(node) {
            if !self.tree[edge].is_let_pass {
                tasks.push((edge, self.candidate(node, edge)?));
            }
        }
        let name = |edge: EdgeId| self.tree.facts.name(self.tree[edge].name);
        tasks.sort_by(|(one, _), (other, _)| locale_compare(name(*one), name(*other)));
        for (edge, dep) in tasks {
            let placement = self.place(edge, dep, None)?;
            self.note(&placement);
        }
        for edge in self.tree.edges_of(node) {
            let link = self.tree[edge].to.filter(|to| self.tree.is_link(*to));
            if let Some(link) = link.filter(|link| !self.links.contains(link)) {
                self.links.push(link);
            }
        }
        Ok(())
    }

    /// What could meet an edge of a folder, tried out together with its peers.
    fn candidate(&mut self, node: NodeId, edge: EdgeId) -> Result<NodeId, Stop> {
        let trial = self.trial(node, true);
        let (name, kind) = (self.tree[edge].name, self.tree[edge].kind);
        let known = self.tree.edge_to(trial, name).and_then(|edge| self.tree.met(edge));
        if let Some(known) = known.filter(|known| self.tree.is_satisfied_by(edge, *known)) {
            return Ok(known);
        }
        if kind == DependencyKind::PeerOptional
            && let Some(placed) = self.placed_elsewhere(node, edge)
        {
            return Ok(placed);
        }
        let parent = kind.is_peer().then_some(trial);
        self.try_out(Trial { edge, parent, second: None }, &mut vec![node], 0)
    }

    /// A node below the folder around `node` that an edge would be content with, the shallowest.
    fn placed_elsewhere(&self, node: NodeId, edge: EdgeId) -> Option<NodeId> {
        let around = self.tree.outer(node).unwrap_or(node);
        let mut waiting: Vec<NodeId> = self.tree[around].children.clone();
        let mut next = 0;
        while let Some(node) = waiting.get(next).copied() {
            next += 1;
            if self.tree[node].name == self.tree[edge].name
                && !self.tree.is_in_dependency_bundle(node)
                && self.tree.is_satisfied_by(edge, node)
            {
                return Some(node);
            }
            waiting.extend(self.tree[node].children.iter().copied());
        }
        None
    }

    /// The edges of a folder that are to be seen to.
    pub(crate) fn problem_edges(&self, node: NodeId) -> Vec<EdgeId> {
        let tree = &self.tree;
        let is_bundled =
            |edge: EdgeId| !tree.is_own(node) && tree[node].package.bundles(tree[edge].name);
        let is_problem = |edge: &EdgeId| match tree[*edge].to {
            _ if is_bundled(*edge) => false,
            None => tree[*edge].kind != DependencyKind::PeerOptional,
            Some(to) if tree.is_in_shrinkwrap(to) => false,
            Some(to) => tree[to].failure.is_none() && !tree.is_valid(*edge),
        };
        tree.edges_of(node).filter(is_problem).collect()
    }

    /// Takes note of what was placed, and of whom that concerns.
    fn note(&mut self, placement: &Placement) {
        if let Some(placed) = placement.placed {
            if self.tree[placed].failure.is_some() {
                self.failed.push(placed);
            }
            for edge in self.tree[placed].edges_in.clone() {
                let concerned = self.tree[edge].from.filter(|_| edge != placement.edge);
                if let Some(from) = concerned
                    && !self.tree[edge].is_let_pass
                    && !self.tree.is_valid(edge)
                {
                    self.revisit(from);
                }
            }
            self.push(placed);
            for node in &placement.revisit {
                self.revisit(*node);
            }
        }
        for child in &placement.children {
            self.note(child);
        }
    }

    fn revisit(&mut self, node: NodeId) {
        self.done.remove(&node);
        self.push(node);
    }

    /// The targets of links come last.
    fn follow_links(&mut self) {
        for link in std::mem::take(&mut self.links) {
            let Some(target) = self.tree[link].target else { continue };
            let is_placed = self.tree[link].root == PROJECT;
            if is_placed && self.tree.outer(target).is_some() && !self.done.contains(&target) {
                self.tree.pass_rule(link);
                self.push(target);
            }
        }
    }
}
