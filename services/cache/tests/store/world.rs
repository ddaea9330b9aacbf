//! A database of a test's own, and a way to look at it past the store.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use cache::{CacheConfig, Key, Kind, Store};
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection, SqliteConnection};
use tempfile::TempDir;

use testkit::postgres::Server;

/// The kind of most entries here.
pub(crate) const KIND: Kind = Kind { number: 1, form: 1 };

/// A database that is empty at first.
pub(crate) struct World {
    pub(crate) config: CacheConfig,
    url: String,
    sort: Sort,
    folder: Option<TempDir>,
}

/// Which database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    Memory,
    Sqlite,
    Postgres,
}

impl World {
    pub(crate) fn memory() -> Self {
        Self::new("memory:".to_owned(), Sort::Memory, None)
    }

    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let url = format!("sqlite:{}", folder.path().join("made/answers.db").display());
        Self::new(url, Sort::Sqlite, Some(folder))
    }

    /// A database of its own on a server.
    pub(crate) async fn postgres(server: &Server, name: &str) -> Self {
        server.execute(&format!("CREATE DATABASE {name}"));
        Self::new(server.url(name), Sort::Postgres, None)
    }

    fn new(url: String, sort: Sort, folder: Option<TempDir>) -> Self {
        Self { config: config(&url), url, sort, folder }
    }

    pub(crate) fn sort(&self) -> Sort {
        self.sort
    }

    /// Whether entries outlive a store.
    pub(crate) fn lasts(&self) -> bool {
        self.sort != Sort::Memory
    }

    /// The file of SQLite.
    pub(crate) fn file(&self) -> PathBuf {
        let folder = self.folder.as_ref().map(TempDir::path);
        folder.unwrap_or(Path::new("")).join("made/answers.db")
    }

    /// One more process that uses the database, as far as a store can tell.
    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.config).await
    }

    /// Runs a statement past the store.
    pub(crate) async fn execute(&self, statement: &str) {
        let statement = AssertSqlSafe(statement.to_owned());
        let done = match self.sort {
            Sort::Memory => panic!("there is nothing to run a statement on"),
            Sort::Sqlite => {
                sqlx::query(statement).execute(&mut self.sqlite_connection().await).await.map(drop)
            }
            Sort::Postgres => sqlx::query(statement)
                .execute(&mut self.postgres_connection().await)
                .await
                .map(drop),
        };
        done.expect("the statement is right");
    }

    /// A number that a statement asks for past the store.
    pub(crate) async fn number(&self, statement: &str) -> i64 {
        // The two databases give sums and counts different types.
        let statement = AssertSqlSafe(format!("SELECT CAST(({statement}) AS BIGINT)"));
        let number = match self.sort {
            Sort::Memory => panic!("there is nothing to ask"),
            Sort::Sqlite => {
                sqlx::query_scalar(statement).fetch_one(&mut self.sqlite_connection().await).await
            }
            Sort::Postgres => {
                sqlx::query_scalar(statement).fetch_one(&mut self.postgres_connection().await).await
            }
        };
        number.expect("the statement asks for a number")
    }

    pub(crate) async fn sqlite_connection(&self) -> SqliteConnection {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(self.file());
        options.connect().await.expect("the file is there")
    }

    pub(crate) async fn postgres_connection(&self) -> PgConnection {
        let options: sqlx::postgres::PgConnectOptions = self.url.parse().expect("it is a URL");
        options.connect().await.expect("the server runs")
    }
}

/// Settings that wait for a slow machine, and try again at once.
pub(crate) fn config(url: &str) -> CacheConfig {
    CacheConfig {
        database: Some(url.parse().expect("it names a database")),
        call_limit: Duration::from_secs(20),
        lead_limit: Duration::from_secs(60),
        retry_after: Duration::from_millis(20),
        ..CacheConfig::default()
    }
}

/// A key for each number.
pub(crate) fn key(number: u64) -> Key {
    *blake3::hash(&number.to_le_bytes()).as_bytes()
}

/// So many bytes that cannot be compressed, others for each seed.
pub(crate) fn noise(seed: u64, length: usize) -> Bytes {
    let mut bytes = vec![0; length];
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes()).finalize_xof().fill(&mut bytes);
    Bytes::from(bytes)
}

/// Waits until something holds that is about to.
pub(crate) async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..2000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never came about that {what}");
}
