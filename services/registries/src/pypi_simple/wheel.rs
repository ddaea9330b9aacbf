//! Reads the metadata inside a wheel, and as little else of it as the server lets us.
//!
//! A wheel is a zip: its table of contents is at its end, and builders put the metadata right
//! before it. So the end is asked for first, then whatever the reading of the zip turns out to
//! miss. A server that does not know ranges answers with the whole wheel, which is taken up to a
//! limit.

use ecosystems::pypi::File;
use http::header::{ACCEPT_ENCODING, CONTENT_RANGE, ETAG, RANGE};
use http::{HeaderMap, HeaderValue, StatusCode};
use url::Url;

use super::metadata::{Found, LONGEST_METADATA, Search};
use crate::Error;
use crate::archive::wheel::{Need, Sparse, read_metadata};
use crate::fetch::Answer;
use crate::memory::Standing;
use crate::parse::parse;

/// How much of the end is asked for at first, in bytes.
const FIRST_RANGE: u64 = 32 << 10;
/// The least and the most that is asked for after that, in bytes.
const NEXT_RANGE: (u64, u64) = (32 << 10, 1 << 20);
/// How many ranges are asked for before the whole wheel would have been cheaper.
const MOST_RANGES: usize = 8;

/// Reads the metadata of the wheel `file`; `None` if the registry does not have the wheel.
pub(super) async fn read(search: &Search<'_>, file: &File) -> Result<Option<Found>, Error> {
    let url = search.url(file)?;
    let answer = ask(search, &url, Some(format!("bytes=-{FIRST_RANGE}"))).await?;
    match answer.status {
        _ if answer.is_absent() => Ok(None),
        StatusCode::PARTIAL_CONTENT => read_by_ranges(search, &url, answer).await.map(Some),
        StatusCode::OK => read_whole(search, file, &answer).await.map(Some),
        // A server that cannot count from the end says so, or says that the file has no such end.
        _ => {
            let answer = ask(search, &url, None).await?;
            match answer.status {
                _ if answer.is_absent() => Ok(None),
                StatusCode::OK => read_whole(search, file, &answer).await.map(Some),
                status => Err(search.unusable(format!("its wheel is answered with {status}"))),
            }
        }
    }
}

/// Asks for a file, or a part of it, as it lies on the server.
pub(super) async fn ask(
    search: &Search<'_>,
    url: &Url,
    range: Option<String>,
) -> Result<Answer, Error> {
    let mut headers = HeaderMap::new();
    // Ranges count the bytes of the wheel itself, and a wheel is compressed already.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if let Some(range) = range.and_then(|range| HeaderValue::try_from(range).ok()) {
        headers.insert(RANGE, range);
    }
    let question = search.question(url.clone(), headers, search.index.wheel_limit);
    search.index.fetcher.get(&question, search.spent).await
}

/// Reads a wheel that was sent whole, if it is the one that the listing means.
async fn read_whole(search: &Search<'_>, file: &File, answer: &Answer) -> Result<Found, Error> {
    let name = search.listing.name.clone();
    let read = move |wheel| match read_metadata(&Sparse::whole(wheel), &name, LONGEST_METADATA) {
        Ok(text) => Ok(text),
        Err(Need::Range(_)) => Err("its wheel ends early".to_owned()),
        Err(Need::Other(reason)) => Err(reason),
    };
    Ok(found(search.inside(file, &answer.body, read).await?, answer))
}

/// Reads a wheel range by range, beginning with its end.
async fn read_by_ranges(search: &Search<'_>, url: &Url, first: Answer) -> Result<Found, Error> {
    let (start, total) = content_range(search, &first)?;
    let mut sparse = Sparse::new(total);
    sparse.insert(start, first.body.clone());
    for _ in 0..MOST_RANGES {
        let missing = match read_known(search, sparse.clone()).await? {
            Ok(text) => return Ok(found(text, &first)),
            Err(Need::Other(reason)) => return Err(search.unusable(reason)),
            Err(Need::Range(position)) => sparse.gap(position, NEXT_RANGE),
        };
        if missing.is_empty() {
            return Err(search.unusable("its wheel ends early".to_owned()));
        }
        let range = format!("bytes={}-{}", missing.start, missing.end - 1);
        let answer = ask(search, url, Some(range)).await?;
        let is_same = answer.status == StatusCode::PARTIAL_CONTENT
            && content_range(search, &answer)? == (missing.start, total)
            && answer.headers.get(ETAG) == first.headers.get(ETAG);
        if !is_same || answer.body.is_empty() {
            return Err(search.unusable("its wheel changed while it was read".to_owned()));
        }
        sparse.insert(missing.start, answer.body);
        if sparse.known() > search.index.wheel_limit {
            break;
        }
    }
    Err(search.unusable(format!("its wheel needs more than {MOST_RANGES} ranges")))
}

/// Reads what is known of a wheel, apart from the threads that serve where that is much.
async fn read_known(search: &Search<'_>, sparse: Sparse) -> Result<Result<Vec<u8>, Need>, Error> {
    let name = search.listing.name.clone();
    let known = usize::try_from(sparse.known()).unwrap_or(usize::MAX);
    let read = parse(known, move || Ok(read_metadata(&sparse, &name, LONGEST_METADATA)));
    read.await.map_err(|reason| search.unusable(reason))
}

/// The start of the range that was sent, and the length of the whole.
fn content_range(search: &Search<'_>, answer: &Answer) -> Result<(u64, u64), Error> {
    let read = || {
        let text = answer.header(&CONTENT_RANGE)?.trim().strip_prefix("bytes ")?;
        let (range, total) = text.split_once('/')?;
        let (start, end) = range.split_once('-')?;
        let start: u64 = start.trim().parse().ok()?;
        let end: u64 = end.trim().parse().ok()?;
        let total: u64 = total.trim().parse().ok()?;
        let length = end.checked_sub(start)?.checked_add(1)?;
        (end < total && length == answer.body.len() as u64).then_some((start, total))
    };
    read().ok_or_else(|| search.unusable("its wheel comes in ranges that do not fit".to_owned()))
}

/// What was found in the file that came with `answer`.
pub(super) fn found(text: Vec<u8>, answer: &Answer) -> Found {
    Found { text, validator: answer.validator(), standing: Standing::Once }
}
