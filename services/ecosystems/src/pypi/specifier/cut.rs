//! Places between versions: where the runs that a specifier means begin and end.

use std::cmp::Ordering;

use smallvec::{SmallVec, smallvec};

use super::{Operand, Operator, Specifier, is_successor_of, public};
use crate::pypi::Version;

/// A place in the order of all versions that PEP 440 can write, at which no version lies.
///
/// Cuts are ordered as places are, so that two of them tell whether anything could ever lie between
/// them, be it published or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    version: Version,
    side: Side,
}

/// On which side of a version a cut lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    /// Right before it.
    Before,
    /// Right behind it: its local versions are above the cut.
    After,
    /// Behind its local versions.
    AfterLocals,
    /// Behind its post-releases and all of their local versions.
    AfterPosts,
}

/// Versions from one cut to another; without a cut, from the first or to the last there could be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Where it begins.
    pub start: Option<Cut>,
    /// Where it ends.
    pub end: Option<Cut>,
}

/// The spans that a specifier means, ascending.
pub type Spans = SmallVec<[Span; 2]>;

impl Cut {
    fn new(version: &Version, side: Side) -> Self {
        Self { version: version.clone(), side }
    }

    /// Right before `version`.
    pub fn before(version: &Version) -> Self {
        Self::new(version, Side::Before)
    }

    /// Right behind `version`, whose local versions are above the cut.
    pub fn after(version: &Version) -> Self {
        Self::new(version, Side::After)
    }

    /// Before the first version whose release numbers begin with `prefix`.
    fn before_prefix(epoch: u64, prefix: &[u64]) -> Self {
        Self::before(&Version::new(prefix).with_epoch(epoch).with_dev(Some(0)))
    }

    /// Behind the last version whose release numbers begin with `prefix`; `None` if that is the last
    /// version that there can be.
    fn after_prefix(epoch: u64, prefix: &[u64]) -> Option<Self> {
        // Behind the highest number that can be written comes the next one before it.
        let place = prefix.iter().rposition(|number| *number < u64::MAX);
        let Some(place) = place else {
            return Some(Self::before_prefix(epoch.checked_add(1)?, &[0]));
        };
        let mut next = prefix[..=place].to_vec();
        next[place] += 1;
        Some(Self::before_prefix(epoch, &next))
    }

    /// Whether the cut is above `version`.
    pub fn is_above(&self, version: &Version) -> bool {
        match self.side {
            Side::Before => *version < self.version,
            Side::After => *version <= self.version,
            Side::AfterLocals => public(version) <= self.version,
            Side::AfterPosts => *version <= self.version || is_successor_of(version, &self.version),
        }
    }
}

impl Ord for Cut {
    fn cmp(&self, other: &Self) -> Ordering {
        match self.version.cmp(&other.version) {
            Ordering::Equal => self.side.cmp(&other.side),
            // The lower version's cut may reach over the other version, and then over all that is
            // cut right beside that.
            Ordering::Less if self.is_above(&other.version) => Ordering::Greater,
            Ordering::Greater if other.is_above(&self.version) => Ordering::Less,
            order => order,
        }
    }
}

impl PartialOrd for Cut {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Span {
    fn between(start: Cut, end: Option<Cut>) -> Self {
        Self { start: Some(start), end }
    }

    fn up_to(end: Cut) -> Self {
        Self { start: None, end: Some(end) }
    }

    fn from(start: Cut) -> Self {
        Self { start: Some(start), end: None }
    }

    /// Everything but the span.
    fn complement(self) -> Spans {
        self.start.map(Self::up_to).into_iter().chain(self.end.map(Self::from)).collect()
    }
}

impl Specifier {
    /// The spans of versions that the specifier means; `None` for `===` with a text, which means at
    /// most the one version that is spelled so.
    pub fn spans(&self) -> Option<Spans> {
        let Operand::Version(version) = &self.operand else { return None };
        let itself = || {
            let end = if version.is_local() { Side::After } else { Side::AfterLocals };
            Span::between(Cut::before(version), Some(Cut::new(version, end)))
        };
        let prefix = |numbers: &[u64]| {
            let epoch = version.epoch();
            Span::between(Cut::before_prefix(epoch, numbers), Cut::after_prefix(epoch, numbers))
        };
        Some(match self.operator {
            Operator::Arbitrary | Operator::Equal => smallvec![itself()],
            Operator::NotEqual => itself().complement(),
            Operator::EqualPrefix => smallvec![prefix(version.release())],
            Operator::NotEqualPrefix => prefix(version.release()).complement(),
            Operator::LessEqual => smallvec![Span::up_to(Cut::new(version, Side::AfterLocals))],
            Operator::GreaterEqual => smallvec![Span::from(Cut::before(version))],
            Operator::Less if version.any_prerelease() => {
                smallvec![Span::up_to(Cut::before(version))]
            }
            Operator::Less => {
                let preview = version.clone().with_dev(Some(0));
                smallvec![Span::up_to(Cut::before(&preview))]
            }
            Operator::Greater if version.is_post() || version.is_dev() => {
                smallvec![Span::from(Cut::new(version, Side::AfterLocals))]
            }
            Operator::Greater => smallvec![Span::from(Cut::new(version, Side::AfterPosts))],
            Operator::Compatible => {
                let numbers = version.release();
                let end = prefix(&numbers[..numbers.len().saturating_sub(1)]).end;
                smallvec![Span::between(Cut::before(version), end)]
            }
        })
    }
}
