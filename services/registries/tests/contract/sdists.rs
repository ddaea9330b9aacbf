//! What releases without a wheel need: told by the source distribution, or by a build alone.

use std::sync::Arc;

use bytes::Bytes;
use ecosystems::pypi::Metadata;
use registries::{Error, MetadataRead, Registry};
use testkit::registry::{FakeRegistry, Fault, Kind, Reply, Settings};

use crate::support::{config, listing, open, over, try_metadata};

const FILE: &str = "/files/demo-pkg-1.0.tar.gz";

/// An index with one project `demo-pkg`, which has one release with these files and these needs.
async fn index(files: &[&str], needs: &str, settings: Settings) -> FakeRegistry {
    let files = files.iter().map(|file| format!("{{\"filename\": \"{file}\", {}}}", place(file)));
    let files = files.collect::<Vec<_>>().join(", ");
    let document = format!(
        r#"{{"name": "demo-pkg", "files": [{files}], "metadata": {{"1.0": {{{needs}}}}}}}"#
    );
    let started = FakeRegistry::of(&[("demo-pkg", &document)], settings).await;
    started.expect("the loopback has a free port")
}

fn place(file: &str) -> String {
    format!("\"url\": \"/files/{file}\"")
}

async fn read(registry: &Registry) -> Result<MetadataRead, Error> {
    let facts = listing(registry, "demo-pkg").await.facts.expect("the project is listed");
    try_metadata(registry, &facts, 0).await
}

async fn known(registry: &Registry) -> Arc<Metadata> {
    match read(registry).await.expect("the registry answers") {
        MetadataRead::Known(read) => read.facts.expect("the release is there"),
        other @ MetadataRead::NeedsBuild { .. } => panic!("{other:?}"),
    }
}

const FIXED: &str = r#""requires-dist": ["web>=1", "log; extra == 'x'"], "requires-python": ">=3.8",
    "provides-extra": ["x"], "dynamic": ["Summary"]"#;

#[tokio::test]
async fn what_is_fixed_is_read_out_of_the_archive_once() {
    for file in ["demo-pkg-1.0.tar.gz", "demo_pkg-1.0.zip"] {
        let fake =
            index(&[file], FIXED, Settings { ballast: 100_000, ..Settings::default() }).await;
        let registry = over(&fake);
        let metadata = known(&registry).await;
        assert_eq!(metadata.requirements.len(), 2);
        assert_eq!(metadata.requirements[0].to_string(), "web>=1");
        assert_eq!(metadata.extras[0].as_str(), "x");
        known(&registry).await;
        assert_eq!(fake.counts().of(Kind::Sdist), 1, "{file}");
    }
}

#[tokio::test]
async fn a_wheel_comes_first() {
    let files = ["demo-pkg-1.0.tar.gz", "demo_pkg-1.0-py3-none-win_amd64.whl"];
    let fake = index(&files, FIXED, Settings::default()).await;
    assert_eq!(known(&over(&fake)).await.requirements.len(), 2);
    assert_eq!(fake.counts().of(Kind::Sdist), 0);
}

#[tokio::test]
async fn what_is_dynamic_needs_a_build_and_is_not_fetched_again() {
    for needs in [r#""dynamic": ["Requires-Dist"]"#, r#""dynamic": ["provides-extra"]"#] {
        let fake = index(&["demo-pkg-1.0.tar.gz"], needs, Settings::default()).await;
        let registry = over(&fake);
        for _ in 0..2 {
            let read = read(&registry).await.expect("this is no error");
            let MetadataRead::NeedsBuild { files } = read else { panic!("{read:?}") };
            assert_eq!(&*files[0], "demo-pkg-1.0.tar.gz");
        }
        assert_eq!(fake.counts().of(Kind::Sdist), 1);
    }
}

#[tokio::test]
async fn advertised_metadata_spares_the_archive() {
    let document = r#"{"name": "demo-pkg", "metadata": {"1.0": {"requires-dist": ["web"]}},
        "files": [{"filename": "demo-pkg-1.0.tar.gz", "url": "/files/demo-pkg-1.0.tar.gz",
                   "core-metadata": true}]}"#;
    let fake = FakeRegistry::of(&[("demo-pkg", document)], Settings::default()).await;
    let fake = fake.expect("the loopback has a free port");
    assert_eq!(known(&over(&fake)).await.requirements.len(), 1);
    assert_eq!((fake.counts().of(Kind::Metadata), fake.counts().of(Kind::Sdist)), (1, 0));
}

#[tokio::test]
async fn an_archive_that_is_another_or_too_long_is_refused() {
    let fake = index(&["demo-pkg-1.0.tar.gz"], FIXED, Settings::default()).await;
    let other = Reply::Body("application/gzip".to_owned(), Bytes::from_static(b"other"));
    fake.inject(Fault::new(FILE, other));
    let error = read(&over(&fake)).await.expect_err("the hash is another");
    assert!(matches!(error, Error::WrongHash { .. }), "{error}");

    let settings = Settings { ballast: 2 << 20, ..Settings::default() };
    let fake = index(&["demo-pkg-1.0.tar.gz"], FIXED, settings).await;
    let mut config = config(&fake);
    config.max_wheel_mib = 1;
    let error = read(&open(config)).await.expect_err("the archive is too long");
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
}

#[tokio::test]
async fn an_archive_that_is_gone_is_no_build() {
    let fake = index(&["demo-pkg-1.0.tar.gz"], FIXED, Settings::default()).await;
    fake.inject(Fault::new(FILE, Reply::Status(404)));
    let read = read(&over(&fake)).await.expect("this is no error");
    assert!(matches!(read, MetadataRead::Known(read) if read.facts.is_none()));
}
