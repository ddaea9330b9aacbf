//! What a store does when its file breaks: goes on without, says so, and comes back.

use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use cache::{Condition, Lead, Store};

use crate::world::{KIND, World, config, eventually, key, noise};

/// All calls come back as if nothing were remembered, and soon.
async fn goes_on_without(store: &Store) {
    let started = Instant::now();
    store.put(KIND, key(1), noise(1, 100)).await;
    assert_eq!(store.get(KIND, &key(1)).await, None);
    assert_eq!(store.get_many(KIND, &[key(1), key(2)]).await, [None, None]);
    store.forget(KIND, &key(1)).await;
    assert_eq!(store.prune().await, None);
    assert!(matches!(store.lead(KIND, &key(1)).await, Lead::Alone));
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

async fn comes_back(store: &Store) {
    eventually("the store works again", async || {
        store.put(KIND, key(9), noise(9, 10)).await;
        store.get(KIND, &key(9)).await.is_some()
    })
    .await;
    assert_eq!(store.state().condition, Condition::Working);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_done_without() {
    // Nobody can make files there, root included.
    let store = Store::open(&config("sqlite:/proc/self/answers.db")).await;
    assert_eq!(store.state().condition, Condition::Unopened);
    let said = store.state().last_failure.expect("it failed");
    assert!(said.starts_with("`/proc/self/answers.db` cannot be opened: "), "{said}");
    goes_on_without(&store).await;
}

#[tokio::test]
async fn a_file_that_is_no_database_is_left_as_it_is_and_its_place_is_tried_again() {
    let world = World::sqlite();
    std::fs::create_dir_all(world.file().parent().unwrap_or(Path::new(""))).expect("there is room");
    let precious = noise(1, 100_000);
    std::fs::write(world.file(), &precious).expect("there is room");
    let store = world.open().await;
    assert_eq!(store.state().condition, Condition::Unopened);
    let said = store.state().last_failure.expect("it failed");
    assert!(said.contains("file is not a database"), "{said}");
    goes_on_without(&store).await;
    assert_eq!(std::fs::read(world.file()).expect("it is still there"), precious);
    std::fs::remove_file(world.file()).expect("it is still there");
    comes_back(&store).await;
}

#[tokio::test]
async fn pages_of_garbage_give_no_wrong_entry() {
    let world = World::sqlite();
    let store = world.open().await;
    let all: Vec<_> = (0..60).map(|number| (key(number), noise(number, 6000))).collect();
    store.put_many(KIND, all.clone()).await;
    store.close().await;
    let mut file = std::fs::OpenOptions::new().write(true).open(world.file()).expect("it is there");
    let length = file.metadata().expect("it is there").len();
    // All but the first pages, where the tables are listed.
    for page in 6..length / 4096 {
        file.seek(SeekFrom::Start(page * 4096)).expect("it is as long as that");
        file.write_all(&noise(page, 4096)).expect("there is room");
    }
    drop(file);
    let store = world.open().await;
    let mut lost = 0;
    for (key, value) in all {
        match store.get(KIND, &key).await {
            Some(found) => assert_eq!(found, value),
            None => lost += 1,
        }
        store.put(KIND, key, value).await;
    }
    assert!(lost > 50, "{lost}");
    let state = store.state();
    assert!(state.failures + state.unusable > 0, "{state:?}");
}

#[tokio::test]
async fn a_file_that_another_one_writes_can_be_read_and_is_written_later() {
    let mut world = World::sqlite();
    world.config.call_limit = Duration::from_millis(50);
    world.config.retry_after = Duration::from_secs(2);
    let store = world.open().await;
    eventually("the entry is stored", async || {
        store.put(KIND, key(1), noise(1, 100)).await;
        store.get(KIND, &key(1)).await.is_some()
    })
    .await;
    let mut other = world.sqlite_connection().await;
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut other).await.expect("nobody else writes");
    for number in 10..16 {
        let started = Instant::now();
        store.put(KIND, key(number), noise(number, 100)).await;
        assert!(started.elapsed() < Duration::from_secs(5));
    }
    assert_eq!(store.state().condition, Condition::ReadOnly);
    assert!(matches!(store.lead(KIND, &key(2)).await, Lead::Alone));
    eventually("it is read", async || store.get(KIND, &key(1)).await.is_some()).await;
    assert!(store.state().failures >= 3);
    sqlx::query("COMMIT").execute(&mut other).await.expect("it began");
    // Entries are not put for a while yet; pruning is what a full disk would need.
    assert!(store.prune().await.is_some());
    comes_back(&store).await;
}

#[tokio::test]
async fn a_full_disk_is_read_and_what_is_used_least_makes_room() {
    let mut world = World::sqlite();
    world.config.disk_mib = 1;
    let store = world.open().await;
    // The file may hold two mebibytes and a quarter between two prunings.
    let large = |number| noise(number, 200 * 1024);
    let mut stored = 0;
    while store.state().failures == 0 {
        assert!(stored < 20, "the file grows beyond its bound");
        store.put(KIND, key(stored), large(stored)).await;
        stored += 1;
    }
    let said = store.state().last_failure.expect("it failed");
    assert!(said.contains("full"), "{said}");
    eventually("there is room again", async || {
        store.put(KIND, key(100), large(100)).await;
        store.get(KIND, &key(100)).await == Some(large(100))
    })
    .await;
    for number in 0..stored {
        let found = store.get(KIND, &key(number)).await;
        assert!(found.is_none_or(|found| found == large(number)));
    }
    eventually("enough is pruned", async || store.prune().await.is_some_and(|pruned| !pruned.more))
        .await;
    store.close().await;
    let length = std::fs::metadata(world.file()).expect("it is there").len();
    assert!(length < 3 * 1024 * 1024, "pages go back to the disk: {length}");
    assert_eq!(world.number("SELECT auto_vacuum FROM pragma_auto_vacuum()").await, 2);
}

#[tokio::test]
async fn a_crashed_leader_blocks_others_until_its_lease_expires() {
    let mut world = World::sqlite();
    world.config.lead_limit = Duration::from_millis(200);
    let store = world.open().await;
    let lease = |expires_at: &str| {
        let hex: String = key(1).iter().map(|byte| format!("{byte:02x}")).collect();
        format!(
            "INSERT OR REPLACE INTO quartermaster_leases \
             VALUES (1, x'{hex}', x'00', (SELECT unixepoch() * 1000) + {expires_at})"
        )
    };
    world.execute(&lease("14000")).await;
    assert!(matches!(store.lead(KIND, &key(1)).await, Lead::Alone));
    // It expired, or was written by a clock that has been set back by an hour since.
    for expired in ["-2000", "3600000"] {
        world.execute(&lease(expired)).await;
        let lead = store.lead(KIND, &key(1)).await;
        assert!(matches!(lead, Lead::Yours(_)), "{expired}: {lead:?}");
        drop(lead);
        let left = "SELECT count(*) FROM quartermaster_leases";
        eventually("the lease is given back", async || world.number(left).await == 0).await;
    }
}

#[cfg(unix)]
#[tokio::test]
async fn others_than_its_owner_cannot_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::sqlite();
    let store = world.open().await;
    store.put(KIND, key(1), noise(1, 100)).await;
    for suffix in ["", "-wal"] {
        let mut name = world.file().into_os_string();
        name.push(suffix);
        let mode = std::fs::metadata(name).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
