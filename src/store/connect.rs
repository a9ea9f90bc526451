//! Connections: a pool on Postgres; on SQLite a pool of readers beside one writer.

use std::time::Duration;

use sea_orm::sqlx::error::DatabaseError;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr, RuntimeErr};
use tokio::time::Instant;

use super::Watch;
use crate::config::{DatabaseKind, DatabaseSettings};

/// A connection that was idle for less than this is used without asking whether it still lives:
/// asking before every use costs a round trip each time.
const TRUSTED_IDLE: Duration = Duration::from_secs(5);

/// How long SQLite waits for the file's lock when another process writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Connects for reading and for writing, in that order.
pub(super) async fn connect(
    settings: &DatabaseSettings,
    statement_timeout: Duration,
    watch: &Watch,
) -> Result<(DatabaseConnection, DatabaseConnection), DbErr> {
    match settings.kind {
        DatabaseKind::Postgres => {
            let mut options = options(settings);
            options.statement_timeout(statement_timeout);
            let pool = open(options, watch).await?;
            Ok((pool.clone(), pool))
        }
        DatabaseKind::Sqlite => {
            // The writer comes first: it makes the file, and turns on the write-ahead log.
            let writer = open(one(sqlite(settings)), watch).await?;
            if is_in_memory(settings) {
                return Ok((writer.clone(), writer));
            }
            let mut readers = sqlite(settings);
            readers.map_sqlx_sqlite_opts(|sqlite| configured(sqlite).read_only(true));
            Ok((open(readers, watch).await?, writer))
        }
    }
}

/// One connection for work on the tables themselves.
pub(super) async fn connect_for_migrations(
    settings: &DatabaseSettings,
) -> Result<DatabaseConnection, DbErr> {
    let options = match settings.kind {
        DatabaseKind::Postgres => options(settings),
        DatabaseKind::Sqlite => sqlite(settings),
    };
    open(one(options), &Watch::default()).await
}

async fn open(options: ConnectOptions, watch: &Watch) -> Result<DatabaseConnection, DbErr> {
    let give_up = Instant::now() + BUSY_TIMEOUT;
    let mut connection = loop {
        match Database::connect(options.clone()).await {
            // Turning on the write-ahead log of a new file does not wait for the lock of another
            // process that does the same.
            Err(error) if is_busy(&error) && Instant::now() < give_up => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            connected => break connected?,
        }
    };
    watch.attach(&mut connection);
    Ok(connection)
}

/// Whether SQLite found the file locked.
fn is_busy(error: &DbErr) -> bool {
    let DbErr::Conn(RuntimeErr::SqlxError(cause)) = error else {
        return false;
    };
    let code = cause.as_database_error().and_then(DatabaseError::code);
    code.as_deref() == Some("5")
}

fn options(settings: &DatabaseSettings) -> ConnectOptions {
    let mut options = ConnectOptions::new(settings.url.expose());
    options
        .max_connections(settings.max_connections)
        .min_connections(settings.min_connections)
        .acquire_timeout(settings.acquire_timeout)
        .idle_timeout(settings.idle_timeout)
        .max_lifetime(settings.max_lifetime)
        .test_before_acquire_if_idle_for(TRUSTED_IDLE)
        // Statements carry the users' words: they do not belong in a log.
        .sqlx_logging(false);
    options
}

fn sqlite(settings: &DatabaseSettings) -> ConnectOptions {
    make_for_the_owner_alone(settings);
    let mut options = options(settings);
    options
        // A connection to a file does not go stale, and an in-memory database lives in its one.
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .map_sqlx_sqlite_opts(configured);
    options
}

/// A new file is for its owner alone, as the files that SQLite puts beside it then are: SQLite itself
/// would let everybody on the machine read the tasks.
fn make_for_the_owner_alone(settings: &DatabaseSettings) {
    let Some(file) = settings.url.sqlite_file() else {
        return;
    };
    if !settings.url.expose().contains("mode=rwc") {
        return;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // Either it is there already, or the driver will say why it cannot be made.
    let _ = options.open(file);
}

fn one(mut options: ConnectOptions) -> ConnectOptions {
    options.min_connections(1).max_connections(1);
    options
}

fn configured(
    sqlite: sea_orm::sqlx::sqlite::SqliteConnectOptions,
) -> sea_orm::sqlx::sqlite::SqliteConnectOptions {
    sqlite
        .journal_mode(SqliteJournalMode::Wal)
        // What is acknowledged survives a power cut: the log is flushed at every commit.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
}

fn is_in_memory(settings: &DatabaseSettings) -> bool {
    let url = settings.url.expose();
    url.contains(":memory:") || url.contains("mode=memory")
}
