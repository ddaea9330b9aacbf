//! Version specifiers (PEP 440) and their lowering onto a listing.
//!
//! Two implementations of membership live here. [`Specifier::contains`] follows the standard rule
//! by rule, one version at a time. [`Specifiers::lower`] finds the same versions of a sorted
//! listing by a few binary searches, for every operator selects at most two runs of the order.
//! A law holds them together: a version is in the lowered set exactly when `contains` says so.

mod cut;
mod lower;
mod parse;

use std::fmt;

use smallvec::SmallVec;

use super::Version;
use super::version::parse_bare_version;
pub use cut::{Cut, Span, Spans};
pub use lower::Runs;

/// What stands before the version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operator {
    /// `~=`
    Compatible,
    /// `==`
    Equal,
    /// `==` with a trailing `.*`
    EqualPrefix,
    /// `!=`
    NotEqual,
    /// `!=` with a trailing `.*`
    NotEqualPrefix,
    /// `<=`
    LessEqual,
    /// `>=`
    GreaterEqual,
    /// `<`
    Less,
    /// `>`
    Greater,
    /// `===`
    Arbitrary,
}

/// One operator and its version, such as `>=1.2`.
#[derive(Clone, PartialEq, Eq)]
pub struct Specifier {
    operator: Operator,
    operand: Operand,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Operand {
    Version(Version),
    /// Only behind `===`: a text, lower case.
    Text(Box<str>),
}

/// Specifiers joined by commas: a version is meant when all of them mean it. None mean every
/// version.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Specifiers(SmallVec<[Specifier; 1]>);

/// Why specifiers could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}, at column {column}")]
pub struct SpecifierError {
    /// The column of the first character that does not fit, counted in characters from 1.
    pub column: usize,
    /// What is wrong there, the thing in backticks.
    pub reason: String,
}

impl Specifier {
    /// Makes a specifier from its parts.
    ///
    /// Fails where the standard knows no such pair: a local version behind an ordered operator, or
    /// a single number behind `~=`.
    pub fn new(operator: Operator, version: Version) -> Result<Self, SpecifierError> {
        let reason = match operator {
            Operator::Equal | Operator::NotEqual | Operator::Arbitrary => None,
            Operator::Compatible if version.release().len() < 2 => {
                Some(format!("`~={version}` has no second number to vary; write `>={version}`"))
            }
            Operator::EqualPrefix | Operator::NotEqualPrefix
                if version != version.only_release().with_epoch(version.epoch()) =>
            {
                Some(format!("`.*` stands behind numbers only, not behind `{version}`"))
            }
            _ if version.is_local() => {
                Some(format!("a local version such as `{version}` stands behind `==` or `!=` only"))
            }
            _ => None,
        };
        match reason {
            Some(reason) => Err(SpecifierError { column: 1, reason }),
            None => Ok(Self { operator, operand: Operand::Version(version) }),
        }
    }

    /// The operator.
    pub fn operator(&self) -> Operator {
        self.operator
    }

    /// The version, but for `===`.
    pub fn version(&self) -> Option<&Version> {
        match &self.operand {
            Operand::Version(version) => Some(version),
            Operand::Text(_) => None,
        }
    }

    /// The version that a pin names, be it by `==` or by `===`.
    pub fn pinned(&self) -> Option<Version> {
        match (self.operator, &self.operand) {
            (Operator::Equal, Operand::Version(version)) => Some(version.clone()),
            (Operator::Arbitrary, Operand::Text(text)) => parse_bare_version(text).ok(),
            _ => None,
        }
    }

    /// Whether `candidate` is meant, pre-releases included: whether they are wanted at all is a
    /// question of policy, not of specifiers.
    pub fn contains(&self, candidate: &Version) -> bool {
        let version = match &self.operand {
            Operand::Version(version) => version,
            Operand::Text(text) => return candidate.to_string().to_lowercase() == **text,
        };
        match self.operator {
            Operator::Arbitrary | Operator::Equal => equals(version, candidate),
            Operator::NotEqual => !equals(version, candidate),
            Operator::EqualPrefix => has_prefix(candidate, version.epoch(), version.release()),
            Operator::NotEqualPrefix => !has_prefix(candidate, version.epoch(), version.release()),
            Operator::LessEqual => public(candidate) <= *version,
            Operator::GreaterEqual => public(candidate) >= *version,
            Operator::Less => *candidate < *version && !is_preview_of(candidate, version),
            Operator::Greater => *candidate > *version && !is_successor_of(candidate, version),
            Operator::Compatible => {
                let release = version.release();
                let prefix = &release[..release.len().saturating_sub(1)];
                public(candidate) >= *version && has_prefix(candidate, version.epoch(), prefix)
            }
        }
    }
}

impl Specifiers {
    /// The specifiers, in the order written.
    pub fn iter(&self) -> impl Iterator<Item = &Specifier> {
        self.0.iter()
    }

