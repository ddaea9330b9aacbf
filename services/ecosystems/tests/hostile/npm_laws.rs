//! What holds of the readers of npm's texts, whatever bytes come in: see `laws.rs`.

#[path = "compact.rs"]
mod compact;

use std::cmp::Ordering;

use ecosystems::npm::{
    Manifest, Name, Packument, PickRules, Range, Reading, Spec, Version, locale_compare, pick,
    read_packument,
};

use self::compact::has_compact_form;

/// How ranges are read.
const READINGS: [Reading; 4] = [Reading::STRICT, Reading::LOOSE, Reading::ENGINE, Reading::AVOIDED];

/// What a text of a version, written out, may be at most.
const LONGEST_VERSION: usize = 256;

/// Versions that tell comparators apart, ascending.
const LISTED: [&str; 22] = [
    "0.0.0-0",
    "0.0.0-alpha",
    "0.0.0",
    "0.0.1-beta",
    "0.0.1",
    "0.1.0",
    "0.1.1",
    "0.2.0-0",
    "0.9.9",
    "1.0.0-0",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0",
    "1.2.3-beta",
    "1.2.3",
    "1.2.4",
    "1.10.0",
    "2.0.0-0",
    "2.0.0-rc.1",
    "2.0.0",
    "3.4.5",
    "9007199254740991.0.0",
];

fn listed() -> Vec<Version> {
    LISTED.iter().map(|text| Version::parse_strict(text).expect("a version")).collect()
}

/// Versions: a text, and behind a line break another.
pub(crate) fn npm_version(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (text, other) = text.split_once('\n').unwrap_or((&text, ""));
    if let Ok(strict) = Version::parse_strict(text) {
        assert_eq!(Version::parse(text), Ok(strict), "`{text}`: what is strict is loose");
    }
    let order = locale_compare(text, other);
    assert_eq!(locale_compare(other, text), order.reverse(), "`{text}` `{other}`");
    let Ok(version) = Version::parse(text) else { return };
    let written = version.to_string();
    if written.len() <= LONGEST_VERSION {
        assert_eq!(Version::parse(&written).as_ref(), Ok(&version), "`{text}` is `{written}`");
    }
    let bare = version.without_build();
    assert!(bare.build().is_empty() && bare <= version);
    assert_eq!(bare.cmp_precedence(&version), Ordering::Equal);
    assert_eq!(version.is_prerelease(), !version.prerelease().is_empty());
    let Ok(other) = Version::parse(other) else { return };
    let order = version.cmp(&other);
    assert_eq!(other.cmp(&version), order.reverse(), "{version} {other}");
    assert_eq!(version == other, order.is_eq(), "{version} {other}");
    assert!(version.cmp_precedence(&other).is_eq() || version.cmp_precedence(&other) == order);
}

/// Ranges: a text, and behind a line break another.
pub(crate) fn npm_range(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (text, other) = text.split_once('\n').unwrap_or((&text, ""));
    let listed = listed();
    for reading in READINGS {
        let range = match Range::parse(text, reading) {
            Ok(range) => range,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                continue;
            }
        };
        let span = range.span(&listed, |version| version);
        let written = range.to_string();
        let again = Range::parse(&written, Reading { is_loose: true, ..reading });
        let again = again.expect("comparators are a range");
        // Of `00` the comparator `>=0.0.0` is left, which is none where it is written so.
        let is_zero = |comparator: &str| matches!(comparator, ">=0.0.0" | ">=0.0.0-0");
        let has_zero = written.split([' ', '|']).any(is_zero);
        assert!(has_zero || again.to_string() == written, "`{text}` is `{written}`");
        for (place, version) in listed.iter().enumerate() {
            let is_in = range.contains(version);
            assert!(!is_in || span.contains(&place), "`{text}` contains {version}");
            assert!(has_zero || again.contains(version) == is_in, "`{written}`: {version}");
            let is_outside = range.is_below(version) || range.is_above(version);
            assert!(!(is_in && is_outside), "`{text}` contains {version}");
        }
        let Ok(other) = Range::parse(other, reading) else { continue };
        let has_common = |version: &Version| range.contains(version) && other.contains(version);
        let is_release = |version: &&Version| !version.is_prerelease();
        if listed.iter().filter(is_release).any(has_common) {
            assert!(range.intersects(&other), "`{range}` and `{other}`");
        }
    }
}

