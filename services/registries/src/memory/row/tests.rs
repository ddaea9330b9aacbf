use http::header::{CACHE_CONTROL, ETAG};

use super::*;
use crate::memory::kept::Response;

/// A row as it was when stores began to keep documents: `tests/hostile/stored_row/`.
macro_rules! golden {
    ($name:literal) => {
        Bytes::from_static(include_bytes!(concat!("../../../tests/hostile/stored_row/", $name)))
    };
}

fn at(microseconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_micros(microseconds)
}

fn policy() -> Standing {
    let mut headers = HeaderMap::new();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("max-age=600"));
    headers.insert(ETAG, HeaderValue::from_static("\"abc\""));
    let response = Response::new(StatusCode::OK, &headers, at(1_700_000_000_000_000));
    Standing::Policy(response.expect("it may be kept").into())
}

/// The document that each golden row is of.
fn kept(standing: Standing, facts: Option<&'static [u8]>) -> Kept<()> {
    let mut kept = Kept::new(facts.map(|_| ().into()), [7; 32], standing);
    kept.validator = Some("\"abc\"".to_owned());
    kept.vouched_at = at(1_700_000_600_000_000);
    kept.weight = 1234;
    kept.course.generation = [9; 16];
    kept.packed = facts.filter(|facts| !facts.is_empty()).map(Bytes::from_static);
    kept
}

#[test]
fn rows_are_written_and_read_as_ever() {
    for (name, row, kept) in [
        ("policy", golden!("policy"), kept(policy(), Some(b""))),
        ("fixed", golden!("fixed"), kept(Standing::Fixed, Some(b"facts"))),
        ("absent", golden!("absent"), kept(policy(), None)),
    ] {
        let written = write(&kept).expect("the document is kept");
        assert!(written == row, "{name}: {written:?}");
        let found = read(&row).expect("the row can be read");
        assert_eq!(found.facts, kept.packed, "{name}");
        assert_eq!(found.kept.facts, kept.facts, "{name}");
        assert_eq!(found.kept.validator, kept.validator, "{name}");
        assert_eq!(found.kept.vouched_at, kept.vouched_at, "{name}");
        assert_eq!((found.kept.weight, found.kept.content_hash), (1234, [7; 32]), "{name}");
        assert_eq!(found.kept.course.generation, [9; 16], "{name}");
        if let (Standing::Policy(read), Standing::Policy(own)) =
            (&found.kept.standing, &kept.standing)
        {
            assert_eq!((&read.headers, read.status), (&own.headers, own.status), "{name}");
            assert_eq!(read.received_at, own.received_at, "{name}");
        } else {
            assert_eq!(name, "fixed");
        }
    }
    assert!(write(&kept(Standing::Once, None)).is_none());
}

#[test]
fn rows_of_another_form_and_of_absurd_instants_are_refused() {
    let row = golden!("policy");
    let reason = |bytes: Vec<u8>| read(&bytes.into()).err().unwrap_or_default();
    assert!(reason(Vec::new()).contains("form"));
    assert!(reason([&[FORM + 1], &row[1..]].concat()).contains("form"));
    assert!(reason([&row[..], b"x"].concat()).contains("behind"));
    for end in 0..row.len() {
        assert!(read(&row.slice(..end)).is_err(), "{end}");
    }
    let mut late = kept(policy(), None);
    late.vouched_at = at(253_402_300_799_000_001);
    let late = write(&late).expect("the document is kept");
    assert!(reason(late.to_vec()).contains("no instant"));
    let mut early = kept(policy(), None);
    early.vouched_at = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
    assert!(write(&early).is_none());
}
