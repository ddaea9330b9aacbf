//! What holds of every reader, whatever bytes come in: no panic, and the laws of each kind of text.
//!
//! One function per kind, which panics where a law is broken. The ordinary run calls them with seeds
//! and made texts, the fuzzers in `fuzz/` with whatever they think of; both include this file.

#[path = "compact.rs"]
mod compact;

use std::cmp::Ordering;
use std::fmt::Write as _;
use std::sync::LazyLock;

use ecosystems::pypi::{
    CoreMetadata, DistributionFilename, Environment, File, FileKind, Listing, Marker,
    MarkerContext, Metadata, Name, Platform, ProjectStatus, Python, RawFile, Requirement,
    Specifiers, Version, WheelFilename, Yanked, parse_version, read_html_page, read_json_page,
};
use serde_json::{Map, Value, json};

use self::compact::has_compact_form;

/// Versions that tell the operators apart, ascending.
const LISTED: [&str; 26] = [
    "0",
    "0.9",
    "1.dev0",
    "1.0a1.dev1",
    "1.0a1",
    "1.0a1.post1",
    "1.0b2",
    "1.0rc1",
    "1.0",
    "1.0+x",
    "1.0+x.1",
    "1.0.post0",
    "1.0.post1.dev0",
    "1.0.post1",
    "1.0.post1+x",
    "1.0.1",
    "1.1.dev2",
    "1.1",
    "1.10",
    "2.0rc1",
    "2.0",
    "3.8",
    "3.12.1",
    "2024.1",
    "1!0.1",
    "1!1.0",
];

/// Versions: a text, and behind a line break another.
pub(crate) fn version(bytes: &[u8]) {
    let (text, other) = halves(bytes);
    let Some(version) = read_version(&text) else { return };
    let written = version.to_string();
    let again: Version = written.parse().expect("a written version is a version");
    assert_eq!(again, version, "`{text}` is written `{written}`");
    assert_eq!(again.to_string(), written);
    let pin = Specifiers::parse(&format!("=={written}")).expect("a version can be pinned");
    assert!(pin.contains(&version), "{pin}");
    let Some(other) = read_version(&other) else { return };
    let order = version.cmp(&other);
    assert_eq!(other.cmp(&version), order.reverse(), "{version} {other}");
    assert_eq!(version == other, order == Ordering::Equal, "{version} {other}");
}

/// Specifiers, and on the lines behind them the versions of a listing.
pub(crate) fn specifier(bytes: &[u8]) {
    let (text, listed) = halves(bytes);
    let strict = Specifiers::parse(&text);
    let lenient = Specifiers::parse_lenient(&text);
    let specifiers = match (strict, lenient) {
        (Ok(strict), lenient) => {
            assert_eq!(lenient, Ok((strict.clone(), Vec::new())), "`{text}`");
            strict
        }
        (Err(error), Ok((lenient, _))) => {
            assert!(is_column_of(&text, error.column), "`{text}`: {error}");
            lenient
        }
        (Err(error), Err(same)) => {
            assert!(is_column_of(&text, error.column), "`{text}`: {error}");
            return assert_eq!(error, same, "the lenient reading tells what the strict one found");
        }
    };
    let written = specifiers.to_string();
    assert_eq!(Specifiers::parse(&written), Ok(specifiers.clone()), "`{text}` gives `{written}`");
    let named = specifiers.iter().filter_map(|specifier| specifier.version().cloned());
    let listed = listed.lines().take(20).filter_map(read_version);
    let mut versions: Vec<Version> =
        LISTED.iter().filter_map(|text| read_version(text)).chain(named).chain(listed).collect();
    versions.sort();
    versions.dedup();
    let runs = specifiers.lower(&versions, |version| version);
    for (place, version) in (0_u32..).zip(&versions) {
        let is_lowered = runs.iter().any(|run| run.contains(&place));
        assert_eq!(is_lowered, specifiers.contains(version), "{version} in `{specifiers}`");
    }
    assert!(runs.iter().all(|run| run.start < run.end), "{runs:?}");
    assert!(runs.windows(2).all(|pair| pair[0].end <= pair[1].start), "{runs:?}");
}

