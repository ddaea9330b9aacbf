//! Answers that outlive the process.

use std::path::Path;

use engine::Request;
use engine::config::CacheConfig;
use testkit::registry::{FakeRegistry, Settings};

use crate::hostile::document;
use crate::support::{Counted, over, recorded, request};

/// An engine that remembers in a file.
async fn over_file(path: &Path, registry: engine::config::RegistryConfig) -> Counted {
    let database = format!("sqlite:{}", path.display()).parse().expect("it is an address");
    let cache = CacheConfig { database: Some(database), ..CacheConfig::default() };
    let counted = Counted::remembering(vec![registry], cache);
    counted.engine.connect().await;
    counted
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_service_knows_what_it_answered() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("answers.db");
    let first = over_file(&path, recorded()).await;
    let answer = first.pins(&request(&["jupyterlab", "flask"])).await;
    assert_eq!(first.computed(), 1);
    first.engine.close().await;
    drop(first);
    let second = over_file(&path, recorded()).await;
    let resolved = second.resolve(&request(&["jupyterlab", "flask"])).await;
    assert!(resolved.statistics.remembered);
    assert_eq!(String::from_utf8_lossy(&resolved.encoded), answer);
    assert_eq!(second.computed(), 0);
    // Another question is none that it knows.
    second.resolve(&Request { reach: Some(1), ..request(&["jupyterlab", "flask"]) }).await;
    assert_eq!(second.computed(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_from_before_a_publication_is_not_given_again() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("answers.db");
    let one = document("demo", &["1.0"]);
    let fake = FakeRegistry::of(&[("demo", &one)], Settings::default()).await;
    let fake = fake.expect("the loopback has a free port");
    let first = over_file(&path, over(&fake)).await;
    assert_eq!(first.pins(&request(&["demo"])).await, "demo 1.0");
    first.engine.close().await;
    drop(first);
    fake.publish("demo", &document("demo", &["1.0", "2.0"])).expect("it is well formed");
    let second = over_file(&path, over(&fake)).await;
    assert_eq!(second.pins(&request(&["demo"])).await, "demo 2.0");
    assert_eq!(second.computed(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_database_is_done_without() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("answers.db");
    std::fs::write(&path, vec![7; 40_000]).expect("there is room");
    let counted = over_file(&path, recorded()).await;
    counted.resolve(&request(&["flask"])).await;
    let resolved = counted.resolve(&request(&["flask"])).await;
    assert!(resolved.statistics.remembered, "memory is left");
}