/// Specs, as they are, and as addresses that hold a password.
pub(crate) fn npm_spec(bytes: &[u8]) {
    const SECRET: &str = "hunter2-token";
    let text = String::from_utf8_lossy(bytes);
    if let Ok(name) = Name::parse(&text) {
        assert_eq!(Name::parse(name.as_str()).as_ref(), Ok(&name));
        assert!(name.escaped().matches('/').count() == 0, "{name}");
    }
    match Spec::parse(&text) {
        Ok(Spec::Foreign(foreign)) => assert!(!foreign.kind.advice().is_empty()),
        Ok(spec) => {
            let again = Spec::parse(&spec.to_string()).expect("a written spec is a spec");
            assert_eq!(again.to_string(), spec.to_string(), "`{text}`");
        }
        Err(error) => assert!(!error.to_string().is_empty() && !error.code().is_empty()),
    }
    for start in ["https://", "git+ssh://", "npm:a@https://", "http://h.example/?", "svn://"] {
        let address = format!("{start}{SECRET}@h.example/{text}");
        let shown = match Spec::parse(&address) {
            Ok(spec) => spec.to_string(),
            Err(error) => error.to_string(),
        };
        assert!(text.contains(SECRET) || !shown.contains(SECRET), "{shown}");
    }
}

/// Documents of the package `a`, and whether what is taken of them would do.
pub(crate) fn npm_packument(bytes: &[u8]) {
    let name = Name::parse("a").expect("a name");
    let Ok(packument) = read_packument(&name, bytes) else { return };
    has_compact_form(&packument);
    let order = |pair: &[Manifest]| pair[0].version.cmp_precedence(&pair[1].version).is_le();
    assert!(packument.manifests.windows(2).all(order));
    for manifest in &packument.manifests {
        let found = packument.manifest(&manifest.key()).expect("what is listed is found");
        assert_eq!(found.version, manifest.version);
        let needs = &manifest.needs;
        for own in &*needs.dependencies {
            assert!(needs.optional.iter().all(|other| other.name != own.name), "{}", own.name);
            let _ = own.requirement.spec();
        }
        let _ = (manifest.tarball(), manifest.stated_version(), manifest.integrity.clone());
        let commands = manifest.traits.commands.iter().flat_map(|commands| commands.iter());
        for command in commands {
            assert!(!command.name.contains('/') && !command.file.starts_with('/'));
            assert!(command.file.split('/').all(|part| part != ".."), "{}", command.file);
        }
    }
    for tag in &packument.tags {
        let Some(position) = tag.position else { continue };
        assert_eq!(packument.manifests[position as usize].key(), *tag.version);
    }
    for text in ["*", "^1.0.0", "<2 || >=3", "latest", "1.0.0"] {
        would_do(&packument, text);
    }
}

/// What is taken is one of those that would do, and something is taken if anything would do.
fn would_do(packument: &Packument, text: &str) {
    let spec = Spec::parse(text).expect("a spec");
    let rules = PickRules { node: Version::parse("20.0.0").ok(), ..PickRules::default() };
    let picked = pick(packument, &spec, &rules);
    let Spec::Range(range) = spec else { return };
    let fits = |manifest: &Manifest| range.contains(&manifest.version);
    match picked {
        // A pre-release that is the latest version meets a star.
        Ok(picked) => assert!(text == "*" || fits(picked.manifest), "{}", picked.manifest.version),
        Err(error) if error.code() == "E403" => {}
        Err(_) => assert!(!packument.manifests.iter().any(fits), "{text}"),
    }
}
