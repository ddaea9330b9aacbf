//! JSON documents with the place of every value.
//!
//! Keys keep the order of the file. Where a key stands twice in an object, its last value counts, as for
//! JavaScript.

use std::{
    collections::{
        HashMap,
        hash_map::Entry::{Occupied, Vacant},
    },
    sync::Arc,
};

use jsonc_parser::{
    CollectOptions, ParseOptions,
    ast::{ObjectPropName, Value as Parsed},
    common::Ranged as _,
    parse_to_ast,
};
use serde::de::IgnoredAny;

use crate::input::{
    InputError, Problem, Stated,
    source::{Anchor, Place, Source},
};

/// One value of a document, the way to it, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Json {
    source: Arc<Source>,
    /// The keys that lead here, with dots, such as `dependencies.flask`. Empty for the document.
    pub(crate) key: String,
    /// Where the key stands. For entries of arrays, and the document, where the value does.
    key_start: usize,
    start: usize,
    value: Value,
}

#[derive(Clone, Debug)]
enum Value {
    Null,
    Boolean(bool),
    /// The number as it is written.
    Number(String),
    Text(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads a whole document.
    pub(crate) fn parse(source: &Arc<Source>) -> Result<Self, InputError> {
        let fault = |start: usize, message: String| {
            InputError::at(Place::new(source, start), Problem::Json { message })
        };
        // The parser that tells places reads more than JSON.
        if let Err(error) = serde_json::from_str::<IgnoredAny>(source.text()) {
            return Err(fault(offset(source, &error), message(&error)));
        }
        let parsed =
            parse_to_ast(source.text(), &CollectOptions::default(), &ParseOptions::default())
                .map_err(|error| fault(error.range().start, error.kind().to_string()))?;
        let Some(value) = parsed.value else {
            return Err(fault(0, "the file is empty".to_owned()));
        };
        Ok(Self::build(source, String::new(), None, value))
    }

    fn build(
        source: &Arc<Source>,
        key: String,
        key_start: Option<usize>,
        parsed: Parsed<'_>,
    ) -> Self {
        let start = parsed.start();
        let value = match parsed {
            Parsed::NullKeyword(_) => Value::Null,
            Parsed::BooleanLit(literal) => Value::Boolean(literal.value),
            Parsed::NumberLit(literal) => Value::Number(literal.value.to_owned()),
            Parsed::StringLit(literal) => Value::Text(literal.value.into_owned()),
            Parsed::Array(array) => {
                let items = array.elements.into_iter().enumerate();
                let item = |(at, item)| Self::build(source, format!("{key}[{at}]"), None, item);
                Value::Array(items.map(item).collect())
            }
            Parsed::Object(object) => {
                let mut entries: Vec<(String, Self)> = Vec::with_capacity(object.properties.len());
                let mut places: HashMap<String, usize> = HashMap::new();
                for property in object.properties {
                    let key_start = property.name.start();
                    let name = match property.name {
                        ObjectPropName::String(literal) => literal.value.into_owned(),
                        ObjectPropName::Word(literal) => literal.value.to_owned(),
                    };
                    let way = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                    let node = Self::build(source, way, Some(key_start), property.value);
                    match places.entry(name.clone()) {
                        Occupied(place) => entries[*place.get()].1 = node,
                        Vacant(place) => {
                            place.insert(entries.len());
                            entries.push((name, node));
                        }
                    }
                }
                Value::Object(entries)
            }
        };
        let key_start = key_start.unwrap_or(start);
        Self { source: Arc::clone(source), key, key_start, start, value }
    }

    /// A problem with this value, at the value's place.
    pub(crate) fn fault(&self, problem: Problem) -> InputError {
        InputError::at(Place::new(&self.source, self.start), problem)
    }

    /// The value under a key, if this is an object that has it. Nothing stands under a `null`.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        let Value::Object(entries) = &self.value else { return None };
        let (_, node) = entries.iter().find(|(key, _)| key == name)?;
        Some(node).filter(|node| !matches!(node.value, Value::Null))
    }

    /// The keys and values of an object.
    pub(crate) fn entries(&self) -> Result<&[(String, Self)], InputError> {
        match &self.value {
            Value::Object(entries) => Ok(entries),
            _ => Err(self.wrong_type("an object")),
        }
    }

    /// The keys and values of an object beneath this one. Without it there are none.
    pub(crate) fn entries_of(&self, name: &str) -> Result<&[(String, Self)], InputError> {
        self.get(name).map_or(Ok(&[]), Self::entries)
    }

    /// The entries of an array.
    pub(crate) fn items(&self) -> Result<&[Self], InputError> {
        match &self.value {
            Value::Array(items) => Ok(items),
            _ => Err(self.wrong_type("an array")),
        }
    }

    /// Whether this is an object.
    pub(crate) fn is_object(&self) -> bool {
        matches!(self.value, Value::Object(_))
    }

