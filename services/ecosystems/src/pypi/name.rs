//! Names of projects, extras and dependency groups (PEP 503, PEP 685, PEP 735).

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// A normalised name: lower case, with runs of `-`, `_` and `.` folded into one `-`.
///
/// `Foo.Bar__baz` and `foo-bar-baz` are one name. What a person wrote is not kept.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "Arc<str>", into = "Arc<str>")]
pub struct Name(Arc<str>);

/// A text that is no name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a name: names are letters, digits, `.`, `-` and `_`, and begin and end with a letter or digit"
)]
pub struct NameError {
    /// What was given.
    pub text: String,
}

impl Name {
    /// Reads and normalises a name.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let bytes = text.as_bytes();
        let edges_fit = bytes.first().is_some_and(u8::is_ascii_alphanumeric)
            && bytes.last().is_some_and(u8::is_ascii_alphanumeric);
        let all_fit = bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || is_separator(*byte));
        if !edges_fit || !all_fit {
            return Err(NameError { text: text.to_owned() });
        }
        if is_normalised(bytes) {
            return Ok(Self(text.into()));
        }
        let mut normalised = String::with_capacity(text.len());
        for byte in text.bytes() {
            if !is_separator(byte) {
                normalised.push(char::from(byte.to_ascii_lowercase()));
            } else if !normalised.ends_with('-') {
                normalised.push('-');
            }
        }
        Ok(Self(normalised.into()))
    }

    /// The normalised text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b'-' | b'_' | b'.')
}

fn is_normalised(bytes: &[u8]) -> bool {
    let fits = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
    bytes.iter().all(fits) && !bytes.windows(2).any(|pair| pair == b"--")
}

impl TryFrom<Arc<str>> for Name {
    type Error = NameError;

    fn try_from(text: Arc<str>) -> Result<Self, NameError> {
        Self::parse(&text)
    }
}

impl From<Name> for Arc<str> {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_one_name() {
        for text in ["foo-bar", "Foo.Bar", "foo__bar", "FOO-_.bar"] {
            assert_eq!(Name::parse(text).map(|name| name.to_string()), Ok("foo-bar".to_owned()));
        }
    }

    #[test]
    fn names_begin_and_end_with_a_letter_or_digit() {
        for text in ["", "-foo", "foo-", "_x", "a b", "hi\n", "ünicode"] {
            assert!(Name::parse(text).is_err(), "{text:?}");
        }
    }
}
