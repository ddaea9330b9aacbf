//! Files of a registry's index: one JSON object a line (reference, "Registry index").

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;

use super::{
    Condition, ConditionError, Declaration, Dependency, FeatureError, FeatureValue, Features, Kind,
    Listing, Name, NameError, Release, Requirement, RequirementError, RustVersion,
    RustVersionError, Version,
};
use crate::{Timestamp, Warning};

/// The latest form of a line that is known. Later ones are for later cargos, and are passed over.
const LATEST_FORM: u32 = 2;

/// A file that is none of an index.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the index file of `{name}` has no line that can be read; the first one: {reason}")]
pub struct DocumentError {
    /// The package.
    pub name: Name,
    /// What is wrong with the first line.
    pub reason: String,
}

#[derive(Deserialize)]
struct RawLine {
    name: Box<str>,
    vers: Box<str>,
    deps: Vec<RawDependency>,
    cksum: Box<str>,
    #[serde(default)]
    features: BTreeMap<Box<str>, Vec<Box<str>>>,
    features2: Option<BTreeMap<Box<str>, Vec<Box<str>>>>,
    yanked: Option<bool>,
    links: Option<Box<str>>,
    rust_version: Option<Box<str>>,
    pubtime: Option<Box<str>>,
    v: Option<u32>,
}

#[derive(Deserialize)]
struct RawDependency {
    name: Box<str>,
    req: Box<str>,
    #[serde(default)]
    features: Vec<Box<str>>,
    #[serde(default)]
    optional: bool,
    #[serde(default = "yes")]
    default_features: bool,
    target: Option<Box<str>>,
    kind: Option<Box<str>>,
    registry: Option<Box<str>>,
    package: Option<Box<str>>,
}

fn yes() -> bool {
    true
}

/// As much of a line as tells whether it is for a later cargo.
#[derive(Deserialize)]
struct Form {
    v: Option<u32>,
}

