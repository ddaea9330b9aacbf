//! What replicas tell each other.

use std::sync::Arc;
use std::time::Duration;

use sqlx::Executor as _;
use sqlx::postgres::PgListener;
use tokio::sync::mpsc;

use super::backend::Backend;
use super::trouble::Trouble;
use super::{Inner, Store, Way};

/// The longest announcement, in bytes: Postgres takes 8,000, the sender's name among them.
const LONGEST: usize = 7900;

/// Announcements that wait for their reader; those beyond wait in the database.
const WAITING: usize = 256;

/// After so long without an announcement the connection is tried.
const QUIET: Duration = Duration::from_secs(30);

/// What another replica announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Announcement {
    /// The text that was announced.
    Text(String),
    /// The connection was lost for a while: anything may have been announced meanwhile. Also the
    /// first one of all, for what was announced before.
    Missed,
}

/// Announcements of other replicas, as they come.
pub struct Announcements {
    receiver: mpsc::Receiver<Announcement>,
}

impl Announcements {
    /// The next announcement. Waits for ever where there is no server to tell of any: replicas can
    /// share only one. Dropped while it waits, it loses none.
    pub async fn next(&mut self) -> Announcement {
        match self.receiver.recv().await {
            Some(announcement) => announcement,
            None => std::future::pending().await,
        }
    }
}

impl Store {
    /// Tells all other replicas that listen. Returns whether the database took it; a store without a
    /// server has nobody to tell, and takes anything. A text of more than 7,900 bytes is not taken.
    pub async fn announce(&self, text: &str) -> bool {
        if text.len() > LONGEST {
            return false;
        }
        if !self.is_shared() {
            return true;
        }
        let text = format!("{} {text}", self.inner.id);
        self.inner.call(Way::Read, |backend| backend.announce(&text)).await.is_some()
    }

    /// Listens to what other replicas announce, for as long as what is returned is kept.
    pub fn announcements(&self) -> Announcements {
        let (sender, receiver) = mpsc::channel(WAITING);
        let inner = Arc::clone(&self.inner);
        tokio::spawn(async move {
            tokio::select! {
                () = sender.closed() => {}
                () = listen(&inner, &sender) => {}
            }
        });
        Announcements { receiver }
    }
}

/// Hears announcements until there can be none, over any number of connections.
async fn listen(inner: &Arc<Inner>, sender: &mpsc::Sender<Announcement>) {
    let Some(database) = &inner.config.database else { return };
    loop {
        match inner.backend.get() {
            Some(Backend::Postgres(postgres)) => {
                let heard = match postgres.listen().await {
                    Ok(listener) => hear(inner, listener, sender).await,
                    Err(trouble) => Err(trouble),
                };
                if let Err(trouble) = heard {
                    inner.health.failed(database, &trouble);
                }
            }
            Some(Backend::Memory(_) | Backend::Sqlite(_)) => return,
            None => inner.open_again(),
        }
        tokio::time::sleep(inner.config.retry_after).await;
    }
}

/// Hears announcements on one connection.
async fn hear(
    inner: &Inner,
    mut listener: PgListener,
    sender: &mpsc::Sender<Announcement>,
) -> Result<(), Trouble> {
    let mut missed = true;
    loop {
        if std::mem::take(&mut missed) && sender.send(Announcement::Missed).await.is_err() {
            return Ok(());
        }
        let Ok(heard) = tokio::time::timeout(QUIET, listener.try_recv()).await else {
            // Silence may be a server that is gone without a word.
            let limit = inner.config.call_limit;
            let tried = tokio::time::timeout(limit, listener.execute("SELECT 1")).await;
            tried.map_err(|_| Trouble::Slow(limit))??;
            continue;
        };
        let Some(heard) = heard? else {
            missed = true;
            continue;
        };
        // What another program sends under that name is no announcement.
        let Some((sender_id, text)) = heard.payload().split_once(' ') else { continue };
        if sender_id != inner.id && sender.send(Announcement::Text(text.to_owned())).await.is_err()
        {
            return Ok(());
        }
    }
}
