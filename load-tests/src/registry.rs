//! A registry server for recorded data, over the protocols that real clients speak.
//!
//! One address serves three registries, each at a place of its own:
//!
//! * `/simple/` is Python's simple repository API in its JSON form (PEP 691), with metadata files
//!   (PEP 658) below `/files/`;
//! * `/npm/` is a registry of npm: packages' documents, full and abbreviated;
//! * `/index/` is a sparse index of cargo with its `config.json`.
//!
//! It speaks HTTP/1.1 and HTTP/2 over TLS, as the client negotiates, with a certificate of an
//! [`Authority`] that is made at the start. Documents are compressed as the public registries do it,
//! and compressed once; they have validators, and conditions are answered with 304. Archives are not
//! there: nobody downloads one to resolve.
//!
//! Not simulated: descriptions in metadata files, which are most of their bytes in the world and would
//! slow those down who read one a version; and the time that a real registry thinks.

mod authority;
mod counts;
mod data;
mod encoding;
mod pypi;
mod serve;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

pub use self::authority::Authority;
pub use self::counts::{Counts, Tally};
pub use self::data::Data;
use self::encoding::Encodings;

/// A running registry server. It ends when this is dropped.
pub struct Registry {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

/// What all connections see.
pub(crate) struct Shared {
    data: Data,
    encodings: Encodings,
    counts: Mutex<Counts>,
    /// Where clients find metadata files, by the host that they asked for the page.
    files: Mutex<HashMap<String, String>>,
}

impl Registry {
    /// Starts serving at `address` with a certificate of `authority`. Port 0 takes any free one.
    ///
    /// # Errors
    ///
    /// When the address is taken, or no certificate can be made.
    pub async fn start(data: Data, authority: &Authority, address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let tls = authority.server_config(&[b"h2", b"http/1.1"]).map_err(io::Error::other)?;
        let shared = Arc::new(Shared {
            data,
            encodings: Encodings::default(),
            counts: Mutex::default(),
            files: Mutex::default(),
        });
        let serve = serve::connections(listener, TlsAcceptor::from(tls), Arc::clone(&shared));
        Ok(Self { address, shared, server: tokio::spawn(serve) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets pages that are asked of `page` (such as `127.0.0.1:81`) name `files` as the host of metadata
    /// files, as the public index has another host for them. Without it they lie beside the pages.
    pub fn set_files_host(&self, page: &str, files: &str) {
        lock(&self.shared.files).insert(page.to_owned(), files.to_owned());
    }

    /// What it has been asked since the start, or since [`Registry::reset_counts`].
    pub fn counts(&self) -> Counts {
        lock(&self.shared.counts).clone()
    }

    /// Begins to count anew.
    pub fn reset_counts(&self) {
        *lock(&self.shared.counts) = Counts::default();
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Locks, whatever became of the last holder: counts and caches are sound after every statement.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
