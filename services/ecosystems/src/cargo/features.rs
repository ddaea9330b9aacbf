//! Features: what they ask for, and what follows from asking for some.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::{Dependency, Kind};

/// The features of one release, those included that optional dependencies are by themselves
/// (reference, "Features").
///
/// Most releases have the features of the one before: clones share them.
///
/// Invariant: every feature and every dependency that a feature names is one of the release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features(Arc<BTreeMap<Box<str>, Box<[FeatureValue]>>>);

/// One thing that a feature asks for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FeatureValue {
    /// `name`: another feature.
    Feature(Box<str>),
    /// `dep:name`: an optional dependency.
    Dependency(Box<str>),
    /// `name/feature`: a feature of a dependency, and the dependency itself where it is optional;
    /// `name?/feature`: the feature alone.
    DependencyFeature {
        /// The dependency, as the manifest calls it.
        dependency: Box<str>,
        /// The feature of it.
        feature: Box<str>,
        /// Whether there is a `?`.
        is_weak: bool,
    },
}

/// What follows from asking for features.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Activation<'a> {
    /// The features that are on.
    pub features: BTreeSet<&'a str>,
    /// The dependencies that features ask for, each with the features asked of it.
    ///
    /// A weak `name?/feature` is among them: in a lock file it brings the dependency in, since what
    /// else might ask for it is not looked at.
    pub dependencies: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

/// What is wrong with features.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeatureError {
    /// A feature was asked for that is none.
    #[error("there is no feature `{feature}`")]
    Missing {
        /// The feature.
        feature: String,
    },
    /// A feature names what is neither a feature nor a dependency.
    #[error("feature `{feature}` includes `{value}`, which is neither a feature nor a dependency")]
    Unknown {
        /// The feature.
        feature: String,
        /// What it names.
        value: String,
    },
    /// A feature names a dependency as a feature that is none.
    #[error("feature `{feature}` includes `{value}`, but only optional dependencies are features")]
    Required {
        /// The feature.
        feature: String,
        /// What it names.
        value: String,
    },
    /// A feature names an optional dependency that is no feature, since another one has `dep:`.
    #[error("feature `{feature}` includes `{value}`, which is a dependency to be named by `dep:`")]
    NotImplicit {
        /// The feature.
        feature: String,
        /// What it names.
        value: String,
    },
    /// A feature is called what no feature can be called.
    #[error(
        "`{feature}` is not a feature's name: letters, digits, `_`, and behind the first `-`, `+`, `.`"
    )]
    Name {
        /// The feature.
        feature: String,
    },
    /// A feature names a feature of a dependency in a way that means nothing.
    #[error(
        "feature `{feature}` includes `{value}`, which is not of the form `dependency/feature`"
    )]
    Form {
        /// The feature.
        feature: String,
        /// What it names.
        value: String,
    },
    /// An optional dependency that nothing can turn on.
    #[error("no feature includes `dep:{dependency}`, so that nothing can turn `{dependency}` on")]
    Unmentioned {
        /// The dependency.
        dependency: String,
    },
    /// A dependency for development that is optional.
    #[error("`{dependency}` is optional, which dependencies for development cannot be")]
    OptionalDev {
        /// The dependency.
        dependency: String,
    },
    /// A feature names itself.
    #[error("feature `{feature}` includes itself")]
    Cycle {
        /// The feature.
        feature: String,
    },
}

impl FeatureValue {
    /// Reads one entry of a feature's list.
    pub fn parse(text: &str) -> Self {
        match (text.split_once('/'), text.strip_prefix("dep:")) {
            (None, None) => Self::Feature(text.into()),
            (None, Some(name)) => Self::Dependency(name.into()),
            (Some((name, feature)), _) => {
                let strong = name.strip_suffix('?');
                Self::DependencyFeature {
                    dependency: strong.unwrap_or(name).into(),
                    feature: feature.into(),
                    is_weak: strong.is_some(),
                }
            }
        }
    }
}

impl fmt::Display for FeatureValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Feature(name) => f.write_str(name),
            Self::Dependency(name) => write!(f, "dep:{name}"),
            Self::DependencyFeature { dependency, feature, is_weak } => {
                write!(f, "{dependency}{}/{feature}", if *is_weak { "?" } else { "" })
            }
        }
    }
}

impl FeatureValue {
    /// Whether this is what an error names as [`FeatureError::entry`].
    pub fn is_about(&self, entry: &str) -> bool {
        let name = match self {
            Self::Feature(name) | Self::Dependency(name) => name,
            Self::DependencyFeature { dependency, .. } => dependency,
        };
        **name == *entry || self.to_string() == entry
    }
}

