//! On what machine a measurement was made, which no figure means anything without.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

/// The machine, and how busy it was.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// The model of its processor.
    pub processor: String,
    /// Processors that programs may use.
    pub processors: usize,
    /// The mean number of programs that wanted to run in the last minute, at the start.
    pub load: String,
    /// When the measurement began, in seconds since 1970.
    pub started: u64,
    /// Whether the measuring program, and with it the service and the client, is a release build.
    pub is_release: bool,
}

impl Machine {
    /// This one, now.
    pub fn here() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let information = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model =
            information.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            processor: model.map_or("unknown", |(_, model)| model).to_owned(),
            processors,
            load: load.split(' ').next().unwrap_or_default().to_owned(),
            started: started.as_secs(),
            is_release: !cfg!(debug_assertions),
        }
    }

    /// In one sentence.
    pub fn sentence(&self) -> String {
        let Self { processor, processors, load, is_release, .. } = self;
        let build = if *is_release { "release" } else { "debug" };
        format!(
            "{processors} processors ({processor}), a load of {load} at the start, {build} builds."
        )
    }
}
