//! The configuration of one registry: where it lies, and how far it may be trusted and used.

mod argument;
mod names;
mod validate;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use ecosystems::Ecosystem;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::bundled::BUNDLED;
use crate::{CredentialsReference, Error};

/// One `[[registry]]` of the configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistryConfig {
    /// What requests, answers and logs call it: letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// The protocol it speaks.
    pub kind: RegistryKind,
    /// Where it lies, for kinds that are read over HTTP: for `pypi-simple` the folder above the
    /// projects, such as `https://index.example/simple`; for `cargo-sparse` the root of the index,
    /// which holds `config.json`; for `npm` the folder above the packages. Secrets in the URL are
    /// refused.
    #[serde(default)]
    pub url: Option<Url>,
    /// Where it lies, for `recorded`: a folder or a `.tar.zst` whose root holds `pypi/`, `npm/` or
    /// `cargo/`. Without it, `recorded` means the data that is built into the program.
    #[serde(default)]
    pub path: Option<PathBuf>,
    /// For `recorded`, the one ecosystem whose documents it serves: `pypi`, `npm` or `cargo`. By
    /// default all that it holds. Other kinds are of one ecosystem anyway.
    #[serde(default)]
    pub ecosystem: Option<Ecosystem>,
    /// The secret it asks for. `cargo-sparse` sends it as it is, as cargo does. For other kinds a
    /// secret with a colon is `USER:PASSWORD`, any other a bearer token. By default none is sent.
    #[serde(default)]
    pub credentials: Option<CredentialsReference>,
    /// The packages it may answer for: names, or beginnings of names as `acme-*` and `@acme/*`. By
    /// default all.
    #[serde(default)]
    pub packages: Option<Vec<String>>,
    /// What lock files call it, where that differs from its URL.
    #[serde(default)]
    pub lock_source: Option<String>,
    /// For `npm`, the host in its documents that stands for the registry itself, as npm's own
    /// `replace-registry-host`: a host, a URL with a path, `always` or `never`. URLs of archives there
    /// are handed out with the registry's place instead. By default `never`.
    #[serde(default)]
    pub replace_registry_host: Option<String>,
    /// Where clients reach it, where that differs from `url`, as for an internal mirror.
    #[serde(default)]
    pub public_url: Option<Url>,
    /// Hosts beside the registry's own that files and redirects may lead to, as `HOST` (the
    /// scheme's own port) or `HOST:PORT`. By default none.
    #[serde(default)]
    pub extra_hosts: Vec<String>,
    /// How long a connection may take to come up. By default 5 s.
    #[serde(default = "default_connect_timeout", with = "humantime_serde")]
    pub connect_timeout: Duration,
    /// How long the registry may stay silent within an answer. By default 15 s.
    #[serde(default = "default_read_timeout", with = "humantime_serde")]
    pub read_timeout: Duration,
    /// How long one request may take to its last byte, repeats not included. By default 60 s.
    #[serde(default = "default_timeout", with = "humantime_serde")]
    pub timeout: Duration,
    /// Requests in flight to one host at once, 1 to 1024. By default 32.
    #[serde(default = "default_max_connections")]
    pub max_connections: usize,
    /// The longest page, index file, packument or metadata document, in MiB after decompression. By default 64.
    #[serde(default = "default_max_body_mib")]
    pub max_body_mib: u32,
    /// The most that is read of one wheel where its metadata is not served apart, in MiB. By
    /// default 64.
    #[serde(default = "default_max_wheel_mib")]
    pub max_wheel_mib: u32,
    /// Parsed documents kept in memory, in MiB of what was read for them. By default 128.
    #[serde(default = "default_cache_mib")]
    pub cache_mib: u32,
    /// How long ago the registry may have vouched for a document that is used without asking again, for
    /// requests that do not say it. By default the registry itself decides, by its headers.
    #[serde(default, with = "humantime_serde")]
    pub max_staleness: Option<Duration>,
    /// How long "there is no such package" is believed at the most, whatever the registry's headers say
    /// and whatever is allowed for other documents. At most 1 day. By default 1 min.
    #[serde(default = "default_absent_for", with = "humantime_serde")]
    pub absent_for: Duration,
    /// How often a failed request is repeated, 0 to 10. By default 3.
    #[serde(default = "default_retries")]
    pub retries: usize,
    /// How long the first repeat waits; each further one waits twice as long, with jitter. By
    /// default 100 ms.
    #[serde(default = "default_retry_delay", with = "humantime_serde")]
    pub retry_delay: Duration,
    /// The longest `Retry-After` that is waited for; a registry that asks for more is given up at
    /// once and not asked earlier. By default 10 s.
    #[serde(default = "default_max_retry_after", with = "humantime_serde")]
    pub max_retry_after: Duration,
    /// Speaks HTTP/2 without asking first, over plain TCP too. By default off: over TLS the
    /// protocol is negotiated, over plain TCP it is HTTP/1.1.
    #[serde(default)]
    pub http2_prior_knowledge: bool,
}

