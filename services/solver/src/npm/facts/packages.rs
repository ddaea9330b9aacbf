//! Packages, as the tree knows them.

use std::sync::Arc;

use ecosystems::npm::{Manifest, Packument, Version};

use super::{NameId, SpecId};

/// How a package needs another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DependencyKind {
    /// `dependencies`.
    Production,
    /// `devDependencies`.
    Development,
    /// `optionalDependencies`.
    Optional,
    /// `peerDependencies`.
    Peer,
    /// `peerDependencies` that may be missing.
    PeerOptional,
    /// The project has it as a workspace.
    Workspace,
}

/// One thing that a package needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dependency {
    pub(crate) kind: DependencyKind,
    pub(crate) name: NameId,
    pub(crate) spec: SpecId,
    /// What would do as well, where it is there already (`acceptDependencies`).
    pub(crate) accepted: Option<SpecId>,
}

/// Where a package comes from.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// It is the project itself.
    Project,
    /// A folder of the project.
    Folder(u32),
    /// A registry: the document, and the position in it.
    Release(Arc<Packument>, u32),
    /// Nowhere: it stands for what could not be had.
    Nowhere,
}

/// A package that was met.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) id: u32,
    pub(crate) name: NameId,
    pub(crate) origin: Origin,
    pub(super) version: Option<Version>,
    /// What it needs where it is installed, in npm's order; each name once.
    pub(super) runtime: Box<[Dependency]>,
    /// The same with what is needed to work on it, for folders of the project.
    pub(super) all: Option<Box<[Dependency]>>,
    pub(super) bundled: Box<[NameId]>,
    pub(crate) has_shrinkwrap: bool,
}

impl DependencyKind {
    pub(crate) fn is_peer(self) -> bool {
        matches!(self, Self::Peer | Self::PeerOptional)
    }

    /// Whether it may be missing.
    pub(crate) fn is_optional(self) -> bool {
        matches!(self, Self::Optional | Self::PeerOptional)
    }
}

impl Package {
    /// The same package, with what it needs in another order.
    pub(super) fn with_runtime(&self, runtime: Box<[Dependency]>) -> Self {
        Self {
            id: self.id,
            name: self.name,
            origin: self.origin.clone(),
            version: self.version.clone(),
            runtime,
            all: None,
            bundled: self.bundled.clone(),
            has_shrinkwrap: self.has_shrinkwrap,
        }
    }

    pub(crate) fn dependencies(&self, with_development: bool) -> &[Dependency] {
        match &self.all {
            Some(all) if with_development => all,
            _ => &self.runtime,
        }
    }

    /// The version, where it has one.
    pub(crate) fn version(&self) -> Option<&Version> {
        self.version.as_ref()
    }

    /// What a registry says of it, if it is from one.
    pub(crate) fn manifest(&self) -> Option<&Manifest> {
        match &self.origin {
            Origin::Release(packument, position) => packument.manifests.get(*position as usize),
            Origin::Project | Origin::Folder(_) | Origin::Nowhere => None,
        }
    }

    pub(crate) fn is_release(&self) -> bool {
        matches!(self.origin, Origin::Release(..))
    }

    /// Whether it is the project's own, or one of its folders.
    pub(crate) fn is_local(&self) -> bool {
        matches!(self.origin, Origin::Project | Origin::Folder(_))
    }

    /// The folder that it is, if it is one.
    pub(crate) fn folder(&self) -> Option<u32> {
        match self.origin {
            Origin::Folder(folder) => Some(folder),
            Origin::Project | Origin::Release(..) | Origin::Nowhere => None,
        }
    }

    /// Whether its archive holds what it depends on under a name.
    pub(crate) fn bundles(&self, name: NameId) -> bool {
        self.bundled.contains(&name)
    }

    /// Whether its archive holds anything that it depends on.
    pub(crate) fn has_bundle(&self) -> bool {
        !self.bundled.is_empty()
    }

    /// Whether two packages are the same, byte for byte.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let integrity = |package: &Self| package.manifest()?.integrity.clone();
        let are_equal = |(one, other)| one == other;
        self.id == other.id || integrity(self).zip(integrity(other)).is_some_and(are_equal)
    }

    /// What it requires under a name, of whatever kind.
    pub(crate) fn stated(&self, name: NameId) -> Option<SpecId> {
        let mut all = self.dependencies(true).iter();
        all.find(|dependency| dependency.name == name).map(|dependency| dependency.spec)
    }
}
