//! What is asked.

use std::collections::BTreeSet;

use ecosystems::Timestamp;
use ecosystems::pypi::{Environment, Name, Requirement, Specifiers, Version};

use crate::{Held, Strategy};

/// Requirements to be met in one environment under one policy.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The interpreter and platform.
    pub environment: Environment,
    /// What the user requires, in the user's order, which is meaning: uv decides in that order.
    pub requirements: Vec<Root>,
    /// Bounds on whatever else requires these projects; they require nothing by themselves.
    pub constraints: Vec<Root>,
    /// Requirements that replace every other requirement on their projects.
    pub overrides: Vec<Root>,
    /// Projects whose requirements are left out wherever they are met.
    pub excludes: BTreeSet<Name>,
    /// Versions to keep as long as they can be kept.
    pub locked: Vec<(Name, Version)>,
    /// The versions that the client has: those of a project that any of its ranges means.
    pub held: Held<Name, Specifiers>,
    /// What to choose where there is a choice.
    pub policy: Policy,
}

impl Problem {
    /// Whether the client has a version of a package.
    pub fn is_held(&self, package: &Name, version: &Version) -> bool {
        self.held.of(package).iter().any(|range| range.contains(version))
    }
}

/// A requirement of the user's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// The requirement.
    pub requirement: Requirement,
    /// Hashes as `algorithm:hex`, one of which every file used must have; none for any file.
    pub hashes: Vec<String>,
}

/// What to choose where there is a choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Newest or oldest.
    pub strategy: Strategy,
    /// Whether pre-releases may be chosen.
    pub prereleases: Prereleases,
    /// Files uploaded after this instant do not exist; nor do those that do not say when.
    pub before: Option<Timestamp>,
    /// The projects whose wheels alone may be chosen.
    pub only_wheels: Projects,
    /// The projects whose source distributions alone may be chosen.
    pub only_sdists: Projects,
    /// Whether a held version is chosen wherever the requirements let it, the best of them first. A
    /// held pre-release is so only where the policy would choose one.
    pub prefers_held: bool,
}

/// Some projects, or all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Projects {
    /// Whether all projects are meant, but for those that the opposite list names: a name says
    /// more than `all`.
    pub all: bool,
    /// The projects named.
    pub names: BTreeSet<Name>,
}

impl Policy {
    /// Whether only wheels of a project may be chosen.
    pub fn takes_only_wheels(&self, name: &Name) -> bool {
        self.only_wheels.means(name, &self.only_sdists)
    }

    /// Whether only source distributions of a project may be chosen.
    pub fn takes_only_sdists(&self, name: &Name) -> bool {
        self.only_sdists.means(name, &self.only_wheels)
    }
}

impl Projects {
    fn means(&self, name: &Name, opposite: &Self) -> bool {
        self.names.contains(name) || (self.all && !opposite.names.contains(name))
    }
}

/// When pre-releases may be chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Prereleases {
    /// Never.
    Disallow,
    /// Where nothing stable fits: also where a requirement names one, as uv has it.
    #[default]
    IfNecessary,
    /// Where a requirement of the user's names one.
    Explicit,
    /// Always, as if they were stable.
    Allow,
}
