//! The tables, and the way to them from any earlier version and back.

use std::borrow::Cow;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{Connection, SqlSafeStr, SqliteConnection};

use super::trouble::Trouble;

/// Where applied migrations are noted; a name of its own, since others may use the same database.
const NOTED_IN: &str = "quartermaster_migrations";

/// A step of a schema: number, name, and the statements there and back.
type Step = (i64, &'static str, &'static str, &'static str);

const SQLITE: [Step; 1] = [(
    1,
    "entries",
    include_str!("../../migrations/sqlite/1_entries.up.sql"),
    include_str!("../../migrations/sqlite/1_entries.down.sql"),
)];

const POSTGRES: [Step; 1] = [(
    1,
    "entries",
    include_str!("../../migrations/postgres/1_entries.up.sql"),
    include_str!("../../migrations/postgres/1_entries.down.sql"),
)];

fn migrator(steps: &'static [Step]) -> Migrator {
    let mut migrations = Vec::with_capacity(steps.len() * 2);
    for &(version, name, up, down) in steps {
        for (direction, statements) in
            [(MigrationType::ReversibleUp, up), (MigrationType::ReversibleDown, down)]
        {
            let statements = statements.into_sql_str();
            let name = Cow::Borrowed(name);
            migrations.push(Migration::new(version, name, direction, statements, false));
        }
    }
    let mut migrator = Migrator::with_migrations(migrations);
    migrator.dangerous_set_table_name(NOTED_IN);
    migrator
}

/// Brings a file to the present schema.
///
/// Several processes may open a new file at once: sqlx takes no lock for SQLite, so that the whole
/// is one transaction that begins with it.
pub(crate) async fn prepare_sqlite(connection: &mut SqliteConnection) -> Result<(), Trouble> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    migrator(&SQLITE).run_direct(None, &mut *transaction, false).await?;
    Ok(transaction.commit().await?)
}

/// Brings a server to the present schema; sqlx takes a lock there.
pub(crate) async fn prepare_postgres(connection: &mut sqlx::PgConnection) -> Result<(), Trouble> {
    Ok(migrator(&POSTGRES).run_direct(None, connection, false).await?)
}

/// Removes all tables from a file, newest first.
pub(crate) async fn undo_sqlite(connection: &mut SqliteConnection) -> Result<(), Trouble> {
    Ok(migrator(&SQLITE).undo(connection, 0).await?)
}

/// Removes all tables from a server, newest first.
pub(crate) async fn undo_postgres(connection: &mut sqlx::PgConnection) -> Result<(), Trouble> {
    Ok(migrator(&POSTGRES).undo(connection, 0).await?)
}