/// Why a line is left out.
#[derive(Debug, thiserror::Error)]
enum LineError {
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error("it is about `{0}`")]
    OtherName(Box<str>),
    #[error("`{0}` is not a version: {1}")]
    Version(Box<str>, semver::Error),
    #[error(transparent)]
    Name(#[from] NameError),
    #[error(transparent)]
    Requirement(#[from] RequirementError),
    #[error(transparent)]
    Feature(#[from] FeatureError),
    #[error(transparent)]
    Condition(#[from] ConditionError),
    #[error(transparent)]
    RustVersion(#[from] RustVersionError),
    #[error("`{0}` is not the URL of a registry")]
    Registry(Box<str>),
    #[error("`{0}` is not a time of publication, such as 2025-01-01T00:00:00Z")]
    Publication(Box<str>),
}

/// Reads the index file of a package.
///
/// A line that cannot be read, wholly and by cargo's rules, is left out with a warning, as cargo does;
/// so is one about a version that an earlier line is about. Lines of a form later than 2 are passed
/// over. What a line leaves out has its default (since cargo 1.84), its name, version, dependencies and
/// checksum aside.
///
/// # Errors
///
/// If there are lines, and none of them is one of an index.
pub fn read_index(name: &Name, bytes: &[u8]) -> Result<Listing, DocumentError> {
    let mut listing = Listing { name: name.clone(), releases: Vec::new(), warnings: Vec::new() };
    let mut known = HashSet::new();
    let mut first_fault = None;
    let mut has_line = false;
    for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        if line.trim_ascii().is_empty() {
            continue;
        }
        match read_line(name, line, &mut known) {
            Ok(release) => {
                has_line = true;
                listing.releases.extend(release);
            }
            Err(error) => {
                has_line |= !matches!(error, LineError::Json(_));
                let text = format!("left out line {number} of `{name}`: {error}");
                listing.warnings.push(Warning::new(text));
                first_fault.get_or_insert_with(|| error.to_string());
            }
        }
    }
    match first_fault {
        Some(reason) if !has_line => Err(DocumentError { name: name.clone(), reason }),
        _ => {
            sort(&mut listing);
            Ok(listing)
        }
    }
}

/// Sorts the releases, and leaves out those that are there already.
///
/// A registry is to refuse a version that differs from another in build metadata alone, and the
/// public one did not always. Cargo takes them for two versions, of which the greater is newer.
fn sort(listing: &mut Listing) {
    let Listing { name, releases, warnings } = listing;
    releases.sort_by(|left, right| left.version.cmp(&right.version));
    releases.dedup_by(|later, earlier| {
        let version = &later.version;
        if version.cmp_precedence(&earlier.version).is_ne() {
            return false;
        }
        let is_same = *version == earlier.version;
        let verb = if is_same { "left out" } else { "kept" };
        let text = format!("{verb} `{name}` {version}: {} is the same version", earlier.version);
        warnings.push(Warning::new(text));
        is_same
    });
    releases.shrink_to_fit();
    for at in 1..releases.len() {
        if releases[at].features == releases[at - 1].features {
            releases[at].features = releases[at - 1].features.clone();
        }
    }
}

/// Reads one line; `None` for one that is for a later cargo.
fn read_line(
    name: &Name,
    line: &[u8],
    known: &mut HashSet<Dependency>,
) -> Result<Option<Release>, LineError> {
    let is_later = |form: Option<u32>| form.is_some_and(|form| form > LATEST_FORM);
    let raw: RawLine = match serde_json::from_slice(line) {
        Ok(raw) => raw,
        Err(error) => {
            let form = serde_json::from_slice(line).ok().and_then(|form: Form| form.v);
            return if is_later(form) { Ok(None) } else { Err(error.into()) };
        }
    };
    if is_later(raw.v) {
        return Ok(None);
    }
    if *raw.name != *name.as_str() {
        return Err(LineError::OtherName(raw.name));
    }
    let version: Version = match raw.vers.parse() {
        Ok(version) => version,
        Err(error) => return Err(LineError::Version(raw.vers, error)),
    };
    let rust_version = raw.rust_version.map(|text| RustVersion::parse(&text)).transpose()?;
    let published_at = raw.pubtime.map(published_at).transpose()?;
    let dependencies = raw.deps.into_iter();
    let dependencies = dependencies.map(|raw| read_dependency(raw).map(|read| share(known, read)));
    let dependencies: Box<[Dependency]> = dependencies.collect::<Result<_, _>>()?;
    let mut features: BTreeMap<Box<str>, Vec<FeatureValue>> = BTreeMap::new();
    for (feature, values) in raw.features.into_iter().chain(raw.features2.into_iter().flatten()) {
        let values = values.iter().map(|text| FeatureValue::parse(text));
        features.entry(feature).or_default().extend(values);
    }
    Ok(Some(Release {
        version,
        features: Features::new(features, &dependencies)?,
        dependencies,
        checksum: (!raw.cksum.is_empty()).then_some(raw.cksum),
        is_yanked: raw.yanked.unwrap_or(false),
        links: raw.links,
        rust_version,
        published_at,
    }))
}

/// The dependency that is known to declare this, which thereby is.
fn share(known: &mut HashSet<Dependency>, declaration: Declaration) -> Dependency {
    let dependency = Dependency::from(declaration);
    if let Some(known) = known.get(&dependency) {
        return known.clone();
    }
    known.insert(dependency.clone());
    dependency
}

/// Reads a time of publication, which has one form: a second of UTC with all its digits.
fn published_at(text: Box<str>) -> Result<Timestamp, LineError> {
    const FORM: &[u8; 20] = b"0000-00-00T00:00:00Z";
    let is_of_form = text.len() == FORM.len()
        && text.bytes().zip(FORM).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            form => byte == *form,
        });
    let read = if is_of_form { Timestamp::parse(&text).ok() } else { None };
    read.ok_or(LineError::Publication(text))
}

fn read_dependency(raw: RawDependency) -> Result<Declaration, LineError> {
    let package = Name::parse(raw.package.as_deref().unwrap_or(&raw.name))?;
    let kind = match raw.kind.as_deref() {
        Some("build") => Kind::Build,
        Some("dev") => Kind::Dev,
        // Cargo takes whatever else it may be called for the ordinary one.
        _ => Kind::Normal,
    };
    if let Some(target) = &raw.target {
        Condition::parse(target)?;
    }
    if let Some(registry) = raw.registry.as_deref().filter(|url| !url.contains("://")) {
        return Err(LineError::Registry(registry.into()));
    }
    // Old lines ask for features without a name.
    let features = raw.features.into_iter().filter(|feature| !feature.is_empty());
    Ok(Declaration {
        alias: raw.name,
        package,
        requirement: Requirement::parse(&raw.req)?,
        kind,
        features: features.collect(),
        uses_default_features: raw.default_features,
        is_optional: raw.optional,
        target: raw.target,
        registry: raw.registry,
    })
}

#[cfg(test)]
mod tests;
