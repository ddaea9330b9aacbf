//! Names of packages.

use std::fmt;
use std::sync::Arc;

/// The name of a package in a registry, such as `serde_json`.
///
/// Names are compared as they are written: a registry refuses names that differ only in case or
/// in `-` and `_`, but cargo asks for exactly what is written.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(Arc<str>);

/// A text that is no name of a package.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a package name: letters, digits, `-` and `_`, with a letter or `_` first")]
pub struct NameError {
    /// What was given.
    pub text: String,
}

impl Name {
    /// Reads a name: letters and digits of any script, `-` and `_`, with a letter or `_` first
    /// (reference, "The manifest format", `name`). Registries are free to take fewer.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let is_inner = |c: char| unicode_ident::is_xid_continue(c) || c == '-';
        let is_first = |c: char| unicode_ident::is_xid_start(c) || c == '_';
        if text.starts_with(is_first) && text.chars().all(is_inner) {
            Ok(Self(text.into()))
        } else {
            Err(NameError { text: text.to_owned() })
        }
    }

    /// The name as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where the package's lines lie below the root of an index, such as `se/rd/serde`: in lower
    /// case (reference, "Registry index", "Index files").
    pub fn index_path(&self) -> String {
        let name = self.0.to_ascii_lowercase();
        let letters: Vec<char> = name.chars().collect();
        match letters[..] {
            [] | [_] => format!("1/{name}"),
            [_, _] => format!("2/{name}"),
            [a, _, _] => format!("3/{a}/{name}"),
            [a, b, c, d, ..] => format!("{a}{b}/{c}{d}/{name}"),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_letters_digits_and_two_marks() {
        for good in ["a", "serde_json", "Inflector", "_a", "x-1", "größe"] {
            assert!(Name::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "1a", "-a", "a b", "a/b", "Ⓐ", "a.b"] {
            assert!(Name::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn lines_lie_where_the_index_keeps_them() {
        let path = |name: &str| Name::parse(name).expect("a name").index_path();
        let paths = ["a", "ab", "abc", "Serde", "größe"].map(path);
        assert_eq!(paths, ["1/a", "2/ab", "3/a/abc", "se/rd/serde", "gr/öß/größe"]);
    }
}
