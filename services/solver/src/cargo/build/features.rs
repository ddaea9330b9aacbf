//! Which features are on, and which optional dependencies, for what a package is compiled for.
//!
//! Everything only ever grows: a feature that is on stays on, and what is not known is followed in
//! all ways that the bound asks for. So the order in which packages are looked at does not matter,
//! and a package is looked at again when more is asked of it.

use std::collections::BTreeSet;

use ecosystems::cargo::{FeatureValue, Features, Kind};

use super::super::rules::DEFAULT;
use super::graph::{Graph, Link, Node, Place};
use super::{Asked, Bound};

/// What is on for each package in each place. With resolver 1 there is one place, whatever a
/// package is compiled for.
pub(super) struct Active<'a> {
    states: Vec<[State<'a>; 3]>,
    has_one_place: bool,
}

/// What is on for one package in one place.
#[derive(Clone, Default)]
pub(super) struct State<'a> {
    is_reached: bool,
    /// What the selection asks for.
    asked: &'a [FeatureValue],
    /// The features that are on.
    pub(super) features: BTreeSet<&'a str>,
    /// The optional dependencies that are on, as the manifest calls them.
    pub(super) optional: BTreeSet<&'a str>,
}

/// Packages in places that are to be looked at, each once at a time.
type Waiting = BTreeSet<(usize, Place)>;

/// Follows features.
struct Follower<'a, 'b> {
    graph: &'b Graph<'a>,
    bound: Bound,
    active: Active<'a>,
    waiting: Waiting,
}

impl<'a> Active<'a> {
    pub(super) fn new(graph: &Graph<'a>, bound: Bound) -> Self {
        let states = vec![Default::default(); graph.nodes.len()];
        let active = Self { states, has_one_place: graph.is_resolver_one() };
        let mut follower = Follower { graph, bound, active, waiting: Waiting::new() };
        for (number, asked) in graph.selected() {
            follower.select(number, asked);
        }
        while let Some((number, place)) = follower.waiting.pop_first() {
            follower.look_at(number, place);
        }
        follower.active
    }

    /// What is on for a package that is compiled for a place.
    pub(super) fn state(&self, number: usize, place: Place) -> &State<'a> {
        &self.states[number][self.index(place)]
    }

    fn index(&self, place: Place) -> usize {
        if self.has_one_place { Place::Target as usize } else { place as usize }
    }
}

