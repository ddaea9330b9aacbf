//! How long npm's documents take to be read, what is kept of them, and how long a choice takes.
//!
//! What is kept is what a row says was allocated and grown, less what was freed and shrunk.
#![expect(clippy::disallowed_methods, reason = "the recorded registry is a file")]

#[path = "../tests/recorded/archive.rs"]
mod archive;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::LazyLock;

use divan::counter::{BytesCount, ItemsCount};
use divan::{AllocProfiler, Bencher};
use ecosystems::npm::{
    Name, Packument, PickRules, Range, Reading, Spec, Version, pick, read_packument,
};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

/// The recorded documents, by their packages.
static DOCUMENTS: LazyLock<BTreeMap<String, Vec<u8>>> = LazyLock::new(|| {
    let files = archive::recorded("npm.tar.zst").unwrap_or_default();
    let name = |file: &str| file.trim_end_matches(".json").replace("%2f", "/");
    files.into_iter().map(|(file, bytes)| (name(&file), bytes)).collect()
});

fn main() {
    divan::main();
}

fn read(name: &str, bytes: &[u8]) -> Packument {
    let name = Name::parse(name).expect("recorded names are names");
    read_packument(&name, bytes).expect("recorded documents are readable")
}

/// Reads all documents.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn reading_all(bencher: Bencher<'_, '_>) {
    let size: usize = DOCUMENTS.values().map(Vec::len).sum();
    bencher.counter(BytesCount::new(size)).bench_local(|| {
        DOCUMENTS.iter().map(|(name, bytes)| read(name, bytes)).collect::<Vec<_>>()
    });
}

/// Reads one large document.
#[divan::bench(args = ["next", "typescript", "react-dom", "@storybook/addon-docs"], sample_count = 20, sample_size = 1)]
fn reading_one(bencher: Bencher<'_, '_>, name: &str) {
    let Some(bytes) = DOCUMENTS.get(name) else { return };
    bencher.counter(BytesCount::new(bytes.len())).bench_local(|| read(name, bytes));
}

/// All packages, and what the newest version of each depends on.
fn asked() -> (BTreeMap<String, Packument>, Vec<(String, Spec)>) {
    let packuments: BTreeMap<String, Packument> =
        DOCUMENTS.iter().map(|(name, bytes)| (name.clone(), read(name, bytes))).collect();
    let newest = packuments.values().filter_map(|packument| packument.manifests.last());
    let asked = newest.flat_map(|manifest| manifest.needs.dependencies.iter());
    let asked = asked.filter_map(|need| {
        let spec = need.requirement.spec().ok()?.clone();
        let name = need.name.as_str();
        packuments.contains_key(name).then(|| (name.to_owned(), spec))
    });
    let asked = asked.collect();
    (packuments, asked)
}

/// Takes a version for everything that the newest versions depend on.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn picking_all(bencher: Bencher<'_, '_>) {
    let (packuments, asked) = asked();
    let node = Version::parse("20.20.2").ok();
    let rules = PickRules { node, ..PickRules::default() };
    bencher.counter(ItemsCount::new(asked.len())).bench_local(|| {
        for (name, spec) in &asked {
            black_box(pick(&packuments[name], spec, &rules)).ok();
        }
    });
}

/// Takes a version that lies far from the newest.
#[divan::bench(args = ["^9", "9.3.0 - 9.4 || 10.x", "latest", "<=5"])]
fn picking_from_next(bencher: Bencher<'_, '_>, text: &str) {
    let Some(bytes) = DOCUMENTS.get("next") else { return };
    let packument = read("next", bytes);
    let spec = Spec::parse(text).expect("a spec");
    let rules = PickRules { node: Version::parse("20.20.2").ok(), ..PickRules::default() };
    bencher.bench_local(|| pick(&packument, &spec, &rules).is_ok());
}

/// Reads ranges.
#[divan::bench(args = ["^1.2.3", "~1.2", ">=16.8.0 <20 || ^21.0.0-rc.1", "*"])]
fn reading_a_range(bencher: Bencher<'_, '_>, text: &str) {
    bencher.bench_local(|| Range::parse(black_box(text), Reading::LOOSE));
}
