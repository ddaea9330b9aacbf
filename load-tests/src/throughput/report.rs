//! What a load has shown, as JSON for programs and as a table for people.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Serialize;

use super::{Figures, Plan, Workload};
use crate::machine::Machine;

/// All that a run has measured.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Where.
    pub machine: Machine,
    /// What was asked for.
    pub set: String,
    /// The bytes of an answer.
    pub answer_bytes: usize,
    /// Over so many connections.
    pub connections: usize,
    /// So many requests were in flight when the most was measured.
    pub at_once: usize,
    /// Server by server, workload by workload, rate by rate.
    pub rows: Vec<Row>,
}

/// One load.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Row {
    /// Whether it was the service, and not the bare server.
    pub is_service: bool,
    /// What was asked.
    pub workload: Workload,
    /// The rate in percent of the most; `None` for the most itself.
    pub load: Option<u32>,
    /// What came of it.
    pub figures: Figures,
}

impl Report {
    pub(super) fn new(plan: &Plan, answer_bytes: usize) -> Self {
        Self {
            machine: Machine::here(),
            set: plan.set.name.clone(),
            answer_bytes,
            connections: plan.connections,
            at_once: plan.at_once,
            rows: Vec::new(),
        }
    }

    /// Writes `throughput.json` and `throughput.md` into a folder.
    ///
    /// # Errors
    ///
    /// When they cannot be written.
    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("throughput.json"), serde_json::to_vec_pretty(self)?)?;
        fs::write(folder.join("throughput.md"), self.table())?;
        Ok(())
    }

    /// A table in Markdown.
    pub fn table(&self) -> String {
        let mut text = format!(
            "{} `Resolve` of {}, answers of {} bytes, over {} connections; the most with {} requests \
             at once. Times in microseconds, from when a request was due.\n\n\
             | server | asked | load | answers/s | of the bare server's | CPU µs each | p50 | p90 | p99 \
             | p99.9 | most | given up |\n|---|---|---|{}\n",
            self.machine.sentence(),
            self.set,
            self.answer_bytes,
            self.connections,
            self.at_once,
            "--:|".repeat(9)
        );
        let bare = self.rows.iter().find(|row| !row.is_service && row.load.is_none());
        for row in &self.rows {
            let Figures { rate, processor_micros, p50, p90, p99, p999, most, given_up } =
                row.figures;
            let of_bare = bare.filter(|_| row.is_service && row.load.is_none());
            let ratio = of_bare.map_or_else(String::new, |bare| {
                format!("{:.1}%", rate / bare.figures.rate * 100.0)
            });
            let _ = writeln!(
                text,
                "| {} | {} | {} | {rate:.0} | {ratio} | {processor_micros:.0} | {p50} | {p90} | {p99} \
                 | {p999} | {most} | {given_up} |",
                row.server(),
                row.asked(),
                row.load()
            );
        }
        text
    }
}

impl Row {
    /// The load in one line.
    pub(super) fn line(&self) -> String {
        let Figures { rate, processor_micros, p50, p99, p999, .. } = self.figures;
        format!(
            "{:<8} {:<15} {:<9} {rate:>8.0}/s  {processor_micros:>7.0} µs CPU  p50 {p50:>7} µs  \
             p99 {p99:>8} µs  p99.9 {p999:>8} µs",
            self.server(),
            self.asked(),
            self.load()
        )
    }

    fn server(&self) -> &'static str {
        if self.is_service { "service" } else { "bare" }
    }

    fn asked(&self) -> &'static str {
        if self.is_service { self.workload.title() } else { "the same bytes" }
    }

    fn load(&self) -> String {
        self.load.map_or_else(|| "the most".to_owned(), |percent| format!("{percent}%"))
    }
}