/// Requirements.
pub(crate) fn requirement(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let strict = Requirement::parse(&text);
    let lenient = Requirement::parse_lenient(&text);
    let read = match (strict, lenient) {
        (Ok(strict), lenient) => {
            assert_eq!(lenient, Ok((strict.clone(), Vec::new())), "`{text}`");
            strict
        }
        (Err(error), Ok((lenient, _))) => {
            assert!(is_column_of(&text, error.column), "`{text}`: {error}");
            lenient
        }
        (Err(error), Err(lenient)) => {
            assert!(is_column_of(&text, error.column), "`{text}`: {error}");
            return assert!(is_column_of(&text, lenient.column), "`{text}`: {lenient}");
        }
    };
    let written = read.to_string();
    assert_eq!(Requirement::parse(&written), Ok(read), "`{text}` gives `{written}`");
}

/// Markers.
pub(crate) fn marker(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let marker = match Marker::parse(&text) {
        Ok(marker) => marker,
        Err(error) => return assert!(is_column_of(&text, error.column), "`{text}`: {error}"),
    };
    let written = marker.to_string();
    assert_eq!(Marker::parse(&written), Ok(marker.clone()), "`{text}` gives `{written}`");
    for environment in &*ENVIRONMENTS {
        let holds =
            |marker: &Marker, extras: &[Name]| marker.holds(MarkerContext { environment, extras });
        if !marker.depends_on_extras() {
            assert!(marker.extras().is_empty());
        }
        for extra in marker.extras() {
            let extras = std::slice::from_ref(extra);
            let given = marker.given_extra(extra);
            let given = given.is_some_and(|remaining| holds(&remaining, extras));
            assert_eq!(given, holds(&marker, extras), "`{marker}` with the extra `{extra}`");
        }
    }
}

/// Core metadata.
pub(crate) fn metadata(bytes: &[u8]) {
    let fixed = Metadata::parse_static(bytes);
    let Ok(metadata) = Metadata::parse(bytes) else { return };
    has_compact_form(&metadata);
    if let Ok(Some(fixed)) = fixed {
        assert_eq!(fixed, metadata, "what is fixed is what is written");
    }
    let mut document = "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n".to_owned();
    for requirement in &metadata.requirements {
        let _ = writeln!(document, "Requires-Dist: {requirement}");
    }
    if let Some(python) = &metadata.requires_python {
        let _ = writeln!(document, "Requires-Python: {python}");
    }
    for extra in &metadata.extras {
        let _ = writeln!(document, "Provides-Extra: {extra}");
        assert!(metadata.offers(extra));
    }
    let again = Metadata::parse(document.as_bytes()).expect("what is written can be read");
    let expected = Metadata { warnings: Vec::new(), ..metadata };
    // Specifiers that are none are the same as none at all.
    let is_empty = expected.requires_python.as_ref().is_some_and(Specifiers::is_empty);
    let requires_python = if is_empty { None } else { expected.requires_python.clone() };
    assert_eq!(again, Metadata { requires_python, ..expected }, "{document}");
}

/// Pages of the simple API as JSON.
pub(crate) fn json_page(bytes: &[u8]) {
    if let Ok((files, status)) = read_json_page(bytes) {
        holds_of_files(files, status);
    }
}

/// Pages of the simple API as HTML.
pub(crate) fn html_page(bytes: &[u8]) {
    if let Ok((files, status)) = read_html_page(bytes) {
        assert!(files.iter().all(|file| !file.filename.trim().is_empty()), "{files:?}");
        assert!(files.iter().all(|file| !file.url.contains('#')), "{files:?}");
        holds_of_files(files, status);
    }
}

