//! A fake HTTP registry on the loopback: recorded data over the registries' real protocols.
//!
//! It serves a [`Recorded`] registry, each ecosystem at a place of its own:
//!
//! * `/simple/` is Python's simple repository API: pages as JSON and HTML with validators, metadata
//!   files, and tiny wheels and source distributions made on the fly;
//! * `/npm/` is a registry of npm: packages' documents in both forms. Archives are not there.
//! * `/index/` is a sparse index of cargo, with a `config.json`. Archives of crates are not there.
//!
//! It counts what it is asked, and misbehaves on demand: [`Settings`] says how it is as a whole, a
//! [`Fault`] what goes wrong at some paths for some time.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use testkit::registry::{FakeRegistry, Fault, Reply, Settings};
//!
//! let fake = FakeRegistry::start(registries::bundled(), Settings::default()).await?;
//! fake.inject(Fault::new("/simple/flask/", Reply::Status(503)).times(2));
//! println!("{}", fake.simple_url());
//! # Ok(())
//! # }
//! ```

mod counts;
mod fault;
mod html;
mod index;
mod npm;
mod project;
mod serve;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use bytes::Bytes;
use ecosystems::cargo;
use registries::Recorded;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use self::counts::{Counts, Kind};
pub use self::fault::{Fault, Reply};
use self::project::Project;

/// What the registry is like. By default it does everything that the standards offer.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The forms in which it serves pages.
    pub form: Form,
    /// How it handles metadata files.
    pub core_metadata: CoreMetadata,
    /// Whether it serves parts of wheels.
    pub ranges: bool,
    /// Whether its pages state the true hashes of the wheels that it makes, in place of the
    /// recorded ones, which fit no wheel of this registry.
    pub true_hashes: bool,
    /// The `Cache-Control` of pages; `None` sends none.
    pub cache_control: Option<String>,
    /// Whether it sends validators and answers conditions.
    pub validators: bool,
    /// Whether the validators of npm's and cargo's documents are dates, which change only when another
    /// document is published, and not tags.
    pub dated: bool,
    /// The very `Authorization` that it wants with every question; 401 without, 403 with another.
    /// The index of cargo says so in its settings.
    pub authorization: Option<String>,
    /// The `dl` of cargo's index; by default a place of this registry, where nothing is.
    pub download: Option<String>,
    /// Whether it compresses pages for clients that take zstd.
    pub compressed: bool,
    /// Bytes of ballast in each archive, before its metadata.
    pub ballast: usize,
    /// Whether its pages list each file once more, under a version that nobody can read.
    pub strays: bool,
    /// How long it thinks before each answer.
    pub latency: Duration,
}

/// The forms of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// JSON or HTML, as the client accepts.
    Negotiated,
    /// HTML, whatever the client says.
    Html,
    /// HTML that is written as oddly as the standard allows, whatever the client says.
    OddHtml,
}

/// How metadata files are handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoreMetadata {
    /// Advertised without a hash, and served.
    Served,
    /// Advertised with its hash, and served.
    Hashed,
    /// Advertised with a hash that it does not have.
    WrongHash,
    /// Advertised, but not there.
    Missing,
    /// Neither advertised nor there.
    Unadvertised,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            form: Form::Negotiated,
            core_metadata: CoreMetadata::Served,
            ranges: true,
            true_hashes: false,
            cache_control: Some("max-age=600".to_owned()),
            validators: true,
            dated: false,
            authorization: None,
            download: None,
            compressed: false,
            ballast: 0,
            strays: false,
            latency: Duration::ZERO,
        }
    }
}

