//! What a caller is told.

use ecosystems::Timestamp;
use registries::Stamp;
use solver::conflict::Obstacle;

/// What came of a request, and the facts it rests on.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What came of it.
    pub outcome: Outcome,
    /// What the caller should know besides.
    pub warnings: Vec<Warning>,
    /// The stamps of all facts used, those of absent documents included, in a fixed order.
    pub stamps: Vec<Stamp>,
    /// The key of the canonical request, in hexadecimal.
    pub key: String,
    /// The snapshot token, which names the set of facts; empty for an answer that is not remembered.
    pub snapshot_token: String,
    /// The answer's own name, in hexadecimal: the hash of key and token. Empty likewise.
    pub id: String,
}

/// What came of a request.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Everything that is to be installed.
    Solution(Solution),
    /// Nothing meets all requirements, and why.
    Conflict(Conflict),
    /// Metadata that would need a build: nothing is built here.
    Needs(Vec<Need>),
    /// The budget is spent.
    Exhausted(Exhausted),
}

/// Everything that is to be installed, by the registry that stores it.
#[derive(Clone, Debug, Default)]
pub struct Solution {
    /// The registries, in order of priority.
    pub groups: Vec<Group>,
    /// What the project's own requirements point to.
    pub root_edges: Vec<Edge>,
    /// The project's own packages.
    pub members: Vec<MemberPick>,
    /// Patches that nothing uses.
    pub unused_patches: Vec<UnusedPatch>,
}

/// A package of the project's own.
#[derive(Clone, Debug, Default)]
pub struct MemberPick {
    /// What edges call it.
    pub slot: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its features that are on.
    pub features: Vec<String>,
    /// Of npm's, where it lies and what it is there for.
    pub npm: Option<NpmFolder>,
}

/// A folder of an npm project's own.
#[derive(Clone, Debug, Default)]
pub struct NpmFolder {
    /// Where it is, from the project's root.
    pub path: String,
    /// What it is there for.
    pub purpose: NpmPurpose,
    /// Where links to it lie, and what they are there for.
    pub links: Vec<(String, NpmPurpose)>,
}

/// A patch that nothing uses.
#[derive(Clone, Debug, Default)]
pub struct UnusedPatch {
    /// Its place in the request's list.
    pub patch: usize,
    /// The package.
    pub name: String,
    /// The version it leads to; empty for none.
    pub version: String,
    /// What a lock calls the registry that it leads to; empty for a member.
    pub lock_source: String,
}

/// The packages of one registry.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// The registry's declared name.
    pub registry: String,
    /// Its kind, such as `pypi-simple`.
    pub kind: String,
    /// The URL under which clients reach it; empty if none is configured.
    pub public_url: String,
    /// What a lock calls it; empty if nothing is configured.
    pub lock_source: String,
    /// The packages, by name.
    pub packages: Vec<Package>,
}

/// One chosen version.
#[derive(Clone, Debug, Default)]
pub struct Package {
    /// What edges call it.
    pub slot: String,
    /// The canonical name.
    pub name: String,
    /// The version.
    pub version: String,
    /// The versions that may fill its place.
    pub acceptable: Acceptable,
    /// The files that may be installed.
    pub artifacts: Vec<Artifact>,
    /// What the acceptable versions require here.
    pub edges: Vec<Edge>,
    /// What edges ask of it, each with the acceptable versions that meet it.
    pub admitted: Vec<Admitted>,
    /// So many newer versions are there.
    pub behind: u32,
    /// Whether the project requires it directly.
    pub direct: bool,
    /// Whether it is withdrawn.
    pub yanked: bool,
    /// What only its ecosystem has.
    pub details: Details,
}

impl Package {
    /// What the chosen version requires here.
    pub fn chosen_edges(&self) -> impl Iterator<Item = &Edge> {
        // The chosen version is the first of those acceptable.
        self.edges.iter().filter(|edge| edge.versions.is_empty() || edge.versions.contains(&0))
    }
}

/// The versions that may fill a place, whatever fills the others.
#[derive(Clone, Debug, Default)]
pub struct Acceptable {
    /// The versions, best first: the chosen one, then the others.
    pub versions: Vec<String>,
    /// Those that the client has, by place.
    pub held: Vec<u32>,
    /// How far the list goes.
    pub completeness: Completeness,
}

