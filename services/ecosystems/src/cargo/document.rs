//! Files of a registry's index: one JSON object a line (reference, "Registry index").

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;

use super::{
    Declaration, Dependency, FeatureError, FeatureValue, Features, Kind, Listing, Name, NameError,
    Release, Requirement, RequirementError, RustVersion, Version,
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
    deps: Option<Vec<RawDependency>>,
    cksum: Option<Box<str>>,
    features: Option<BTreeMap<Box<str>, Vec<Box<str>>>>,
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
    features: Option<Box<[Box<str>]>>,
    optional: Option<bool>,
    default_features: Option<bool>,
    target: Option<Box<str>>,
    kind: Option<Box<str>>,
    registry: Option<Box<str>>,
    package: Option<Box<str>>,
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
    #[error("`{0}` is not a kind of dependency")]
    Kind(Box<str>),
}

/// Reads the index file of a package.
///
/// A line that cannot be read is left out with a warning, as cargo does; so is one about a version
/// that an earlier line is about. Lines of a form later than 2 are passed over. What a
/// line leaves out has its default (since cargo 1.84).
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
        match read_line(name, line, &mut known, &mut listing.warnings) {
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
    warnings: &mut Vec<Warning>,
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
    let mut note = |text: String| {
        warnings.push(Warning::new(format!("`{name}` {version}: passed over {text}")));
    };
    let rust_version = raw
        .rust_version
        .and_then(|text| RustVersion::parse(&text).map_err(|error| note(error.to_string())).ok());
    let published_at = raw
        .pubtime
        .and_then(|text| Timestamp::parse(&text).map_err(|error| note(error.to_string())).ok());
    let dependencies = raw.deps.unwrap_or_default().into_iter();
    let dependencies = dependencies.map(|raw| read_dependency(raw).map(|read| share(known, read)));
    let dependencies: Box<[Dependency]> = dependencies.collect::<Result<_, _>>()?;
    let mut features: BTreeMap<Box<str>, Vec<FeatureValue>> = BTreeMap::new();
    for (feature, values) in [raw.features, raw.features2].into_iter().flatten().flatten() {
        let values = values.iter().map(|text| FeatureValue::parse(text));
        features.entry(feature).or_default().extend(values);
    }
    Ok(Some(Release {
        version,
        features: Features::new(features, &dependencies)?,
        dependencies,
        checksum: raw.cksum,
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

fn read_dependency(raw: RawDependency) -> Result<Declaration, LineError> {
    let package = Name::parse(raw.package.as_deref().unwrap_or(&raw.name))?;
    let kind = match raw.kind.as_deref() {
        None | Some("normal") => Kind::Normal,
        Some("build") => Kind::Build,
        Some("dev") => Kind::Dev,
        Some(other) => return Err(LineError::Kind(other.into())),
    };
    Ok(Declaration {
        alias: raw.name,
        package,
        requirement: Requirement::parse(&raw.req)?,
        kind,
        features: raw.features.unwrap_or_default(),
        uses_default_features: raw.default_features.unwrap_or(true),
        is_optional: raw.optional.unwrap_or(false),
        target: raw.target,
        registry: raw.registry,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Listing {
        read_index(&Name::parse("web").expect("a name"), text.as_bytes()).expect("an index file")
    }

    fn warnings(listing: &Listing) -> Vec<&str> {
        listing.warnings.iter().map(|warning| warning.text.as_str()).collect()
    }

    #[test]
    fn a_whole_line_is_read() {
        let listing = read(concat!(
            r#"{"name":"web","vers":"1.2.3+b","deps":[{"name":"io","req":"^0.4","features":["f"],"#,
            r#""optional":true,"default_features":false,"target":"cfg(unix)","kind":"build","#,
            r#""registry":"https://index.example/","package":"web-io"}],"cksum":"ab","#,
            r#""features":{"a":["io"]},"features2":{"a":["io?/g"],"b":[]},"yanked":true,"#,
            r#""links":"z","rust_version":"1.65","pubtime":"2025-01-01T00:00:00Z","v":2}"#,
        ));
        let [release] = &listing.releases[..] else { panic!("one release") };
        let [dependency] = &release.dependencies[..] else { panic!("one dependency") };
        assert_eq!((&*dependency.alias, dependency.package.as_str()), ("io", "web-io"));
        assert_eq!((dependency.kind, dependency.is_optional), (Kind::Build, true));
        assert!(!dependency.uses_default_features && *dependency.features == ["f".into()]);
        assert_eq!(dependency.target.as_deref(), Some("cfg(unix)"));
        assert_eq!(dependency.registry.as_deref(), Some("https://index.example/"));
        let features: Vec<(&str, usize)> =
            release.features.iter().map(|(name, values)| (name, values.len())).collect();
        assert_eq!(features, [("a", 2), ("b", 0), ("io", 1)]);
        assert!(release.is_yanked && release.published_at.is_some());
        assert_eq!(release.links.as_deref(), Some("z"));
        assert_eq!(release.rust_version, RustVersion::parse("1.65").ok());
        assert_eq!(listing.position(&release.version), Some(0));
        assert_eq!(listing.warnings, []);
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let listing = read(r#"{"name":"web","vers":"0.1.0","deps":[{"name":"io","req":"1"}]}"#);
        let release = &listing.releases[0];
        let dependency = &release.dependencies[0];
        assert!(dependency.uses_default_features && !dependency.is_optional);
        assert_eq!((dependency.kind, &dependency.registry), (Kind::Normal, &None));
        assert!(!release.is_yanked && release.checksum.is_none());
        assert!(listing.warnings.is_empty());
    }

    #[test]
    fn lines_of_a_later_cargo_are_passed_over() {
        let listing = read(concat!(
            r#"{"name":"web","vers":"1.0.0","deps":"elsewhere","v":3}"#,
            "\n\n",
            r#"{"name":"web","vers":"2.0.0","v":3}"#,
            "\n",
            r#"{"name":"web","vers":"0.9.0","v":1}"#,
        ));
        assert_eq!((listing.releases.len(), listing.warnings.len()), (1, 0));
    }

    #[test]
    fn odd_lines_are_left_out_by_name_and_others_stay() {
        let listing = read(
            &[
                r#"{"name":"web","vers":"1.10.0"}"#,
                r#"{"name":"web","vers":"1.9.0","pubtime":"soon","rust_version":"x"}"#,
                r#"{"name":"web","vers":"1.9.0"}"#,
                r#"{"name":"web","vers":"1.9.0+again"}"#,
                r#"{"name":"Web","vers":"1.0.0"}"#,
                r#"{"name":"web","vers":"1.0"}"#,
                r#"{"name":"web","vers":"1.0.0","deps":[{"name":"io","req":"soon"}]}"#,
                r#"{"name":"web","vers":"1.0.1","deps":[{"name":"io","req":"1","kind":"odd"}]}"#,
                r#"{"name":"web","vers":"1.0.2","features":{"a":["b"]}}"#,
                "{",
            ]
            .join("\n"),
        );
        let versions = listing.releases.iter().map(|release| release.version.to_string());
        assert_eq!(versions.collect::<Vec<_>>(), ["1.9.0", "1.9.0+again", "1.10.0"]);
        let expected = [
            "`web` 1.9.0: passed over `x` is not",
            "`web` 1.9.0: passed over `soon` is not",
            "left out line 5 of `web`: it is about `Web`",
            "left out line 6 of `web`: `1.0` is not a version",
            "left out line 7 of `web`: `soon` is not a version requirement",
            "left out line 8 of `web`: `odd` is not a kind",
            "left out line 9 of `web`: feature `a` includes `b`",
            "left out line 10 of `web`: EOF",
            "left out `web` 1.9.0: 1.9.0 is the same",
            "kept `web` 1.9.0+again: 1.9.0 is the same",
        ];
        let found = warnings(&listing);
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{found} is not {expected}");
        }
    }

    #[test]
    fn a_page_that_is_no_index_file_is_an_error() {
        let name = Name::parse("web").expect("a name");
        let error = read_index(&name, b"<html>\n").expect_err("no index file");
        assert!(error.to_string().contains("`web`"));
        assert_eq!(read_index(&name, b"").expect("an empty file").releases, []);
    }
}
