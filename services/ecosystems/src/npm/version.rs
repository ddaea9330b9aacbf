//! Versions as npm reads them (SemVer 2.0.0, and node-semver's loose reading of it).

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Longer texts are no versions (node-semver, `MAX_LENGTH`), in UTF-16 code units.
const LONGEST_VERSION: usize = 256;

/// The greatest number that a part of a version may be (node-semver, `MAX_SAFE_INTEGER`).
pub(super) const GREATEST_NUMBER: u64 = (1 << 53) - 1;

/// More digits than these are no number to node-semver, whatever is made of them.
pub(super) const MOST_DIGITS: usize = 256;

/// What may follow the first letter of an identifier, in bytes.
const LONGEST_IDENTIFIER: usize = 250;

/// A version: three numbers, perhaps a pre-release, perhaps build metadata.
///
/// Versions are totally ordered: by SemVer's precedence, and where that is equal by build metadata,
/// as npm's `compareBuild` does. [`Version::cmp_precedence`] leaves build metadata aside, as ranges
/// do. A version takes 40 bytes, and has an allocation, shared by its clones, only with a
/// pre-release or build metadata.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Version {
    /// The first number.
    pub major: u64,
    /// The second number.
    pub minor: u64,
    /// The third number.
    pub patch: u64,
    /// What stands behind them: `beta.1`, `beta.1+b`, or `+b`.
    tail: Option<Arc<str>>,
}

/// A text that is no version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a version: {reason}")]
pub struct VersionError {
    /// What was given, or its first 256 characters.
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// Why a text is no version, in the two ways that ranges tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It has not the form of one. A loose range passes over it.
    Form,
    /// It has the form, and says more than may be said. No range passes over it.
    Excess(&'static str),
}

const WRONG_FORM: &str = "three numbers and dots, then perhaps `-` and a pre-release";
const TOO_LONG: &str = "it has more than 256 characters";
const TOO_GREAT: &str = "a number in it is greater than 9007199254740991";

impl Version {
    /// Makes a version of three numbers.
    pub fn new(major: u64, minor: u64, patch: u64) -> Self {
        Self { major, minor, patch, tail: None }
    }

    /// Reads a version as npm does nearly everywhere, *loosely*: `v` and `=` may stand before it,
    /// numbers may begin with zeros, and the hyphen before a pre-release may be left out.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        Self::read(text, true).map_err(|fault| VersionError::new(text, fault))
    }

    /// Reads a version by the standard's grammar; a `v` may stand before it.
    pub fn parse_strict(text: &str) -> Result<Self, VersionError> {
        Self::read(text, false).map_err(|fault| VersionError::new(text, fault))
    }

    pub(super) fn read(text: &str, is_loose: bool) -> Result<Self, Fault> {
        let bare = if is_loose {
            trim(text).trim_start_matches(|c| matches!(c, 'v' | '=') || is_space(c))
        } else {
            let text = trim(text);
            text.strip_prefix('v').unwrap_or(text)
        };
        let (numbers, tail) = split_main(bare, is_loose).ok_or(Fault::Form)?;
        let (prerelease, build) = split_tail(tail, is_loose).ok_or(Fault::Form)?;
        if text.len() > LONGEST_VERSION && text.encode_utf16().count() > LONGEST_VERSION {
            return Err(Fault::Excess(TOO_LONG));
        }
        Self::of_parts(numbers, prerelease, build)
    }