/// How far a list of acceptable versions goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Completeness {
    /// No other version was tried.
    #[default]
    NotTried,
    /// Every candidate was tried.
    Complete,
    /// Every candidate within reach was tried.
    Reach,
    /// Time was up before all were tried.
    Budget,
    /// What a candidate needs could not be read.
    Unreadable,
}

/// A range, and what it admits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Admitted {
    /// The range, as edges have it.
    pub range: String,
    /// The extras or features that edges have with it, sorted.
    pub extras: Vec<String>,
    /// The acceptable versions that are in it, by place.
    pub versions: Vec<u32>,
}

/// What only one ecosystem's packages have.
#[derive(Clone, Debug)]
pub enum Details {
    /// Of a Python package.
    Pypi(PypiDetails),
    /// Of a crate.
    Cargo(CargoDetails),
    /// Of a package of npm's.
    Npm(NpmDetails),
}

impl Default for Details {
    fn default() -> Self {
        Self::Pypi(PypiDetails::default())
    }
}

/// What only Python packages have.
#[derive(Clone, Debug, Default)]
pub struct PypiDetails {
    /// The extras that are on.
    pub extras: Vec<String>,
    /// `Requires-Python` of its files, where they agree.
    pub requires_python: String,
}

/// What only crates have.
#[derive(Clone, Debug, Default)]
pub struct CargoDetails {
    /// The features that are on; with a target, those it is compiled with for that.
    pub features: Vec<String>,
    /// The SHA-256 of the crate file, in hexadecimal.
    pub checksum: String,
    /// The native library that it links; empty for none.
    pub links: String,
    /// The Rust version that it asks for; empty for none.
    pub rust_version: String,
    /// With a target, how it is built.
    pub build: Option<CargoBuilt>,
}

/// How a crate is built for a target.
#[derive(Clone, Debug, Default)]
pub struct CargoBuilt {
    /// Whether it is compiled for the target.
    pub for_target: bool,
    /// Whether it is compiled for the machine that builds.
    pub for_host: bool,
    /// The features that it is compiled with for that machine.
    pub host_features: Vec<String>,
}

/// What only npm's packages have.
#[derive(Clone, Debug, Default)]
pub struct NpmDetails {
    /// Where it lies.
    pub location: String,
    /// What it is called there, if that is not its own name; empty for its own.
    pub alias: String,
    /// What the bytes of its archive are to be; empty for nothing stated.
    pub integrity: String,
    /// What it is there for.
    pub purpose: NpmPurpose,
    /// Whether it lies in the archive of another.
    pub in_bundle: bool,
    /// Whether something is run when it is installed.
    pub has_install_script: bool,
    /// Whether its archive has a lock file of its own.
    pub has_shrinkwrap: bool,
    /// Whether it brings packages in its archive, which nobody looked into.
    pub has_unread_bundle: bool,
    /// Why it should not be used; empty for none.
    pub deprecated: String,
    /// What a lock repeats of its manifest: a JSON object.
    pub manifest: String,
}

pub use solver::npm::Purpose as NpmPurpose;

/// One file.
#[derive(Clone, Debug, Default)]
pub struct Artifact {
    /// Its name.
    pub filename: String,
    /// Where it lies: absolute, or a path from the registry's root.
    pub url: String,
    /// Its size in bytes, where the registry states one.
    pub size: Option<u64>,
    /// Hashes as `algorithm:hex`.
    pub hashes: Vec<String>,
    /// `Requires-Python` of the file.
    pub requires_python: String,
    /// When it was uploaded.
    pub uploaded_at: Option<Timestamp>,
    /// Why it was yanked, if it was; the reason may be empty.
    pub yanked_reason: Option<String>,
}

/// One requirement that counts, and what it points to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Edge {
    /// The slot of the package required.
    pub target: String,
    /// The requirement in the ecosystem's syntax.
    pub requirement: String,
    /// The versions that would do; empty for any.
    pub range: String,
    /// The extras or features required.
    pub extras: Vec<String>,
    /// The marker or target as published; empty for none.
    pub marker: String,
    /// What it is for.
    pub kind: EdgeKind,
    /// The name under which its owner knows the package, if it is another one; empty for none.
    pub alias: String,
    /// For an edge of the project itself, the place of the requirement in the request's list.
    pub root: Option<usize>,
    /// For an edge of the project itself, the member that has it; empty for none.
    pub member: String,
    /// The acceptable versions that have it, by place; none for all of them.
    pub versions: Vec<u32>,
}

