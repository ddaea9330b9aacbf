//! The names of answers, and of the facts that they rest on.

use std::fmt;

use ecosystems::Timestamp;
use registries::Stamp;
use serde::{Deserialize, Serialize};

/// Names the facts that an answer rests on, and the instant that a minimum age came to.
///
/// With the token of an earlier answer the same request is the same question, though it may have a
/// minimum age and time has passed: the instant is taken from the token. Written as 64 hexadecimal
/// digits, and where there is a minimum age a `.` and the instant in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Snapshot {
    facts: [u8; 32],
    pub(crate) cut_off: Option<Timestamp>,
}

impl Snapshot {
    /// The snapshot that consists of the documents with these stamps, in their order.
    pub(crate) fn of(stamps: &[Stamp], cut_off: Option<Timestamp>) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("quartermaster snapshot 1");
        for stamp in stamps {
            hasher.update(stamp.registry.as_bytes()).update(&[0]);
            hasher.update(stamp.document.as_bytes()).update(&[0]);
            hasher.update(&stamp.content_hash);
        }
        Self { facts: *hasher.finalize().as_bytes(), cut_off }
    }

    /// Reads a token; none if it is none.
    pub(crate) fn parse(token: &str) -> Option<Self> {
        let (facts, cut_off) = match token.split_once('.') {
            Some((facts, instant)) => {
                let microseconds: i64 = instant.parse().ok()?;
                (facts, Some(Timestamp::from_microseconds(microseconds)))
            }
            None => (token, None),
        };
        let snapshot = Self { facts: *blake3::Hash::from_hex(facts).ok()?.as_bytes(), cut_off };
        // One snapshot has one spelling.
        (snapshot.to_string() == token).then_some(snapshot)
    }
}

impl fmt::Display for Snapshot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&blake3::Hash::from_bytes(self.facts).to_hex())?;
        match self.cut_off {
            Some(instant) => write!(formatter, ".{}", instant.as_microseconds()),
            None => Ok(()),
        }
    }
}

/// Names one answer: the question, whose key covers who may see it, and the facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AnswerId([u8; 32]);

impl AnswerId {
    pub(crate) fn of(key: &cache::Key, snapshot: &str) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("quartermaster answer 1");
        hasher.update(key).update(snapshot.as_bytes());
        Self(*hasher.finalize().as_bytes())
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Reads what [`Display`](fmt::Display) writes: 64 hexadecimal digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let id = Self(*blake3::Hash::from_hex(text).ok()?.as_bytes());
        (id.to_string() == text).then_some(id)
    }
}

impl fmt::Display for AnswerId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(document: &str, content_hash: u8) -> Stamp {
        Stamp {
            registry: "pypi".into(),
            document: document.to_owned(),
            validator: None,
            content_hash: [content_hash; 32],
            read_at: Timestamp::from_microseconds(i64::from(content_hash)),
        }
    }

    #[test]
    fn a_token_names_documents_and_contents_and_no_times() {
        let token = |stamps: &[Stamp]| Snapshot::of(stamps, None).to_string();
        let one = token(&[stamp("pypi/a", 1)]);
        let later = Stamp { read_at: Timestamp::from_microseconds(9), ..stamp("pypi/a", 1) };
        assert_eq!(one, token(&[later]));
        for other in [vec![], vec![stamp("pypi/b", 1)], vec![stamp("pypi/a", 2)]] {
            assert_ne!(one, token(&other));
        }
    }

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let cut_off = Some(Timestamp::from_microseconds(-7));
        for snapshot in [Snapshot::of(&[], None), Snapshot::of(&[stamp("npm/a", 3)], cut_off)] {
            assert_eq!(Snapshot::parse(&snapshot.to_string()), Some(snapshot));
        }
        let facts = "ab".repeat(32);
        for text in ["", "x", &facts[1..], &facts.to_uppercase(), &format!("{facts}.")] {
            assert_eq!(Snapshot::parse(text), None, "{text}");
            assert_eq!(AnswerId::parse(text), None, "{text}");
        }
        for instant in ["+1", "01", "1e3", "9223372036854775808"] {
            assert_eq!(Snapshot::parse(&format!("{facts}.{instant}")), None, "{instant}");
        }
        assert_eq!(AnswerId::parse(&facts).map(|id| id.to_string()), Some(facts));
    }
}
