//! What is asked again is not computed again, and what is asked at once is computed once.

use std::sync::Arc;
use std::time::Duration;

use ecosystems::Ecosystem;
use engine::{Error, Request};
use registries::Registry;
use testkit::registry::{FakeRegistry, Fault, Kind, Reply, Settings};

use crate::hostile::document;
use crate::support::{Counted, changed, fake, over, recorded, request};

#[tokio::test]
async fn the_same_question_is_answered_from_memory() {
    let fake = fake(Settings::default()).await;
    let counted = Counted::over(vec![over(&fake)]);
    let first = counted.resolve(&request(&["flask", "requests"])).await;
    assert!(!first.statistics.remembered);
    assert!(first.statistics.rounds >= 1);
    fake.reset_counts();
    // Spelling is no part of a question.
    let second = counted.resolve(&request(&["Flask", "REQUESTS "])).await;
    assert!(second.statistics.remembered);
    assert_eq!(second.statistics.rounds, 0);
    assert_eq!(second.statistics.documents_fetched, 0);
    assert_eq!(second.encoded, first.encoded);
    assert_eq!(counted.computed(), 1);
    assert_eq!(fake.counts().total, 0);
}

#[tokio::test]
async fn another_question_is_another_answer() {
    let counted = Counted::over(vec![recorded()]);
    let base = request(&["flask", "requests"]);
    let different = [
        request(&["requests", "flask"]),
        request(&["flask<3", "requests"]),
        changed(base.clone(), |project| project.environment.python_version = "3.11".to_owned()),
        changed(base.clone(), |project| project.constraints = project.requirements.clone()),
        changed(base.clone(), |project| project.excludes = vec!["click".to_owned()]),
        Request {
            policy: engine::Policy { strategy: engine::Strategy::Lowest, ..Default::default() },
            ..base.clone()
        },
    ];
    counted.resolve(&base).await;
    for request in &different {
        assert!(!counted.resolve(request).await.statistics.remembered, "{request:?}");
    }
    assert_eq!(counted.computed(), 1 + 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_ask_at_once_share_one_computation() {
    let fake = fake(Settings { latency: Duration::from_millis(20), ..Settings::default() }).await;
    let counted = Arc::new(Counted::over(vec![over(&fake)]));
    let mut asking = Vec::new();
    for _ in 0..32 {
        let counted = Arc::clone(&counted);
        asking.push(tokio::spawn(
            async move { counted.resolve(&request(&["flask", "django"])).await },
        ));
    }
    let mut own = 0;
    for asked in asking {
        own += u32::from(!asked.await.expect("nobody panics").statistics.remembered);
    }
    assert_eq!(own, 1, "one caller's computation serves all");
    assert_eq!(counted.computed(), 1);
    assert!(fake.counts().by_path.values().all(|count| *count == 1), "{:?}", fake.counts().by_path);
}

#[tokio::test]
async fn a_computation_outlives_an_impatient_caller() {
    let fake = fake(Settings { latency: Duration::from_millis(10), ..Settings::default() }).await;
    let counted = Counted::over(vec![over(&fake)]);
    let question = request(&["flask"]);
    let impatient = counted.engine.resolve(question.clone(), None);
    assert!(tokio::time::timeout(Duration::from_millis(5), impatient).await.is_err());
    let patient = counted.resolve(&question).await;
    assert!(patient.statistics.remembered, "the work of the first is not lost");
    assert_eq!(counted.computed(), 1);
}

#[tokio::test]
async fn facts_that_are_older_than_the_caller_takes_are_asked_for_again() {
    let fake = fake(Settings::default()).await;
    let counted = Counted::over(vec![over(&fake)]);
    let question = request(&["flask"]);
    counted.resolve(&question).await;
    fake.reset_counts();
    let fresh = Request { max_staleness: Some(Duration::ZERO), ..question };
    let again = counted.resolve(&fresh).await;
    // Nothing has changed: the listings are revalidated, and nothing is solved.
    assert!(again.statistics.remembered);
    assert!(again.statistics.documents_fetched > 0);
    assert_eq!(fake.counts().with_status(304), fake.counts().of(Kind::Page));
    assert_eq!(counted.computed(), 1);
}

#[tokio::test]
async fn a_name_belongs_to_the_first_registry_that_has_it() {
    let fake = fake(Settings::default()).await;
    let mut first = over(&fake);
    first.name = "first".to_owned();
    first.packages = Some(vec!["flask".to_owned()]);
    let counted = Counted::over(vec![first, recorded()]);
    counted.resolve(&request(&["flask"])).await;
    assert_eq!(fake.counts().of(Kind::Page), 1, "only `flask` is asked of the first");
    let unknown = Request { registries: vec!["third".to_owned()], ..request(&["flask"]) };
    let error = counted.engine.resolve(unknown, None).await.expect_err("there is no third");
    assert!(
        matches!(&error, Error::Invalid(invalid) if invalid[0].field == "registries[0]"),
        "{error}"
    );
}

#[tokio::test]
async fn a_registry_in_trouble_is_named_and_the_next_call_tries_again() {
    let fake = fake(Settings::default()).await;
    let mut config = over(&fake);
    config.retries = 0;
    let counted = Counted::over(vec![config]);
    fake.inject(Fault::new("/simple/click/", Reply::Status(503)).times(1));
    let error =
        counted.engine.resolve(request(&["flask"]), None).await.expect_err("click cannot be read");
    assert!(error.to_string().contains("`pypi`") && error.to_string().contains("click"), "{error}");
    counted.resolve(&request(&["flask"])).await;
    assert_eq!(counted.computed(), 1);
}

#[tokio::test]
async fn a_spent_budget_is_an_answer_that_is_not_remembered() {
    let counted = Counted::over(vec![recorded()]);
    let question = request(&["apache-airflow[amazon,celery,postgres,google]"]);
    let short = Request { max_steps: Some(20), ..question.clone() };
    let resolved = counted.resolve(&short).await;
    assert!(String::from_utf8_lossy(&resolved.encoded).starts_with("Exhausted"));
    assert!(!counted.resolve(&question).await.statistics.remembered);
    assert!(counted.resolve(&short).await.statistics.remembered, "the whole answer serves it too");
}

#[test]
fn the_bundled_registry_needs_no_configuration() {
    assert!(Registry::open(recorded()).is_ok());
}

/// An index of two projects that asks to be asked each time, and an engine over it.
async fn demo_and_other() -> (FakeRegistry, Counted) {
    let settings = Settings { cache_control: Some("no-cache".to_owned()), ..Settings::default() };
    let documents = [("demo", document("demo", &["1.0"])), ("other", document("other", &["1.0"]))];
    let documents = documents.each_ref().map(|(name, text)| (*name, text.as_str()));
    let fake = FakeRegistry::of(&documents, settings).await.expect("the loopback has a free port");
    let counted = Counted::over(vec![over(&fake)]);
    counted.resolve(&request(&["demo"])).await;
    fake.reset_counts();
    (fake, counted)
}

#[tokio::test]
async fn a_publication_that_does_not_matter_costs_no_solve() {
    let (fake, counted) = demo_and_other().await;
    // Of another package.
    fake.publish("other", &document("other", &["1.0", "2.0"])).expect("it is well formed");
    let again = counted.resolve(&request(&["demo"])).await;
    assert!(again.statistics.remembered);
    assert_eq!((fake.counts().total, fake.counts().with_status(304)), (1, 1));
    // Of this one, in other words for the same.
    fake.reset_counts();
    let page = document("demo", &["1.0"]);
    let reworded = page.replace("\"core-metadata\"", "\"yanked\": false, \"core-metadata\"");
    assert_ne!(page, reworded);
    fake.publish("demo", &reworded).expect("it is well formed");
    let again = counted.resolve(&request(&["demo"])).await;
    assert!(again.statistics.remembered);
    assert_eq!((fake.counts().total, fake.counts().with_status(200)), (1, 1));
    assert_eq!(counted.computed(), 1);
}

#[tokio::test]
async fn a_publication_that_matters_costs_what_it_touches() {
    let settings = Settings { cache_control: Some("no-cache".to_owned()), ..Settings::default() };
    let fake = fake(settings).await;
    let counted = Counted::over(vec![over(&fake)]);
    let first = counted.resolve(&request(&["flask"])).await;
    assert!(first.statistics.documents_fetched > 10);
    fake.reset_counts();
    let recorded = registries::bundled();
    let page = recorded.document(Ecosystem::Pypi, "click").expect("it is recorded");
    let mut page: serde_json::Value = serde_json::from_slice(&page).expect("it is JSON");
    let file = serde_json::json!({
        "filename": "click-99.0-py3-none-any.whl",
        "url": "/files/click-99.0-py3-none-any.whl",
        "hashes": {},
        "upload-time": "2026-01-01T00:00:00Z",
        "core-metadata": true,
    });
    page["files"].as_array_mut().expect("a list").push(file);
    page["metadata"]["99.0"] = serde_json::json!({});
    fake.publish("click", &page.to_string()).expect("it is well formed");
    let second = counted.resolve(&request(&["flask"])).await;
    assert!(String::from_utf8_lossy(&second.encoded).contains("click 99.0"));
    assert_eq!(counted.computed(), 2);
    // One page and the metadata of one release; of the other pages, that they are as they were.
    let counts = fake.counts();
    assert_eq!(counts.with_status(200), 2);
    assert_eq!(counts.of(Kind::Page), counts.with_status(304) + 1);
    // With the facts at hand, with the new page, and with what the new release needs.
    assert_eq!(second.statistics.rounds, 3);
}
