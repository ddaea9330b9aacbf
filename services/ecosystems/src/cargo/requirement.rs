//! Which versions a dependency takes.

use std::fmt;
use std::ops::Range;

use semver::{Comparator, Op, Prerelease, VersionReq};

use super::Version;

/// Major, minor and patch.
type Numbers = (u64, u64, u64);

/// A version requirement, such as `^1.2`, `=0.3.1` or `>=1, <3` (reference, "Specifying
/// dependencies").
///
/// Comparators are met all at once; there is no "or". A pre-release meets a requirement only where
/// a comparator with a pre-release names the same three numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Requirement(VersionReq);

/// A text that is no version requirement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a version requirement: {reason}")]
pub struct RequirementError {
    /// What was given.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Requirement {
    /// Reads a requirement; a version without an operator means `^`.
    pub fn parse(text: &str) -> Result<Self, RequirementError> {
        VersionReq::parse(text)
            .map(Self)
            .map_err(|error| RequirementError { text: text.to_owned(), reason: error.to_string() })
    }

    /// Whether a version meets the requirement.
    pub fn matches(&self, version: &Version) -> bool {
        self.0.matches(version)
    }

    /// The stretch of ascending versions behind and before which none meets the requirement: not all
    /// in it need to.
    pub fn stretch<T>(&self, ascending: &[T], version: impl Fn(&T) -> &Version) -> Range<usize> {
        let mut span = (0, ascending.len());
        for comparator in &self.0.comparators {
            let (least, most) = bounds(comparator);
            let numbers = |item: &T| {
                let Version { major, minor, patch, .. } = *version(item);
                (major, minor, patch)
            };
            span.0 = span.0.max(ascending.partition_point(|item| numbers(item) < least));
            span.1 = span.1.min(ascending.partition_point(|item| numbers(item) <= most));
        }
        span.0.min(span.1)..span.1
    }

    /// The same requirement with its comparators in one order, each once: those of lower versions
    /// first. All of them have to be met, so that their order says nothing.
    pub fn in_one_order(mut self) -> Self {
        let comparators = &mut self.0.comparators;
        comparators.sort_by(|one, other| key(one).cmp(&key(other)));
        comparators.dedup();
        self
    }

    /// Whether the requirement is `*`.
    pub fn is_any(&self) -> bool {
        self.0.comparators.is_empty()
    }

    /// Whether the requirement is one exact version.
    pub fn is_pin(&self) -> bool {
        let is_pin = |op| op == Op::Exact;
        matches!(&*self.0.comparators, [only] if is_pin(only.op) && only.patch.is_some())
    }
}

/// What comparators are sorted by: the version, then the operator.
fn key(comparator: &Comparator) -> (u64, Option<u64>, Option<u64>, &Prerelease, u8) {
    let Comparator { op, major, minor, patch, pre } = comparator;
    let rank = match op {
        Op::Exact => 0,
        Op::Greater => 1,
        Op::GreaterEq => 2,
        Op::Caret => 3,
        Op::Tilde => 4,
        Op::Wildcard => 5,
        Op::Less => 6,
        Op::LessEq => 7,
        // Whatever comes to be.
        _ => u8::MAX,
    };
    (*major, *minor, *patch, pre, rank)
}

