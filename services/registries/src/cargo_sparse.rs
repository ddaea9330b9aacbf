//! Cargo's sparse index over HTTP (cargo reference, "Registry index").
//!
//! A package's file lies at a path made of its name, and `config.json` at the root says where archives
//! are downloaded. The first file is asked for together with `config.json`: a place without one is no
//! index, and what is missing there proves nothing about packages. From then on files are read
//! alone; a caller who wants URLs asks for `config.json` again, and so hears of its changes.
//!
//! Cargo sends its token only where `config.json` says `auth-required`. Here a secret is declared for
//! one registry, and goes along with all that is asked there.

mod config;

use std::sync::Arc;
use std::time::Duration;

use ecosystems::cargo::{Listing, Name, read_index};

pub use self::config::CargoConfig;
use crate::document::{self, Wanted};
use crate::fetch::{Fetcher, Spent};
use crate::memory::{Entry, Ground, Kept, Memory};
use crate::registry::Invalidated;
use crate::{Credentials, DocumentStore, Error, Freshness, Read, RegistryConfig};

/// What stamps and errors call the index's own settings: no package has such a name.
pub(crate) const CONFIG_DOCUMENT: &str = "cargo/config.json";

/// Settings of any age prove that there is an index; their absence proves nothing for long.
const ANY_AGE: Freshness = Freshness { max_staleness: Some(Duration::from_hours(24 * 36_500)) };

/// An index that is asked over HTTP. Clones share its connections and its memory.
#[derive(Clone)]
pub(crate) struct CargoSparse(Arc<Index>);

struct Index {
    fetcher: Fetcher,
    ground: Arc<Ground>,
    limit: u64,
    files: Memory<Listing>,
    settings: Memory<CargoConfig>,
}

impl CargoSparse {
    /// Opens the index that `config` describes. Nothing is sent yet.
    pub(crate) fn open(
        config: &RegistryConfig,
        store: Option<Arc<dyn DocumentStore>>,
    ) -> Result<Self, Error> {
        let mib = |size: u32| u64::from(size) << 20;
        let fetcher = Fetcher::open(config, &config.base_url()?)?;
        let ground = Arc::new(Ground::new(config, fetcher.credentials(), store));
        Ok(Self(Arc::new(Index {
            limit: mib(config.max_body_mib),
            files: Memory::new(mib(config.cache_mib), &ground),
            // One for each caller with credentials.
            settings: Memory::new(1 << 20, &ground),
            fetcher,
            ground,
        })))
    }

    /// The registry's declared name.
    pub(crate) fn name(&self) -> &Arc<str> {
        self.0.fetcher.registry()
    }

    /// Reads which releases a package has.
    pub(crate) async fn listing(
        &self,
        name: &Name,
        credentials: Option<&Credentials>,
        freshness: Freshness,
    ) -> Result<Read<Listing>, Error> {
        let index = &*self.0;
        let document = format!("cargo/{name}");
        let wanted = Wanted {
            document: &document,
            package: &package_of(name.as_str()),
            url: index.fetcher.place(&document, &name.index_path())?,
            accepted: &[],
            credentials,
            freshness,
            limit: index.limit,
        };
        let spent = Spent::default();
        let kept = match index.files.enter(wanted.key(), freshness).await? {
            Entry::Held(kept) => kept,
            Entry::Open(open) => match index.fetch(name, &wanted, open.previous(), &spent).await {
                Ok(kept) => open.fill(kept).await,
                Err(error) => return Err(open.fail(error)),
            },
        };
        Ok(kept.read(self.name(), document, &spent))
    }

    /// Reads what the index says of itself.
    pub(crate) async fn settings(
        &self,
        credentials: Option<&Credentials>,
        freshness: Freshness,
    ) -> Result<Read<CargoConfig>, Error> {
        self.0.settings(credentials, freshness).await
    }

    /// Distrusts what was read so far: of a package in whatever case, or all.
    pub(crate) async fn invalidate(&self, name: Option<&str>, by: Invalidated) -> usize {
        let index = &*self.0;
        let package = name.map(package_of);
        let package = package.as_deref();
        let count = index.files.count(package) + index.settings.count(package);
        index.ground.invalidate(package, by).await;
        count
    }
}

/// What invalidations call a package: names that differ in case have one file.
fn package_of(name: &str) -> String {
    name.to_ascii_lowercase()
}

impl Index {
    /// Asks for a package's file, and makes sure that it is one of an index.
    async fn fetch(
        &self,
        name: &Name,
        wanted: &Wanted<'_>,
        previous: Option<&Kept<Listing>>,
        spent: &Spent,
    ) -> Result<Kept<Listing>, Error> {
        let name = name.clone();
        let file = document::fetch(&self.fetcher, wanted, previous, spent, move |answer| {
            read_index(&name, &answer.body).map_err(|error| error.to_string())
        });
        let settings = self.settings(wanted.credentials, ANY_AGE);
        let (settings, file) = tokio::join!(settings, file);
        let settings = settings?;
        spent.add(settings.requests, settings.bytes);
        file
    }

    async fn settings(
        &self,
        credentials: Option<&Credentials>,
        freshness: Freshness,
    ) -> Result<Read<CargoConfig>, Error> {
        let wanted = Wanted {
            document: CONFIG_DOCUMENT,
            package: "",
            url: self.fetcher.place(CONFIG_DOCUMENT, "config.json")?,
            accepted: &[],
            credentials,
            freshness,
            limit: self.limit,
        };
        let read = document::read(&self.settings, &self.fetcher, &wanted, |answer| {
            CargoConfig::parse(&answer.body).map_err(|error| error.to_string())
        });
        let read = read.await?;
        if read.facts.is_none() {
            return Err(Error::Unusable {
                registry: Arc::clone(self.fetcher.registry()),
                document: CONFIG_DOCUMENT.to_owned(),
                reason: "it is not there, so that `url` is not the root of a sparse index"
                    .to_owned(),
            });
        }
        Ok(read)
    }
}
