//! Versions (PEP 440).

use std::fmt;

pub use pep440_rs::Version;

/// A text that is no version of PEP 440.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a version: {reason}")]
pub struct VersionError {
    /// What was given.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
}

/// Longer texts are no versions that anybody publishes, and cost more to read than they tell.
const LONGEST_VERSION: usize = 256;

/// Writing a version out adds less than this: `rc` for `c` and `post` for `r` with their zeros.
const MOST_ADDED: usize = 32;

/// Reads a version in any of the spellings that PEP 440 folds into one, white space around it
/// included.
pub fn parse_version(text: &str) -> Result<Version, VersionError> {
    parse_bare_version(text.trim())
}

/// Reads a version that is cut out of a longer text, where white space has a meaning of its own.
pub(super) fn parse_bare_version(text: &str) -> Result<Version, VersionError> {
    let failed = |reason: &dyn fmt::Display| VersionError {
        text: text.chars().take(LONGEST_VERSION).collect(),
        reason: reason.to_string(),
    };
    if text.len() > LONGEST_VERSION {
        return Err(failed(&format_args!("it has more than {LONGEST_VERSION} bytes")));
    }
    let version = text.parse::<Version>().map_err(|error| failed(&error))?;
    // What is written out in full must be readable again: `1c` is written `1rc0`.
    if text.len() > LONGEST_VERSION - MOST_ADDED && version.to_string().len() > LONGEST_VERSION {
        return Err(failed(&format_args!("written out it has more than {LONGEST_VERSION} bytes")));
    }
    Ok(version)
}
