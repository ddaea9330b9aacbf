//! What stores do when their server breaks: they go on without, say so, and come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cache::{Announcement, Condition, Lead, Store};

use crate::world::{KIND, World, eventually, key, noise};
use testkit::postgres::Server;

async fn comes_back(store: &Store) {
    eventually("the store works again", async || {
        store.put(KIND, key(9), noise(9, 10)).await;
        store.get(KIND, &key(9)).await.is_some()
    })
    .await;
    assert_eq!(store.state().condition, Condition::Working);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_stopped_in_the_middle_fails_nobody_and_is_used_again() {
    let Some(mut server) = Server::start().await else { return };
    let mut world = World::postgres(&server, "stopped").await;
    world.config.call_limit = Duration::from_secs(2);
    let store = world.open().await;
    store.put(KIND, key(1), noise(1, 100)).await;
    assert_eq!(store.get(KIND, &key(1)).await, Some(noise(1, 100)));
    let enough = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..8)
        .map(|caller| {
            let (store, enough) = (store.clone(), Arc::clone(&enough));
            tokio::spawn(async move {
                for round in 0..100_000_u64 {
                    if enough.load(Ordering::Relaxed) {
                        return;
                    }
                    let number = 100_000 * (caller + 1) + round;
                    store.put(KIND, key(number), noise(number, 100)).await;
                    if let Some(found) = store.get(KIND, &key(number)).await {
                        assert_eq!(found, noise(number, 100));
                    }
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.stop();
    eventually("calls are refused", async || store.state().refused > 100).await;
    enough.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.expect("no caller fails");
    }
    let started = Instant::now();
    assert_eq!(store.get(KIND, &key(1)).await, None);
    assert!(matches!(store.lead(KIND, &key(1)).await, Lead::Alone));
    assert!(started.elapsed() < Duration::from_secs(10));
    let state = store.state();
    assert_eq!(state.condition, Condition::Failing, "{state:?}");
    server.run().await;
    comes_back(&store).await;
    assert_eq!(store.get(KIND, &key(1)).await, Some(noise(1, 100)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_comes_later_is_used_then() {
    let Some(mut server) = Server::start().await else { return };
    let world = World::postgres(&server, "later").await;
    server.stop();
    let store = world.open().await;
    assert_eq!(store.state().condition, Condition::Unopened);
    assert_eq!(store.get(KIND, &key(1)).await, None);
    let mut heard = store.announcements();
    server.run().await;
    comes_back(&store).await;
    assert_eq!(heard.next().await, Announcement::Missed);
    let other = world.open().await;
    assert!(other.announce("here").await);
    assert_eq!(heard.next().await, Announcement::Text("here".to_owned()));
    // The connection that listens is lost: whoever hears is told.
    world
        .execute(
            "DO $$ BEGIN PERFORM pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE query LIKE 'LISTEN%'; END $$",
        )
        .await;
    assert_eq!(heard.next().await, Announcement::Missed);
    assert!(other.announce("again").await);
    assert_eq!(heard.next().await, Announcement::Text("again".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_slow_is_waited_for_no_longer_than_the_limit() {
    let Some(server) = Server::start().await else { return };
    let mut world = World::postgres(&server, "slow").await;
    let store = world.open().await;
    store.put(KIND, key(1), noise(1, 100)).await;
    store.close().await;
    world.config.call_limit = Duration::from_millis(200);
    let store = world.open().await;
    eventually("the entry is found", async || store.get(KIND, &key(1)).await.is_some()).await;
    let mut other = world.postgres_connection().await;
    for statement in ["BEGIN", "LOCK TABLE quartermaster_entries IN ACCESS EXCLUSIVE MODE"] {
        sqlx::query(statement).execute(&mut other).await.expect("nobody else has locked it");
    }
    for _ in 0..6 {
        let started = Instant::now();
        assert_eq!(store.get(KIND, &key(1)).await, None);
        assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    }
    let state = store.state();
    assert_eq!(state.condition, Condition::Failing);
    assert_eq!(state.last_failure.as_deref(), Some("no answer within 200ms"));
    sqlx::query("COMMIT").execute(&mut other).await.expect("it began");
    comes_back(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_crash_of_a_leader_frees_its_keys() {
    let Some(server) = Server::start().await else { return };
    let world = World::postgres(&server, "crash").await;
    let (leader, other) = (world.open().await, world.open().await);
    let held = [leader.lead(KIND, &key(1)).await, leader.lead(KIND, &key(2)).await];
    assert!(held.iter().all(|lead| matches!(lead, Lead::Yours(_))));
    let locks = "SELECT count(DISTINCT pid) * 1000 + count(*) FROM pg_locks \
                 WHERE locktype = 'advisory'";
    assert_eq!(world.number(locks).await, 1002, "one connection holds both");
    let waiting = tokio::spawn({
        let other = other.clone();
        async move { other.lead(KIND, &key(1)).await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!waiting.is_finished());
    // To the server a crash is the end of the connection.
    world
        .execute(
            "DO $$ BEGIN PERFORM pg_terminate_backend(pid) FROM pg_locks \
             WHERE locktype = 'advisory'; END $$",
        )
        .await;
    assert!(matches!(waiting.await, Ok(Lead::Yours(_))));
    drop(held);
}
