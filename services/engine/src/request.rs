//! What a caller asks, before any text in it is understood.

use std::fmt::Display;
use std::time::Duration;

use ecosystems::Timestamp;
pub use ecosystems::cargo::Kind as CargoKind;
pub use ecosystems::pypi::Implementation;

use solver::Held;

use crate::Invalid;

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
    /// What to choose.
    pub policy: Policy,
    /// The versions that the client has.
    pub held: Vec<HeldTexts>,
    /// So many of the best versions of each package are tried for its acceptable ones; none for the
    /// server's own measure.
    pub reach: Option<u32>,
    /// When the caller leaves; none if it waits as long as it takes.
    pub answer_within: Option<Duration>,
    /// How old facts may be; none for what the registries' own headers say.
    pub max_staleness: Option<Duration>,
    /// Whether older facts will do, which are then confirmed for the next caller.
    pub stale_while_revalidate: bool,
    /// The token of the facts that the same request was answered from; none for those of now.
    pub snapshot_token: Option<String>,
    /// The name of an answer that the caller has: see [`Answer::id`](crate::Answer::id).
    pub known_answer: Option<String>,
    /// Steps of search at the most, below the server's own limit.
    pub max_steps: Option<u64>,
    /// Time for searching at the most, below the server's own limit.
    pub max_solve_time: Option<Duration>,
    /// Secrets for registries, by declared name. Never logged: `Debug` leaves them out.
    pub credentials: Vec<RegistrySecret>,
}

/// The versions of one package that the client has, as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeldTexts {
    /// The package.
    pub name: String,
    /// Ranges in the ecosystem's own syntax: a version in any of them is held.
    pub ranges: Vec<String>,
}

impl HeldTexts {
    /// Reads what the client has, in an ecosystem's own words, and notes what cannot be read.
    pub(crate) fn read_all<N: Clone + Ord, R, E: Display, F: Display>(
        held: &[Self],
        name: impl Fn(&str) -> Result<N, E>,
        range: impl Fn(&str) -> Result<R, F>,
        invalid: &mut Vec<Invalid>,
    ) -> Held<N, R> {
        let mut read = Held::default();
        for (place, one) in held.iter().enumerate() {
            let mut refuse = |field: String, reason: String| {
                invalid.push(Invalid { field, column: None, reason });
            };
            let name = name(&one.name)
                .map_err(|error| refuse(format!("held[{place}].name"), error.to_string()));
            for (at, text) in one.ranges.iter().enumerate() {
                match (&name, range(text)) {
                    (Ok(name), Ok(range)) => read.insert(name.clone(), range),
                    (Err(()), Ok(_)) => {}
                    (_, Err(error)) => {
                        refuse(format!("held[{place}].ranges[{at}]"), error.to_string());
                    }
                }
            }
        }
        read
    }
}

/// A project of one ecosystem.
#[derive(Clone, Debug)]
pub enum Project {
    /// Of Python packages.
    Pypi(PypiProject),
    /// Of crates.
    Cargo(CargoProject),
    /// Of JavaScript's packages.
    Npm(NpmProject),
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
    /// Packages that come from one registry only: the package's name, and the registry's declared
    /// one, which need not be among those of the request.
    pub registry_pins: Vec<(String, String)>,
    /// Metadata of releases, in the stead of what the registries have or cannot tell.
    pub supplied_metadata: Vec<SuppliedMetadata>,
    /// The interpreter and platform.
    pub environment: EnvironmentTexts,
}

/// A cargo workspace, or one package.
#[derive(Clone, Debug, Default)]
pub struct CargoProject {
    /// The packages of the project's own.
    pub members: Vec<CargoMember>,
    /// What they require.
    pub requirements: Vec<CargoRequirement>,
    /// What takes the place of a registry's crates.
    pub patches: Vec<CargoPatch>,
    /// Versions to keep as long as they can be kept.
    pub locked: Vec<CargoLocked>,
    /// The toolchain and target.
    pub environment: CargoEnvironment,
}

/// A package of a cargo project's own.
#[derive(Clone, Debug, Default)]
pub struct CargoMember {
    /// Its name.
    pub name: String,
    /// Its version; empty for `0.0.0`.
    pub version: String,
    /// Its features, with what each turns on.
    pub features: Vec<(String, Vec<String>)>,
    /// The native library that it links; empty for none.
    pub links: String,
    /// The Rust version that it supports; empty for none stated.
    pub rust_version: String,
    /// Whether others depend on it by path, and it is no member of the workspace.
    pub outside_workspace: bool,
    /// Whether it is a procedural macro.
    pub proc_macro: bool,
}

/// A dependency as `Cargo.toml` states it.
#[derive(Clone, Debug, Default)]
pub struct CargoRequirement {
    /// The member that states it, by place.
    pub member: usize,
    /// The crate's own name.
    pub name: String,
    /// The name under which the member knows it; empty for its own.
    pub alias: String,
    /// The versions that would do; empty for any.
    pub requirement: String,
    /// The features asked for beside `default`.
    pub features: Vec<String>,
    /// Whether `default` is left out.
    pub without_default_features: bool,
    /// Whether a feature has to ask for it.
    pub optional: bool,
    /// A triple or `cfg(…)`; empty for all targets.
    pub target: String,
    /// What it is for.
    pub kind: CargoKind,
    /// Where the crate comes from.
    pub source: CargoSource,
}

/// Where a crate comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CargoSource {
    /// A registry by its declared name; empty for the first.
    Registry(String),
    /// The member at a place.
    Member(usize),
}

impl Default for CargoSource {
    fn default() -> Self {
        Self::Registry(String::new())
    }
}

