//! Who depends on whom, over everything in the box.

/// A graph that has no way round.
#[derive(Debug)]
pub(super) struct Graph {
    next: Vec<Vec<usize>>,
}

impl Graph {
    /// So many nodes that nothing joins.
    pub(super) fn new(nodes: usize) -> Self {
        Self { next: vec![Vec::new(); nodes] }
    }

    /// Whether an edge leaves the graph without a way round.
    pub(super) fn takes(&self, from: usize, to: usize) -> bool {
        self.next[from].contains(&to) || !self.reaches(to, from)
    }

    /// Adds an edge.
    pub(super) fn join(&mut self, from: usize, to: usize) {
        if !self.next[from].contains(&to) {
            self.next[from].push(to);
        }
    }

    fn reaches(&self, from: usize, to: usize) -> bool {
        let mut seen = vec![false; self.next.len()];
        let mut waiting = vec![from];
        while let Some(node) = waiting.pop() {
            if node == to {
                return true;
            }
            if !std::mem::replace(&mut seen[node], true) {
                waiting.extend(&self.next[node]);
            }
        }
        false
    }
}