    /// Puts a version together from digits and identifiers that have the right form.
    pub(super) fn of_parts(
        [major, minor, patch]: [&str; 3],
        prerelease: &str,
        build: &str,
    ) -> Result<Self, Fault> {
        let number = |digits: &str| -> Result<u64, Fault> {
            let number = digits.trim_start_matches('0');
            let number = if number.is_empty() { Ok(0) } else { number.parse() };
            number.ok().filter(|n| *n <= GREATEST_NUMBER).ok_or(Fault::Excess(TOO_GREAT))
        };
        let length: usize =
            [major, minor, patch, prerelease].iter().map(|part| part.len() + 1).sum();
        if length > LONGEST_VERSION + 1 {
            return Err(Fault::Excess(TOO_LONG));
        }
        let tail = (!prerelease.is_empty() || !build.is_empty()).then(|| {
            let mut tail = String::with_capacity(prerelease.len() + 1 + build.len());
            for (place, identifier) in prerelease.split('.').enumerate() {
                tail.push_str(if place == 0 { "" } else { "." });
                tail.push_str(normalised(identifier));
            }
            if !build.is_empty() {
                tail.push('+');
                tail.push_str(build);
            }
            tail.into()
        });
        Ok(Self { major: number(major)?, minor: number(minor)?, patch: number(patch)?, tail })
    }

    /// The pre-release without its hyphen, such as `beta.1`; empty for a release.
    pub fn prerelease(&self) -> &str {
        let tail = self.tail.as_deref().unwrap_or_default();
        tail.split_once('+').map_or(tail, |(prerelease, _)| prerelease)
    }

    /// The build metadata without its plus; empty if there is none.
    pub fn build(&self) -> &str {
        let tail = self.tail.as_deref().unwrap_or_default();
        tail.split_once('+').map_or("", |(_, build)| build)
    }

    /// Whether there is a pre-release.
    pub fn is_prerelease(&self) -> bool {
        self.tail.as_deref().is_some_and(|tail| !tail.starts_with('+'))
    }

    /// Whether two versions have the same three numbers.
    pub fn has_numbers_of(&self, other: &Self) -> bool {
        self.numbers() == other.numbers()
    }

    /// The version without its build metadata, which is what npm calls it everywhere.
    #[must_use]
    pub fn without_build(&self) -> Self {
        let mut version = self.clone();
        if !self.build().is_empty() {
            version.tail = self.is_prerelease().then(|| self.prerelease().into());
        }
        version
    }

    /// The order of SemVer, section 11, to which build metadata is nothing.
    pub fn cmp_precedence(&self, other: &Self) -> Ordering {
        let numbers = self.numbers().cmp(&other.numbers());
        if numbers.is_ne() || (self.tail.is_none() && other.tail.is_none()) {
            return numbers;
        }
        match (self.is_prerelease(), other.is_prerelease()) {
            (true, true) => cmp_identifiers(self.prerelease(), other.prerelease()),
            // A release is behind its pre-releases.
            (left, right) => right.cmp(&left),
        }
    }

    fn numbers(&self) -> (u64, u64, u64) {
        (self.major, self.minor, self.patch)
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.cmp_precedence(other)
            .then_with(|| match (self.build(), other.build()) {
                ("", "") => Ordering::Equal,
                ("", _) => Ordering::Less,
                (_, "") => Ordering::Greater,
                (left, right) => cmp_identifiers(left, right),
            })
            // Build metadata `1` and `01` is equal to npm, and is not the same.
            .then_with(|| self.tail.cmp(&other.tail))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        match self.tail.as_deref() {
            None => Ok(()),
            Some(build) if build.starts_with('+') => f.write_str(build),
            Some(tail) => write!(f, "-{tail}"),
        }
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        Self::parse(text)
    }
}

impl VersionError {
    fn new(text: &str, fault: Fault) -> Self {
        let reason = match fault {
            Fault::Form => WRONG_FORM,
            Fault::Excess(reason) => reason,
        };
        Self { text: text.chars().take(LONGEST_VERSION).collect(), reason }
    }
}

/// What JavaScript takes for white space: Unicode's, but for U+0085, and U+FEFF.
pub(super) fn is_space(c: char) -> bool {
    (c.is_whitespace() && c != '\u{85}') || c == '\u{feff}'
}

