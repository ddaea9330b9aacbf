//! The ways from the project to a package, the shortest first.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::answer::{Edge, Solution};

/// So many ways are told at the most.
const MOST_PATHS: usize = 20;

/// So many beginnings of ways are looked at for them.
const MOST_LOOKED_AT: usize = 20_000;

/// The edges of an answer's chosen versions, backwards.
pub(super) struct Paths<'a> {
    /// By target: who depends on it (none for the project), and by which edge.
    incoming: FxHashMap<&'a str, Vec<(Option<&'a str>, &'a Edge)>>,
    /// How many edges lie between the project and a slot, at the least.
    distance: FxHashMap<&'a str, usize>,
}

impl<'a> Paths<'a> {
    pub(super) fn new(solution: &'a Solution) -> Self {
        let mut incoming: FxHashMap<&str, Vec<(Option<&str>, &Edge)>> = FxHashMap::default();
        let mut outgoing: FxHashMap<&str, Vec<&str>> = FxHashMap::default();
        for edge in &solution.root_edges {
            incoming.entry(&edge.target).or_default().push((None, edge));
        }
        for package in solution.groups.iter().flat_map(|group| &group.packages) {
            for edge in package.chosen_edges() {
                incoming.entry(&edge.target).or_default().push((Some(&package.slot), edge));
                outgoing.entry(&package.slot).or_default().push(&edge.target);
            }
        }
        let mut distance: FxHashMap<&str, usize> = FxHashMap::default();
        let mut queue: VecDeque<(&str, usize)> =
            solution.root_edges.iter().map(|edge| (&*edge.target, 1)).collect();
        while let Some((slot, steps)) = queue.pop_front() {
            if distance.contains_key(slot) {
                continue;
            }
            distance.insert(slot, steps);
            let next = outgoing.get(slot).into_iter().flatten();
            queue.extend(next.map(|target| (*target, steps + 1)));
        }
        Self { incoming, distance }
    }

    /// The ways to any of some slots, and whether there are more.
    pub(super) fn to(&self, slots: &[&'a str]) -> (Vec<Vec<Edge>>, bool) {
        // Ways are built from their ends. What lies before a beginning is at least as long as the
        // shortest way there, so that they come out in the order of their lengths.
        let mut open: BinaryHeap<Reverse<(usize, usize)>> = BinaryHeap::new();
        let mut partial: Vec<(&str, Vec<&Edge>)> = Vec::new();
        for slot in slots {
            if let Some(distance) = self.distance.get(slot) {
                open.push(Reverse((*distance, partial.len())));
                partial.push((slot, Vec::new()));
            }
        }
        let mut paths = Vec::new();
        let mut seen = FxHashSet::default();
        let mut looked_at = 0;
        while let Some(Reverse((_, at))) = open.pop() {
            looked_at += 1;
            if looked_at > MOST_LOOKED_AT {
                return (paths, true);
            }
            let (slot, edges) = partial[at].clone();
            for (from, edge) in self.incoming.get(slot).into_iter().flatten() {
                let mut longer = edges.clone();
                longer.push(edge);
                match from {
                    None => {
                        let path: Vec<Edge> = longer.into_iter().rev().cloned().collect();
                        if !seen.insert(path.clone()) {
                            continue;
                        }
                        if paths.len() == MOST_PATHS {
                            return (paths, true);
                        }
                        paths.push(path);
                    }
                    // A way does not go through a slot twice.
                    Some(from) if longer.iter().all(|edge| edge.target != *from) => {
                        let distance = self.distance.get(from);
                        if let Some(distance) = distance {
                            open.push(Reverse((longer.len() + distance, partial.len())));
                            partial.push((from, longer));
                        }
                    }
                    Some(_) => {}
                }
            }
        }
        (paths, false)
    }
}
