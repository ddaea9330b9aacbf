//! Features by number: what those of a release ask of its dependencies.
//!
//! What [`Features`] says in words is said here in numbers, once for each listing, since a solve asks
//! for it thousands of times.

use ecosystems::cargo::{Dependency, FeatureValue, Features};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::interner::number;

/// The features of a release or a member, and which of its dependencies they name.
#[derive(Debug, Default)]
pub(crate) struct FeatureSet {
    /// Ascending by the numbers of their names.
    features: Box<[Feature]>,
    /// What they ask for, one feature behind the other.
    values: Box<[Value]>,
    /// For each dependency the place of the first one that has its alias: features name all that
    /// have it.
    aliases: Box<[u32]>,
}

/// One feature.
#[derive(Clone, Copy, Debug)]
struct Feature {
    /// The number of its name.
    name: u32,
    /// Where what it asks for ends among the values.
    end: u32,
    /// Whether it asks for any dependency, directly or by way of others, or cannot be had.
    asks: bool,
}

/// One thing that a feature asks for. Features are places in the set; dependencies are places too,
/// those of the first ones that have their aliases.
#[derive(Clone, Copy, Debug)]
enum Value {
    /// Itself, so that it cannot be had.
    Never,
    Feature(u32),
    Dependency(u32),
    /// The number of a feature of a dependency, and the feature that turns that dependency on.
    DependencyFeature(u32, u32, Option<u32>),
}

/// What a feature asks for: a dependency, and a feature of it by the number of its name.
pub(crate) type Wish = (u32, Option<u32>);

/// What follows from asking for features.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Activation {
    /// The places of the features that are on, as bits.
    on: SmallVec<[u64; 2]>,
    /// What they ask for, in the order in which it was met. The same may be there twice.
    pub(crate) wishes: SmallVec<[Wish; 8]>,
}

/// What features ask of dependencies, put in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The dependencies asked for, ascending, each with where the features asked of it end.
    dependencies: SmallVec<[(u32, u32); 8]>,
    /// The numbers of these features, those of one dependency in the order of their names.
    features: SmallVec<[u32; 8]>,
}

impl FeatureSet {
    /// Reads the features of a release that has these dependencies. `name` numbers the names of
    /// features.
    pub(crate) fn new<'f>(
        features: &'f Features,
        dependencies: &'f [Dependency],
        mut name: impl FnMut(&'f str) -> u32,
    ) -> Self {
        let stated = features.iter().map(|(text, values)| (name(text), text, values));
        let mut stated: Vec<(u32, &'f str, &'f [FeatureValue])> = stated.collect();
        stated.sort_unstable_by_key(|(name, ..)| *name);
        let names = Names::new(stated.iter().map(|(_, text, _)| *text), dependencies);
        let (mut numbered, mut values) = (Vec::with_capacity(stated.len()), Vec::new());
        for (number, text, stated) in stated {
            values.extend(stated.iter().map(|value| names.value(text, value, &mut name)));
            let asks = features.asks_for_anything(text);
            numbered.push(Feature { name: number, end: self::number(values.len()), asks });
        }
        let aliases = dependencies.iter().map(|dependency| names.first[&*dependency.alias].0);
        Self { features: numbered.into(), values: values.into(), aliases: aliases.collect() }
    }

