//! Where names lead to, as Node looks them up: path by path.

use rustc_hash::FxHashMap;

use crate::npm::solution::Place;

/// The places of an answer by the folder in whose `node_modules` they lie, and by their names in
/// lower case.
#[derive(Debug)]
pub(super) struct Folders {
    inside: FxHashMap<String, FxHashMap<String, usize>>,
}

impl Folders {
    pub(super) fn new(places: &[Place]) -> Self {
        let mut inside: FxHashMap<String, FxHashMap<String, usize>> = FxHashMap::default();
        for (number, place) in places.iter().enumerate() {
            if let Some((folder, name)) = apart(&place.location) {
                let folder = inside.entry(folder.to_owned()).or_default();
                folder.insert(name.to_lowercase(), number);
            }
        }
        Self { inside }
    }

    /// The place that a name leads to from a location.
    pub(super) fn find(&self, location: &str, name: &str) -> Option<usize> {
        let name = name.to_lowercase();
        let mut folder = location;
        loop {
            let found = self.inside.get(folder).and_then(|inside| inside.get(&name));
            if found.is_some() || folder.is_empty() {
                return found.copied();
            }
            folder = match folder.rfind('/') {
                Some(end) => &folder[..end],
                // What lies outside of the project does not come by it on the way up.
                None if location.starts_with("..") => return None,
                None => "",
            };
            if folder.is_empty() && location.starts_with('/') {
                return None;
            }
        }
    }
}

/// The folder in whose `node_modules` something lies, and its name there.
pub(super) fn apart(location: &str) -> Option<(&str, &str)> {
    let start = location.rfind("node_modules/")?;
    let name = &location[start + "node_modules/".len()..];
    Some((location[..start].trim_end_matches('/'), name))
}
