//! One computation per key, however many ask for it.

use std::future::Future;
use std::sync::Arc;

use moka::future::Cache;

use crate::Key;

/// Computations under way.
///
/// The first who asks for a key starts the computation, on a task of its own: it goes on when all
/// who asked have left, so that the work is not lost on an impatient caller. Those who ask
/// meanwhile wait for it. Nothing is remembered here once it has landed.
#[derive(Clone)]
pub struct Flights<T: Clone + Send + Sync + 'static> {
    under_way: Cache<Key, Result<T, Lost>>,
}

/// The computation ended without a result: it panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the computation ended without a result")]
pub struct Lost;

impl<T: Clone + Send + Sync + 'static> Default for Flights<T> {
    fn default() -> Self {
        // Entries live for as long as a computation; whoever computes bounds how many there are.
        Self { under_way: Cache::builder().build() }
    }
}

impl<T: Clone + Send + Sync + 'static> Flights<T> {
    /// The result of `compute`, or of the computation under way for the same key.
    ///
    /// Returns whether it was another's, too. Errors with [`Lost`] when the computation panicked;
    /// the next who asks starts anew.
    pub async fn join(
        &self,
        key: Key,
        compute: impl Future<Output = T> + Send + 'static,
    ) -> Result<(T, bool), Lost> {
        let under_way = self.under_way.clone();
        // The wait runs on a task as well: were the waiting caller dropped, moka would start the
        // computation a second time for the next in line.
        let wait = tokio::spawn(async move {
            let started = Arc::new(std::sync::atomic::AtomicBool::new(false));
            let mine = Arc::clone(&started);
            let result = under_way
                .get_with(key, async move {
                    mine.store(true, std::sync::atomic::Ordering::Relaxed);
                    tokio::spawn(compute).await.map_err(|_| Lost)
                })
                .await;
            let started = started.load(std::sync::atomic::Ordering::Relaxed);
            if started {
                under_way.invalidate(&key).await;
            }
            result.map(|value| (value, !started))
        });
        wait.await.unwrap_or(Err(Lost))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn callers_at_the_same_time_share_one_computation_and_later_ones_do_not() {
        let flights: Flights<u32> = Flights::default();
        let runs = Arc::new(AtomicU32::new(0));
        let gate = Arc::new(Notify::new());
        let mut waiting = Vec::new();
        for _ in 0..50 {
            let (flights, runs, gate) = (flights.clone(), Arc::clone(&runs), Arc::clone(&gate));
            waiting.push(tokio::spawn(async move {
                let compute = async move {
                    let run = runs.fetch_add(1, Ordering::SeqCst) + 1;
                    gate.notified().await;
                    run
                };
                flights.join([7; 32], compute).await
            }));
        }
        while runs.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        gate.notify_one();
        let mut shared = 0;
        for task in waiting {
            let (run, was_shared) = task.await.expect("no task panics").expect("a result");
            assert_eq!(run, 1);
            shared += u32::from(was_shared);
        }
        assert_eq!(shared, 49);
        assert_eq!(flights.join([7; 32], async { 9 }).await, Ok((9, false)));
    }

    #[tokio::test]
    async fn a_computation_outlives_the_caller_who_started_it() {
        let flights: Flights<u32> = Flights::default();
        let gate = Arc::new(Notify::new());
        let runs = Arc::new(AtomicU32::new(0));
        let impatient = {
            let (flights, gate, runs) = (flights.clone(), Arc::clone(&gate), Arc::clone(&runs));
            tokio::spawn(async move {
                let compute = async move {
                    gate.notified().await;
                    runs.fetch_add(1, Ordering::SeqCst) + 1
                };
                flights.join([1; 32], compute).await
            })
        };
        tokio::task::yield_now().await;
        tokio::time::sleep(Duration::from_millis(10)).await;
        impatient.abort();
        let patient = tokio::spawn({
            let flights = flights.clone();
            async move { flights.join([1; 32], async { 99 }).await }
        });
        tokio::time::sleep(Duration::from_millis(10)).await;
        gate.notify_one();
        assert_eq!(patient.await.expect("no panic"), Ok((1, true)));
        assert_eq!(runs.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_panic_is_told_and_the_key_is_free_again() {
        let flights: Flights<u32> = Flights::default();
        let lost = flights.join([2; 32], async { panic!("on purpose") }).await;
        assert_eq!(lost, Err(Lost));
        assert_eq!(flights.join([2; 32], async { 5 }).await, Ok((5, false)));
    }
}
