use super::*;

const RULES: Rules = Rules { max_staleness: None, absent_for: Duration::from_secs(60) };

/// An instant so many seconds into an arbitrary epoch.
fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000 + seconds)
}

/// Somebody who comes then, after 10 ticks.
fn caller(seconds: u64, max_staleness: Option<u64>) -> Caller {
    let max_staleness = max_staleness.map(Duration::from_secs);
    Caller { freshness: Freshness { max_staleness }, at: at(seconds), tick: 10 }
}

fn policy(cache_control: &'static str) -> Standing {
    let mut headers = HeaderMap::new();
    headers.insert(CACHE_CONTROL, http::HeaderValue::from_static(cache_control));
    let response = Response::new(StatusCode::OK, &headers, at(0));
    Standing::Policy(Arc::new(response.expect("the response may be kept")))
}

/// A document that was vouched for at second 0, when it was asked for at tick 5.
fn kept(standing: Standing) -> Kept<()> {
    let mut kept = Kept::new(Some(().into()), [0; 32], standing);
    kept.vouched_at = at(0);
    kept.course.asked = 5;
    kept
}

#[test]
fn the_caller_decides_then_the_configuration_then_the_registry() {
    let day = kept(policy("max-age=86400"));
    let config = Rules { max_staleness: Some(Duration::from_secs(100)), ..RULES };
    for (seconds, wanted, rules, holds) in [
        (86_399, None, RULES, true),
        (86_400, None, RULES, false),
        (100, None, config, true),
        (101, None, config, false),
        (150, Some(200), config, true),
        (201, Some(200), config, false),
        (0, Some(0), RULES, true),
        (1, Some(0), RULES, false),
    ] {
        let held = day.holds(caller(seconds, wanted), rules, 0);
        assert_eq!(held, holds, "{seconds} s, {wanted:?}, {rules:?}");
    }
    assert!(!kept(policy("no-cache")).holds(caller(0, None), RULES, 0));
    assert!(kept(policy("no-cache")).holds(caller(9, Some(9)), RULES, 0));
}

#[test]
fn a_clock_that_went_backwards_makes_nothing_fresh() {
    let mut day = kept(policy("max-age=86400"));
    day.vouched_at = at(1000);
    for wanted in [None, Some(0), Some(86_400), Some(u64::MAX)] {
        assert!(!day.holds(caller(999, wanted), RULES, 0), "{wanted:?}");
        assert!(!day.holds(caller(0, wanted), RULES, 0), "{wanted:?}");
    }
    assert!(day.holds(caller(1001, None), RULES, 0));
    // Who takes any age takes this one, and who waited for the answer heard it come.
    let any_age = Caller { freshness: Freshness::ANY_AGE, ..caller(0, None) };
    assert!(day.holds(any_age, RULES, 0));
    day.course.filled = 11;
    assert!(day.holds(caller(0, Some(0)), RULES, 0));
}

#[test]
fn a_clock_that_went_forwards_makes_all_stale_but_what_cannot_change() {
    let years = 1 << 36;
    assert!(!kept(policy("max-age=86400, immutable")).holds(caller(years, None), RULES, 0));
    assert!(kept(Standing::Fixed).holds(caller(years, Some(0)), RULES, 0));
}

#[test]
fn absence_is_believed_for_a_short_time_whatever_the_headers_say() {
    let mut absent = kept(policy("max-age=86400"));
    absent.facts = None;
    for (seconds, wanted, holds) in [
        (60, None, true),
        (61, None, false),
        (60, Some(3600), true),
        (61, Some(3600), false),
        (10, Some(5), false),
    ] {
        assert_eq!(absent.holds(caller(seconds, wanted), RULES, 0), holds, "{seconds} {wanted:?}");
    }
    let mut silent = kept(policy("no-cache"));
    silent.facts = None;
    assert!(!silent.holds(caller(1, None), RULES, 0), "the time is the longest, and no promise");
    let any_age = Caller { freshness: Freshness::ANY_AGE, ..caller(1 << 36, None) };
    assert!(absent.holds(any_age, RULES, 0));
}

#[test]
fn what_was_asked_for_before_an_invalidation_does_not_hold_even_for_those_who_waited() {
    let any_age = Caller { freshness: Freshness::ANY_AGE, ..caller(0, None) };
    let mut day = kept(policy("max-age=86400"));
    day.course.filled = 11;
    for caller in [caller(0, None), any_age] {
        assert!(day.holds(caller, RULES, 4));
        assert!(!day.holds(caller, RULES, 5));
        assert!(!day.holds(caller, RULES, 9));
    }
    assert!(kept(Standing::Fixed).holds(caller(0, None), RULES, 9));
}

#[test]
fn what_may_not_be_kept_is_for_those_who_waited() {
    let mut once = kept(Standing::Once);
    let any_age = Caller { freshness: Freshness::ANY_AGE, ..caller(0, None) };
    assert!(!once.holds(any_age, RULES, 0));
    once.course.filled = 11;
    assert!(once.holds(caller(0, None), RULES, 0));
    once.course.filled = 9;
    assert!(!once.holds(any_age, RULES, 0));
}

#[test]
fn ages_without_end_are_no_ages() {
    let mut headers = HeaderMap::new();
    headers.insert(CACHE_CONTROL, http::HeaderValue::from_static("max-age=60"));
    headers.insert(AGE, http::HeaderValue::from_static("18446744073709551615"));
    let response = Response::new(StatusCode::OK, &headers, at(0)).expect("it may be kept");
    let document = kept(Standing::Policy(Arc::new(response)));
    assert!(document.holds(caller(59, None), RULES, 0));
    assert!(!document.holds(caller(61, None), RULES, 0));
    headers.insert(AGE, http::HeaderValue::from_static("50"));
    let response = Response::new(StatusCode::OK, &headers, at(0)).expect("it may be kept");
    assert!(!kept(Standing::Policy(Arc::new(response))).holds(caller(10, None), RULES, 0));
}
