//! What slots stand for.

use super::super::universe::CrateId;

/// What a slot stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum SlotKind {
    /// The workspace.
    Root,
    /// A member of it, or another package by path, by its number.
    Member(u32),
    /// What a feature adds to a package by path that is no member.
    MemberFeature(u32, u32),
    /// A compatibility line of a package, by the position of its first version on the shelf. Versions
    /// are counted from that.
    Line(CrateId, u32),
    /// What a feature adds to a line: it has the line's version.
    Feature(CrateId, u32, u32),
    /// Which line a dependency takes whose requirement spans several. Versions are the runs of its
    /// candidates, in the order in which they are tried.
    Choice(Owner, u32),
    /// What a feature asked of such a dependency adds.
    ChoiceFeature(Owner, u32, u32),
    /// A native library. Versions are the lines that link it, of which one may.
    Links(u32),
    /// A package of which nothing is known.
    Unlisted(CrateId),
}

/// Whose dependencies are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Owner {
    /// A member, by its number.
    Member(u32),
    /// The release of a package at a position of its listing.
    Release(CrateId, u32),
}