    /// Whether JavaScript takes it for true.
    pub(crate) fn is_truthy(&self) -> bool {
        match &self.value {
            Value::Null => false,
            Value::Boolean(value) => *value,
            Value::Number(text) => text.parse::<f64>().is_ok_and(|number| number != 0.0),
            Value::Text(text) => !text.is_empty(),
            Value::Array(_) | Value::Object(_) => true,
        }
    }

    /// The text of a string.
    pub(crate) fn text(&self) -> Result<Stated, InputError> {
        match &self.value {
            Value::Text(text) => {
                Ok(Stated { text: text.clone(), anchor: self.followed(self.start, text) })
            }
            _ => Err(self.wrong_type("a string")),
        }
    }

    /// The text of a string, and nothing of anything else.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Where the key begins.
    pub(crate) fn key_anchor(&self) -> Anchor {
        Anchor::start(&self.source, self.key_start)
    }

    /// The value alone.
    pub(crate) fn plain(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Boolean(value) => (*value).into(),
            Value::Number(text) => serde_json::from_str(text).unwrap_or_default(),
            Value::Text(text) => text.as_str().into(),
            Value::Array(items) => items.iter().map(Self::plain).collect(),
            Value::Object(entries) => {
                entries.iter().map(|(key, node)| (key.clone(), node.plain())).collect()
            }
        }
    }

    fn wrong_type(&self, wanted: &'static str) -> InputError {
        let found = match &self.value {
            Value::Null => "`null`",
            Value::Boolean(_) => "a truth value",
            Value::Number(_) => "a number",
            Value::Text(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        };
        let key = if self.key.is_empty() { self.source.name() } else { &self.key };
        self.fault(Problem::WrongType { key: key.to_owned(), found, wanted })
    }

    /// Follows the characters of a string where it stands as it is; one with escapes has its start.
    fn followed(&self, quote: usize, text: &str) -> Anchor {
        let inner = quote + 1;
        match self.source.text().get(inner..inner + text.len()) {
            Some(raw) if raw == text => Anchor::verbatim(&self.source, inner, text),
            _ => Anchor::start(&self.source, quote),
        }
    }
}

/// Where an error stands, in bytes.
fn offset(source: &Source, error: &serde_json::Error) -> usize {
    let line = source.lines().nth(error.line().saturating_sub(1));
    let column = error.column().saturating_sub(1);
    let start = line.map_or(source.text().len(), |(start, line)| start + column.min(line.len()));
    (0..=start).rev().find(|at| source.text().is_char_boundary(*at)).unwrap_or_default()
}

/// What an error says, without its place.
fn message(error: &serde_json::Error) -> String {
    let told = error.to_string();
    told.rsplit_once(" at line ").map_or(told.clone(), |(message, _)| message.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Json, InputError> {
        Json::parse(&Source::new("a.json".into(), text.into()))
    }

    #[test]
    fn values_have_their_places_and_keys_their_order() {
        let json = parse(
            "\u{feff}{\n  \"z\": {\"a b\": \"\\u00e9x\", \"ü\": \"1\"},\n  \"a\": [1, null]\n}\n",
        )
        .unwrap();
        let keys: Vec<_> = json.entries().unwrap().iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["z", "a"]);
        let inner = json.get("z").unwrap().entries().unwrap();
        assert_eq!(inner[0].1.key, "z.a b");
        let escaped = inner[0].1.text().unwrap();
        assert_eq!((&*escaped.text, escaped.anchor.place_of(2).column()), ("éx", 16));
        let plain = inner[1].1.text().unwrap();
        assert_eq!(plain.anchor.place().to_string(), "a.json:2:33");
        assert_eq!(json.get("a").unwrap().items().unwrap()[0].key, "a[0]");
        assert!(json.get("b").is_none() && json.get("z").unwrap().get("a").is_none());
    }

    #[test]
    fn the_last_of_two_equal_keys_counts_where_the_first_stood() {
        let json = parse(r#"{"a": 1, "b": 2, "a": 3}"#).unwrap();
        let entries: Vec<_> = json.entries().unwrap().iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(entries, ["a", "b"]);
        assert_eq!(json.get("a").unwrap().plain(), 3);
    }

    #[test]
    fn only_json_itself_is_read() {
        let refused: String = [
            "",
            "{",
            "{'a': 1}",
            "{\"a\": 1,}",
            "// x\n{}",
            "{a: 1}",
            "{\"a\" 1}",
            "{\"a\": +1}",
            "{} {}",
            "{\"a\": 01}",
            "{\"a\": \"\t\"}",
            "[1 2]",
            "nul",
        ]
        .iter()
        .map(|text| {
            let error = parse(text).map(|_| ()).unwrap_err();
            let place = error.place.as_ref().map(ToString::to_string);
            format!("{text:?}\n  {} ({})\n", error, place.unwrap_or_default())
        })
        .collect();
        insta::assert_snapshot!(refused);
    }
}
