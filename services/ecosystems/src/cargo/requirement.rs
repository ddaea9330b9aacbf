//! Which versions a dependency takes.

use std::fmt;

use semver::{Op, VersionReq};

use super::Version;

/// A version requirement, such as `^1.2`, `=0.3.1` or `>=1, <3` (reference, "Specifying
/// dependencies").
///
/// Comparators are met all at once; there is no "or". A pre-release meets a requirement only where
/// a comparator with a pre-release names the same three numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Requirement(VersionReq);

/// A text that is no version requirement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a version requirement: {reason}")]
pub struct RequirementError {
    /// What was given.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Requirement {
    /// Reads a requirement; a version without an operator means `^`.
    pub fn parse(text: &str) -> Result<Self, RequirementError> {
        VersionReq::parse(text)
            .map(Self)
            .map_err(|error| RequirementError { text: text.to_owned(), reason: error.to_string() })
    }

    /// Whether a version meets the requirement.
    pub fn matches(&self, version: &Version) -> bool {
        self.0.matches(version)
    }

    /// Whether the requirement is `*`.
    pub fn is_any(&self) -> bool {
        self.0.comparators.is_empty()
    }

    /// Whether the requirement is one exact version.
    pub fn is_pin(&self) -> bool {
        let is_pin = |op| op == Op::Exact;
        matches!(&*self.0.comparators, [only] if is_pin(only.op) && only.patch.is_some())
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_take_what_the_reference_says() {
        for (requirement, yes, no) in [
            ("1.2.3", &["1.2.3", "1.9.0"][..], &["1.2.2", "2.0.0", "1.3.0-a"][..]),
            ("0.2", &["0.2.0", "0.2.9"], &["0.3.0", "0.1.9"]),
            ("0.0.3", &["0.0.3"], &["0.0.4"]),
            ("~1.2", &["1.2.9"], &["1.3.0"]),
            ("1.*", &["1.0.0", "1.9.9"], &["2.0.0"]),
            ("*", &["0.0.1", "9.0.0"], &["1.0.0-a"]),
            (">=1, <3", &["1.0.0", "2.9.0"], &["3.0.0", "0.9.0"]),
            ("=1.2.3", &["1.2.3", "1.2.3+build"], &["1.2.4"]),
            ("1.0.0-a", &["1.0.0-a", "1.0.0-b", "1.1.0"], &["1.1.0-a", "0.9.0"]),
            (">=0.6", &["0.6.0", "1.0.0"], &["0.5.9", "0.7.0-rc.1"]),
        ] {
            let read = Requirement::parse(requirement).expect("a requirement");
            let version = |text: &str| text.parse::<Version>().expect("a version");
            for text in yes {
                assert!(read.matches(&version(text)), "{requirement} {text}");
            }
            for text in no {
                assert!(!read.matches(&version(text)), "{requirement} {text}");
            }
        }
    }

    #[test]
    fn what_is_no_requirement_is_named() {
        for text in ["1 || 2", "x.y", ">1 <2", ""] {
            let error = Requirement::parse(text).expect_err("no requirement");
            assert!(error.to_string().starts_with(&format!("`{text}`")), "{error}");
        }
    }

    #[test]
    fn pins_name_one_version() {
        let is_pin = |text| Requirement::parse(text).expect("a requirement").is_pin();
        let is_any = |text| Requirement::parse(text).expect("a requirement").is_any();
        assert!(is_any("*") && !is_any("1.*") && !is_any(">=0.0.0"));
        assert!(is_pin("=1.2.3") && is_pin("=1.0.0-a"));
        assert!(!is_pin("=1.2") && !is_pin("1.2.3") && !is_pin("=1.2.3, <2"));
    }
}
