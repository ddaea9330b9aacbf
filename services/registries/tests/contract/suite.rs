//! One contract, held by every kind of registry over the same data.
//!
//! The bundled data is read as it was recorded, and over HTTP from a fake registry in each of the
//! forms that indexes come in. Whatever the way, the facts are the same.

use ecosystems::Ecosystem;
use ecosystems::pypi::{CoreMetadata as Advertised, FileKind, Listing};
use registries::{Credentials, Freshness, MetadataRead, Registry, RegistryConfig, RegistryKind};
use testkit::registry::{CoreMetadata, FakeRegistry, Form, Kind, Settings};

use crate::support::{self, listing, metadata, name, open, over};

/// Projects with few and many files, extras, markers, and old spellings of names.
const PROJECTS: [&str; 5] = ["flask", "requests", "pytz", "pandas", "zope-interface"];

/// What of a listing does not depend on the way it was read.
fn essence(listing: &Listing) -> Vec<String> {
    let files = listing.releases.iter().flat_map(|release| {
        release.files.iter().map(move |file| {
            format!(
                "{} {} {:?} {:?} {:?} {}",
                release.version,
                file.filename,
                file.requires_python.as_ref().map(ToString::to_string),
                file.uploaded_at,
                file.yanked,
                matches!(file.kind, FileKind::Wheel(_)),
            )
        })
    });
    files.collect()
}

/// The contract.
async fn holds_the_contract(registry: &Registry) {
    let recorded = Registry::bundled().expect("the bundled archive is whole");
    for project in PROJECTS {
        let expected = listing(&recorded, project).await;
        let read = listing(registry, project).await;
        assert_eq!(read.stamp.document, format!("pypi/{project}"));
        assert_eq!(&read.stamp.registry, registry.name());
        let Some((facts, expected)) = read.facts.zip(expected.facts) else {
            panic!("`{project}` is recorded and must be read");
        };
        assert_eq!(essence(&facts), essence(&expected), "{project}");

        let again = listing(registry, project).await;
        assert_eq!(again.stamp.content_hash, read.stamp.content_hash);
        assert!(!again.fetched, "a fresh page is not asked for again");

        let last = facts.releases.len() - 1;
        for position in [0, last / 2, last] {
            let expected = metadata(&recorded, &expected, position).await;
            let read = metadata(registry, &facts, position).await;
            let again = metadata(registry, &facts, position).await;
            same_needs(&expected, &read);
            same_needs(&read, &again);
            if let (MetadataRead::Known(read), MetadataRead::Known(again)) = (read, again) {
                assert_eq!(again.stamp.content_hash, read.stamp.content_hash);
                assert!(!again.fetched, "a file with a hash cannot change");
            }
        }
    }
    stays_absent(registry).await;
}

/// Asserts that two registries say the same of a release.
fn same_needs(expected: &MetadataRead, read: &MetadataRead) {
    match (expected, read) {
        (MetadataRead::Known(expected), MetadataRead::Known(read)) => {
            let facts = expected.facts.as_deref().zip(read.facts.as_deref());
            let (expected_facts, read_facts) = facts.expect("recorded releases have metadata");
            assert_eq!(read_facts.requirements, expected_facts.requirements);
            assert_eq!(read_facts.requires_python, expected_facts.requires_python);
            assert_eq!(read_facts.extras, expected_facts.extras);
            assert_eq!(read.stamp.document, expected.stamp.document);
        }
        (MetadataRead::NeedsBuild { .. }, MetadataRead::NeedsBuild { .. }) => {}
        (expected, read) => panic!("{expected:?} is not {read:?}"),
    }
}

async fn stays_absent(registry: &Registry) {
    let first = listing(registry, "there-is-no-such-project").await;
    assert!(first.facts.is_none());
    let second = listing(registry, "there-is-no-such-project").await;
    assert!(second.facts.is_none());
    assert_eq!(first.stamp.content_hash, second.stamp.content_hash);
}

