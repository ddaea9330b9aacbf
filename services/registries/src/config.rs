//! The configuration of one registry: where it lies, and how far it may be trusted and used.

mod validate;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

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
    /// projects, such as `https://index.example/simple`. Secrets in the URL are refused.
    #[serde(default)]
    pub url: Option<Url>,
    /// Where it lies, for `recorded`: a folder or a `.tar.zst` whose root holds `pypi/`. Without
    /// it, `recorded` means the data that is built into the program.
    #[serde(default)]
    pub path: Option<PathBuf>,
    /// The secret it asks for. A secret with a colon is `USER:PASSWORD`, any other a bearer token.
    /// By default none is sent.
    #[serde(default)]
    pub credentials: Option<CredentialsReference>,
    /// The projects it may answer for: names, or beginnings of names as `acme-*`. By default all.
    #[serde(default)]
    pub packages: Option<Vec<String>>,
    /// What lock files call it, where that differs from its URL.
    #[serde(default)]
    pub lock_source: Option<String>,
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
    /// The longest page or metadata document, in MiB after decompression. By default 64.
    #[serde(default = "default_max_body_mib")]
    pub max_body_mib: u32,
    /// The most that is read of one wheel where its metadata is not served apart, in MiB. By
    /// default 64.
    #[serde(default = "default_max_wheel_mib")]
    pub max_wheel_mib: u32,
    /// Parsed documents kept in memory, in MiB of what was read for them. By default 128.
    #[serde(default = "default_cache_mib")]
    pub cache_mib: u32,
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
    /// npm's registry API. Not supported yet.
    Npm,
    /// Cargo's sparse index. Not supported yet.
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

    fn parse(text: &str) -> Option<Self> {
        [Self::Recorded, Self::PypiSimple, Self::Npm, Self::CargoSparse]
            .into_iter()
            .find(|kind| kind.name() == text)
    }

    /// The name of a registry that was given none: its ecosystem's.
    fn default_name(self) -> &'static str {
        match self {
            Self::Recorded | Self::PypiSimple => "pypi",
            Self::Npm => "npm",
            Self::CargoSparse => "cargo",
        }
    }
}

impl fmt::Display for RegistryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl RegistryConfig {
    /// A registry with every setting at its default, and no location yet.
    pub fn new(name: impl Into<String>, kind: RegistryKind) -> Self {
        Self {
            name: name.into(),
            kind,
            url: None,
            path: None,
            credentials: None,
            packages: None,
            lock_source: None,
            public_url: None,
            extra_hosts: Vec::new(),
            connect_timeout: default_connect_timeout(),
            read_timeout: default_read_timeout(),
            timeout: default_timeout(),
            max_connections: default_max_connections(),
            max_body_mib: default_max_body_mib(),
            max_wheel_mib: default_max_wheel_mib(),
            cache_mib: default_cache_mib(),
            retries: default_retries(),
            retry_delay: default_retry_delay(),
            max_retry_after: default_max_retry_after(),
            http2_prior_knowledge: false,
        }
    }

    /// Reads the command line's `[NAME:]KIND=LOCATION`, as `pypi-simple=http://localhost:80/simple`.
    ///
    /// The name defaults to the ecosystem's. Errors repeat what stands before the first `:` or `=`
    /// alone: a URL may hold a secret.
    pub fn parse_argument(text: &str) -> Result<Self, Error> {
        let refuse = |reason: String| {
            let registry = text.split([':', '=']).next().unwrap_or_default().to_owned();
            Error::Config { registry, key: "--registry", reason }
        };
        let (left, location) = text
            .split_once('=')
            .ok_or_else(|| refuse("is written [NAME:]KIND=LOCATION".to_owned()))?;
        let (name, kind) = match left.split_once(':') {
            Some((name, kind)) => (Some(name), kind),
            None => (None, left),
        };
        let kind = RegistryKind::parse(kind).ok_or_else(|| {
            refuse("names none of the kinds `recorded` and `pypi-simple` before `=`".to_owned())
        })?;
        let mut config = Self::new(name.unwrap_or(kind.default_name()), kind);
        if kind == RegistryKind::Recorded {
            config.path = Some(PathBuf::from(location));
        } else {
            let url = Url::parse(location)
                .map_err(|error| refuse(format!("names no URL behind `=`: {error}")))?;
            config.url = Some(url);
        }
        config.validate()?;
        Ok(config)
    }

