//! Registries on a command line.

use std::path::{Path, PathBuf};

use ecosystems::Ecosystem;
use url::Url;

use super::{RegistryConfig, RegistryKind};
use crate::Error;

const KINDS: [RegistryKind; 4] = [
    RegistryKind::Recorded,
    RegistryKind::PypiSimple,
    RegistryKind::Npm,
    RegistryKind::CargoSparse,
];

impl RegistryConfig {
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
        let kind = KINDS.into_iter().find(|known| known.name() == kind).ok_or_else(|| {
            let kinds = KINDS.map(|kind| format!("`{kind}`")).join(", ");
            refuse(format!("names none of the kinds before `=`: {kinds}"))
        })?;
        let mut config = Self::new(name.unwrap_or(default_name(kind, location)), kind);
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
}

/// The name of a registry that was given none: its ecosystem's. A recorded one is named after that
/// too, as `cargo.tar.zst`, or else is taken for one of PyPI.
fn default_name(kind: RegistryKind, location: &str) -> &'static str {
    let file_name = Path::new(location).file_name().and_then(|name| name.to_str());
    let stem = file_name.and_then(|name| name.split('.').next()).unwrap_or_default();
    let all = [Ecosystem::Pypi, Ecosystem::Npm, Ecosystem::Cargo];
    let recorded = || all.into_iter().find(|ecosystem| ecosystem.name() == stem);
    kind.ecosystem().or_else(recorded).unwrap_or(Ecosystem::Pypi).name()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> RegistryConfig {
        RegistryConfig::parse_argument(text).expect("the argument is well formed")
    }

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
        assert_eq!(read("mirror:pypi-simple=http://127.0.0.1:80/simple").name, "mirror");
        let recorded = read("recorded=/data/pypi.tar.zst");
        assert_eq!(recorded.path, Some("/data/pypi.tar.zst".into()));
    }

    #[test]
    fn a_registry_without_a_name_has_its_ecosystems() {
        for (argument, name) in [
            ("pypi-simple=http://127.0.0.1:80/simple", "pypi"),
            ("npm=http://127.0.0.1:80", "npm"),
            ("cargo-sparse=http://127.0.0.1:80/index", "cargo"),
            ("recorded=/data/pypi.tar.zst", "pypi"),
            ("recorded=/data/cargo.tar.zst", "cargo"),
            ("recorded=/data/npm", "npm"),
            ("recorded=/data/world.tar.zst", "pypi"),
        ] {
            assert_eq!(read(argument).name, name, "{argument}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_refused_by_key() {
        assert_eq!(refused_key("npm=ftp://localhost"), "url");
        assert_eq!(refused_key("pypi=http://localhost"), "--registry");
        assert_eq!(refused_key("pypi-simple"), "--registry");
        assert_eq!(refused_key("pypi-simple=ftp://localhost/simple"), "url");
        assert_eq!(refused_key("pypi-simple=https://user:secret@localhost/simple"), "url");
        assert_eq!(refused_key("cargo-sparse=sparse+http://localhost/index/"), "url");
        assert_eq!(refused_key("a b:recorded=x"), "name");
    }
}
