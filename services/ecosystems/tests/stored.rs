//! The compact forms of documents, as they were when stores began to keep them.
//!
//! Each file of `hostile/stored/` is the form of one document of `hostile/`, with a first byte that
//! says of which kind. A test that fails here says that what stores hold has another meaning from now
//! on: then the form's number has to rise where documents are kept (`registries`, `FORM`).
#![expect(clippy::disallowed_methods, reason = "forms are files")]

use std::fmt::Debug;

use ecosystems::{cargo, npm, pypi};
use serde::Serialize;
use serde::de::DeserializeOwned;

fn file(path: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/hostile");
    std::fs::read(format!("{folder}/{path}")).expect("the file is there")
}

/// Facts are written as the file has it, and the file is read as the facts.
fn is_kept_as<T: Serialize + DeserializeOwned + Debug>(facts: &T, form: &str) {
    let kept = file(&format!("stored/{form}"));
    let written = postcard::to_allocvec(facts).expect("facts can be written");
    assert!(written == kept[1..], "{form}: {facts:?}");
    let read: T = postcard::from_bytes(&kept[1..]).expect("what was kept can be read");
    assert_eq!(format!("{read:?}"), format!("{facts:?}"), "{form}");
}

#[test]
fn files_of_an_index_are_kept_as_ever() {
    for document in ["usual", "odd"] {
        let name = cargo::Name::parse("a").expect("a name");
        let listing = cargo::read_index(&name, &file(&format!("cargo_index/{document}")));
        let listing = listing.expect("an index file");
        assert!(document == "odd" || !listing.releases.is_empty());
        is_kept_as(&listing, &format!("cargo_{document}"));
    }
}

#[test]
fn documents_of_npm_are_kept_as_ever() {
    for document in ["usual", "odd"] {
        let name = npm::Name::parse("a").expect("a name");
        let packument = npm::read_packument(&name, &file(&format!("npm_packument/{document}")));
        let packument = packument.expect("a document");
        assert!(!packument.manifests.is_empty());
        is_kept_as(&packument, &format!("npm_{document}"));
    }
}

#[test]
fn pages_and_metadata_of_pypi_are_kept_as_ever() {
    for document in ["usual", "old"] {
        let page = pypi::read_json_page(&file(&format!("json_page/{document}")));
        let (files, status) = page.expect("a page");
        let name = files[0].filename.split('-').next().expect("a name");
        let name = pypi::Name::parse(name).expect("a name");
        is_kept_as(&pypi::Listing::from_files(name, files, status), &format!("page_{document}"));
    }
    for document in ["usual", "dynamic"] {
        let metadata = pypi::Metadata::parse(&file(&format!("metadata/{document}")));
        is_kept_as(&metadata.expect("core metadata"), &format!("metadata_{document}"));
    }
}

#[test]
fn white_space_between_the_parts_of_a_document_is_no_fact() {
    let name = npm::Name::parse("a").expect("a name");
    let plain = r#"{"versions":{"1.0.0":{"engines":{"node":">= 18"},"license":{"a":"\\\" b"},"funding":["x y"],"peerDependenciesMeta":{"b":{"optional":true}},"peerDependencies":{"b":"1 || 2"}}}}"#;
    let value: serde_json::Value = serde_json::from_str(plain).expect("the document is JSON");
    let spaced = serde_json::to_string_pretty(&value).expect("a value can be written");
    let form = |document: &str| {
        let packument = npm::read_packument(&name, document.as_bytes()).expect("a document");
        postcard::to_allocvec(&packument).expect("facts can be written")
    };
    assert!(spaced.contains("\n        \"node\": \">= 18\""), "{spaced}");
    assert!(form(&spaced) == form(plain));
}
