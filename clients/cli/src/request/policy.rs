//! Which versions may be chosen, by flags and files.

use std::time::Duration;

use proto::v1::{Policy, PrereleaseMode, Strategy};

use crate::{
    arguments::Choice,
    input::{Input, Setting, Stated},
    request::{Origin, Origins},
};

/// What the command line says counts before what the files say.
pub(super) fn policy(choice: &Choice, input: &Input, origins: &mut Origins) -> Policy {
    let strategy: Strategy =
        decide(choice.strategy, &input.strategy, ("policy.strategy", "--strategy"), origins);
    let prereleases: PrereleaseMode = decide(
        choice.prereleases,
        &input.prereleases,
        ("policy.prereleases", "--prereleases"),
        origins,
    );
    let file_before = input.before.as_ref();
    match (choice.before, file_before) {
        (None, Some(setting)) => {
            origins.note("policy.before", Origin::File(setting.anchor.clone()));
        }
        _ => origins.note("policy.before", Origin::Flag("--before")),
    }
    origins.note("policy.minimum_age", Origin::Flag("--minimum-age"));
    let before = choice.before.or_else(|| file_before.map(|setting| setting.value));
    Policy {
        strategy: strategy.into(),
        prereleases: prereleases.into(),
        before: before.map(timestamp),
        minimum_age: choice.minimum_age.map(length),
        only_binary: names(
            ("policy.only_binary", "--only-binary"),
            (&input.only_binary, &choice.only_binary),
            origins,
        ),
        no_binary: names(
            ("policy.no_binary", "--no-binary"),
            (&input.no_binary, &choice.no_binary),
            origins,
        ),
        ..Policy::default()
    }
}

/// Takes the flag's value, else the file's, else the default, and notes whose it is.
pub(super) fn decide<F: Into<T>, T: Copy + Default>(
    flag: Option<F>,
    setting: &Option<Setting<T>>,
    (field, name): (&str, &'static str),
    origins: &mut Origins,
) -> T {
    match (flag, setting) {
        (None, Some(setting)) => {
            origins.note(field, Origin::File(setting.anchor.clone()));
            setting.value
        }
        (flag, _) => {
            origins.note(field, Origin::Flag(name));
            flag.map_or_else(T::default, Into::into)
        }
    }
}

/// Notes for each name of a list who said it, and for the list who said its first.
fn names(
    (field, flag): (&str, &'static str),
    (names, flagged): (&[Stated], &[String]),
    origins: &mut Origins,
) -> Vec<String> {
    for (index, name) in names.iter().enumerate() {
        let by_flag =
            flagged.iter().flat_map(|text| text.split(',')).any(|text| text.trim() == name.text);
        let origin = if by_flag { Origin::Flag(flag) } else { Origin::File(name.anchor.clone()) };
        if index == 0 {
            origins.note(field, origin.clone());
        }
        origins.note(format!("{field}[{index}]"), origin);
    }
    names.iter().map(|name| name.text.clone()).collect()
}

/// An age as the contract has it. The command line takes none that would not fit.
pub(super) fn length(age: Duration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: i64::try_from(age.as_secs()).unwrap_or(i64::MAX),
        nanos: age.subsec_nanos().cast_signed(),
    }
}

/// A number of days as the contract has it.
pub(super) fn days(count: u32) -> prost_types::Duration {
    prost_types::Duration { seconds: i64::from(count) * 86_400, nanos: 0 }
}

fn timestamp(instant: jiff::Timestamp) -> prost_types::Timestamp {
    // An instant before 1970 has a negative nanosecond part here, and never has one on the wire.
    let nanos = instant.subsec_nanosecond();
    let borrow = i64::from(nanos < 0);
    prost_types::Timestamp {
        seconds: instant.as_second() - borrow,
        nanos: if nanos < 0 { nanos + 1_000_000_000 } else { nanos },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_before_1970_have_positive_nanoseconds() {
        let instant: jiff::Timestamp = "1969-12-31T23:59:59.75Z".parse().unwrap();
        assert_eq!(timestamp(instant), prost_types::Timestamp { seconds: -1, nanos: 750_000_000 });
    }
}
