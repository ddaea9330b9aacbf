//! Ranges of versions, as node-semver reads them.

mod compare;
mod parse;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::Version;

/// How a range is read, which npm does in two ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Reading {
    /// Whether versions in it are read [loosely](Version::parse), and what is no comparator is
    /// passed over as long as something else is left.
    pub is_loose: bool,
    /// Whether pre-releases are versions like others, and not only met by a comparator that names
    /// a pre-release of the same three numbers.
    pub includes_prereleases: bool,
}

impl Reading {
    /// How node-semver reads unless it is told otherwise.
    pub const STRICT: Self = Self { is_loose: false, includes_prereleases: false };
    /// How npm reads what packages depend on.
    pub const LOOSE: Self = Self { is_loose: true, includes_prereleases: false };
    /// How npm reads `engines`: strictly, and nightly builds of node are versions like others.
    pub const ENGINE: Self = Self { is_loose: false, includes_prereleases: true };
    /// How npm reads ranges of versions to be avoided.
    pub const AVOIDED: Self = Self { is_loose: true, includes_prereleases: true };
}

/// A set of versions: alternatives, each of comparators that must all be met.
///
/// ```
/// use ecosystems::npm::{Range, Version};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let range: Range = "^1.2 || 3.x".parse()?;
/// assert!(range.contains(&Version::parse("1.9.0")?));
/// assert!(!range.contains(&Version::parse("2.0.0-beta.1")?));
/// assert_eq!(range.to_string(), ">=1.2.0 <2.0.0-0||>=3.0.0 <4.0.0-0");
/// # Ok(())
/// # }
/// ```
///
/// Reading a range costs about a microsecond and asking it a few nanoseconds: keep it. Ranges are
/// equal if they have the same text and reading.
#[derive(Clone, Debug)]
pub struct Range {
    /// The text, with white space folded.
    text: Arc<str>,
    reading: Reading,
    /// At least one; one without comparators is met by anything.
    alternatives: Box<[Alternative]>,
}

/// Comparators that must all be met.
type Alternative = Box<[Comparator]>;

/// A version, and on which side of it others are to lie.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Comparator {
    operator: Operator,
    /// Without build metadata.
    version: Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A text that is no range of versions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a range of versions: {reason}")]
pub struct RangeError {
    /// What was given, or its first 256 characters.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Range {
    /// Reads a range, such as `^1.2.3`, `~1.2`, `1.x || >=2.5.0 <3`, `1.2 - 2`, or nothing for any
    /// version.
    pub fn parse(text: &str, reading: Reading) -> Result<Self, RangeError> {
        parse::range(text, reading)
    }

    /// The range that any release meets.
    pub fn any() -> Self {
        let reading = Reading::LOOSE;
        Self { text: "*".into(), reading, alternatives: Box::new([Alternative::default()]) }
    }

    /// The text it was read from, with white space folded.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How it was read.
    pub fn reading(&self) -> Reading {
        self.reading
    }

    /// Whether a version meets the range.
    ///
    /// A pre-release does only if a comparator of the alternative names a pre-release of the same
    /// three numbers, unless the range [includes them](Reading::includes_prereleases).
    pub fn contains(&self, version: &Version) -> bool {
        self.alternatives.iter().any(|all| meets(version, all, self.reading))
    }

    /// The places of the versions of an ascending list that may be in the range: none of those
    /// outside is, and those inside are to be asked.
    ///
    /// Versions are to be ordered by [`Version::cmp_precedence`].
    pub fn span<T>(
        &self,
        ascending: &[T],
        version: impl Fn(&T) -> &Version,
    ) -> std::ops::Range<usize> {
        let mut span = ascending.len()..0;
        for all in &self.alternatives {
            let (mut start, mut end) = (0, ascending.len());
            for Comparator { operator, version: bound } in all {
                let below = |item: &T| version(item).cmp_precedence(bound).is_lt();
                let up_to = |item: &T| version(item).cmp_precedence(bound).is_le();
                if !matches!(operator, Operator::Less | Operator::LessOrEqual) {
                    let is_open = *operator == Operator::Greater;
                    let from = if is_open {
                        ascending.partition_point(up_to)
                    } else {
                        ascending.partition_point(below)
                    };
                    start = start.max(from);
                }
                if !matches!(operator, Operator::Greater | Operator::GreaterOrEqual) {
                    let is_open = *operator == Operator::Less;
                    let to = if is_open {
                        ascending.partition_point(below)
                    } else {
                        ascending.partition_point(up_to)
                    };
                    end = end.min(to);
                }
            }
            if start < end {
                span = span.start.min(start)..span.end.max(end);
            }
        }
        if span.start < span.end { span } else { 0..0 }
    }
}

impl Default for Range {
    fn default() -> Self {
        Self::any()
    }
}

impl PartialEq for Range {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.reading == other.reading
    }
}

impl Eq for Range {}

impl std::hash::Hash for Range {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
        self.reading.hash(state);
    }
}

/// The range as comparators alone, which node-semver calls its `range`; nothing for any version.
impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, all) in self.alternatives.iter().enumerate() {
            f.write_str(if place == 0 { "" } else { "||" })?;
            for (place, comparator) in all.iter().enumerate() {
                write!(f, "{}{comparator}", if place == 0 { "" } else { " " })?;
            }
        }
        Ok(())
    }
}

/// Reads loosely, as npm reads what packages depend on.
impl FromStr for Range {
    type Err = RangeError;

    fn from_str(text: &str) -> Result<Self, RangeError> {
        Self::parse(text, Reading::LOOSE)
    }
}

impl Comparator {
    fn is_met_by(&self, version: &Version) -> bool {
        let order = version.cmp_precedence(&self.version);
        match self.operator {
            Operator::Equal => order.is_eq(),
            Operator::Less => order.is_lt(),
            Operator::LessOrEqual => order.is_le(),
            Operator::Greater => order.is_gt(),
            Operator::GreaterOrEqual => order.is_ge(),
        }
    }
}

impl fmt::Display for Comparator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.operator.as_str(), self.version)
    }
}

impl Operator {
    fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

fn meets(version: &Version, all: &[Comparator], reading: Reading) -> bool {
    if !all.iter().all(|comparator| comparator.is_met_by(version)) {
        return false;
    }
    let names = |comparator: &Comparator| {
        comparator.version.is_prerelease() && comparator.version.has_numbers_of(version)
    };
    !version.is_prerelease() || reading.includes_prereleases || all.iter().any(names)
}
