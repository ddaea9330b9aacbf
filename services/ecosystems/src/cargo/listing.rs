//! What an index says of one package: its releases, with what each needs.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::{CompatibilityLine, Features, Name, Requirement, RustVersion, Version};
use crate::{Timestamp, Warning};

/// The releases of one package, ascending by version, from one file of an index.
///
/// Invariant: versions are strictly ascending, those that differ in build metadata alone included,
/// so that a release's position is a dense name for its version as long as the file does not change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The package.
    pub name: Name,
    /// Its releases, ascending.
    pub releases: Vec<Release>,
    /// What could not be read, or was read against the reference.
    pub warnings: Vec<Warning>,
}

/// One version of a package (reference, "Registry index", "JSON schema").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The version as published, build metadata included.
    pub version: Version,
    /// What it depends on, in the order of the line.
    pub dependencies: Box<[Dependency]>,
    /// Its features.
    pub features: Features,
    /// The SHA-256 of the archive, in hex, where the line states one.
    pub checksum: Option<Box<str>>,
    /// Whether its owner has withdrawn it: then only a lock file may hold it.
    pub is_yanked: bool,
    /// The native library that it links, of which a build has one holder at the most.
    pub links: Option<Box<str>>,
    /// The oldest compiler that it works with, where it says so.
    pub rust_version: Option<RustVersion>,
    /// When it was published, where the index says so.
    pub published_at: Option<Timestamp>,
}

/// One dependency of a release, or of a manifest.
///
/// Most releases have the dependencies of the one before: clones share what is declared, and one that
/// is changed has it for itself from then on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Dependency(Arc<Declaration>);

/// What a dependency declares.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Declaration {
    /// What the manifest calls it. Features name it so.
    pub alias: Box<str>,
    /// What it is called in its registry.
    pub package: Name,
    /// The versions that would do.
    pub requirement: Requirement,
    /// What it is needed for.
    pub kind: Kind,
    /// The features that are asked of it, `default` aside.
    pub features: Box<[Box<str>]>,
    /// Whether its feature `default` is asked for too.
    pub uses_default_features: bool,
    /// Whether a feature has to ask for it.
    pub is_optional: bool,
    /// The target that it is for, as a triple or `cfg(…)`; none for all.
    pub target: Option<Box<str>>,
    /// The URL of its registry's index; none for the registry of the release itself.
    pub registry: Option<Box<str>>,
}

/// What a dependency is needed for (reference, "Specifying dependencies").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Whatever uses the package.
    #[default]
    Normal,
    /// The build script.
    Build,
    /// Tests, examples and benchmarks: nobody who depends on the package needs it.
    Dev,
}

impl From<Declaration> for Dependency {
    fn from(declaration: Declaration) -> Self {
        Self(Arc::new(declaration))
    }
}

impl Deref for Dependency {
    type Target = Declaration;

    fn deref(&self) -> &Declaration {
        &self.0
    }
}

impl DerefMut for Dependency {
    fn deref_mut(&mut self) -> &mut Declaration {
        Arc::make_mut(&mut self.0)
    }
}

impl Listing {
    /// The position of a version, build metadata included, if it is listed.
    pub fn position(&self, version: &Version) -> Option<usize> {
        self.releases.binary_search_by(|release| release.version.cmp(version)).ok()
    }
}

impl Release {
    /// The compatibility line that the release is of.
    pub fn line(&self) -> CompatibilityLine {
        CompatibilityLine::of(&self.version)
    }
}
