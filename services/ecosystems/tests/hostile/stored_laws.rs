//! What holds of the reader of compact forms, whatever bytes come in: see `laws.rs`.

#[path = "compact.rs"]
mod compact;

use ecosystems::cargo::FeatureError;
use ecosystems::{cargo, npm, pypi};

use self::compact::has_compact_form;

/// A compact form; its first byte says of what.
pub(crate) fn stored(bytes: &[u8]) {
    let Some((kind, form)) = bytes.split_first() else { return };
    match kind % 4 {
        0 => postcard::from_bytes(form).ok().iter().for_each(is_listing_of_pypi),
        1 => postcard::from_bytes(form).ok().iter().for_each(has_compact_form::<pypi::Metadata>),
        2 => postcard::from_bytes(form).ok().iter().for_each(is_packument),
        _ => postcard::from_bytes(form).ok().iter().for_each(is_listing_of_cargo),
    }
}

fn is_listing_of_pypi(listing: &pypi::Listing) {
    has_compact_form(listing);
    for (place, release) in listing.releases.iter().enumerate() {
        assert_eq!(listing.position(&release.version), Some(place));
        assert_eq!(release.wheels().len() + release.sdists().len(), release.files.len());
    }
}

fn is_listing_of_cargo(listing: &cargo::Listing) {
    has_compact_form(listing);
    for (place, release) in listing.releases.iter().enumerate() {
        assert_eq!(listing.position(&release.version), Some(place));
        let features = release.features.iter().map(|(name, _)| name);
        let activated = release.features.activate(features, &release.dependencies);
        assert!(matches!(activated, Ok(_) | Err(FeatureError::Cycle { .. })), "{activated:?}");
    }
}

fn is_packument(packument: &npm::Packument) {
    has_compact_form(packument);
    let versions = packument.manifests.iter().map(|manifest| &manifest.version);
    assert!(versions.is_sorted_by(|left, right| left.cmp_precedence(right).is_le()));
    let positions = packument.tags.iter().filter_map(|tag| tag.position);
    assert!(positions.max().is_none_or(|last| (last as usize) < packument.manifests.len()));
    for manifest in &packument.manifests {
        let _ = (manifest.tarball(), manifest.stated_version(), packument.forbids(manifest));
    }
    for text in ["*", "^1.0.0", "latest"] {
        let spec = npm::Spec::parse(text).expect("a spec");
        let _ = npm::pick(packument, &spec, &npm::PickRules::default());
    }
}
