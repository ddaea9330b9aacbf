//! What the operator reads: logs as text or JSON, on standard error.
//!
//! Invariant: no secret is ever logged, and no package name above the level `debug`: what somebody
//! depends on is theirs.

use std::collections::HashMap;
use std::io::{self, IsTerminal as _};

use serde::Deserialize;
use tracing_subscriber::EnvFilter;

use crate::config::ConfigError;

/// Crates beneath the service that speak only when something is wrong. The operator's filter comes
/// after them, so that it can make them talk.
const QUIET: &str = "h2=warn,hyper=warn,hyper_util=warn,tonic=warn,tower=warn";

/// `[log]`: what is logged.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// The form of a line: `text` or `json`. Default: `text`.
    pub format: LogFormat,
    /// What to log, as `LEVEL` or `TARGET=LEVEL`, with commas between them. Default: `info`. One
    /// line per call is `quartermaster::access`.
    pub filter: String,
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for machines.
    Json,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info".to_owned() }
    }
}

impl LogConfig {
    /// Checks that the filter can be read.
    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        self.filter().map(|_| ())
    }

    fn filter(&self) -> Result<EnvFilter, ConfigError> {
        EnvFilter::try_new(format!("{QUIET},{}", self.filter)).map_err(|error| {
            ConfigError::invalid("log.filter", format!("is `{}`: {error}", self.filter))
        })
    }
}

/// Installs the log for the whole process. Where one is installed already, that one stays.
///
/// Records of the older `log` crate are deliberately not taken: the solver's library writes one
/// there for each of its steps, and even to filter them would cost more than to solve.
pub fn install(config: &LogConfig) -> Result<(), ConfigError> {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(config.filter()?)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    let _ = match config.format {
        LogFormat::Text => tracing::subscriber::set_global_default(builder.finish()),
        LogFormat::Json => {
            tracing::subscriber::set_global_default(builder.json().flatten_event(true).finish())
        }
    };
    Ok(())
}

/// The process's variables, those that are no Unicode left out.
pub fn environment() -> HashMap<String, String> {
    std::env::vars_os()
        .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}
