//! The contract for cargo: an index that was recorded, and the same one over HTTP.

use std::sync::Arc;
use std::time::Duration;

use ecosystems::Ecosystem;
use ecosystems::cargo::{Listing, Name};
use registries::{
    CargoConfig, Credentials, CredentialsReference, Error, Freshness, Read, Registry,
    RegistryConfig, RegistryKind, bundled,
};
use testkit::registry::{FakeRegistry, Kind, Settings};

use crate::support::open;

/// Packages with few and many releases, of every length of name that has a folder of its own.
const PACKAGES: [&str; 6] = ["h2", "log", "serde", "wasm-bindgen", "serde_json", "crc32fast"];

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).expect("the name is well formed")
}

pub(crate) async fn start(settings: Settings) -> FakeRegistry {
    FakeRegistry::start(bundled(), settings).await.expect("the loopback has a free port")
}

/// A configuration that reads from `fake`, and repeats without long waits.
pub(crate) fn config(fake: &FakeRegistry) -> RegistryConfig {
    let mut config = RegistryConfig::new("fake", RegistryKind::CargoSparse);
    config.url = Some(fake.index_url().parse().expect("the fake registry has a URL"));
    config.retry_delay = Duration::from_millis(1);
    config
}

pub(crate) async fn try_listing(registry: &Registry, text: &str) -> Result<Read<Listing>, Error> {
    registry.cargo_listing(&name(text), None, Freshness::default()).await
}

async fn listing(registry: &Registry, text: &str) -> Read<Listing> {
    try_listing(registry, text).await.expect("the registry answers")
}

/// The contract.
async fn holds_the_contract(registry: &Registry) {
    let recorded = Registry::bundled().expect("the bundled archive is whole");
    for package in PACKAGES {
        let expected = listing(&recorded, package).await;
        let read = listing(registry, package).await;
        assert_eq!(read.stamp.document, format!("cargo/{package}"));
        assert_eq!(&read.stamp.registry, registry.name());
        assert!(read.facts.is_some() && read.facts == expected.facts, "{package}");
        let again = listing(registry, package).await;
        assert_eq!(again.stamp.content_hash, read.stamp.content_hash);
        assert!(!again.fetched, "a fresh file is not asked for again");
    }
    let [first, second] = [listing(registry, "absent").await, listing(registry, "absent").await];
    assert!(first.facts.is_none() && second.facts.is_none());
    assert_eq!(first.stamp.content_hash, second.stamp.content_hash);
    // The file is there, and is about a package of another name.
    let other = listing(registry, "Serde").await.facts.expect("the file is there");
    assert!(other.releases.is_empty() && !other.warnings.is_empty());
    assert!(registry.serves(Ecosystem::Cargo));
}

#[tokio::test]
async fn recorded_index_files_hold_it() {
    holds_the_contract(&Registry::bundled().expect("the bundled archive is whole")).await;
    let registries: Vec<Registry> = RegistryConfig::bundled().into_iter().map(open).collect();
    let all = [Ecosystem::Pypi, Ecosystem::Npm, Ecosystem::Cargo];
    for (registry, own) in registries.iter().zip(all) {
        assert_eq!(&**registry.name(), own.name());
        assert!(all.iter().all(|ecosystem| registry.serves(*ecosystem) == (*ecosystem == own)));
    }
    holds_the_contract(&registries[2]).await;
}

#[tokio::test]
async fn an_index_over_http_holds_it_whatever_its_validators_are() {
    let settings = Settings::default;
    for settings in [
        settings(),
        Settings { dated: true, ..settings() },
        Settings { validators: false, ..settings() },
    ] {
        let fake = start(settings).await;
        holds_the_contract(&open(config(&fake))).await;
        assert_eq!(fake.counts().of(Kind::IndexConfig), 1, "one proof of an index is enough");
        // Nothing says how long an absence holds, so that it is asked about each time.
        assert_eq!(fake.counts().of(Kind::IndexFile), PACKAGES.len() + 3);
    }
}

#[tokio::test]
async fn an_index_over_plain_http2_holds_it() {
    let fake = start(Settings::default()).await;
    let mut config = config(&fake);
    config.http2_prior_knowledge = true;
    holds_the_contract(&open(config)).await;
}

