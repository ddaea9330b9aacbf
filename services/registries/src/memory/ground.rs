//! What the memories of one registry have in common: its rules, what is distrusted, and the store.

use std::sync::Arc;

use bytes::Bytes;

use super::Key;
use super::distrust::{Distrust, Generation, Replaced};
use super::kept::Rules;
use super::row::FORM;
use crate::registry::Invalidated;
use crate::{Credentials, DocumentStore, RegistryConfig};

/// What the memories of one registry stand on.
pub(crate) struct Ground {
    registry: Arc<str>,
    /// What tells the registry's rows from those of others: its name, and where it lies.
    place: [u8; 32],
    /// [`Credentials::scope`] of the configured credentials: a replica without them must not read what
    /// one with them has stored.
    scope: Option<[u8; 32]>,
    pub(super) rules: Rules,
    pub(super) distrust: Distrust,
    pub(super) store: Option<Arc<dyn DocumentStore>>,
}

/// Texts and hashes that make a key, each with its length before it.
struct Parts(blake3::Hasher);

impl Parts {
    fn new(context: &str) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(context);
        hasher.update(&[FORM]);
        Self(hasher)
    }

    fn with(mut self, part: &[u8]) -> Self {
        self.0.update(&(part.len() as u64).to_le_bytes()).update(part);
        self
    }

    fn key(&self) -> [u8; 32] {
        *self.0.finalize().as_bytes()
    }
}

impl Ground {
    /// The ground of a registry that is asked with these credentials where callers have none.
    pub(crate) fn new(
        config: &RegistryConfig,
        credentials: Option<&Credentials>,
        store: Option<Arc<dyn DocumentStore>>,
    ) -> Self {
        let url = config.url.as_ref().map_or("", |url| url.as_str());
        let place = Parts::new("quartermaster registries place v1")
            .with(config.name.as_bytes())
            .with(url.trim_end_matches('/').as_bytes());
        Self {
            registry: config.name.as_str().into(),
            place: place.key(),
            scope: credentials.map(Credentials::scope),
            rules: Rules { max_staleness: config.max_staleness, absent_for: config.absent_for },
            distrust: Distrust::default(),
            store,
        }
    }

    /// The key of a document's row.
    pub(super) fn row_key(&self, key: &Key) -> [u8; 32] {
        let (who, scope) = match (key.scope, self.scope) {
            (Some(scope), _) => (b"caller", scope),
            (None, Some(scope)) => (b"config", scope),
            (None, None) => (b"nobody", [0; 32]),
        };
        Parts::new("quartermaster registries document v1")
            .with(&self.place)
            .with(key.document.as_bytes())
            .with(who)
            .with(&scope)
            .with(&key.identity)
            .key()
    }

    /// The key of a document's facts.
    pub(super) fn facts_key(&self, key: &Key, content_hash: &[u8; 32]) -> [u8; 32] {
        Parts::new("quartermaster registries facts v1")
            .with(&self.row_key(key))
            .with(content_hash)
            .key()
    }

    /// The keys of the generations: of a package's documents, and of all documents.
    pub(super) fn generation_keys(&self, package: &str) -> [[u8; 32]; 2] {
        [self.generation_key(Some(package)), self.generation_key(None)]
    }

    fn generation_key(&self, package: Option<&str>) -> [u8; 32] {
        Parts::new("quartermaster registries generation v1")
            .with(self.registry.as_bytes())
            .with(if package.is_some() { b"package" } else { b"all" })
            .with(package.unwrap_or_default().as_bytes())
            .key()
    }

    /// Distrusts what was asked for so far: of one package, or of all.
    pub(crate) async fn invalidate(&self, package: Option<&str>, by: Invalidated) {
        let package = package.filter(|package| self.distrust.has_room_for(package));
        let replaced = match (&self.store, by) {
            (Some(store), Invalidated::Here) => {
                let key = self.generation_key(package);
                let old = store.load(&[key]).await.pop().flatten();
                let old = generation(old.as_ref());
                let new = fresh_generation();
                store.save(key, Bytes::copy_from_slice(&new)).await;
                Some(Replaced { old, new })
            }
            (Some(_) | None, Invalidated::Here | Invalidated::Elsewhere) => None,
        };
        // Only now: whoever asks from here on meets the new generation.
        self.distrust.note(package, replaced);
    }

    /// Says once that a row is of no use.
    pub(super) fn warn(&self, document: &str, reason: &str) {
        tracing::warn!(
            registry = &*self.registry,
            package = document,
            reason,
            "a stored document cannot be read; the registry is asked instead"
        );
    }
}

/// A generation as the store has it. What is no generation is one that no document bears.
pub(super) fn generation(row: Option<&Bytes>) -> Generation {
    match row {
        None => Generation::default(),
        Some(row) => Generation::try_from(&**row).unwrap_or([0xff; 16]),
    }
}

/// A name that nothing had before.
fn fresh_generation() -> Generation {
    let mut generation = Generation::default();
    // Without randomness from the system TLS would not be there either. Zeros would say that there was
    // no invalidation.
    if aws_lc_rs::rand::fill(&mut generation).is_err() {
        generation = [0xfe; 16];
    }
    generation
}
