//! Brings the tables up to date, one server at a time.

use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectionTrait, DatabaseBackend, DatabaseConnection, DatabaseTransaction, DbErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};

use super::StoreError;
use super::connect::connect_for_migrations;
use crate::config::DatabaseSettings;

/// The advisory lock that servers starting at once queue for: "docket" in ASCII.
const LOCK: i64 = 0x646f_636b_6574;

/// Applies what is missing, and names it. Servers that start at once apply each migration once:
/// the second one waits for the first and finds nothing left to do.
///
/// # Errors
/// When the database cannot be reached or a migration fails; then nothing has changed.
pub async fn migrate_up(settings: &DatabaseSettings) -> Result<Vec<String>, StoreError> {
    let connection = connect_for_migrations(settings).await?;
    let work = begin(&connection).await?;
    let pending = Migrator::get_pending_migrations(&work).await?;
    Migrator::up(&work, None).await?;
    work.commit().await?;
    connection.close().await?;
    Ok(pending.iter().map(|m| m.name().to_owned()).collect())
}

/// Takes back the migration that was applied last, and names it. Its tables' rows are lost.
///
/// # Errors
/// When the database cannot be reached or the migration fails; then nothing has changed.
pub async fn migrate_down(settings: &DatabaseSettings) -> Result<Option<String>, StoreError> {
    let connection = connect_for_migrations(settings).await?;
    let work = begin(&connection).await?;
    let applied = Migrator::get_applied_migrations(&work).await?;
    Migrator::down(&work, Some(1)).await?;
    work.commit().await?;
    connection.close().await?;
    Ok(applied.last().map(|m| m.name().to_owned()))
}

/// Every migration, oldest first, and whether it has been applied.
///
/// # Errors
/// When the database cannot be reached.
pub async fn migration_status(
    settings: &DatabaseSettings,
) -> Result<Vec<(String, bool)>, StoreError> {
    let connection = connect_for_migrations(settings).await?;
    let work = begin(&connection).await?;
    let all = Migrator::get_migration_with_status(&work).await;
    let pending = Migrator::get_pending_migrations(&work).await?;
    work.commit().await?;
    connection.close().await?;
    let waits = |name: &str| pending.iter().any(|m| m.name() == name);
    Ok(all?
        .iter()
        .map(|m| (m.name().to_owned(), !waits(m.name())))
        .collect())
}

/// A transaction that no other server's migrations can overlap.
async fn begin(connection: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let work = connection
        .begin_with_options(TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        })
        .await?;
    if work.get_database_backend() == DatabaseBackend::Postgres {
        work.execute_raw(Statement::from_sql_and_values(
            DatabaseBackend::Postgres,
            "SELECT pg_advisory_xact_lock($1)",
            [LOCK.into()],
        ))
        .await?;
    }
    Ok(work)
}
