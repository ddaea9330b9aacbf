//! What holds of the readers of cargo's texts, whatever bytes come in: see `laws.rs`.

#[path = "compact.rs"]
mod compact;

use ecosystems::cargo::{
    CompatibilityLine, FeatureError, Listing, Name, Requirement, RustVersion, read_index,
};

use self::compact::has_compact_form;

/// An index file of the package `a`; and the same bytes as each of the short texts that lines hold.
pub(crate) fn cargo_index(bytes: &[u8]) {
    let name = Name::parse("a").expect("a name");
    if let Ok(listing) = read_index(&name, bytes) {
        is_sound(&listing);
        has_compact_form(&listing);
        let spaced: Vec<u8> = bytes
            .split(|byte| *byte == b'\n')
            .flat_map(|line| [line, b"\n \r\n"].concat())
            .collect();
        let again = read_index(&name, &spaced).expect("empty lines say nothing");
        assert_eq!(again.releases, listing.releases, "empty lines say nothing");
    }
    let text = String::from_utf8_lossy(bytes);
    if let Ok(name) = Name::parse(&text) {
        let path = name.index_path();
        assert!(path.ends_with(&format!("/{}", name.as_str().to_ascii_lowercase())), "{path}");
    }
    if let Ok(needed) = RustVersion::parse(&text) {
        assert!(needed.is_met_by(needed), "{text}");
    }
    if let Ok(requirement) = Requirement::parse(&text) {
        let again = Requirement::parse(&requirement.to_string());
        assert_eq!(again.as_ref(), Ok(&requirement), "`{text}`");
    }
}

/// Versions ascend, and so do their lines; and whatever a release offers can be asked for.
fn is_sound(listing: &Listing) {
    for pair in listing.releases.windows(2) {
        assert!(pair[0].version < pair[1].version, "{:?}", pair[0].version);
        assert!(pair[0].line() <= pair[1].line(), "{:?}", pair[0].version);
    }
    for (position, release) in listing.releases.iter().enumerate() {
        assert_eq!(release.line(), CompatibilityLine::of(&release.version));
        assert_eq!(listing.position(&release.version), Some(position));
        let features = release.features.iter().map(|(name, _)| name);
        let activated = release.features.activate(features, &release.dependencies);
        let is_lawful = matches!(activated, Ok(_) | Err(FeatureError::Cycle { .. }));
        assert!(is_lawful, "{:?}: {activated:?}", release.version);
    }
}
