//! Values by number and numbers by value.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use rustc_hash::FxBuildHasher;

/// Values by number and numbers by value. `K` stands for the value where hashing the value itself
/// is dear or not possible.
#[derive(Clone, Debug)]
pub(crate) struct Interner<T, K = T> {
    pub(crate) values: Vec<T>,
    pub(crate) ids: HashMap<K, u32, FxBuildHasher>,
}

impl<T, K> Default for Interner<T, K> {
    fn default() -> Self {
        Self { values: Vec::new(), ids: HashMap::default() }
    }
}

impl<T: Clone, K: Clone + Eq + Hash> Interner<T, K> {
    pub(crate) fn intern(interner: &mut Arc<Self>, value: &T, key: impl Fn(&T) -> K) -> u32 {
        let key = key(value);
        if let Some(id) = interner.ids.get(&key) {
            return *id;
        }
        let id = interner.next();
        let interner = Arc::make_mut(interner);
        interner.values.push(value.clone());
        interner.ids.insert(key, id);
        id
    }

    pub(crate) fn next(&self) -> u32 {
        number(self.values.len())
    }
}

impl Interner<Arc<str>> {
    /// The number of a text, of which a copy is made only if it is new.
    pub(crate) fn intern_str(interner: &mut Arc<Self>, text: &str) -> u32 {
        match interner.ids.get(text) {
            Some(id) => *id,
            None => Self::intern(interner, &Arc::from(text), Arc::clone),
        }
    }
}

/// A place as a number.
pub(crate) fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
