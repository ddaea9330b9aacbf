//! Python's simple repository API over HTTP (PEP 503, 592, 629, 658, 691, 700, 714, 792).
//!
//! A project's page is asked for as JSON first and taken as HTML too. Parsed pages stay in memory
//! with what HTTP says of their freshness: within it nobody is asked, after it the page's validator
//! goes along, and a 304 keeps the parsed page. Metadata comes from the cheapest place that has it:
//! the file beside a wheel, the end of the wheel, the whole wheel, and where there is no wheel a
//! source distribution that is bound by what it says (see [`metadata`]).

mod memory;
mod metadata;
mod page;
mod sdist;
mod wheel;

use std::sync::Arc;
use std::time::SystemTime;

use ecosystems::pypi::{Listing, Metadata, Name};
use http::header::{ACCEPT, CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use http::{HeaderMap, HeaderValue, StatusCode};
use url::Url;

use self::memory::{Entry, Kept, Key, Memory, Standing};
use self::metadata::Told;
use crate::fetch::{Answer, Fetcher, Question, Spent};
use crate::parse::parse;
use crate::read::absent_hash;
use crate::{Credentials, Error, Freshness, MetadataRead, Read, RegistryConfig};

/// JSON if it can be had, HTML if not.
const ACCEPTED: HeaderValue = HeaderValue::from_static(
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01",
);

/// For indexes that answer 406 to a list.
const ACCEPTED_HTML: HeaderValue = HeaderValue::from_static("text/html");

/// An index that is asked over HTTP. Clones share its connections and its memory.
#[derive(Clone)]
pub(crate) struct PypiSimple(Arc<Index>);

struct Index {
    /// The folder of the projects; its path ends with `/`.
    base: Url,
    fetcher: Fetcher,
    page_limit: u64,
    wheel_limit: u64,
    pages: Memory<Listing>,
    metadata: Memory<Told>,
}

impl PypiSimple {
    /// Opens the index that `config` describes. Nothing is sent yet.
    pub(crate) fn open(config: &RegistryConfig) -> Result<Self, Error> {
        let Some(mut base) = config.url.clone() else {
            return Err(config.refuse("url", "is missing".to_owned()));
        };
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let mib = |size: u32| u64::from(size) << 20;
        Ok(Self(Arc::new(Index {
            fetcher: Fetcher::open(config, &base)?,
            base,
            page_limit: mib(config.max_body_mib),
            wheel_limit: mib(config.max_wheel_mib),
            // Pages weigh more than metadata: one of them lists all files of a project.
            pages: Memory::new(mib(config.cache_mib) / 4 * 3),
            metadata: Memory::new(mib(config.cache_mib) / 4),
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
        let spent = Spent::default();
        let key = Key::new(&document, credentials, [0; 32]);
        let kept = match index.pages.enter(key, freshness).await? {
            Entry::Held(kept) => kept,
            Entry::Open(open) => {
                let question =
                    index.page_question(name, &document, credentials, open.previous())?;
                match index.fetch_page(name, question, open.previous(), &spent).await {
                    Ok(kept) => open.fill(kept).await,
                    Err(error) => return Err(open.fail(error)),
                }
            }
        };
        Ok(kept.read(self.name(), document, &spent))
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

impl Index {
    /// The question for a project's page, with the validators of what is already known.
    fn page_question<'a>(
        &self,
        name: &Name,
        document: &'a str,
        credentials: Option<&'a Credentials>,
        previous: Option<&Kept<Listing>>,
    ) -> Result<Question<'a>, Error> {
        let url = self.base.join(&format!("{name}/")).map_err(|error| Error::Unusable {
            registry: Arc::clone(self.fetcher.registry()),
            document: document.to_owned(),
            reason: error.to_string(),
        })?;
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, ACCEPTED);
        if let Some(Standing::Policy { response, .. }) = previous.map(|kept| &kept.standing) {
            for (validator, condition) in
                [(ETAG, IF_NONE_MATCH), (LAST_MODIFIED, IF_MODIFIED_SINCE)]
            {
                if let Some(value) = response.get(validator) {
                    headers.insert(condition, value.clone());
                }
            }
        }
        Ok(Question { document, url, headers, credentials, limit: self.page_limit })
    }

    /// Asks for a page, and makes facts of the answer or keeps those that still hold.
    async fn fetch_page(
        &self,
        name: &Name,
        mut question: Question<'_>,
        previous: Option<&Kept<Listing>>,
        spent: &Spent,
    ) -> Result<Kept<Listing>, Error> {
        let mut answer = self.fetcher.get(&question, spent).await?;
        if answer.status == StatusCode::NOT_ACCEPTABLE {
            question.headers.insert(ACCEPT, ACCEPTED_HTML);
            answer = self.fetcher.get(&question, spent).await?;
        }
        let standing = Standing::of(&question, &answer);
        if answer.status == StatusCode::NOT_MODIFIED
            && let Some(previous) = previous
        {
            return Ok(previous.confirmed(&question, &answer));
        }
        if answer.is_absent() {
            return Ok(Kept::absent(standing));
        }
        if answer.status != StatusCode::OK {
            return Err(self.unusable(&question, format!("it answers {}", answer.status)));
        }
        let weight = answer.body.len();
        let validator = validator(&answer);
        let name = name.clone();
        let content_hash = *blake3::hash(&answer.body).as_bytes();
        let listing = parse(weight, move || {
            let content_type = answer.header(&CONTENT_TYPE).map(str::to_owned);
            page::read_page(&name, content_type.as_deref(), &answer.body, &answer.url)
        })
        .await
        .map_err(|reason| self.unusable(&question, reason))?;
        Ok(Kept {
            facts: Some(Arc::new(listing)),
            validator,
            content_hash,
            standing,
            vouched_at: SystemTime::now(),
            weight: u32::try_from(weight).unwrap_or(u32::MAX),
        })
    }

    fn unusable(&self, question: &Question<'_>, reason: String) -> Error {
        Error::Unusable {
            registry: Arc::clone(self.fetcher.registry()),
            document: question.document.to_owned(),
            reason,
        }
    }
}

/// What the registry calls this state of a document.
fn validator(answer: &Answer) -> Option<String> {
    answer.header(&ETAG).or_else(|| answer.header(&LAST_MODIFIED)).map(str::to_owned)
}

impl<T> Kept<T> {
    /// What is kept of a document that does not exist.
    fn absent(standing: Standing) -> Self {
        Self {
            facts: None,
            validator: None,
            content_hash: absent_hash(),
            standing,
            vouched_at: SystemTime::now(),
            weight: 64,
        }
    }
}
