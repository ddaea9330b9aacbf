//! The path of one request: where the solver, the registries and the cache meet.

mod answer;
mod call;
mod cargo;
mod compute;
mod cut_off;
mod documents;
mod ecosystem;
mod engine;
mod error;
mod explain;
mod facts;
mod fingerprint;
mod freshness;
mod npm;
mod order;
mod pypi;
mod reader;
mod record;
mod remembered;
mod request;
mod snapshot;

pub use answer::{
    Acceptable, Admitted, Answer, Artifact, CargoBuilt, CargoDetails, Completeness, Conflict,
    ConflictFact, Details, Edge, EdgeKind, Exhausted, Group, MemberPick, Need, NpmDetails,
    NpmFolder, NpmPurpose, Outcome, Package, PypiDetails, Sentence, Solution, Suggestion,
    UnusedPatch, Warning, WarningCode,
};
pub use call::{Earlier, ExplainedCall, Forgotten, Phase, Progress, Resolved, Statistics, Watcher};
pub use engine::{Encoder, Engine, EngineConfig, Reaches};
pub use error::{Error, Invalid};
pub use explain::{Explanation, Question};
pub use order::{Places, picked};
pub use request::{
    ALL_PACKAGES, CargoBuild, CargoEnvironment, CargoKind, CargoLocked, CargoLockedName,
    CargoMember, CargoPatch, CargoProject, CargoRequirement, CargoSource, EnvironmentTexts,
    HeldPolicy, HeldTexts, Implementation, NpmEnvironment, NpmKind, NpmLocked, NpmMember,
    NpmOverride, NpmProject, NpmRequirement, Policy, Prereleases, Project, PypiProject,
    RegistrySecret, Request, RequirementText, Strategy, SuppliedMetadata,
};

/// Why versions of a conflict cannot be chosen.
pub use solver::conflict::Obstacle;

/// What a registry's reader says when it cannot read.
pub use registries::Error as RegistryError;

/// A document at a declared URL that is no registry's.
pub use registries::DeclaredDocument;

/// The configuration of the layers below, handed on to whoever composes the program.
pub mod config {
    pub use cache::{CacheConfig, DatabaseUrl};
    pub use registries::{RegistryConfig, RegistryKind};
}
