//! The compact form of an index file: see [`stored`](crate::stored).

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::features::{FeatureValue, Features};
use super::{
    Condition, Declaration, Dependency, Kind, Listing, Name, Release, Requirement, RustVersion,
};
use crate::stored::{Allowance, Hash256, Table, Texts, at, wrong};
use crate::{Timestamp, Warning};

/// A listing with whatever repeats written once. Numbers are places in the tables.
#[derive(Serialize, Deserialize)]
struct Stored<T> {
    name: T,
    texts: Vec<T>,
    declarations: Vec<StoredDeclaration>,
    /// Lists of declarations.
    dependencies: Vec<Vec<u32>>,
    features: Vec<StoredFeatures>,
    releases: Vec<StoredRelease<T>>,
    warnings: Vec<T>,
}

#[derive(PartialEq, Eq, Hash, Serialize, Deserialize)]
struct StoredDeclaration {
    alias: u32,
    package: u32,
    requirement: u32,
    kind: StoredKind,
    features: Vec<u32>,
    uses_default_features: bool,
    is_optional: bool,
    target: Option<u32>,
    registry: Option<u32>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum StoredKind {
    Normal,
    Build,
    Dev,
}

/// Features by name, with what each asks for.
type StoredFeatures = Vec<(u32, Vec<StoredValue>)>;

#[derive(PartialEq, Eq, Hash, Serialize, Deserialize)]
enum StoredValue {
    Feature(u32),
    Dependency(u32),
    /// A dependency, a feature of it, and whether there is a `?`.
    DependencyFeature(u32, u32, bool),
}

#[derive(Serialize, Deserialize)]
struct StoredRelease<T> {
    version: T,
    dependencies: u32,
    features: u32,
    checksum: Option<Hash256<T>>,
    is_yanked: bool,
    links: Option<u32>,
    rust_version: Option<RustVersion>,
    published_at: Option<Timestamp>,
}

impl Serialize for Listing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut writer = Writer::default();
        let releases = self.releases.iter().map(|release| writer.release(release)).collect();
        let stored = Stored {
            name: self.name.as_str().into(),
            texts: writer.texts.into_values(),
            declarations: writer.declarations.into_values(),
            dependencies: writer.dependencies.into_values(),
            features: writer.features.into_values(),
            releases,
            warnings: self.warnings.iter().map(|warning| warning.text.as_str().into()).collect(),
        };
        stored.serialize(serializer)
    }
}

#[derive(Default)]
struct Writer<'a> {
    texts: Texts<'a>,
    declarations: Table<StoredDeclaration>,
    /// Those that were written already, by where they are in memory.
    known: HashMap<*const Declaration, u32, FxBuildHasher>,
    dependencies: Table<Vec<u32>>,
    features: Table<StoredFeatures>,
    /// The release before, which most have their features from.
    last_features: Option<(&'a Features, u32)>,
}

impl<'a> Writer<'a> {
    fn release(&mut self, release: &'a Release) -> StoredRelease<Cow<'a, str>> {
        let dependencies = release.dependencies.iter().map(|own| self.declaration(own)).collect();
        StoredRelease {
            version: release.version.to_string().into(),
            dependencies: self.dependencies.place(dependencies),
            features: self.features(&release.features),
            checksum: release.checksum.as_deref().map(|text| Hash256::new("", text)),
            is_yanked: release.is_yanked,
            links: release.links.as_deref().map(|links| self.text(links)),
            rust_version: release.rust_version,
            published_at: release.published_at,
        }
    }

    fn text(&mut self, text: &'a str) -> u32 {
        self.texts.place(text.into())
    }

    fn declaration(&mut self, declaration: &'a Declaration) -> u32 {
        if let Some(place) = self.known.get(&std::ptr::from_ref(declaration)) {
            return *place;
        }
        let stored = StoredDeclaration {
            alias: self.text(&declaration.alias),
            package: self.text(declaration.package.as_str()),
            requirement: self.texts.place(declaration.requirement.to_string().into()),
            kind: match declaration.kind {
                Kind::Normal => StoredKind::Normal,
                Kind::Build => StoredKind::Build,
                Kind::Dev => StoredKind::Dev,
            },
            features: declaration.features.iter().map(|feature| self.text(feature)).collect(),
            uses_default_features: declaration.uses_default_features,
            is_optional: declaration.is_optional,
            target: declaration.target.as_deref().map(|target| self.text(target)),
            registry: declaration.registry.as_deref().map(|registry| self.text(registry)),
        };
        let place = self.declarations.place(stored);
        self.known.insert(std::ptr::from_ref(declaration), place);
        place
    }

    fn features(&mut self, features: &'a Features) -> u32 {
        if let Some((last, place)) = self.last_features
            && last.is_shared_with(features)
        {
            return place;
        }
        let stored: StoredFeatures = features
            .iter()
            .map(|(name, values)| {
                (self.text(name), values.iter().map(|value| self.value(value)).collect())
            })
            .collect();
        let place = self.features.place(stored);
        self.last_features = Some((features, place));
        place
    }

    fn value(&mut self, value: &'a FeatureValue) -> StoredValue {
        match value {
            FeatureValue::Feature(name) => StoredValue::Feature(self.text(name)),
            FeatureValue::Dependency(name) => StoredValue::Dependency(self.text(name)),
            FeatureValue::DependencyFeature { dependency, feature, is_weak } => {
                StoredValue::DependencyFeature(self.text(dependency), self.text(feature), *is_weak)
            }
        }
    }
}

impl<'de> Deserialize<'de> for Listing {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(&Stored::<&str>::deserialize(deserializer)?)
    }
}