/// The least and the greatest numbers that versions may have which meet a comparator.
fn bounds(comparator: &Comparator) -> (Numbers, Numbers) {
    const MOST: u64 = u64::MAX;
    let Comparator { major, minor, patch, .. } = *comparator;
    let least = (major, minor.unwrap_or(0), patch.unwrap_or(0));
    let stated = (major, minor.unwrap_or(MOST), patch.unwrap_or(MOST));
    match comparator.op {
        Op::Greater | Op::GreaterEq => (least, (MOST, MOST, MOST)),
        Op::Less | Op::LessEq => ((0, 0, 0), stated),
        Op::Exact => (least, stated),
        Op::Tilde => (least, (major, minor.unwrap_or(MOST), MOST)),
        Op::Caret => match (major, minor, patch) {
            (0, Some(0), Some(_)) => (least, stated),
            (0, Some(minor), _) => (least, (0, minor, MOST)),
            _ => (least, (major, MOST, MOST)),
        },
        Op::Wildcard => (least, stated),
        // Whatever comes to be may mean anything.
        _ => ((0, 0, 0), (MOST, MOST, MOST)),
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_take_what_the_reference_says() {
        for (requirement, yes, no) in [
            ("1.2.3", &["1.2.3", "1.9.0"][..], &["1.2.2", "2.0.0", "1.3.0-a"][..]),
            ("0.2", &["0.2.0", "0.2.9"], &["0.3.0", "0.1.9"]),
            ("0.0.3", &["0.0.3"], &["0.0.4"]),
            ("~1.2", &["1.2.9"], &["1.3.0"]),
            ("1.*", &["1.0.0", "1.9.9"], &["2.0.0"]),
            ("*", &["0.0.1", "9.0.0"], &["1.0.0-a"]),
            (">=1, <3", &["1.0.0", "2.9.0"], &["3.0.0", "0.9.0"]),
            ("=1.2.3", &["1.2.3", "1.2.3+build"], &["1.2.4"]),
            ("1.0.0-a", &["1.0.0-a", "1.0.0-b", "1.1.0"], &["1.1.0-a", "0.9.0"]),
            (">=0.6", &["0.6.0", "1.0.0"], &["0.5.9", "0.7.0-rc.1"]),
        ] {
            let read = Requirement::parse(requirement).expect("a requirement");
            let version = |text: &str| text.parse::<Version>().expect("a version");
            for text in yes {
                assert!(read.matches(&version(text)), "{requirement} {text}");
            }
            for text in no {
                assert!(!read.matches(&version(text)), "{requirement} {text}");
            }
        }
    }

    #[test]
    fn a_requirement_is_written_in_one_order_whatever_that_of_its_comparators() {
        let written = |text: &str| {
            Requirement::parse(text).expect("a requirement").in_one_order().to_string()
        };
        for (text, expected) in [
            (">=1, <3", ">=1, <3"),
            ("<3,>=1", ">=1, <3"),
            ("<=1.2 , >=1.2", ">=1.2, <=1.2"),
            ("1.2.3", "^1.2.3"),
            ("<2, ^1.2, ^1.2", "^1.2, <2"),
            (" * ", "*"),
            ("1.0.0-b, >=1.0.0-a", ">=1.0.0-a, ^1.0.0-b"),
        ] {
            assert_eq!(written(text), expected, "{text}");
            assert_eq!(written(expected), expected);
        }
    }

    #[test]
    fn all_that_meets_a_requirement_lies_in_its_stretch() {
        let mut versions: Vec<Version> = Vec::new();
        for major in 0..3 {
            for (minor, patch) in [(0, 0), (0, 1), (0, 2), (1, 0), (1, 3), (2, 0), (2, 4)] {
                for pre in ["-a.1", "-rc.1", ""] {
                    let text = format!("{major}.{minor}.{patch}{pre}");
                    versions.push(text.parse().expect("a version"));
                }
            }
        }
        let numbers = ["0", "1", "2", "0.0", "0.1", "1.0", "1.1", "0.0.1", "0.1.3", "1.2.4-a.1"];
        let mut met = 0;
        for op in ["", "^", "~", "=", ">", ">=", "<", "<="] {
            for left in numbers {
                for right in ["", ", <2", ", >=1.0.0-a, ^1", ", *"] {
                    let Ok(requirement) = Requirement::parse(&format!("{op}{left}{right}")) else {
                        continue;
                    };
                    let stretch = requirement.stretch(&versions, |version| version);
                    for (at, version) in versions.iter().enumerate() {
                        if requirement.matches(version) {
                            assert!(stretch.contains(&at), "{requirement} {version}");
                            met += 1;
                        }
                    }
                }
            }
        }
        assert!(met > 1_000, "{met}");
        for (requirement, length) in
            [("^1.2", 21), ("*", 63), ("1.*", 21), ("=1.1.3", 3), ("0.1", 6)]
        {
            let requirement = Requirement::parse(requirement).expect("a requirement");
            let stretch = requirement.stretch(&versions, |version| version);
            assert!(stretch.len() <= length, "{requirement} {stretch:?}");
        }
    }

    #[test]
    fn what_is_no_requirement_is_named() {
        for text in ["1 || 2", "x.y", ">1 <2", ""] {
            let error = Requirement::parse(text).expect_err("no requirement");
            assert!(error.to_string().starts_with(&format!("`{text}`")), "{error}");
        }
    }

    #[test]
    fn pins_name_one_version() {
        let is_pin = |text| Requirement::parse(text).expect("a requirement").is_pin();
        let is_any = |text| Requirement::parse(text).expect("a requirement").is_any();
        assert!(is_any("*") && !is_any("1.*") && !is_any(">=0.0.0"));
        assert!(is_pin("=1.2.3") && is_pin("=1.0.0-a"));
        assert!(!is_pin("=1.2") && !is_pin("1.2.3") && !is_pin("=1.2.3, <2"));
    }
}
