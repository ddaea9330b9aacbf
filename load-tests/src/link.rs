//! A link between two programs on the loopback: a relay that costs what a distance costs.
//!
//! A [`Relay`] listens on one address and connects to another; all relays of one [`Link`] share its
//! bandwidth. What is simulated:
//!
//! * **Round trips.** Every byte takes half a round trip; a connection takes one and a half before the
//!   other side may send into it, as with SYN, SYN-ACK and the first data. The kernel lets the client's
//!   `connect` return at once, so it is its first bytes that wait: no client can tell the difference,
//!   unless it measures `connect` itself.
//! * **Bandwidth**, apart for each direction and shared by all connections: a chunk leaves when the one
//!   before it has left. Whoever sends faster is held up after [`QUEUE`] of data, as by a short queue.
//!   Only payload is counted: headers of TCP and IP, 2 to 4% of full packets, are not.
//! * **Stalls**, on demand: a chunk is held up as a lost packet is until it is sent again, and all
//!   behind it on its connection wait.
//! * **Slow start**, on demand: a connection may have 14,600 bytes under way, and twice as many after
//!   each round trip, until the link is full (RFC 6928). By default there is none, which favours
//!   whoever opens many connections and moves much.
//!
//! Not simulated: name look-ups, the loss of whole connections, acknowledgements that take bandwidth.
//!
//! The relay counts bytes, connections and **round trips**: the length of the longest chain of
//! messages of which each was sent after the one before had arrived, openings included. Whatever has
//! arrived counts as a cause of what is sent next, on all connections together. During a long transfer
//! the acknowledgements of the protocol above TCP add to it.

mod lane;
mod relay;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use self::lane::Lane;
pub use self::relay::Relay;

/// So much data may wait to leave before its sender is held up.
pub const QUEUE: Duration = Duration::from_millis(5);

/// What a link is like. By default there is no distance and no bound.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Settings {
    /// The time to the other side and back.
    pub round_trip: Duration,
    /// Bits a second in each direction; `None` for no bound.
    pub bandwidth: Option<u64>,
    /// Whether connections begin slowly.
    pub slow_start: bool,
    /// What is held up now and then.
    pub stalls: Option<Stalls>,
}

/// Chunks that are held up as lost packets are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stalls {
    /// Of so many packets of 1,460 bytes one is lost.
    pub one_of: u64,
    /// How long it is missing.
    pub pause: Duration,
    /// Two runs with one seed lose the same packets of connections with the same numbers.
    pub seed: u64,
}

/// A link that relays share. Clones are the same link.
#[derive(Clone, Debug)]
pub struct Link(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    settings: Mutex<Settings>,
    up: Mutex<Lane>,
    down: Mutex<Lane>,
    counts: Counters,
}

#[derive(Debug, Default)]
struct Counters {
    up: AtomicU64,
    down: AtomicU64,
    connections: AtomicU64,
    /// The longest chain since the start.
    chain: AtomicU64,
    /// How much of it has been told.
    told: AtomicU64,
}

/// What has passed a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Passed {
    /// Bytes from clients.
    pub bytes_up: u64,
    /// Bytes to clients.
    pub bytes_down: u64,
    /// Connections that were opened.
    pub connections: u64,
    /// The longest chain of messages there and back.
    pub round_trips: u64,
}

/// A direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// From the client.
    Up,
    /// To the client.
    Down,
}

impl Link {
    /// A link without relays yet.
    pub fn new(settings: Settings) -> Self {
        Self(Arc::new(Shared {
            settings: Mutex::new(settings),
            up: Mutex::default(),
            down: Mutex::default(),
            counts: Counters::default(),
        }))
    }

    /// Makes it another link, for connections from now on.
    pub fn set(&self, settings: Settings) {
        *lock(&self.0.settings) = settings;
    }

    /// What it is like now.
    pub fn settings(&self) -> Settings {
        *lock(&self.0.settings)
    }

    /// What has passed since the last call, or since the start.
    pub fn take_passed(&self) -> Passed {
        let counts = &self.0.counts;
        let take = |count: &AtomicU64| count.swap(0, Ordering::SeqCst);
        let chain = self.chain();
        Passed {
            bytes_up: take(&counts.up),
            bytes_down: take(&counts.down),
            connections: take(&counts.connections),
            round_trips: chain - counts.told.swap(chain, Ordering::SeqCst),
        }
    }

    fn lane(&self, way: Way) -> MutexGuard<'_, Lane> {
        lock(match way {
            Way::Up => &self.0.up,
            Way::Down => &self.0.down,
        })
    }

    fn count_bytes(&self, way: Way, bytes: usize) {
        let count = match way {
            Way::Up => &self.0.counts.up,
            Way::Down => &self.0.counts.down,
        };
        count.fetch_add(bytes as u64, Ordering::SeqCst);
    }

    /// The longest chain that has come back to a client.
    fn chain(&self) -> u64 {
        self.0.counts.chain.load(Ordering::SeqCst)
    }

    fn lengthen_chain(&self, length: u64) {
        self.0.counts.chain.fetch_max(length, Ordering::SeqCst);
    }
}

/// Waits for an instant. The timers of the runtime are whole milliseconds, which is too coarse for a
/// link of two.
#[expect(clippy::disallowed_methods, reason = "the threads that call this do nothing else")]
pub(crate) fn sleep_until(instant: Instant) {
    std::thread::sleep(instant.saturating_duration_since(Instant::now()));
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
