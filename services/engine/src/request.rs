//! What a caller asks, before any text in it is understood.

use std::time::Duration;

use ecosystems::Timestamp;
pub use ecosystems::pypi::Implementation;

/// One request: a project of one ecosystem, and how to answer.
///
/// Texts are as the caller wrote them. Fields that this version cannot honour do not exist here:
/// the door refuses them by name.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// What is to be resolved.
    pub project: Project,
    /// Declared names of registries, in order of priority; none for all that are declared.
    pub registries: Vec<String>,
    /// Packages that come from one registry only: the package's name, and the registry's declared
    /// one, which need not be among `registries`.
    pub registry_pins: Vec<(String, String)>,
    /// What to choose.
    pub policy: Policy,
    /// How old facts may be; none for what the registries' own headers say.
    pub max_staleness: Option<Duration>,
    /// Steps of search at the most, below the server's own limit.
    pub max_steps: Option<u64>,
    /// Time for searching at the most, below the server's own limit.
    pub max_solve_time: Option<Duration>,
    /// Secrets for registries, by declared name. Never logged: `Debug` leaves them out.
    pub credentials: Vec<RegistrySecret>,
}

/// A project of one ecosystem.
#[derive(Clone, Debug)]
pub enum Project {
    /// Of Python packages.
    Pypi(PypiProject),
}

impl Default for Project {
    fn default() -> Self {
        Self::Pypi(PypiProject::default())
    }
}

/// A project of Python packages.
#[derive(Clone, Debug, Default)]
pub struct PypiProject {
    /// What the project requires, in the caller's order.
    pub requirements: Vec<RequirementText>,
    /// Bounds on what others require.
    pub constraints: Vec<RequirementText>,
    /// Requirements in the stead of what others state.
    pub overrides: Vec<RequirementText>,
    /// Names whose requirements are left out.
    pub excludes: Vec<String>,
    /// Versions to keep as long as they can be kept: name and version.
    pub locked: Vec<(String, String)>,
    /// Metadata of releases, in the stead of what the registries have or cannot tell.
    pub supplied_metadata: Vec<SuppliedMetadata>,
    /// The interpreter and platform.
    pub environment: EnvironmentTexts,
}

/// A requirement as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequirementText {
    /// PEP 508.
    pub text: String,
    /// Hashes as `algorithm:hex`, one of which every file used must have.
    pub hashes: Vec<String>,
    /// The set it belongs to; empty for the main one.
    pub dependency_set: String,
}

/// The environment as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvironmentTexts {
    /// `3.12` or `3.12.4`.
    pub python_version: String,
    /// A platform by its name in uv, such as `x86_64-manylinux_2_28`.
    pub platform: String,
    /// Whether source distributions count as installable.
    pub allow_sdists: bool,
    /// Which interpreter runs.
    pub implementation: Implementation,
}

/// What to choose where there is a choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Newest or oldest.
    pub strategy: Strategy,
    /// Whether pre-releases may be chosen.
    pub prereleases: Prereleases,
    /// Nothing uploaded after this instant exists.
    pub before: Option<Timestamp>,
    /// Nothing younger than this exists; resolved to an instant when the request arrives, rounded
    /// down to the hour.
    pub minimum_age: Option<Duration>,
    /// The packages whose wheels alone may be chosen; [`ALL_PACKAGES`] for all.
    pub only_binary: Vec<String>,
    /// The packages whose source distributions alone may be chosen; [`ALL_PACKAGES`] for all.
    pub no_binary: Vec<String>,
}

/// Stands for every package in the lists of wheels and source distributions.
pub const ALL_PACKAGES: &str = ":all:";

/// What a release needs, as the caller has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SuppliedMetadata {
    /// The package.
    pub name: String,
    /// Its version.
    pub version: String,
    /// A core metadata document, whose own name and version must be these.
    pub document: Vec<u8>,
}

pub use solver::Strategy;
pub use solver::pypi::Prereleases;

/// A secret for one registry.
#[derive(Clone)]
pub struct RegistrySecret {
    /// The registry's declared name.
    pub registry: String,
    /// What the caller sent: a bearer token, or `user:password`.
    pub secret: String,
}

impl std::fmt::Debug for RegistrySecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegistrySecret").field("registry", &self.registry).finish_non_exhaustive()
    }
}
