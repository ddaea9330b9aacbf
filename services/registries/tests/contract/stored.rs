//! What a store makes of restarts and of several replicas.

use std::sync::Arc;
use std::time::Duration;

use ecosystems::npm;
use registries::{Credentials, CredentialsReference, Freshness, MetadataRead, RegistryKind};
use testkit::registry::{CoreMetadata, Settings};

use crate::shelf::{Case, Seen, Shelf, cases, read, with_control};
use crate::support::{self, name};

/// Reads a package in a first process, and waits until the store has it.
async fn remembered(case: &Case, shelf: &Arc<Shelf>) -> Seen {
    let first = case.read(&case.over(shelf)).await;
    assert_eq!(first.requests, case.requests());
    shelf.written(case.rows()).await;
    case.fake.reset_counts();
    first
}

#[tokio::test]
async fn a_later_process_asks_nobody_while_a_document_is_fresh() {
    for case in cases(&Settings::default()).await {
        let shelf = Shelf::new();
        let first = remembered(&case, &shelf).await;
        for _ in 0..2 {
            let later = case.over(&shelf);
            for _ in 0..2 {
                let seen = case.read(&later).await;
                assert_eq!(seen, Seen { requests: 0, bytes: 0, ..first.clone() });
            }
        }
        assert_eq!(case.fake.counts().total, 0);
        assert_eq!(shelf.saves(), case.rows(), "what is there is not written again");
    }
}

#[tokio::test]
async fn a_later_process_asks_with_a_condition_once_a_document_is_stale() {
    for dated in [false, true] {
        for case in cases(&Settings { dated, ..with_control("no-cache") }).await {
            let shelf = Shelf::new();
            let first = remembered(&case, &shelf).await;
            let later = case.over(&shelf);
            let seen = case.read(&later).await;
            assert_eq!((seen.requests, seen.bytes), (1, 0), "{:?}", case.kind);
            assert_eq!((&seen.facts, seen.hash), (&first.facts, first.hash));
            assert!(seen.read_at > first.read_at);
            assert_eq!(case.fake.counts().with_status(304), 1);
            // The row alone is written anew; its facts lie where they lay.
            shelf.written(case.rows() + 1).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
            assert_eq!(shelf.saves(), case.rows() + 1);
            assert_eq!(case.read(&case.over(&shelf)).await.facts, first.facts);
        }
    }
}

#[tokio::test]
async fn what_one_replica_has_confirmed_the_other_need_not_ask_for() {
    for case in cases(&with_control("max-age=1")).await {
        let shelf = Shelf::new();
        let [one, two] = [case.over(&shelf), case.over(&shelf)];
        case.read(&one).await;
        shelf.written(case.rows()).await;
        case.read(&two).await;
        tokio::time::sleep(Duration::from_millis(1100)).await;
        case.fake.reset_counts();
        let confirmed = case.read(&one).await;
        shelf.written(case.rows() + 1).await;
        let seen = case.read(&two).await;
        assert_eq!((seen.requests, seen.read_at), (0, confirmed.read_at), "{:?}", case.kind);
        assert_eq!(case.fake.counts().total, 1);
    }
}

#[tokio::test]
async fn a_document_of_any_age_is_had_without_a_question_from_memory_and_from_the_store() {
    for case in cases(&with_control("no-cache")).await {
        let shelf = Shelf::new();
        let reader = case.over(&shelf);
        case.read(&reader).await;
        shelf.written(case.rows()).await;
        case.fake.reset_counts();
        for registry in [reader, case.over(&shelf)] {
            let seen = case.read_as(&registry, Freshness::ANY_AGE).await;
            assert!(seen.facts.is_some() && seen.requests == 0);
        }
        assert_eq!(case.fake.counts().total, 0);
    }
    for case in cases(&with_control("no-store")).await {
        let shelf = Shelf::new();
        let reader = case.over(&shelf);
        for _ in 0..2 {
            let seen = case.read_as(&reader, Freshness::ANY_AGE).await;
            assert!(seen.requests > 0, "what may not be kept is not kept");
        }
        assert_eq!(shelf.saves(), 0);
    }
}

