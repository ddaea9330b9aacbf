//! How places lie in one another, and what names mean from them.

use rustc_hash::FxHashMap;

use crate::npm::facts::{Facts, NameId};
use crate::npm::solution::{Content, Place, Solution};

/// The tree of an answer, by the numbers of its places.
#[derive(Debug)]
pub(super) struct Layout {
    /// For each place that in whose `node_modules` it lies.
    parents: Vec<Option<usize>>,
    /// For each place the next to look in.
    outer: Vec<Option<usize>>,
    /// What lies in the `node_modules` of a place, by its folded name.
    kids: FxHashMap<(usize, NameId), usize>,
}

impl Layout {
    pub(super) fn new(facts: &mut Facts<'_>, solution: &Solution) -> Self {
        let places = &solution.places;
        let numbers: FxHashMap<&str, usize> =
            (0..).zip(places).map(|(number, place)| (&*place.location, number)).collect();
        let mut layout = Self {
            parents: vec![None; places.len()],
            outer: vec![None; places.len()],
            kids: FxHashMap::default(),
        };
        for (number, place) in places.iter().enumerate() {
            match &place.content {
                Content::Project => {}
                Content::Folder(_) => layout.outer[number] = around(place, places, &numbers),
                Content::Release { .. } | Content::Link(_) => {
                    let parent = place.location.rfind("node_modules/").and_then(|start| {
                        let around = place.location[..start].trim_end_matches('/');
                        numbers.get(around).copied()
                    });
                    layout.parents[number] = parent;
                    layout.outer[number] = parent;
                    let name = facts.intern(&place.name);
                    let name = facts.folded(name);
                    layout.kids.extend(parent.map(|parent| ((parent, name), number)));
                }
            }
        }
        layout
    }

    /// In whose `node_modules` a place lies.
    pub(super) fn parent(&self, place: usize) -> Option<usize> {
        self.parents[place]
    }

    /// The places around a place, from the inside.
    pub(super) fn around(&self, place: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(self.outer[place], |place| self.outer[*place])
    }

    /// What a folded name means to whoever lies in a place.
    pub(super) fn resolve(&self, place: usize, name: NameId) -> Option<usize> {
        let mut places = std::iter::once(place).chain(self.around(place));
        places.find_map(|place| self.kids.get(&(place, name)).copied())
    }
}

/// The folder around one of the project's own: another of them, or the project.
fn around(place: &Place, places: &[Place], numbers: &FxHashMap<&str, usize>) -> Option<usize> {
    let location = &*place.location;
    let inner = location.rmatch_indices('/').map(|(end, _)| &location[..end]);
    let mut inner = inner.filter_map(|path| numbers.get(path).copied());
    let is_folder = |number: &usize| matches!(places[*number].content, Content::Folder(_));
    let is_outside = location == ".." || location.starts_with("../") || location.starts_with('/');
    inner.find(is_folder).or((!is_outside).then_some(0))
}
