//! Logical lines: what pip makes of a file before it looks at requirements.
//!
//! Lines that end with `\` are joined, then comments are cut off. A comment starts at a `#` that
//! begins the line or follows white space, so that `name @ file#egg` keeps its tail. A line that is
//! a comment as a whole ends a joined line.

use std::{ops::Range, sync::Arc};

use crate::input::{
    InputError, Problem, Stated,
    source::{Anchor, Place, Source},
};

/// One logical line, and where each of its bytes stood.
#[derive(Debug)]
pub(super) struct LogicalLine {
    source: Arc<Source>,
    text: String,
    /// The offset in the source of each byte of the text.
    offsets: Vec<usize>,
}

impl LogicalLine {
    fn new(source: &Arc<Source>) -> Self {
        Self { source: Arc::clone(source), text: String::new(), offsets: Vec::new() }
    }

    /// The line without its comment.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The place of one byte of the line.
    pub(super) fn place(&self, byte: usize) -> Place {
        let offset = self.offsets.get(byte).or(self.offsets.last());
        Place::new(&self.source, offset.copied().unwrap_or_default())
    }

    /// A part of the line, with its place.
    pub(super) fn stated(&self, part: Range<usize>) -> Stated {
        let text = &self.text[part.clone()];
        let offsets = text.char_indices().map(|(at, _)| self.offsets[part.start + at]).collect();
        let start = self.offsets.get(part.start).copied().unwrap_or_default();
        Stated { text: text.to_owned(), anchor: Anchor::scattered(&self.source, offsets, start) }
    }

    fn push(&mut self, offset: usize, text: &str) {
        self.text.push_str(text);
        self.offsets.extend((0..text.len()).map(|at| offset + at));
    }

    /// Cuts the comment off, and tells whether anything is left.
    fn cut_comment(&mut self) -> bool {
        if let Some(start) = comment_start(&self.text) {
            self.text.truncate(start);
        }
        let end = self.text.trim_end().len();
        self.text.truncate(end);
        self.offsets.truncate(end);
        end > 0
    }
}

/// Returns the logical lines of a file that have something to say.
pub(super) fn logical(source: &Arc<Source>) -> Result<Vec<LogicalLine>, InputError> {
    let mut lines = Vec::new();
    let mut joined = LogicalLine::new(source);
    for (offset, line) in source.lines() {
        let whole_comment = line.trim_start().starts_with('#');
        if line.ends_with('\\') && !whole_comment {
            if let Some(comment) = comment_start(line) {
                let place = Place::new(source, offset + comment);
                return Err(InputError::at(place, Problem::ContinuedComment));
            }
            joined.push(offset, line.trim_end_matches('\\'));
            continue;
        }
        if !whole_comment {
            joined.push(offset, line);
        }
        lines.push(std::mem::replace(&mut joined, LogicalLine::new(source)));
    }
    lines.push(joined);
    lines.retain_mut(LogicalLine::cut_comment);
    lines.iter().try_for_each(refuse_variables)?;
    Ok(lines)
}

/// Where the comment of a line starts.
fn comment_start(line: &str) -> Option<usize> {
    line.char_indices()
        .filter(|(_, character)| *character == '#')
        .map(|(at, _)| at)
        .find(|at| line[..*at].chars().next_back().is_none_or(char::is_whitespace))
}

/// Refuses what pip would replace by the value of an environment variable: `${NAME}`.
fn refuse_variables(line: &LogicalLine) -> Result<(), InputError> {
    for (at, _) in line.text.match_indices("${") {
        let rest = &line.text[at..];
        let Some(end) = rest.find('}') else { continue };
        let name = &rest[2..end];
        let is_variable = |character: char| {
            character.is_ascii_uppercase() || character.is_ascii_digit() || character == '_'
        };
        if !name.is_empty() && name.chars().all(is_variable) {
            let variable = rest[..=end].to_owned();
            return Err(InputError::at(line.place(at), Problem::Variable { variable }));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        let source = Source::new("a.in".into(), text.into());
        logical(&source).unwrap().iter().map(|line| line.text().to_owned()).collect()
    }

    #[test]
    fn lines_are_joined_and_comments_cut_as_pip_does() {
        let table: [(&str, &[&str]); 9] = [
            ("a\nb", &["a", "b"]),
            ("a # note\n# note\n\n  \nb#c", &["a", "b#c"]),
            ("a \\\n  >=1\nb", &["a   >=1", "b"]),
            ("a \\\n# ends it\nb", &["a", "b"]),
            ("a\\", &["a"]),
            ("#a \\\nb", &["b"]),
            ("a\t# note", &["a"]),
            ("a \\\r\n  --hash=sha256:1\r\n", &["a   --hash=sha256:1"]),
            ("", &[]),
        ];
        for (text, expected) in table {
            assert_eq!(texts(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_joined_line_knows_its_places() {
        let source = Source::new("a.in".into(), "x\nflask \\\n   >=3".into());
        let lines = logical(&source).unwrap();
        let stated = lines[1].stated(0..lines[1].text().len());
        assert_eq!(stated.text, "flask    >=3");
        assert_eq!(stated.anchor.place_of(1).to_string(), "a.in:2:1");
        assert_eq!(stated.anchor.place_of(10).to_string(), "a.in:3:4");
    }
}