impl FeatureError {
    /// The feature that is at fault, and which of its entries, where it is one.
    pub fn entry(&self) -> (&str, Option<&str>) {
        match self {
            Self::Unknown { feature, value }
            | Self::Required { feature, value }
            | Self::NotImplicit { feature, value }
            | Self::Form { feature, value } => (feature, Some(value)),
            Self::Missing { feature } | Self::Name { feature } | Self::Cycle { feature } => {
                (feature, None)
            }
            Self::Unmentioned { .. } | Self::OptionalDev { .. } => ("", None),
        }
    }

    /// The dependency that is at fault, if it is no feature.
    pub fn dependency(&self) -> Option<&str> {
        match self {
            Self::Unmentioned { dependency } | Self::OptionalDev { dependency } => Some(dependency),
            _ => None,
        }
    }
}

impl Features {
    /// Reads the features that a release states, and adds those that its optional dependencies are.
    pub fn new(
        stated: BTreeMap<Box<str>, Vec<FeatureValue>>,
        dependencies: &[Dependency],
    ) -> Result<Self, FeatureError> {
        let mut features: BTreeMap<Box<str>, Box<[FeatureValue]>> =
            stated.into_iter().map(|(name, values)| (name, values.into())).collect();
        let explicit: BTreeSet<&str> = features.values().flatten().filter_map(explicit).collect();
        let implicit = dependencies.iter().filter(|dependency| dependency.is_optional);
        let implicit = implicit.map(|dependency| &dependency.alias);
        let implicit: BTreeSet<Box<str>> =
            implicit.filter(|alias| !explicit.contains(&***alias)).cloned().collect();
        for alias in implicit {
            let values = || Box::new([FeatureValue::Dependency(alias.clone())]);
            features.entry(alias.clone()).or_insert_with(|| values());
        }
        let features = Self::of_parts(features);
        features.check(dependencies)?;
        Ok(features)
    }

    /// Puts features together, which are yet to be checked.
    pub(super) fn of_parts(features: BTreeMap<Box<str>, Box<[FeatureValue]>>) -> Self {
        Self(Arc::new(features))
    }

    /// Checks that these can be the features of a release with those dependencies.
    pub(super) fn check(&self, dependencies: &[Dependency]) -> Result<(), FeatureError> {
        for (feature, values) in &*self.0 {
            if !is_name(feature) {
                return Err(FeatureError::Name { feature: feature.to_string() });
            }
            for value in values {
                check(&self.0, dependencies, feature, value)?;
            }
        }
        check_optional(&self.0, dependencies)
    }

    /// Whether there is a feature of that name.
    pub fn has(&self, feature: &str) -> bool {
        self.0.contains_key(feature)
    }

    /// Whether these are clones of the same features.
    pub fn is_shared_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Whether a feature asks for any dependency, directly or by way of others, or cannot be had since
    /// it includes itself. One that there is not asks for nothing.
    pub fn asks_for_anything(&self, feature: &str) -> bool {
        let mut seen = BTreeSet::new();
        let mut waiting = vec![feature];
        while let Some(feature) = waiting.pop() {
            if !seen.insert(feature) {
                continue;
            }
            for value in self.0.get(feature).into_iter().flatten() {
                match value {
                    FeatureValue::Feature(other) if **other != *feature => waiting.push(other),
                    FeatureValue::Feature(_)
                    | FeatureValue::Dependency(_)
                    | FeatureValue::DependencyFeature { .. } => return true,
                }
            }
        }
        false
    }

    /// The features with what each asks for, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[FeatureValue])> {
        self.0.iter().map(|(name, values)| (&**name, &**values))
    }

    /// What follows from asking for `requested`, among `dependencies` of the release.
    pub fn activate<'a>(
        &'a self,
        requested: impl IntoIterator<Item = &'a str>,
        dependencies: &[Dependency],
    ) -> Result<Activation<'a>, FeatureError> {
        let mut activation = Activation::default();
        let mut waiting: Vec<&str> = requested.into_iter().collect();
        while let Some(feature) = waiting.pop() {
            if !activation.features.insert(feature) {
                continue;
            }
            let values = self.0.get(feature);
            let values =
                values.ok_or_else(|| FeatureError::Missing { feature: feature.to_owned() })?;
            for value in values {
                match value {
                    FeatureValue::Feature(other) if **other == *feature => {
                        return Err(FeatureError::Cycle { feature: feature.to_owned() });
                    }
                    FeatureValue::Feature(other) => waiting.push(other),
                    FeatureValue::Dependency(alias) => {
                        activation.dependencies.entry(alias).or_default();
                    }
                    FeatureValue::DependencyFeature { dependency, feature, is_weak } => {
                        let is_optional = is_optional(dependencies, dependency);
                        if !is_weak && is_optional && self.has(dependency) {
                            waiting.push(dependency);
                        }
                        activation.dependencies.entry(dependency).or_default().insert(feature);
                    }
                }
            }
        }
        Ok(activation)
    }
}

