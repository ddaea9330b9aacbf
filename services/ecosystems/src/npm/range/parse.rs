//! The grammar of ranges, as node-semver reads it: what stands there is rewritten to comparators.
//!
//! Node-semver folds white space, splits alternatives at `||`, and rewrites each by a row of regular
//! expressions: hyphen ranges, space behind operators, then word by word `^`, `~`, and numbers that
//! are left open. The steps here are the same, word by word at once and on what is read already.

use std::borrow::Cow;

use super::{Alternative, Comparator, Operator, Range, RangeError, Reading};
use crate::npm::Version;
use crate::npm::version::{Fault, is_space, split_number, split_patch, split_tail, trim};

/// As much of a wrong text as an error repeats.
const LONGEST_QUOTE: usize = 256;

/// From here on JavaScript writes numbers with an exponent, which is in no version.
const LEAST_WITH_EXPONENT: f64 = 1e21;

/// A version with numbers left open (node-semver, `XRANGEPLAIN`): each is digits, or empty where it
/// is left out, or `x`, `X` or `*`.
#[derive(Clone, Copy)]
struct Partial<'a> {
    numbers: [&'a str; 3],
    prerelease: &'a str,
}

/// A part of a range that is none.
struct Wrong<'a> {
    part: Cow<'a, str>,
    reason: &'static str,
}

const NO_COMPARATOR: &str = "it is no version, `^`, `~`, comparison or `x`";
const NOTHING: &str = "nothing in it can be read";

/// What reading goes on with.
struct Words {
    reading: Reading,
    comparators: Vec<Comparator>,
    /// Whether no word was kept so far.
    is_empty: bool,
    /// Whether nothing is left of the last word, as of a star. Node-semver loses such words between
    /// others: where all others are passed over they count at the ends only.
    is_blank: bool,
}

pub(super) fn range(text: &str, reading: Reading) -> Result<Range, RangeError> {
    let folded = fold(text);
    let wrong =
        |reason: String| RangeError { text: text.chars().take(LONGEST_QUOTE).collect(), reason };
    let mut alternatives: Vec<Alternative> = Vec::new();
    for part in folded.split("||") {
        let read = alternative(trim(part), reading).map_err(|Wrong { part, reason }| {
            let part: String = part.chars().take(LONGEST_QUOTE).collect();
            wrong(format!("`{part}`: {reason}"))
        })?;
        alternatives.extend(read);
    }
    if alternatives.is_empty() {
        return Err(wrong(NOTHING.to_owned()));
    }
    // What nothing meets is left out beside others, and others are left out beside what all meet.
    if alternatives.len() > 1 {
        let first = alternatives[0].clone();
        alternatives.retain(|all| !all.first().is_some_and(is_null));
        if alternatives.is_empty() {
            alternatives.push(first);
        } else if alternatives.iter().any(|all| all.is_empty()) {
            alternatives = vec![Alternative::default()];
        }
    }
    Ok(Range { text: folded.into(), reading, alternatives: alternatives.into() })
}

/// Folds white space into single blanks, and leaves it out at both ends.
fn fold(text: &str) -> Cow<'_, str> {
    let text = trim(text);
    let is_odd = |c: char| c != ' ' && is_space(c);
    if !text.contains("  ") && !text.contains(is_odd) {
        return text.into();
    }
    let words = text.split(is_space).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").into()
}

/// Reads what stands between two `||`. Nothing comes of one of which, read loosely, no word is left.
fn alternative(text: &str, reading: Reading) -> Result<Option<Alternative>, Wrong<'_>> {
    let text = without_build(text);
    let text = match hyphen(&text, reading) {
        Some(replaced) => replaced.into(),
        None => text,
    };
    let text = join_operators(&text).map_or(text, Cow::Owned);
    let mut words = Words { reading, comparators: Vec::new(), is_empty: true, is_blank: false };
    let mut is_first_blank = None;
    for word in text.split(' ') {
        words.is_blank = false;
        words.read(word).map_err(|reason| Wrong { part: word.to_owned().into(), reason })?;
        is_first_blank.get_or_insert(words.is_blank);
    }
    if words.is_empty && is_first_blank != Some(true) && !words.is_blank {
        return Ok(None);
    }
    if let Some(null) = words.comparators.iter().find(|comparator| is_null(comparator)) {
        return Ok(Some(Box::new([null.clone()])));
    }
    let mut all: Vec<Comparator> = Vec::with_capacity(words.comparators.len());
    for comparator in words.comparators {
        if !all.contains(&comparator) {
            all.push(comparator);
        }
    }
    Ok(Some(all.into()))
}