/// File names: the project on the first line, the name on the others.
pub(crate) fn filename(bytes: &[u8]) {
    let (project, filename) = halves(bytes);
    if let Ok(wheel) = WheelFilename::parse(&filename) {
        let name = wheel.name.as_str().replace('-', "_");
        let [python, abi, platform] = wheel.tags.parts();
        let written = format!("{name}-{}-{python}-{abi}-{platform}.whl", wheel.version);
        assert_eq!(WheelFilename::parse(&written), Ok(wheel), "`{filename}`");
    }
    let Ok(project) = Name::parse(&project) else { return };
    match DistributionFilename::parse(&filename, &project) {
        Ok(DistributionFilename::Wheel(wheel)) => assert_eq!(wheel.name, project, "`{filename}`"),
        Ok(DistributionFilename::Sdist { version }) => {
            let written = format!("{project}-{version}.tar.gz");
            let again = DistributionFilename::parse(&written, &project);
            assert_eq!(again, Ok(DistributionFilename::Sdist { version }), "`{filename}`");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// What holds of the files of a page, in whichever form it came.
fn holds_of_files(files: Vec<RawFile>, status: ProjectStatus) {
    let page = json!({
        "project-status": {"status": status_text(status)},
        "files": files.iter().map(json_file).collect::<Vec<_>>(),
    });
    let again = read_json_page(page.to_string().as_bytes()).expect("what is written can be read");
    assert_eq!(again, (files.clone(), status), "{page}");

    let name = files.iter().find_map(|file| Name::parse(file.filename.split('-').next()?).ok());
    let Some(name) = name else { return };
    let listing = Listing::from_files(name.clone(), files, status);
    has_compact_form(&listing);
    assert!(listing.releases.windows(2).all(|pair| pair[0].version < pair[1].version));
    for (place, release) in listing.releases.iter().enumerate() {
        assert_eq!(listing.position(&release.version), Some(place));
        assert!(!release.files.is_empty());
        assert!(release.files.is_sorted_by_key(File::is_sdist), "wheels come first");
        for file in &release.files {
            let read = DistributionFilename::parse(&file.filename, &name);
            let version = match (read, &file.kind) {
                (Ok(DistributionFilename::Wheel(wheel)), FileKind::Wheel(tags)) => {
                    assert_eq!(wheel.tags, *tags);
                    wheel.version
                }
                (Ok(DistributionFilename::Sdist { version }), FileKind::Sdist) => version,
                (read, kind) => panic!("`{}` is {read:?} and {kind:?}", file.filename),
            };
            assert_eq!(version, release.version);
        }
    }
}

fn json_file(file: &RawFile) -> Value {
    let mut fields = Map::new();
    fields.insert("filename".to_owned(), json!(file.filename));
    fields.insert("url".to_owned(), json!(file.url));
    fields.insert("hashes".to_owned(), json!(file.hashes));
    fields.insert("requires-python".to_owned(), json!(file.requires_python));
    fields.insert("size".to_owned(), json!(file.size));
    fields.insert("upload-time".to_owned(), json!(file.upload_time));
    let yanked = match &file.yanked {
        Yanked::No => json!(false),
        Yanked::Yes(reason) => json!(reason),
    };
    fields.insert("yanked".to_owned(), yanked);
    let core_metadata = match &file.core_metadata {
        CoreMetadata::Absent => json!(false),
        CoreMetadata::Present(None) => json!(true),
        CoreMetadata::Present(Some(hash)) => {
            let (algorithm, hex) = hash.split_once(':').expect("hashes name their algorithm");
            json!({algorithm: hex})
        }
    };
    fields.insert("core-metadata".to_owned(), core_metadata);
    Value::Object(fields)
}

fn status_text(status: ProjectStatus) -> &'static str {
    match status {
        ProjectStatus::Active => "active",
        ProjectStatus::Archived => "archived",
        ProjectStatus::Quarantined => "quarantined",
        ProjectStatus::Deprecated => "deprecated",
    }
}

/// The first line, and what is behind it.
fn halves(bytes: &[u8]) -> (String, String) {
    let text = String::from_utf8_lossy(bytes);
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    (first.to_owned(), rest.to_owned())
}

/// Reads a version that is not too long to be one, however it is written.
fn read_version(text: &str) -> Option<Version> {
    parse_version(text).ok()
}

/// Whether a column, counted from 1, is one of the text's characters or right behind it.
fn is_column_of(text: &str, column: usize) -> bool {
    (1..=text.chars().count() + 1).contains(&column)
}

/// Two environments that differ in whatever markers ask for.
static ENVIRONMENTS: LazyLock<[Environment; 2]> = LazyLock::new(|| {
    let of = |python, platform| {
        let python = Python::parse(python).expect("a version of Python");
        Environment::new(python, Platform::parse(platform).expect("a platform"), false)
    };
    [of("3.9", "x86_64-manylinux_2_28"), of("3.13.2", "aarch64-apple-darwin")]
});