    /// The features by the numbers of their names, ascending, and whether each asks for anything.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, bool)> {
        self.features.iter().map(|feature| (feature.name, feature.asks))
    }

    /// Whether there is a feature, and if so, whether it asks for anything.
    pub(crate) fn asks(&self, feature: u32) -> Option<bool> {
        self.place(feature).map(|place| self.features[place].asks)
    }

    /// The place of the first dependency that has the alias of the one at a place.
    pub(crate) fn alias(&self, place: u32) -> u32 {
        self.aliases[place as usize]
    }

    /// Turns a feature on, and all that it turns on; `None` if it cannot be had.
    pub(crate) fn turn_on(&self, activation: &mut Activation, feature: u32) -> Option<()> {
        let mut waiting: SmallVec<[u32; 16]> = SmallVec::new();
        waiting.push(number(self.place(feature)?));
        while let Some(place) = waiting.pop() {
            if !activation.insert(place) {
                continue;
            }
            for value in self.values(place as usize) {
                match *value {
                    Value::Never => return None,
                    Value::Feature(other) => waiting.push(other),
                    Value::Dependency(alias) => activation.wishes.push((alias, None)),
                    Value::DependencyFeature(alias, feature, implied) => {
                        waiting.extend(implied);
                        activation.wishes.push((alias, Some(feature)));
                    }
                }
            }
        }
        Some(())
    }

    /// The numbers of the names of what is on, ascending.
    pub(crate) fn on(&self, activation: &Activation) -> impl Iterator<Item = u32> {
        let places = self.features.iter().enumerate();
        places.filter(|(place, _)| activation.has(*place)).map(|(_, feature)| feature.name)
    }

    fn place(&self, feature: u32) -> Option<usize> {
        self.features.binary_search_by_key(&feature, |known| known.name).ok()
    }

    fn values(&self, place: usize) -> &[Value] {
        let start = place.checked_sub(1).map_or(0, |before| self.features[before].end);
        &self.values[start as usize..self.features[place].end as usize]
    }
}

/// What the features of one release are told apart by, while they are read.
struct Names<'f> {
    /// The places of features.
    places: FxHashMap<&'f str, u32>,
    /// The first place of each alias, and whether any dependency of that alias is optional.
    first: FxHashMap<&'f str, (u32, bool)>,
}

impl<'f> Names<'f> {
    fn new(features: impl Iterator<Item = &'f str>, dependencies: &'f [Dependency]) -> Self {
        let mut first: FxHashMap<&str, (u32, bool)> = FxHashMap::default();
        for (place, dependency) in (0..).zip(dependencies) {
            first.entry(&dependency.alias).or_insert((place, false)).1 |= dependency.is_optional;
        }
        Self { places: features.zip(0..).collect(), first }
    }

    /// What the feature `of` asks for by a value. It names what there is: nothing else was read.
    fn value(
        &self,
        of: &str,
        value: &'f FeatureValue,
        name: &mut impl FnMut(&'f str) -> u32,
    ) -> Value {
        let read = match value {
            FeatureValue::Feature(other) if **other == *of => None,
            FeatureValue::Feature(other) => self.places.get(&**other).copied().map(Value::Feature),
            FeatureValue::Dependency(alias) => {
                self.first.get(&**alias).map(|(place, _)| Value::Dependency(*place))
            }
            FeatureValue::DependencyFeature { dependency, feature, is_weak } => {
                self.first.get(&**dependency).map(|(place, is_optional)| {
                    let implied = self.places.get(&**dependency).copied();
                    let implied = implied.filter(|_| *is_optional && !is_weak);
                    Value::DependencyFeature(*place, name(feature), implied)
                })
            }
        };
        read.unwrap_or(Value::Never)
    }
}

impl Activation {
    /// Whether the feature at a place is on.
    fn has(&self, place: usize) -> bool {
        self.on.get(place / 64).is_some_and(|word| word >> (place % 64) & 1 == 1)
    }

    /// Turns the feature at a place on; false if it was on.
    fn insert(&mut self, place: u32) -> bool {
        let (word, bit) = (place as usize / 64, 1 << (place % 64));
        if self.on.len() <= word {
            self.on.resize(word + 1, 0);
        }
        let is_new = self.on[word] & bit == 0;
        self.on[word] |= bit;
        is_new
    }

    /// What is asked for, in order. `text` tells the names of features.
    pub(crate) fn asked<'t>(mut self, text: impl Fn(u32) -> &'t str) -> Asked {
        self.wishes.sort_unstable_by(|left, right| {
            let names = || left.1.map(&text).cmp(&right.1.map(&text));
            left.0.cmp(&right.0).then_with(names)
        });
        self.wishes.dedup();
        let mut asked = Asked::default();
        for (dependency, feature) in self.wishes {
            asked.features.extend(feature);
            let end = number(asked.features.len());
            match asked.dependencies.last_mut() {
                Some((last, known)) if *last == dependency => *known = end,
                _ => asked.dependencies.push((dependency, end)),
            }
        }
        asked
    }
}

