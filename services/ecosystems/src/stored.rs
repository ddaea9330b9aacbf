//! What the compact forms of documents have in common.
//!
//! A document's facts have a form beside the registry's own, in which what repeats is written once and
//! named by its place. `serde` is its grammar: [`cargo::Listing`](crate::cargo::Listing),
//! [`npm::Packument`](crate::npm::Packument), [`pypi::Listing`](crate::pypi::Listing) and
//! [`pypi::Metadata`](crate::pypi::Metadata) are written and read in it, and formats that are no
//! text, such as postcard, make it small. It is a function of the facts alone: how a document came to
//! share its parts does not show, so that equal facts have equal bytes.
//!
//! What is read may come from anywhere. Places beyond a table, versions out of order and texts that
//! are none of their kind are errors; nothing that could be read breaks an invariant of its type.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;

use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};

/// Values with their places, in the order in which they first came.
pub(crate) struct Table<T> {
    places: HashMap<T, u32, FxBuildHasher>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { places: HashMap::default() }
    }
}

impl<T: Eq + Hash> Table<T> {
    /// The place of a value, which has one from then on.
    pub(crate) fn place(&mut self, value: T) -> u32 {
        // A document has fewer values than bytes, and fewer bytes than the places that there are.
        let next = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        *self.places.entry(value).or_insert(next)
    }

    /// The values in the order of their places.
    pub(crate) fn into_values(self) -> Vec<T> {
        let mut placed: Vec<(T, u32)> = self.places.into_iter().collect();
        placed.sort_unstable_by_key(|(_, place)| *place);
        placed.into_iter().map(|(value, _)| value).collect()
    }
}

/// Texts with their places.
pub(crate) type Texts<'a> = Table<Cow<'a, str>>;

/// The value at a place of a table.
pub(crate) fn at<T, E: serde::de::Error>(table: &[T], place: u32) -> Result<&T, E> {
    let found = usize::try_from(place).ok().and_then(|place| table.get(place));
    found.ok_or_else(|| E::custom(format_args!("there is nothing at place {place}")))
}

/// How many bytes a document's facts may take that a few bytes of its form stand for, since they name
/// one place again and again. No document that a registry is let publish comes near it.
const MOST_COPIED: usize = 256 << 20;

/// What may be copied yet while a document is read.
pub(crate) struct Allowance(Cell<usize>);

impl Default for Allowance {
    fn default() -> Self {
        Self(Cell::new(MOST_COPIED))
    }
}

impl Allowance {
    /// Takes some bytes, or says that there are too many.
    pub(crate) fn take<E: serde::de::Error>(&self, bytes: usize) -> Result<(), E> {
        let left = self.0.get().checked_sub(bytes);
        self.0.set(left.ok_or_else(|| E::custom("it says too much in too few bytes"))?);
        Ok(())
    }

    /// A copy of a text.
    pub(crate) fn copy<E: serde::de::Error>(&self, text: &str) -> Result<Box<str>, E> {
        self.take(text.len())?;
        Ok(text.into())
    }
}

/// What a reader says of a text that is not what it should be.
pub(crate) fn wrong<E: serde::de::Error>(reason: impl fmt::Display) -> E {
    E::custom(reason)
}

/// A hash: its 32 bytes where a text in hex says as much.
#[derive(Serialize, Deserialize)]
pub(crate) enum Hash256<T> {
    /// Behind the prefix that goes without saying.
    Bytes([u8; 32]),
    /// As written.
    Text(T),
}

impl<'a> Hash256<Cow<'a, str>> {
    /// The hash that a text with this prefix is.
    pub(crate) fn new(prefix: &str, text: &'a str) -> Self {
        match text.strip_prefix(prefix).and_then(bytes_of_hex) {
            Some(bytes) => Self::Bytes(bytes),
            None => Self::Text(text.into()),
        }
    }
}

impl Hash256<&str> {
    /// The text, with the prefix that went without saying.
    pub(crate) fn to_text(&self, prefix: &str) -> Box<str> {
        match self {
            Self::Text(text) => (*text).into(),
            Self::Bytes(bytes) => {
                const DIGITS: &[u8; 16] = b"0123456789abcdef";
                let mut text = String::with_capacity(prefix.len() + 2 * bytes.len());
                text.push_str(prefix);
                for byte in bytes {
                    for digit in [byte >> 4, byte & 15] {
                        text.push(char::from(DIGITS[usize::from(digit)]));
                    }
                }
                text.into()
            }
        }
    }
}

/// The bytes of 64 digits in lower case.
fn bytes_of_hex(text: &str) -> Option<[u8; 32]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; 32];
    if text.len() != 2 * bytes.len() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_written_as_it_was_whatever_its_form() {
        let plain = "0123456789abcdef".repeat(4);
        let texts = [
            format!("sha256:{plain}"),
            format!("sha256:{}", plain.to_uppercase()),
            plain.clone(),
            "md5:00".to_owned(),
            "sha256:".to_owned(),
            format!("sha256:{plain}0"),
        ];
        for (place, text) in texts.iter().enumerate() {
            let hash = Hash256::new("sha256:", text);
            assert_eq!(matches!(hash, Hash256::Bytes(_)), place == 0, "{text}");
            let read = match &hash {
                Hash256::Bytes(bytes) => Hash256::Bytes(*bytes),
                Hash256::Text(text) => Hash256::Text(&**text),
            };
            assert_eq!(&*read.to_text("sha256:"), text);
        }
    }

    #[test]
    fn places_are_given_in_the_order_of_arrival() {
        let mut table = Texts::default();
        let places = ["b", "a", "b", "c"].map(|text| table.place(text.into()));
        assert_eq!(places, [0, 1, 0, 2]);
        assert_eq!(table.into_values(), ["b", "a", "c"]);
        let found: Result<_, serde_json::Error> = at(&["x"], 1);
        assert!(found.is_err());
    }
}
