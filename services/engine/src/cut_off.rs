//! The instant after which nothing exists.

use std::time::Duration;

use ecosystems::Timestamp;

/// An hour, to which a minimum age is rounded: so that it does not make a new question of each call.
const HOUR: i64 = 3_600_000_000;

/// The earlier one of a stated instant and of that which a minimum age means at `now`.
pub(crate) fn cut_off(
    before: Option<Timestamp>,
    minimum_age: Option<Duration>,
    now: Timestamp,
) -> Option<Timestamp> {
    let by_age = minimum_age.filter(|age| !age.is_zero()).map(|age| {
        let age = i64::try_from(age.as_micros()).unwrap_or(i64::MAX);
        let instant = now.as_microseconds().saturating_sub(age);
        Timestamp::from_microseconds(instant.div_euclid(HOUR) * HOUR)
    });
    match (before, by_age) {
        (Some(before), Some(by_age)) => Some(before.min(by_age)),
        (before, by_age) => before.or(by_age),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minimum_age_is_an_instant_on_the_hour() {
        let now = Timestamp::parse("2026-11-20T17:34:56Z").expect("an instant");
        let day = Duration::from_secs(86_400);
        let cut = cut_off(None, Some(day), now).map(|instant| instant.to_string());
        assert_eq!(cut.as_deref(), Some("2026-11-19T17:00:00Z"));
        let before = Timestamp::parse("2025-01-01T00:00:00Z").ok();
        assert_eq!(cut_off(before, Some(day), now), before);
        assert_eq!(cut_off(None, None, now), None);
    }
}
