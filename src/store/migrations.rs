//! Brings the tables up to date, one server at a time.

use std::time::Duration;

use migration::{Migrator, MigratorTrait};
use sea_orm::sqlx::error::DatabaseError;
use sea_orm::sqlx::sqlite::SqliteJournalMode;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseBackend, DatabaseConnection,
    DatabaseTransaction, DbErr, RuntimeErr, SqliteTransactionMode, Statement, TransactionOptions,
    TransactionTrait,
};
use tokio::time::Instant;

use super::sqlite::{BUSY_TIMEOUT, make_for_its_owner_alone};
use super::{DatabaseKind, DatabaseSettings, StoreError};

/// The advisory lock that servers starting at once queue for: "docket" in ASCII.
const LOCK: i64 = 0x646f_636b_6574;

/// Applies what is missing, and names it. Servers that start at once apply each migration once:
/// the second one waits for the first and finds nothing left to do.
///
/// # Errors
/// When the database cannot be reached or a migration fails; then nothing has changed.
pub async fn migrate_up(settings: &DatabaseSettings) -> Result<Vec<String>, StoreError> {
    let connection = connect(settings).await?;
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
    let connection = connect(settings).await?;
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
    let connection = connect(settings).await?;
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

/// One connection for work on the tables themselves, by the driver that SeaORM's migrations know.
async fn connect(settings: &DatabaseSettings) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(settings.url.expose());
    options
        .min_connections(1)
        .max_connections(1)
        .acquire_timeout(settings.acquire_timeout)
        .sqlx_logging(false);
    if let DatabaseKind::Sqlite(file) = &settings.kind {
        make_for_its_owner_alone(file);
        options.map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .journal_mode(SqliteJournalMode::Wal)
                .busy_timeout(BUSY_TIMEOUT)
        });
    }
    let give_up = Instant::now() + BUSY_TIMEOUT;
    loop {
        match Database::connect(options.clone()).await {
            // Turning on the write-ahead log of a new file does not wait for the lock of another
            // process that does the same.
            Err(error) if is_busy(&error) && Instant::now() < give_up => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            connected => return connected,
        }
    }
}

/// Whether SQLite found the file locked.
fn is_busy(error: &DbErr) -> bool {
    let DbErr::Conn(RuntimeErr::SqlxError(cause)) = error else {
        return false;
    };
    let code = cause.as_database_error().and_then(DatabaseError::code);
    code.as_deref() == Some("5")
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