#[tokio::test]
async fn a_folder_of_index_files_is_a_recorded_registry() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let files = PACKAGES.map(|package| (name(package).index_path(), package));
    let settings = r#"{"dl": "https://files.example/{crate}"}"#;
    for (path, package) in files.into_iter().chain([("config.json".to_owned(), "")]) {
        let document = bundled().document(Ecosystem::Cargo, package);
        let path = folder.path().join("cargo").join(path);
        std::fs::create_dir_all(path.parent().expect("the path has a folder"))
            .expect("there is room for a folder");
        std::fs::write(path, document.unwrap_or_else(|| settings.into()))
            .expect("there is room for a file");
    }
    let mut config = RegistryConfig::new("cargo", RegistryKind::Recorded);
    config.path = Some(folder.path().to_owned());
    let registry = open(config);
    holds_the_contract(&registry).await;
    let settings = registry.cargo_config(None, Freshness::default()).await;
    assert!(settings.is_ok_and(|read| read.facts.is_some()));
}

#[tokio::test]
async fn every_recorded_index_file_can_be_read() {
    let registry = Registry::bundled().expect("the bundled archive is whole");
    let recorded = bundled();
    let packages = recorded.packages(Ecosystem::Cargo);
    let mut releases = 0;
    for package in &packages {
        let document = recorded.document(Ecosystem::Cargo, package).expect("it is recorded");
        let first: serde_json::Value = serde_json::Deserializer::from_slice(&document)
            .into_iter()
            .next()
            .expect("there is a line")
            .expect("the line is JSON");
        let name = first["name"].as_str().expect("the line has a name");
        releases += listing(&registry, name).await.facts.map_or(0, |facts| facts.releases.len());
    }
    assert_eq!((packages.len(), releases), (1_761, 70_175));
}

#[tokio::test]
async fn a_stale_file_is_confirmed_and_not_read_again_until_it_changes() {
    for dated in [false, true] {
        let no_cache = Some("no-cache".to_owned());
        let fake = start(Settings { dated, cache_control: no_cache, ..Settings::default() }).await;
        let registry = open(config(&fake));
        let first = listing(&registry, "serde").await;
        let second = listing(&registry, "serde").await;
        assert_eq!((first.requests, second.requests, second.bytes), (2, 1, 0));
        assert!(second.stamp.read_at > first.stamp.read_at && second.stamp.validator.is_some());
        assert_eq!(fake.counts().with_status(304), 1);
        let facts = first.facts.zip(second.facts).expect("the package is there");
        assert!(Arc::ptr_eq(&facts.0, &facts.1));

        let lines = r#"{"name": "serde", "vers": "9.0.0", "deps": [], "cksum": "ab"}"#;
        fake.publish_lines(&name("serde"), lines);
        let third = listing(&registry, "serde").await;
        assert_ne!(third.stamp.content_hash, second.stamp.content_hash);
        assert_eq!(third.facts.map(|facts| facts.releases.len()), Some(1));
    }
}

#[tokio::test]
async fn a_caller_decides_how_stale_a_file_may_be() {
    let fake = start(Settings::default()).await;
    let registry = open(config(&fake));
    let name = name("serde");
    let an_hour = Freshness { max_staleness: Some(Duration::from_secs(3600)) };
    for (freshness, is_fetched) in
        [(an_hour, true), (an_hour, false), (Freshness::default(), false), (Freshness::NOW, true)]
    {
        let read = registry.cargo_listing(&name, None, freshness).await;
        assert_eq!(read.map(|read| read.fetched), Ok(is_fetched), "{freshness:?}");
    }
    assert_eq!(fake.counts().of(Kind::IndexConfig), 1);
}

#[tokio::test]
async fn callers_at_one_time_share_one_request() {
    let latency = Duration::from_millis(30);
    let fake = start(Settings { latency, ..Settings::default() }).await;
    let registry = open(config(&fake));
    let reads = (0..20).map(|number| {
        let registry = registry.clone();
        let package = if number % 2 == 0 { "serde" } else { "log" };
        tokio::spawn(async move { listing(&registry, package).await.fetched })
    });
    for read in reads.collect::<Vec<_>>() {
        read.await.expect("no reader panics");
    }
    assert_eq!((fake.counts().total, fake.counts().of(Kind::IndexConfig)), (3, 1));
}

