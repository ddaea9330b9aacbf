//! What goes wrong with a database.

use std::path::PathBuf;
use std::time::Duration;

use sqlx::migrate::MigrateError;

/// Why a database did not do what was asked. Its text holds no password: the drivers' errors hold
/// none once a URL has been read, and the URL is shown without.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// The database took longer than a call may.
    #[error("no answer within {0:?}")]
    Slow(Duration),
    /// The database refused, or cannot be reached.
    #[error("{0}")]
    Database(#[from] sqlx::Error),
    /// The tables are of a later version than this program.
    #[error(
        "its tables are of schema {0}, which a newer version of this program wrote: run that one, \
         or remove the tables"
    )]
    Newer(i64),
    /// The tables cannot be made, or brought to the present schema.
    #[error("its tables cannot be made: {0}")]
    Schema(MigrateError),
    /// The folder of a file cannot be made, or the file not be opened.
    #[error("`{path}` cannot be opened: {source}")]
    File {
        /// The folder or the file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl From<MigrateError> for Trouble {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(version) => Self::Newer(version),
            MigrateError::Execute(error) => Self::Database(error),
            other => Self::Schema(other),
        }
    }
}

impl Trouble {
    /// Whether there is no room for more.
    pub(crate) fn is_full(&self) -> bool {
        /// `SQLITE_FULL`, and `disk_full` of Postgres.
        const FULL: [&str; 2] = ["13", "53100"];
        let Self::Database(sqlx::Error::Database(error)) = self else { return false };
        error.code().is_some_and(|code| FULL.contains(&&*code))
    }
}