/// The dependency that an entry names by `dep:`.
fn explicit(value: &FeatureValue) -> Option<&str> {
    match value {
        FeatureValue::Dependency(alias) => Some(alias),
        FeatureValue::Feature(_) | FeatureValue::DependencyFeature { .. } => None,
    }
}

/// Whether a feature can be called so (reference, "Features", "The `[features]` section").
fn is_name(feature: &str) -> bool {
    let is_first = |c: char| unicode_ident::is_xid_start(c) || c == '_' || c.is_ascii_digit();
    let is_inner = |c: char| unicode_ident::is_xid_continue(c) || matches!(c, '-' | '+' | '.');
    feature.starts_with(is_first) && feature.chars().all(is_inner)
}

/// Checks that a feature can turn each optional dependency on, and that none of these is for
/// development.
fn check_optional(
    features: &BTreeMap<Box<str>, Box<[FeatureValue]>>,
    dependencies: &[Dependency],
) -> Result<(), FeatureError> {
    let mut optional = dependencies.iter().filter(|dependency| dependency.is_optional).peekable();
    if optional.peek().is_none() {
        return Ok(());
    }
    let values = features.values().flatten();
    let mentioned: BTreeSet<&str> = values
        .filter_map(|value| match value {
            FeatureValue::Feature(_) => None,
            FeatureValue::Dependency(alias) => Some(&**alias),
            FeatureValue::DependencyFeature { dependency, .. } => Some(&**dependency),
        })
        .collect();
    for dependency in optional {
        let alias = &*dependency.alias;
        if dependency.kind == Kind::Dev {
            return Err(FeatureError::OptionalDev { dependency: alias.to_owned() });
        }
        if !mentioned.contains(alias) {
            return Err(FeatureError::Unmentioned { dependency: alias.to_owned() });
        }
    }
    Ok(())
}

fn is_optional(dependencies: &[Dependency], alias: &str) -> bool {
    dependencies.iter().any(|dependency| dependency.is_optional && *dependency.alias == *alias)
}

