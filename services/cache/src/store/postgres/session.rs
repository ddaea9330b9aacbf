//! The one connection on which this process holds its locks.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::Mutex;

use super::super::backend::Slot;
use super::super::trouble::Trouble;

/// Holds an advisory lock for each entry that this process computes.
///
/// Such locks belong to a connection: the server frees them when it ends, however it ends. One
/// connection holds any number, so that computations do not use up the server's connections. Within
/// a connection a lock can be taken twice, so the store sees to it that nobody asks twice.
pub(crate) struct Session {
    options: PgConnectOptions,
    limit: Duration,
    connection: Mutex<Option<PgConnection>>,
}

impl Session {
    pub(crate) fn new(options: PgConnectOptions, limit: Duration) -> Self {
        Self { options, limit, connection: Mutex::new(None) }
    }

    /// Takes the lock of an entry, or says at once that another process has it.
    pub(crate) async fn claim(&self, slot: &Slot) -> Result<bool, Trouble> {
        let mut place = self.connection.lock().await;
        // Out of its place while it is used: a call that fails or is given up midway leaves a
        // connection behind of which nobody knows what it holds, and ends it.
        let mut connection = match place.take() {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let claimed = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
            .bind(lock_of(slot))
            .fetch_one(&mut connection)
            .await?;
        *place = Some(connection);
        Ok(claimed)
    }

    /// Opens a connection whose end the server notices within half a minute, even if the machine at
    /// this end is gone without a word.
    async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
        let mut connection = self.options.connect().await?;
        sqlx::query(
            "SELECT set_config('tcp_keepalives_idle', '10', false), \
             set_config('tcp_keepalives_interval', '5', false), \
             set_config('tcp_keepalives_count', '3', false)",
        )
        .execute(&mut connection)
        .await?;
        Ok(connection)
    }

    /// Frees the lock of an entry, or ends the connection. Where that has ended meanwhile the lock
    /// is free already.
    pub(crate) async fn release(&self, slot: &Slot) -> Result<(), Trouble> {
        let mut place = self.connection.lock().await;
        let Some(mut connection) = place.take() else { return Ok(()) };
        let unlock = sqlx::query("SELECT pg_advisory_unlock($1)")
            .bind(lock_of(slot))
            .execute(&mut connection);
        let unlocked = tokio::time::timeout(self.limit, unlock).await;
        unlocked.map_err(|_| Trouble::Slow(self.limit))??;
        *place = Some(connection);
        Ok(())
    }

    pub(crate) async fn close(&self) {
        if let Some(connection) = self.connection.lock().await.take() {
            // A farewell is polite, and nothing depends on it.
            let _ = connection.close().await;
        }
    }
}

/// The number of an entry's lock. Two entries may share one: then one waits for the other in vain,
/// for as long as it may.
fn lock_of((kind, key): &Slot) -> i64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"quartermaster lead").update(&[*kind]).update(key);
    let hash = *hasher.finalize().as_bytes();
    let mut number = [0; 8];
    number.copy_from_slice(&hash[..8]);
    i64::from_le_bytes(number)
}
