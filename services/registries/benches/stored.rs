//! What it costs to keep documents: how large they are in their compact form, how long they take to be
//! written and read, and how much memory they have, against the registries' own forms.
//!
//! What is kept is what a row says was allocated and grown, less what was freed and shrunk. The table
//! of sizes is printed first.

use std::hint::black_box;
use std::sync::LazyLock;

use divan::counter::{BytesCount, ItemsCount};
use divan::{AllocProfiler, Bencher};
use ecosystems::{Ecosystem, cargo, npm, pypi};
use registries::{Freshness, MetadataRead, Registry};
use serde::Serialize;
use serde::de::DeserializeOwned;

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

static NPM: LazyLock<Corpus> = LazyLock::new(|| {
    let read = |name: &str, bytes: &[u8]| read_npm(name, bytes);
    corpus(Ecosystem::Npm, read, |packument| packument.manifests.len())
});
static CARGO: LazyLock<Corpus> =
    LazyLock::new(|| corpus(Ecosystem::Cargo, read_cargo, |listing| listing.releases.len()));
static PYPI: LazyLock<Corpus> =
    LazyLock::new(|| corpus(Ecosystem::Pypi, read_pypi, |listing| listing.releases.len()));
static METADATA: LazyLock<(Vec<Vec<u8>>, usize)> = LazyLock::new(metadata);

fn main() {
    println!("kind      documents versions   original     packed  + zstd (original + zstd), in kB");
    for (kind, corpus) in [("npm", &*NPM), ("cargo", &*CARGO), ("pypi", &*PYPI)] {
        let originals = corpus.documents.iter().map(|(_, bytes)| bytes);
        print_sizes(kind, corpus.versions, originals, &corpus.packed);
    }
    let none: Vec<Vec<u8>> = Vec::new();
    print_sizes("metadata", METADATA.1, none.iter(), &METADATA.0);
    divan::main();
}

fn print_sizes<'a>(
    kind: &str,
    versions: usize,
    originals: impl Iterator<Item = &'a Vec<u8>>,
    packed: &[Vec<u8>],
) {
    let zstd = |bytes: &[u8]| zstd::bulk::compress(bytes, 3).expect("memory takes all").len();
    let (mut original, mut original_zstd) = (0, 0);
    for bytes in originals {
        original += bytes.len();
        original_zstd += zstd(bytes);
    }
    let size: usize = packed.iter().map(Vec::len).sum();
    let packed_zstd: usize = packed.iter().map(|bytes| zstd(bytes)).sum();
    let [original, size, packed_zstd, original_zstd] =
        [original, size, packed_zstd, original_zstd].map(|bytes| bytes / 1000);
    let documents = packed.len();
    println!(
        "{kind:<9} {documents:>9} {versions:>8} {original:>10} {size:>10} {packed_zstd:>7} ({original_zstd})"
    );
}

fn corpus<T: Serialize>(
    ecosystem: Ecosystem,
    read: impl Fn(&str, &[u8]) -> Option<T>,
    versions: impl Fn(&T) -> usize,
) -> Corpus {
    let recorded = registries::bundled();
    let mut corpus = Corpus { documents: Vec::new(), packed: Vec::new(), versions: 0 };
    for name in recorded.packages(ecosystem) {
        let Some(document) = recorded.document(ecosystem, name) else { continue };
        let Some(facts) = read(name, &document) else { continue };
        corpus.versions += versions(&facts);
        corpus.packed.push(postcard::to_allocvec(&facts).expect("facts can be written"));
        corpus.documents.push((name.to_owned(), document));
    }
    corpus
}

fn read_npm(name: &str, bytes: &[u8]) -> Option<npm::Packument> {
    npm::read_packument(&npm::Name::parse(name).ok()?, bytes).ok()
}

fn read_cargo(name: &str, bytes: &[u8]) -> Option<cargo::Listing> {
    cargo::read_index(&cargo::Name::parse(name).ok()?, bytes).ok()
}

fn read_pypi(name: &str, bytes: &[u8]) -> Option<pypi::Listing> {
    let (files, status) = pypi::read_json_page(bytes).ok()?;
    Some(pypi::Listing::from_files(pypi::Name::parse(name).ok()?, files, status))
}

/// The metadata of all versions, packed.
fn metadata() -> (Vec<Vec<u8>>, usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let registry = Registry::bundled().expect("the bundled archive is whole");
    runtime.expect("a runtime needs no more").block_on(async {
        let mut packed = Vec::new();
        for (name, _) in &PYPI.documents {
            let name = pypi::Name::parse(name).expect("a name");
            let read = registry.pypi_listing(&name, None, Freshness::default()).await;
            let listing = read.expect("recorded listings are readable").facts;
            let Some(listing) = listing else { continue };
            for position in 0..listing.releases.len() {
                let freshness = Freshness::default();
                let read = registry.pypi_metadata(&listing, position, None, freshness).await;
                if let Ok(MetadataRead::Known(read)) = read
                    && let Some(facts) = read.facts
                {
                    packed.push(postcard::to_allocvec(&*facts).expect("facts can be written"));
                }
            }
        }
        let versions = packed.len();
        (packed, versions)
    })
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
}

/// The metadata of all versions. Reading it from records is measured by `bundled`.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn metadata_unpacking(bencher: Bencher<'_, '_>) {
    let (packed, versions) = &*METADATA;
    bencher.counter(ItemsCount::new(*versions)).bench(|| unpack_all::<pypi::Metadata>(packed));
}
