//! Python's packages, as the PyPA specifications and `uv` read them.
//!
//! The traps that this module is written around:
//!
//! * `>1.7` excludes `1.7.post1` and `1.7+local`; `<1.7` excludes `1.7rc1`; `==1.1` matches
//!   `1.1+local` (PEP 440). See [`Specifier`].
//! * `python_version >= "3.9"` is a comparison of versions, but `platform_release >= "5"` one of
//!   strings wherever a side is no version (PEP 508). See [`Marker`].
//! * Yanking and `Requires-Python` belong to a file, not to a version (PEP 592, PEP 503). See
//!   [`Listing`].
//! * A version whose wheels all fit other platforms is no candidate at all. See [`Environment`].
//! * Extras are names too, and compare after normalisation (PEP 685). See [`Name`].

mod document;
mod environment;
mod filename;
mod listing;
mod marker;
mod metadata;
mod name;
mod platform;
mod requirement;
mod scanner;
mod specifier;
mod stored;
mod tags;
mod version;

pub use document::{DocumentError, RawFile, read_html_page, read_json_page};
pub use environment::{Environment, EnvironmentError, Preference, Python};
pub use filename::{BuildTag, DistributionFilename, FilenameError, WheelFilename};
pub use listing::{CoreMetadata, File, FileKind, Listing, ProjectStatus, Release, Yanked};
pub use marker::{Marker, MarkerContext};
pub use metadata::{Metadata, MetadataError};
pub use name::{Name, NameError};
pub use platform::{Platform, PlatformError};
pub use requirement::{Requirement, RequirementError, RequirementSource};
pub use specifier::{Cut, Operator, Runs, Span, Spans, Specifier, SpecifierError, Specifiers};
pub use tags::{Implementation, Misfit, TagRank, TagSet, WheelTags};
pub use version::{Version, VersionError, parse_version};
