//! What calls of a store take, over each database: `cargo bench -p quartermaster-cache`.
//!
//! Entries of 8 KB compress to about a third, as documents of registries do. For each call the
//! median and the 99th percentile with one caller, and the same with 32 at once.

use std::future::Future;
use std::time::{Duration, Instant};

use bytes::Bytes;
use cache::{CacheConfig, Key, Kind, Store};

use testkit::postgres::Server;

const KIND: Kind = Kind { number: 1, form: 1 };
const ENTRIES: u64 = 5000;
const SIZE: usize = 8192;
const MANY: u64 = 200;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime needs no more");
    runtime.block_on(async {
        println!(
            "{:<10} {:<28} {:>9} {:>9} {:>9} {:>9}",
            "", "", "1: p50", "p99", "32: p50", "p99"
        );
        measure("memory", "memory:").await;
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let file = folder.path().join("answers.db");
        measure("sqlite", &format!("sqlite:{}", file.display())).await;
        if let Some(server) = Server::start().await {
            server.execute("CREATE DATABASE measured");
            measure("postgres", &server.url("measured")).await;
        }
    });
}

/// Bytes of which about a third is left when they are compressed, others for each number.
fn document(number: u64) -> Bytes {
    let mut noise = vec![0; SIZE / 4];
    let mut hasher = blake3::Hasher::new();
    hasher.update(&number.to_le_bytes()).finalize_xof().fill(&mut noise);
    let text = noise.chunks(16).flat_map(|some| {
        [some, b"\"requires\":[\"python>=3.9\",\"some-package<2\"],".as_slice()].concat()
    });
    Bytes::from(text.take(SIZE).collect::<Vec<u8>>())
}

fn key(number: u64) -> Key {
    *blake3::hash(&number.to_le_bytes()).as_bytes()
}

async fn measure(name: &str, url: &str) {
    let config = CacheConfig {
        database: url.parse().ok(),
        call_limit: Duration::from_secs(10),
        ..CacheConfig::default()
    };
    let store = Store::open(&config).await;
    let all: Vec<_> = (0..ENTRIES).map(|number| (key(number), document(number))).collect();
    let started = Instant::now();
    store.put_many(KIND, all).await;
    let each = started.elapsed() / u32::try_from(ENTRIES).unwrap_or(u32::MAX);
    println!("{name:<10} {:<28} {each:>9.1?}", "put, of many at once, each");
    report(name, "get, hit", 3000, |number| {
        let store = store.clone();
        async move { assert!(store.get(KIND, &key(number * 7 % ENTRIES)).await.is_some()) }
    })
    .await;
    report(name, "get, miss", 3000, |number| {
        let store = store.clone();
        async move { assert!(store.get(KIND, &key(ENTRIES + number)).await.is_none()) }
    })
    .await;
    report(name, "get of 200", 200, |number| {
        let store = store.clone();
        async move {
            let keys: Vec<_> =
                (0..MANY).map(|place| key((number * 31 + place * 17) % ENTRIES)).collect();
            let found = store.get_many(KIND, &keys).await;
            assert!(found.iter().all(Option::is_some));
        }
    })
    .await;
    report(name, "put", 1000, |number| {
        let store = store.clone();
        async move { store.put(KIND, key(2 * ENTRIES + number), document(number)).await }
    })
    .await;
    report(name, "lead, and let go", 500, |number| {
        let store = store.clone();
        async move { drop(store.lead(KIND, &key(9 * ENTRIES + number)).await) }
    })
    .await;
    let started = Instant::now();
    store.prune().await.expect("the database answers");
    println!("{name:<10} {:<28} {:>9.1?}", "uses written, none pruned", started.elapsed());
    assert_eq!(store.state().failures, 0, "{:?}", store.state());
    store.close().await;
    if name == "memory" {
        return;
    }
    // Another one that keeps less: what it prunes first is a batch.
    let store = Store::open(&CacheConfig { disk_mib: 1, ..config }).await;
    let started = Instant::now();
    let pruned = store.prune().await.expect("the database answers").entries;
    println!("{name:<10} {:<28} {:>9.1?}", format!("prune of {pruned}"), started.elapsed());
    store.close().await;
}

/// Times calls of a caller after the other, and of 32 at once.
async fn report<F>(name: &str, what: &str, calls: u64, call: impl Fn(u64) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut alone = Vec::new();
    for number in 0..calls {
        let started = Instant::now();
        call(number).await;
        alone.push(started.elapsed());
    }
    let callers: Vec<_> = (0..32)
        .map(|caller| {
            let calls: Vec<_> =
                (0..calls / 8).map(|number| call(calls + caller * calls / 8 + number)).collect();
            tokio::spawn(async move {
                let mut times = Vec::new();
                for call in calls {
                    let started = Instant::now();
                    call.await;
                    times.push(started.elapsed());
                }
                times
            })
        })
        .collect();
    let mut together = Vec::new();
    for caller in callers {
        together.append(&mut caller.await.expect("no caller panics"));
    }
    let [median, slow] = percentiles(alone);
    let [median_together, slow_together] = percentiles(together);
    println!(
        "{name:<10} {what:<28} {median:>9.1?} {slow:>9.1?} {median_together:>9.1?} {slow_together:>9.1?}"
    );
}

fn percentiles(mut times: Vec<Duration>) -> [Duration; 2] {
    times.sort_unstable();
    [times[times.len() / 2], times[times.len() * 99 / 100]]
}