/// Leaves out white space around a text.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// Splits the digits of three numbers from what is behind them.
fn split_main(text: &str, is_loose: bool) -> Option<([&str; 3], &str)> {
    let (major, rest) = split_number(text, is_loose)?;
    let (minor, rest) = split_number(rest.strip_prefix('.')?, is_loose)?;
    let (patch, rest) = split_patch(rest.strip_prefix('.')?, is_loose)?;
    Some(([major, minor, patch], rest))
}

/// Splits digits from a text; without leading zeros, unless it is read loosely.
pub(super) fn split_number(text: &str, is_loose: bool) -> Option<(&str, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at(length);
    let is_number = match digits.as_bytes() {
        [] => false,
        [b'0'] => true,
        [b'0', ..] => is_loose,
        _ => true,
    };
    (is_number && length <= MOST_DIGITS).then_some((digits, rest))
}

/// Splits the third number from a text. Read loosely, the last digit of `1.2.34.5` is a pre-release
/// already, for nothing else fits.
pub(super) fn split_patch(text: &str, is_loose: bool) -> Option<(&str, &str)> {
    let (digits, rest) = split_number(text, is_loose)?;
    if is_loose && digits.len() > 1 && rest.starts_with('.') {
        return Some(text.split_at(digits.len() - 1));
    }
    Some((digits, rest))
}

/// Splits what is behind the numbers into pre-release and build metadata, or says that it is none.
pub(super) fn split_tail(tail: &str, is_loose: bool) -> Option<(&str, &str)> {
    let (prerelease, build) = match tail.split_once('+') {
        Some((_, build)) if !are_identifiers(build, true) => return None,
        Some(parts) => parts,
        None => (tail, ""),
    };
    if prerelease.is_empty() {
        return Some(("", build));
    }
    let inner = match prerelease.strip_prefix('-') {
        Some(inner) if are_identifiers(inner, is_loose) => inner,
        // Read loosely, the hyphen may be an identifier itself.
        _ if is_loose && are_identifiers(prerelease, true) => prerelease,
        _ => return None,
    };
    Some((inner, build))
}

/// Whether a text is identifiers with dots between. Numbers among them begin with a zero only where
/// that is allowed.
fn are_identifiers(text: &str, may_have_zeros: bool) -> bool {
    text.split('.').all(|identifier| {
        let digits = identifier.bytes().take_while(u8::is_ascii_digit).count();
        let is_number = digits == identifier.len();
        !identifier.is_empty()
            && identifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && digits <= MOST_DIGITS
            && identifier.len() - digits <= LONGEST_IDENTIFIER + 1
            && (may_have_zeros || !is_number || digits == 1 || !identifier.starts_with('0'))
    })
}

/// A number without the zeros before it; whatever is no number, or too great for one, as it is.
fn normalised(identifier: &str) -> &str {
    let number = identifier.trim_start_matches('0');
    match identifier.parse::<u64>() {
        Ok(0) => "0",
        Ok(value) if value < GREATEST_NUMBER && !identifier.starts_with('+') => number,
        _ => identifier,
    }
}

/// Compares identifiers with dots between: numbers by their value and before words, words by their
/// bytes, and fewer before more.
fn cmp_identifiers(left: &str, right: &str) -> Ordering {
    let mut right = right.split('.');
    for left in left.split('.') {
        let Some(right) = right.next() else { return Ordering::Greater };
        let order = match (is_numeric(left), is_numeric(right)) {
            (true, true) => cmp_digits(left, right),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => left.cmp(right),
        };
        if order.is_ne() {
            return order;
        }
    }
    if right.next().is_some() { Ordering::Less } else { Ordering::Equal }
}

fn is_numeric(identifier: &str) -> bool {
    identifier.bytes().all(|byte| byte.is_ascii_digit())
}

/// Compares numbers of any length. Node-semver rounds those beyond 2^53, which is no order.
fn cmp_digits(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.trim_start_matches('0'), right.trim_start_matches('0'));
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}
