//! The recorded documents of one ecosystem.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::packed::Packed;
use crate::parse::parse;

/// What there is, by the names of packages.
pub(super) type Named<T> = HashMap<Box<str>, T>;

/// What there is, or why it cannot be read.
type Lot<T> = Result<Named<T>, String>;

/// Documents by name.
pub(super) struct Shelf<D> {
    /// How they are read, where they lie in the program itself: when the first one is asked for.
    read: fn() -> Lot<Packed>,
    documents: OnceLock<Lot<Arc<D>>>,
}

impl<D: From<Packed> + Send + Sync + 'static> Shelf<D> {
    /// Documents that are at hand; none if there are none.
    pub(super) fn of(packed: Named<Packed>) -> Option<Arc<Self>> {
        let documents = (!packed.is_empty()).then(|| OnceLock::from(Ok(made(packed))))?;
        Some(Arc::new(Self { read: || Ok(HashMap::new()), documents }))
    }

    /// Documents that `read` will read.
    pub(super) fn later(read: fn() -> Lot<Packed>) -> Arc<Self> {
        Arc::new(Self { read, documents: OnceLock::new() })
    }

    /// All documents, by name.
    pub(super) fn all(&self) -> Result<&Named<Arc<D>>, String> {
        let documents = self.documents.get_or_init(|| (self.read)().map(made));
        documents.as_ref().map_err(Clone::clone)
    }

    /// The document of that name, if there is one.
    pub(super) async fn find(self: &Arc<Self>, name: &str) -> Result<Option<Arc<D>>, String> {
        if self.documents.get().is_none() {
            let shelf = Arc::clone(self);
            parse(usize::MAX, move || shelf.all().map(|_| ())).await?;
        }
        Ok(self.all()?.get(name).cloned())
    }
}

fn made<D: From<Packed>>(packed: Named<Packed>) -> Named<Arc<D>> {
    packed.into_iter().map(|(name, packed)| (name, Arc::new(packed.into()))).collect()
}
