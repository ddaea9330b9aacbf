//! Entries in a file of SQLite: one writer, several readers, a log written ahead.

use std::path::Path;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::sqlite::{
    SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteRow, SqliteSynchronous,
};
use sqlx::{ConnectOptions, QueryBuilder, Row as _};

use super::backend::{Bounds, Holder, Instant, Pruned, Row, Slot};
use super::schema;
use super::trouble::Trouble;
use crate::{CacheConfig, Key};

/// Each reader is a thread of its own, which mostly waits.
const READERS: u32 = 4;

/// A page of the file, in bytes, as SQLite has it where nothing else is said.
const PAGE: u64 = 4096;

/// What a row takes beside its value, about, in bytes: columns, key, indexes, room left over.
const OVERHEAD: usize = 512;

/// For so long a process holds a lease that does not renew it.
pub(crate) const LEASE: Duration = Duration::from_secs(15);

/// Pages given back to the disk at once, after rows were removed.
const PAGES_FREED: &str = "PRAGMA incremental_vacuum(1024)";

/// A transaction of the writer. Unless it is committed, its connection is closed.
///
/// On a full disk SQLite undoes a transaction by itself. A driver that counts transactions does not
/// notice, cannot undo it once more, and never begins another one on that connection.
struct Transaction {
    connection: PoolConnection<sqlx::Sqlite>,
    begun: bool,
}

/// A file and the connections to it.
pub(crate) struct Sqlite {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl Sqlite {
    /// Opens the file, or makes it, with its folder. Others than its owner cannot read it.
    pub(crate) async fn open(path: &Path, config: &CacheConfig) -> Result<Self, Trouble> {
        let owned = path.to_owned();
        let made = tokio::task::spawn_blocking(move || make(&owned)).await;
        made.unwrap_or_else(|lost| Err(std::io::Error::other(lost)))
            .map_err(|source| Trouble::File { path: path.to_owned(), source })?;
        // Between two prunings the file may grow by a quarter, and by a few pages that hold nothing.
        let most_pages = (config.disk_bytes() / 4).saturating_mul(5) / PAGE + 256;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .auto_vacuum(SqliteAutoVacuum::Incremental)
            .busy_timeout(config.call_limit)
            .pragma("journal_size_limit", (16 * 1024 * 1024).to_string())
            .pragma("max_page_count", most_pages.min(u64::from(u32::MAX - 1)).to_string())
            .disable_statement_logging();
        let pool = || {
            SqlitePoolOptions::new()
                // The limit of the call comes first, and says what it is.
                .acquire_timeout(config.call_limit * 2)
                .acquire_slow_threshold(config.call_limit * 2)
                .idle_timeout(None)
                .max_lifetime(None)
                .test_before_acquire(false)
        };
        let writer = pool().max_connections(1).connect_with(options.clone()).await?;
        schema::prepare_sqlite(&mut *writer.acquire().await?).await?;
        let readers = pool()
            .max_connections(READERS)
            .connect_with(options.pragma("query_only", "on"))
            .await?;
        Ok(Self { writer, readers })
    }

    pub(crate) async fn find(&self, kind: u8, keys: &[Key]) -> Result<Vec<Row>, Trouble> {
        let read = |row: SqliteRow| -> Result<Row, sqlx::Error> {
            let key: &[u8] = row.try_get(0)?;
            let key = key.try_into().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
            Ok(Row { key, format: row.try_get(1)?, value: row.try_get(2)? })
        };
        let (Some(last), true) = (keys.last(), keys.len() > 1) else {
            let Some(key) = keys.first() else { return Ok(Vec::new()) };
            let statement = "SELECT key, format, value FROM quartermaster_entries \
                             WHERE kind = $1 AND key = $2";
            let found = sqlx::query(statement).bind(kind).bind(&key[..]);
            let found = found.fetch_optional(&self.readers).await?;
            return Ok(found.map(read).transpose()?.into_iter().collect());
        };
        let mut statement =
            QueryBuilder::new("SELECT key, format, value FROM quartermaster_entries WHERE kind = ");
        statement.push_bind(kind).push(" AND key IN (");
        let mut list = statement.separated(", ");
        // Few lengths make few statements, which are kept prepared.
        let padding = keys.len().next_power_of_two() - keys.len();
        for key in keys.iter().chain(std::iter::repeat_n(last, padding)) {
            list.push_bind(&key[..]);
        }
        statement.push(")");
        let found = statement.build().fetch_all(&self.readers).await?;
        Ok(found.into_iter().map(read).collect::<Result<_, _>>()?)
    }

    pub(crate) async fn put(&self, kind: u8, rows: Vec<Row>, now: Instant) -> Result<(), Trouble> {
        let mut transaction = Transaction::begin(&self.writer).await?;
        for row in rows {
            let size = i64::try_from(row.value.len() + OVERHEAD).unwrap_or(i64::MAX);
            sqlx::query(
                "INSERT INTO quartermaster_entries \
                 (kind, key, format, size, created_at, used_at, value) \
                 VALUES ($1, $2, $3, $4, $5, $5, $6) \
                 ON CONFLICT (kind, key) DO UPDATE SET format = excluded.format, \
                 size = excluded.size, created_at = excluded.created_at, \
                 used_at = excluded.used_at, value = excluded.value",
            )
            .bind(kind)
            .bind(&row.key[..])
            .bind(row.format)
            .bind(size)
            .bind(now)
            .bind(row.value)
            .execute(&mut *transaction.connection)
            .await?;
        }
        Ok(transaction.commit().await?)
    }

