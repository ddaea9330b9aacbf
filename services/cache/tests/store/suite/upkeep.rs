//! What is not used goes.

use std::time::Duration;

use bytes::Bytes;
use cache::{Key, Store};

use crate::world::{KIND, Sort, World, eventually, key, noise};

/// Bytes of an entry of which two fit into a mebibyte.
const LARGE: usize = 400 * 1024;

const COUNT: &str = "SELECT count(*) FROM quartermaster_entries";

async fn present(store: &Store, numbers: &[u64]) -> Vec<bool> {
    let keys: Vec<Key> = numbers.iter().map(|number| key(*number)).collect();
    store.get_many(KIND, &keys).await.iter().map(Option::is_some).collect()
}

pub(crate) async fn what_was_not_used_for_longest_goes_first(mut world: World) {
    world.config.disk_mib = 1;
    let store = world.open().await;
    for number in [1, 2] {
        store.put(KIND, key(number), noise(number, LARGE)).await;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // The first one is used, so that the second has not been for longest.
    assert!(store.get(KIND, &key(1)).await == Some(noise(1, LARGE)));
    store.prune().await.expect("the database answers");
    tokio::time::sleep(Duration::from_millis(5)).await;
    store.put(KIND, key(3), noise(3, LARGE)).await;
    eventually("enough is pruned", async || store.prune().await.is_some_and(|pruned| !pruned.more))
        .await;
    assert_eq!(present(&store, &[1, 2, 3]).await, [true, false, true]);
    assert_eq!(store.state().failures, 0);
}

pub(crate) async fn of_more_than_a_batch_the_oldest_go_first(mut world: World) {
    world.config.disk_mib = 1;
    let store = world.open().await;
    let some = |numbers: std::ops::Range<u64>| {
        numbers.map(|number| (key(number), noise(number, 4000))).collect()
    };
    store.put_many(KIND, some(0..330)).await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    store.put_many(KIND, some(330..480)).await;
    let first = store.prune().await.expect("the database answers");
    assert!(first.entries <= 256);
    eventually("enough is pruned", async || store.prune().await.is_some_and(|pruned| !pruned.more))
        .await;
    let newest: Vec<u64> = (330..480).collect();
    assert_eq!(present(&store, &newest).await, [true; 150]);
    let oldest: Vec<u64> = (0..330).collect();
    let left = present(&store, &oldest).await.into_iter().filter(|present| *present).count();
    assert!((50..260).contains(&left), "as many stay as there is room for: {left}");
}

pub(crate) async fn what_nobody_used_for_too_long_goes_a_batch_at_a_time(world: World) {
    if world.sort() == Sort::Memory {
        return;
    }
    let store = world.open().await;
    let many = (0..300).map(|number| (key(number), Bytes::from_static(b"small"))).collect();
    store.put_many(KIND, many).await;
    store.put(KIND, key(1000), Bytes::from_static(b"stays")).await;
    assert_eq!(store.prune().await.map(|pruned| pruned.entries), Some(0));
    let month = 31_i64 * 24 * 60 * 60 * 1000;
    let stays = world.number("SELECT max(used_at) FROM quartermaster_entries").await;
    let aged = format!("UPDATE quartermaster_entries SET used_at = used_at - {month}");
    world.execute(&aged).await;
    // It is used now, which counts although it is not written yet.
    assert!(store.get(KIND, &key(1000)).await.is_some());
    let first = store.prune().await.expect("the database answers");
    assert_eq!((first.entries, first.more), (256, true));
    let second = store.prune().await.expect("the database answers");
    assert_eq!((second.entries, second.more), (44, false));
    assert_eq!(world.number(COUNT).await, 1);
    assert!(world.number("SELECT max(used_at) FROM quartermaster_entries").await >= stays);
}

pub(crate) async fn uses_are_written_later_and_reads_write_nothing(world: World) {
    if world.sort() == Sort::Memory {
        return;
    }
    let used = "SELECT sum(used_at) FROM quartermaster_entries";
    let store = world.open().await;
    store.put_many(KIND, (0..9).map(|number| (key(number), noise(number, 10))).collect()).await;
    world.execute("UPDATE quartermaster_entries SET used_at = used_at - 1000").await;
    let before = world.number(used).await;
    for number in 0..9 {
        assert!(store.get(KIND, &key(number)).await.is_some());
    }
    assert_eq!(world.number(used).await, before);
    store.prune().await.expect("the database answers");
    assert!(world.number(used).await >= before + 9 * 1000);
    // Closing writes what is yet unwritten.
    world.execute("UPDATE quartermaster_entries SET used_at = used_at - 1000").await;
    let before = world.number(used).await;
    assert!(store.get(KIND, &key(1)).await.is_some());
    store.close().await;
    assert!(world.number(used).await >= before + 1000);
}

pub(crate) async fn a_clock_that_jumped_loses_and_keeps_nothing_for_ever(world: World) {
    if world.sort() == Sort::Memory {
        return;
    }
    let store = world.open().await;
    store.put(KIND, key(1), noise(1, 10)).await;
    let latest = "SELECT max(used_at) FROM quartermaster_entries";
    let now = world.number(latest).await;
    // It was stored while the clock was ten years ahead.
    let years = 10_i64 * 365 * 24 * 60 * 60 * 1000;
    let ahead = format!("UPDATE quartermaster_entries SET used_at = used_at + {years}");
    world.execute(&ahead).await;
    assert_eq!(store.get(KIND, &key(1)).await, Some(noise(1, 10)));
    assert_eq!(store.prune().await.map(|pruned| pruned.entries), Some(0));
    let used = world.number(latest).await;
    assert!((now..now + years / 2).contains(&used), "from its next use on it ages like others");
}
