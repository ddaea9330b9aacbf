//! When what is sent arrives: arithmetic alone, on instants that the caller gives.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use testkit::chance::Chance;

use super::Stalls;

/// What a connection may have under way before anything is acknowledged: ten packets.
const FIRST_WINDOW: usize = 14_600;

/// The payload of a full packet.
const PACKET: usize = 1460;

/// One direction of a link: chunks leave one after the other.
#[derive(Debug, Default)]
pub(super) struct Lane {
    free_at: Option<Instant>,
}

impl Lane {
    /// Sends `bytes` that are there at `now`, at `bandwidth` bits a second. Returns when the last of them
    /// has left.
    pub(super) fn send(&mut self, now: Instant, bytes: usize, bandwidth: Option<u64>) -> Instant {
        let starts = self.free_at.map_or(now, |free| free.max(now));
        let left = starts + time_for(bytes, bandwidth);
        self.free_at = Some(left);
        left
    }
}

/// How long a link of `bandwidth` bits a second is busy with `bytes`.
pub(super) fn time_for(bytes: usize, bandwidth: Option<u64>) -> Duration {
    let nanos =
        bandwidth.map_or(0, |bits| bytes as u128 * 8 * 1_000_000_000 / u128::from(bits.max(1)));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// How much of it is read at once: about a millisecond's worth, at least a packet.
pub(super) fn chunk(bandwidth: Option<u64>) -> usize {
    let millisecond = bandwidth.map_or(u64::MAX, |bits| bits / 8000);
    usize::try_from(millisecond).unwrap_or(usize::MAX).clamp(PACKET, 32 << 10)
}

/// What a connection that begins slowly has under way.
#[derive(Debug)]
pub(super) struct Window {
    size: usize,
    /// Each chunk under way, with when word of its arrival is back.
    under_way: VecDeque<(Instant, usize)>,
}

impl Window {
    pub(super) fn new() -> Self {
        Self { size: FIRST_WINDOW, under_way: VecDeque::new() }
    }

    /// How much may be sent at `now`, or when to ask again.
    pub(super) fn room(&mut self, now: Instant) -> Result<usize, Instant> {
        while let Some((back, bytes)) = self.under_way.front().copied().filter(|one| one.0 <= now) {
            let _ = back;
            self.size += bytes;
            self.under_way.pop_front();
        }
        let under_way: usize = self.under_way.iter().map(|(_, bytes)| bytes).sum();
        match (self.size.saturating_sub(under_way), self.under_way.front()) {
            (0, Some((back, _))) => Err(*back),
            (room, _) => Ok(room),
        }
    }

    /// Notes a chunk, and when word of its arrival is back.
    pub(super) fn sent(&mut self, bytes: usize, back: Instant) {
        self.under_way.push_back((back, bytes));
    }
}

/// Decides which chunks of one direction of a connection are held up.
pub(super) struct Losses {
    stalls: Stalls,
    chance: Chance,
    /// Nothing arrives before what was sent before it.
    last: Option<Instant>,
}

impl Losses {
    /// The losses of the connection of that number, in one direction.
    pub(super) fn new(stalls: Stalls, connection: u64, is_up: bool) -> Self {
        let seed = stalls.seed ^ (connection << 1 | u64::from(is_up)).wrapping_mul(0x9e37_79b9);
        Self { stalls, chance: Chance::new(seed), last: None }
    }

    /// When a chunk that would arrive at `arrival` does so.
    pub(super) fn arrival(&mut self, arrival: Instant, bytes: usize) -> Instant {
        let packets = bytes.div_ceil(PACKET);
        let one_of = usize::try_from(self.stalls.one_of).unwrap_or(usize::MAX).max(1);
        let is_lost = (0..packets).any(|_| self.chance.below(one_of) == 0);
        let pause = if is_lost { self.stalls.pause } else { Duration::ZERO };
        let arrival = self.last.map_or(arrival, |last| last.max(arrival)) + pause;
        self.last = Some(arrival);
        arrival
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MBIT: u64 = 1_000_000;

    #[test]
    fn a_lane_is_busy_for_bytes_over_bandwidth_however_they_come() {
        let start = Instant::now();
        for (bytes, mbit, milliseconds) in [(125_000, 10, 100), (125_000, 100, 10), (1, 1, 0)] {
            let expected = start + time_for(bytes, Some(mbit * MBIT));
            assert_eq!((expected - start).as_millis(), milliseconds, "{bytes} at {mbit}");
            let mut lane = Lane::default();
            let whole = lane.send(start, bytes, Some(mbit * MBIT));
            assert_eq!(whole, expected);
            let mut lane = Lane::default();
            let sent = (0..bytes).step_by(1000).map(|from| (bytes - from).min(1000));
            let parts = sent.fold(start, |_, part| lane.send(start, part, Some(mbit * MBIT)));
            assert!(whole - parts < Duration::from_micros(1), "{bytes} at {mbit} in parts");
        }
        // A pause is no credit for later.
        let mut lane = Lane::default();
        lane.send(start, 1, Some(MBIT));
        let later = start + Duration::from_secs(1);
        assert_eq!(lane.send(later, 125_000, Some(MBIT)), later + Duration::from_secs(1));
    }

    #[test]
    fn a_window_doubles_with_each_round_trip() {
        let round_trip = Duration::from_millis(100);
        let (mut now, mut window, mut flights) = (Instant::now(), Window::new(), Vec::new());
        for _ in 0..4 {
            let mut flight = 0;
            let again = loop {
                match window.room(now) {
                    Ok(room) => {
                        flight += room;
                        window.sent(room, now + round_trip);
                    }
                    Err(again) => break again,
                }
            };
            flights.push(flight);
            now = again;
        }
        assert_eq!(flights, [1, 2, 4, 8].map(|times| times * FIRST_WINDOW));
    }

    #[test]
    fn losses_are_as_frequent_as_said_and_the_same_for_one_seed() {
        let stalls = Stalls { one_of: 100, pause: Duration::from_millis(200), seed: 7 };
        let start = Instant::now();
        let held_up = |seed| {
            let mut losses = Losses::new(Stalls { seed, ..stalls }, 1, true);
            let late = (0..10_000_u64).filter(|place| {
                // So far apart that nothing waits for what was lost before it.
                let due = start + Duration::from_secs(*place);
                losses.arrival(due, PACKET) > due
            });
            late.collect::<Vec<_>>()
        };
        let first = held_up(7);
        assert!((60..140).contains(&first.len()), "{}", first.len());
        assert_eq!(first, held_up(7));
        assert_ne!(first, held_up(8));
        // What is behind a lost chunk waits for it.
        let mut losses = Losses::new(Stalls { one_of: 1, ..stalls }, 1, true);
        let lost = losses.arrival(start, 1);
        assert!(losses.arrival(start, 1) > lost);
    }
}
