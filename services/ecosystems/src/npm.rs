//! npm's packages, as npm itself reads them.
//!
//! The traps that this module is written around:
//!
//! * A pre-release meets a range only where a comparator names the same three numbers; and what npm
//!   reads as a version or range is more than SemVer allows. See [`Version`] and [`Range`].
//! * The version that is taken is not the greatest that would do: `latest`, `engines` and
//!   deprecation come before. See [`pick()`].
//! * A spec may mean a tag, another package, a repository or a folder. See [`Spec`].
//! * Real documents hold whatever anybody ever published. See [`read_packument`].
//! * npm puts names in the order of the English language, not in that of their bytes. See
//!   [`locale_compare`].
//!
//! A tree is built of these so: [`read_packument`] once for each package; for each dependency
//! [`Requirement::spec`], which is read once and kept; [`Spec::target`] and [`pick()`] for the
//! version, or [`Range::contains`] for one that is there already.

mod collation;
mod name;
mod packument;
mod pick;
mod range;
mod spec;
mod version;

pub use collation::locale_compare;
pub use name::{Name, NameError};
pub use packument::{
    Command, Dependency, Engines, Integrity, Json, Manifest, Needs, Packument, PackumentError,
    Peer, Requirement, Tag, Traits, read_packument,
};
pub use pick::{Outside, PickError, PickRules, Picked, pick};
pub use range::{Range, RangeError, Reading};
pub use spec::{Alias, Foreign, ForeignKind, Spec, SpecError};
pub use version::{Version, VersionError};
