//! Tables are made, brought up to date, and removed.

use cache::{Condition, Store};

use crate::world::{KIND, Sort, World, key, noise};

const TABLES: &str = "SELECT count(*) FROM sqlite_master WHERE type = 'table' \
                      AND name IN ('quartermaster_entries', 'quartermaster_leases')";

const TABLES_OF_POSTGRES: &str =
    "SELECT count(*) FROM pg_tables WHERE tablename = 'quartermaster_entries'";

pub(crate) async fn tables_are_made_removed_and_made_again(world: World) {
    let (tables, all) = match world.sort() {
        Sort::Memory => return,
        Sort::Sqlite => (TABLES, 2),
        Sort::Postgres => (TABLES_OF_POSTGRES, 1),
    };
    let database = world.config.database.clone().expect("there is a database");
    for round in 0..2 {
        let store = world.open().await;
        assert_eq!(store.get(KIND, &key(round)).await, None, "what was there is gone");
        store.put(KIND, key(round), noise(round, 10)).await;
        assert_eq!(store.get(KIND, &key(round)).await, Some(noise(round, 10)));
        assert_eq!(world.number(tables).await, all);
        store.close().await;
        Store::remove_tables(&database).await.expect("there is a way back");
        assert_eq!(world.number(tables).await, 0);
    }
    let store = world.open().await;
    store.put(KIND, key(5), noise(5, 10)).await;
    let again = world.open().await;
    assert_eq!(again.get(KIND, &key(5)).await, Some(noise(5, 10)), "tables are made once");
}

pub(crate) async fn tables_of_a_newer_version_are_left_alone(world: World) {
    if world.sort() == Sort::Memory {
        return;
    }
    let store = world.open().await;
    store.put(KIND, key(1), noise(1, 10)).await;
    store.close().await;
    let newer = match world.sort() {
        Sort::Postgres => "SELECT 99, description, now(), true, checksum, 0",
        _ => "SELECT 99, description, installed_on, true, checksum, 0",
    };
    world
        .execute(&format!(
            "INSERT INTO quartermaster_migrations (version, description, installed_on, success, \
             checksum, execution_time) {newer} FROM quartermaster_migrations"
        ))
        .await;
    let store = world.open().await;
    assert_eq!(store.state().condition, Condition::Unopened);
    let said = store.state().last_failure.expect("it failed");
    assert!(said.contains("schema 99, which a newer version"), "{said}");
    store.put(KIND, key(2), noise(2, 10)).await;
    assert_eq!(store.get(KIND, &key(1)).await, None);
    assert_eq!(world.number("SELECT count(*) FROM quartermaster_entries").await, 1);
}

pub(crate) async fn two_stores_open_a_new_database_at_once(world: World) {
    let (first, second) = tokio::join!(world.open(), world.open());
    for store in [&first, &second] {
        assert_eq!(store.state().condition, Condition::Working);
        assert_eq!(store.state().failures, 0, "{:?}", store.state());
    }
    first.put(KIND, key(1), noise(1, 10)).await;
    if world.sort() != Sort::Memory {
        assert_eq!(second.get(KIND, &key(1)).await, Some(noise(1, 10)));
    }
}

pub(crate) async fn a_store_that_is_closed_finds_nothing_and_fails_nobody(world: World) {
    let store = world.open().await;
    store.put(KIND, key(1), noise(1, 10)).await;
    store.close().await;
    store.close().await;
    store.put(KIND, key(2), noise(2, 10)).await;
    if world.sort() != Sort::Memory {
        assert_eq!(store.get(KIND, &key(1)).await, None);
    }
}
