//! Entries are put, found and forgotten.

use bytes::Bytes;
use cache::Kind;

use crate::world::{KIND, Sort, World, key, noise};

pub(crate) async fn what_is_put_is_found_under_its_kind_and_key_alone(world: World) {
    let store = world.open().await;
    let other_kind = Kind { number: 2, ..KIND };
    store.put(KIND, key(1), Bytes::from_static(b"one")).await;
    store.put(other_kind, key(1), Bytes::from_static(b"another kind")).await;
    assert_eq!(store.get(KIND, &key(1)).await.as_deref(), Some(&b"one"[..]));
    assert_eq!(store.get(other_kind, &key(1)).await.as_deref(), Some(&b"another kind"[..]));
    assert_eq!(store.get(KIND, &key(2)).await, None);
    assert_eq!(store.get(Kind { number: 3, ..KIND }, &key(1)).await, None);
    let state = store.state();
    assert_eq!((state.hits, state.misses, state.failures), (2, 2, 0));
}

pub(crate) async fn a_later_value_takes_the_place_of_an_earlier_one(world: World) {
    let store = world.open().await;
    store.put(KIND, key(1), noise(1, 5000)).await;
    store.put(KIND, key(1), noise(2, 50)).await;
    assert_eq!(store.get(KIND, &key(1)).await, Some(noise(2, 50)));
    let both = vec![(key(1), noise(3, 10)), (key(2), noise(4, 10)), (key(1), noise(5, 10))];
    store.put_many(KIND, both).await;
    assert_eq!(store.get(KIND, &key(1)).await, Some(noise(5, 10)), "the last of two counts");
    assert_eq!(store.get(KIND, &key(2)).await, Some(noise(4, 10)));
}

pub(crate) async fn what_is_forgotten_is_gone(world: World) {
    let store = world.open().await;
    store.put(KIND, key(1), noise(1, 10)).await;
    store.put(KIND, key(2), noise(2, 10)).await;
    store.forget(KIND, &key(1)).await;
    store.forget(KIND, &key(3)).await;
    assert_eq!(store.get(KIND, &key(1)).await, None);
    assert_eq!(store.get(KIND, &key(2)).await, Some(noise(2, 10)));
    assert_eq!(store.state().failures, 0);
}

pub(crate) async fn many_are_found_in_the_order_they_are_asked_for(world: World) {
    let store = world.open().await;
    let stored = (0..300).filter(|number| number % 3 != 0);
    store.put_many(KIND, stored.map(|number| (key(number), noise(number, 100))).collect()).await;
    let asked: Vec<u64> = (0..300).rev().chain([7, 7, 6]).collect();
    let keys: Vec<_> = asked.iter().map(|number| key(*number)).collect();
    let found = store.get_many(KIND, &keys).await;
    let expected: Vec<_> =
        asked.iter().map(|number| (number % 3 != 0).then(|| noise(*number, 100))).collect();
    assert_eq!(found, expected);
    assert_eq!(store.get_many(KIND, &[]).await, []);
    assert_eq!(store.state().hits, 202);
}

pub(crate) async fn values_of_all_sizes_come_back(world: World) {
    let store = world.open().await;
    for (number, length) in [0, 1, 255, 256, 4096, 1_000_000].into_iter().enumerate() {
        let number = number as u64;
        store.put(KIND, key(number), noise(number, length)).await;
        assert!(store.get(KIND, &key(number)).await == Some(noise(number, length)));
        store.put(KIND, key(number), Bytes::from(vec![7; length])).await;
        assert!(store.get(KIND, &key(number)).await == Some(Bytes::from(vec![7; length])));
    }
}

pub(crate) async fn an_entry_of_another_form_is_absent_and_removed(world: World) {
    let store = world.open().await;
    let next = Kind { form: 2, ..KIND };
    store.put(KIND, key(1), noise(1, 100)).await;
    assert_eq!(store.get(next, &key(1)).await, None);
    assert_eq!(store.get(KIND, &key(1)).await, None, "it was removed");
    store.put(next, key(1), noise(2, 100)).await;
    assert_eq!(store.get(next, &key(1)).await, Some(noise(2, 100)));
    assert_eq!(store.state().unusable, 1);
}

pub(crate) async fn a_damaged_entry_is_absent_and_removed(world: World) {
    if world.sort() == Sort::Memory {
        return;
    }
    let store = world.open().await;
    for number in 0..3 {
        store.put(KIND, key(number), noise(number, 100)).await;
    }
    // One loses its end, one gets the value of another.
    let (shortened, moved) = match world.sort() {
        Sort::Postgres => ("substring(value FOR 90)", "'\\x"),
        _ => ("substr(value, 1, 90)", "x'"),
    };
    let literal = |number| {
        let hex: String = key(number).iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{moved}{hex}'")
    };
    let table = "quartermaster_entries";
    let first = literal(0);
    world.execute(&format!("UPDATE {table} SET value = {shortened} WHERE key = {first}")).await;
    let (second, third) = (literal(1), literal(2));
    world
        .execute(&format!(
            "UPDATE {table} SET value = (SELECT value FROM {table} WHERE key = {third}) \
             WHERE key = {second}"
        ))
        .await;
    let found = store.get_many(KIND, &[key(0), key(1), key(2)]).await;
    assert_eq!(found, [None, None, Some(noise(2, 100))]);
    assert_eq!(store.state().unusable, 2);
    assert_eq!(world.number(&format!("SELECT count(*) FROM {table}")).await, 1);
}

pub(crate) async fn entries_outlive_the_store(world: World) {
    if world.sort() == Sort::Memory {
        return;
    }
    let store = world.open().await;
    store.put(KIND, key(1), noise(1, 3000)).await;
    store.close().await;
    assert_eq!(world.open().await.get(KIND, &key(1)).await, Some(noise(1, 3000)));
    let uncompressed = Bytes::from(vec![b'a'; 100_000]);
    let store = world.open().await;
    store.put(KIND, key(2), uncompressed).await;
    let stored = "SELECT length(value) FROM quartermaster_entries ORDER BY length(value) LIMIT 1";
    assert!(world.number(stored).await < 1000, "what can be compressed is");
}
