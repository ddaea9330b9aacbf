//! One registry, whatever its kind.

use std::fmt;
use std::sync::Arc;

use ecosystems::npm::{self, Manifest, Packument};
use ecosystems::pypi::{Listing, Metadata, Name};
use ecosystems::{Ecosystem, cargo};

use crate::cargo_sparse::{CONFIG_DOCUMENT, CargoSparse};
use crate::npm::Npm;
use crate::pypi_simple::PypiSimple;
use crate::read::{absent_hash, now};
use crate::{
    CargoConfig, Credentials, DocumentStore, Error, Freshness, MetadataRead, Read, Recorded,
    RegistryConfig, RegistryKind, Stamp,
};

/// A registry that is open for questions. Clones share one connection pool and one memory.
#[derive(Clone)]
pub struct Registry {
    config: Arc<RegistryConfig>,
    protocol: Protocol,
}

/// Where an invalidation came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalidated {
    /// This process was told first, and writes it to the store for the others.
    Here,
    /// Another process was, and has written it to the store.
    Elsewhere,
}

/// The closed list of kinds.
#[derive(Clone)]
enum Protocol {
    Recorded(Recorded),
    PypiSimple(PypiSimple),
    Npm(Npm),
    CargoSparse(CargoSparse),
}

impl Registry {
    /// Opens a registry: reads its recorded data or its secret, and connects to nothing yet.
    pub fn open(config: RegistryConfig) -> Result<Self, Error> {
        Self::open_with(config, None)
    }

    /// Opens a registry that keeps what it reads over HTTP in `store` too. Needs a runtime of tokio
    /// when it is asked, since nobody waits for what is written there.
    pub fn open_with(
        config: RegistryConfig,
        store: Option<Arc<dyn DocumentStore>>,
    ) -> Result<Self, Error> {
        config.validate()?;
        let protocol = match (config.kind, &config.path) {
            (RegistryKind::PypiSimple, _) => {
                Protocol::PypiSimple(PypiSimple::open(&config, store)?)
            }
            (RegistryKind::Npm, _) => Protocol::Npm(Npm::open(&config, store)?),
            (RegistryKind::CargoSparse, _) => {
                Protocol::CargoSparse(CargoSparse::open(&config, store)?)
            }
            (RegistryKind::Recorded, Some(path)) => {
                Protocol::Recorded(Recorded::open(&config.name, path, config.ecosystem)?)
            }
            (RegistryKind::Recorded, None) => {
                let recorded = crate::bundled().renamed(&config.name);
                Protocol::Recorded(match config.ecosystem {
                    Some(ecosystem) => recorded.only(ecosystem),
                    None => recorded,
                })
            }
        };
        Ok(Self { config: Arc::new(config), protocol })
    }