/// One entry of `[patch]`.
#[derive(Clone, Debug, Default)]
pub struct CargoPatch {
    /// The declared name of the registry whose crate is replaced; empty for the first.
    pub patched: String,
    /// The crate's own name.
    pub name: String,
    /// The versions that may be taken; empty for any.
    pub requirement: String,
    /// Where it comes from instead.
    pub source: CargoSource,
}

/// One package of an existing lock.
#[derive(Clone, Debug, Default)]
pub struct CargoLocked {
    /// The package.
    pub package: CargoLockedName,
    /// What the lock says that it depends on.
    pub dependencies: Vec<CargoLockedName>,
}

/// A package as a lock names it.
#[derive(Clone, Debug, Default)]
pub struct CargoLockedName {
    /// The crate.
    pub name: String,
    /// The version.
    pub version: String,
    /// The declared name of its registry; empty for a member, or else the first.
    pub registry: String,
}

/// A Rust toolchain and target, as written.
#[derive(Clone, Debug, Default)]
pub struct CargoEnvironment {
    /// The triple to build for; empty for the lock of all targets.
    pub target: String,
    /// The toolchain's version; empty for none.
    pub rust_version: String,
    /// cargo's resolver: 1, 2 or 3.
    pub resolver: u8,
    /// What is built.
    pub build: CargoBuild,
}

/// What is built of a workspace.
#[derive(Clone, Debug, Default)]
pub struct CargoBuild {
    /// The members, by place; none for all.
    pub members: Vec<usize>,
    /// Features as `FEATURE` or `MEMBER/FEATURE`.
    pub features: Vec<String>,
    /// All features.
    pub all_features: bool,
    /// Not the default ones.
    pub no_default_features: bool,
    /// What tests, examples and benchmarks need too.
    pub dev: bool,
    /// The triple of the machine that builds; empty for the target.
    pub host: String,
}

/// What a `package.json` asks for, with the folders that belong to it.
#[derive(Clone, Debug, Default)]
pub struct NpmProject {
    /// The project's own packages: the root, which may be absent, and its folders.
    pub members: Vec<NpmMember>,
    /// What they require, in their order.
    pub requirements: Vec<NpmRequirement>,
    /// What takes the place of what others require, in the order of the document.
    pub overrides: Vec<NpmOverride>,
    /// The tree of an existing lock.
    pub locked: Vec<NpmLocked>,
    /// Packages, or scopes with their slash, that come from one registry only: its declared name,
    /// which need not be among those of the request.
    pub registry_pins: Vec<(String, String)>,
    /// The runtime and npm's settings.
    pub environment: NpmEnvironment,
}

/// A package of an npm project's own.
#[derive(Clone, Debug, Default)]
pub struct NpmMember {
    /// Its name; empty for none.
    pub name: String,
    /// Its version; empty for none.
    pub version: String,
    /// Its folder, from the root; empty for the root itself.
    pub path: String,
    /// Whether it is met by `file:` alone, and is no workspace.
    pub outside_workspace: bool,
    /// The names of the dependencies in its own archive.
    pub bundled: Vec<String>,
}

/// A dependency as `package.json` states it.
#[derive(Clone, Debug, Default)]
pub struct NpmRequirement {
    /// The member that states it, by place; none for the root.
    pub member: Option<usize>,
    /// Where it is found when it is installed.
    pub name: String,
    /// What would do; empty for anything.
    pub spec: String,
    /// What it is for.
    pub kind: NpmKind,
}

/// What a dependency of npm's is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum NpmKind {
    /// To run.
    #[default]
    Normal,
    /// To develop.
    Dev,
    /// To run, if it can be installed.
    Optional,
    /// To be had by whoever uses the package.
    Peer,
    /// The same, if it is there at all.
    PeerOptional,
}

/// What takes the place of what others require.
#[derive(Clone, Debug, Default)]
pub struct NpmOverride {
    /// The packages beneath which it holds, outermost first.
    pub beneath: Vec<String>,
    /// The package, perhaps with a range; `.` for the innermost of those above.
    pub name: String,
    /// What would do instead.
    pub spec: String,
}

/// A place of an existing lock.
#[derive(Clone, Debug, Default)]
pub struct NpmLocked {
    /// The package's own name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where it lies.
    pub location: String,
    /// Where a link leads that lies there; empty for a package.
    pub link: String,
}

/// A runtime, and the settings of npm that change its answers, as written.
#[derive(Clone, Debug, Default)]
pub struct NpmEnvironment {
    /// The version of node; empty for none that counts.
    pub node_version: String,
    /// The version of npm; empty for none that counts.
    pub npm_version: String,
    /// The operating system in node's words; empty for all.
    pub os: String,
    /// The processor in node's words; empty for all.
    pub cpu: String,
    /// The C library; empty for all.
    pub libc: String,
    /// `legacy-peer-deps`.
    pub legacy_peer_deps: bool,
    /// `strict-peer-deps`.
    pub strict_peer_deps: bool,
    /// `prefer-dedupe`.
    pub prefer_dedupe: bool,
    /// Whether packages go into the folder of what depends on them (`install-strategy=nested`).
    pub nested: bool,
    /// Whether to look for other versions where npm refuses those that it takes first.
    pub adjusts: bool,
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
    /// Whether what the client has may change the choice.
    pub held: HeldPolicy,
    /// The packages whose wheels alone may be chosen; [`ALL_PACKAGES`] for all.
    pub only_binary: Vec<String>,
    /// The packages whose source distributions alone may be chosen; [`ALL_PACKAGES`] for all.
    pub no_binary: Vec<String>,
}

/// Whether what the client has may change the choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HeldPolicy {
    /// It does not.
    #[default]
    Freshest,
    /// Of the two others, the one that leaves less to be fetched.
    FewestBytes,
    /// What the client has is chosen wherever requirements admit it.
    FewestChanges,
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
