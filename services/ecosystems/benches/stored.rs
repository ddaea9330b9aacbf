//! What it costs to keep documents: how large they are in their compact form, how long they take to be
//! written and read, and how much memory they have, against the registries' own forms.
//!
//! What is kept is what a row says was allocated and grown, less what was freed and shrunk. The table
//! of sizes is printed first. The documents are those that the registries' crate bundles.
#![expect(clippy::disallowed_methods, reason = "the bundled registry is files")]

use std::hint::black_box;
use std::io::Read;
use std::sync::LazyLock;

use divan::counter::{BytesCount, ItemsCount};
use divan::{AllocProfiler, Bencher};
use ecosystems::{cargo, npm, pypi};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

/// Documents of one kind, in both forms.
struct Corpus {
    /// Names, with the documents as registries have them.
    documents: Vec<(String, Vec<u8>)>,
    /// The compact forms of all that can be read.
    packed: Vec<Vec<u8>>,
    /// Versions in them.
    versions: usize,
}

static NPM: LazyLock<Corpus> =
    LazyLock::new(|| corpus(bundled("npm"), read_npm, |packument| packument.manifests.len()));
static CARGO: LazyLock<Corpus> =
    LazyLock::new(|| corpus(bundled("cargo"), read_cargo, |listing| listing.releases.len()));
static PYPI: LazyLock<Corpus> =
    LazyLock::new(|| corpus(pages(), read_pypi, |listing| listing.releases.len()));
/// The metadata of all versions: fields as JSON, and packed.
static METADATA: LazyLock<Corpus> = LazyLock::new(|| corpus(metadata(), read_metadata, |_| 1));

fn main() {
    println!("kind      documents versions   original     packed  + zstd (original + zstd), in kB");
    let kinds = [("npm", &*NPM), ("cargo", &*CARGO), ("pypi", &*PYPI), ("metadata", &*METADATA)];
    for (kind, corpus) in kinds {
        print_sizes(kind, corpus);
    }
    divan::main();
}

fn print_sizes(kind: &str, corpus: &Corpus) {
    let zstd = |bytes: &[u8]| zstd::bulk::compress(bytes, 3).expect("memory takes all").len();
    let sum = |sizes: &mut dyn Iterator<Item = usize>| sizes.sum::<usize>() / 1000;
    let originals = || corpus.documents.iter().map(|(_, bytes)| bytes);
    let original = sum(&mut originals().map(Vec::len));
    let original_zstd = sum(&mut originals().map(|bytes| zstd(bytes)));
    let packed = sum(&mut corpus.packed.iter().map(Vec::len));
    let packed_zstd = sum(&mut corpus.packed.iter().map(|bytes| zstd(bytes)));
    let (documents, versions) = (corpus.packed.len(), corpus.versions);
    println!(
        "{kind:<9} {documents:>9} {versions:>8} {original:>10} {packed:>10} {packed_zstd:>7} ({original_zstd})"
    );
}

/// The bundled documents of an ecosystem, by the names of their files.
fn bundled(ecosystem: &str) -> Vec<(String, Vec<u8>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../registries/bundled");
    let archive = std::fs::File::open(format!("{folder}/{ecosystem}.tar.zst"));
    let archive = archive.expect("the documents are bundled");
    let mut tar = tar::Archive::new(zstd::Decoder::new(archive).expect("an archive"));
    let mut files = Vec::new();
    for entry in tar.entries().expect("an archive") {
        let mut entry = entry.expect("a file of the archive");
        if entry.header().entry_type().is_file() {
            let path = entry.path().expect("a path").into_owned();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("a file of the archive");
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            files.push((name.trim_end_matches(".json").replace("%2f", "/"), bytes));
        }
    }
    files
}

/// The pages of the bundled documents of PyPI, without the metadata that was recorded with them.
fn pages() -> Vec<(String, Vec<u8>)> {
    let page = |(name, document): (String, Vec<u8>)| {
        let mut page: Value = serde_json::from_slice(&document).expect("a document of JSON");
        page.as_object_mut().expect("an object").remove("metadata");
        (name, page.to_string().into_bytes())
    };
    bundled("pypi").into_iter().map(page).collect()
}

