//! Side by side: the peers and the service resolve the recorded projects, over links of many kinds.
//!
//! ```text
//!   peer ───── client link ─────► registry          cold: an empty cache; warm: once more
//!   qm ──────── client link ─────► front ─► service ─── near link ─────► registry
//! ```
//!
//! The client link has the round-trip time and the bandwidth that a row of the table names. The near
//! link has [`NEAR`]: the service stands beside the registries. Every answer is held against the
//! recorded one, and what the service says of how it came by it against what the row is called.

mod lab;
mod ours;
mod page;
mod peer;
mod plot;
mod report;

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use self::lab::Lab;
use self::ours::Service;
pub use self::report::Report;
use crate::link::{Passed, Settings};
use crate::programs::Programs;
use crate::registry::Data;
use crate::sets::{Kind, Set};

/// The link between the service and the registries.
pub const NEAR: Settings = Settings {
    round_trip: Duration::from_millis(2),
    bandwidth: Some(1_000_000_000),
    slow_start: false,
    stalls: None,
};

/// What is to be measured.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The projects.
    pub sets: Vec<Set>,
    /// The round-trip times of the client link, in milliseconds.
    pub round_trips: Vec<u64>,
    /// The bandwidths of the client link, in Mbit/s.
    pub bandwidths: Vec<u64>,
    /// How often each case is measured.
    pub repeats: usize,
    /// How often each case of a peer is measured.
    pub peer_repeats: usize,
    /// Whether connections begin slowly.
    pub slow_start: bool,
    /// Whether `qm` speaks TLS with a front before the service.
    pub tls: bool,
    /// A folder of recordings; by default what is bundled.
    pub data: Option<PathBuf>,
}

/// Who resolves, and what was known before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Case {
    /// The peer, with an empty cache.
    PeerCold,
    /// The peer, with a cache that it has just filled.
    PeerWarm,
    /// `qm`, with a service that has just started.
    ServiceCold,
    /// `qm`, with a service that has read all documents, and has not been asked this.
    FactsKnown,
    /// `qm`, with a service that has been asked this.
    Remembered,
}

impl Case {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::PeerCold, Self::PeerWarm, Self::ServiceCold, Self::FactsKnown, Self::Remembered];

    /// What tables call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::PeerCold => "peer, cold",
            Self::PeerWarm => "peer, warm",
            Self::ServiceCold => "qm, service cold",
            Self::FactsKnown => "qm, facts known",
            Self::Remembered => "qm, remembered",
        }
    }
}

/// One run of one case.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Sample {
    /// From the start of the process to its end.
    pub milliseconds: f64,
    /// What passed the client link.
    pub passed: Passed,
    /// What the registry was asked, by the peer or by the service.
    pub requests: u64,
}

/// A case over one link.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// The project.
    pub set: String,
    /// Its ecosystem.
    pub kind: Kind,
    /// The round-trip time of the client link, in milliseconds.
    pub round_trip: u64,
    /// The bandwidth of the client link, in Mbit/s.
    pub bandwidth: u64,
    /// Who resolved, and what was known.
    pub case: Case,
    /// The run with the median time.
    pub median: Sample,
    /// What no program could be faster than: the opening of the connection, one round trip, and the
    /// bytes of the median run over the bandwidth. Of `qm` only.
    pub limit_milliseconds: Option<f64>,
    /// The times of all runs, in milliseconds.
    pub all_milliseconds: Vec<f64>,
}