    /// An error about `key` of this registry.
    pub(crate) fn refuse(&self, key: &'static str, reason: String) -> Error {
        Error::Config { registry: self.name.clone(), key, reason }
    }

    /// Whether the registry may answer for the project of this normalised name.
    pub fn answers_for(&self, name: &str) -> bool {
        let Some(patterns) = &self.packages else { return true };
        patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(beginning) => name.starts_with(&normalise(beginning)),
            None => name == normalise(pattern),
        })
    }
}

/// Folds a pattern as PEP 503 folds names, so that `Acme.*` means `acme-*`.
fn normalise(pattern: &str) -> String {
    let mut folded = String::with_capacity(pattern.len());
    for letter in pattern.chars() {
        if !matches!(letter, '-' | '_' | '.') {
            folded.push(letter.to_ascii_lowercase());
        } else if !folded.ends_with('-') {
            folded.push('-');
        }
    }
    folded
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

    fn refused_key(text: &str) -> &'static str {
        match RegistryConfig::parse_argument(text) {
            Err(Error::Config { key, .. }) => key,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn an_argument_names_kind_and_location_and_perhaps_itself() {
        let config = RegistryConfig::parse_argument("pypi-simple=http://127.0.0.1:80/simple?")
            .err()
            .map(|error| error.to_string());
        assert!(config.is_some_and(|text| text.contains("`url`")));
        let config =
            RegistryConfig::parse_argument("mirror:pypi-simple=http://127.0.0.1:80/simple")
                .expect("the argument is well formed");
        assert_eq!(config.name, "mirror");
        let config = RegistryConfig::parse_argument("recorded=/data/pypi.tar.zst")
            .expect("the argument is well formed");
        assert_eq!(
            (config.name.as_str(), config.path),
            ("pypi", Some("/data/pypi.tar.zst".into()))
        );
    }

    #[test]
    fn what_cannot_be_used_is_refused_by_key() {
        assert_eq!(refused_key("npm=http://localhost"), "kind");
        assert_eq!(refused_key("cargo-sparse=http://localhost"), "kind");
        assert_eq!(refused_key("pypi=http://localhost"), "--registry");
        assert_eq!(refused_key("pypi-simple"), "--registry");
        assert_eq!(refused_key("pypi-simple=ftp://localhost/simple"), "url");
        assert_eq!(refused_key("pypi-simple=https://user:secret@localhost/simple"), "url");
        assert_eq!(refused_key("a b:recorded=x"), "name");
    }

    #[test]
    fn unknown_keys_are_refused_and_times_carry_units() {
        let text = "name='pypi'\nkind='pypi-simple'\nurl='https://index.example/simple'\n\
                    timeout='2s'\ncredentials={env='INDEX_TOKEN'}\n";
        let config: RegistryConfig = toml::from_str(text).expect("the text is a configuration");
        assert_eq!(config.timeout, Duration::from_secs(2));
        assert_eq!(config.credentials, Some(CredentialsReference::Env("INDEX_TOKEN".into())));
        assert_eq!(config.validate(), Ok(()));
        assert!(toml::from_str::<RegistryConfig>(&format!("{text}time_out='2s'")).is_err());
    }

    #[test]
    fn patterns_are_names_or_beginnings_of_names() {
        let mut config = RegistryConfig::new("acme", RegistryKind::Recorded);
        assert!(config.answers_for("flask"));
        config.packages = Some(vec!["Acme_*".to_owned(), "flask".to_owned()]);
        assert!(config.answers_for("acme-web") && config.answers_for("flask"));
        assert!(!config.answers_for("acmeweb") && !config.answers_for("flask-login"));
    }
}
