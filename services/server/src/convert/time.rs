//! Instants and durations, to and from the wire.

use std::time::Duration;

use ecosystems::Timestamp;

/// Nanoseconds of a second, the bound of every `nanos` on the wire.
const SECOND: i32 = 1_000_000_000;

/// Reads an instant; a part of a microsecond counts as a whole one. `None` means that it is none.
pub(super) fn instant(wire: prost_types::Timestamp) -> Option<Timestamp> {
    let prost_types::Timestamp { seconds, nanos } = wire;
    // The years 1 to 9999, as `timestamp.proto` has it.
    let within = (-62_135_596_800..=253_402_300_799).contains(&seconds);
    if !within || !(0..SECOND).contains(&nanos) {
        return None;
    }
    let micros = u32::try_from(nanos).ok()?.div_ceil(1000);
    Some(Timestamp::from_microseconds(seconds * 1_000_000 + i64::from(micros)))
}

/// Reads a duration that is not negative. `None` means that it is none.
pub(super) fn duration(wire: prost_types::Duration) -> Option<Duration> {
    let prost_types::Duration { seconds, nanos } = wire;
    // About ten thousand years, as `duration.proto` has it.
    if !(0..=315_576_000_000).contains(&seconds) || !(0..SECOND).contains(&nanos) {
        return None;
    }
    Some(Duration::new(u64::try_from(seconds).ok()?, u32::try_from(nanos).ok()?))
}

/// Writes an instant.
pub(super) fn wire_instant(instant: Timestamp) -> prost_types::Timestamp {
    let micros = instant.as_microseconds();
    let nanos = i32::try_from(micros.rem_euclid(1_000_000) * 1000)
        .expect("less than a second of nanoseconds fits");
    prost_types::Timestamp { seconds: micros.div_euclid(1_000_000), nanos }
}

/// Writes a duration.
pub(super) fn wire_duration(duration: Duration) -> prost_types::Duration {
    let nanos =
        i32::try_from(duration.subsec_nanos()).expect("less than a second of nanoseconds fits");
    let seconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    prost_types::Duration { seconds, nanos }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_survive_the_wire() {
        for micros in [0, 1, -1, 1_764_547_200_000_000, -62_135_596_800_000_000] {
            let read = Timestamp::from_microseconds(micros);
            assert_eq!(instant(wire_instant(read)), Some(read));
        }
    }

    #[test]
    fn what_is_no_instant_or_duration_is_told_apart() {
        let timestamp = |seconds, nanos| instant(prost_types::Timestamp { seconds, nanos });
        assert_eq!(timestamp(0, -1), None);
        assert_eq!(timestamp(0, SECOND), None);
        assert_eq!(timestamp(i64::MAX, 0), None);
        assert_eq!(timestamp(0, 1).map(Timestamp::as_microseconds), Some(1));
        let length = |seconds, nanos| duration(prost_types::Duration { seconds, nanos });
        assert_eq!(length(-1, 0), None);
        assert_eq!(length(0, -1), None);
        assert_eq!(length(i64::MAX, 0), None);
        assert_eq!(length(1, 5), Some(Duration::new(1, 5)));
    }
}
