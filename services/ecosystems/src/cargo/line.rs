//! Which versions can stand for one another.

use std::fmt;

use super::Version;

/// The versions that cargo takes for compatible: those that agree in the leftmost number that is
/// not zero (reference, "Dependency resolution", "SemVer compatibility").
///
/// Of one line a lock file has one version at the most; versions of different lines stand side by
/// side. `1.2.3` and `1.0.0-alpha` are of line `1`, `0.3.1` is of `0.3`, and each `0.0.x` is a line
/// by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CompatibilityLine {
    /// `0.0.x`.
    Patch(u64),
    /// `0.x`, of which there is no `0.0`.
    Minor(u64),
    /// `x`, of which there is no `0`.
    Major(u64),
}

impl CompatibilityLine {
    /// The line of a version.
    ///
    /// Invariant: lines are ordered as their versions are, so that of sorted versions each line is
    /// one stretch.
    pub fn of(version: &Version) -> Self {
        match (version.major, version.minor) {
            (0, 0) => Self::Patch(version.patch),
            (0, minor) => Self::Minor(minor),
            (major, _) => Self::Major(major),
        }
    }
}

impl fmt::Display for CompatibilityLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Patch(patch) => write!(f, "0.0.{patch}"),
            Self::Minor(minor) => write!(f, "0.{minor}"),
            Self::Major(major) => write!(f, "{major}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_follow_the_leftmost_number_and_the_order_of_versions() {
        let texts =
            ["0.0.0", "0.0.3", "0.0.4", "0.1.0", "0.1.9", "0.2.0", "1.0.0-a", "1.9.0", "2.0.0"];
        let lines = texts.map(|text| CompatibilityLine::of(&text.parse().expect("a version")));
        let names = lines.map(|line| line.to_string());
        assert_eq!(names, ["0.0.0", "0.0.3", "0.0.4", "0.1", "0.1", "0.2", "1", "1", "2"]);
        assert!(lines.is_sorted());
    }
}
