//! Python's simple repository API over HTTP (PEP 503, 592, 629, 658, 691, 700, 714, 792).
//!
//! A project's page is asked for as JSON first and taken as HTML too. Parsed pages stay in memory
//! with what HTTP says of their freshness: within it nobody is asked, after it the page's validator
//! goes along, and a 304 keeps the parsed page. Metadata comes from the cheapest place that has it:
//! the file beside a wheel, the end of the wheel, the whole wheel, and where there is no wheel a
//! source distribution that is bound by what it says (see [`metadata`]).

mod metadata;
mod page;
mod sdist;
mod wheel;

use std::sync::Arc;

use ecosystems::pypi::{Listing, Metadata, Name};
use http::HeaderValue;
use http::header::CONTENT_TYPE;

use self::metadata::Told;
use crate::document::{self, Wanted};
use crate::fetch::Fetcher;
use crate::memory::{Ground, Memory};
use crate::registry::Invalidated;
use crate::{Credentials, DocumentStore, Error, Freshness, MetadataRead, Read, RegistryConfig};

/// JSON if it can be had, HTML if not; and HTML alone for indexes that answer 406 to a list.
const ACCEPTED: [HeaderValue; 2] = [
    HeaderValue::from_static(
        "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01",
    ),
    HeaderValue::from_static("text/html"),
];

/// An index that is asked over HTTP. Clones share its connections and its memory.
#[derive(Clone)]
pub(crate) struct PypiSimple(Arc<Index>);

struct Index {
    fetcher: Fetcher,
    ground: Arc<Ground>,
    page_limit: u64,
    wheel_limit: u64,
    pages: Memory<Listing>,
    metadata: Memory<Told>,
}

impl PypiSimple {
    /// Opens the index that `config` describes. Nothing is sent yet.
    pub(crate) fn open(
        config: &RegistryConfig,
        store: Option<Arc<dyn DocumentStore>>,
    ) -> Result<Self, Error> {
        // The folder of the projects.
        let base = config.base_url()?;
        let mib = |size: u32| u64::from(size) << 20;
        let fetcher = Fetcher::open(config, &base)?;
        let ground = Arc::new(Ground::new(config, fetcher.credentials(), store));
        Ok(Self(Arc::new(Index {
            page_limit: mib(config.max_body_mib),
            wheel_limit: mib(config.max_wheel_mib),
            // Pages weigh more than metadata: one of them lists all files of a project.
            pages: Memory::new(mib(config.cache_mib) / 4 * 3, &ground),
            metadata: Memory::new(mib(config.cache_mib) / 4, &ground),
            fetcher,
            ground,
        })))
    }

    /// The registry's declared name.
    pub(crate) fn name(&self) -> &Arc<str> {
        self.0.fetcher.registry()
    }

    /// Reads which releases a project has.
    pub(crate) async fn listing(
        &self,
        name: &Name,
        credentials: Option<&Credentials>,
        freshness: Freshness,
    ) -> Result<Read<Listing>, Error> {
        let index = &*self.0;
        let document = format!("pypi/{name}");
        let wanted = Wanted {
            document: &document,
            package: name.as_str(),
            url: index.fetcher.place(&document, &format!("{name}/"))?,
            accepted: &ACCEPTED,
            credentials,
            freshness,
            limit: index.page_limit,
        };
        let name = name.clone();
        let read = document::read(&index.pages, &index.fetcher, &wanted, move |answer| {
            page::read_page(&name, answer.header(&CONTENT_TYPE), &answer.body, &answer.url)
        });
        read.await
    }

    /// Reads what the release at `position` of `listing` needs.
    pub(crate) async fn metadata(
        &self,
        listing: &Listing,
        position: usize,
        credentials: Option<&Credentials>,
        freshness: Freshness,
    ) -> Result<MetadataRead, Error> {
        metadata::read(&self.0, listing, position, credentials, freshness).await
    }

    /// Distrusts what was read so far: of a project in whatever spelling, or all. What cannot change is
    /// believed all the same.
    pub(crate) async fn invalidate(&self, name: Option<&str>, by: Invalidated) -> usize {
        let index = &*self.0;
        let name = match name.map(Name::parse) {
            None => None,
            Some(Ok(name)) => Some(name),
            // Nothing can have been read of it.
            Some(Err(_)) => return 0,
        };
        let package = name.as_ref().map(Name::as_str);
        let count = index.pages.count(package) + index.metadata.count(package);
        index.ground.invalidate(package, by).await;
        count
    }

    /// Reads what is served beside the file at `place` of the release at `position`.
    pub(crate) async fn file_metadata(
        &self,
        listing: &Listing,
        (position, place): (usize, usize),
        credentials: Option<&Credentials>,
        freshness: Freshness,
    ) -> Result<Read<Metadata>, Error> {
        metadata::read_beside(&self.0, listing, (position, place), credentials, freshness).await
    }
}