/// A running registry. It ends when this is dropped.
#[derive(Debug)]
pub struct FakeRegistry {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

/// What the handlers see.
struct Shared {
    recorded: Recorded,
    settings: Settings,
    faults: Mutex<Vec<Fault>>,
    counts: Mutex<Counts>,
    projects: Mutex<HashMap<String, Arc<Project>>>,
    /// Documents of npm and cargo that stand in for recorded ones, by path, and how many came before
    /// each.
    published: Mutex<HashMap<String, (usize, Bytes)>>,
    address: SocketAddr,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl FakeRegistry {
    /// Starts serving on a free port of the loopback, over HTTP/1.1 and plain HTTP/2.
    pub async fn start(recorded: Recorded, settings: Settings) -> io::Result<Self> {
        Self::start_at(recorded, settings, SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// Starts serving these documents, each with its project's name, in the form of recorded ones.
    pub async fn of(documents: &[(&str, &str)], settings: Settings) -> io::Result<Self> {
        let place =
            |(name, document): &(&str, &str)| (format!("pypi/{name}.json"), (*document).to_owned());
        Self::of_files(documents.iter().map(place), settings).await
    }

    /// Serves what files like these would record, each with its path below the root of a recording,
    /// such as `cargo/se/rd/serde`.
    pub async fn of_files(
        files: impl IntoIterator<Item = (String, String)>,
        settings: Settings,
    ) -> io::Result<Self> {
        let mut tar = tar::Builder::new(Vec::new());
        for (path, text) in files {
            let mut header = tar::Header::new_ustar();
            header.set_size(text.len() as u64);
            tar.append_data(&mut header, path, text.as_bytes())?;
        }
        let archive = zstd::encode_all(&*tar.into_inner()?, 1)?;
        let recorded = Recorded::from_bytes("fake", &archive).map_err(io::Error::other)?;
        Self::start(recorded, settings).await
    }

    /// Serves another document of a project from now on.
    pub fn publish(&self, name: &str, document: &str) -> io::Result<()> {
        let project = Project::new(document.as_bytes(), &self.shared.settings)?;
        lock(&self.shared.projects).insert(name.to_owned(), Arc::new(project));
        Ok(())
    }

    /// Serves other lines of a package of cargo from now on.
    pub fn publish_lines(&self, name: &cargo::Name, lines: impl Into<Bytes>) {
        self.publish_at(format!("{}{}", index::ROOT, name.index_path()), lines.into());
    }

    /// Serves another document of a package of npm from now on.
    pub fn publish_packument(&self, name: &ecosystems::npm::Name, document: impl Into<Bytes>) {
        self.publish_at(format!("{}{name}", npm::ROOT), document.into());
    }

    fn publish_at(&self, path: String, document: Bytes) {
        let mut published = lock(&self.shared.published);
        let slot = published.entry(path).or_default();
        *slot = (slot.0 + 1, document);
    }

    /// Starts serving at `address`.
    pub async fn start_at(
        recorded: Recorded,
        settings: Settings,
        address: SocketAddr,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            recorded,
            settings,
            faults: Mutex::default(),
            counts: Mutex::default(),
            projects: Mutex::default(),
            published: Mutex::default(),
            address,
        });
        let router = Router::new().fallback(serve::answer).with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            // It ends by being dropped; what fails before that, the test's client sees.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, shared, server })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of its simple API, as a configuration names it.
    pub fn simple_url(&self) -> String {
        format!("http://{}/simple", self.address)
    }

    /// The URL of its registry of npm, as a configuration names it.
    pub fn npm_url(&self) -> String {
        format!("http://{}/npm/", self.address)
    }

    /// The URL of its index of cargo, as a configuration names it. For cargo itself `sparse+` stands
    /// before it.
    pub fn index_url(&self) -> String {
        format!("http://{}/index/", self.address)
    }

    /// Lets something go wrong from now on.
    pub fn inject(&self, fault: Fault) {
        lock(&self.shared.faults).push(fault);
    }

    /// What it has been asked since the start, or since [`FakeRegistry::reset_counts`].
    pub fn counts(&self) -> Counts {
        lock(&self.shared.counts).clone()
    }

    /// Begins to count anew.
    pub fn reset_counts(&self) {
        lock(&self.shared.counts).reset();
    }
}

impl Drop for FakeRegistry {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Locks, whatever became of the last holder: counts and faults are sound after every statement.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
