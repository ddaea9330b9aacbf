//! What was measured, as JSON for programs and as a table for people.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Serialize;

use super::{Case, Measured, Plan, page};
use crate::machine::Machine;
use crate::programs::{Programs, version};
use crate::sets::Kind;

/// All that a run has measured.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Where.
    pub machine: Machine,
    /// The versions of the peers, by their names.
    pub peers: Vec<(String, String)>,
    /// Whether `qm` spoke TLS.
    pub tls: bool,
    /// Whether connections began slowly.
    pub slow_start: bool,
    /// How often each case was measured: of `qm`, of peers.
    pub repeats: (usize, usize),
    /// Case by case.
    pub measured: Vec<Measured>,
}

impl Report {
    pub(super) fn new(plan: &Plan, programs: &Programs) -> Self {
        let all = [("uv", &programs.uv), ("cargo", &programs.cargo), ("npm", &programs.npm)];
        let versions = all.map(|(name, program)| (name.to_owned(), version(program)));
        Self {
            machine: Machine::here(),
            peers: versions.into_iter().filter_map(|(name, told)| Some((name, told?))).collect(),
            tls: plan.tls,
            slow_start: plan.slow_start,
            repeats: (plan.repeats, plan.peer_repeats),
            measured: Vec::new(),
        }
    }

    /// Writes `compare.json`, `compare.md` and `compare.html` into a folder.
    ///
    /// # Errors
    ///
    /// When they cannot be written.
    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("compare.json"), serde_json::to_vec_pretty(self)?)?;
        fs::write(folder.join("compare.md"), self.table())?;
        fs::write(folder.join("compare.html"), page::page(self))?;
        Ok(())
    }

    /// The sets in their order, each once.
    pub(super) fn sets(&self) -> Vec<(&str, Kind)> {
        let mut sets: Vec<_> =
            self.measured.iter().map(|one| (one.set.as_str(), one.kind)).collect();
        sets.dedup();
        sets
    }

    /// The links in their order, each once: round trip and bandwidth.
    pub(super) fn links(&self) -> Vec<(u64, u64)> {
        let links = self.measured.iter().map(|one| (one.bandwidth, one.round_trip));
        let mut links: Vec<_> = links.collect();
        links.sort_unstable();
        links.dedup();
        links.into_iter().map(|(bandwidth, round_trip)| (round_trip, bandwidth)).collect()
    }

    /// One case over one link.
    pub(super) fn case(&self, set: &str, link: (u64, u64), case: Case) -> Option<&Measured> {
        self.measured.iter().find(|one| {
            one.set == set && (one.round_trip, one.bandwidth) == link && one.case == case
        })
    }

    /// How the figures came about, in a few sentences.
    pub(super) fn preface(&self) -> String {
        let versions: Vec<&str> = self.peers.iter().map(|(_, told)| told.as_str()).collect();
        let speaks = if self.tls { "over TLS" } else { "without TLS" };
        let start = if self.slow_start { "with" } else { "without" };
        let (ours, theirs) = self.repeats;
        format!(
            "{} Peers: {}. `qm` asks {speaks}; links {start} slow start. Medians of {ours} runs of \
             `qm` and {theirs} of peers, whole processes.",
            self.machine.sentence(),
            versions.join(", ")
        )
    }

    /// A table in Markdown for each link.
    pub fn table(&self) -> String {
        let mut text = format!("{}\n", self.preface());
        for link in self.links() {
            let (round_trip, bandwidth) = link;
            let titles = Case::ALL.map(Case::title).join(" | ");
            let _ = write!(
                text,
                "\n### {round_trip} ms, {bandwidth} Mbit/s\n\n\
                 | set | {titles} | known : limit | cold peer : known |\n|---|{}\n",
                "--:|".repeat(Case::ALL.len() + 2)
            );
            for (set, kind) in self.sets() {
                let _ = writeln!(text, "{}", self.row(set, kind, link));
            }
        }
        text
    }

    fn row(&self, set: &str, kind: Kind, link: (u64, u64)) -> String {
        let mut row = format!("| {set} ({kind}) |");
        for case in Case::ALL {
            let _ = match self.case(set, link, case) {
                Some(one) => {
                    write!(
                        row,
                        " {} ({}) |",
                        time(one.median.milliseconds),
                        one.median.passed.round_trips
                    )
                }
                None => write!(row, " – |"),
            };
        }
        let [cold, known] =
            [Case::PeerCold, Case::FactsKnown].map(|case| self.case(set, link, case));
        let ratio = |above: Option<f64>, below: Option<f64>| match above.zip(below) {
            Some((above, below)) => format!(" {:.2} |", above / below),
            None => " – |".to_owned(),
        };
        let [cold, took] = [cold, known].map(|one| one.map(|one| one.median.milliseconds));
        row.push_str(&ratio(took, known.and_then(|one| one.limit_milliseconds)));
        row.push_str(&ratio(cold, took));
        row
    }
}

/// A time for people.
pub(super) fn time(milliseconds: f64) -> String {
    if milliseconds < 1000.0 {
        format!("{milliseconds:.0} ms")
    } else {
        format!("{:.2} s", milliseconds / 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Sample;
    use crate::link::Passed;

    /// A report of one set over two links, each case so many milliseconds long.
    fn report(times: [f64; 5]) -> Report {
        let machine = Machine {
            processor: "a processor".to_owned(),
            processors: 2,
            load: "0.5".to_owned(),
            started: 0,
            is_release: true,
        };
        let passed = Passed { round_trips: 3, ..Passed::default() };
        let case = |round_trip, case, milliseconds| Measured {
            set: "airflow".to_owned(),
            kind: Kind::Pypi,
            round_trip,
            bandwidth: 10,
            case,
            median: Sample { milliseconds, passed, requests: 0 },
            limit_milliseconds: (case == Case::FactsKnown).then_some(300.0),
            all_milliseconds: vec![milliseconds],
        };
        let cases = || Case::ALL.into_iter().zip(times);
        let measured = [20, 100].into_iter().flat_map(|round_trip| {
            cases().map(move |(name, time)| case(round_trip, name, time * round_trip as f64))
        });
        Report {
            machine,
            peers: vec![("uv".to_owned(), "uv 0.13.8".to_owned())],
            tls: true,
            slow_start: false,
            repeats: (5, 3),
            measured: measured.collect(),
        }
    }

    #[test]
    fn a_table_has_a_row_for_each_set_with_the_ratios_that_are_claimed() {
        let table = report([100.0, 2.0, 10.0, 4.0, 3.5]).table();
        let row = "| airflow (pypi) | 10.00 s (3) | 200 ms (3) | 1.00 s (3) | 400 ms (3) | 350 ms (3) \
                   | 1.33 | 25.00 |";
        assert!(table.contains(row), "{table}");
        assert_eq!(table.matches("airflow").count(), 2);
        assert!(table.contains("### 20 ms, 10 Mbit/s") && table.contains("release builds"));
    }

    #[test]
    fn a_page_loads_nothing_and_has_a_plot_for_each_bandwidth() {
        let page = page::page(&report([100.0, 2.0, 10.0, 4.0, 3.5]));
        assert_eq!(page.matches("<svg").count(), 1);
        assert_eq!(page.matches("<circle").count(), 10);
        assert!(!page.contains("src=") && !page.contains("href=") && !page.contains("url("));
    }

    #[test]
    fn what_was_not_measured_is_a_dash() {
        let mut report = report([1.0; 5]);
        report.measured.retain(|one| one.case != Case::PeerCold);
        assert!(report.table().contains("| airflow (pypi) | – |"));
    }
}
