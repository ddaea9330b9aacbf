//! Rust's packages, as the cargo reference and cargo itself read them.
//!
//! The traps that this module is written around:
//!
//! * A dependency of an index line is known by the name that its manifest gives it; `package` is
//!   what it is called in the registry. No `registry` means the registry of the line itself, and
//!   no `kind` a normal dependency. See [`Dependency`].
//! * A pre-release meets a requirement only where a comparator names the same three numbers. See
//!   [`Requirement`].
//! * An optional dependency is a feature of its own name unless any feature names it by `dep:`.
//!   See [`Features`].
//! * Versions that differ in build metadata alone should not be, and are. See [`read_index`].
//!
//! Conditions on targets stay texts in documents, since a lock file is for all targets at once. What
//! is built for one of them asks a [`Condition`] about a [`Platform`].

mod document;
mod features;
mod line;
mod listing;
mod name;
mod platform;
mod requirement;
mod rust_version;
mod stored;

pub use document::{DocumentError, read_index};
pub use features::{Activation, FeatureError, FeatureValue, Features};
pub use line::CompatibilityLine;
pub use listing::{Declaration, Dependency, Kind, Listing, Release};
pub use name::{Name, NameError};
pub use platform::{Condition, ConditionError, Platform, PlatformError};
pub use requirement::{Requirement, RequirementError};
pub use rust_version::{RustVersion, RustVersionError};
pub use semver::Version;
