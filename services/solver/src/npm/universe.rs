//! What is known of the registries.

use std::sync::Arc;

use ecosystems::npm::{Name, Packument};
use rustc_hash::FxHashMap;

/// An immutable snapshot of all that is known of the registries of one problem.
///
/// Clones share it; growing one leaves the others as they are. Which registry answers for a name
/// is the caller's business.
#[derive(Clone, Debug, Default)]
pub struct Universe {
    packuments: Arc<FxHashMap<Name, Option<Arc<Packument>>>>,
}

impl Universe {
    /// Adds what the registry says of a package; `None` says that there is none of that name.
    pub fn insert(&mut self, name: Name, packument: Option<Arc<Packument>>) {
        Arc::make_mut(&mut self.packuments).insert(name, packument);
    }

    /// What the registry says of a package: `None` if that is not known, `Some(None)` if there is
    /// none of that name.
    pub fn packument(&self, name: &str) -> Option<Option<&Arc<Packument>>> {
        self.packuments.get(name).map(Option::as_ref)
    }

    /// How many packages are known.
    pub fn size(&self) -> usize {
        self.packuments.len()
    }
}
