//! The contract for npm, and what happens when a registry breaks it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ecosystems::Ecosystem;
use ecosystems::npm::{Name, Packument};
use registries::{
    Credentials, CredentialsReference, Error, Freshness, Read, Registry, RegistryConfig,
    RegistryKind, bundled,
};
use testkit::registry::{FakeRegistry, Fault, Kind, Reply, Settings};

use crate::support::open;

/// Packages with and without a scope, with peers, commands, platforms, and odd pre-releases.
const PACKAGES: [&str; 6] =
    ["react", "@types/react", "eslint", "@next/swc-linux-x64-gnu", "semver", "js-tokens"];

fn name(text: &str) -> Name {
    Name::parse(text).expect("the name is well formed")
}

async fn start(settings: Settings) -> FakeRegistry {
    FakeRegistry::start(bundled(), settings).await.expect("the loopback has a free port")
}

/// A configuration that reads from `fake`, and repeats without long waits.
fn config(fake: &FakeRegistry) -> RegistryConfig {
    let mut config = RegistryConfig::new("fake", RegistryKind::Npm);
    config.url = Some(fake.npm_url().parse().expect("the fake registry has a URL"));
    config.retry_delay = Duration::from_millis(1);
    config
}

async fn try_packument(registry: &Registry, text: &str) -> Result<Read<Packument>, Error> {
    registry.npm_packument(&name(text), None, Freshness::default()).await
}

async fn packument(registry: &Registry, text: &str) -> Read<Packument> {
    try_packument(registry, text).await.expect("the registry answers")
}

/// What of a document does not depend on where it was read.
fn essence(packument: &Packument) -> Vec<String> {
    let manifests = packument.manifests.iter().map(|manifest| {
        let (needs, integrity) = (&manifest.needs, &manifest.integrity);
        format!("{} {:?} {integrity:?} {needs:?}", manifest.key(), manifest.published_at)
    });
    let tags = packument.tags.iter().map(|tag| format!("{}: {}", tag.name, tag.version));
    manifests.chain(tags).collect()
}

/// The contract.
async fn holds_the_contract(registry: &Registry) {
    let recorded = Registry::bundled().expect("the bundled archive is whole");
    for package in PACKAGES {
        let expected = packument(&recorded, package).await;
        let read = packument(registry, package).await;
        assert_eq!(read.stamp.document, format!("npm/{package}"));
        assert_eq!(&read.stamp.registry, registry.name());
        let Some((facts, expected)) = read.facts.zip(expected.facts) else {
            panic!("`{package}` is recorded and must be read");
        };
        assert!(essence(&facts) == essence(&expected), "{package}");
        let again = packument(registry, package).await;
        assert_eq!(again.stamp.content_hash, read.stamp.content_hash);
        assert!(!again.fetched, "a fresh document is not asked for again");
    }
    for absent in ["there-is-no-such-package", "@types/there-is-none"] {
        assert!(packument(registry, absent).await.facts.is_none());
    }
    assert!(registry.serves(Ecosystem::Npm));
}

#[tokio::test]
async fn recorded_documents_hold_it() {
    holds_the_contract(&Registry::bundled().expect("the bundled archive is whole")).await;
}

#[tokio::test]
async fn a_registry_over_http_holds_it_whatever_its_validators_are() {
    let settings = Settings::default;
    for settings in [
        settings(),
        Settings { dated: true, ..settings() },
        Settings { validators: false, ..settings() },
    ] {
        let fake = start(settings).await;
        holds_the_contract(&open(config(&fake))).await;
        assert_eq!(fake.counts().total, PACKAGES.len() + 2);
        assert!(fake.counts().by_path.contains_key("/npm/@types%2freact"));
    }
}

#[tokio::test]
async fn every_recorded_document_can_be_read() {
    let registry = Registry::bundled().expect("the bundled archive is whole");
    let recorded = bundled();
    let packages = recorded.packages(Ecosystem::Npm);
    let mut versions = 0;
    for package in &packages {
        let facts = packument(&registry, package).await.facts.expect("the package is there");
        versions += facts.manifests.len();
    }
    assert_eq!((packages.len(), versions), (715, 88_717));
}

