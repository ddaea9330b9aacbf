//! How values of flags are read.

use std::time::Duration;

use jiff::Timestamp;

/// A day, in milliseconds.
const DAY: u64 = 86_400_000;

/// The highest minimum age, in days: a century, before any index.
const OLDEST_DAYS: u64 = 36_500;

/// Reads a time such as `90s`; a number alone is seconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let milliseconds = match unit {
        "ms" => 1,
        "" | "s" => 1000,
        "m" => 60_000,
        _ => return Err("write a whole number with `ms`, `s` or `m`, such as `90s`".to_owned()),
    };
    match number.parse::<u64>().ok().and_then(|number| number.checked_mul(milliseconds)) {
        None => Err("write a whole number with `ms`, `s` or `m`, such as `90s`".to_owned()),
        Some(0) => Err("it must be longer than nothing".to_owned()),
        // A deadline of gRPC has eight digits; a day is far from any answer.
        Some(long) if long > DAY => Err("it can be a day at most".to_owned()),
        Some(short) => Ok(Duration::from_millis(short)),
    }
}

/// Reads the greatest age of facts, such as `10m` or `0s`.
pub(super) fn staleness(text: &str) -> Result<Duration, String> {
    match any_age(text) {
        Some(age) => age,
        None => {
            Err("write a whole number with `ms`, `s`, `m`, `h` or `d`, such as `10m`".to_owned())
        }
    }
}

/// Reads an age such as `7d`.
pub(super) fn age(text: &str) -> Result<Duration, String> {
    match any_age(text) {
        Some(Ok(Duration::ZERO)) => Err("leave it out for no minimum".to_owned()),
        Some(age) => age,
        None => {
            Err("write a whole number with `ms`, `s`, `m`, `h` or `d`, such as `7d`".to_owned())
        }
    }
}

/// Reads an age of nothing or more; none if the text is of another form.
fn any_age(text: &str) -> Option<Result<Duration, String>> {
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => DAY,
        _ => return None,
    };
    let number: u64 = number.parse().ok()?;
    Some(match number.checked_mul(milliseconds) {
        Some(age) if age <= OLDEST_DAYS * DAY => Ok(Duration::from_millis(age)),
        _ => Err(format!("it can be `{OLDEST_DAYS}d` at most")),
    })
}

/// Reads `PACKAGE=NAME`.
pub(super) fn pin(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((package, registry)) if !package.is_empty() && !registry.is_empty() => {
            Ok((package.to_owned(), registry.to_owned()))
        }
        _ => Err("write a package and a registry of the service, such as `acme=corp`".to_owned()),
    }
}

/// Reads an instant.
pub(super) fn instant(text: &str) -> Result<Timestamp, String> {
    text.parse()
        .map_err(|_| "write an instant with its zone, such as `2025-12-01T00:00:00Z`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        for (text, milliseconds) in [("90", 90_000), ("90s", 90_000), ("2m", 120_000), ("5ms", 5)] {
            assert_eq!(duration(text), Ok(Duration::from_millis(milliseconds)));
        }
        for text in ["", "s", "1h", "0", "-1", "1.5s", "99999999999999999999", "2000m"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ages_have_units() {
        for (text, seconds) in [("7d", 604_800), ("36h", 129_600), ("90m", 5400), ("5000ms", 5)] {
            assert_eq!(age(text), Ok(Duration::from_secs(seconds)));
        }
        for text in ["", "7", "d", "0d", "-1d", "1.5d", "7 days", "36501d", "99999999999999999d"] {
            assert!(age(text).is_err(), "{text}");
        }
    }

    #[test]
    fn pins_name_a_package_and_a_registry() {
        assert_eq!(pin("acme=corp"), Ok(("acme".to_owned(), "corp".to_owned())));
        for text in ["acme", "=corp", "acme=", ""] {
            assert!(pin(text).is_err(), "{text}");
        }
    }

    #[test]
    fn instants_have_zones() {
        assert!(instant("2025-12-01T00:00:00Z").is_ok());
        assert!(instant("2025-12-01T00:00:00+01:00").is_ok());
        assert!(instant("2025-12-01").is_err());
    }
}
