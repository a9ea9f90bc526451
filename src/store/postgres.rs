//! Postgres: a pool of connections, and a transaction of its own for each write.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr, TransactionTrait};

use super::Watch;
use super::session::Session;
use super::write::{WriteError, Written, write};
use crate::config::DatabaseSettings;
use crate::identity::Viewer;
use crate::task::{Change, Task};

/// A connection that was idle for less than this is used without asking whether it still lives:
/// asking before every use costs a round trip each time.
const TRUSTED_IDLE: Duration = Duration::from_secs(5);

/// Connects. Statements that take longer than `statement_timeout` are ended.
pub(super) async fn connect(
    settings: &DatabaseSettings,
    statement_timeout: Duration,
    watch: &Watch,
) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(settings.url.expose());
    options
        .max_connections(settings.max_connections)
        .min_connections(settings.min_connections)
        .acquire_timeout(settings.acquire_timeout)
        .idle_timeout(settings.idle_timeout)
        .max_lifetime(settings.max_lifetime)
        .test_before_acquire_if_idle_for(TRUSTED_IDLE)
        .statement_timeout(statement_timeout)
        // Statements carry the users' words: they do not belong in a log.
        .sqlx_logging(false);
    let mut connection = Database::connect(options).await?;
    watch.attach(&mut connection);
    Ok(connection)
}

/// Makes changes of one user, all or nothing. Once this returns, they are on disk.
pub(super) async fn write_alone(
    connection: &DatabaseConnection,
    viewer: &Viewer,
    changes: Vec<Change>,
    now: DateTime<Utc>,
) -> Result<Vec<Task>, WriteError> {
    let transaction = connection.begin().await?;
    match write(Session::Transaction(&transaction), viewer, changes, now).await {
        Ok(Written { tasks, changed }) => {
            if changed {
                transaction.commit().await?;
            } else {
                // The version is not used up.
                transaction.rollback().await?;
            }
            Ok(tasks)
        }
        Err(error) => {
            transaction.rollback().await?;
            Err(error)
        }
    }
}
