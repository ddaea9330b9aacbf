//! What the service is doing, on one line of a terminal.
//!
//! Off a terminal nothing is shown at all: a log gains nothing from steps that have passed.

use std::{collections::HashSet, io::IsTerminal as _, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};
use proto::v1::{Progress, Tentative};

/// A line that tells the current step, and vanishes when it is dropped.
pub struct Spinner {
    bar: ProgressBar,
    /// The names of the packages that had a version at some time.
    packages: HashSet<String>,
    step: String,
}

impl Spinner {
    /// A line on stderr if that is a terminal, else nothing.
    pub fn on_stderr() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self::hidden();
        }
        let bar = ProgressBar::new_spinner();
        // Without colours, so that `NO_COLOR` has nothing to switch off.
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self::around(bar)
    }

    /// Nothing.
    pub fn hidden() -> Self {
        Self::around(ProgressBar::hidden())
    }

    fn around(bar: ProgressBar) -> Self {
        Self { bar, packages: HashSet::new(), step: String::new() }
    }

    /// Shows a step of the client itself.
    pub fn step(&mut self, step: impl Into<String>) {
        self.step = step.into();
        self.show();
    }

    /// Shows a step of the service.
    pub(super) fn progress(&mut self, progress: &Progress) {
        self.step(line(progress));
    }

    /// Counts packages that have a version for the moment.
    pub(super) fn tentative(&mut self, tentative: Tentative) {
        self.packages.extend(tentative.packages.into_iter().map(|package| package.name));
        self.show();
    }

    fn show(&self) {
        let message = match self.packages.len() {
            0 => self.step.clone(),
            1 => format!("{} · 1 package so far", self.step),
            count => format!("{} · {count} packages so far", self.step),
        };
        // The step is the service's own text: it must not move the cursor.
        self.bar.set_message(message.replace(char::is_control, " "));
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn line(progress: &Progress) -> String {
    let mut line = progress.step.clone();
    let mut details = Vec::new();
    if progress.round > 1 {
        details.push(format!("round {}", progress.round));
    }
    if progress.documents_requested > 0 {
        details.push(format!(
            "{} of {} documents",
            progress.documents_done, progress.documents_requested
        ));
    }
    if !details.is_empty() {
        line.push_str(&format!(" ({})", details.join(", ")));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_names_its_round_and_its_documents() {
        let mut progress =
            Progress { step: "reading 12 listings from pypi".into(), ..Progress::default() };
        assert_eq!(line(&progress), "reading 12 listings from pypi");
        progress.round = 2;
        progress.documents_requested = 42;
        progress.documents_done = 30;
        assert_eq!(line(&progress), "reading 12 listings from pypi (round 2, 30 of 42 documents)");
    }
}
