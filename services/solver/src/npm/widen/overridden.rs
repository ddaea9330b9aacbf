//! What overrides leave open.
//!
//! Which override holds along an edge follows from the ways that lead there, and these change with
//! the versions. So sets are widened where it makes no difference, and only there: where every
//! requirement of a name has one rule wherever it stands; else where nothing that is named in an
//! override can be reached.

use crate::npm::facts::Facts;
use crate::npm::solution::{Content, Solution};

/// How overrides bear on the places of an answer.
#[derive(Debug)]
pub(super) enum Overridden {
    /// There are none.
    Nowhere,
    /// One name has one rule.
    Plainly,
    /// Rules lie in rules, or are for some versions: of these places the chosen versions stay.
    Within(Vec<bool>),
}

impl Overridden {
    pub(super) fn new(facts: &mut Facts<'_>, solution: &Solution) -> Self {
        if facts.overrides.root().is_none() {
            return Self::Nowhere;
        }
        if facts.overrides.are_plain() {
            return Self::Plainly;
        }
        if facts.overrides.may_be_torn() {
            return Self::Within(vec![true; solution.places.len()]);
        }
        let mut edges_in: Vec<Vec<usize>> = vec![Vec::new(); solution.places.len()];
        let mut is_fixed = vec![false; solution.places.len()];
        let mut waiting = Vec::new();
        for (number, place) in solution.places.iter().enumerate() {
            if let Content::Link(target) = place.content {
                edges_in[target].push(number);
            }
            for edge in &place.edges {
                let name = facts.intern(&edge.name);
                if let Some(to) = edge.to {
                    edges_in[to].push(number);
                }
                if facts.overrides.name_anywhere(name) {
                    waiting.push(number);
                }
            }
        }
        while let Some(number) = waiting.pop() {
            if !std::mem::replace(&mut is_fixed[number], true) {
                waiting.extend(&edges_in[number]);
            }
        }
        Self::Within(is_fixed)
    }

    /// Whether the chosen version of a place is to stay.
    pub(super) fn fixes(&self, place: usize) -> bool {
        match self {
            Self::Nowhere | Self::Plainly => false,
            Self::Within(is_fixed) => is_fixed[place],
        }
    }
}
