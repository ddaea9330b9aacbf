//! TOML values with their places.

use std::{ops::Range, sync::Arc};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::input::{
    InputError, Problem, Stated,
    source::{Anchor, Place, Source},
};

/// One value of a TOML document, the way to it, and where it stands.
#[derive(Clone)]
pub(crate) struct Node<'a> {
    source: &'a Arc<Source>,
    /// The keys that lead here, with dots, such as `project.dependencies`. Empty for the document.
    pub(crate) key: String,
    /// Where the key stands. For entries of arrays, and the document, where the value does.
    key_start: usize,
    value: &'a Spanned<DeValue<'a>>,
}

/// Reads a whole document.
pub(crate) fn parse(source: &Source) -> Result<Spanned<DeValue<'_>>, (usize, Problem)> {
    match DeTable::parse(source.text()) {
        Ok(table) => Ok(Spanned::new(table.span(), DeValue::Table(table.into_inner()))),
        Err(error) => {
            let start = error.span().map_or(0, |span| span.start);
            Err((start, Problem::Toml { message: error.message().to_owned() }))
        }
    }
}

impl<'a> Node<'a> {
    /// The document itself.
    pub(crate) fn document(source: &'a Arc<Source>, value: &'a Spanned<DeValue<'a>>) -> Self {
        Self { source, key: String::new(), key_start: 0, value }
    }

    /// A problem with this value, at the value's place.
    pub(crate) fn fault(&self, problem: Problem) -> InputError {
        InputError::at(Place::new(self.source, self.value.span().start), problem)
    }

    /// A problem with this value, at the place of its key.
    pub(crate) fn key_fault(&self, problem: Problem) -> InputError {
        InputError::at(Place::new(self.source, self.key_start), problem)
    }

    /// Where the value begins.
    pub(crate) fn anchor(&self) -> Anchor {
        Anchor::start(self.source, self.value.span().start)
    }

    /// The last key on the way here.
    pub(crate) fn name(&self) -> &str {
        self.key.rsplit_once('.').map_or(&self.key, |(_, name)| name)
    }

    /// The value under a key, if this is a table that has it. The way may have several keys.
    pub(crate) fn find(&self, way: &[&str]) -> Result<Option<Self>, InputError> {
        let Some((first, rest)) = way.split_first() else { return Ok(Some(self.clone())) };
        match self.entries()?.into_iter().find(|(key, _)| key == first) {
            Some((_, node)) => node.find(rest),
            None => Ok(None),
        }
    }

    /// The keys and values of a table.
    pub(crate) fn entries(&self) -> Result<Vec<(&'a str, Self)>, InputError> {
        let DeValue::Table(table) = self.value.get_ref() else {
            return Err(self.wrong_type("a table"));
        };
        let entry = |(key, value): (&'a Spanned<_>, &'a Spanned<DeValue<'a>>)| {
            let name: &'a std::borrow::Cow<'a, str> = key.get_ref();
            let way =
                if self.key.is_empty() { name.to_string() } else { format!("{}.{name}", self.key) };
            let node = Node { source: self.source, key: way, key_start: key.span().start, value };
            (name.as_ref(), node)
        };
        Ok(table.iter().map(entry).collect())
    }

    /// The entries of an array.
    pub(crate) fn items(&self) -> Result<Vec<Self>, InputError> {
        let DeValue::Array(array) = self.value.get_ref() else {
            return Err(self.wrong_type("an array"));
        };
        let item = |value: &'a Spanned<DeValue<'a>>| Node {
            source: self.source,
            key: self.key.clone(),
            key_start: value.span().start,
            value,
        };
        Ok(array.iter().map(item).collect())
    }

    /// Whether this is a table.
    pub(crate) fn is_table(&self) -> bool {
        self.value.get_ref().is_table()
    }

    /// The text of a string.
    pub(crate) fn text(&self) -> Result<Stated, InputError> {
        let DeValue::String(text) = self.value.get_ref() else {
            return Err(self.wrong_type("a string"));
        };
        Ok(Stated { text: text.to_string(), anchor: self.text_anchor(text) })
    }

    /// The texts of an array of strings.
    pub(crate) fn texts(&self) -> Result<Vec<Stated>, InputError> {
        self.items()?.iter().map(Self::text).collect()
    }

    /// The value of a switch.
    pub(crate) fn switch(&self) -> Result<bool, InputError> {
        self.value.get_ref().as_bool().ok_or_else(|| self.wrong_type("`true` or `false`"))
    }

    fn wrong_type(&self, wanted: &'static str) -> InputError {
        let found = match self.value.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "an integer",
            DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "a truth value",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "an array",
            DeValue::Table(_) => "a table",
        };
        self.fault(Problem::WrongType { key: self.key.clone(), found, wanted })
    }

    /// Where this value stands, and its characters if it is a string that can be followed.
    pub(crate) fn value_anchor(&self) -> Anchor {
        match self.value.get_ref() {
            DeValue::String(text) => self.text_anchor(text),
            _ => self.anchor(),
        }
    }

    /// Where the key begins.
    pub(crate) fn key_anchor(&self) -> Anchor {
        Anchor::start(self.source, self.key_start)
    }

    /// The values within, each with its key, or with its number in an array. A plain value has none.
    pub(crate) fn children(&self) -> Vec<(String, Self)> {
        let children = match self.value.get_ref() {
            DeValue::Table(_) => self.entries().map(|entries| {
                entries.into_iter().map(|(key, node)| (key.to_owned(), node)).collect()
            }),
            DeValue::Array(_) => self.items().map(|items| {
                items.into_iter().enumerate().map(|(at, node)| (at.to_string(), node)).collect()
            }),
            _ => return Vec::new(),
        };
        children.unwrap_or_default()
    }

    /// Follows the characters of a string where it stands as it is; one with escapes has its start.
    fn text_anchor(&self, text: &str) -> Anchor {
        let Range { start, end } = self.value.span();
        for mark in ["\"\"\"", "'''", "\"", "'"] {
            let raw = self.source.text().get(start..end).unwrap_or_default();
            let inner = raw.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
            if inner == Some(text) {
                return Anchor::verbatim(self.source, start + mark.len(), text);
            }
        }
        self.anchor()
    }
}
