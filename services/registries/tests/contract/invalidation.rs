//! Invalidations: what was read before is not used before the registry has confirmed it.

use std::time::Duration;

use registries::{Freshness, Invalidated, MetadataRead, RegistryKind};
use testkit::registry::{CoreMetadata, Settings};

use crate::shelf::{Shelf, cases, read};
use crate::support;

#[tokio::test]
async fn what_is_in_memory_is_confirmed_before_it_is_used_again() {
    for case in cases(&Settings::default()).await {
        let registry = support::open(case.config());
        let first = case.read(&registry).await;
        assert_eq!(registry.invalidate("some-other-package", Invalidated::Here).await, 0);
        assert_eq!(case.read(&registry).await.requests, 0);
        assert_eq!(registry.invalidate(case.package, Invalidated::Here).await, 1);
        let again = registry.invalidate(case.package, Invalidated::Here).await;
        assert_eq!(again, 0, "it will be asked for anyway");
        let seen = case.read(&registry).await;
        assert_eq!((seen.requests, seen.bytes, seen.hash), (1, 0, first.hash), "{:?}", case.kind);
        assert_eq!(case.read(&registry).await.requests, 0);

        let settings = usize::from(case.kind == RegistryKind::CargoSparse);
        assert_eq!(registry.invalidate_all(Invalidated::Here).await, 1 + settings);
        // No age is so great that this counted for nothing.
        let seen = case.read_as(&registry, Freshness::ANY_AGE).await;
        assert_eq!(seen.requests, case.requests());
    }
}

#[tokio::test]
async fn every_spelling_and_every_caller_is_meant() {
    let secret = registries::Credentials::parse("s3cret");
    for (case, spelling) in cases(&Settings::default()).await.into_iter().zip([
        "Zope_Interface",
        "@types/react",
        "SERDE",
    ]) {
        let registry = support::open(case.config());
        let package =
            if case.kind == RegistryKind::PypiSimple { "zope-interface" } else { case.package };
        let callers = [None, secret.as_ref()];
        for credentials in callers {
            read(&registry, package, credentials, Freshness::default()).await.expect("an answer");
        }
        assert_eq!(registry.invalidate(spelling, Invalidated::Here).await, 2, "{spelling}");
        for credentials in callers {
            let seen = read(&registry, package, credentials, Freshness::default()).await;
            assert_eq!(seen.expect("an answer").requests, 1, "{spelling}");
        }
    }
    let case = cases(&Settings::default()).await.remove(0);
    let registry = support::open(case.config());
    assert_eq!(registry.invalidate("no name at all", Invalidated::Here).await, 0);
}