#[tokio::test]
async fn the_full_document_is_asked_for_since_only_it_tells_times() {
    let fake = start(Settings::default()).await;
    let facts = packument(&open(config(&fake)), "react").await.facts.expect("it is there");
    assert!(facts.manifests.iter().any(|manifest| manifest.published_at.is_some()));
}

#[tokio::test]
async fn a_stale_document_is_confirmed_and_not_read_again_until_it_changes() {
    for dated in [false, true] {
        let no_cache = Some("no-cache".to_owned());
        let fake = start(Settings { dated, cache_control: no_cache, ..Settings::default() }).await;
        let registry = open(config(&fake));
        let first = packument(&registry, "@types/react").await;
        let second = packument(&registry, "@types/react").await;
        assert_eq!((first.requests, second.requests, second.bytes), (1, 1, 0));
        assert!(second.stamp.read_at > first.stamp.read_at && second.stamp.validator.is_some());
        let facts = first.facts.zip(second.facts).expect("the package is there");
        assert!(Arc::ptr_eq(&facts.0, &facts.1));

        let document = r#"{"name": "@types/react", "versions": {"1.0.0": {}}}"#;
        fake.publish_packument(&name("@types/react"), document);
        let third = packument(&registry, "@types/react").await;
        assert_ne!(third.stamp.content_hash, second.stamp.content_hash);
        assert_eq!(third.facts.map(|facts| facts.manifests.len()), Some(1));
    }
}

#[tokio::test]
async fn archives_lie_where_the_document_says_or_where_the_registry_is() {
    let fake = start(Settings::default()).await;
    let document = r#"{"name": "web", "versions": {
        "1.0.0": {"dist": {"tarball": "https://npm.example/web/-/web-1.0.0.tgz"}},
        "2.0.0": {"dist": {"tarball": "https://files.example/web-2.0.0.tgz"}},
        "3.0.0": {}}}"#;
    fake.publish_packument(&name("web"), document);
    let places = async |replaced: Option<&str>| {
        let mut config = config(&fake);
        config.replace_registry_host = replaced.map(ToOwned::to_owned);
        let registry = open(config);
        let facts = packument(&registry, "web").await.facts.expect("the package is there");
        let places = facts.manifests.iter().map(|manifest| registry.npm_tarball(manifest));
        places.collect::<Vec<_>>()
    };
    let own = format!("{}web/-/web-1.0.0.tgz", fake.npm_url());
    let stated = "https://npm.example/web/-/web-1.0.0.tgz".to_owned();
    let other = Some("https://files.example/web-2.0.0.tgz".to_owned());
    assert_eq!(places(None).await, [Some(stated), other.clone(), None]);
    assert_eq!(places(Some("npm.example")).await, [Some(own), other, None]);
}

#[tokio::test]
async fn secrets_are_bearer_tokens_or_a_user_with_a_password() {
    for (secret, sent) in [("s3cret", "Bearer s3cret"), ("user:s3cret", "Basic dXNlcjpzM2NyZXQ=")] {
        let settings = Settings { authorization: Some(sent.to_owned()), ..Settings::default() };
        let fake = start(settings).await;
        let file = tempfile::NamedTempFile::new().expect("there is room for a file");
        std::fs::write(file.path(), secret).expect("there is room for a file");
        let mut known = config(&fake);
        known.credentials = Some(CredentialsReference::File(file.path().to_owned()));
        assert!(packument(&open(known), "react").await.facts.is_some());

        let registry = open(config(&fake));
        let refused = try_packument(&registry, "react").await;
        assert!(matches!(refused, Err(Error::Forbidden { status: 401, .. })), "{refused:?}");
        let given = Credentials::parse(secret);
        let read = registry.npm_packument(&name("react"), given.as_ref(), Freshness::NOW).await;
        assert!(read.is_ok_and(|read| read.facts.is_some()));
    }
}

#[tokio::test]
async fn a_scope_may_be_all_that_a_registry_answers_for() {
    let fake = start(Settings::default()).await;
    let mut config = config(&fake);
    config.packages = Some(vec!["@types/*".to_owned()]);
    let registry = open(config);
    assert!(packument(&registry, "@types/react").await.facts.is_some());
    assert!(packument(&registry, "react").await.facts.is_none());
    assert_eq!(fake.counts().of(Kind::Packument), 1);
}

