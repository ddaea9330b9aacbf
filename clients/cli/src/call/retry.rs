//! When a failed call is worth another try, and how long to wait before it.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher as _, Hasher as _},
    time::Duration,
};

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// How often a request is sent at most.
const ATTEMPTS: u32 = 4;

/// The wait before the second attempt; it doubles from there.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// The longest wait that a service can ask for. Beyond it the user is better told.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Tells how long to wait after the given attempt, counted from 1. `None` is not to try again.
///
/// A service says with `RetryInfo` that waiting helps, and for how long at least. One that explains
/// itself and leaves it out says that waiting does not. What explains nothing comes from the way to
/// the service, such as a broken connection, and is worth a try.
pub(super) fn wait(status: &Status, attempt: u32) -> Option<Duration> {
    if attempt >= ATTEMPTS || !matches!(status.code(), Code::Unavailable | Code::ResourceExhausted)
    {
        return None;
    }
    let details = status.get_error_details();
    let own = FIRST_WAIT * 2_u32.pow(attempt - 1);
    let least = match (details.retry_info(), details.error_info()) {
        (Some(retry), _) => retry.retry_delay.unwrap_or_default().max(own),
        (None, None) => own,
        (None, Some(_)) => return None,
    };
    (least <= LONGEST_WAIT).then(|| least.saturating_add(jitter(own)))
}

/// A time below `most`, different for every client, so that those refused together come back apart.
fn jitter(most: Duration) -> Duration {
    // The hasher's random keys are the one source of chance that the standard library has.
    let chance = RandomState::new().build_hasher().finish() % 1000;
    most.mul_f64(f64::from(u32::try_from(chance).unwrap_or_default()) / 1000.0)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use tonic_types::ErrorDetails;

    use super::*;

    fn explained(code: Code, retry_after: Option<Duration>) -> Status {
        let mut details = ErrorDetails::with_error_info(
            "OVERLOADED",
            "quartermaster.resolver.v1",
            HashMap::new(),
        );
        if retry_after.is_some() {
            details.set_retry_info(retry_after);
        }
        Status::with_error_details(code, "busy", details)
    }

    #[test]
    fn the_delay_that_the_service_asks_for_is_the_least_to_wait() {
        let second = Duration::from_secs(1);
        let status = explained(Code::ResourceExhausted, Some(second));
        let waited = wait(&status, 1).unwrap();
        assert!(waited >= second && waited <= second + FIRST_WAIT, "{waited:?}");
        assert!(wait(&status, ATTEMPTS).is_none());
    }

    #[test]
    fn only_what_waiting_can_help_is_tried_again() {
        assert!(wait(&Status::unavailable("connection reset"), 1).is_some());
        assert!(wait(&explained(Code::Unavailable, None), 1).is_none());
        assert!(wait(&explained(Code::Unavailable, Some(Duration::from_secs(3600))), 1).is_none());
        assert!(wait(&explained(Code::Internal, Some(Duration::ZERO)), 1).is_none());
        assert!(wait(&Status::invalid_argument("no"), 1).is_none());
    }
}
