//! Files as the user wrote them, and places in them.
//!
//! A requirement leaves its file as plain text: continuation lines joined, quotes removed. An
//! [`Anchor`] remembers for each character of that text where it stood, so that `column 9` of a
//! requirement becomes `base.in:12:3`.

use std::{fmt, fs, path::Path, sync::Arc};

use crate::input::{InputError, Problem};

/// The most that is read of one file, in bytes: what a request may hold at all.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// One file's name, as messages show it, and its text.
#[derive(Debug)]
pub struct Source {
    name: String,
    text: String,
    /// What stands before every line in the file and is no part of the text: `# ` in a script's block.
    margin: &'static str,
}

impl Source {
    /// Reads a file in UTF-8. A byte order mark is dropped.
    pub fn read(path: &Path) -> Result<Arc<Self>, InputError> {
        Self::read_within(path, MAX_BYTES)
    }

    /// Reads a file of which only a part goes into a request, up to a limit of its own, in bytes.
    pub fn read_within(path: &Path, limit: u64) -> Result<Arc<Self>, InputError> {
        let name = path.display().to_string();
        let unreadable = |source| {
            InputError::from(Problem::Unreadable { path: name.clone(), source: Arc::new(source) })
        };
        if fs::metadata(path).map_err(unreadable)?.len() > limit {
            return Err(Problem::TooLarge { path: name, limit }.into());
        }
        let bytes = fs::read(path).map_err(unreadable)?;
        let text = String::from_utf8(bytes).map_err(|error| Problem::NotUtf8 {
            path: name.clone(),
            byte: error.utf8_error().valid_up_to(),
        })?;
        Ok(Self::new(name, text))
    }

    /// A file whose text is at hand already.
    pub fn new(name: String, text: String) -> Arc<Self> {
        let text = match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.to_owned(),
            None => text,
        };
        Arc::new(Self { name, text, margin: "" })
    }

    /// A text with as many lines as a file, before each of which the file has a margin.
    pub fn within(name: String, text: String, margin: &'static str) -> Arc<Self> {
        Arc::new(Self { name, text, margin })
    }

    /// The name, as messages show it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text, without a byte order mark.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The physical lines with their offsets, without their ends.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut next = 0;
        self.text.split_inclusive('\n').map(move |line| {
            let start = next;
            next += line.len();
            (start, line.trim_end_matches(['\r', '\n']))
        })
    }
}

/// One character's place in a file.
#[derive(Clone, Debug)]
pub struct Place {
    source: Arc<Source>,
    /// The offset of the character, in bytes.
    byte: usize,
}

impl Place {
    /// The place of the character at an offset.
    pub fn new(source: &Arc<Source>, byte: usize) -> Self {
        Self { source: Arc::clone(source), byte: byte.min(source.text.len()) }
    }

    /// The line, from 1.
    pub fn line(&self) -> usize {
        self.before().matches('\n').count() + 1
    }

    /// The column in characters, from 1.
    pub fn column(&self) -> usize {
        self.source.margin.len() + self.line_before().chars().count() + 1
    }

    /// The file's name and the line, such as `requirements.in:3`.
    pub fn file_and_line(&self) -> String {
        format!("{}:{}", self.source.name, self.line())
    }

    /// The line of the file, and a caret beneath the character. Secrets in addresses are masked.
    pub fn excerpt(&self) -> String {
        let before = self.line_before();
        let rest = self.source.text[self.byte..].lines().next().unwrap_or_default();
        // A tab stays a tab, so that the caret meets its character however wide tabs are.
        let indent: String = before
            .chars()
            .map(|character| match character {
                '\t' => "\t".to_owned(),
                wide => " ".repeat(console::measure_text_width(wide.encode_utf8(&mut [0; 4]))),
            })
            .collect();
        let margin = self.source.margin;
        let line = masked(&format!("{margin}{before}{rest}"));
        format!("    {line}\n    {}{indent}^", " ".repeat(margin.len()))
    }

    fn before(&self) -> &str {
        &self.source.text[..self.byte]
    }

    fn line_before(&self) -> &str {
        let before = self.before();
        &before[before.rfind('\n').map_or(0, |end| end + 1)..]
    }
}

/// A text whose addresses have stars for the user and the password in them, one for each character.
pub fn masked(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(scheme) = rest.find("://") {
        let (before, after) = rest.split_at(scheme + 3);
        masked.push_str(before);
        let end = after
            .find(|character: char| character.is_whitespace() || "/?#\"'".contains(character))
            .unwrap_or(after.len());
        let user = after[..end].rfind('@').unwrap_or(0);
        masked.extend(after[..user].chars().map(|_| '*'));
        rest = &after[user..];
    }
    masked + rest
}