#[tokio::test]
async fn a_caller_who_wants_the_present_is_not_answered_from_the_store() {
    for case in cases(&Settings::default()).await {
        let shelf = Shelf::new();
        remembered(&case, &shelf).await;
        let seen = case.read_as(&case.over(&shelf), Freshness::NOW).await;
        assert_eq!((seen.requests, seen.bytes), (1, 0));
        let mut config = case.config();
        config.max_staleness = Some(Duration::ZERO);
        let seen = case.read(&case.over_with(&shelf, config)).await;
        assert_eq!(seen.requests, 1, "the configuration speaks for callers who say nothing");
    }
}

#[tokio::test]
async fn metadata_of_a_file_with_a_hash_is_read_once_for_all_processes() {
    let settings = Settings { core_metadata: CoreMetadata::Hashed, ..with_control("no-cache") };
    let case = cases(&settings).await.remove(0);
    let shelf = Shelf::new();
    let mut known = Vec::new();
    for expected in [1, 0, 0] {
        let registry = case.over(&shelf);
        let listing = registry.pypi_listing(&name("flask"), None, Freshness::default()).await;
        let listing = listing.expect("the registry answers").facts.expect("it is listed");
        let position = listing.releases.len() - 1;
        let read = support::metadata(&registry, &listing, position).await;
        let MetadataRead::Known(read) = read else { panic!("{read:?}") };
        assert_eq!(read.requests, expected);
        known.push((read.facts, read.stamp.content_hash, read.stamp.document));
        shelf.written(3).await;
    }
    assert!(known.windows(2).all(|pair| pair[0] == pair[1]), "{known:?}");
}

#[tokio::test]
async fn absence_is_remembered_too_and_not_for_long() {
    for case in cases(&Settings::default()).await {
        let shelf = Shelf::new();
        let absent = Case { package: "there-is-none", ..case };
        let mut config = absent.config();
        config.max_staleness = Some(Duration::from_secs(3600));
        let first = absent.read(&absent.over_with(&shelf, config.clone())).await;
        assert_eq!(first.facts, None);
        shelf.written(absent.rows() - 1).await;
        let seen = absent.read(&absent.over_with(&shelf, config.clone())).await;
        assert_eq!((seen.facts, seen.requests, seen.hash), (None, 0, first.hash));
        config.absent_for = Duration::ZERO;
        let seen = absent.read(&absent.over_with(&shelf, config)).await;
        assert_eq!((seen.facts, seen.requests), (None, 1));
    }
}

#[tokio::test]
async fn rows_that_cannot_be_read_count_as_none() {
    let cut: fn(&[u8]) -> Vec<u8> = |row| row[..row.len() / 2].to_vec();
    let turned: fn(&[u8]) -> Vec<u8> = |row| row.iter().map(|byte| byte ^ 0x55).collect();
    let longer: fn(&[u8]) -> Vec<u8> = |row| [row, b"\xff\xff"].concat();
    for change in [cut, turned, longer, |_| Vec::new()] {
        for case in cases(&Settings::default()).await {
            let shelf = Shelf::new();
            let first = remembered(&case, &shelf).await;
            shelf.change(change);
            let seen = case.read(&case.over(&shelf)).await;
            assert_eq!((seen.facts, seen.requests), (first.facts, case.requests()));
        }
    }
}

#[tokio::test]
async fn a_store_that_is_gone_costs_questions_and_no_answer() {
    for case in cases(&Settings::default()).await {
        let shelf = Shelf::new();
        remembered(&case, &shelf).await;
        shelf.set_gone(true);
        let registry = case.over(&shelf);
        let seen = case.read(&registry).await;
        assert_eq!((seen.facts.is_some(), seen.requests), (true, case.requests()));
        let loads = shelf.loads();
        assert_eq!(case.read(&registry).await.requests, 0);
        assert_eq!(shelf.loads(), loads, "what is in memory and holds is not looked for");
    }
}