/// Holds the contract over HTTP, and says what was asked for.
async fn over_http(settings: Settings) -> FakeRegistry {
    let fake = support::start(settings).await;
    holds_the_contract(&over(&fake)).await;
    fake
}

#[tokio::test]
async fn a_recorded_registry_holds_it() {
    holds_the_contract(&Registry::bundled().expect("the bundled archive is whole")).await;
}

#[tokio::test]
async fn an_index_with_json_and_metadata_files_holds_it() {
    let fake = over_http(Settings::default()).await;
    assert_eq!(fake.counts().of(Kind::Range) + fake.counts().of(Kind::Wheel), 0);
}

#[tokio::test]
async fn an_index_with_html_only_holds_it() {
    let settings = Settings { form: Form::Html, compressed: true, ..Settings::default() };
    let fake = over_http(settings).await;
    assert_eq!(fake.counts().of(Kind::Range) + fake.counts().of(Kind::Wheel), 0);
}

#[tokio::test]
async fn an_index_with_odd_html_and_names_that_nobody_can_read_holds_it() {
    over_http(Settings { form: Form::OddHtml, strays: true, ..Settings::default() }).await;
}

#[tokio::test]
async fn an_index_without_metadata_files_is_read_by_ranges() {
    let settings = Settings {
        core_metadata: CoreMetadata::Unadvertised,
        ballast: 1 << 20,
        ..Settings::default()
    };
    let fake = over_http(settings).await;
    assert_eq!(fake.counts().of(Kind::Metadata) + fake.counts().of(Kind::Wheel), 0);
    assert!(fake.counts().of(Kind::Range) > 0);
}

#[tokio::test]
async fn an_index_without_ranges_sends_whole_wheels() {
    let settings = Settings {
        core_metadata: CoreMetadata::Unadvertised,
        ranges: false,
        true_hashes: true,
        ..Settings::default()
    };
    let fake = over_http(settings).await;
    assert!(fake.counts().of(Kind::Range) > 0, "ranges are tried first");
}

#[tokio::test]
async fn metadata_with_its_hash_holds_it_over_plain_http2() {
    let settings = Settings { core_metadata: CoreMetadata::Hashed, ..Settings::default() };
    let fake = support::start(settings).await;
    let mut config = support::config(&fake);
    config.http2_prior_knowledge = true;
    holds_the_contract(&open(config)).await;
}

#[tokio::test]
async fn a_stale_page_is_confirmed_and_not_read_again() {
    let settings = Settings { cache_control: Some("no-cache".to_owned()), ..Settings::default() };
    let fake = support::start(settings).await;
    let registry = over(&fake);
    let first = listing(&registry, "flask").await;
    let second = listing(&registry, "flask").await;
    assert!(second.fetched);
    assert_eq!((second.requests, second.bytes), (1, 0));
    assert_eq!(second.stamp.content_hash, first.stamp.content_hash);
    assert!(second.stamp.read_at > first.stamp.read_at);
    assert_eq!(fake.counts().with_status(304), 1);
    let shared = first.facts.zip(second.facts);
    assert!(shared.is_some_and(|(first, second)| std::sync::Arc::ptr_eq(&first, &second)));
}

#[tokio::test]
async fn a_caller_decides_how_stale_a_page_may_be() {
    let fake = support::start(Settings::default()).await;
    let registry = over(&fake);
    let read = async |freshness| {
        let read = registry.pypi_listing(&name("flask"), None, freshness).await;
        read.expect("the fake registry answers")
    };
    assert!(read(Freshness::default()).await.fetched);
    assert!(!read(Freshness::default()).await.fetched);
    let an_hour = Freshness { max_staleness: Some(std::time::Duration::from_secs(3600)) };
    assert!(!read(an_hour).await.fetched);
    assert!(read(Freshness::NOW).await.fetched);
    assert_eq!(fake.counts().with_status(304), 1);
}

