//! What is compiled for a target, of all that a lock file holds.
//!
//! A lock file is for all targets and all features at once. A build is for one target, on a host
//! that runs build scripts and procedural macros, with the features that were asked for; which of
//! them are on for whom is cargo's second pass (reference, "Features", "Feature resolver version
//! 2").
//!
//! # What is not known, and what follows
//!
//! A procedural macro is compiled for the host together with all that it needs, and with features
//! of its own. No index says which packages are procedural macros. So each pick that [`ProcMacros`]
//! does not name may be one, and the set is a bound. Whichever of those picks are procedural macros,
//!
//! * all that cargo compiles is in the set, for the side for which cargo compiles it, and each
//!   feature that is on there is among those of the [`Unit`];
//! * each package that is [`Built::certain`] is compiled, for one side or for both, and each of its
//!   certain features is on in one of its units at least.
//!
//! Of the set nothing could be left out: for each unit, and for each of its features, there are
//! procedural macros with which cargo compiles it. What is certain may be more than is said: a weak
//! feature counts there only where it is known for which side its package is compiled.
//!
//! The set is exactly what cargo compiles where all picks are named. With resolver 1 features are
//! exact whatever is named, and so are the packages, though not their sides, where target and host
//! are one platform.

mod features;
mod graph;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use ecosystems::Warning;
use ecosystems::cargo::{FeatureValue, Name, Platform};

use super::{Problem, Solution, Target};
use graph::Graph;

/// For what is compiled, and where.
#[derive(Clone, Debug)]
pub struct Platforms {
    /// What the outcome is to run on: `--target`.
    pub target: Platform,
    /// What the compiler runs on, with build scripts and procedural macros.
    pub host: Platform,
}

/// What is to be compiled.
#[derive(Clone, Debug)]
pub struct Selection {
    /// The rules by which features are told apart: the workspace's `resolver`.
    pub resolver: FeatureResolver,
    /// The members to compile, with the features asked of them. No member twice.
    pub members: Vec<Asked>,
    /// Whether tests, examples and benchmarks of these members are compiled too.
    pub with_dev: bool,
    /// Which packages are known to be procedural macros, or to be none.
    pub proc_macros: ProcMacros,
}

/// Rules by which features are told apart (reference, "Features", "Resolver versions").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FeatureResolver {
    /// A package has one set of features, to which everything counts that is in the lock file, for
    /// whatever target and kind.
    One,
    /// What the host runs has features of its own, and only what is compiled counts. Resolver 3
    /// treats features so too.
    Two,
}

/// A member to compile.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Its place in the problem's list.
    pub member: usize,
    /// `--features`: names of features, or `dependency/feature`.
    pub features: Vec<FeatureValue>,
    /// `--all-features`.
    pub has_all_features: bool,
    /// Whether the feature `default` is asked for: no `--no-default-features`.
    pub uses_default_features: bool,
}

/// Which packages are known to be procedural macros, or to be none.
#[derive(Clone, Debug, Default)]
pub struct ProcMacros {
    /// The places of packages by path that are some. All others are none: their manifests say so.
    pub members: BTreeSet<usize>,
    /// By the places of picks, whether they are some. A pick that is not named may be either.
    pub picks: BTreeMap<usize, bool>,
}

/// A selection that the problem does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// There is no such member of the workspace.
    #[error("there is no member {member} of the workspace, counted from 0")]
    NoMember {
        /// The place that was given.
        member: usize,
    },
    /// A member has no such feature, or no such dependency.
    #[error("`{member}` has no feature `{feature}`")]
    NoFeature {
        /// The member.
        member: Name,
        /// What was asked of it.
        feature: String,
    },
}

/// What is compiled.
#[derive(Clone, Debug, Default)]
pub struct BuildSet {
    /// For each package by path, in the problem's order.
    pub members: Vec<Built>,
    /// For each pick, in the solution's order.
    pub picks: Vec<Built>,
    /// Conditions on targets that could not be read, and what they mention that no target sets by
    /// itself: such a thing is taken as not set.
    pub warnings: Vec<Warning>,
}

/// How a package is compiled, if it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Built {
    /// For the target, if it may be.
    pub target: Option<Unit>,
    /// For the host, if it may be.
    pub host: Option<Unit>,
    /// Present if the package is compiled whatever is a procedural macro; then the features, by
    /// name, that are on in one of its units at least.
    pub certain: Option<Vec<String>>,
}

/// A package compiled for one side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// The features that may be on, by name.
    pub features: Vec<String>,
    /// What it may be compiled against, for development included where that was asked for, in the
    /// order of its dependencies.
    pub edges: Vec<BuildEdge>,
}

/// A dependency that counts, and the unit that it points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BuildEdge {
    /// The place of the dependency in the document's list.
    pub dependency: usize,
    /// What it points to.
    pub to: Target,
    /// For which side that is compiled.
    pub side: Side,
}

/// What a unit is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// The target.
    Target,
    /// The host.
    Host,
}

/// Finds what is compiled for a target, of the solution of a problem.
///
/// The same arguments have the same answer. See the module for what it means where it is not known
/// which packages are procedural macros.
///
/// # Errors
///
/// If the selection names a member, a feature or a dependency that is not there.
pub fn build_set(
    problem: &Problem,
    solution: &Solution,
    platforms: &Platforms,
    selection: &Selection,
) -> Result<BuildSet, SelectionError> {
    check(problem, selection)?;
    let (graph, warnings) = Graph::new(problem, solution, platforms, selection);
    let possible = walk::reach(&graph, Bound::Upper);
    let certain = walk::reach(&graph, Bound::Lower);
    let mut built = possible.built(&graph);
    for (built, certain) in built.iter_mut().zip(certain.certain()) {
        built.certain = certain;
    }
    let picks = built.split_off(problem.members.len());
    Ok(BuildSet { members: built, picks, warnings })
}

/// Which way an answer errs where it is not known whether a package is a procedural macro.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bound {
    /// It is both.
    Upper,
    /// It is on one side, and nobody knows on which.
    Lower,
}

impl Selection {
    /// All members of a workspace with their default features, and nothing known of picks.
    pub fn workspace(problem: &Problem, resolver: FeatureResolver) -> Self {
        let members = problem.members.iter().enumerate();
        let members = members.filter(|(_, member)| member.in_workspace);
        Self {
            resolver,
            members: members.map(|(place, _)| Asked::usual(place)).collect(),
            with_dev: false,
            proc_macros: ProcMacros::default(),
        }
    }
}

impl Asked {
    /// A member with its default features.
    pub fn usual(member: usize) -> Self {
        Self { member, features: Vec::new(), has_all_features: false, uses_default_features: true }
    }
}

fn check(problem: &Problem, selection: &Selection) -> Result<(), SelectionError> {
    for asked in &selection.members {
        let place = asked.member;
        let member = problem.members.get(place).filter(|member| member.in_workspace);
        let member = member.ok_or(SelectionError::NoMember { member: place })?;
        for value in &asked.features {
            let is_there = match value {
                FeatureValue::Feature(name) => member.features.has(name),
                FeatureValue::Dependency(_) => false,
                FeatureValue::DependencyFeature { dependency, .. } => {
                    member.dependencies.iter().any(|other| other.alias == *dependency)
                }
            };
            if !is_there {
                return Err(SelectionError::NoFeature {
                    member: member.name.clone(),
                    feature: value.to_string(),
                });
            }
        }
    }
    Ok(())
}
