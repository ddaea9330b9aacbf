//! What an answer took: how many packages, how it came about, and why it was slow.

use std::{fmt::Display, time::Duration};

use proto::v1::{Package, Phase, Statistics};

use crate::print::text::Held;

/// From here on an answer was slow, and it is told why.
const SLOW: Duration = Duration::from_secs(1);

/// Tells what an answer holds and took, in one line; a slow one gets a second line.
pub fn summary(packages: &[&Package], held: Held, statistics: Option<&Statistics>) -> Vec<String> {
    let mut parts = vec![match packages.len() {
        0 => "nothing to install".to_owned(),
        count => counted(count, "package"),
    }];
    if held != Held::Unknown && !packages.is_empty() {
        let new = packages.iter().filter(|package| !package.held).count();
        parts.push(format!("{new} new"));
    }
    let Some(statistics) = statistics else { return vec![parts.join(", ")] };
    parts.push(origin(statistics));
    if statistics.documents_fetched > 0 {
        let documents = counted(statistics.documents_fetched, "document");
        parts.push(format!("{documents} fetched ({})", bytes(statistics.bytes_fetched)));
    }
    if statistics.revalidating {
        parts.push("being confirmed for the next call".to_owned());
    }
    let total = statistics.total_time.as_ref().map(length);
    parts.extend(total.filter(|total| !total.is_zero()).map(time));
    let mut lines = vec![parts.join(", ")];
    if let Some(total) = total.filter(|total| *total > SLOW) {
        lines.extend(why_slow(statistics, total));
    }
    lines
}

/// Tells how far an answer is behind the newest versions because of what is held: where a version was
/// kept that has newer ones. What others gave up for its sake counts, too.
pub fn behind(packages: &[&Package], held: Held) -> Option<String> {
    let is_kept = |package: &&Package| package.held && package.versions_behind > 0;
    if held != Held::Preferred || !packages.iter().any(is_kept) {
        return None;
    }
    let behind = packages.iter().filter(|package| package.versions_behind > 0);
    let versions: u64 = behind.clone().map(|package| u64::from(package.versions_behind)).sum();
    let versions = counted(versions, "version");
    Some(match behind.count() {
        1 => format!("what is held was kept; 1 package is {versions} behind the newest"),
        count => format!(
            "what is held was kept; {count} packages are {versions} behind the newest in all"
        ),
    })
}

fn origin(statistics: &Statistics) -> String {
    match (statistics.remembered, statistics.rounds) {
        (true, _) => "remembered".to_owned(),
        (false, 0) => "solved".to_owned(),
        (false, rounds) => format!("solved in {}", counted(rounds, "round")),
    }
}

/// Names the phase that took longest, and the step that stood out.
fn why_slow(statistics: &Statistics, total: Duration) -> Option<String> {
    let longest = statistics
        .phases
        .iter()
        .filter_map(|phase| Some((phase.phase(), length(phase.time.as_ref()?))))
        .max_by_key(|(_, length)| *length)
        .and_then(|(phase, length)| Some((activity(phase)?, length)));
    let step = (!statistics.slowest_step.is_empty()).then_some(statistics.slowest_step.as_str());
    match (longest, step) {
        (Some((activity, length)), step) => {
            let step = step.map(|step| format!(", slowest: {step}")).unwrap_or_default();
            Some(format!("it took {} mostly for {activity} ({}){step}", time(total), time(length)))
        }
        (None, Some(step)) => Some(format!("it took {}, slowest: {step}", time(total))),
        (None, None) => None,
    }
}

/// What a phase is about, for people.
fn activity(phase: Phase) -> Option<&'static str> {
    let activity = match phase {
        Phase::Unspecified => return None,
        Phase::Read => "reading the request",
        Phase::Remember => "looking for a remembered answer",
        Phase::Fetch => "asking registries",
        Phase::Parse => "reading what registries sent",
        Phase::Solve => "solving",
        Phase::Widen => "looking for other versions that fit",
        Phase::Explain => "explaining",
        Phase::Write => "writing the answer",
    };
    Some(activity)
}

/// A number of things, whose name takes an `s` where there are several.
pub fn counted(count: impl Display + Copy, noun: &str) -> String {
    let count = count.to_string();
    let plural = if count == "1" { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// A length of time of the wire. One that runs backwards is none.
fn length(duration: &prost_types::Duration) -> Duration {
    Duration::try_from(*duration).unwrap_or_default()
}

/// A length of time for people: three digits at most.
pub fn time(length: Duration) -> String {
    let seconds = length.as_secs_f64();
    match seconds {
        ..0.001 => format!("{} µs", length.as_micros()),
        ..1.0 => format!("{} ms", length.as_millis()),
        ..10.0 => format!("{seconds:.1} s"),
        _ => format!("{seconds:.0} s"),
    }
}

/// A size for people.
pub fn bytes(count: u64) -> String {
    // Only numbers far beyond any transfer lose digits here.
    #[expect(clippy::cast_precision_loss, reason = "shown with one digit behind the point")]
    let size = count as f64;
    match count {
        0..1_000 => format!("{count} bytes"),
        1_000..1_000_000 => format!("{:.0} kB", size / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", size / 1e6),
        _ => format!("{:.1} GB", size / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_are_short() {
        let told: Vec<_> = [90, 2_500, 310_000, 1_900_000, 65_000_000]
            .map(|microseconds| time(Duration::from_micros(microseconds)))
            .into();
        assert_eq!(told, ["90 µs", "2 ms", "310 ms", "1.9 s", "65 s"]);
        assert_eq!(
            [12, 4_400, 1_240_000, 3_000_000_000].map(bytes),
            ["12 bytes", "4 kB", "1.2 MB", "3.0 GB"]
        );
    }
}
