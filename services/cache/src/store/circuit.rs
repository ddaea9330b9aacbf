//! Leaves a database alone for a while that has failed.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// So many failures in a row, and the database is left alone.
const FAILURES: u32 = 3;

/// Counts failures in a row, and refuses calls after too many.
///
/// Closed, all calls pass. After [`FAILURES`] failures it is open, and calls are refused. After a
/// while one call is let through at a time: the first that succeeds closes it again.
pub(crate) struct Circuit {
    retry_after: Duration,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    failures: u32,
    /// Set while the circuit is open: when the next call may try.
    retry_at: Option<Instant>,
    /// Whether a call is trying at present.
    trying: bool,
}

/// A call that may go on, and says how it went. Dropped in silence, it was nobody's fault.
pub(crate) struct Admitted<'c> {
    circuit: &'c Circuit,
    tries: bool,
}

impl Circuit {
    pub(crate) fn new(retry_after: Duration) -> Self {
        Self { retry_after, inner: Mutex::default() }
    }

    /// Lets a call through, or none while the database is left alone.
    pub(crate) fn admit(&self) -> Option<Admitted<'_>> {
        let mut inner = self.lock();
        let Some(retry_at) = inner.retry_at else {
            return Some(Admitted { circuit: self, tries: false });
        };
        if inner.trying || Instant::now() < retry_at {
            return None;
        }
        inner.trying = true;
        Some(Admitted { circuit: self, tries: true })
    }

    /// Whether calls are refused at present, but for those that try.
    pub(crate) fn is_open(&self) -> bool {
        self.lock().retry_at.is_some()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // What is behind it are three plain values, right at any time.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Admitted<'_> {
    /// The database answered. Returns whether it had been left alone before.
    pub(crate) fn succeeded(self) -> bool {
        let mut inner = self.circuit.lock();
        inner.failures = 0;
        // A call from before the failures proves nothing about now.
        self.tries && inner.retry_at.take().is_some()
    }

    /// The database failed.
    pub(crate) fn failed(self) {
        let mut inner = self.circuit.lock();
        inner.failures = inner.failures.saturating_add(1);
        if self.tries || (inner.failures >= FAILURES && inner.retry_at.is_none()) {
            inner.retry_at = Some(Instant::now() + self.circuit.retry_after);
        }
    }
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        if self.tries {
            self.circuit.lock().trying = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETRY_AFTER: Duration = Duration::from_millis(5);

    fn broken() -> Circuit {
        let circuit = Circuit::new(RETRY_AFTER);
        for _ in 0..FAILURES {
            assert!(!circuit.is_open());
            circuit.admit().expect("it is closed").failed();
        }
        circuit
    }

    async fn tried(circuit: &Circuit) -> Admitted<'_> {
        loop {
            if let Some(admitted) = circuit.admit() {
                return admitted;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    #[test]
    fn single_failures_are_forgiven_and_three_in_a_row_are_not() {
        let circuit = Circuit::new(RETRY_AFTER);
        for _ in 0..FAILURES {
            circuit.admit().expect("it is closed").failed();
            circuit.admit().expect("it is closed").failed();
            circuit.admit().expect("it is closed").succeeded();
        }
        assert!(!circuit.is_open());
        assert!(broken().is_open());
    }

    #[tokio::test]
    async fn one_call_at_a_time_tries_and_the_first_success_closes_the_circuit() {
        let circuit = broken();
        let first = tried(&circuit).await;
        assert!(circuit.admit().is_none(), "another tries already");
        first.failed();
        assert!(circuit.admit().is_none(), "it is left alone for a while again");
        drop(tried(&circuit).await);
        assert!(circuit.admit().expect("the one that tried has left").succeeded());
        assert!(!circuit.is_open());
    }

    #[tokio::test]
    async fn a_call_from_before_the_failures_closes_nothing() {
        let circuit = Circuit::new(RETRY_AFTER);
        let early = circuit.admit().expect("it is closed");
        for _ in 0..FAILURES {
            circuit.admit().expect("it is closed").failed();
        }
        assert!(!early.succeeded());
        assert!(circuit.is_open());
    }
}
