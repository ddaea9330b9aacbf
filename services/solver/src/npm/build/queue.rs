//! The folders that wait, in npm's order.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use ecosystems::npm::locale_compare;
use rustc_hash::FxHashSet;

use crate::npm::tree::NodeId;

/// A queue in which each folder waits once.
#[derive(Debug, Default)]
pub(super) struct Queue {
    heap: BinaryHeap<Waiting>,
    members: FxHashSet<NodeId>,
}

/// A folder that waits.
#[derive(Debug)]
struct Waiting {
    depth: u32,
    location: String,
    node: NodeId,
}

impl Queue {
    pub(super) fn push(&mut self, node: NodeId, depth: u32, location: impl FnOnce() -> String) {
        if self.members.insert(node) {
            self.heap.push(Waiting { depth, location: location(), node });
        }
    }

    pub(super) fn pop(&mut self) -> Option<NodeId> {
        let node = self.heap.pop()?.node;
        self.members.remove(&node);
        Some(node)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }
}

impl Ord for Waiting {
    /// The greatest is taken first.
    fn cmp(&self, other: &Self) -> Ordering {
        let order = self.depth.cmp(&other.depth);
        let order = order.then_with(|| locale_compare(&self.location, &other.location));
        order.then_with(|| self.node.cmp(&other.node)).reverse()
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Waiting {}
