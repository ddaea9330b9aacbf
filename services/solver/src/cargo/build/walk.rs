//! What is reached from the members, by what is on.

use std::collections::{BTreeMap, BTreeSet};

use ecosystems::cargo::Kind;

use super::features::{Active, places};
use super::graph::{Graph, Link, Node, Place};
use super::{Bound, BuildEdge, Built, Side, Unit};

/// What is reached: packages, for what they are compiled, and what is on there.
pub(super) struct Reached<'a> {
    active: Active<'a>,
    units: BTreeMap<(usize, Place), Vec<Step>>,
    packages: usize,
}

/// A dependency that counts, by its place, and what it points to.
type Step = (usize, usize, Place);

/// Follows dependencies from the members that were selected.
pub(super) fn reach<'a>(graph: &Graph<'a>, bound: Bound) -> Reached<'a> {
    let active = Active::new(graph, bound);
    let mut units: BTreeMap<(usize, Place), Vec<Step>> = BTreeMap::new();
    let mut waiting: Vec<(usize, Place)> = Vec::new();
    for (number, _) in graph.selected() {
        let is_proc_macro = graph.nodes[number].is_proc_macro == Some(true);
        waiting.push((number, if is_proc_macro { Place::Host } else { Place::Target }));
    }
    while let Some((number, place)) = waiting.pop() {
        if units.contains_key(&(number, place)) {
            continue;
        }
        let node = &graph.nodes[number];
        let state = active.state(number, place);
        let mut steps = Vec::new();
        for link in node.links.iter().filter(|link| is_compiled(graph, node, link, place)) {
            let dependency = link.dependency;
            if dependency.is_optional && !state.optional.contains(&*dependency.alias) {
                continue;
            }
            for to in places(graph, link, place, bound) {
                steps.push((link.place, link.to, *to));
                waiting.push((link.to, *to));
            }
        }
        units.insert((number, place), steps);
    }
    Reached { active, units, packages: graph.nodes.len() }
}

/// Whether a dependency is compiled for a package in a place, if it is on.
fn is_compiled(graph: &Graph<'_>, node: &Node<'_>, link: &Link<'_>, place: Place) -> bool {
    let is_dev = link.dependency.kind == Kind::Dev;
    (!is_dev || (node.has_dev() && graph.selection.with_dev)) && link.holds(place)
}

impl Reached<'_> {
    /// For each package, how it may be compiled.
    pub(super) fn built(&self, graph: &Graph<'_>) -> Vec<Built> {
        let unit = |number: usize, place: Place| {
            let steps = self.units.get(&(number, place))?;
            let edges = steps.iter().map(|(dependency, to, place)| BuildEdge {
                dependency: *dependency,
                to: graph.package(*to),
                side: if *place == Place::Host { Side::Host } else { Side::Target },
            });
            let features = &self.active.state(number, place).features;
            let features = features.iter().map(|name| (*name).to_owned()).collect();
            Some(Unit { features, edges: edges.collect() })
        };
        let built = |number| Built {
            target: unit(number, Place::Target),
            host: unit(number, Place::Host),
            certain: None,
        };
        (0..self.packages).map(built).collect()
    }

    /// For each package that is reached, the features that are on for it anywhere.
    pub(super) fn certain(&self) -> Vec<Option<Vec<String>>> {
        let features = |number: usize| {
            let places = Place::ALL.into_iter();
            let reached = places.filter(|place| self.units.contains_key(&(number, *place)));
            let mut states = reached.map(|place| self.active.state(number, place)).peekable();
            states.peek()?;
            let all: BTreeSet<&str> =
                states.flat_map(|state| state.features.iter().copied()).collect();
            Some(all.into_iter().map(str::to_owned).collect())
        };
        (0..self.packages).map(features).collect()
    }
}