/// What a dependency is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum EdgeKind {
    /// To run.
    #[default]
    Normal,
    /// To run, where somebody turns it on.
    Optional,
    /// To develop.
    Dev,
    /// To build.
    Build,
    /// To be had by whoever uses the package.
    Peer,
}

/// Why nothing meets all requirements: see `solver::conflict`.
#[derive(Clone, Debug, Default)]
pub struct Conflict {
    /// The explanation, a sentence at a time.
    pub sentences: Vec<Sentence>,
    /// What it rests on.
    pub facts: Vec<ConflictFact>,
    /// Changes of the project's own requirements that would solve it.
    pub suggestions: Vec<Suggestion>,
}

/// One sentence of an explanation.
#[derive(Clone, Debug, Default)]
pub struct Sentence {
    /// The sentence, with its final stop.
    pub text: String,
    /// Earlier sentences it follows from, by place.
    pub premises: Vec<u32>,
    /// Facts it follows from, by place.
    pub facts: Vec<u32>,
}

/// One fact of an explanation.
#[derive(Clone, Debug)]
pub enum ConflictFact {
    /// A requirement of a package, or of the project where `package` is empty.
    Requirement {
        /// Who requires.
        package: String,
        /// In which versions.
        versions: String,
        /// The requirement as stated.
        requirement: String,
        /// What is required.
        target: String,
        /// In which versions.
        target_range: String,
        /// For a requirement of the project, its field, such as `requirements[3]`.
        field: String,
    },
    /// None of the registries that were asked has the package.
    MissingPackage {
        /// The package.
        package: String,
        /// The declared names of the registries that were asked, in order.
        registries: Vec<String>,
    },
    /// The package has no version in the range.
    NoMatchingVersion {
        /// The package.
        package: String,
        /// The range.
        range: String,
    },
    /// Versions that cannot be chosen.
    Unavailable {
        /// The package.
        package: String,
        /// The versions.
        versions: String,
        /// Why.
        reason: Obstacle,
        /// Why, in words.
        text: String,
    },
}

/// A change that would solve a conflict.
#[derive(Clone, Debug, Default)]
pub struct Suggestion {
    /// One sentence.
    pub text: String,
    /// The field of the requirement to change, such as `requirements[3]`.
    pub field: String,
    /// What to write instead, if it is one text.
    pub replacement: Option<String>,
}

/// Metadata that would need a build.
#[derive(Clone, Debug, Default)]
pub struct Need {
    /// The package.
    pub package: String,
    /// The version.
    pub version: String,
    /// The source distributions.
    pub filenames: Vec<String>,
    /// One sentence.
    pub reason: String,
}

/// What was known when the budget was spent.
#[derive(Clone, Debug, Default)]
pub struct Exhausted {
    /// Whether time ran out, rather than steps.
    pub by_time: bool,
    /// Packages and versions decided so far.
    pub decided: Vec<(String, String)>,
    /// The packages with the most conflicts.
    pub contended: Vec<String>,
}

/// Something to know besides.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Warning {
    /// What kind.
    pub code: WarningCode,
    /// One sentence without a final stop.
    pub text: String,
    /// The package concerned; empty for none.
    pub package: String,
}

/// Kinds of warnings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WarningCode {
    /// An extra that the chosen version does not offer.
    UnknownExtra,
    /// Metadata read against the standards.
    LenientMetadata,
    /// Versions left out because they could not be read.
    SkippedVersions,
    /// A yanked file is used.
    Yanked,
    /// A pre-release is chosen.
    Prerelease,
    /// The project is archived or deprecated.
    Deprecated,
    /// Wheels of the chosen version say different things of its needs.
    WheelsDiffer,
    /// Something that the request says took no part in the answer.
    NoEffect,
    /// More may be listed than is built.
    BuildBound,
    /// A requirement among dependencies is not met, which npm lets pass.
    Unmet,
    /// The answer has another version of what the project requires than npm would take.
    Adjusted,
    /// A package does not run on the runtime.
    Engine,
    /// A package that must be there does not run on the platform.
    Platform,
    /// A package brings others in its archive, which nobody looked into.
    UnreadBundle,
}