fn read<E: de::Error>(stored: &Stored<&str>) -> Result<Listing, E> {
    let reader = Reader { texts: &stored.texts, allowance: Allowance::default() };
    let declarations = stored.declarations.iter().map(|own| reader.declaration(own));
    let declarations: Vec<Dependency> = declarations.collect::<Result<_, E>>()?;
    let features = stored.features.iter().map(|own| reader.features(own));
    let features: Vec<Features> = features.collect::<Result<_, E>>()?;
    let mut fitting = HashSet::new();
    let mut releases: Vec<Release> = Vec::with_capacity(stored.releases.len());
    for own in &stored.releases {
        let dependencies = at(&stored.dependencies, own.dependencies)?;
        reader.allowance.take(size_of_val(&**dependencies))?;
        let dependencies = dependencies.iter().map(|place| at(&declarations, *place).cloned());
        let dependencies: Box<[Dependency]> = dependencies.collect::<Result<_, E>>()?;
        let features = at(&features, own.features)?.clone();
        if fitting.insert((own.features, own.dependencies)) {
            features.check(&dependencies).map_err(wrong)?;
        }
        let release = Release {
            version: own.version.parse().map_err(wrong)?,
            dependencies,
            features,
            checksum: own.checksum.as_ref().map(|checksum| checksum.to_text("")),
            is_yanked: own.is_yanked,
            links: own.links.map(|links| reader.text(links)).transpose()?,
            rust_version: own.rust_version,
            published_at: own.published_at,
        };
        if releases.last().is_some_and(|last| last.version >= release.version) {
            return Err(wrong(format_args!("version {} is out of order", release.version)));
        }
        releases.push(release);
    }
    let warnings = stored.warnings.iter().map(|text| Warning::new(*text)).collect();
    Ok(Listing { name: Name::parse(stored.name).map_err(wrong)?, releases, warnings })
}

struct Reader<'a> {
    texts: &'a [&'a str],
    allowance: Allowance,
}

impl Reader<'_> {
    fn text<E: de::Error>(&self, place: u32) -> Result<Box<str>, E> {
        self.allowance.copy(at(self.texts, place)?)
    }

    fn declaration<E: de::Error>(&self, stored: &StoredDeclaration) -> Result<Dependency, E> {
        let target = stored.target.map(|place| self.text(place)).transpose()?;
        if let Some(target) = &target {
            Condition::parse(target).map_err(wrong)?;
        }
        let features = stored.features.iter().map(|place| self.text(*place));
        Ok(Dependency::from(Declaration {
            alias: self.text(stored.alias)?,
            package: Name::parse(at(self.texts, stored.package)?).map_err(wrong)?,
            requirement: Requirement::parse(at(self.texts, stored.requirement)?).map_err(wrong)?,
            kind: match stored.kind {
                StoredKind::Normal => Kind::Normal,
                StoredKind::Build => Kind::Build,
                StoredKind::Dev => Kind::Dev,
            },
            features: features.collect::<Result<_, E>>()?,
            uses_default_features: stored.uses_default_features,
            is_optional: stored.is_optional,
            target,
            registry: stored.registry.map(|place| self.text(place)).transpose()?,
        }))
    }

    fn features<E: de::Error>(&self, stored: &StoredFeatures) -> Result<Features, E> {
        // Collected at once, a map has full nodes.
        let features = stored.iter().map(|(name, values)| {
            let values = values.iter().map(|value| self.value(value));
            Ok((self.text(*name)?, values.collect::<Result<Box<[_]>, E>>()?))
        });
        features.collect::<Result<BTreeMap<_, _>, E>>().map(Features::of_parts)
    }

    fn value<E: de::Error>(&self, stored: &StoredValue) -> Result<FeatureValue, E> {
        Ok(match stored {
            StoredValue::Feature(name) => FeatureValue::Feature(self.text(*name)?),
            StoredValue::Dependency(name) => FeatureValue::Dependency(self.text(*name)?),
            StoredValue::DependencyFeature(dependency, feature, is_weak) => {
                FeatureValue::DependencyFeature {
                    dependency: self.text(*dependency)?,
                    feature: self.text(*feature)?,
                    is_weak: *is_weak,
                }
            }
        })
    }
}
