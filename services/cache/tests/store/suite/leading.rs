//! One computation a key, and what replicas tell each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use cache::{Announcement, Lead, Store};

use crate::world::{KIND, Sort, World, eventually, key, noise};

/// Computes the entry the way the engine does. Returns it, and counts computations in `runs`.
async fn compute_once(store: Store, number: u64, runs: Arc<AtomicU32>) -> Bytes {
    if let Some(found) = store.get(KIND, &key(number)).await {
        return found;
    }
    match store.lead(KIND, &key(number)).await {
        Lead::Stored(bytes) => bytes,
        Lead::Yours(_leadership) => {
            runs.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(20)).await;
            store.put(KIND, key(number), noise(number, 1000)).await;
            noise(number, 1000)
        }
        Lead::Alone => panic!("there is a database, and time"),
    }
}

pub(crate) async fn one_of_many_callers_leads_and_the_others_get_what_it_stores(world: World) {
    let store = world.open().await;
    let runs = Arc::new(AtomicU32::new(0));
    let callers: Vec<_> = (0..20)
        .map(|caller| tokio::spawn(compute_once(store.clone(), caller % 2, Arc::clone(&runs))))
        .collect();
    for (caller, task) in (0..).zip(callers) {
        assert_eq!(task.await.expect("no caller panics"), noise(caller % 2, 1000));
    }
    assert_eq!(runs.load(Ordering::SeqCst), 2);
}

pub(crate) async fn of_two_stores_one_leads_and_the_other_waits_for_its_entry(world: World) {
    if world.sort() == Sort::Memory {
        return;
    }
    let stores = [world.open().await, world.open().await];
    let runs = Arc::new(AtomicU32::new(0));
    let mut callers = Vec::new();
    for number in 0..10 {
        for store in &stores {
            callers.push(tokio::spawn(compute_once(store.clone(), number, Arc::clone(&runs))));
        }
    }
    for task in callers {
        task.await.expect("no caller panics");
    }
    assert_eq!(runs.load(Ordering::SeqCst), 10);
    assert_eq!(stores[0].state().failures + stores[1].state().failures, 0);
}

pub(crate) async fn a_leader_who_stores_nothing_lets_the_next_one_lead(world: World) {
    let store = world.open().await;
    let other = if world.sort() == Sort::Memory { store.clone() } else { world.open().await };
    for _ in 0..3 {
        for store in [&store, &other] {
            let Lead::Yours(leadership) = store.lead(KIND, &key(1)).await else {
                panic!("nobody computes it at present")
            };
            drop(leadership);
        }
    }
}

pub(crate) async fn a_caller_who_leaves_midway_blocks_nobody(world: World) {
    let store = world.open().await;
    let key = key(1);
    for patience in 0..40 {
        let lead = store.lead(KIND, &key);
        let _ = tokio::time::timeout(Duration::from_micros(patience * 50), lead).await;
    }
    assert!(matches!(store.lead(KIND, &key).await, Lead::Yours(_)));
}

pub(crate) async fn whoever_has_waited_long_enough_goes_on_alone(mut world: World) {
    let leader = world.open().await;
    world.config.lead_limit = Duration::from_millis(50);
    let other = if world.sort() == Sort::Memory { leader.clone() } else { world.open().await };
    let leadership = leader.lead(KIND, &key(1)).await;
    assert!(matches!(leadership, Lead::Yours(_)));
    if world.sort() != Sort::Memory {
        let started = Instant::now();
        assert!(matches!(other.lead(KIND, &key(1)).await, Lead::Alone));
        assert!(started.elapsed() < Duration::from_secs(10));
    }
    assert!(matches!(other.lead(KIND, &key(2)).await, Lead::Yours(_)), "another key is free");
}

pub(crate) async fn announcements_reach_the_other_replicas(world: World) {
    let (speaker, hearer) = (world.open().await, world.open().await);
    let mut heard = hearer.announcements();
    let mut own = speaker.announcements();
    assert!(!speaker.announce(&"x".repeat(10_000)).await, "it is too long");
    if world.sort() != Sort::Postgres {
        assert!(speaker.announce("to nobody").await);
        let waited = tokio::time::timeout(Duration::from_millis(20), heard.next()).await;
        assert!(waited.is_err(), "there is nobody to announce anything");
        return;
    }
    assert_eq!(heard.next().await, Announcement::Missed);
    assert_eq!(own.next().await, Announcement::Missed);
    for text in ["pypi jupyter", "", "with `quotes' and\nlines"] {
        assert!(speaker.announce(text).await);
        assert_eq!(heard.next().await, Announcement::Text(text.to_owned()));
    }
    assert!(hearer.announce("an answer").await);
    assert_eq!(own.next().await, Announcement::Text("an answer".to_owned()));
    let listening = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' \
                     AND datname = current_database()";
    assert_eq!(world.number(listening).await, 2);
    drop(heard);
    drop(own);
    eventually("nobody listens any more", async || world.number(listening).await == 0).await;
}
