//! A store for tests, and one way to ask registries of all kinds.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use ecosystems::{Timestamp, cargo, npm, pypi};
use registries::{
    Credentials, DocumentStore, Error, Freshness, Pending, Read, Registry, RegistryConfig,
    RegistryKind, bundled,
};
use testkit::registry::{FakeRegistry, Settings};

/// A store in memory, which can be made to fail.
#[derive(Default)]
pub(crate) struct Shelf {
    rows: Mutex<HashMap<[u8; 32], Bytes>>,
    loads: AtomicUsize,
    saves: AtomicUsize,
    is_gone: AtomicBool,
}

impl Shelf {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Waits until so many rows were written.
    pub(crate) async fn written(&self, saves: usize) {
        for _ in 0..10_000 {
            if self.saves.load(Ordering::SeqCst) >= saves {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("{} rows were written, and not {saves}", self.saves.load(Ordering::SeqCst));
    }

    pub(crate) fn saves(&self) -> usize {
        self.saves.load(Ordering::SeqCst)
    }

    pub(crate) fn loads(&self) -> usize {
        self.loads.load(Ordering::SeqCst)
    }

    /// Whether it has lost its database.
    pub(crate) fn set_gone(&self, is_gone: bool) {
        self.is_gone.store(is_gone, Ordering::SeqCst);
    }

    /// Changes all rows.
    pub(crate) fn change(&self, change: impl Fn(&[u8]) -> Vec<u8>) {
        for row in self.rows.lock().expect("no test panics here").values_mut() {
            *row = change(row).into();
        }
    }
}

impl DocumentStore for Shelf {
    fn load<'a>(&'a self, keys: &'a [[u8; 32]]) -> Pending<'a, Vec<Option<Bytes>>> {
        Box::pin(async move {
            self.loads.fetch_add(1, Ordering::SeqCst);
            if self.is_gone.load(Ordering::SeqCst) {
                return vec![None; keys.len()];
            }
            let rows = self.rows.lock().expect("no test panics here");
            keys.iter().map(|key| rows.get(key).cloned()).collect()
        })
    }

    fn save(&self, key: [u8; 32], row: Bytes) -> Pending<'_, ()> {
        Box::pin(async move {
            if !self.is_gone.load(Ordering::SeqCst) {
                self.rows.lock().expect("no test panics here").insert(key, row);
            }
            self.saves.fetch_add(1, Ordering::SeqCst);
        })
    }
}

/// A fake registry and a package of it, for each kind of registry.
pub(crate) struct Case {
    pub(crate) kind: RegistryKind,
    pub(crate) package: &'static str,
    pub(crate) fake: FakeRegistry,
}

/// What was read, whatever it is of.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) facts: Option<String>,
    pub(crate) hash: [u8; 32],
    pub(crate) read_at: Timestamp,
    pub(crate) requests: u32,
    pub(crate) bytes: u64,
}

impl Seen {
    fn of<T: std::fmt::Debug>(read: Read<T>) -> Self {
        let Read { facts, stamp, requests, bytes, .. } = read;
        let facts = facts.map(|facts| format!("{facts:?}"));
        Self { facts, hash: stamp.content_hash, read_at: stamp.read_at, requests, bytes }
    }
}

/// A registry of each kind, with these settings.
pub(crate) async fn cases(settings: &Settings) -> Vec<Case> {
    let (recorded, mut cases) = (bundled(), Vec::new());
    for (kind, package) in [
        (RegistryKind::PypiSimple, "flask"),
        (RegistryKind::Npm, "@types/react"),
        (RegistryKind::CargoSparse, "serde"),
    ] {
        let fake = FakeRegistry::start(recorded.clone(), settings.clone()).await;
        cases.push(Case { kind, package, fake: fake.expect("the loopback has a free port") });
    }
    cases
}

/// Settings with this `Cache-Control`.
pub(crate) fn with_control(control: &str) -> Settings {
    Settings { cache_control: Some(control.to_owned()), ..Settings::default() }
}

impl Case {
    pub(crate) fn config(&self) -> RegistryConfig {
        let mut config = RegistryConfig::new("fake", self.kind);
        let url = match self.kind {
            RegistryKind::Npm => self.fake.npm_url(),
            RegistryKind::CargoSparse => self.fake.index_url(),
            RegistryKind::PypiSimple | RegistryKind::Recorded => self.fake.simple_url(),
        };
        config.url = Some(url.parse().expect("the fake registry has a URL"));
        config.retry_delay = Duration::from_millis(1);
        config
    }

    /// A new process over a store.
    pub(crate) fn over(&self, shelf: &Arc<Shelf>) -> Registry {
        self.over_with(shelf, self.config())
    }

    pub(crate) fn over_with(&self, shelf: &Arc<Shelf>, config: RegistryConfig) -> Registry {
        let store: Arc<dyn DocumentStore> = Arc::clone(shelf) as _;
        Registry::open_with(config, Some(store)).expect("the configuration is valid")
    }

    pub(crate) async fn try_read(
        &self,
        registry: &Registry,
        credentials: Option<&Credentials>,
        freshness: Freshness,
    ) -> Result<Seen, Error> {
        read(registry, self.package, credentials, freshness).await
    }

    pub(crate) async fn read(&self, registry: &Registry) -> Seen {
        self.read_as(registry, Freshness::default()).await
    }

    pub(crate) async fn read_as(&self, registry: &Registry, freshness: Freshness) -> Seen {
        self.try_read(registry, None, freshness).await.expect("the registry answers")
    }

    /// The rows that one document read has: cargo's settings come along.
    pub(crate) fn rows(&self) -> usize {
        if self.kind == RegistryKind::CargoSparse { 4 } else { 2 }
    }

    /// The questions that a first reading costs.
    pub(crate) fn requests(&self) -> u32 {
        if self.kind == RegistryKind::CargoSparse { 2 } else { 1 }
    }
}

/// Reads a package of whatever ecosystem the registry is of.
pub(crate) async fn read(
    registry: &Registry,
    package: &str,
    credentials: Option<&Credentials>,
    freshness: Freshness,
) -> Result<Seen, Error> {
    match registry.kind() {
        RegistryKind::Npm => {
            let name = npm::Name::parse(package).expect("a name");
            registry.npm_packument(&name, credentials, freshness).await.map(Seen::of)
        }
        RegistryKind::CargoSparse => {
            let name = cargo::Name::parse(package).expect("a name");
            registry.cargo_listing(&name, credentials, freshness).await.map(Seen::of)
        }
        RegistryKind::PypiSimple | RegistryKind::Recorded => {
            let name = pypi::Name::parse(package).expect("a name");
            registry.pypi_listing(&name, credentials, freshness).await.map(Seen::of)
        }
    }
}