#[tokio::test]
async fn what_was_read_with_a_secret_serves_nobody_else_through_the_store_either() {
    let secret = |text: &str| Credentials::parse(text).expect("a secret");
    let [one, other] = [secret("of-one"), secret("of-another")];
    for case in cases(&Settings::default()).await {
        let shelf = Shelf::new();
        let read = async |credentials: Option<&Credentials>| {
            let registry = case.over(&shelf);
            let seen = case.try_read(&registry, credentials, Freshness::ANY_AGE).await;
            seen.expect("the registry answers").requests
        };
        for credentials in [Some(&one), Some(&other), None] {
            let saves = shelf.saves();
            assert_eq!(read(credentials).await, case.requests(), "{credentials:?}");
            shelf.written(saves + case.rows()).await;
            assert_eq!(read(credentials).await, 0, "{credentials:?}");
        }
    }
}

#[tokio::test]
async fn what_a_configured_secret_opened_is_closed_to_a_replica_without_it() {
    for case in cases(&Settings::default()).await {
        let shelf = Shelf::new();
        let with = |secret: Option<&str>| {
            let mut config = case.config();
            let file = tempfile::NamedTempFile::new().expect("there is room for a file");
            if let Some(secret) = secret {
                std::fs::write(file.path(), secret).expect("there is room for a file");
                config.credentials = Some(CredentialsReference::File(file.path().to_owned()));
            }
            case.over_with(&shelf, config)
        };
        for secret in [Some("of-the-company"), Some("of-another"), None] {
            let saves = shelf.saves();
            let seen = case.read_as(&with(secret), Freshness::ANY_AGE).await;
            assert_eq!(seen.requests, case.requests(), "{secret:?}");
            shelf.written(saves + case.rows()).await;
            assert_eq!(case.read_as(&with(secret), Freshness::ANY_AGE).await.requests, 0);
        }
    }
}

#[tokio::test]
async fn registries_of_other_names_and_places_share_nothing() {
    let case = cases(&Settings::default()).await.remove(1);
    assert_eq!(case.kind, RegistryKind::Npm);
    let shelf = Shelf::new();
    remembered(&case, &shelf).await;
    let mut config = case.config();
    config.name = "other".to_owned();
    assert_eq!(case.read(&case.over_with(&shelf, config)).await.requests, 1);
    let other = cases(&Settings::default()).await.remove(1);
    assert_eq!(other.read(&other.over(&shelf)).await.requests, 1);
}

#[tokio::test]
async fn a_change_that_says_nothing_new_has_the_same_hash() {
    let case = cases(&with_control("no-cache")).await.remove(1);
    let registry = case.over(&Shelf::new());
    let web = npm::Name::parse("web").expect("a name");
    let mut hashes = Vec::new();
    for document in [
        r#"{"name":"web","_rev":"1","versions":{"1.0.0":{"engines":{"node":">= 18"}}}}"#,
        r#"{"_rev": "2", "readme": "text", "name": "web",
            "versions": {"1.0.0": {"readme": "", "engines": { "node": ">= 18" }}}}"#,
        r#"{"name":"web","_rev":"1","versions":{"1.0.0":{"engines":{"node":">= 20"}}}}"#,
    ] {
        case.fake.publish_packument(&web, document);
        let seen = read(&registry, "web", None, Freshness::default()).await;
        let seen = seen.expect("the registry answers");
        assert!(seen.bytes > 0, "another document has another validator");
        hashes.push(seen.hash);
    }
    assert_eq!(hashes[0], hashes[1]);
    assert_ne!(hashes[0], hashes[2]);
}