#[tokio::test]
async fn a_registry_of_another_ecosystem_says_so() {
    let fake = start(Settings::default()).await;
    let npm = open(config(&fake));
    for registry in [open(crate::support::config(&fake)), open(crate::cargo::config(&fake))] {
        let error = try_packument(&registry, "react").await.expect_err("it has no such packages");
        assert!(matches!(error, Error::OtherEcosystem { .. }), "{error}");
    }
    let error = crate::support::try_listing(&npm, "flask").await.expect_err("it has no wheels");
    assert!(matches!(error, Error::OtherEcosystem { .. }), "{error}");
    let error = crate::cargo::try_listing(&npm, "serde").await.expect_err("it has no crates");
    assert!(matches!(error, Error::OtherEcosystem { .. }), "{error}");
    assert_eq!(fake.counts().total, 0);
}

/// What becomes of a question: a document with so many versions, none, or an error of that variant
/// with that text.
type Outcome = Result<Option<usize>, (&'static str, &'static str)>;

#[tokio::test]
async fn each_fault_leads_where_it_must() {
    let body = |text: &'static str| {
        Reply::Body("application/json".to_owned(), Bytes::from_static(text.as_bytes()))
    };
    const FOR_EVER: usize = usize::MAX;
    const ALL: Outcome = Ok(Some(5));
    let cases: [(Reply, usize, Outcome, usize); 17] = [
        (Reply::Status(404), FOR_EVER, Ok(None), 1),
        (Reply::Status(410), FOR_EVER, Ok(None), 1),
        (Reply::Status(451), FOR_EVER, Ok(None), 1),
        (Reply::Status(401), FOR_EVER, Err(("Forbidden", "status 401")), 1),
        (Reply::Status(403), FOR_EVER, Err(("Forbidden", "status 403")), 1),
        (Reply::TooManyRequests("0".to_owned()), 1, ALL, 2),
        (Reply::Unavailable("3600".to_owned()), 9, Err(("Unavailable", "answers 503")), 1),
        (Reply::Status(500), 3, ALL, 4),
        (Reply::Status(500), FOR_EVER, Err(("Unavailable", "answers 500")), 4),
        (Reply::Truncated, 1, ALL, 2),
        (Reply::Status(304), FOR_EVER, Err(("Unusable", "answers 304")), 1),
        (Reply::Endless, FOR_EVER, Err(("TooLarge", "more than 1048576 bytes")), 1),
        (body("<html>"), FOR_EVER, Err(("Unusable", "not one of a package")), 1),
        (body(r#"{"error": "over quota"}"#), FOR_EVER, Err(("Unusable", "says `over quota`")), 1),
        // All versions of it were taken back.
        (body(r#"{"name": "web", "time": {"unpublished": {}}}"#), FOR_EVER, Ok(Some(0)), 1),
        (
            Reply::Redirect("http://files.example/web".to_owned()),
            FOR_EVER,
            Err(("UndeclaredHost", "`files.example`")),
            1,
        ),
        (body(r#"{"versions": {"1.0.0": {}, "soon": {}}}"#), FOR_EVER, Ok(Some(1)), 1),
    ];
    let document = r#"{"name": "web", "versions":
        {"1.0.0": {}, "1.0.1": {}, "2.0.0": {}, "3.0.0": {}, "4.0.0-a": {}}}"#;
    for (reply, times, expected, requests) in cases {
        let fake = start(Settings::default()).await;
        fake.publish_packument(&name("web"), document);
        fake.inject(Fault::new("/npm/web", reply.clone()).times(times));
        let mut config = config(&fake);
        config.max_body_mib = 1;
        let read = try_packument(&open(config), "web").await;
        match (read.map(|read| read.facts.map(|facts| facts.manifests.len())), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{reply:?}"),
            (Err(error), Err((variant, text))) => {
                let is_so = format!("{error:?}").starts_with(variant);
                assert!(is_so && error.to_string().contains(text), "{reply:?}: {error:?}");
            }
            (found, expected) => panic!("{reply:?}: {found:?} and not {expected:?}"),
        }
        assert_eq!(fake.counts().total, requests, "{reply:?}");
    }
}
