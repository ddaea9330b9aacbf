//! All bundled documents, in the form in which stores keep them.

use ecosystems::npm::{Manifest, Packument};
use ecosystems::{Ecosystem, cargo, npm};
use registries::{Freshness, MetadataRead, Registry, bundled};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::support;

/// Facts as they are read again.
fn again<T: Serialize + DeserializeOwned>(facts: &T) -> T {
    let written = postcard::to_allocvec(facts).expect("facts can be written");
    let read: T = postcard::from_bytes(&written).expect("what is written can be read");
    let rewritten = postcard::to_allocvec(&read).expect("facts can be written");
    assert!(rewritten == written, "equal facts have equal bytes");
    read
}

#[tokio::test]
async fn every_page_and_all_metadata_of_pypi_is_read_again_as_it_was() {
    let registry = Registry::bundled().expect("the bundled archive is whole");
    let mut known = 0;
    for project in bundled().packages(Ecosystem::Pypi) {
        let listing = support::listing(&registry, project).await.facts.expect("it is listed");
        assert_eq!(again(&*listing), *listing, "{project}");
        for position in 0..listing.releases.len() {
            let read = support::metadata(&registry, &listing, position).await;
            let MetadataRead::Known(read) = read else { continue };
            let metadata = read.facts.expect("the release is recorded");
            assert_eq!(again(&*metadata), *metadata, "{project} {position}");
            known += 1;
        }
    }
    assert!(known > 10_000, "{known}");
}

#[tokio::test]
async fn every_file_of_an_index_is_read_again_as_it_was() {
    let registry = Registry::bundled().expect("the bundled archive is whole");
    let mut releases = 0;
    for package in bundled().packages(Ecosystem::Cargo) {
        let name = cargo::Name::parse(package).expect("a name");
        let read = registry.cargo_listing(&name, None, Freshness::default()).await;
        let listing = read.expect("recorded files can be read").facts.expect("it is there");
        let read = again(&*listing);
        assert!(read == *listing, "{package}");
        releases += read.releases.len();
    }
    assert!(releases > 60_000, "{releases}");
}

#[tokio::test]
async fn every_document_of_npm_is_read_again_as_it_was() {
    let registry = Registry::bundled().expect("the bundled archive is whole");
    let mut versions = 0;
    for package in bundled().packages(Ecosystem::Npm) {
        let name = npm::Name::parse(package).expect("a name");
        let read = registry.npm_packument(&name, None, Freshness::default()).await;
        let packument = read.expect("recorded documents can be read").facts.expect("it is there");
        assert_same(&again(&*packument), &packument);
        versions += packument.manifests.len();
    }
    assert_eq!(versions, 88_717);
}

fn assert_same(read: &Packument, packument: &Packument) {
    assert_eq!(read.name, packument.name);
    assert_eq!(read.warnings, packument.warnings, "{}", packument.name);
    assert_eq!(format!("{:?}", read.tags), format!("{:?}", packument.tags));
    assert_eq!(read.manifests.len(), packument.manifests.len());
    for (read, manifest) in read.manifests.iter().zip(&packument.manifests) {
        let is_same = read.version == manifest.version
            && read.needs == manifest.needs
            && read.integrity == manifest.integrity
            && read.unpacked_size == manifest.unpacked_size
            && read.published_at == manifest.published_at
            && read.tarball() == manifest.tarball()
            && read.key() == manifest.key()
            && read.stated_version() == manifest.stated_version()
            && has_same_traits(read, manifest);
        assert!(is_same, "{} {}", packument.name, manifest.version);
    }
}

fn has_same_traits(read: &Manifest, manifest: &Manifest) -> bool {
    let engines = |manifest: &Manifest| {
        let engines = manifest.traits.engines.clone()?;
        let own = |text: Option<&str>| text.map(ToOwned::to_owned);
        Some((own(engines.node()), own(engines.npm()), engines.json))
    };
    let (left, right) = (&*read.traits, &*manifest.traits);
    engines(read) == engines(manifest)
        && (&left.os, &left.cpu, &left.libc) == (&right.os, &right.cpu, &right.libc)
        && (&left.commands, &left.deprecated) == (&right.commands, &right.deprecated)
        && (&left.license, &left.funding) == (&right.license, &right.funding)
        && left.has_install_script == right.has_install_script
        && left.has_shrinkwrap == right.has_shrinkwrap
}
