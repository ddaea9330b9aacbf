//! All settings in one place, each owned by the module that reads it.
//!
//! Later sources win: defaults, the file, `QUARTERMASTER__SECTION__KEY` variables (such as
//! `QUARTERMASTER__LIMITS__MAX_IN_FLIGHT=16`), the command line. A key that nobody reads is refused
//! by name.
//!
//! Invariant: a [`Config`] that exists is valid. Nothing is bound or opened before that.

use std::collections::{HashMap, HashSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use ::config::{Environment, File, FileFormat};
use engine::config::{CacheConfig, DatabaseUrl, RegistryConfig};
use engine::{Engine, EngineConfig, Reaches};
use etcetera::{BaseStrategy as _, choose_base_strategy};
use serde::Deserialize;

use crate::arguments::Settings;
use crate::convert::{Declared, MOST_REACH};
use crate::identity::{Identity, IdentityConfig};
use crate::layers::LimitsConfig;
use crate::serve::ConnectionsConfig;
use crate::telemetry::LogConfig;
use crate::tls::TlsConfig;

/// The settings of the service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The address to listen on. Default: `127.0.0.1:7433`. Port 0 takes any free one.
    pub listen: SocketAddr,
    /// Who may call.
    pub identity: IdentityConfig,
    /// The certificate that the service shows. Default: none, and connections are not encrypted.
    pub tls: Option<TlsConfig>,
    /// How connections are kept.
    pub connections: ConnectionsConfig,
    /// How much work is accepted.
    pub limits: LimitsConfig,
    /// How many versions are tried for acceptable ones where a request does not say.
    pub reach: ReachConfig,
    /// What is logged.
    pub log: LogConfig,
    /// How answers are remembered.
    pub cache: CacheConfig,
    /// The registries, in order of priority. Default: the bundled data of each ecosystem, under the
    /// ecosystem's name.
    #[serde(rename = "registry")]
    pub registries: Vec<RegistryConfig>,
}

/// `[reach]`: how many of the best versions of each package are tried for its acceptable ones where a
/// request does not say, the chosen one included, 0 to 1000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReachConfig {
    /// Of Python's packages: every version tried costs a document. Default: 3.
    pub pypi: u32,
    /// Of npm's packages: one document has them all. Default: 40.
    pub npm: u32,
    /// Of crates, likewise. Default: 40.
    pub cargo: u32,
}

impl Default for ReachConfig {
    fn default() -> Self {
        let Reaches { pypi, npm, cargo } = Reaches::default();
        Self { pypi, npm, cargo }
    }
}

impl ReachConfig {
    fn reaches(self) -> Reaches {
        Reaches { pypi: self.pypi, npm: self.npm, cargo: self.cargo }
    }

    fn validate(self) -> Result<(), ConfigError> {
        let all = [("reach.pypi", self.pypi), ("reach.npm", self.npm), ("reach.cargo", self.cargo)];
        match all.into_iter().find(|(_, reach)| *reach > MOST_REACH) {
            Some((key, reach)) => {
                let reason = format!("is {reach}; write 0 to {MOST_REACH}");
                Err(ConfigError::invalid(key, reason))
            }
            None => Ok(()),
        }
    }
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file or a variable cannot be read, or holds an unknown key or a value of a wrong type.
    #[error("the config cannot be read: {0}")]
    Read(String),
    /// A value that cannot be used.
    #[error("the config cannot be used: `{key}` {reason}")]
    Invalid {
        /// The key, with its section.
        key: String,
        /// What is wrong with its value, and what to write instead.
        reason: String,
    },
    /// A registry that cannot be used, in its reader's words.
    #[error("{0}")]
    Registry(String),
}

impl ConfigError {
    /// A value that cannot be used.
    pub(crate) fn invalid(key: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Invalid { key: key.into(), reason: reason.into() }
    }
}

impl From<::config::ConfigError> for ConfigError {
    fn from(error: ::config::ConfigError) -> Self {
        Self::Read(one_line(&error))
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 7433)),
            identity: IdentityConfig::default(),
            tls: None,
            connections: ConnectionsConfig::default(),
            limits: LimitsConfig::default(),
            reach: ReachConfig::default(),
            log: LogConfig::default(),
            cache: CacheConfig::default(),
            registries: RegistryConfig::bundled(),
        }
    }
}

impl Config {
    /// Reads and checks the settings from all sources; `environment` is the process's variables.
    pub fn load(
        settings: Settings,
        environment: HashMap<String, String>,
    ) -> Result<Self, ConfigError> {
        let mut config = Self::read(settings.config.as_deref(), environment)?;
        if let Some(listen) = settings.listen {
            config.listen = listen;
        }
        if !settings.registries.is_empty() {
            let texts = settings.registries.into_iter();
            let read = texts.map(|text| RegistryConfig::parse_argument(&text));
            let read = read.collect::<Result<_, _>>();
            config.registries = read.map_err(|error| ConfigError::Registry(error.to_string()))?;
        }
        config.validate()?;
        Ok(config)
    }

    fn read(
        path: Option<&Path>,
        environment: HashMap<String, String>,
    ) -> Result<Self, ConfigError> {
        let mut sources = ::config::Config::builder();
        if let Some(path) = path {
            sources = sources.add_source(File::from(path).format(FileFormat::Toml));
        }
        let variables = Environment::with_prefix("QUARTERMASTER")
            .prefix_separator("__")
            .separator("__")
            .try_parsing(true)
            .source(Some(environment));
        let read = sources.add_source(variables).build()?;
        Ok(read.try_deserialize()?)
    }