/// An address alone, masked as [`masked`] does it, and where it is written wrong, too: without a
/// scheme, or with a `/` in its password. All before the last `@` counts as a secret.
pub fn masked_address(address: &str) -> String {
    let start = address.find("://").map_or(0, |scheme| scheme + 3);
    let (scheme, rest) = address.split_at(start);
    let (secret, place) = rest.split_at(rest.rfind('@').unwrap_or(0));
    let stars = "*".repeat(secret.chars().count());
    masked(&format!("{scheme}{stars}{place}"))
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}", self.source.name, self.line(), self.column())
    }
}

/// Where a text comes from, character by character.
#[derive(Clone, Debug)]
pub struct Anchor {
    source: Arc<Source>,
    /// The offset in the source of each character of the text. Never empty; a text whose characters
    /// cannot be followed, such as one with escapes, has its start alone.
    offsets: Vec<usize>,
}

impl Anchor {
    /// A text that begins at an offset, and whose characters cannot be followed.
    pub fn start(source: &Arc<Source>, byte: usize) -> Self {
        Self { source: Arc::clone(source), offsets: vec![byte] }
    }

    /// A text that stands in the source as it is.
    pub fn verbatim(source: &Arc<Source>, byte: usize, text: &str) -> Self {
        Self::scattered(source, text.char_indices().map(|(at, _)| byte + at).collect(), byte)
    }

    /// A text whose characters stand at the given offsets; at `start` if there are none.
    pub fn scattered(source: &Arc<Source>, mut offsets: Vec<usize>, start: usize) -> Self {
        if offsets.is_empty() {
            offsets.push(start);
        }
        Self { source: Arc::clone(source), offsets }
    }

    /// The place of the text's first character.
    pub fn place(&self) -> Place {
        self.place_of(1)
    }

    /// The rest of the text from a column on, from 1, as a text of its own.
    pub fn part(&self, column: usize) -> Self {
        let start = column.saturating_sub(1).min(self.offsets.len() - 1);
        Self { source: Arc::clone(&self.source), offsets: self.offsets[start..].to_vec() }
    }

    /// The place of one character of the text, by its column from 1. A column just behind the text
    /// is the place behind its last character.
    pub fn place_of(&self, column: usize) -> Place {
        let index = column.saturating_sub(1);
        let last = self.offsets.len() - 1;
        let byte = match self.offsets.get(index) {
            Some(byte) => *byte,
            // One offset alone may be a start that stands for the whole text.
            None if last == 0 => self.offsets[0],
            None => {
                let after = &self.source.text[self.offsets[last]..];
                self.offsets[last] + after.chars().next().map_or(0, char::len_utf8)
            }
        };
        Place::new(&self.source, byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_characters_and_marks_one() {
        let source = Source::new("a.in".into(), "\u{feff}x\r\n\tdé >= 1\r\n".into());
        let place = Place::new(&source, source.text().find(">=").unwrap());
        assert_eq!(place.to_string(), "a.in:2:5");
        assert_eq!(place.excerpt(), "    \tdé >= 1\n    \t   ^");
    }

    #[test]
    fn a_column_behind_the_text_is_the_place_behind_it() {
        let source = Source::new("a.in".into(), "flask>=\n".into());
        let anchor = Anchor::verbatim(&source, 0, "flask>=");
        assert_eq!(anchor.place_of(8).to_string(), "a.in:1:8");
        assert_eq!(anchor.place_of(99).to_string(), "a.in:1:8");
        assert_eq!(Anchor::start(&source, 2).place_of(5).to_string(), "a.in:1:3");
    }

    #[test]
    fn no_excerpt_repeats_a_secret() {
        for (text, shown) in [
            (
                "a @ https://user:pass@host.example/a@1.zip",
                "a @ https://*********@host.example/a@1.zip",
            ),
            ("git+ssh://git@host.example/a", "git+ssh://***@host.example/a"),
            ("x http://host.example/@a http://t:@b/", "x http://host.example/@a http://**@b/"),
            ("flask>=3", "flask>=3"),
        ] {
            assert_eq!(masked(text), shown);
        }
    }

    #[test]
    fn an_address_alone_hides_all_before_its_host() {
        for (text, shown) in [
            ("https://user:pass@host.example:7433", "https://*********@host.example:7433"),
            ("https://user:p/a?s#s@host.example", "https://************@host.example"),
            ("user:pass@host.example:7433", "*********@host.example:7433"),
            ("http://127.0.0.1:7433", "http://127.0.0.1:7433"),
            ("nonsense", "nonsense"),
        ] {
            assert_eq!(masked_address(text), shown);
        }
    }

    #[test]
    fn a_margin_counts_and_is_shown() {
        let source = Source::within("a.py".into(), "\n\nx = 1\n".into(), "# ");
        let place = Place::new(&source, 6);
        assert_eq!(place.to_string(), "a.py:3:7");
        assert_eq!(place.excerpt(), "    # x = 1\n          ^");
    }

    #[test]
    fn lines_have_offsets_and_no_ends() {
        let source = Source::new("a.in".into(), "a\r\nb\n\nc".into());
        let lines: Vec<_> = source.lines().collect();
        assert_eq!(lines, [(0, "a"), (3, "b"), (5, ""), (6, "c")]);
    }
}