impl Asked {
    /// The features asked of a dependency; `None` if it is not asked for.
    pub(crate) fn of(&self, alias: u32) -> Option<&[u32]> {
        let known = self.dependencies.binary_search_by_key(&alias, |(known, _)| *known).ok()?;
        let start = known.checked_sub(1).map_or(0, |before| self.dependencies[before].1);
        Some(&self.features[start as usize..self.dependencies[known].1 as usize])
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use ecosystems::cargo::{Declaration, Kind, Name, Requirement};
    use proptest::prelude::*;

    use super::*;

    const ALIASES: [&str; 3] = ["x", "y", "z"];
    const FEATURES: [&str; 7] = ["a", "b", "c", "default", "x", "y", "z"];

    fn dependency((alias, is_optional): (usize, bool)) -> Dependency {
        Dependency::from(Declaration {
            alias: ALIASES[alias].into(),
            package: Name::parse("package").expect("a name"),
            requirement: Requirement::parse("*").expect("a requirement"),
            kind: Kind::Normal,
            features: Box::default(),
            uses_default_features: true,
            is_optional,
            target: None,
            registry: None,
        })
    }

    /// An entry of a feature's list.
    fn entry() -> impl Strategy<Value = String> {
        let (features, aliases) = (prop::sample::select(&FEATURES), prop::sample::select(&ALIASES));
        let of = (aliases.clone(), prop::sample::select(&["/", "?/"]), features.clone());
        prop_oneof![
            features.prop_map(str::to_owned),
            aliases.prop_map(|alias| format!("dep:{alias}")),
            of.prop_map(|(alias, mark, feature)| format!("{alias}{mark}{feature}")),
        ]
    }

    /// Numbers names, in an order that is not that of the texts.
    fn name(text: &str) -> u32 {
        let place = FEATURES.iter().rposition(|known| *known == text).expect("a known name");
        number(FEATURES.len() - 1 - place)
    }

    fn text(number: u32) -> &'static str {
        FEATURES[FEATURES.len() - 1 - number as usize]
    }

    proptest! {
        #[test]
        fn numbers_say_what_words_say(
            dependencies in prop::collection::vec((0..3usize, any::<bool>()), 0..5),
            stated in prop::collection::btree_map(
                prop::sample::select(&FEATURES), prop::collection::vec(entry(), 0..3), 0..6,
            ),
            requested in prop::collection::vec(prop::sample::select(&FEATURES), 0..4),
        ) {
            let dependencies: Vec<Dependency> = dependencies.into_iter().map(dependency).collect();
            let stated: BTreeMap<Box<str>, Vec<FeatureValue>> = stated
                .iter()
                .map(|(name, values)| {
                    ((*name).into(), values.iter().map(|text| FeatureValue::parse(text)).collect())
                })
                .collect();
            let Ok(features) = Features::new(stated, &dependencies) else { return Ok(()) };
            let set = FeatureSet::new(&features, &dependencies, name);
            let words = features.activate(requested.iter().copied(), &dependencies);
            let mut numbers = Activation::default();
            let mut requested = requested.iter();
            let is_had = requested.all(|text| set.turn_on(&mut numbers, name(text)).is_some());
            prop_assert_eq!(words.is_ok(), is_had);
            let Ok(words) = words else { return Ok(()) };
            let on: BTreeSet<&str> = set.on(&numbers).map(text).collect();
            prop_assert_eq!(on, words.features);
            let asked = numbers.asked(text);
            for (place, dependency) in (0..).zip(&dependencies) {
                let asked = asked.of(set.alias(place));
                let asked = asked.map(|asked| asked.iter().map(|one| text(*one)).collect::<Vec<_>>());
                let expected = words.dependencies.get(&*dependency.alias);
                let expected = expected.map(|asked| asked.iter().copied().collect::<Vec<_>>());
                prop_assert_eq!(asked, expected);
            }
            for feature in FEATURES {
                let asks = features.has(feature).then(|| features.asks_for_anything(feature));
                prop_assert_eq!(set.asks(name(feature)), asks);
            }
        }
    }
}