impl<'a> Follower<'a, '_> {
    /// Asks a member for what was selected of it.
    fn select(&mut self, number: usize, asked: &'a Asked) {
        let node = &self.graph.nodes[number];
        let mut places = vec![Place::Target];
        // Programs and tests beside the procedural macro are compiled for the target.
        if node.is_proc_macro == Some(true) && !self.active.has_one_place {
            places.push(Place::Host);
        }
        for place in places {
            let mut requested: BTreeSet<&'a str> = BTreeSet::new();
            if asked.has_all_features {
                requested.extend(node.features.iter().map(|(name, _)| name));
            }
            if asked.uses_default_features && node.features.has(DEFAULT) {
                requested.insert(DEFAULT);
            }
            let index = self.active.index(place);
            self.active.states[number][index].asked = &asked.features;
            self.ask(number, place, requested);
        }
    }

    /// Reaches a package in a place, and asks it for features.
    fn ask(&mut self, number: usize, place: Place, requested: BTreeSet<&'a str>) {
        let place = if self.active.has_one_place { Place::Target } else { place };
        let state = &mut self.active.states[number][place as usize];
        let before = state.features.len();
        state.features.extend(requested);
        if !state.is_reached || state.features.len() > before {
            state.is_reached = true;
            self.waiting.insert((number, place));
        }
    }

    /// Follows what is on for a package in a place, and asks its dependencies.
    fn look_at(&mut self, number: usize, place: Place) {
        let graph = self.graph;
        let node = &graph.nodes[number];
        let mut state = self.active.states[number][place as usize].clone();
        let passed: Vec<&Link<'a>> =
            node.links.iter().filter(|link| self.counts(node, link, place)).collect();
        let mut extra: BTreeSet<(&'a str, &'a str)> = BTreeSet::new();
        let has_weak = self.bound == Bound::Upper || place != Place::Somewhere;
        // Weak features wait for what others turn on: again until nothing is new.
        let mut sizes = None;
        while sizes.replace(state.sizes(&extra)) != Some(state.sizes(&extra)) {
            state.follow(node, &passed, has_weak, &mut extra);
        }
        for link in passed {
            let dependency = link.dependency;
            if dependency.is_optional && !state.optional.contains(&*dependency.alias) {
                continue;
            }
            let mut requested: BTreeSet<&'a str> =
                dependency.features.iter().map(|name| &**name).collect();
            if dependency.uses_default_features && graph.nodes[link.to].features.has(DEFAULT) {
                requested.insert(DEFAULT);
            }
            let named = extra.iter().filter(|(alias, _)| **alias == *dependency.alias);
            requested.extend(named.map(|(_, feature)| *feature));
            for to in places(graph, link, place, self.bound) {
                self.ask(link.to, *to, requested.clone());
            }
        }
        let known = &mut self.active.states[number][place as usize];
        known.features.append(&mut state.features);
        known.optional.append(&mut state.optional);
    }

    /// Whether a dependency counts for the features of what it points to.
    fn counts(&self, node: &Node<'a>, link: &Link<'a>, place: Place) -> bool {
        let is_dev = link.dependency.kind == Kind::Dev;
        if self.active.has_one_place {
            // All targets and kinds are one.
            return !is_dev || node.has_dev();
        }
        let is_compiled = !is_dev || (node.has_dev() && self.graph.selection.with_dev);
        is_compiled && link.holds(place)
    }
}

impl<'a> State<'a> {
    fn sizes(&self, extra: &BTreeSet<(&str, &str)>) -> (usize, usize, usize) {
        (self.features.len(), self.optional.len(), extra.len())
    }

    /// Turns on what follows at once from what is on. `extra` takes the features that are asked of
    /// dependencies, by what the manifest calls them.
    fn follow(
        &mut self,
        node: &Node<'a>,
        links: &[&Link<'a>],
        has_weak: bool,
        extra: &mut BTreeSet<(&'a str, &'a str)>,
    ) {
        let features: &'a Features = node.features;
        let is_on = |(name, _): &(&'a str, _)| self.features.contains(name);
        let values = features.iter().filter(is_on).flat_map(|(_, values)| values);
        let values: Vec<&'a FeatureValue> = values.chain(self.asked).collect();
        for value in values {
            match value {
                FeatureValue::Feature(name) => {
                    self.features.insert(name);
                }
                FeatureValue::Dependency(alias) => {
                    self.optional.insert(alias);
                }
                FeatureValue::DependencyFeature { dependency, feature, is_weak } => {
                    for link in links.iter().filter(|link| link.dependency.alias == *dependency) {
                        let is_optional = link.dependency.is_optional;
                        if is_optional && !is_weak {
                            self.optional.insert(dependency);
                            if features.has(dependency) {
                                self.features.insert(dependency);
                            }
                        }
                        let is_on = has_weak && self.optional.contains(&**dependency);
                        if !is_optional || !is_weak || is_on {
                            extra.insert((dependency, feature));
                        }
                    }
                }
            }
        }
    }
}

/// For what a package is compiled that a dependency of one in `from` points to.
pub(super) fn places(
    graph: &Graph<'_>,
    link: &Link<'_>,
    from: Place,
    bound: Bound,
) -> &'static [Place] {
    if link.dependency.kind == Kind::Build || from == Place::Host {
        return &[Place::Host];
    }
    match (graph.nodes[link.to].is_proc_macro, from, bound) {
        (Some(true), ..) => &[Place::Host],
        (None, _, Bound::Upper) => &[Place::Target, Place::Host],
        (Some(false), Place::Target, _) => &[Place::Target],
        _ => &[Place::Somewhere],
    }
}
