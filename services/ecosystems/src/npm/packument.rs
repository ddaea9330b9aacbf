//! What a registry says of one package: its versions, with what each needs.

mod integrity;
mod read;
mod scalar;
mod shape;
mod stored;
mod traits;

pub use read::{PackumentError, read_packument};

use std::fmt;
use std::num::NonZeroU64;
use std::sync::{Arc, OnceLock};

use super::{Name, Range, Reading, Spec, SpecError, Version};
use crate::{Timestamp, Warning};

/// The versions of one package, from one document of a registry (npm, "package metadata").
///
/// Both forms of the document are read: the full one (`application/json`), and the abbreviated one
/// (`application/vnd.npm.install-v1+json`), which has no `time`, `license` and `funding`. What
/// repeats from version to version is kept once, and shared.
///
/// Invariant: manifests ascend by [`Version::cmp_precedence`], so that a position is a dense name
/// for a version as long as the document does not change. Of two that differ in build metadata
/// alone, the one that comes first in the document stands last, since npm prefers it.
#[derive(Clone, Debug)]
pub struct Packument {
    /// The package.
    pub name: Name,
    /// Its published versions, ascending.
    pub manifests: Vec<Manifest>,
    /// Its tags, in the document's order.
    pub tags: Box<[Tag]>,
    /// Versions that are not simply published, where there are any.
    pub(super) unpublished: Option<Box<Unpublished>>,
    /// What could not be read, or was read against the documentation.
    pub warnings: Vec<Warning>,
}

/// Versions that stand beside the published ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Unpublished {
    /// Those that wait to be published (`stagedVersions`), ascending.
    pub(super) staged: Vec<Manifest>,
    /// Those that a policy of the registry forbids (`policyRestrictions`), ascending.
    pub(super) restricted: Vec<Manifest>,
    /// What the registry says to those who ask for a forbidden one.
    pub(super) message: Box<str>,
}

/// A name for one version, such as `latest`.
#[derive(Clone, Debug)]
pub struct Tag {
    /// What it is called.
    pub name: Arc<str>,
    /// The version, as the document spells it. It need not be listed.
    pub version: Arc<str>,
    /// Where the version stands among the published ones.
    pub position: Option<u32>,
    /// When the version was published, where the document says so.
    pub published_at: Option<Timestamp>,
}

/// One version of a package: what its `package.json` says to installers, and where its archive is.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The version that it is listed as.
    pub version: Version,
    /// What it depends on. Versions that depend on the same share it.
    pub needs: Arc<Needs>,
    /// What else it says. Versions that say the same share it.
    pub traits: Arc<Traits>,
    /// What its archive's bytes are to be, as `integrity` or else `shasum` says.
    pub integrity: Option<Integrity>,
    /// The size of the unpacked files in bytes, where it is stated.
    pub unpacked_size: Option<NonZeroU64>,
    /// When it was published, where the document says so.
    pub published_at: Option<Timestamp>,
    tarball: Tarball,
    /// What is not as it should be.
    odd: Option<Box<Odd>>,
}

/// Where an archive is.
#[derive(Clone, Debug)]
enum Tarball {
    Unstated,
    /// Behind this text come the version and `.tgz`.
    Usual(Arc<str>),
    Other(Arc<str>),
}

/// What a manifest says otherwise than others.
#[derive(Clone, Debug, Default)]
struct Odd {
    /// What it is listed as, where that is not how its version is written.
    key: Option<Box<str>>,
    /// The version in the manifest, where it is not what it is listed as.
    stated_version: Option<Box<str>>,
}

/// What a version depends on. All lists are in the order of the document, which is the order in
/// which npm goes through them; a name is in a list once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Packages that it needs, without those that `optional` holds, which override them.
    pub dependencies: Arc<[Dependency]>,
    /// Packages that it makes use of if they can be installed (`optionalDependencies`).
    pub optional: Arc<[Dependency]>,
    /// Packages that whoever depends on it is to have beside it (`peerDependencies`).
    pub peers: Arc<[Peer]>,
    /// `peerDependenciesMeta` as written.
    pub peer_meta: Option<Json>,
    /// Names of those that lie in its archive; where all of them do, they are listed.
    pub bundled: Arc<[Arc<str>]>,
    /// Other specs that an edge to a package accepts (`acceptDependencies`).
    pub accepted: Arc<[Dependency]>,
}

/// One name and spec from a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// Where it is to be found when it is installed: the package's own name, unless the spec is an
    /// alias.
    pub name: Name,
    /// What would do.
    pub requirement: Requirement,
}

/// A package that is to be had by whoever depends on another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The package, and what of it would do.
    pub dependency: Dependency,
    /// Whether it may be missing. If it is there, it must do all the same.
    pub is_optional: bool,
}

/// The spec of a dependency: its text, and what it means, which is read when it is first asked for.
#[derive(Clone)]
pub struct Requirement(Arc<Written>);

/// A spec as written, and as read.
struct Written {
    text: Box<str>,
    // Most specs are never asked for: a box keeps them small.
    spec: OnceLock<Box<Result<Spec, SpecError>>>,
}

/// What a version says beside its needs.
#[derive(Clone, Debug, Default)]
pub struct Traits {
    /// What it runs on.
    pub engines: Option<Engines>,
    /// Operating systems, `!` before those that it does not run on; none for all.
    pub os: Option<Arc<[Arc<str>]>>,
    /// Processors, in the same way.
    pub cpu: Option<Arc<[Arc<str>]>>,
    /// C libraries, in the same way.
    pub libc: Option<Arc<[Arc<str>]>>,
    /// Its commands (`bin`), sorted out as npm does.
    pub commands: Option<Arc<[Command]>>,
    /// Why it should not be used; empty where nothing more is said.
    pub deprecated: Option<Arc<str>>,
    /// Its licence: a text, or whatever else stands there.
    pub license: Option<Json>,
    /// Who asks for money for it: an object with a `url`, or a list of them.
    pub funding: Option<Json>,
    /// Whether something is run when it is installed.
    pub has_install_script: bool,
    /// Whether its archive has a lock file of its own.
    pub has_shrinkwrap: bool,
}

