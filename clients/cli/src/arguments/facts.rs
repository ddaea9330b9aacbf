//! Flags about the facts that an answer may rest on.

use std::time::Duration;

use clap::Args;

use super::values::staleness;

/// How old the facts behind an answer may be.
#[derive(Args, Debug)]
#[command(next_help_heading = "Facts")]
pub struct Facts {
    /// What the service has read of registries counts for so long, such as `10m`; with `0s` it asks
    /// again. Without it, as registries and the service have it.
    #[arg(long, value_name = "AGE", value_parser = staleness)]
    pub max_staleness: Option<Duration>,

    /// Takes what the service remembers, however old: it is confirmed for the next caller.
    #[arg(long)]
    pub stale_while_revalidate: bool,

    /// The `snapshotToken` of an answer in JSON: the same question then has the same answer, whatever
    /// was published since, as long as the service keeps it.
    #[arg(long, value_name = "TOKEN", conflicts_with_all = ["max_staleness", "stale_while_revalidate"])]
    pub snapshot: Option<String>,
}
