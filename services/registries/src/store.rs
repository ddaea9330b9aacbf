//! Where documents are kept beyond the process.

use std::pin::Pin;

use bytes::Bytes;

/// Something that is yet to come.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Keeps rows for registries, for a later process or for other replicas: a database, as a rule.
///
/// It is a help and never a condition. What it has lost is read from the registry again, and what it
/// returns is looked at as closely as a registry's own answer: a row that cannot be read is told once
/// in the log and counts as none.
///
/// Rows are of several sorts, which their keys keep apart. A key is a hash over the registry, the
/// document, and whose credentials the document was read with; it tells nobody of any of them.
pub trait DocumentStore: Send + Sync {
    /// The rows under some keys, in the order of the keys; `None` where there is no row, and for all of
    /// them when the store cannot be read. Callers wait for it.
    fn load<'a>(&'a self, keys: &'a [[u8; 32]]) -> Pending<'a, Vec<Option<Bytes>>>;

    /// Keeps a row, in place of what was there. Failure is the store's own affair. Only invalidations
    /// wait for it.
    fn save(&self, key: [u8; 32], row: Bytes) -> Pending<'_, ()>;

    /// Does work that ends with saving, while its callers go on. Needs a runtime of tokio. Whoever closes
    /// the store may wait for it.
    fn in_background(&self, work: Pending<'static, ()>) {
        tokio::spawn(work);
    }
}