/// Measures all that is planned; a line of progress a case goes to standard error.
///
/// # Errors
///
/// When a program fails, an answer differs from the recorded one, or the service did not do what a row
/// claims of it: had it remembered what it should solve, or read what it should know.
pub fn compare(plan: &Plan, programs: &Programs) -> anyhow::Result<Report> {
    let data = plan.data.as_ref().map_or_else(|| Ok(Data::bundled()), |data| Data::open(data))?;
    let lab = Lab::new(data, programs.clone(), plan)?;
    let mut report = Report::new(plan, programs);
    for set in &plan.sets {
        let has_peer = lab.has_peer(set.kind);
        if !has_peer {
            eprintln!("{set}: there is no {}: its rows are left out", set.kind.peer());
        }
        lab.warm_up(set, has_peer)?;
        for &bandwidth in &plan.bandwidths {
            for &round_trip in &plan.round_trips {
                lab.client.set(Settings {
                    round_trip: Duration::from_millis(round_trip),
                    bandwidth: Some(bandwidth * 1_000_000),
                    slow_start: plan.slow_start,
                    stalls: None,
                });
                let mut samples: Vec<(Case, Vec<Sample>)> = Vec::new();
                if has_peer {
                    samples.extend(peers(&lab, set, plan.peer_repeats)?);
                }
                samples.extend(ours(&lab, set, plan.repeats)?);
                for (case, samples) in samples {
                    let measured =
                        Measured::new(set, (round_trip, bandwidth), case, samples, plan.tls);
                    eprintln!("{}", measured.line());
                    report.measured.push(measured);
                }
            }
        }
    }
    Ok(report)
}

fn peers(lab: &Lab, set: &Set, repeats: usize) -> anyhow::Result<[(Case, Vec<Sample>); 2]> {
    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    for _ in 0..repeats {
        let cache = tempfile::tempdir()?;
        cold.push(lab.peer(set, cache.path())?);
        warm.push(lab.peer(set, cache.path())?);
    }
    Ok([(Case::PeerCold, cold), (Case::PeerWarm, warm)])
}

fn ours(lab: &Lab, set: &Set, repeats: usize) -> anyhow::Result<[(Case, Vec<Sample>); 3]> {
    let mut samples = [Case::ServiceCold, Case::FactsKnown, Case::Remembered]
        .map(|case| (case, Vec::with_capacity(repeats)));
    for _ in 0..repeats {
        let service = Service::start(lab)?;
        for (case, samples) in &mut samples {
            samples.push(service.ask(lab, set, *case)?);
        }
    }
    Ok(samples)
}

impl Measured {
    fn new(
        set: &Set,
        (round_trip, bandwidth): (u64, u64),
        case: Case,
        mut samples: Vec<Sample>,
        tls: bool,
    ) -> Self {
        samples.sort_by(|a, b| a.milliseconds.total_cmp(&b.milliseconds));
        let median = samples[samples.len() / 2];
        let is_ours = matches!(case, Case::FactsKnown | Case::Remembered);
        Self {
            set: set.name.clone(),
            kind: set.kind,
            round_trip,
            bandwidth,
            case,
            limit_milliseconds: is_ours.then(|| limit(round_trip, bandwidth, &median.passed, tls)),
            median,
            all_milliseconds: samples.iter().map(|sample| sample.milliseconds).collect(),
        }
    }

    /// The case in one line.
    fn line(&self) -> String {
        let Passed { bytes_up, bytes_down, connections, round_trips } = self.median.passed;
        format!(
            "{:<12} {:>3} ms {:>3} Mbit/s  {:<16} {:>9.1} ms  {:>9} bytes  {round_trips:>4} round \
             trips  {connections:>3} connections  {:>5} requests",
            self.set,
            self.round_trip,
            self.bandwidth,
            self.case.title(),
            self.median.milliseconds,
            bytes_up + bytes_down,
            self.median.requests
        )
    }
}

/// What no program can be faster than that asks once over a new connection, in milliseconds.
fn limit(round_trip: u64, bandwidth: u64, passed: &Passed, tls: bool) -> f64 {
    let trips = if tls { 3.0 } else { 2.0 };
    // Both directions can be busy at once, but the answer waits for the question.
    let bits = (passed.bytes_up + passed.bytes_down) as f64 * 8.0;
    trips * round_trip as f64 + bits / (bandwidth as f64 * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_openings_a_round_trip_and_bytes_over_bandwidth() {
        let passed = Passed { bytes_up: 2_500, bytes_down: 10_000, ..Passed::default() };
        assert_eq!(limit(100, 10, &passed, true), 310.0);
        assert_eq!(limit(100, 10, &passed, false), 210.0);
        assert_eq!(limit(2, 100, &passed, true), 7.0);
    }
}
