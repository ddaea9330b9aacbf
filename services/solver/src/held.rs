//! What a client has.

use std::collections::BTreeMap;

/// Ranges of versions that a client has, by package: a version is held if any range of its package
/// contains it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held<N, R>(BTreeMap<N, Vec<R>>);

impl<N: Ord, R> Held<N, R> {
    /// Adds a range of a package.
    pub fn insert(&mut self, name: N, range: R) {
        self.0.entry(name).or_default().push(range);
    }

    /// The ranges of a package.
    pub fn of(&self, name: &N) -> &[R] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether the client has nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All packages and ranges, by package.
    pub fn iter(&self) -> impl Iterator<Item = (&N, &R)> {
        self.0.iter().flat_map(|(name, ranges)| ranges.iter().map(move |range| (name, range)))
    }
}

impl<N, R> Default for Held<N, R> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<N: Ord, R> FromIterator<(N, R)> for Held<N, R> {
    fn from_iter<I: IntoIterator<Item = (N, R)>>(ranges: I) -> Self {
        let mut held = Self::default();
        ranges.into_iter().for_each(|(name, range)| held.insert(name, range));
        held
    }
}
