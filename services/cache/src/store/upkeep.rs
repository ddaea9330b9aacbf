//! What a store does by itself: uses are written down, and what is old or too much is removed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use super::backend::{Bounds, Pruned};
use super::{Inner, Way, now};

/// Between two rounds.
const INTERVAL: Duration = Duration::from_secs(60);

/// Between two prunings of one round: others write meanwhile.
const PAUSE: Duration = Duration::from_millis(50);

/// The longest that one call takes: nobody waits for it.
const LIMIT: Duration = Duration::from_secs(10);

/// Entries removed at once.
const BATCH: u32 = 256;

/// Uses written at once.
const USES: usize = 512;

/// Prunings of one round: 131,072 entries go in a minute, more than anybody writes.
const MOST_PRUNINGS: u32 = 512;

/// Wakes the upkeep, and ends it.
#[derive(Default)]
pub(crate) struct Upkeep {
    wake: Arc<Notify>,
    stopped: AtomicBool,
}

impl Upkeep {
    /// There is something to do before the next round.
    pub(crate) fn hurry(&self) {
        self.wake.notify_one();
    }

    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        self.wake.notify_one();
    }
}

impl Drop for Upkeep {
    fn drop(&mut self) {
        // The task looks for its store, and finds none.
        self.wake.notify_one();
    }
}

/// Starts the upkeep of a store, which ends with it.
pub(crate) fn start(inner: &Arc<Inner>) {
    let store = Arc::downgrade(inner);
    let wake = Arc::clone(&inner.upkeep.wake);
    tokio::spawn(async move {
        loop {
            let _ = tokio::time::timeout(INTERVAL, wake.notified()).await;
            // While it waited the store may have gone.
            let Some(inner) = store.upgrade() else { return };
            if inner.upkeep.stopped.load(Ordering::Acquire) {
                return;
            }
            inner.round().await;
        }
    });
}

impl Inner {
    async fn round(self: &Arc<Self>) {
        self.write_used().await;
        for _ in 0..MOST_PRUNINGS {
            match self.prune().await {
                Some(Pruned { more: true, .. }) => tokio::time::sleep(PAUSE).await,
                _ => return,
            }
        }
    }

    /// Writes down which entries were used. What cannot be written is lost: they seem unused for a
    /// little longer than they are.
    pub(super) async fn write_used(self: &Arc<Self>) {
        let slots = self.used.take();
        for some in slots.chunks(USES) {
            let touch = self.call_within(LIMIT, Way::Upkeep, |backend| backend.touch(some, now()));
            if touch.await.is_none() {
                return;
            }
        }
    }

    pub(super) async fn prune(self: &Arc<Self>) -> Option<Pruned> {
        let now = now();
        let age = i64::try_from(self.config.max_age.as_millis()).unwrap_or(i64::MAX);
        let bounds = Bounds {
            oldest: now.saturating_sub(age),
            bytes: i64::try_from(self.config.disk_bytes()).unwrap_or(i64::MAX),
            batch: BATCH,
        };
        self.call_within(LIMIT, Way::Upkeep, |backend| backend.prune(bounds, now)).await
    }
}
