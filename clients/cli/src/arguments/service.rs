//! Flags about the service that is asked, and about trust.

use std::{path::PathBuf, time::Duration};

use clap::Args;

use super::values::duration;

/// Where the service is, how it is known, and how it knows who asks.
#[derive(Args, Debug)]
pub struct Service {
    /// The service's address.
    // The variable's value may hold a password, and help would show it.
    #[arg(
        long,
        value_name = "URL",
        env = "QUARTERMASTER_SERVER",
        hide_env_values = true,
        default_value = "http://127.0.0.1:7433"
    )]
    pub server: String,

    /// How long to wait for the answer, such as `90s`, `2m` or `500ms`.
    #[arg(long, value_name = "TIME", default_value = "120s", value_parser = duration)]
    pub timeout: Duration,

    /// The environment variable that holds your token for the service. Without it
    /// QUARTERMASTER_TOKEN, if that is set. A token is sent over TLS or to this machine alone.
    #[arg(long, value_name = "VARIABLE")]
    pub token_env: Option<String>,

    /// The certificates of the authorities that the service is trusted by, in PEM. Without it the
    /// system's.
    #[arg(long, value_name = "FILE", env = "QUARTERMASTER_CA", hide_env_values = true)]
    pub ca: Option<PathBuf>,

    /// Your certificate for the service, in PEM, where it asks for one.
    #[arg(
        long,
        value_name = "FILE",
        env = "QUARTERMASTER_CLIENT_CERT",
        hide_env_values = true,
        requires = "client_key"
    )]
    pub client_cert: Option<PathBuf>,

    /// The key of that certificate, in PEM.
    #[arg(
        long,
        value_name = "FILE",
        env = "QUARTERMASTER_CLIENT_KEY",
        hide_env_values = true,
        requires = "client_cert"
    )]
    pub client_key: Option<PathBuf>,
}
