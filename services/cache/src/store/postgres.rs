//! Entries in a server of Postgres, which replicas share.

mod session;

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgListener, PgPool, PgPoolOptions, PgRow};
use sqlx::{ConnectOptions, Connection, Row as _};

use self::session::Session;
use super::backend::{Bounds, Instant, Pruned, Row, Slot};
use super::schema;
use super::trouble::Trouble;
use crate::{CacheConfig, Key};

/// Connections for reading and writing, beside one that leads and one that listens.
const CONNECTIONS: u32 = 8;

/// A connection that has been idle for longer is tried before it is used.
const FRESH: Duration = Duration::from_secs(5);

/// The name under which announcements are sent.
const CHANNEL: &str = "quartermaster";

/// What a row takes beside its value, about, in bytes: columns, key, indexes.
const OVERHEAD: usize = 256;

/// One replica prunes at a time: the name of its lock, for which any number does.
const PRUNING: i64 = 0x7175_6172_7465_7201;

/// A server and the connections to it.
pub(crate) struct Postgres {
    pool: PgPool,
    session: Session,
    options: PgConnectOptions,
    limit: Duration,
}

impl Postgres {
    pub(crate) async fn open(url: &str, config: &CacheConfig) -> Result<Self, Trouble> {
        let limit = config.call_limit;
        let mut options = PgConnectOptions::from_str(url)?.disable_statement_logging();
        if options.get_application_name().is_none() {
            options = options.application_name("quartermaster");
        }
        let mut first = options.connect().await?;
        schema::prepare_postgres(&mut first).await?;
        // A farewell is polite, and nothing depends on it.
        let _ = first.close().await;
        let patience = i64::try_from((limit * 2).as_millis()).unwrap_or(i64::MAX);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            // The limit of the call comes first, and says what it is.
            .acquire_timeout(limit * 2)
            .acquire_slow_threshold(limit * 2)
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(
                    async move { Ok(meta.idle_for < FRESH || connection.ping().await.is_ok()) },
                )
            })
            // What nobody waits for any more, the server gives up as well.
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    let set = "SELECT set_config('statement_timeout', $1::int8::text, false)";
                    sqlx::query(set).bind(patience).execute(connection).await.map(drop)
                })
            })
            .connect_lazy_with(options.clone());
        Ok(Self { pool, session: Session::new(options.clone(), limit), options, limit })
    }

    pub(crate) async fn find(&self, kind: u8, keys: &[Key]) -> Result<Vec<Row>, Trouble> {
        let keys: Vec<&[u8]> = keys.iter().map(|key| &key[..]).collect();
        let found = sqlx::query(
            "SELECT key, format, value FROM quartermaster_entries \
             WHERE kind = $1 AND key = ANY($2)",
        )
        .bind(i16::from(kind))
        .bind(keys)
        .fetch_all(&self.pool)
        .await?;
        let read = |row: PgRow| -> Result<Row, sqlx::Error> {
            let key: &[u8] = row.try_get(0)?;
            let key = key.try_into().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
            Ok(Row { key, format: row.try_get(1)?, value: row.try_get(2)? })
        };
        Ok(found.into_iter().map(read).collect::<Result<_, _>>()?)
    }

    pub(crate) async fn put(&self, kind: u8, rows: &[Row], now: Instant) -> Result<(), Trouble> {
        let keys: Vec<&[u8]> = rows.iter().map(|row| &row.key[..]).collect();
        let formats: Vec<i32> = rows.iter().map(|row| row.format).collect();
        let values: Vec<&[u8]> = rows.iter().map(|row| &row.value[..]).collect();
        let overhead = i64::try_from(OVERHEAD).unwrap_or(0);
        sqlx::query(
            "INSERT INTO quartermaster_entries \
             (kind, key, format, size, created_at, used_at, value) \
             SELECT $1, key, format, octet_length(value) + $5, $6, $6, value \
             FROM UNNEST($2::bytea[], $3::int4[], $4::bytea[]) AS new (key, format, value) \
             ON CONFLICT (kind, key) DO UPDATE SET format = excluded.format, \
             size = excluded.size, created_at = excluded.created_at, \
             used_at = excluded.used_at, value = excluded.value",
        )
        .bind(i16::from(kind))
        .bind(keys)
        .bind(formats)
        .bind(values)
        .bind(overhead)
        .bind(now)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    pub(crate) async fn remove(&self, kind: u8, keys: &[Key]) -> Result<(), Trouble> {
        let keys: Vec<&[u8]> = keys.iter().map(|key| &key[..]).collect();
        sqlx::query("DELETE FROM quartermaster_entries WHERE kind = $1 AND key = ANY($2)")
            .bind(i16::from(kind))
            .bind(keys)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Rows that another one writes at present are passed over: nothing depends on a single use, and
    /// replicas that wait for each other's rows would lock each other out.
    pub(crate) async fn touch(&self, slots: &[Slot], now: Instant) -> Result<(), Trouble> {
        let kinds: Vec<i16> = slots.iter().map(|(kind, _)| i16::from(*kind)).collect();
        let keys: Vec<&[u8]> = slots.iter().map(|(_, key)| &key[..]).collect();
        sqlx::query(
            "WITH used AS (SELECT kind, key FROM quartermaster_entries \
             WHERE (kind, key) IN (SELECT * FROM UNNEST($1::int2[], $2::bytea[])) \
             FOR UPDATE SKIP LOCKED) \
             UPDATE quartermaster_entries AS entry SET used_at = $3 FROM used \
             WHERE entry.kind = used.kind AND entry.key = used.key",
        )
        .bind(kinds)
        .bind(keys)
        .bind(now)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    pub(crate) async fn prune(&self, bounds: Bounds) -> Result<Pruned, Trouble> {
        let mut transaction = self.pool.begin().await?;
        let mine: bool = sqlx::query_scalar("SELECT pg_try_advisory_xact_lock($1)")
            .bind(PRUNING)
            .fetch_one(&mut *transaction)
            .await?;
        if !mine {
            return Ok(Pruned::default());
        }
        sqlx::query("SET LOCAL statement_timeout = '10s'").execute(&mut *transaction).await?;
        let batch = i64::from(bounds.batch);
        let aged = sqlx::query(
            "WITH old AS (SELECT kind, key FROM quartermaster_entries WHERE used_at < $1 \
             ORDER BY used_at LIMIT $2 FOR UPDATE SKIP LOCKED) \
             DELETE FROM quartermaster_entries AS entry USING old \
             WHERE entry.kind = old.kind AND entry.key = old.key",
        )
        .bind(bounds.oldest)
        .bind(batch)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        let total: i64 =
            sqlx::query_scalar("SELECT coalesce(sum(size), 0)::int8 FROM quartermaster_entries")
                .fetch_one(&mut *transaction)
                .await?;
        let crowded = sqlx::query(
            "WITH oldest AS (SELECT kind, key, used_at, size FROM quartermaster_entries \
             ORDER BY used_at, kind, key LIMIT $2 FOR UPDATE SKIP LOCKED), \
             counted AS (SELECT kind, key, \
             sum(size) OVER (ORDER BY used_at, kind, key) - size AS before FROM oldest) \
             DELETE FROM quartermaster_entries AS entry USING counted \
             WHERE entry.kind = counted.kind AND entry.key = counted.key AND before < $1",
        )
        .bind(total.saturating_sub(bounds.bytes).max(0))
        .bind(batch)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        transaction.commit().await?;
        let full = |removed| removed >= u64::from(bounds.batch);
        Ok(Pruned { entries: aged + crowded, more: full(aged) || full(crowded) })
    }

    pub(crate) async fn claim(&self, slot: &Slot) -> Result<bool, Trouble> {
        self.session.claim(slot).await
    }

    pub(crate) async fn release(&self, slot: &Slot) -> Result<(), Trouble> {
        self.session.release(slot).await
    }

    pub(crate) async fn announce(&self, text: &str) -> Result<(), Trouble> {
        sqlx::query("SELECT pg_notify($1, $2)")
            .bind(CHANNEL)
            .bind(text)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// A connection of its own that hears announcements.
    pub(crate) async fn listen(&self) -> Result<PgListener, Trouble> {
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(self.limit.max(Duration::from_secs(5)))
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_lazy_with(self.options.clone());
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.listen(CHANNEL).await?;
        Ok(listener)
    }

    pub(crate) async fn close(&self) {
        self.session.close().await;
        self.pool.close().await;
    }
}
