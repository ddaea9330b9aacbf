//! What slots stand for.

use super::super::universe::{MarkerId, NameId};

/// What a slot stands for.
///
/// A project with an extra, and a project required under a condition, are slots of their own, as
/// in uv. A *wish* for one needs the project and the slot, in one version; and whoever wishes for
/// one needs the project in the same range, so that a range is known before the wish is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum SlotKind {
    /// What the user requires.
    Root,
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
    /// The project, but for the root.
    pub(crate) fn name(self) -> Option<NameId> {
        match self {
            Self::Root => None,
            Self::Real(variant) | Self::Wish(variant) => Some(variant.name),
        }
    }
}

impl Variant {
    /// The project itself.
    pub(crate) fn plain(name: NameId) -> Self {
        Self { name, extra: None, condition: None }
    }

    /// The project again, in a slot of its own.
    ///
    /// Pubgrub asks for the priority of a slot anew when its range gets smaller. A pin on a project
    /// of which only one version is left makes no range smaller, and yet is to be decided soon:
    /// the stand-in, needed by the pin, is new and so is asked about.
    pub(crate) fn stand_in(self) -> Self {
        Self { condition: Some(MarkerId(u32::MAX)), ..self }
    }

    pub(crate) fn is_plain(self) -> bool {
        self.extra.is_none() && self.condition.is_none()
    }
}
