//! One registry, whatever its kind.

use std::fmt;
use std::sync::Arc;

use ecosystems::pypi::{Listing, Metadata, Name};

use crate::pypi_simple::PypiSimple;
use crate::read::{absent_hash, now};
use crate::{
    Credentials, Error, Freshness, MetadataRead, Read, Recorded, RegistryConfig, RegistryKind,
    Stamp,
};

/// A registry that is open for questions. Clones share one connection pool and one memory.
#[derive(Clone)]
pub struct Registry {
    config: Arc<RegistryConfig>,
    protocol: Protocol,
}

/// The closed list of kinds.
#[derive(Clone)]
enum Protocol {
    Recorded(Recorded),
    PypiSimple(PypiSimple),
}

impl Registry {
    /// Opens a registry: reads its recorded data or its secret, and connects to nothing yet.
    pub fn open(config: RegistryConfig) -> Result<Self, Error> {
        config.validate()?;
        let protocol = match (config.kind, &config.path) {
            (RegistryKind::PypiSimple, _) => Protocol::PypiSimple(PypiSimple::open(&config)?),
            (RegistryKind::Recorded, Some(path)) => {
                Protocol::Recorded(Recorded::open(&config.name, path)?)
            }
            (RegistryKind::Recorded, None) => {
                Protocol::Recorded(crate::bundled()?.renamed(&config.name))
            }
            (RegistryKind::Npm | RegistryKind::CargoSparse, _) => {
                return Err(config.refuse("kind", "is not supported yet".to_owned()));
            }
        };
        Ok(Self { config: Arc::new(config), protocol })
    }

    /// The registry that is built into the program, under the name `pypi`.
    pub fn bundled() -> Result<Self, Error> {
        Self::open(RegistryConfig::new("pypi", RegistryKind::Recorded))
    }

    /// A registry over data that is already in memory.
    pub fn recorded(recorded: Recorded) -> Self {
        let config = RegistryConfig::new(recorded.name().as_ref(), RegistryKind::Recorded);
        Self { config: Arc::new(config), protocol: Protocol::Recorded(recorded) }
    }

    /// Its declared name.
    pub fn name(&self) -> &Arc<str> {
        match &self.protocol {
            Protocol::Recorded(recorded) => recorded.name(),
            Protocol::PypiSimple(index) => index.name(),
        }
    }

    /// The protocol it speaks.
    pub fn kind(&self) -> RegistryKind {
        self.config.kind
    }

    /// The configuration it was opened with.
    pub fn config(&self) -> &RegistryConfig {
        &self.config
    }

    /// Reads which releases a project has.
    ///
    /// `credentials` stand in for the configured ones and reach the registry's own origin only.
    /// What was read with them is kept apart from what others read. A project that the
    /// configuration does not let this registry answer for is absent, and nobody is asked.
    pub async fn pypi_listing(
        &self,
        name: &Name,
        credentials: Option<&Credentials>,
        freshness: Freshness,
    ) -> Result<Read<Listing>, Error> {
        if !self.config.answers_for(name.as_str()) {
            return Ok(self.absent(format!("pypi/{name}")));
        }
        match &self.protocol {
            Protocol::Recorded(recorded) => recorded.listing(name).await,
            Protocol::PypiSimple(index) => index.listing(name, credentials, freshness).await,
        }
    }

    /// Reads what the release at `position` of `listing` needs.
    ///
    /// `listing` is one that [`Registry::pypi_listing`] of this registry gave.
    pub async fn pypi_metadata(
        &self,
        listing: &Listing,
        position: usize,
        credentials: Option<&Credentials>,
        freshness: Freshness,
    ) -> Result<MetadataRead, Error> {
        match &self.protocol {
            Protocol::Recorded(recorded) => recorded.metadata(listing, position).await,
            Protocol::PypiSimple(index) => {
                index.metadata(listing, position, credentials, freshness).await
            }
        }
    }

    /// Reads what the registry serves beside one file of the release at `position`: the file at
    /// `place`. Nothing if it advertises no such document, or serves another.
    pub async fn pypi_file_metadata(
        &self,
        listing: &Listing,
        (position, place): (usize, usize),
        credentials: Option<&Credentials>,
        freshness: Freshness,
    ) -> Result<Read<Metadata>, Error> {
        match &self.protocol {
            Protocol::Recorded(_) => Ok(self.absent(format!("pypi/{}/file", listing.name))),
            Protocol::PypiSimple(index) => {
                index.file_metadata(listing, (position, place), credentials, freshness).await
            }
        }
    }

    fn absent<T>(&self, document: String) -> Read<T> {
        let stamp = Stamp {
            registry: Arc::clone(self.name()),
            document,
            validator: None,
            content_hash: absent_hash(),
            read_at: now(),
        };
        Read { facts: None, stamp, fetched: false, requests: 0, bytes: 0 }
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("name", &self.config.name)
            .field("kind", &self.config.kind)
            .finish_non_exhaustive()
    }
}
