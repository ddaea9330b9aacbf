//! Answers that outlive the process.

use std::path::Path;
use std::time::Duration;

use engine::config::CacheConfig;
use engine::{Error, Request};
use testkit::registry::{FakeRegistry, Kind, Settings};

use crate::hostile::{document, index};
use crate::support::{Counted, fake, over, recorded, request};

/// An engine that remembers in a file.
async fn over_file(path: &Path, registry: engine::config::RegistryConfig) -> Counted {
    let database = format!("sqlite:{}", path.display()).parse().expect("it is an address");
    // A busy machine is no broken database.
    let call_limit = Duration::from_secs(30);
    let database = Some(database);
    let cache = CacheConfig { database, call_limit, ..CacheConfig::default() };
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
    // What is read may be used once.
    let settings = Settings { cache_control: Some("no-cache".to_owned()), ..Settings::default() };
    let fake = FakeRegistry::of(&[("demo", &one)], settings).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_service_asks_for_no_document_that_it_has() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("answers.db");
    let fake = fake(Settings::default()).await;
    let first = over_file(&path, over(&fake)).await;
    first.pins(&request(&["jupyterlab", "flask"])).await;
    first.engine.close().await;
    drop(first);
    fake.reset_counts();
    let second = over_file(&path, over(&fake)).await;
    let told = second.resolve(&request(&["flask", "jupyterlab"])).await;
    assert!(!told.statistics.remembered, "the order is another one, and so is the question");
    assert_eq!((told.statistics.documents_fetched, fake.counts().total), (0, 0));
    // What is older than the caller takes is asked for, by a condition.
    let now = Request { max_staleness: Some(Duration::ZERO), ..request(&["flask"]) };
    second.resolve(&now).await;
    assert_eq!(fake.counts().with_status(304), fake.counts().of(Kind::Page));
    assert!(fake.counts().of(Kind::Page) > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_invalidated_is_asked_for_after_a_restart_too() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("answers.db");
    let fake = index(&["1.0"]).await;
    let first = over_file(&path, over(&fake)).await;
    first.pins(&request(&["demo"])).await;
    first.engine.invalidate("pypi", &["demo".to_owned()]).await.expect("it is declared");
    first.engine.close().await;
    drop(first);
    fake.publish("demo", &document("demo", &["1.0", "2.0"])).expect("it is well formed");
    let second = over_file(&path, over(&fake)).await;
    assert_eq!(second.pins(&request(&["demo"])).await, "demo 2.0");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_invalidated_is_told_by_field() {
    let counted = Counted::over(vec![recorded()]);
    for (registry, packages, field) in
        [("other", vec![], "registry"), ("pypi", vec!["flask", "-"], "packages[1]")]
    {
        let packages: Vec<String> = packages.into_iter().map(str::to_owned).collect();
        let error = counted.engine.invalidate(registry, &packages).await.expect_err("a fault");
        assert!(matches!(&error, Error::Invalid(all) if all[0].field == field), "{error}");
    }
    // What is recorded does not change.
    let told = counted.engine.invalidate("pypi", &[]).await.expect("it is declared");
    assert_eq!((told.documents, told.is_told), (0, true));
}
