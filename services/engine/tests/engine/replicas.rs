//! Several services behind one database: what one of them has computed or heard, all know.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use engine::Request;
use engine::config::{CacheConfig, RegistryConfig};
use testkit::postgres::Server;
use testkit::registry::{FakeRegistry, Fault, Kind, Reply, Settings};

use crate::hostile::{document, index};
use crate::support::{Counted, fake, over, request};

/// A service that shares the database of that URL.
async fn replica(url: &str, registry: RegistryConfig) -> Arc<Counted> {
    let database = Some(url.parse().expect("it is an address"));
    // A busy machine is no broken database.
    let call_limit = Duration::from_secs(30);
    let cache = CacheConfig { database, call_limit, ..CacheConfig::default() };
    let counted = Counted::remembering(vec![registry], cache);
    counted.engine.connect().await;
    Arc::new(counted)
}

/// Two services that share a new database.
async fn two(server: &Server, fake: &FakeRegistry) -> [Arc<Counted>; 2] {
    server.execute("CREATE DATABASE answers");
    let url = server.url("answers");
    [replica(&url, over(fake)).await, replica(&url, over(fake)).await]
}

/// Asks all replicas at once, so many callers each, and returns what they were told.
async fn all_at_once(replicas: &[Arc<Counted>], callers: usize, asked: &Request) -> Vec<String> {
    let mut waiting = Vec::new();
    for replica in replicas {
        for _ in 0..callers {
            let (replica, asked) = (Arc::clone(replica), asked.clone());
            waiting.push(tokio::spawn(async move { replica.pins(&asked).await }));
        }
    }
    let mut told = Vec::new();
    for caller in waiting {
        told.push(caller.await.expect("no caller fails"));
    }
    told
}

