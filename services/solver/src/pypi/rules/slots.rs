//! What slots stand for.

use super::super::universe::{MarkerId, NameId};

/// What a slot stands for.
///
/// A project with an extra, and a project required under a condition, are slots of their own, as
/// in uv. A *wish* for one needs the project and the slot, in one version; the project is its base,
/// whose range is thereby known before the wish is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum SlotKind {
    /// What the user requires.
    Root,
    /// The interpreter. Versions for another one need a version of it that there is not.
    Python,
    /// A project, or what an extra adds to it, possibly under a condition.
    Real(Variant),
    /// The wish for one of these.
    Wish(Variant),
}

/// A project, with an extra, under a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Variant {
    pub(crate) name: NameId,
    pub(crate) extra: Option<NameId>,
    pub(crate) condition: Option<MarkerId>,
}

impl SlotKind {
    /// The project, if it is about one.
    pub(crate) fn name(self) -> Option<NameId> {
        match self {
            Self::Root | Self::Python => None,
            Self::Real(variant) | Self::Wish(variant) => Some(variant.name),
        }
    }
}

impl Variant {
    /// The project itself.
    pub(crate) fn plain(name: NameId) -> Self {
        Self { name, extra: None, condition: None }
    }

    pub(crate) fn is_plain(self) -> bool {
        self.extra.is_none() && self.condition.is_none()
    }
}
