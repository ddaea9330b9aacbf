//! What the recorded index of 70,175 versions takes of memory:
//! `cargo bench -p quartermaster-solver --bench cargo_memory`. The row of the largest allocation tells.

#[path = "../tests/cargo/world.rs"]
mod world;

use divan::{AllocProfiler, Bencher};
use solver::cargo::Universe;

use world::World;

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// All listings, as they are parsed.
#[divan::bench(sample_count = 1)]
fn listings(bencher: Bencher<'_, '_>) {
    let world = World::recorded();
    bencher.bench_local(|| world.parsed());
}

/// A universe of them, beside the listings themselves.
#[divan::bench(sample_count = 1)]
fn universe(bencher: Bencher<'_, '_>) {
    let listings = World::recorded().parsed();
    bencher.bench_local(|| {
        let mut universe = Universe::default();
        for (package, listing) in &listings {
            universe.insert(package, Some(std::sync::Arc::clone(listing)));
        }
        universe
    });
}
