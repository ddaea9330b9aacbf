//! The options of requirements files: one table, and how their words are read.

use std::ops::Range;

use super::lines::LogicalLine;
use crate::input::{InputError, Problem, Stated};

/// What an option means to this client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// `-r`: reads another file as a part of this one.
    Requirements,
    /// `-c`: reads another file for constraints.
    Constraints,
    /// `--hash`: the hash of an artifact.
    Hash,
    /// `--pre`: pre-releases are candidates.
    Pre,
    /// `--only-binary`: wheels alone.
    OnlyBinary,
    /// `--no-binary`: source distributions alone.
    NoBinary,
    /// Not passed on, and this is what to do instead.
    Refused(&'static str),
}

/// One option that pip knows in requirements files.
struct Known {
    long: &'static str,
    short: Option<char>,
    takes_value: bool,
    meaning: Meaning,
}

const REGISTRIES: &str = "registries are configured at the service; remove the option and name them with `--registry NAME`";
const EDITABLE: &str = "nothing is installed here: resolve that project's own `pyproject.toml`, or publish it to a registry of the service and require a version";
const NOTHING_BUILT: &str = "it is about builds, and nothing is built here; remove it";

/// Every option, in pip's order. Abbreviations, which pip admits, are not.
const OPTIONS: [Known; 20] = [
    valued("--index-url", Some('i'), Meaning::Refused(REGISTRIES)),
    valued("--pypi-url", None, Meaning::Refused(REGISTRIES)),
    valued("--extra-index-url", None, Meaning::Refused(REGISTRIES)),
    plain("--no-index", Meaning::Refused(REGISTRIES)),
    valued("--find-links", Some('f'), Meaning::Refused(REGISTRIES)),
    valued("--trusted-host", None, Meaning::Refused(REGISTRIES)),
    valued("--requirement", Some('r'), Meaning::Requirements),
    valued("--constraint", Some('c'), Meaning::Constraints),
    valued("--editable", Some('e'), Meaning::Refused(EDITABLE)),
    plain("--pre", Meaning::Pre),
    valued("--only-binary", None, Meaning::OnlyBinary),
    valued("--no-binary", None, Meaning::NoBinary),
    plain(
        "--prefer-binary",
        Meaning::Refused("remove it: wheels alone count, unless `--sdist` is given"),
    ),
    plain(
        "--require-hashes",
        Meaning::Refused(
            "remove it: a stated hash always counts, and packages without one are admitted",
        ),
    ),
    valued("--use-feature", None, Meaning::Refused("it switches features of pip; remove it")),
    valued("--hash", None, Meaning::Hash),
    valued("--config-settings", Some('C'), Meaning::Refused(NOTHING_BUILT)),
    valued("--config-setting", None, Meaning::Refused(NOTHING_BUILT)),
    valued("--global-option", None, Meaning::Refused(NOTHING_BUILT)),
    valued("--install-option", None, Meaning::Refused(NOTHING_BUILT)),
];

const fn valued(long: &'static str, short: Option<char>, meaning: Meaning) -> Known {
    Known { long, short, takes_value: true, meaning }
}

const fn plain(long: &'static str, meaning: Meaning) -> Known {
    Known { long, short: None, takes_value: false, meaning }
}

/// One option of a line.
#[derive(Debug)]
pub(super) struct GivenOption {
    /// What it means.
    pub(super) meaning: Meaning,
    /// The option as written, without its value, and where it stands.
    pub(super) word: Stated,
    /// The value. Empty for options without one.
    pub(super) value: Stated,
}

/// Splits a line into its requirement, if it has one, and its options.
///
/// The options begin at the first word with a `-`, as in pip.
pub(super) fn split(line: &LogicalLine) -> Result<(Option<Stated>, Vec<GivenOption>), InputError> {
    let text = line.text();
    let start = words(text)
        .find(|word| text[word.start..].starts_with('-'))
        .map_or(text.len(), |word| word.start);
    let requirement = text[..start].trim();
    let stated = (!requirement.is_empty()).then(|| {
        let from = text.len() - text.trim_start().len();
        line.stated(from..from + requirement.len())
    });
    let mut options = Vec::new();
    let mut rest = quoted_words(line, start)?.into_iter();
    while let Some(word) = rest.next() {
        options.push(option(line, word, &mut rest)?);
    }
    Ok((stated, options))
}

