//! What happens when a registry is slow, busy, wrong or hostile.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use ecosystems::pypi::Metadata;
use registries::{Credentials, CredentialsReference, Error, Freshness, MetadataRead, Registry};
use testkit::registry::{CoreMetadata, FakeRegistry, Fault, Form, Kind, Reply, Settings};

use crate::support::{config, listing, name, open, over, start, try_listing, try_metadata};

/// The newest release of `flask`, read after `prepare` has touched the fake registry.
async fn newest_metadata(fake: &FakeRegistry, registry: &Registry) -> Result<Arc<Metadata>, Error> {
    let facts = listing(registry, "flask").await.facts.expect("the project is listed");
    fake.reset_counts();
    match try_metadata(registry, &facts, facts.releases.len() - 1).await? {
        MetadataRead::Known(read) => Ok(read.facts.expect("the release is there")),
        other @ MetadataRead::NeedsBuild { .. } => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_busy_registry_is_left_alone_as_long_as_it_asks() {
    let fake = start(Settings::default()).await;
    fake.inject(Fault::new("/simple/flask/", Reply::TooManyRequests("1".to_owned())).times(1));
    let started = Instant::now();
    let read = listing(&over(&fake), "flask").await;
    assert!(read.facts.is_some());
    assert_eq!(read.requests, 2);
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_registry_that_asks_for_a_long_pause_is_given_up_at_once() {
    let fake = start(Settings::default()).await;
    fake.inject(Fault::new("/simple/flask/", Reply::Unavailable("3600".to_owned())));
    let error = try_listing(&over(&fake), "flask").await.expect_err("an hour is too long");
    assert!(matches!(error, Error::Unavailable { retry_after: Some(after), .. }
        if after == Duration::from_secs(3600)));
    assert_eq!(error.hint(), Some("ask again in 3600 seconds".to_owned()));
    assert_eq!(fake.counts().total, 1);
}

#[tokio::test]
async fn a_burst_of_server_errors_passes() {
    let fake = start(Settings::default()).await;
    fake.inject(Fault::new("/simple/flask/", Reply::Status(502)).times(3));
    assert_eq!(listing(&over(&fake), "flask").await.requests, 4);
}

#[tokio::test]
async fn a_broken_registry_is_asked_a_few_times_and_named() {
    let fake = start(Settings::default()).await;
    fake.inject(Fault::new("/simple/flask/", Reply::Status(500)));
    let error = try_listing(&over(&fake), "flask").await.expect_err("the registry is broken");
    assert!(error.is_transient());
    assert_eq!(
        error.to_string(),
        "registry `fake` could not serve `pypi/flask`: it answers 500 Internal Server Error"
    );
    assert_eq!(fake.counts().total, 4);
}

#[tokio::test]
async fn a_registry_that_is_not_there_is_unavailable() {
    let fake = start(Settings::default()).await;
    let mut config = config(&fake);
    config.retries = 1;
    drop(fake);
    let registry = open(config);
    // The port closes when the task of the fake registry has ended.
    tokio::task::yield_now().await;
    let error = try_listing(&registry, "flask").await.expect_err("nobody listens");
    assert!(error.is_transient(), "{error}");
}

#[tokio::test]
async fn a_redirect_to_an_undeclared_host_is_refused() {
    let (fake, other) = (start(Settings::default()).await, start(Settings::default()).await);
    let origin = format!("http://{}", other.address());
    fake.inject(Fault::new("/simple/flask/", Reply::RedirectToOrigin(origin)));
    let error = try_listing(&over(&fake), "flask").await.expect_err("the host is not declared");
    let host = other.address().to_string();
    assert!(error.hint().is_some_and(|hint| hint.contains(&host)), "{error}");
    assert_eq!(other.counts().total, 0);
}

#[tokio::test]
async fn a_redirect_to_a_declared_host_is_followed_without_the_secret() {
    let (fake, other) = (start(Settings::default()).await, start(Settings::default()).await);
    let origin = format!("http://{}", other.address());
    fake.inject(Fault::new("/simple/flask/", Reply::RedirectToOrigin(origin)));
    let secret = tempfile::NamedTempFile::new().expect("there is room for a file");
    std::fs::write(secret.path(), "user:secret\n").expect("there is room for a file");
    let mut config = config(&fake);
    config.extra_hosts = vec![other.address().to_string()];
    config.credentials = Some(CredentialsReference::File(secret.path().to_owned()));
    let read = listing(&open(config), "flask").await;
    assert_eq!(read.requests, 2);
    let facts = read.facts.expect("the project is listed");
    let url = &facts.releases[0].files[0].url;
    assert!(url.contains(&other.address().to_string()), "relative to the final page: {url}");
    assert_eq!((fake.counts().with_credentials, other.counts().with_credentials), (1, 0));
}

#[tokio::test]
async fn redirects_come_to_an_end() {
    let fake = start(Settings::default()).await;
    let own = format!("http://{}", fake.address());
    fake.inject(Fault::new("/simple/flask/", Reply::RedirectToOrigin(own)));
    let error = try_listing(&over(&fake), "flask").await.expect_err("the redirects go round");
    assert!(matches!(error, Error::Unusable { .. }), "{error}");
    assert_eq!(fake.counts().total, 6);
}

#[tokio::test]
async fn files_on_an_undeclared_host_are_not_fetched() {
    let fake = start(Settings { form: Form::Html, ..Settings::default() }).await;
    let page =
        "<a href='http://files.example/flask-1.0-py3-none-any.whl'>flask-1.0-py3-none-any.whl</a>";
    fake.inject(Fault::new("/simple/flask/", html(page)));
    let error = newest_metadata(&fake, &over(&fake)).await.expect_err("the host is not declared");
    assert!(matches!(&error, Error::UndeclaredHost { host, .. } if host == "files.example"));
    assert_eq!(fake.counts().total, 0);
}

#[tokio::test]
async fn an_endless_body_is_cut_off() {
    let fake = start(Settings::default()).await;
    fake.inject(Fault::new("/simple/flask/", Reply::Endless));
    let mut config = config(&fake);
    config.max_body_mib = 1;
    let error = try_listing(&open(config), "flask").await.expect_err("the body never ends");
    assert!(matches!(error, Error::TooLarge { limit: 1_048_576, .. }), "{error}");
    assert_eq!(fake.counts().total, 1);
}

#[tokio::test]
async fn a_truncated_body_is_asked_for_again() {
    let fake = start(Settings::default()).await;
    fake.inject(Fault::new("/simple/flask/", Reply::Truncated).times(1));
    assert_eq!(listing(&over(&fake), "flask").await.requests, 2);
}

#[tokio::test]
async fn a_dripping_body_meets_the_time_limit() {
    let fake = start(Settings::default()).await;
    fake.inject(Fault::new("/simple/flask/", Reply::Drip(Duration::from_millis(5))));
    let mut config = config(&fake);
    config.timeout = Duration::from_millis(50);
    config.retries = 0;
    let error = try_listing(&open(config), "flask").await.expect_err("the body never ends");
    assert!(error.is_transient(), "{error}");
}

#[tokio::test]
async fn a_refusal_is_no_absence() {
    let fake = start(Settings::default()).await;
    fake.inject(Fault::new("/simple/flask/", Reply::Status(401)));
    let error = try_listing(&over(&fake), "flask").await.expect_err("the registry refuses");
    assert!(matches!(error, Error::Forbidden { status: 401, .. }));
    assert_eq!(fake.counts().total, 1);
}

#[tokio::test]
async fn a_page_that_is_none_is_unusable() {
    let fake = start(Settings::default()).await;
    let json = "application/vnd.pypi.simple.v1+json".to_owned();
    fake.inject(Fault::new("/simple/flask/", Reply::Body(json, Bytes::from_static(b"[1, 2"))));
    let error = try_listing(&over(&fake), "flask").await.expect_err("the page is cut");
    assert!(matches!(error, Error::Unusable { .. }), "{error}");
}

#[tokio::test]
async fn an_index_that_accepts_html_only_is_asked_for_html() {
    let fake = start(Settings { form: Form::Html, ..Settings::default() }).await;
    fake.inject(Fault::new("/simple/flask/", Reply::Status(406)).times(1));
    let read = listing(&over(&fake), "flask").await;
    assert!(read.facts.is_some_and(|facts| !facts.releases.is_empty()));
    assert_eq!(read.requests, 2);
}

#[tokio::test]
async fn advertised_metadata_that_is_missing_is_read_from_the_wheel() {
    let fake =
        start(Settings { core_metadata: CoreMetadata::Missing, ..Settings::default() }).await;
    let metadata = newest_metadata(&fake, &over(&fake)).await.expect("the wheel is there");
    assert!(!metadata.requirements.is_empty());
    assert!(metadata.warnings[0].text.contains("404"), "{:?}", metadata.warnings);
    assert_eq!((fake.counts().of(Kind::Metadata), fake.counts().of(Kind::Range)), (1, 1));
}

#[tokio::test]
async fn metadata_with_another_hash_is_passed_over_with_a_warning() {
    let settings = Settings { core_metadata: CoreMetadata::WrongHash, ..Settings::default() };
    let fake = start(settings).await;
    let metadata = newest_metadata(&fake, &over(&fake)).await.expect("the wheel is there");
    assert!(metadata.warnings[0].text.contains("hash"), "{:?}", metadata.warnings);
    assert_eq!(fake.counts().of(Kind::Range), 1);
}

#[tokio::test]
async fn a_wheel_with_another_hash_is_refused() {
    // Recorded hashes fit none of the wheels that the fake registry makes.
    let settings = Settings {
        core_metadata: CoreMetadata::Unadvertised,
        ranges: false,
        ..Settings::default()
    };
    let fake = start(settings).await;
    let error = newest_metadata(&fake, &over(&fake)).await.expect_err("the wheel is another");
    let text = error.to_string();
    assert!(matches!(error, Error::WrongHash { .. }), "{error}");
    assert!(
        text.starts_with("registry `fake` serves for `pypi/flask/") && text.contains("sha256:")
    );
    assert!(error.hint().is_some_and(|hint| hint.starts_with("do not use `")));
}

#[tokio::test]
async fn a_wheel_above_the_limit_is_not_read() {
    let settings = Settings {
        core_metadata: CoreMetadata::Unadvertised,
        ranges: false,
        ballast: 2 << 20,
        ..Settings::default()
    };
    let fake = start(settings).await;
    let mut config = config(&fake);
    config.max_wheel_mib = 1;
    let error = newest_metadata(&fake, &open(config)).await.expect_err("the wheel is too long");
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
}

#[tokio::test]
async fn requests_in_flight_are_bounded() {
    let latency = Duration::from_millis(10);
    let fake = start(Settings { latency, ..Settings::default() }).await;
    let mut config = config(&fake);
    config.max_connections = 3;
    let registry = open(config);
    let reads = (0..24).map(|number| {
        let registry = registry.clone();
        tokio::spawn(async move { listing(&registry, &format!("absent-{number}")).await })
    });
    for read in reads.collect::<Vec<_>>() {
        assert!(read.await.is_ok_and(|read| read.facts.is_none()));
    }
    let counts = fake.counts();
    assert_eq!((counts.total, counts.most_at_once), (24, 3));
}

#[tokio::test]
async fn a_failure_is_shared_by_those_who_waited_for_it() {
    let latency = Duration::from_millis(30);
    let fake = start(Settings { latency, ..Settings::default() }).await;
    fake.inject(Fault::new("/simple/flask/", Reply::Status(403)).times(1));
    let registry = over(&fake);
    let reads = (0..10).map(|_| {
        let registry = registry.clone();
        tokio::spawn(async move { try_listing(&registry, "flask").await })
    });
    for read in reads.collect::<Vec<_>>() {
        assert!(read.await.is_ok_and(|read| read.is_err()));
    }
    assert_eq!(fake.counts().total, 1);
    assert!(try_listing(&registry, "flask").await.is_ok(), "a failure is not remembered");
}

#[tokio::test]
async fn a_callers_secret_reaches_the_registry_and_no_message() {
    let fake = start(Settings::default()).await;
    fake.inject(Fault::new("/simple/flask/", Reply::Status(403)));
    let secret = Credentials::parse("very-secret").expect("the secret is not empty");
    let registry = over(&fake);
    let read = registry.pypi_listing(&name("flask"), Some(&secret), Freshness::default()).await;
    let error = read.expect_err("the registry refuses");
    assert!(!format!("{error} {error:?} {registry:?} {secret:?}").contains("very-secret"));
    assert_eq!(fake.counts().with_credentials, 1);
}

fn html(body: &'static str) -> Reply {
    Reply::Body("text/html".to_owned(), Bytes::from_static(body.as_bytes()))
}
