//! Reads a document over HTTP, as long as what was read of it before does not hold.
//!
//! Within the freshness that the registry or the caller states nobody is asked; after it the
//! document's validators go along, and a 304 keeps what was parsed. What "no such document" means is
//! the same for all registries: 404, 410 and 451.

use std::sync::Arc;

use http::header::{ACCEPT, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use http::{HeaderMap, HeaderValue, StatusCode};
use url::Url;

use crate::fetch::{Answer, Fetcher, Question, Spent};
use crate::memory::{Entry, Facts, Kept, Key, Memory, Standing, pack};
use crate::parse::parse;
use crate::{Credentials, Error, Freshness, Read};

/// One document that is wanted.
pub(crate) struct Wanted<'a> {
    /// What stamps and errors call it.
    pub(crate) document: &'a str,
    /// The package that it is about, as invalidations name it.
    pub(crate) package: &'a str,
    /// Where it lies.
    pub(crate) url: Url,
    /// The forms it is taken in: the first, and where that is answered with 406 the next.
    pub(crate) accepted: &'a [HeaderValue],
    /// The caller's credentials, in place of the configured ones.
    pub(crate) credentials: Option<&'a Credentials>,
    /// How old it may be.
    pub(crate) freshness: Freshness,
    /// The longest body, in bytes.
    pub(crate) limit: u64,
}

impl Wanted<'_> {
    /// Where it is kept: callers with credentials of their own share with nobody.
    pub(crate) fn key(&self) -> Key {
        Key::new((self.document, self.package), self.credentials, [0; 32])
    }

    /// The question, with the validators of what is already known.
    fn question<T>(&self, previous: Option<&Kept<T>>) -> Question<'_> {
        let mut headers = HeaderMap::new();
        if let Some(Standing::Policy(response)) = previous.map(|kept| &kept.standing) {
            for (validator, condition) in
                [(ETAG, IF_NONE_MATCH), (LAST_MODIFIED, IF_MODIFIED_SINCE)]
            {
                if let Some(value) = response.headers.get(validator) {
                    headers.insert(condition, value.clone());
                }
            }
        }
        Question {
            document: self.document,
            url: self.url.clone(),
            headers,
            credentials: self.credentials,
            limit: self.limit,
        }
    }
}

/// Reads a document from memory, or else from the registry.
pub(crate) async fn read<T: Facts>(
    memory: &Memory<T>,
    fetcher: &Fetcher,
    wanted: &Wanted<'_>,
    parse_answer: impl FnOnce(&Answer) -> Result<T, String> + Send + 'static,
) -> Result<Read<T>, Error> {
    let spent = Spent::default();
    let kept = match memory.enter(wanted.key(), wanted.freshness).await? {
        Entry::Held(kept) => kept,
        Entry::Open(open) => {
            match fetch(fetcher, wanted, open.previous(), &spent, parse_answer).await {
                Ok(kept) => open.fill(kept).await,
                Err(error) => return Err(open.fail(error)),
            }
        }
    };
    Ok(kept.read(fetcher.registry(), wanted.document.to_owned(), &spent))
}

/// Asks for a document, and makes facts of the answer or keeps those that still hold.
pub(crate) async fn fetch<T: Facts>(
    fetcher: &Fetcher,
    wanted: &Wanted<'_>,
    previous: Option<&Kept<T>>,
    spent: &Spent,
    parse_answer: impl FnOnce(&Answer) -> Result<T, String> + Send + 'static,
) -> Result<Kept<T>, Error> {
    let mut question = wanted.question(previous);
    let answer = ask(fetcher, &mut question, wanted.accepted, spent).await?;
    if answer.status == StatusCode::NOT_MODIFIED
        && let Some(previous) = previous
    {
        return Ok(previous.confirmed(&answer));
    }
    let standing = Standing::of(&answer);
    if answer.is_absent() {
        return Ok(Kept::absent(standing));
    }
    let unusable = |reason: String| Error::Unusable {
        registry: Arc::clone(fetcher.registry()),
        document: wanted.document.to_owned(),
        reason,
    };
    if answer.status != StatusCode::OK {
        return Err(unusable(format!("it answers {}", answer.status)));
    }
    let weight = answer.body.len();
    let validator = answer.validator();
    let work = move || {
        let facts = parse_answer(&answer)?;
        let packed = pack(&facts)?;
        Ok((facts, *blake3::hash(&packed).as_bytes(), packed))
    };
    let (facts, content_hash, packed) = parse(weight, work).await.map_err(unusable)?;
    let mut kept = Kept::new(Some(Arc::new(facts)), content_hash, standing);
    kept.validator = validator;
    kept.weight = u32::try_from(weight).unwrap_or(u32::MAX);
    kept.packed = Some(packed);
    Ok(kept)
}

/// Asks for the forms of a document, one after another, until one is acceptable.
async fn ask(
    fetcher: &Fetcher,
    question: &mut Question<'_>,
    accepted: &[HeaderValue],
    spent: &Spent,
) -> Result<Answer, Error> {
    let Some((last, others)) = accepted.split_last() else {
        return fetcher.get(question, spent).await;
    };
    for form in others {
        question.headers.insert(ACCEPT, form.clone());
        let answer = fetcher.get(question, spent).await?;
        if answer.status != StatusCode::NOT_ACCEPTABLE {
            return Ok(answer);
        }
    }
    question.headers.insert(ACCEPT, last.clone());
    fetcher.get(question, spent).await
}