/// Reads one option, and its value from its own word or from the next.
fn option(
    line: &LogicalLine,
    word: Word,
    rest: &mut impl Iterator<Item = Word>,
) -> Result<GivenOption, InputError> {
    let place = line.place(word.range.start);
    let at_word = |problem| InputError::at(place.clone(), problem);
    if !word.text.starts_with('-') {
        return Err(at_word(Problem::StrayWord { word: word.text }));
    }
    let (name, attached) = halves(&word.text);
    let Some(known) = OPTIONS.iter().find(|known| known.is_called(name)) else {
        return Err(at_word(Problem::OptionUnknown { option: name.to_owned() }));
    };
    let written = line.stated(word.range.start..word.range.start + name.len());
    let option = name.to_owned();
    if let Meaning::Refused(advice) = known.meaning {
        return Err(at_word(Problem::OptionRefused { option, advice }));
    }
    let value = match (known.takes_value, attached) {
        (false, None) => Stated { text: String::new(), anchor: written.anchor.clone() },
        (false, Some(_)) => return Err(at_word(Problem::OptionWithValue { option })),
        (true, Some(value)) => word.tail(line, value),
        (true, None) => match rest.next() {
            Some(next) => next.tail(line, &next.text),
            None => return Err(at_word(Problem::OptionWithoutValue { option })),
        },
    };
    if known.takes_value && value.text.is_empty() {
        return Err(at_word(Problem::OptionWithoutValue { option }));
    }
    Ok(GivenOption { meaning: known.meaning, word: written, value })
}

impl Known {
    fn is_called(&self, name: &str) -> bool {
        self.long == name
            || self
                .short
                .is_some_and(|short| name.strip_prefix('-') == Some(short.encode_utf8(&mut [0; 4])))
    }
}

/// The option's name, and the value attached to it: `--hash=a` and `-rfile` have one.
fn halves(word: &str) -> (&str, Option<&str>) {
    if word.starts_with("--") {
        return match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
    }
    let end = word.char_indices().nth(2).map_or(word.len(), |(at, _)| at);
    (&word[..end], (end < word.len()).then_some(&word[end..]))
}

/// A word with its quotes removed.
struct Word {
    text: String,
    /// The word in the line, quotes included.
    range: Range<usize>,
}

impl Word {
    /// The last part of the word as a text of its own. With quotes, its place is the word's start.
    fn tail(&self, line: &LogicalLine, value: &str) -> Stated {
        let whole = line.stated(self.range.clone());
        if whole.text == self.text {
            return line.stated(self.range.end - value.len()..self.range.end);
        }
        Stated {
            text: value.to_owned(),
            anchor: line.stated(self.range.start..self.range.start + 1).anchor,
        }
    }
}

/// The words between white space.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.split_whitespace().map(move |word| {
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        start..start + word.len()
    })
}

/// The words from `start` on, in which quotation marks hold white space together.
fn quoted_words(line: &LogicalLine, start: usize) -> Result<Vec<Word>, InputError> {
    let mut found: Vec<Word> = Vec::new();
    let mut inside = false;
    let mut quote: Option<(char, usize)> = None;
    for (at, character) in line.text().char_indices().filter(|(at, _)| *at >= start) {
        let blank = character.is_whitespace() && quote.is_none();
        if blank {
            inside = false;
            continue;
        }
        if !inside {
            found.push(Word { text: String::new(), range: at..at });
            inside = true;
        }
        let Some(word) = found.last_mut() else { continue };
        word.range.end = at + character.len_utf8();
        match (quote, character) {
            (None, '"' | '\'') => quote = Some((character, at)),
            (Some((mark, _)), _) if mark == character => quote = None,
            _ => word.text.push(character),
        }
    }
    match quote {
        Some((mark, at)) => Err(InputError::at(line.place(at), Problem::OpenQuote { mark })),
        None => Ok(found),
    }
}
