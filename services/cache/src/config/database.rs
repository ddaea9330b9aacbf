//! The text that names a database.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use url::Url;

/// Which parameters a URL of Postgres may have, as libpq calls them. Others are refused: the driver
/// would log them with their values and go on.
const PARAMETERS: [&str; 11] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "password",
    "port",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "user",
];

/// Names a database: `sqlite:PATH`, `postgres://USER:PASSWORD@HOST/NAME`, or `memory:`.
///
/// Shown, in debug output too, without user, password and parameters: `postgres://db.example/cache`.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct DatabaseUrl(Location);

/// What a [`DatabaseUrl`] leads to.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Location {
    /// The memory of this process.
    Memory,
    /// A file of SQLite.
    Sqlite(PathBuf),
    /// A server of Postgres, with its secrets.
    Postgres(Url),
}

/// Why a text names no database. Holds nothing of the text, which may have a password in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseUrlError {
    /// The text begins with nothing known.
    #[error("is no database: write `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/NAME`")]
    Scheme,
    /// A file is needed.
    #[error("names no file: write `sqlite:PATH`, such as `sqlite:answers.db`")]
    NoFile,
    /// A file takes no parameters.
    #[error("has parameters, which a file does not take: remove `?` and what follows")]
    FileParameters,
    /// The text is not a URL.
    #[error("is not a URL: {0}; percent-encode what is special in a user or password")]
    Url(url::ParseError),
    /// A parameter that means nothing here.
    #[error("has the parameter `{0}`, which is not supported; remove it")]
    Parameter(String),
    /// A parameter has a value that cannot be used.
    #[error("has a parameter with a value that cannot be used; see libpq's list of parameters")]
    Value,
}

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, DatabaseUrlError> {
        if text == "memory:" {
            return Ok(Self(Location::Memory));
        }
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.starts_with(':') || path.ends_with('/') {
                return Err(DatabaseUrlError::NoFile);
            }
            if path.contains('?') {
                return Err(DatabaseUrlError::FileParameters);
            }
            return Ok(Self(Location::Sqlite(PathBuf::from(path))));
        }
        if !(text.starts_with("postgres://") || text.starts_with("postgresql://")) {
            return Err(DatabaseUrlError::Scheme);
        }
        let url = Url::parse(text).map_err(DatabaseUrlError::Url)?;
        for (name, _) in url.query_pairs() {
            if !PARAMETERS.contains(&&*name) {
                return Err(DatabaseUrlError::Parameter(name.into_owned()));
            }
        }
        // The driver's own errors may repeat values.
        sqlx::postgres::PgConnectOptions::from_str(text).map_err(|_| DatabaseUrlError::Value)?;
        Ok(Self(Location::Postgres(url)))
    }
}

impl TryFrom<String> for DatabaseUrl {
    type Error = DatabaseUrlError;

    fn try_from(text: String) -> Result<Self, DatabaseUrlError> {
        text.parse()
    }
}

impl DatabaseUrl {
    /// What the text leads to.
    pub(crate) fn location(&self) -> &Location {
        &self.0
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Location::Memory => formatter.write_str("memory:"),
            Location::Sqlite(path) => write!(formatter, "sqlite:{}", path.display()),
            Location::Postgres(url) => {
                write!(formatter, "postgres://{}", url.host_str().unwrap_or_default())?;
                if let Some(port) = url.port() {
                    write!(formatter, ":{port}")?;
                }
                formatter.write_str(url.path())
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_named_by_its_scheme_and_shown_without_its_secrets() {
        for (text, shown) in [
            ("memory:", "memory:"),
            ("sqlite:answers.db", "sqlite:answers.db"),
            ("sqlite:///var/lib/answers.db", "sqlite:/var/lib/answers.db"),
            ("postgres://me:hunter2@db.example:5433/cache", "postgres://db.example:5433/cache"),
            ("postgresql://db.example/cache?password=hunter2", "postgres://db.example/cache"),
            ("postgres:///cache?host=/run/postgresql&user=hunter2", "postgres:///cache"),
        ] {
            let url: DatabaseUrl = text.parse().expect("it names a database");
            assert_eq!(url.to_string(), shown);
            assert_eq!(format!("{url:?}"), format!("{shown:?}"));
        }
    }

    #[test]
    fn what_names_no_database_is_refused_without_being_repeated() {
        for (text, error) in [
            ("", DatabaseUrlError::Scheme),
            ("mysql://me:hunter2@db.example/cache", DatabaseUrlError::Scheme),
            ("sqlite:", DatabaseUrlError::NoFile),
            ("sqlite::memory:", DatabaseUrlError::NoFile),
            ("sqlite:answers.db?mode=rwc", DatabaseUrlError::FileParameters),
            (
                "postgres://me:hunter2@db.example:port/cache",
                DatabaseUrlError::Url(url::ParseError::InvalidPort),
            ),
            (
                "postgres://db.example/cache?passwd=hunter2",
                DatabaseUrlError::Parameter("passwd".to_owned()),
            ),
            ("postgres://db.example/cache?sslmode=hunter2", DatabaseUrlError::Value),
        ] {
            let refused = text.parse::<DatabaseUrl>().expect_err("it names no database");
            assert_eq!(refused, error, "{text}");
            assert!(!format!("{refused} {refused:?}").contains("hunter2"));
        }
    }
}