#[tokio::test]
async fn an_index_says_where_archives_are_downloaded() {
    let fake = start(Settings::default()).await;
    let registry = open(config(&fake));
    let read = registry.cargo_config(None, Freshness::default()).await;
    let read = read.expect("the registry answers");
    assert_eq!((read.stamp.document.as_str(), read.fetched), ("cargo/config.json", true));
    let facts = listing(&registry, "serde").await.facts.expect("the package is there");
    let release = &facts.releases[0];
    let url = |config: &CargoConfig| {
        config.download_url(&facts.name, &release.version, release.checksum.as_deref())
    };
    let expected = format!("http://{}/crates/serde/{}/download", fake.address(), release.version);
    assert_eq!(read.facts.as_deref().and_then(url), Some(expected));
    let again = registry.cargo_config(None, Freshness::NOW).await;
    assert_eq!(again.map(|read| (read.fetched, read.bytes)), Ok((true, 0)));

    let download = Some("https://files.example/{lowerprefix}/{crate}?{sha256-checksum}".to_owned());
    let fake = start(Settings { download, ..Settings::default() }).await;
    let read = open(config(&fake)).cargo_config(None, Freshness::default()).await;
    let config = read.expect("the registry answers").facts.expect("an index has settings");
    let checksum = release.checksum.as_deref().expect("the line has a checksum");
    assert_eq!(url(&config), Some(format!("https://files.example/se/rd/serde?{checksum}")));
}

#[tokio::test]
async fn secrets_are_sent_as_they_are_and_to_nobody_else() {
    for secret in ["s3cret", "user:s3cret", "Bearer s3cret"] {
        let settings = Settings { authorization: Some(secret.to_owned()), ..Settings::default() };
        let fake = start(settings).await;
        let file = tempfile::NamedTempFile::new().expect("there is room for a file");
        std::fs::write(file.path(), format!("{secret}\n")).expect("there is room for a file");
        let mut known = config(&fake);
        known.credentials = Some(CredentialsReference::File(file.path().to_owned()));
        assert!(listing(&open(known), "serde").await.facts.is_some());

        let registry = open(config(&fake));
        let refused = try_listing(&registry, "serde").await.expect_err("there is no secret");
        assert!(matches!(refused, Error::Forbidden { status: 401, .. }), "{refused}");
        let hint = refused.hint().unwrap_or_default();
        assert_eq!(hint, "check the `credentials` of registry `fake`");
        for (given, status) in [(secret, None), ("another", Some(403))] {
            let given = Credentials::parse(given);
            let read = registry.cargo_listing(&name("serde"), given.as_ref(), Freshness::NOW).await;
            match (read, status) {
                (Ok(read), None) => assert!(read.facts.is_some()),
                (Err(Error::Forbidden { status, .. }), Some(expected)) => {
                    assert_eq!(status, expected);
                }
                (read, _) => panic!("{read:?}"),
            }
        }
        // What one caller may read is not shown to another.
        assert!(try_listing(&registry, "serde").await.is_err());
    }
}

#[tokio::test]
async fn a_secret_that_no_header_can_carry_is_told_and_not_repeated() {
    let fake = start(Settings::default()).await;
    let secret = Credentials::parse("s3\ncret").expect("the secret is not empty");
    let registry = open(config(&fake));
    let read = registry.cargo_listing(&name("serde"), Some(&secret), Freshness::default()).await;
    let error = read.expect_err("a header has one line");
    assert!(matches!(&error, Error::Config { key: "credentials", .. }), "{error}");
    assert!(!format!("{error} {error:?}").contains("cret\""));
    assert_eq!(fake.counts().total, 0);
}

#[tokio::test]
async fn names_outside_the_declared_ones_are_absent_unasked() {
    let fake = start(Settings::default()).await;
    let mut config = config(&fake);
    config.packages = Some(vec!["serde*".to_owned()]);
    let registry = open(config);
    assert!(listing(&registry, "serde_json").await.facts.is_some());
    assert!(listing(&registry, "log").await.facts.is_none());
    assert_eq!(fake.counts().of(Kind::IndexFile), 1);
}

#[tokio::test]
async fn a_registry_of_another_ecosystem_says_so() {
    let fake = start(Settings::default()).await;
    let index = open(config(&fake));
    let pypi = open(crate::support::config(&fake));
    let refused = |error: Error, text: &str| {
        assert!(matches!(error, Error::OtherEcosystem { .. }), "{error}");
        assert!(error.to_string().ends_with(text) && error.hint().is_some(), "{error}");
    };
    let error = try_listing(&pypi, "serde").await.expect_err("it has no crates");
    refused(error, "has no packages of cargo and was asked for `cargo/serde`");
    let error = pypi.cargo_config(None, Freshness::NOW).await.expect_err("it has no crates");
    refused(error, "was asked for `cargo/config.json`");
    let error = crate::support::try_listing(&index, "flask").await.expect_err("it has no wheels");
    refused(error, "has no packages of pypi and was asked for `pypi/flask`");
    assert!(!pypi.serves(Ecosystem::Cargo) && !index.serves(Ecosystem::Pypi));
    assert_eq!(fake.counts().total, 0);
}
