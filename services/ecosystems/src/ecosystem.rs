//! The closed list of ecosystems.

use std::fmt;

/// A family of registries with one meaning of names, versions and requirements.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Ecosystem {
    /// Python: PEP 440 versions, PEP 508 requirements, one version per name and environment.
    Pypi,
    /// JavaScript: node-semver ranges, several versions of a name side by side.
    Npm,
    /// Rust: cargo's semver requirements, one version per compatibility line.
    Cargo,
}

impl Ecosystem {
    /// The name used on command lines and in configuration: `pypi`, `npm` or `cargo`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pypi => "pypi",
            Self::Npm => "npm",
            Self::Cargo => "cargo",
        }
    }
}

impl fmt::Display for Ecosystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