/// A command that a version installs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// What it is called: a plain name.
    pub name: Arc<str>,
    /// Its file, as a path below the package.
    pub file: Arc<str>,
}

/// What a version runs on (`engines`).
#[derive(Clone, Debug)]
pub struct Engines {
    /// The field as written: names and ranges, or in old packages a list or a text.
    pub json: Json,
    node: Option<Engine>,
    npm: Option<Engine>,
}

/// One range of `engines`, which is read when it is first asked for.
#[derive(Clone, Debug)]
struct Engine {
    /// None for what is no text, which no version meets.
    text: Option<Box<str>>,
    range: OnceLock<Option<Range>>,
}

/// A piece of a document that is passed on and not understood.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Json(Arc<str>);

/// What the bytes of an archive are to be (W3C, "Subresource Integrity").
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Integrity {
    /// Their SHA-512.
    Sha512([u8; 64]),
    /// Their SHA-1, of old packages.
    Sha1([u8; 20]),
    /// Several, or others, as written.
    Other(Arc<str>),
}

impl Packument {
    /// The published version that a document lists under this very text.
    pub fn manifest(&self, version: &str) -> Option<&Manifest> {
        let position = position(&self.manifests, version)?;
        self.manifests.get(position)
    }

    /// Whether a policy of the registry forbids a version.
    pub fn forbids(&self, manifest: &Manifest) -> bool {
        let unpublished = self.unpublished.as_ref();
        unpublished.is_some_and(|all| position(&all.restricted, &manifest.key()).is_some())
    }

    /// The tag of that name.
    pub fn tag(&self, name: &str) -> Option<&Tag> {
        self.tags.iter().find(|tag| &*tag.name == name)
    }
}

/// The place of the version that is listed under a text.
pub(super) fn position(ascending: &[Manifest], key: &str) -> Option<usize> {
    let version = Version::parse(key).ok()?;
    let start = ascending.partition_point(|item| item.version.cmp_precedence(&version).is_lt());
    let same =
        ascending[start..].iter().take_while(|item| item.version.cmp_precedence(&version).is_eq());
    same.enumerate()
        .find(|(_, item)| item.is_listed_as(key, &version))
        .map(|(place, _)| start + place)
}

impl Manifest {
    /// What npm calls the version: what the manifest itself says, which in very odd documents is not
    /// what it is listed as.
    pub fn stated_version(&self) -> String {
        let stated = self.odd.as_ref().and_then(|odd| odd.stated_version.as_deref());
        stated.map_or_else(|| self.key(), ToOwned::to_owned)
    }

    /// The text that the document lists it under.
    pub fn key(&self) -> String {
        let key = self.odd.as_ref().and_then(|odd| odd.key.as_deref());
        key.map_or_else(|| self.version.to_string(), ToOwned::to_owned)
    }

    /// The URL of the archive, as the document states it.
    pub fn tarball(&self) -> Option<String> {
        match &self.tarball {
            Tarball::Unstated => None,
            Tarball::Usual(start) => Some(format!("{start}{}.tgz", self.key())),
            Tarball::Other(url) => Some(url.to_string()),
        }
    }

    fn is_listed_as(&self, key: &str, version: &Version) -> bool {
        match self.odd.as_ref().and_then(|odd| odd.key.as_deref()) {
            Some(own) => own == key,
            None => self.version == *version && key == version.to_string(),
        }
    }
}

impl Requirement {
    /// Makes one from its text.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(Arc::new(Written { text: text.into(), spec: OnceLock::new() }))
    }

    /// The text as written.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// What it means.
    ///
    /// # Errors
    ///
    /// If npm would refuse it.
    pub fn spec(&self) -> Result<&Spec, &SpecError> {
        let read = || Box::new(Spec::parse(&self.0.text));
        self.0.spec.get_or_init(read).as_ref().as_ref()
    }
}

impl PartialEq for Requirement {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.as_str() == other.as_str()
    }
}

impl Eq for Requirement {}

impl fmt::Debug for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Requirement({:?})", self.as_str())
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Engines {
    /// What it says of node, where that is a text.
    pub fn node(&self) -> Option<&str> {
        self.node.as_ref()?.text.as_deref()
    }

    /// What it says of npm, where that is a text.
    pub fn npm(&self) -> Option<&str> {
        self.npm.as_ref()?.text.as_deref()
    }

    /// Whether versions of node and npm would do; none is one that everything runs on
    /// (npm-install-checks, `checkEngine`). No version meets what is no range.
    pub fn are_met(&self, node: Option<&Version>, npm: Option<&Version>) -> bool {
        let is_met = |engine: &Option<Engine>, version: Option<&Version>| match (engine, version) {
            (Some(engine), Some(version)) => engine.is_met_by(version),
            _ => true,
        };
        is_met(&self.node, node) && is_met(&self.npm, npm)
    }
}

impl Engine {
    fn is_met_by(&self, version: &Version) -> bool {
        let read = || Range::parse(self.text.as_deref()?, Reading::ENGINE).ok();
        self.range.get_or_init(read).as_ref().is_some_and(|range| range.contains(version))
    }
}

impl Json {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value. Names in objects are in the order of their bytes.
    pub fn to_value(&self) -> serde_json::Value {
        serde_json::from_str(&self.0).unwrap_or_default()
    }
}
