//! A cursor over the text of a requirement, which knows the column it stands in.

/// Reads a text from left to right, a character at a time.
#[derive(Clone, Debug)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// What has not been read yet.
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// The column of the next character, counted in characters from 1.
    pub(super) fn column(&self) -> usize {
        self.text[..self.at].chars().count() + 1
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Reads `expected` if it is next.
    pub(super) fn eat(&mut self, expected: &str) -> bool {
        let found = self.rest().starts_with(expected);
        if found {
            self.at += expected.len();
        }
        found
    }

    /// Reads a whole word, if it is next and no longer word begins with it.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let Some(after) = self.rest().strip_prefix(word) else {
            return false;
        };
        if after.chars().next().is_some_and(|next| next.is_alphanumeric() || next == '_') {
            return false;
        }
        self.at += word.len();
        true
    }

    /// Reads as long as `fits` holds.
    pub(super) fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|next| !fits(next)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// Passes over white space of any kind, which the standard allows around a version.
    pub(super) fn skip_whitespace(&mut self) {
        self.take_while(char::is_whitespace);
    }

    /// Passes over spaces and tabs. Line breaks are no part of a requirement.
    pub(super) fn skip_spaces(&mut self) -> &mut Self {
        self.take_while(|next| next == ' ' || next == '\t');
        self
    }
}
