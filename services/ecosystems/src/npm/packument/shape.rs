//! Objects and lists of a document, as the texts of their parts.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The texts of some fields of an object, each empty where it is absent or null. Of two of the same
/// name the last counts.
///
/// # Errors
///
/// If the text is no JSON, or no object.
pub(super) fn fields<'de, const N: usize>(
    text: &'de str,
    names: &[&str; N],
) -> Result<[&'de str; N], serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let fields = Fields(names).deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(fields)
}

/// The names and values of an object, in the order in which JavaScript goes through them; none if it
/// is no object.
pub(super) fn entries(text: &str) -> Option<Vec<(Cow<'_, str>, &str)>> {
    if !is_object(text) {
        return None;
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let mut entries = deserializer.deserialize_map(Entries).ok()?;
    keep_last(&mut entries);
    // Names that are indices of a list come first, by their value.
    if entries.iter().any(|(name, _)| index(name).is_some()) {
        entries.sort_by_key(|(name, _)| index(name).map_or(u64::MAX, u64::from));
    }
    Some(entries)
}

/// The values of a list; none if it is no list.
pub(super) fn elements(text: &str) -> Option<Vec<&str>> {
    if !text.starts_with('[') {
        return None;
    }
    let values: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    Some(values.into_iter().map(RawValue::get).collect())
}

/// Whether a value is an object.
pub(super) fn is_object(text: &str) -> bool {
    text.starts_with('{')
}

/// Of entries of the same name, keeps the last, where the first stands.
fn keep_last(entries: &mut Vec<(Cow<'_, str>, &str)>) {
    // Most objects are small or sorted.
    if entries.windows(2).all(|pair| pair[0].0 < pair[1].0) {
        return;
    }
    let mut places: HashMap<_, usize> = HashMap::with_capacity(entries.len());
    let mut kept: Vec<(Cow<'_, str>, &str)> = Vec::with_capacity(entries.len());
    for (name, value) in entries.drain(..) {
        match places.entry(name.clone()) {
            Entry::Occupied(place) => kept[*place.get()].1 = value,
            Entry::Vacant(place) => {
                place.insert(kept.len());
                kept.push((name, value));
            }
        }
    }
    *entries = kept;
}

/// What a name is as an index of a list (ECMAScript, "array index").
fn index(name: &str) -> Option<u32> {
    let is_written_so = name == "0" || !name.starts_with(['0', '+']);
    name.parse().ok().filter(|index| is_written_so && *index < u32::MAX)
}

struct Fields<'a, const N: usize>(&'a [&'a str; N]);

impl<'de, const N: usize> DeserializeSeed<'de> for Fields<'_, N> {
    type Value = [&'de str; N];

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, const N: usize> Visitor<'de> for Fields<'_, N> {
    type Value = [&'de str; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = [""; N];
        while let Some(place) = map.next_key_seed(Place(self.0))? {
            match place.and_then(|place| fields.get_mut(place)) {
                Some(field) => {
                    let value = map.next_value::<&RawValue>()?.get();
                    *field = if value == "null" { "" } else { value };
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(fields)
    }
}

/// Which of some names the name of a field is.
struct Place<'a>(&'a [&'a str]);

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Place<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|known| *known == name))
    }
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<(Cow<'de, str>, &'de str)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(name) = map.next_key_seed(Text)? {
            entries.push((name, map.next_value::<&RawValue>()?.get()));
        }
        Ok(entries)
    }
}

/// A text, borrowed where it is written without escapes.
struct Text;

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Text {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}
