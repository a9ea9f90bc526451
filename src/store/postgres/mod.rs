//! Postgres: a pool of connections, and a transaction of its own for each write. SeaORM builds every
//! statement and sets up the pool; what runs is handed to sqlx as it is.

mod leases;

use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use sea_orm::sqlx::postgres::{PgConnection, PgRow};
use sea_orm::sqlx::{self, AssertSqlSafe, Either, Executor as _, Row as _};
use sea_orm::{ConnAcquireErr, ConnectOptions, Database, DbErr, RuntimeErr, Statement, Values};
use sea_query_sqlx::SqlxValues;
use tokio::sync::Mutex;

use self::leases::{Lease, Leases};
use super::{DatabaseSettings, Watch};

/// A connection that was idle for less than this leaves the pool without being asked whether it still
/// lives: asking each time costs a round trip.
const TRUSTED_IDLE: Duration = Duration::from_secs(5);

/// Connections to one database. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    leases: Leases,
    watch: Watch,
}

/// A transaction. What it has done is undone when it is dropped, if it was not committed.
#[derive(Debug)]
pub(super) struct Transaction {
    /// Its statements follow upon each other: nobody waits for the lock.
    lease: Mutex<Lease>,
    pool: Pool,
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

    /// Begins a transaction.
    pub(super) async fn begin(&self) -> Result<Transaction, DbErr> {
        let mut lease = self.leases.take().await?;
        lease.begin().await?;
        Ok(Transaction {
            lease: Mutex::new(lease),
            pool: self.clone(),
        })
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
        self.pool.watch.saw(&statement);
        rows(self.lease.lock().await.connection(), statement, read).await
    }

    /// Once this returns, what was done is on disk.
    pub(super) async fn commit(self) -> Result<(), DbErr> {
        self.end("COMMIT").await
    }

    /// Undoes what was done.
    pub(super) async fn roll_back(self) -> Result<(), DbErr> {
        self.end("ROLLBACK").await
    }

    async fn end(self, how: &'static str) -> Result<(), DbErr> {
        let mut lease = self.lease.into_inner();
        lease.end(how).await?;
        self.pool.leases.give_back(lease);
        Ok(())
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
