//! How long the bundled registry takes to open, and all of it to be parsed.

use std::sync::Arc;

use divan::Bencher;
use ecosystems::Ecosystem;
use ecosystems::pypi::{Listing, Name};
use registries::{Freshness, MetadataRead, Registry};
use tokio::runtime::Runtime;

fn main() {
    divan::main();
}

fn open() -> Registry {
    Registry::bundled().expect("the bundled archive is whole")
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime needs no more")
}

fn names() -> Vec<Name> {
    let recorded = registries::bundled();
    let names = recorded.packages(Ecosystem::Pypi);
    names.iter().map(|name| Name::parse(name).expect("recorded names are names")).collect()
}

async fn read_listings(registry: &Registry, names: &[Name]) -> Vec<Arc<Listing>> {
    let mut listings = Vec::with_capacity(names.len());
    for name in names {
        let read = registry.pypi_listing(name, None, Freshness::default()).await;
        listings.extend(read.expect("recorded listings are readable").facts);
    }
    listings
}

async fn read_metadata(registry: &Registry, listings: &[Arc<Listing>]) -> usize {
    let mut known = 0;
    for listing in listings {
        for position in 0..listing.releases.len() {
            let read = registry.pypi_metadata(listing, position, None, Freshness::default()).await;
            known += usize::from(matches!(read, Ok(MetadataRead::Known(_))));
        }
    }
    known
}

/// Opens the registry.
#[divan::bench(sample_count = 10)]
fn opening(bencher: Bencher<'_, '_>) {
    bencher.bench_local(open);
}

/// Parses all 1,491 listings.
#[divan::bench(sample_count = 5)]
fn listings(bencher: Bencher<'_, '_>) {
    let (runtime, names) = (runtime(), names());
    bencher
        .with_inputs(open)
        .bench_local_refs(|registry| runtime.block_on(read_listings(registry, &names)));
}

/// Parses the metadata of all 15,186 versions, their listings being parsed already.
#[divan::bench(sample_count = 5)]
fn metadata(bencher: Bencher<'_, '_>) {
    let (runtime, names) = (runtime(), names());
    bencher
        .with_inputs(|| {
            let registry = open();
            let listings = runtime.block_on(read_listings(&registry, &names));
            (registry, listings)
        })
        .bench_local_refs(|(registry, listings)| {
            runtime.block_on(read_metadata(registry, listings))
        });
}