#[tokio::test]
async fn callers_at_one_time_share_one_request() {
    let latency = std::time::Duration::from_millis(30);
    let fake = support::start(Settings { latency, ..Settings::default() }).await;
    let registry = over(&fake);
    let reads = (0..20).map(|_| {
        let registry = registry.clone();
        tokio::spawn(async move { listing(&registry, "flask").await.fetched })
    });
    let reads: Vec<_> = reads.collect();
    let mut fetched = 0;
    for read in reads {
        fetched += usize::from(read.await.expect("no reader panics"));
    }
    assert_eq!((fetched, fake.counts().total), (1, 1));
}

#[tokio::test]
async fn what_one_caller_may_read_is_not_shown_to_another() {
    let fake = support::start(Settings::default()).await;
    let registry = over(&fake);
    let secrets = ["token-of-one", "token-of-another"].map(Credentials::parse);
    for credentials in [None, secrets[0].as_ref(), secrets[1].as_ref()] {
        let read = registry.pypi_listing(&name("flask"), credentials, Freshness::default()).await;
        assert!(read.is_ok_and(|read| read.fetched));
    }
    assert_eq!(fake.counts().total, 3);
}

#[tokio::test]
async fn names_outside_the_declared_ones_are_absent_unasked() {
    let fake = support::start(Settings::default()).await;
    let mut config = support::config(&fake);
    config.packages = Some(vec!["flask*".to_owned()]);
    let registry = open(config);
    assert!(listing(&registry, "flask").await.facts.is_some());
    assert!(listing(&registry, "requests").await.facts.is_none());
    assert_eq!(fake.counts().total, 1);
}

#[tokio::test]
async fn a_folder_and_an_archive_of_the_same_documents_are_one() {
    let bundled = registries::bundled();
    let folder = tempfile::tempdir().expect("there is room for a folder");
    std::fs::create_dir(folder.path().join("pypi")).expect("there is room for a folder");
    std::fs::create_dir(folder.path().join("npm")).expect("there is room for a folder");
    for project in PROJECTS {
        let document = bundled.document(Ecosystem::Pypi, project).expect("the project is bundled");
        let path = folder.path().join("pypi").join(format!("{project}.json"));
        std::fs::write(path, document).expect("there is room for a file");
    }
    let mut config = RegistryConfig::new("pypi", RegistryKind::Recorded);
    config.path = Some(folder.path().to_owned());
    holds_the_contract(&open(config)).await;
}

#[tokio::test]
async fn every_recorded_document_can_be_read() {
    let registry = Registry::bundled().expect("the bundled archive is whole");
    let recorded = registries::bundled();
    let (mut releases, mut unread) = (0, Vec::new());
    for project in recorded.packages(Ecosystem::Pypi) {
        let facts = listing(&registry, project).await.facts.expect("the project is listed");
        releases += facts.releases.len();
        for position in 0..facts.releases.len() {
            let read = registry.pypi_metadata(&facts, position, None, Freshness::default()).await;
            match read {
                Ok(MetadataRead::Known(read)) if read.facts.is_some() => {}
                Ok(MetadataRead::NeedsBuild { .. }) => {}
                other => unread.push(format!("{project} {position}: {other:?}")),
            }
        }
    }
    assert_eq!(unread, Vec::<String>::new());
    assert_eq!((recorded.packages(Ecosystem::Pypi).len(), releases), (1491, 15186));
}

#[tokio::test]
async fn advertised_metadata_is_what_the_page_says() {
    let fake =
        support::start(Settings { core_metadata: CoreMetadata::Hashed, ..Settings::default() })
            .await;
    let facts = listing(&over(&fake), "flask").await.facts.expect("the project is listed");
    let hashed = facts.releases.iter().flat_map(|release| &*release.files).filter(|file| {
        matches!(&file.core_metadata, Advertised::Present(Some(hash)) if hash.starts_with("sha256:"))
    });
    assert!(hashed.count() > 0);
}