/// Whether nothing meets a comparator, in the form that node-semver gives to what cannot be met.
fn is_null(comparator: &Comparator) -> bool {
    let Comparator { operator, version } = comparator;
    *operator == Operator::Less
        && version.has_numbers_of(&Version::new(0, 0, 0))
        && version.prerelease() == "0"
}

/// Leaves out build metadata wherever it stands.
fn without_build(text: &str) -> Cow<'_, str> {
    if !text.contains('+') {
        return text.into();
    }
    let is_inner = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('+') {
        kept.push_str(before);
        if !behind.starts_with(is_inner) {
            kept.push('+');
            rest = behind;
            continue;
        }
        rest = behind.trim_start_matches(is_inner);
        while let Some(next) = rest.strip_prefix('.').filter(|next| next.starts_with(is_inner)) {
            rest = next.trim_start_matches(is_inner);
        }
    }
    kept.push_str(rest);
    kept.into()
}

/// Rewrites `1.2 - 3.4.5` to comparisons.
fn hyphen(text: &str, reading: Reading) -> Option<String> {
    let (from_text, to_text) = text.split_once(" - ")?;
    let from = Partial::parse(from_text, reading)?;
    let to = Partial::parse(to_text, reading)?;
    let floor = if reading.includes_prereleases { "-0" } else { "" };
    let [major, minor, patch] = from.numbers;
    let low = if is_open(major) {
        String::new()
    } else if is_open(minor) {
        format!(">={major}.0.0{floor}")
    } else if is_open(patch) {
        format!(">={major}.{minor}.0{floor}")
    } else if from.prerelease.is_empty() {
        format!(">={from_text}{floor}")
    } else {
        format!(">={from_text}")
    };
    let [major, minor, patch] = to.numbers;
    let high = if is_open(major) {
        String::new()
    } else if is_open(minor) {
        format!("<{}.0.0-0", next(major))
    } else if is_open(patch) {
        format!("<{major}.{}.0-0", next(minor))
    } else if !to.prerelease.is_empty() {
        format!("<={major}.{minor}.{patch}-{}", to.prerelease)
    } else if reading.includes_prereleases {
        format!("<{major}.{minor}.{}-0", next(patch))
    } else {
        format!("<={to_text}")
    };
    Some(trim(&format!("{low} {high}")).to_owned())
}

/// Leaves out the blank behind operators, if there is one: `> 1` is `>1`, and `^ 1` is `^1`.
fn join_operators(text: &str) -> Option<String> {
    let is_spaced = |pair: &[u8]| matches!(pair, [b'<' | b'>' | b'=' | b'~' | b'^', b' ']);
    if !text.as_bytes().windows(2).any(is_spaced) {
        return None;
    }
    let joined = join_comparisons(text).replace("~> ", "~").replace("~ ", "~");
    Some(joined.replace("^ ", "^"))
}

/// Leaves out the blank between a comparison and its version (node-semver, `COMPARATORTRIM`).
fn join_comparisons(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let behind_blank = rest.strip_prefix(' ').unwrap_or(rest);
        let behind = behind_blank.strip_prefix(['<', '>']).unwrap_or(behind_blank);
        let behind = behind.strip_prefix('=').unwrap_or(behind);
        let has_operator = behind.len() < behind_blank.len();
        let version = behind.strip_prefix(' ').filter(|_| has_operator).unwrap_or(behind);
        let core = version.trim_start_matches(['v', '=', ' ']);
        match length_of_version(core) {
            0 => {
                joined.push(first);
                rest = &rest[first.len_utf8()..];
            }
            length => {
                joined.push_str(&rest[..rest.len() - behind.len()]);
                let length = version.len() - core.len() + length;
                joined.push_str(&version[..length]);
                rest = &version[length..];
            }
        }
    }
    joined
}

/// How much of a text is a version or one with numbers left open, as far as that matters to what is
/// joined behind it.
fn length_of_version(text: &str) -> usize {
    let number = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let open = |text: &str| usize::from(text.starts_with(['x', 'X', '*']));
    let (mut length, mut count, mut has_open) = (0, 0, false);
    while count < 3 {
        let from = if count == 0 { Some(text) } else { text[length..].strip_prefix('.') };
        let Some(from) = from else { break };
        let found = number(from).max(open(from));
        if found == 0 {
            break;
        }
        has_open |= open(from) > 0;
        length = text.len() - from.len() + found;
        count += 1;
    }
    if count < 3 {
        return length;
    }
    // Behind three numbers a pre-release needs no hyphen.
    let tail = &text[length..];
    let inner = tail.strip_prefix('-').unwrap_or(tail);
    if has_open && inner.len() == tail.len() {
        return length;
    }
    let is_inner = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let start = if inner.starts_with(is_inner) { inner } else { tail };
    if !start.starts_with(is_inner) {
        return length;
    }
    let mut rest = start.trim_start_matches(is_inner);
    while let Some(next) = rest.strip_prefix('.').filter(|next| next.starts_with(is_inner)) {
        rest = next.trim_start_matches(is_inner);
    }
    text.len() - rest.len()
}

