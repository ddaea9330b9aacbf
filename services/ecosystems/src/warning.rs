//! What a lenient reading lets pass.

use std::fmt;

/// Something in a registry's document that no standard allows and that was read all the same, or
/// that had to be left out.
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct Warning {
    /// One sentence without a final stop, the thing in backticks.
    pub text: String,
}

impl Warning {
    /// Makes a warning from its sentence.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