    /// The same specifiers in one order: by their versions, as uv sorts them, then by their
    /// operators. All of them have to be met, so that their order says nothing; but a pin that is
    /// written twice is no sole pin.
    pub fn in_one_order(mut self) -> Self {
        self.0.sort_by(|one, other| {
            let order = one.version().cmp(&other.version());
            order
                .then_with(|| one.operator.cmp(&other.operator))
                .then_with(|| one.to_string().cmp(&other.to_string()))
        });
        self
    }

    /// Whether there are none, so that every version is meant.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether all specifiers mean `candidate`, pre-releases included.
    pub fn contains(&self, candidate: &Version) -> bool {
        self.0.iter().all(|specifier| specifier.contains(candidate))
    }

    /// Whether one specifier is `==` or `===` without `.*`, so that one public version is meant at
    /// the most. Such requirements are decided first.
    pub fn is_pin(&self) -> bool {
        self.0
            .iter()
            .any(|specifier| matches!(specifier.operator, Operator::Equal | Operator::Arbitrary))
    }

    /// Whether the only specifier is a pin, which is what makes a yanked file usable (PEP 592).
    pub fn is_sole_pin(&self) -> bool {
        self.0.len() == 1 && self.is_pin()
    }

    /// Whether a specifier names a pre-release, which opts in to them. `!=1.0a1` names one to be
    /// rid of it, and does not.
    pub fn names_prerelease(&self) -> bool {
        self.0.iter().any(|specifier| {
            !matches!(specifier.operator, Operator::NotEqual | Operator::NotEqualPrefix)
                && specifier.version().is_some_and(Version::any_prerelease)
        })
    }
}

impl FromIterator<Specifier> for Specifiers {
    fn from_iter<I: IntoIterator<Item = Specifier>>(specifiers: I) -> Self {
        Self(specifiers.into_iter().collect())
    }
}

/// `1.0` equals `1.0+local`, but `1.0+local` equals itself alone.
fn equals(version: &Version, candidate: &Version) -> bool {
    if version.is_local() { candidate == version } else { public(candidate) == *version }
}

/// Whether the release numbers begin with `prefix`, missing numbers counting as zero.
fn has_prefix(candidate: &Version, epoch: u64, prefix: &[u64]) -> bool {
    let release = candidate.release();
    candidate.epoch() == epoch
        && prefix
            .iter()
            .enumerate()
            .all(|(place, number)| release.get(place).copied().unwrap_or(0) == *number)
}

/// The version without its local segment.
fn public(version: &Version) -> Version {
    if version.is_local() { version.clone().without_local() } else { version.clone() }
}

/// `1.0rc1` is a preview of `1.0` and not meant by `<1.0`; `1.0.post1.dev1` is one of `1.0.post1`.
fn is_preview_of(candidate: &Version, version: &Version) -> bool {
    !version.any_prerelease() && *candidate >= version.clone().with_dev(Some(0))
}

/// `1.0+local` and, unless a post-release is named, `1.0.post1` succeed `1.0` and are not meant by
/// `>1.0`.
fn is_successor_of(candidate: &Version, version: &Version) -> bool {
    let candidate = public(candidate);
    if version.is_post() || version.is_dev() {
        candidate == *version
    } else {
        candidate.with_dev(None).with_post(None) == *version
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Compatible => "~=",
            Self::Equal | Self::EqualPrefix => "==",
            Self::NotEqual | Self::NotEqualPrefix => "!=",
            Self::LessEqual => "<=",
            Self::GreaterEqual => ">=",
            Self::Less => "<",
            Self::Greater => ">",
            Self::Arbitrary => "===",
        })
    }
}

impl fmt::Display for Specifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = match self.operator {
            Operator::EqualPrefix | Operator::NotEqualPrefix => ".*",
            _ => "",
        };
        match &self.operand {
            Operand::Version(version) => write!(f, "{}{version}{star}", self.operator),
            Operand::Text(text) => write!(f, "{}{text}", self.operator),
        }
    }
}

impl fmt::Display for Specifiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, specifier) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str(",")?;
            }
            specifier.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Specifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for Specifiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}
