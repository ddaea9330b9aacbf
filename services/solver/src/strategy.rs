//! Which of the versions that fit is tried first.

/// Which of the versions that fit is tried first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// The newest.
    #[default]
    Highest,
    /// The oldest. Of cargo it is `-Z minimal-versions`.
    Lowest,
    /// The oldest of what the user requires directly, the newest of all else. Of cargo it is
    /// `-Z direct-minimal-versions`, which takes the oldest and no other.
    LowestDirect,
}
