//! Instants as registries state them.

use std::fmt;

/// An instant in microseconds since 1970-01-01T00:00:00Z.
///
/// Upload times (PEP 700, cargo's `pubtime`, npm's `time`) are this precise at most. There is
/// deliberately no `now`: nothing below the engine reads a clock.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct Timestamp(i64);

/// A text that is not an instant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an instant of RFC 3339, such as 2025-12-01T00:00:00Z")]
pub struct TimestampError {
    /// What was given.
    pub text: String,
}

impl Timestamp {
    /// Makes an instant from microseconds since the Unix epoch.
    pub fn from_microseconds(microseconds: i64) -> Self {
        Self(microseconds)
    }

    /// Microseconds since the Unix epoch.
    pub fn as_microseconds(self) -> i64 {
        self.0
    }

    /// Reads an RFC 3339 instant with an offset, as `2025-12-01T00:00:00Z`.
    pub fn parse(text: &str) -> Result<Self, TimestampError> {
        text.parse::<jiff::Timestamp>()
            .map(|instant| Self(instant.as_microsecond()))
            .map_err(|_| TimestampError { text: text.to_owned() })
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(instant) => instant.fmt(f),
            Err(_) => write!(f, "{} µs", self.0),
        }
    }
}