    pub(crate) async fn remove(&self, kind: u8, keys: &[Key]) -> Result<(), Trouble> {
        for key in keys {
            sqlx::query("DELETE FROM quartermaster_entries WHERE kind = $1 AND key = $2")
                .bind(kind)
                .bind(&key[..])
                .execute(&self.writer)
                .await?;
        }
        Ok(())
    }

    pub(crate) async fn touch(&self, slots: &[Slot], now: Instant) -> Result<(), Trouble> {
        let mut transaction = Transaction::begin(&self.writer).await?;
        for (kind, key) in slots {
            sqlx::query(
                "UPDATE quartermaster_entries SET used_at = $3 WHERE kind = $1 AND key = $2",
            )
            .bind(*kind)
            .bind(&key[..])
            .bind(now)
            .execute(&mut *transaction.connection)
            .await?;
        }
        Ok(transaction.commit().await?)
    }

    /// What is too much is told by the pages in use, since the file is what grows.
    pub(crate) async fn prune(&self, bounds: Bounds, now: Instant) -> Result<Pruned, Trouble> {
        let mut transaction = Transaction::begin(&self.writer).await?;
        let aged = sqlx::query(
            "DELETE FROM quartermaster_entries WHERE rowid IN (SELECT rowid \
             FROM quartermaster_entries WHERE used_at < $1 ORDER BY used_at LIMIT $2)",
        )
        .bind(bounds.oldest)
        .bind(bounds.batch)
        .execute(&mut *transaction.connection)
        .await?
        .rows_affected();
        sqlx::query("DELETE FROM quartermaster_leases WHERE expires_at < $1")
            .bind(now)
            .execute(&mut *transaction.connection)
            .await?;
        let used: i64 = sqlx::query_scalar(
            "SELECT (page_count - freelist_count) * page_size \
             FROM pragma_page_count(), pragma_freelist_count(), pragma_page_size()",
        )
        .fetch_one(&mut *transaction.connection)
        .await?;
        let excess = used.saturating_sub(bounds.bytes).max(0);
        let crowded = sqlx::query(
            "DELETE FROM quartermaster_entries WHERE rowid IN (SELECT rowid FROM (SELECT rowid, \
             sum(size) OVER (ORDER BY used_at, rowid) - size AS before \
             FROM (SELECT rowid, used_at, size FROM quartermaster_entries \
             ORDER BY used_at, rowid LIMIT $2)) WHERE before < $1)",
        )
        .bind(excess)
        .bind(bounds.batch)
        .execute(&mut *transaction.connection)
        .await?
        .rows_affected();
        transaction.commit().await?;
        if aged + crowded > 0 {
            sqlx::query(PAGES_FREED).execute(&self.writer).await?;
        }
        let full = |removed| removed >= u64::from(bounds.batch);
        // Sizes are estimates: whether it was enough, the next look at the pages says.
        Ok(Pruned { entries: aged + crowded, more: full(aged) || crowded > 0 })
    }

    pub(crate) async fn claim(
        &self,
        (kind, key): &Slot,
        holder: &Holder,
        now: Instant,
    ) -> Result<bool, Trouble> {
        // A clock that was set back must not make a lease of a crashed process last for hours.
        let claimed = sqlx::query(
            "INSERT INTO quartermaster_leases (kind, key, holder, expires_at) \
             VALUES ($1, $2, $3, $4) ON CONFLICT (kind, key) DO UPDATE \
             SET holder = excluded.holder, expires_at = excluded.expires_at \
             WHERE quartermaster_leases.expires_at < $5 \
             OR quartermaster_leases.expires_at > $6",
        )
        .bind(*kind)
        .bind(&key[..])
        .bind(&holder[..])
        .bind(expiry(now))
        .bind(now)
        .bind(expiry(expiry(now)))
        .execute(&self.writer)
        .await?;
        Ok(claimed.rows_affected() == 1)
    }

    pub(crate) async fn renew(
        &self,
        (kind, key): &Slot,
        holder: &Holder,
        now: Instant,
    ) -> Result<(), Trouble> {
        sqlx::query(
            "UPDATE quartermaster_leases SET expires_at = $4 \
             WHERE kind = $1 AND key = $2 AND holder = $3",
        )
        .bind(*kind)
        .bind(&key[..])
        .bind(&holder[..])
        .bind(expiry(now))
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    pub(crate) async fn release(&self, (kind, key): &Slot, holder: &Holder) -> Result<(), Trouble> {
        sqlx::query(
            "DELETE FROM quartermaster_leases WHERE kind = $1 AND key = $2 AND holder = $3",
        )
        .bind(*kind)
        .bind(&key[..])
        .bind(&holder[..])
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

impl Transaction {
    async fn begin(writer: &SqlitePool) -> Result<Self, sqlx::Error> {
        // A caller who leaves before the answer does not know whether it has begun.
        let mut transaction = Self { connection: writer.acquire().await?, begun: true };
        let begun = sqlx::query("BEGIN IMMEDIATE").execute(&mut *transaction.connection).await;
        transaction.begun = begun.is_ok();
        begun.map(|_| transaction)
    }

    async fn commit(mut self) -> Result<(), sqlx::Error> {
        sqlx::query("COMMIT").execute(&mut *self.connection).await?;
        self.begun = false;
        Ok(())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if self.begun {
            self.connection.close_on_drop();
        }
    }
}

fn expiry(now: Instant) -> Instant {
    now.saturating_add(i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX))
}

/// Makes an empty file that only its owner can read, unless there is one. What SQLite writes beside
/// it has the same permissions.
fn make(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
