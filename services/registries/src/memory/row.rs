//! The form in which documents lie in a store.
//!
//! A document has a row with what was said of it, and its facts beside that: in the same row where they
//! cannot change, and in one of their own, which is named by their hash, where a 304 renews the rest
//! every few minutes. Both are written by postcard.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::distrust::Generation;
use super::kept::{Course, Kept, Response, Standing};

/// The form of rows, and of what readers make of documents. It rises with either: rows of another form
/// lie under other keys, and are never read.
pub(crate) const FORM: u8 = 1;

/// A row, as it is written.
#[derive(Serialize, Deserialize)]
struct Row<'a> {
    form: u8,
    generation: Generation,
    /// In microseconds since 1970.
    vouched_at: i64,
    validator: Option<&'a str>,
    content_hash: [u8; 32],
    weight: u32,
    #[serde(borrow)]
    standing: StoredStanding<'a>,
    facts: StoredFacts<'a>,
}

#[derive(Serialize, Deserialize)]
enum StoredStanding<'a> {
    Fixed,
    Policy {
        status: u16,
        /// In microseconds since 1970.
        received_at: i64,
        #[serde(borrow)]
        headers: Vec<(&'a str, &'a [u8])>,
    },
}

#[derive(Serialize, Deserialize)]
enum StoredFacts<'a> {
    /// There is no such document.
    None,
    Here(&'a [u8]),
    /// Under a key of their own.
    Apart,
}

/// A row, as it was read.
pub(super) struct Found {
    /// All but the facts, with the generation that the document bears.
    pub(super) kept: Kept<()>,
    /// The facts, unless they lie apart or there are none.
    pub(super) facts: Option<Bytes>,
}

/// The compact form of facts.
pub(crate) fn pack<T: Serialize>(facts: &T) -> Result<Bytes, String> {
    postcard::to_allocvec(facts).map(Bytes::from).map_err(|error| error.to_string())
}

/// The facts of a compact form.
pub(crate) fn unpack<T: DeserializeOwned>(packed: &[u8]) -> Result<T, String> {
    let (facts, rest) =
        postcard::take_from_bytes(packed).map_err(|error| format!("its facts: {error}"))?;
    if rest.is_empty() { Ok(facts) } else { Err("bytes stand behind its facts".to_owned()) }
}

/// Whether a document's facts are in its row.
pub(super) fn holds_facts(standing: &Standing) -> bool {
    matches!(standing, Standing::Fixed)
}

/// Writes a row; none for a document that is not kept.
pub(super) fn write<T>(kept: &Kept<T>) -> Option<Bytes> {
    let standing = match &kept.standing {
        Standing::Once => return None,
        Standing::Fixed => StoredStanding::Fixed,
        Standing::Policy(response) => StoredStanding::Policy {
            status: response.status.as_u16(),
            received_at: microseconds(response.received_at)?,
            headers: headers_of(&response.headers),
        },
    };
    let facts = match (&kept.facts, &kept.packed) {
        (None, _) => StoredFacts::None,
        (Some(_), Some(packed)) if holds_facts(&kept.standing) => StoredFacts::Here(packed),
        (Some(_), _) => StoredFacts::Apart,
    };
    let row = Row {
        form: FORM,
        generation: kept.course.generation,
        vouched_at: microseconds(kept.vouched_at)?,
        validator: kept.validator.as_deref(),
        content_hash: kept.content_hash,
        weight: kept.weight,
        standing,
        facts,
    };
    pack(&row).ok()
}

/// Reads a row, or says what is wrong with it.
pub(super) fn read(bytes: &Bytes) -> Result<Found, String> {
    let form = bytes.first().copied();
    if form != Some(FORM) {
        return Err(format!("its form is {form:?}, and {FORM} is known"));
    }
    let (row, rest): (Row<'_>, _) =
        postcard::take_from_bytes(bytes).map_err(|error| error.to_string())?;
    if !rest.is_empty() {
        return Err("bytes stand behind it".to_owned());
    }
    let standing = match row.standing {
        StoredStanding::Fixed => Standing::Fixed,
        StoredStanding::Policy { status, received_at, headers } => {
            let status = StatusCode::from_u16(status).map_err(|error| error.to_string())?;
            let received_at = instant(received_at)?;
            let response = Response::new(status, &read_headers(headers)?, received_at);
            Standing::Policy(response.ok_or("its response is not to be kept")?.into())
        }
    };
    let facts = match (&row.facts, &standing) {
        (StoredFacts::Here(facts), _) => Some(bytes.slice_ref(facts)),
        (StoredFacts::Apart, Standing::Fixed) => return Err("its facts are not there".to_owned()),
        (StoredFacts::Apart | StoredFacts::None, _) => None,
    };
    let kept = Kept {
        facts: (!matches!(row.facts, StoredFacts::None)).then(|| ().into()),
        validator: row.validator.map(str::to_owned),
        content_hash: row.content_hash,
        standing,
        vouched_at: instant(row.vouched_at)?,
        weight: row.weight,
        packed: None,
        course: Course { generation: row.generation, ..Course::default() },
    };
    Ok(Found { kept, facts })
}

fn headers_of(headers: &HeaderMap) -> Vec<(&str, &[u8])> {
    headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
}

fn read_headers(stored: Vec<(&str, &[u8])>) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in stored {
        let name = HeaderName::try_from(name).map_err(|error| error.to_string())?;
        let value = HeaderValue::try_from(value).map_err(|error| error.to_string())?;
        if headers.try_append(name, value).is_err() {
            return Err("it has more headers than any response".to_owned());
        }
    }
    Ok(headers)
}

/// Microseconds since 1970; none for an instant that is beyond all years.
fn microseconds(time: SystemTime) -> Option<i64> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_micros()).ok()
}

fn instant(microseconds: i64) -> Result<SystemTime, String> {
    // The year 9999, behind which other clocks end.
    const LAST: u64 = 253_402_300_799_000_000;
    let since = u64::try_from(microseconds).ok().filter(|since| *since <= LAST);
    let since = since.ok_or_else(|| format!("{microseconds} µs is no instant of a document"))?;
    Ok(SystemTime::UNIX_EPOCH + Duration::from_micros(since))
}

/// What a row says, written again; `None` if it cannot be read. For tests with hostile bytes.
#[doc(hidden)]
pub fn rewritten(bytes: &[u8]) -> Option<Bytes> {
    let mut found = read(&Bytes::copy_from_slice(bytes)).ok()?;
    found.kept.packed = found.facts;
    write(&found.kept)
}

#[cfg(test)]
mod tests;
