//! Postgres: a pool of connections, and a transaction of its own for each write. SeaORM builds every
//! statement and sets up the pool; what runs is handed to sqlx as it is.

mod leases;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;
use sea_orm::sqlx::postgres::{PgConnection, PgRow};
use sea_orm::sqlx::{self, AssertSqlSafe, Either, Executor as _, Row as _};
use sea_orm::{ConnAcquireErr, ConnectOptions, Database, DbErr, RuntimeErr, Statement, Values};
use sea_query_sqlx::SqlxValues;
use tokio::sync::Mutex;

use self::leases::{Lease, Leases};
use super::Watch;
use super::at_once;
use super::session::Session;
use super::write::{WriteError, Written, write};
use crate::config::DatabaseSettings;
use crate::identity::Viewer;
use crate::task::{Change, Task};

/// A connection that was idle for less than this leaves the pool without being asked whether it still
/// lives: asking each time costs a round trip.
const TRUSTED_IDLE: Duration = Duration::from_secs(5);

/// Connections to one database. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    leases: Leases,
    watch: Watch,
}

/// A transaction.
#[derive(Debug)]
pub(super) struct Transaction {
    /// Its statements follow upon each other: nobody waits for the lock.
    lease: Mutex<Lease>,
    watch: Watch,
}

impl Pool {
    /// Connects. Statements that take longer than `statement_timeout` are ended.
    pub(super) async fn connect(
        settings: &DatabaseSettings,
        statement_timeout: Duration,
        watch: Watch,
    ) -> Result<Self, DbErr> {
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
        let connection = Database::connect(options).await?;
        let pool = connection.get_postgres_connection_pool().clone();
        let leases = Leases::new(pool, settings.max_connections, settings.acquire_timeout);
        Ok(Self { leases, watch })
    }

    /// Every row of a statement, as `read` reads it.
    pub(super) async fn rows<T>(
        &self,
        statement: Statement,
        read: impl Fn(&PgRow) -> Result<T, DbErr>,
    ) -> Result<Vec<T>, DbErr> {
        let mut lease = self.leases.take().await?;
        self.watch.saw(&statement);
        let rows = rows(lease.connection(), statement, read).await?;
        self.leases.give_back(lease);
        Ok(rows)
    }

    /// Makes changes of one user, all or nothing. Once this returns, they are on disk.
    pub(super) async fn write(
        &self,
        viewer: &Viewer,
        changes: Vec<Change>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Task>, WriteError> {
        if let [change] = changes.as_slice()
            && let Some(task) = at_once::change(Session::Pool(self), viewer, change, now).await?
        {
            return Ok(vec![task]);
        }
        let mut lease = self.leases.take().await?;
        lease.begin().await?;
        let transaction = Transaction {
            lease: Mutex::new(lease),
            watch: self.watch.clone(),
        };
        let written = write(Session::Transaction(&transaction), viewer, changes, now).await;
        let mut lease = transaction.lease.into_inner();
        let end = match written {
            Ok(Written { changed: true, .. }) => "COMMIT",
            // Where nothing has changed, the version is not used up.
            Ok(_) | Err(_) => "ROLLBACK",
        };
        lease.end(end).await?;
        self.leases.give_back(lease);
        written.map(|written| written.tasks)
    }

    /// Lets running statements end, then closes every connection.
    pub(super) async fn close(&self) {
        self.leases.close().await;
    }
}

impl Transaction {
    /// Every row of a statement, as `read` reads it.
    pub(super) async fn rows<T>(
        &self,
        statement: Statement,
        read: impl Fn(&PgRow) -> Result<T, DbErr>,
    ) -> Result<Vec<T>, DbErr> {
        self.watch.saw(&statement);
        rows(self.lease.lock().await.connection(), statement, read).await
    }
}

async fn rows<T>(
    connection: &mut PgConnection,
    Statement { sql, values, .. }: Statement,
    read: impl Fn(&PgRow) -> Result<T, DbErr>,
) -> Result<Vec<T>, DbErr> {
    let values = SqlxValues(values.unwrap_or_else(|| Values(Vec::new())));
    // SeaORM built it: whatever a user wrote is among the values.
    let query = sqlx::query_with(AssertSqlSafe(sql), values);
    let mut steps = connection.fetch_many(query);
    let mut found = Vec::new();
    while let Some(step) = steps.try_next().await.map_err(failed)? {
        if let Either::Right(row) = step {
            found.push(read(&row)?);
        }
    }
    Ok(found)
}

/// The value of a column.
pub(super) fn get<T>(row: &PgRow, column: usize) -> Result<T, DbErr>
where
    T: for<'row> sqlx::Decode<'row, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    row.try_get(column)
        .map_err(|error| DbErr::Type(error.to_string()))
}

fn failed(error: sqlx::Error) -> DbErr {
    match error {
        sqlx::Error::PoolTimedOut => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
        sqlx::Error::PoolClosed => DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed),
        other => DbErr::Query(RuntimeErr::SqlxError(Arc::new(other))),
    }
}