/// The protocols of registries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RegistryKind {
    /// The documents of a moment, from disk or from the program itself.
    Recorded,
    /// Python's simple repository API (PEP 503, PEP 691).
    PypiSimple,
    /// npm's registry API.
    Npm,
    /// Cargo's sparse index (reference, "Registry index").
    CargoSparse,
}

impl RegistryKind {
    /// The name used in configuration and on command lines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::PypiSimple => "pypi-simple",
            Self::Npm => "npm",
            Self::CargoSparse => "cargo-sparse",
        }
    }

    /// The ecosystem whose packages it serves, unless its data says that.
    pub fn ecosystem(self) -> Option<Ecosystem> {
        match self {
            Self::Recorded => None,
            Self::PypiSimple => Some(Ecosystem::Pypi),
            Self::Npm => Some(Ecosystem::Npm),
            Self::CargoSparse => Some(Ecosystem::Cargo),
        }
    }
}

impl fmt::Display for RegistryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What cargo writes into lock files for the registry whose crates are bundled.
const CARGO_SOURCE: &str = "registry+https://github.com/rust-lang/crates.io-index";

impl RegistryConfig {
    /// A registry with every setting at its default, and no location yet.
    pub fn new(name: impl Into<String>, kind: RegistryKind) -> Self {
        Self {
            name: name.into(),
            kind,
            url: None,
            path: None,
            ecosystem: None,
            credentials: None,
            packages: None,
            lock_source: None,
            replace_registry_host: None,
            public_url: None,
            extra_hosts: Vec::new(),
            connect_timeout: default_connect_timeout(),
            read_timeout: default_read_timeout(),
            timeout: default_timeout(),
            max_connections: default_max_connections(),
            max_body_mib: default_max_body_mib(),
            max_wheel_mib: default_max_wheel_mib(),
            cache_mib: default_cache_mib(),
            max_staleness: None,
            absent_for: default_absent_for(),
            retries: default_retries(),
            retry_delay: default_retry_delay(),
            max_retry_after: default_max_retry_after(),
            http2_prior_knowledge: false,
        }
    }

    /// The registries of a service that is given none: the bundled one, ecosystem by ecosystem, each
    /// under the ecosystem's name.
    pub fn bundled() -> Vec<Self> {
        let bundled = |ecosystem: &Ecosystem| Self {
            ecosystem: Some(*ecosystem),
            lock_source: (*ecosystem == Ecosystem::Cargo).then(|| CARGO_SOURCE.to_owned()),
            ..Self::new(ecosystem.name(), RegistryKind::Recorded)
        };
        BUNDLED.iter().map(bundled).collect()
    }

    /// Its own place, for kinds that are read over HTTP: a folder, so that it ends with `/`.
    pub(crate) fn base_url(&self) -> Result<Url, Error> {
        let Some(mut base) = self.url.clone() else {
            return Err(self.refuse("url", "is missing".to_owned()));
        };
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        Ok(base)
    }

    /// An error about `key` of this registry.
    pub(crate) fn refuse(&self, key: &'static str, reason: String) -> Error {
        Error::Config { registry: self.name.clone(), key, reason }
    }
}

fn default_connect_timeout() -> Duration {
    Duration::from_secs(5)
}

fn default_read_timeout() -> Duration {
    Duration::from_secs(15)
}

fn default_timeout() -> Duration {
    Duration::from_secs(60)
}

fn default_max_connections() -> usize {
    32
}

fn default_max_body_mib() -> u32 {
    64
}

fn default_max_wheel_mib() -> u32 {
    64
}

fn default_cache_mib() -> u32 {
    128
}

fn default_absent_for() -> Duration {
    Duration::from_secs(60)
}

fn default_retries() -> usize {
    3
}

fn default_retry_delay() -> Duration {
    Duration::from_millis(100)
}

fn default_max_retry_after() -> Duration {
    Duration::from_secs(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_are_refused_and_times_carry_units() {
        let text = "name='pypi'\nkind='pypi-simple'\nurl='https://index.example/simple'\n\
                    timeout='2s'\nabsent_for='5s'\nmax_staleness='10m'\ncredentials={env='INDEX_TOKEN'}\n";
        let config: RegistryConfig = toml::from_str(text).expect("the text is a configuration");
        assert_eq!(config.timeout, Duration::from_secs(2));
        assert_eq!(config.absent_for, Duration::from_secs(5));
        assert_eq!(config.max_staleness, Some(Duration::from_secs(600)));
        assert_eq!(config.credentials, Some(CredentialsReference::Env("INDEX_TOKEN".into())));
        assert_eq!(config.validate(), Ok(()));
        let credulous = RegistryConfig { absent_for: Duration::from_hours(25), ..config };
        let refused = credulous.validate().map_err(|error| error.to_string());
        assert!(refused.is_err_and(|reason| reason.contains("`absent_for` is at most `1d`")));
        assert!(toml::from_str::<RegistryConfig>(&format!("{text}time_out='2s'")).is_err());
        let recorded = "name='cargo'\nkind='recorded'\necosystem='cargo'\n";
        let config: RegistryConfig = toml::from_str(recorded).expect("the text is a configuration");
        assert_eq!((config.ecosystem, config.validate()), (Some(Ecosystem::Cargo), Ok(())));
    }
}