fn check(
    features: &BTreeMap<Box<str>, Box<[FeatureValue]>>,
    dependencies: &[Dependency],
    feature: &str,
    value: &FeatureValue,
) -> Result<(), FeatureError> {
    let is_dependency = |alias: &str| dependencies.iter().any(|other| *other.alias == *alias);
    let (alias, needs_optional) = match value {
        FeatureValue::Feature(name) if features.contains_key(name) => return Ok(()),
        FeatureValue::Feature(name) => {
            if is_optional(dependencies, name) {
                let (feature, value) = (feature.to_owned(), name.to_string());
                return Err(FeatureError::NotImplicit { feature, value });
            }
            (name, true)
        }
        FeatureValue::Dependency(alias) => (alias, true),
        FeatureValue::DependencyFeature { dependency, feature: asked, is_weak } => {
            if asked.contains('/') || dependency.starts_with("dep:") {
                let (feature, value) = (feature.to_owned(), value.to_string());
                return Err(FeatureError::Form { feature, value });
            }
            (dependency, *is_weak)
        }
    };
    let (feature, value) = (feature.to_owned(), alias.to_string());
    if !is_dependency(alias) {
        Err(FeatureError::Unknown { feature, value })
    } else if needs_optional && !is_optional(dependencies, alias) {
        Err(FeatureError::Required { feature, value })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Declaration, Name, Requirement};
    use super::*;

    fn dependency(alias: &str, is_optional: bool) -> Dependency {
        Dependency::from(Declaration {
            alias: alias.into(),
            package: Name::parse(alias).expect("a name"),
            requirement: Requirement::parse("*").expect("a requirement"),
            kind: Kind::Normal,
            features: Box::default(),
            uses_default_features: true,
            is_optional,
            target: None,
            registry: None,
        })
    }

    fn features(
        stated: &[(&str, &[&str])],
        dependencies: &[Dependency],
    ) -> Result<Features, FeatureError> {
        let values =
            |values: &[&str]| values.iter().map(|text| FeatureValue::parse(text)).collect();
        let stated = stated.iter().map(|(name, list)| ((*name).into(), values(list)));
        Features::new(stated.collect(), dependencies)
    }

    /// The features that are on, and the dependencies with the features asked of them.
    fn activated(
        stated: &[(&str, &[&str])],
        requested: &[&str],
    ) -> Result<(String, String), FeatureError> {
        let dependencies = [dependency("must", false), dependency("may", true)];
        let features = features(stated, &dependencies)?;
        let on = features.activate(requested.iter().copied(), &dependencies)?;
        let join = |texts: &BTreeSet<&str>| texts.iter().copied().collect::<Vec<_>>().join(" ");
        let asked = on.dependencies.iter().map(|(name, asked)| format!("{name}[{}]", join(asked)));
        Ok((join(&on.features), asked.collect::<Vec<_>>().join(" ")))
    }

    #[test]
    fn an_optional_dependency_is_a_feature_unless_one_names_it() {
        let dependencies = [dependency("may", true), dependency("must", false)];
        assert!(features(&[], &dependencies).expect("features").has("may"));
        assert!(!features(&[], &dependencies).expect("features").has("must"));
        assert!(!features(&[("on", &["dep:may"])], &dependencies).expect("features").has("may"));
        let own = features(&[("may", &["dep:may"]), ("on", &[])], &dependencies);
        assert_eq!(own.expect("features").iter().count(), 2);
    }

    #[test]
    fn an_entry_is_spelled_as_it_was_read() {
        for text in ["on", "dep:may", "may/f", "may?/f", "may/b/c", "dep:may/f"] {
            assert_eq!(FeatureValue::parse(text).to_string(), text);
        }
    }

    #[test]
    fn what_follows_from_features_is_found() {
        let pair = |on: &str, asked: &str| Ok((on.to_owned(), asked.to_owned()));
        assert_eq!(activated(&[], &["may"]), pair("may", "may[]"));
        let chain: &[(&str, &[&str])] = &[("default", &["a"]), ("a", &["b"]), ("b", &["a", "may"])];
        assert_eq!(activated(chain, &["default"]), pair("a b default may", "may[]"));
        assert_eq!(activated(&[("a", &["must/f"])], &["a"]), pair("a", "must[f]"));
        assert_eq!(activated(&[("a", &["may/f"])], &["a"]), pair("a may", "may[f]"));
        assert_eq!(activated(&[("a", &["may?/f"])], &["a"]), pair("a", "may[f]"));
        let named: &[(&str, &[&str])] = &[("a", &["may/f"]), ("b", &["dep:may"])];
        assert_eq!(activated(named, &["a"]), pair("a", "may[f]"));
    }

    #[test]
    fn a_feature_that_asks_for_a_dependency_is_told_from_one_that_does_not() {
        let stated: &[(&str, &[&str])] =
            &[("far", &["near"]), ("near", &["may?/f"]), ("on", &["off"]), ("off", &[])];
        let features = features(stated, &[dependency("may", true)]).expect("features");
        let asking = ["far", "may", "near", "off", "on", "none"]
            .map(|feature| features.asks_for_anything(feature));
        assert_eq!(asking, [true, true, true, false, false, false]);
        assert!(features.is_shared_with(&features.clone()));
    }

    #[test]
    fn features_that_mean_nothing_are_named() {
        let text = |stated: &[(&str, &[&str])], asked: &[&str]| {
            activated(stated, asked).expect_err("an error").to_string()
        };
        assert_eq!(text(&[], &["x"]), "there is no feature `x`");
        assert!(text(&[("a", &["x"])], &[]).contains("`x`, which is neither"));
        assert!(text(&[("a", &["x/f"])], &[]).contains("`x`, which is neither"));
        assert!(text(&[("a", &["must"])], &[]).contains("`must`, but only optional"));
        assert!(text(&[("a", &["dep:must"])], &[]).contains("`must`, but only optional"));
        assert!(text(&[("a", &["must?/f"])], &[]).contains("`must`, but only optional"));
        assert!(text(&[("a", &["may"]), ("b", &["dep:may"])], &[]).contains("named by `dep:`"));
        assert_eq!(text(&[("a", &["a"])], &["a"]), "feature `a` includes itself");
        assert!(text(&[("a", &["may/b/c"])], &[]).contains("`may/b/c`, which is not of the form"));
        assert!(text(&[("a", &["dep:may?/b"])], &[]).contains("`dep:may?/b`, which is not of the"));
        assert!(text(&[("a b", &[])], &[]).starts_with("`a b` is not a feature's name"));
        assert!(text(&[("may", &[])], &[]).starts_with("no feature includes `dep:may`"));
    }
}