    /// The registry that is built into the program, whole, under the name `pypi`.
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
            Protocol::Npm(registry) => registry.name(),
            Protocol::CargoSparse(index) => index.name(),
        }
    }

    /// Whether it has packages of that ecosystem. Asked about others, it answers with an error.
    pub fn serves(&self, ecosystem: Ecosystem) -> bool {
        match &self.protocol {
            Protocol::Recorded(recorded) => recorded.holds(ecosystem),
            Protocol::PypiSimple(_) => ecosystem == Ecosystem::Pypi,
            Protocol::Npm(_) => ecosystem == Ecosystem::Npm,
            Protocol::CargoSparse(_) => ecosystem == Ecosystem::Cargo,
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
        if !self.config.answers_for(Ecosystem::Pypi, name.as_str()) {
            return Ok(self.absent(format!("pypi/{name}")));
        }
        match &self.protocol {
            Protocol::Recorded(recorded) => recorded.listing(name).await,
            Protocol::PypiSimple(index) => index.listing(name, credentials, freshness).await,
            Protocol::Npm(_) | Protocol::CargoSparse(_) => {
                self.refuse(Ecosystem::Pypi, format!("pypi/{name}"))
            }
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
            Protocol::Npm(_) | Protocol::CargoSparse(_) => {
                self.refuse(Ecosystem::Pypi, format!("pypi/{}", listing.name))
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
            Protocol::Npm(_) | Protocol::CargoSparse(_) => {
                self.refuse(Ecosystem::Pypi, format!("pypi/{}", listing.name))
            }
        }
    }

    /// Reads which releases a package of cargo has, and what each of them needs.
    ///
    /// Credentials and names outside the declared ones are treated as by
    /// [`Registry::pypi_listing`]. Names are asked for as they are spelt: the file of a package whose
    /// name differs in case has no release of this one.
    pub async fn cargo_listing(
        &self,
        name: &cargo::Name,
        credentials: Option<&Credentials>,
        freshness: Freshness,
    ) -> Result<Read<cargo::Listing>, Error> {
        let document = format!("cargo/{name}");
        if !self.config.answers_for(Ecosystem::Cargo, name.as_str()) {
            return Ok(self.absent(document));
        }
        match &self.protocol {
            Protocol::Recorded(recorded) => recorded.cargo_listing(name).await,
            Protocol::CargoSparse(index) => index.listing(name, credentials, freshness).await,
            Protocol::PypiSimple(_) | Protocol::Npm(_) => self.refuse(Ecosystem::Cargo, document),
        }
    }

    /// Reads which versions a package of npm has, and what each of them needs.
    ///
    /// Credentials and names outside the declared ones are treated as by
    /// [`Registry::pypi_listing`].
    pub async fn npm_packument(
        &self,
        name: &npm::Name,
        credentials: Option<&Credentials>,
        freshness: Freshness,
    ) -> Result<Read<Packument>, Error> {
        let document = format!("npm/{name}");
        if !self.config.answers_for(Ecosystem::Npm, name.as_str()) {
            return Ok(self.absent(document));
        }
        match &self.protocol {
            Protocol::Recorded(recorded) => recorded.npm_packument(name).await,
            Protocol::Npm(registry) => registry.packument(name, credentials, freshness).await,
            Protocol::PypiSimple(_) | Protocol::CargoSparse(_) => {
                self.refuse(Ecosystem::Npm, document)
            }
        }
    }

    /// Distrusts all that was read of a package, or is being read, with whatever credentials: before it
    /// is used again the registry is asked, by a condition where it takes one. Says of how many
    /// documents in memory that is so.
    ///
    /// The name is taken in any spelling that the ecosystem takes for the same. Files that the package's
    /// listing names with a hash cannot change and stay; so does what is recorded. Other processes over
    /// the same store ask again for whatever they have not in memory; for the rest they must be told,
    /// by this very method.
    pub async fn invalidate(&self, package: &str, by: Invalidated) -> usize {
        self.distrust(Some(package), by).await
    }

    /// The same of all packages.
    pub async fn invalidate_all(&self, by: Invalidated) -> usize {
        self.distrust(None, by).await
    }

    async fn distrust(&self, package: Option<&str>, by: Invalidated) -> usize {
        match &self.protocol {
            Protocol::Recorded(_) => 0,
            Protocol::PypiSimple(index) => index.invalidate(package, by).await,
            Protocol::Npm(registry) => registry.invalidate(package, by).await,
            Protocol::CargoSparse(index) => index.invalidate(package, by).await,
        }
    }

    /// Where the archive of a version of npm lies: the URL that the document states, at the
    /// registry's place where a host stands for that (`replace_registry_host`). A recorded registry
    /// gives what was recorded, which may be a path from a registry's root.
    pub fn npm_tarball(&self, manifest: &Manifest) -> Option<String> {
        match &self.protocol {
            Protocol::Npm(registry) => registry.tarball(manifest),
            Protocol::Recorded(_) | Protocol::PypiSimple(_) | Protocol::CargoSparse(_) => {
                manifest.tarball()
            }
        }
    }

    /// Reads what a registry of cargo says of itself: where archives are downloaded, above all
    /// ([`CargoConfig::download_url`]). Absent where a recording does not have it.
    pub async fn cargo_config(
        &self,
        credentials: Option<&Credentials>,
        freshness: Freshness,
    ) -> Result<Read<CargoConfig>, Error> {
        match &self.protocol {
            Protocol::Recorded(recorded) => recorded.cargo_config().await,
            Protocol::CargoSparse(index) => index.settings(credentials, freshness).await,
            Protocol::PypiSimple(_) | Protocol::Npm(_) => {
                self.refuse(Ecosystem::Cargo, CONFIG_DOCUMENT.to_owned())
            }
        }
    }

    fn refuse<T>(&self, ecosystem: Ecosystem, document: String) -> Result<T, Error> {
        Err(Error::OtherEcosystem { registry: Arc::clone(self.name()), document, ecosystem })
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
