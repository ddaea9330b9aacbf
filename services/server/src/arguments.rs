//! The command line. Other programs depend on it: change it only together with its readers.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Resolves dependencies next to the registries, over gRPC.
#[derive(Debug, clap::Parser)]
#[command(name = "quartermaster", version)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Answer requests until SIGTERM or SIGINT.
    ///
    /// Without a config it listens on the loopback and answers from the bundled registry.
    Serve(Settings),
    /// Check the settings and the registries, bind nothing, and say what is wrong.
    CheckConfig(Settings),
    /// Read a token on standard input and print its hash, for `[[identity.token]]`.
    ///
    /// A token is at least 32 characters that a machine made: openssl rand -hex 32 | tee token |
    /// quartermaster hash-token
    HashToken,
}

/// Where settings come from. Beneath these flags count `QUARTERMASTER__SECTION__KEY` variables,
/// then the file, then the defaults.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Settings {
    /// The config file, in TOML.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The address to listen on, such as 127.0.0.1:7433.
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// A registry, such as pypi-simple=http://localhost:8080/simple; repeated in order of priority,
    /// they replace the configured ones.
    // Read by the config and not by clap, whose errors repeat the value: it may hold a secret.
    #[arg(long = "registry", value_name = "[NAME:]KIND=LOCATION")]
    pub registries: Vec<String>,
}