#[tokio::test]
async fn an_answer_that_was_on_its_way_does_not_count_as_fresh() {
    let settings = Settings { latency: Duration::from_millis(200), ..Settings::default() };
    for case in cases(&settings).await {
        let shelf = Shelf::new();
        let registry = case.over(&shelf);
        let (first, ()) = tokio::join!(case.read(&registry), async {
            while case.fake.counts().total < case.requests() as usize {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            registry.invalidate(case.package, Invalidated::Here).await;
        });
        assert!(first.facts.is_some());
        shelf.written(case.rows() + 1).await;
        // Neither here, nor to a process that finds it in the store.
        let later = case.over(&shelf);
        for registry in [&later, &registry] {
            let seen = case.read_as(registry, Freshness::ANY_AGE).await;
            assert_eq!((seen.bytes, seen.hash), (0, first.hash), "{:?}", case.kind);
            assert_eq!(seen.requests, u32::from(std::ptr::eq(registry, &later)), "{:?}", case.kind);
            shelf.written(case.rows() + 2).await;
        }
        assert_eq!(case.fake.counts().with_status(304), 1);
    }
}

#[tokio::test]
async fn documents_in_the_store_are_distrusted_by_every_later_process() {
    for all in [false, true] {
        for case in cases(&Settings::default()).await {
            let shelf = Shelf::new();
            let [one, other] = [case.over(&shelf), case.over(&shelf)];
            for registry in [&one, &other] {
                case.read(registry).await;
                shelf.written(case.rows()).await;
            }
            case.fake.reset_counts();
            if all {
                one.invalidate_all(Invalidated::Here).await;
            } else {
                one.invalidate(case.package, Invalidated::Here).await;
            }
            let later = case.over(&shelf);
            let confirmed = case.read(&later).await;
            assert_eq!((confirmed.requests > 0, confirmed.bytes), (true, 0), "{:?}", case.kind);
            shelf.written(case.rows() + 2).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
            let asked = case.fake.counts().total;
            // The one that was told first takes the word of the other, since that came later.
            assert_eq!(case.read(&one).await.requests, 0, "{:?}", case.kind);
            // One in which nobody was told has it in memory still, until it is told.
            if all {
                other.invalidate_all(Invalidated::Elsewhere).await;
            } else {
                other.invalidate(case.package, Invalidated::Elsewhere).await;
            }
            let seen = case.read(&other).await;
            assert_eq!((seen.requests, seen.read_at), (0, confirmed.read_at), "{:?}", case.kind);
            assert_eq!(case.fake.counts().total, asked);
        }
    }
}

#[tokio::test]
async fn an_invalidation_that_cannot_be_written_holds_in_its_own_process() {
    for case in cases(&Settings::default()).await {
        let shelf = Shelf::new();
        let registry = case.over(&shelf);
        case.read(&registry).await;
        shelf.written(case.rows()).await;
        shelf.set_gone(true);
        registry.invalidate(case.package, Invalidated::Here).await;
        shelf.set_gone(false);
        // The store has the old document and no word of an invalidation, and others may be missed.
        registry.invalidate_all(Invalidated::Elsewhere).await;
        let seen = case.read(&registry).await;
        assert_eq!((seen.requests, seen.bytes), (1, 0), "{:?}", case.kind);
        assert_eq!(case.read(&registry).await.requests, 0);
    }
}

#[tokio::test]
async fn a_process_that_may_have_missed_something_looks_into_the_store_and_asks_nobody() {
    for case in cases(&Settings::default()).await {
        let shelf = Shelf::new();
        let registry = case.over(&shelf);
        let first = case.read(&registry).await;
        shelf.written(case.rows()).await;
        registry.invalidate_all(Invalidated::Elsewhere).await;
        let seen = case.read(&registry).await;
        assert_eq!((seen.requests, seen.read_at), (0, first.read_at), "{:?}", case.kind);
    }
}

#[tokio::test]
async fn metadata_that_cannot_change_stays_and_other_metadata_is_read_anew() {
    let hashed = Settings { core_metadata: CoreMetadata::Hashed, ..Settings::default() };
    let case = cases(&hashed).await.remove(0);
    let registry = support::open(case.config());
    let listing = support::listing(&registry, "flask").await.facts.expect("it is listed");
    let position = listing.releases.len() - 1;
    support::metadata(&registry, &listing, position).await;
    assert_eq!(registry.invalidate("flask", Invalidated::Here).await, 1, "the page alone");
    let read = support::metadata(&registry, &listing, position).await;
    assert!(matches!(&read, MetadataRead::Known(read) if !read.fetched), "{read:?}");

    let mut unhashed = (*listing).clone();
    for file in unhashed.releases.iter_mut().flat_map(|release| release.files.iter_mut()) {
        file.hashes = Box::default();
    }
    let freshness = Freshness { max_staleness: Some(Duration::from_secs(3600)) };
    for expected in [true, false] {
        let read = registry.pypi_metadata(&unhashed, position, None, freshness).await;
        let read = read.expect("the registry answers");
        assert!(matches!(&read, MetadataRead::Known(read) if read.fetched == expected));
    }
    support::listing(&registry, "flask").await;
    assert_eq!(registry.invalidate("flask", Invalidated::Here).await, 2);
    let read = registry.pypi_metadata(&unhashed, position, None, freshness).await;
    assert!(matches!(&read, Ok(MetadataRead::Known(read)) if read.fetched), "{read:?}");
    assert!(support::listing(&registry, "flask").await.fetched);
}
