//! Placeholder while the search is brought up.
use crate::search::Derivation;
/// A conflict.
#[derive(Debug)]
pub struct Conflict {
    /// text
    pub text: String,
}
impl Conflict {
    pub(crate) fn from_derivation<R>(derivation: &Derivation, _rules: &R) -> Self {
        Self { text: format!("{derivation:?}").chars().take(2000).collect() }
    }
}