fn corpus<T: Serialize>(
    documents: Vec<(String, Vec<u8>)>,
    read: impl Fn(&str, &[u8]) -> Option<T>,
    versions: impl Fn(&T) -> usize,
) -> Corpus {
    let mut corpus = Corpus { documents: Vec::new(), packed: Vec::new(), versions: 0 };
    for (name, document) in documents {
        let Some(facts) = read(&name, &document) else { continue };
        corpus.versions += versions(&facts);
        corpus.packed.push(postcard::to_allocvec(&facts).expect("facts can be written"));
        corpus.documents.push((name, document));
    }
    corpus
}

/// The metadata of all versions, by version, cut out of the recorded documents.
fn metadata() -> Vec<(String, Vec<u8>)> {
    let mut records = Vec::new();
    for (_, document) in bundled("pypi") {
        let document: Value = serde_json::from_slice(&document).expect("a document of JSON");
        for (version, fields) in document["metadata"].as_object().into_iter().flatten() {
            records.push((version.clone(), fields.to_string().into_bytes()));
        }
    }
    records
}

fn read_metadata(_: &str, fields: &[u8]) -> Option<pypi::Metadata> {
    let fields: Value = serde_json::from_slice(fields).ok()?;
    let texts = |field: &str| {
        let texts = fields[field].as_array().into_iter().flatten();
        texts.filter_map(Value::as_str).collect::<Vec<_>>()
    };
    let python = fields["requires-python"].as_str();
    pypi::Metadata::from_fields(texts("requires-dist"), python, texts("provides-extra")).ok()
}

fn read_npm(name: &str, bytes: &[u8]) -> Option<npm::Packument> {
    npm::read_packument(&npm::Name::parse(name).ok()?, bytes).ok()
}

fn read_cargo(_: &str, bytes: &[u8]) -> Option<cargo::Listing> {
    /// A line, as far as it says whose it is.
    #[derive(serde::Deserialize)]
    struct Line<'a> {
        name: &'a str,
    }
    let line = bytes.split(|byte| *byte == b'\n').next()?;
    let line: Line<'_> = serde_json::from_slice(line).ok()?;
    cargo::read_index(&cargo::Name::parse(line.name).ok()?, bytes).ok()
}

fn read_pypi(name: &str, bytes: &[u8]) -> Option<pypi::Listing> {
    let (files, status) = pypi::read_json_page(bytes).ok()?;
    Some(pypi::Listing::from_files(pypi::Name::parse(name).ok()?, files, status))
}

fn unpack_all<T: DeserializeOwned>(packed: &[Vec<u8>]) -> Vec<T> {
    let unpack = |bytes: &Vec<u8>| postcard::from_bytes(bytes).expect("what is written is read");
    packed.iter().map(unpack).collect()
}

fn read_all<T>(corpus: &Corpus, read: impl Fn(&str, &[u8]) -> Option<T>) -> Vec<T> {
    corpus.documents.iter().filter_map(|(name, bytes)| read(name, bytes)).collect()
}

fn bench<T>(bencher: Bencher<'_, '_>, corpus: &Corpus, work: impl Fn() -> Vec<T> + Sync) {
    let size: usize = corpus.documents.iter().map(|(_, bytes)| bytes.len()).sum();
    let (bytes, versions) = (BytesCount::new(size), ItemsCount::new(corpus.versions));
    bencher.counter(bytes).counter(versions).bench(|| black_box(work()));
}

/// Each kind: from the registry's form, from the compact form, and into it.
macro_rules! kinds {
    ($($kind:ident, $corpus:ident, $read:ident, $facts:ty;)*) => {$(
        mod $kind {
            use super::*;

            #[divan::bench(sample_count = 5, sample_size = 1)]
            fn parsing(bencher: Bencher<'_, '_>) {
                bench(bencher, &$corpus, || read_all(&$corpus, $read));
            }

            #[divan::bench(sample_count = 5, sample_size = 1)]
            fn unpacking(bencher: Bencher<'_, '_>) {
                bench(bencher, &$corpus, || unpack_all::<$facts>(&$corpus.packed));
            }

            #[divan::bench(sample_count = 5, sample_size = 1)]
            fn packing(bencher: Bencher<'_, '_>) {
                let facts = read_all(&$corpus, $read);
                let pack = |facts: &$facts| postcard::to_allocvec(facts).expect("it can be written");
                bench(bencher, &$corpus, || facts.iter().map(pack).collect());
            }
        }
    )*};
}

kinds! {
    npm_documents, NPM, read_npm, npm::Packument;
    cargo_files, CARGO, read_cargo, cargo::Listing;
    pypi_pages, PYPI, read_pypi, pypi::Listing;
    pypi_metadata, METADATA, read_metadata, pypi::Metadata;
}