/// Whether a number is left open.
fn is_open(number: &str) -> bool {
    matches!(number, "" | "x" | "X" | "*")
}

/// The number behind another, as JavaScript writes it.
fn next(number: &str) -> String {
    match number.parse::<u64>() {
        Ok(number) if number < 1 << 53 => (number + 1).to_string(),
        _ => {
            let number = number.parse::<f64>().unwrap_or(f64::INFINITY) + 1.0;
            if number < LEAST_WITH_EXPONENT {
                number.to_string()
            } else {
                format!("{number:e}").replace('e', "e+")
            }
        }
    }
}

impl<'a> Partial<'a> {
    fn parse(text: &'a str, reading: Reading) -> Option<Self> {
        let is_loose = reading.is_loose;
        let number = |text: &'a str| match text.as_bytes().first() {
            Some(b'x' | b'X' | b'*') => Some(text.split_at(1)),
            _ => split_number(text, is_loose),
        };
        let text = text.trim_start_matches(['v', '=', ' ']);
        let (major, rest) = number(text)?;
        let (mut numbers, mut prerelease) = ([major, "", ""], "");
        if rest.is_empty() {
            return Some(Self { numbers, prerelease });
        }
        let (minor, rest) = number(rest.strip_prefix('.')?)?;
        numbers[1] = minor;
        if rest.is_empty() {
            return Some(Self { numbers, prerelease });
        }
        let rest = rest.strip_prefix('.')?;
        let (patch, tail) = match number(rest)? {
            (open, tail) if is_open(open) => (open, tail),
            _ => split_patch(rest, is_loose)?,
        };
        numbers[2] = patch;
        (prerelease, _) = split_tail(tail, is_loose)?;
        Some(Self { numbers, prerelease })
    }

    /// Whether a number is left open before one that is not.
    fn has_gap(&self) -> bool {
        let [major, minor, patch] = self.numbers;
        (is_open(major) && !is_open(minor)) || (is_open(minor) && !is_open(patch))
    }
}

