//! Choices between a few words, and what the contract calls them.

use clap::ValueEnum;
use proto::v1;

/// Where npm puts packages.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum InstallStrategy {
    /// As far up as possible.
    Hoisted,
    /// Beneath the package that needs it.
    Nested,
    /// Only the project's own dependencies at the top.
    Shallow,
    /// In a store, linked to where they are needed.
    Linked,
}

impl From<InstallStrategy> for v1::NpmInstallStrategy {
    fn from(strategy: InstallStrategy) -> Self {
        match strategy {
            InstallStrategy::Hoisted => Self::Hoisted,
            InstallStrategy::Nested => Self::Nested,
            InstallStrategy::Shallow => Self::Shallow,
            InstallStrategy::Linked => Self::Linked,
        }
    }
}

/// Which of the fitting versions is preferred.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Strategy {
    /// The highest of every package.
    Highest,
    /// The lowest of every package.
    Lowest,
    /// The lowest of what the project itself requires, the highest of everything else.
    LowestDirect,
}

impl From<Strategy> for v1::Strategy {
    fn from(strategy: Strategy) -> Self {
        match strategy {
            Strategy::Highest => Self::Highest,
            Strategy::Lowest => Self::Lowest,
            Strategy::LowestDirect => Self::LowestDirect,
        }
    }
}

/// When pre-releases count.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Prereleases {
    /// Never.
    Disallow,
    /// Where a requirement names one, and where nothing else fits.
    IfNecessary,
    /// Where a requirement of the project itself names one.
    Explicit,
    /// Always.
    Allow,
}

impl From<Prereleases> for v1::PrereleaseMode {
    fn from(prereleases: Prereleases) -> Self {
        match prereleases {
            Prereleases::Disallow => Self::Disallow,
            Prereleases::IfNecessary => Self::IfNecessary,
            Prereleases::Explicit => Self::Explicit,
            Prereleases::Allow => Self::Allow,
        }
    }
}

/// Whether what is held may change the choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum HeldPolicy {
    /// No: the same versions for everyone.
    Freshest,
    /// Where that leaves fewer bytes to download.
    FewestBytes,
    /// Held versions wherever requirements admit one.
    FewestChanges,
}

impl From<HeldPolicy> for v1::HeldPolicy {
    fn from(policy: HeldPolicy) -> Self {
        match policy {
            HeldPolicy::Freshest => Self::Freshest,
            HeldPolicy::FewestBytes => Self::FewestBytes,
            HeldPolicy::FewestChanges => Self::FewestChanges,
        }
    }
}
