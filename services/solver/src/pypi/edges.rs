//! Requirements that count, written out as edges of an answer.

use ecosystems::pypi::Marker;
use rustc_hash::FxHashMap;

use super::Edge;
use super::requirements::{Active, Origin, Range};
use super::rules::PypiRules;
use super::universe::SpecifiersId;

/// Writes edges. A text that is met again is not written out again.
pub(super) struct Edges<'a> {
    rules: &'a PypiRules<'a>,
    ranges: FxHashMap<SpecifiersId, String>,
    /// By where the marker lies in the universe, which has each once.
    markers: FxHashMap<*const Marker, String>,
}

impl<'a> Edges<'a> {
    pub(super) fn new(rules: &'a PypiRules<'a>) -> Self {
        Self { rules, ranges: FxHashMap::default(), markers: FxHashMap::default() }
    }

    /// The edges of requirements. Constraints bound what others require, and are none.
    pub(super) fn written(&mut self, required: &[Active<'_>]) -> Vec<Edge> {
        let required = required.iter();
        let required = required.filter(|active| !matches!(active.origin, Origin::Constraint(_)));
        required.map(|active| self.edge(active)).collect()
    }

    /// The same, each edge once.
    pub(super) fn written_once(&mut self, required: &[Active<'_>]) -> Vec<Edge> {
        let mut edges: Vec<Edge> = Vec::with_capacity(required.len());
        for edge in self.written(required) {
            if !edges.contains(&edge) {
                edges.push(edge);
            }
        }
        edges
    }

    fn edge(&mut self, active: &Active<'_>) -> Edge {
        let rules = self.rules;
        Edge {
            target: rules.name(active.target).clone(),
            extras: active.extras.iter().map(|extra| rules.name(*extra).clone()).collect(),
            range: self.range(active),
            marker: self.marker(active),
            root: match active.origin {
                Origin::Requirement(place) => Some(place),
                Origin::Release(_) | Origin::Constraint(_) | Origin::Override(_) => None,
            },
        }
    }

    fn range(&mut self, active: &Active<'_>) -> String {
        let rules = self.rules;
        match active.range {
            Range::Published(id) => {
                self.ranges.entry(id).or_insert_with(|| rules.range_text(active)).clone()
            }
            Range::Written(_) | Range::Url => rules.range_text(active),
        }
    }

    fn marker(&mut self, active: &Active<'_>) -> String {
        let user = |roots: &[super::rules::UserNeed<'_>], place: usize| {
            roots[place].root.requirement.marker.to_string()
        };
        match active.origin {
            Origin::Release(marker) if marker.is_always() => String::new(),
            Origin::Release(marker) => {
                let known = self.markers.entry(std::ptr::from_ref(marker));
                known.or_insert_with(|| marker.to_string()).clone()
            }
            Origin::Requirement(place) => user(&self.rules.requirements, place),
            Origin::Override(place) => user(&self.rules.overrides, place),
            Origin::Constraint(_) => String::new(),
        }
    }
}