impl Words {
    /// Reads one word.
    fn read(&mut self, word: &str) -> Result<(), &'static str> {
        if let Some(version) = word.strip_prefix('^')
            && let Some(partial) = Partial::parse(version, self.reading)
        {
            return self.caret(partial);
        }
        if let Some(version) = word.strip_prefix('~')
            && let version = version.strip_prefix('>').unwrap_or(version)
            && let Some(partial) = Partial::parse(version, self.reading)
        {
            return self.tilde(partial);
        }
        let (operator, version) = split_operator(word);
        if let Some(partial) = Partial::parse(version, self.reading)
            && !partial.has_gap()
            && partial.numbers.into_iter().any(is_open)
        {
            return self.open(operator, partial);
        }
        // A star anywhere else goes away, with the operator before it.
        match word.split_once('*') {
            Some((before, behind)) => {
                let before = before.trim_end_matches(is_space);
                let before = before.strip_suffix('=').unwrap_or(before);
                let before = before.strip_suffix(['<', '>']).unwrap_or(before);
                self.comparison(&format!("{before}{behind}"))
            }
            None => self.comparison(word),
        }
    }

    /// `^`: what changes behind the first number that is not zero.
    fn caret(&mut self, partial: Partial<'_>) -> Result<(), &'static str> {
        let [major, minor, patch] = partial.numbers;
        let rising = match (major, minor) {
            ("0", "0") if !is_open(patch) => 2,
            ("0", _) => 1,
            _ => 0,
        };
        self.below_next(partial, rising)
    }

    /// `~`: what changes behind the second number, or the first if there is no other.
    fn tilde(&mut self, partial: Partial<'_>) -> Result<(), &'static str> {
        self.below_next(partial, 1)
    }

    /// From a version up to where its number at `rising` rises, or the first if there is no other.
    fn below_next(&mut self, partial: Partial<'_>, rising: usize) -> Result<(), &'static str> {
        let [major, minor, patch] = partial.numbers;
        if is_open(major) {
            return self.blank();
        }
        let floor = self.floor();
        if is_open(minor) {
            self.push(Operator::GreaterOrEqual, [major, "0", "0"], floor)?;
            return self.push(Operator::Less, [&next(major), "0", "0"], "0");
        }
        if is_open(patch) {
            self.push(Operator::GreaterOrEqual, [major, minor, "0"], floor)?;
        } else {
            self.push(Operator::GreaterOrEqual, partial.numbers, partial.prerelease)?;
        }
        let raised = next(partial.numbers[rising]);
        let end = match rising {
            0 => [&*raised, "0", "0"],
            1 => [major, &*raised, "0"],
            _ => [major, minor, &*raised],
        };
        self.push(Operator::Less, end, "0")
    }

    /// A comparison with numbers left open. What is left open is any number, and what is compared
    /// with is the first or the last of those versions.
    fn open(&mut self, operator: Operator, partial: Partial<'_>) -> Result<(), &'static str> {
        let [major, minor, _] = partial.numbers;
        let floor = self.floor();
        if is_open(major) {
            return match operator {
                Operator::Greater | Operator::Less => self.push(Operator::Less, ["0"; 3], "0"),
                _ => self.blank(),
            };
        }
        let behind = match (is_open(minor), next(if is_open(minor) { major } else { minor })) {
            (true, next) => [next, "0".to_owned(), "0".to_owned()],
            (false, next) => [major.to_owned(), next, "0".to_owned()],
        };
        let behind = [&*behind[0], &*behind[1], &*behind[2]];
        let first = [major, if is_open(minor) { "0" } else { minor }, "0"];
        match operator {
            Operator::Greater => self.push(Operator::GreaterOrEqual, behind, floor),
            Operator::LessOrEqual => self.push(Operator::Less, behind, "0"),
            Operator::Less => self.push(Operator::Less, first, "0"),
            Operator::GreaterOrEqual => self.push(Operator::GreaterOrEqual, first, floor),
            Operator::Equal => {
                self.push(Operator::GreaterOrEqual, first, floor)?;
                self.push(Operator::Less, behind, "0")
            }
        }
    }

    /// A comparison with a whole version, or nothing.
    fn comparison(&mut self, word: &str) -> Result<(), &'static str> {
        let word = trim(word);
        let floor = if self.reading.includes_prereleases { ">=0.0.0-0" } else { ">=0.0.0" };
        if word.is_empty() {
            return self.blank();
        }
        if word == floor {
            return self.any();
        }
        let (operator, version) = split_operator(word);
        let version = Version::read(version, self.reading.is_loose);
        self.keep(operator, version.map(|version| version.without_build()))
    }

    fn push(
        &mut self,
        operator: Operator,
        numbers: [&str; 3],
        prerelease: &str,
    ) -> Result<(), &'static str> {
        let is_zero = numbers == ["0"; 3] && prerelease == self.floor();
        if operator == Operator::GreaterOrEqual && is_zero {
            return self.any();
        }
        let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        let version = if numbers.into_iter().all(is_number) {
            Version::of_parts(numbers, prerelease, "")
        } else {
            Err(Fault::Form)
        };
        self.keep(operator, version)
    }

    /// Keeps a comparator. Read loosely, what has not its form is passed over.
    fn keep(
        &mut self,
        operator: Operator,
        version: Result<Version, Fault>,
    ) -> Result<(), &'static str> {
        match version {
            Ok(version) => self.comparators.push(Comparator { operator, version }),
            Err(Fault::Form) if self.reading.is_loose => return Ok(()),
            Err(Fault::Form) => return Err(NO_COMPARATOR),
            Err(Fault::Excess(reason)) => return Err(reason),
        }
        self.is_empty = false;
        Ok(())
    }

    /// Notes that nothing is left of a word, so that any version would do.
    fn blank(&mut self) -> Result<(), &'static str> {
        self.is_blank = true;
        Ok(())
    }

    /// Keeps that any version would do, which is no comparator.
    fn any(&mut self) -> Result<(), &'static str> {
        self.is_empty = false;
        Ok(())
    }

    /// The pre-release of the least version, where pre-releases are versions like others.
    fn floor(&self) -> &'static str {
        if self.reading.includes_prereleases { "0" } else { "" }
    }
}

fn split_operator(word: &str) -> (Operator, &str) {
    let (operator, behind) = match word.as_bytes() {
        [b'<', b'=', ..] => (Operator::LessOrEqual, 2),
        [b'>', b'=', ..] => (Operator::GreaterOrEqual, 2),
        [b'<', ..] => (Operator::Less, 1),
        [b'>', ..] => (Operator::Greater, 1),
        [b'=', ..] => (Operator::Equal, 1),
        _ => (Operator::Equal, 0),
    };
    (operator, &word[behind..])
}