    fn validate(&self) -> Result<(), ConfigError> {
        self.validate_identity()?;
        self.connections.validate()?;
        self.limits.validate()?;
        self.reach.validate()?;
        let cache = self.cache.validate();
        cache
            .map_err(|error| ConfigError::invalid(format!("cache.{}", error.key), error.reason))?;
        self.log.validate()?;
        self.validate_registries()
    }

    /// Checks that nobody is answered by accident.
    fn validate_identity(&self) -> Result<(), ConfigError> {
        self.identity.validate()?;
        self.tls.as_ref().map_or(Ok(()), TlsConfig::validate)?;
        if !self.identity.certificates.is_empty() && !self.certified() {
            let reason = "has no meaning without `client_ca` under `[tls]`";
            return Err(ConfigError::invalid("identity.certificate", reason));
        }
        let open = !self.identity.asks() && !self.certified() && !self.identity.anonymous;
        if open && !self.listen.ip().is_loopback() {
            return Err(ConfigError::invalid(
                "listen",
                format!(
                    "is `{}`, which others can reach, and nobody is asked who they are; declare \
                     `[[identity.token]]`, or let everybody resolve with `anonymous = true` under \
                     `[identity]`, or listen on a loopback address",
                    self.listen
                ),
            ));
        }
        Ok(())
    }

    fn validate_registries(&self) -> Result<(), ConfigError> {
        if self.registries.is_empty() {
            return Err(ConfigError::invalid("registry", "is empty; declare at least one"));
        }
        let (mut names, mut sources) = (HashSet::new(), HashSet::new());
        for registry in &self.registries {
            registry.validate().map_err(|error| ConfigError::Registry(error.to_string()))?;
            if !names.insert(&registry.name) {
                let reason = format!("declares `{}` twice; name them apart", registry.name);
                return Err(ConfigError::invalid("registry", reason));
            }
            if let Some(source) = &registry.lock_source
                && !sources.insert(source)
            {
                let name = &registry.name;
                let reason = format!(
                    "declares `{name}` with the `lock_source` of another one, `{source}`: a lock \
                     could not tell them apart"
                );
                return Err(ConfigError::invalid("registry", reason));
            }
        }
        Ok(())
    }

    /// Where no database is named, takes a file in the user's folder for caches, as the platform has it;
    /// unless `cache.disk_mib` is 0. Makes the folder; where that cannot be, nothing outlives the
    /// process, which is told in the log.
    pub fn with_database(mut self) -> Self {
        if self.cache.database.is_some() || self.cache.disk_mib == 0 {
            return self;
        }
        match database() {
            Ok(database) => self.cache.database = Some(database),
            Err(reason) => tracing::warn!(
                "answers are remembered in memory alone: {reason}; set `cache.database`, or \
                 `cache.disk_mib = 0` to have it so"
            ),
        }
        self
    }

    /// Whether connections may have certificates that say who calls.
    fn certified(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.client_ca.is_some())
    }

    /// Knows callers by these settings.
    pub fn identity(&self, on_loopback: bool) -> Identity {
        Identity::new(&self.identity, self.certified(), on_loopback)
    }

    /// What the engine is made from.
    pub fn engine(&self) -> EngineConfig {
        EngineConfig {
            registries: self.registries.clone(),
            cache: self.cache.clone(),
            solve_budget: self.limits.solve_budget,
            solve_steps: self.limits.solve_steps,
            reach: self.reach.reaches(),
        }
    }

    /// What requests are held against.
    pub fn declared(&self, engine: &Engine) -> Declared {
        Declared {
            registries: engine.registries(),
            solve_budget: self.limits.solve_budget,
            solve_steps: self.limits.solve_steps,
        }
    }
}

/// The file in the user's folder for caches.
fn database() -> Result<DatabaseUrl, String> {
    let base = choose_base_strategy().map_err(|error| error.to_string())?;
    let folder = base.cache_dir().join("quartermaster");
    std::fs::create_dir_all(&folder).map_err(|error| format!("`{}`: {error}", folder.display()))?;
    let url = format!("sqlite:{}", folder.join("answers.db").display());
    url.parse().map_err(|error| format!("`{url}` {error}"))
}

/// The message in one line, however many the parser took: without the excerpt it draws from the file,
/// and without a secret that stands where a reference to one belongs.
fn one_line(error: &::config::ConfigError) -> String {
    let text = error.to_string();
    if text.contains("credentials") && !text.contains("unknown field") {
        return "`credentials` of a registry is `{ env = \"NAME\" }` or `{ file = \"PATH\" }`"
            .to_owned();
    }
    let text = if text.contains("key `identity") { without_value(&text) } else { text };
    let drawn = |line: &str| {
        let start = line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
        line.is_empty() || start.starts_with('|')
    };
    text.lines().map(str::trim).filter(|line| !drawn(line)).collect::<Vec<_>>().join("; ")
}

/// The message without the text that stands where something else belongs.
fn without_value(message: &str) -> String {
    const VALUE: (&str, &str) = (": string \"", "\", expected ");
    let cut = || {
        let (before, rest) = message.split_once(VALUE.0)?;
        let (_, after) = rest.rsplit_once(VALUE.1)?;
        Some(format!("{before}: a text, expected {after}"))
    };
    cut().unwrap_or_else(|| message.to_owned())
}
