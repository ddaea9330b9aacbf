//! What is asked.

use std::sync::Arc;

use ecosystems::Timestamp;
use ecosystems::cargo::{Dependency, Features, Name, RustVersion, Version};

use super::Crate;
use crate::Strategy;

/// Members of a workspace whose dependencies are to be locked, under one policy.
#[derive(Clone, Debug, Default)]
pub struct Problem {
    /// The registry that a member's dependency without one is looked up in, as [`Crate::registry`].
    pub registry: Arc<str>,
    /// The members.
    pub members: Vec<Member>,
    /// Versions to keep as long as they can be kept. They may be yanked, and newer than the cut-off.
    pub locked: Vec<(Crate, Version)>,
    /// What to choose where there is a choice.
    pub policy: Policy,
}

/// A package of the workspace. What members need of one another is not part of the problem: all
/// features of all of them are on anyway.
#[derive(Clone, Debug)]
pub struct Member {
    /// What it is called.
    pub name: Name,
    /// Its version, as the lock file has it.
    pub version: Version,
    /// What it takes from registries: of all kinds, for all targets.
    pub dependencies: Vec<Dependency>,
    /// Its features, all of which are on.
    pub features: Features,
    /// The native library that it links.
    pub links: Option<Box<str>>,
}

/// What to choose where there is a choice.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Newest or oldest.
    pub strategy: Strategy,
    /// The compilers that versions should work with, one a member: the more of them a version works
    /// with, the sooner it is tried. None where compilers do not count, as before resolver 3.
    pub rust_versions: Vec<RustVersion>,
    /// Versions published after this instant do not exist; those that do not say when, do.
    pub before: Option<Timestamp>,
}