fn computed(replicas: &[Arc<Counted>]) -> u32 {
    replicas.iter().map(|replica| replica.computed()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_two_services_are_asked_at_once_one_of_them_solves() {
    let Some(server) = Server::start().await else { return };
    let fake = fake(Settings { latency: Duration::from_millis(20), ..Settings::default() }).await;
    let replicas = two(&server, &fake).await;
    let told = all_at_once(&replicas, 8, &request(&["flask", "django"])).await;
    assert!(told.iter().all(|pins| *pins == told[0]));
    assert_eq!(computed(&replicas), 1);
    // Later it is in the memory of both.
    for replica in &replicas {
        assert!(replica.resolve(&request(&["flask", "django"])).await.statistics.remembered);
    }
    assert_eq!(computed(&replicas), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publication_is_solved_by_one_and_found_by_the_other() {
    let Some(server) = Server::start().await else { return };
    let fake = index(&["1.0"]).await;
    let replicas = two(&server, &fake).await;
    all_at_once(&replicas, 1, &request(&["demo"])).await;
    fake.publish("demo", &document("demo", &["1.0", "2.0"])).expect("it is well formed");
    let now = Request { max_staleness: Some(Duration::ZERO), ..request(&["demo"]) };
    for replica in &replicas {
        assert_eq!(replica.pins(&now).await, "demo 2.0");
    }
    assert_eq!(computed(&replicas), 2, "one answer before, one after");
    assert!(fake.counts().of(Kind::Page) >= 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_vanishes_while_it_computes_holds_nobody_up() {
    let Some(server) = Server::start().await else { return };
    let fake = index(&["1.0"]).await;
    // The first who asks gets a byte a minute.
    fake.inject(Fault::new("/simple/demo/", Reply::Drip(Duration::from_secs(60))).times(1));
    server.execute("CREATE DATABASE answers");
    let url = server.url("answers");
    // On a runtime of its own, which ends as a killed process does.
    let doomed = tokio::runtime::Runtime::new().expect("there are threads");
    let (database, registry) = (url.clone(), over(&fake));
    doomed.spawn(async move {
        let replica = replica(&database, registry).await;
        replica.pins(&request(&["demo"])).await
    });
    while fake.counts().of(Kind::Page) == 0 {
        tokio::task::yield_now().await;
    }
    doomed.shutdown_background();
    let second = replica(&url, over(&fake)).await;
    assert_eq!(second.pins(&request(&["demo"])).await, "demo 1.0");
    assert_eq!(second.computed(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publication_that_one_is_told_of_reaches_all() {
    let Some(server) = Server::start().await else { return };
    let fake = index(&["1.0"]).await;
    let replicas = two(&server, &fake).await;
    all_at_once(&replicas, 1, &request(&["demo"])).await;
    fake.publish("demo", &document("demo", &["1.0", "2.0"])).expect("it is well formed");
    // The registry says that its pages hold for ten minutes.
    assert_eq!(all_at_once(&replicas, 1, &request(&["demo"])).await, ["demo 1.0", "demo 1.0"]);
    let told = replicas[0].engine.invalidate("pypi", &["Demo".to_owned()]).await;
    let told = told.expect("the registry is declared");
    assert_eq!((told.documents, told.answers, told.is_told), (1, 1, true));
    assert_eq!(replicas[0].pins(&request(&["demo"])).await, "demo 2.0");
    while replicas[1].pins(&request(&["demo"])).await != "demo 2.0" {
        tokio::task::yield_now().await;
    }
    assert_eq!(computed(&replicas), 2);
    // A service that starts now has it from the database, and not as it was before.
    let third = replica(&server.url("answers"), over(&fake)).await;
    assert_eq!(third.pins(&request(&["demo>=1"])).await, "demo 2.0");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_has_read_the_others_need_not_ask_for() {
    let Some(server) = Server::start().await else { return };
    let fake = fake(Settings::default()).await;
    let replicas = two(&server, &fake).await;
    replicas[0].pins(&request(&["flask", "jupyterlab"])).await;
    replicas[0].engine.close().await;
    fake.reset_counts();
    let told = replicas[1].resolve(&request(&["jupyterlab", "flask>=1"])).await;
    assert_eq!(told.statistics.documents_fetched, 0);
    assert_eq!(fake.counts().total, 0);
    assert_eq!(replicas[1].computed(), 1, "it is another question");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_killed_under_load_costs_no_answer() {
    let Some(mut server) = Server::start().await else { return };
    let fake = fake(Settings::default()).await;
    let replicas = two(&server, &fake).await;
    let questions = ["flask", "django", "requests", "jinja2", "click", "attrs"];
    let alone = Counted::over(vec![over(&fake)]);
    let mut expected = Vec::new();
    for question in questions {
        expected.push(alone.pins(&request(&[question])).await);
    }
    let expected = Arc::new(expected);
    let asked = Arc::new(AtomicUsize::new(0));
    let enough = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..8_usize)
        .map(|caller| {
            let (replica, expected) = (Arc::clone(&replicas[caller % 2]), Arc::clone(&expected));
            let (asked, enough) = (Arc::clone(&asked), Arc::clone(&enough));
            tokio::spawn(async move {
                // Another reach is another question, which no memory answers.
                for reach in 1.. {
                    for (question, expected) in questions.iter().zip(&*expected) {
                        let reach = Some(reach % 50 + u32::from(caller < 4) * 50);
                        let request = Request { reach, ..request(&[question]) };
                        assert_eq!(replica.pins(&request).await, *expected);
                        asked.fetch_add(1, Ordering::Relaxed);
                    }
                    if enough.load(Ordering::Relaxed) {
                        return;
                    }
                }
            })
        })
        .collect();
    let more = async |answers: usize| {
        let before = asked.load(Ordering::Relaxed);
        while asked.load(Ordering::Relaxed) < before + answers {
            tokio::task::yield_now().await;
        }
    };
    more(40).await;
    server.stop();
    more(200).await;
    server.run().await;
    more(40).await;
    enough.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.expect("no caller fails");
    }
}
