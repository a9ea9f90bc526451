//! Where statements run: on Postgres or on SQLite, inside of a transaction or not.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use sea_orm::{
    ConnectionTrait, DatabaseBackend, DatabaseConnection, DatabaseTransaction, DbErr, QueryResult,
    StatementBuilder, TryGetable,
};
use uuid::Uuid;

use super::sqlite::{self, FromValue};

/// Something that runs statements.
#[derive(Clone, Copy, Debug)]
pub(super) enum Session<'a> {
    /// Any connection to Postgres.
    Postgres(&'a DatabaseConnection),
    /// A transaction on Postgres.
    Transaction(&'a DatabaseTransaction),
    /// Any reader of an SQLite file.
    Readers(&'a sqlite::Readers),
    /// The transaction that is open on an SQLite file.
    Writing(&'a sqlite::Writing),
}

impl Session<'_> {
    /// Whose SQL is spoken here.
    pub(super) const fn backend(self) -> DatabaseBackend {
        match self {
            Self::Postgres(_) | Self::Transaction(_) => DatabaseBackend::Postgres,
            Self::Readers(_) | Self::Writing(_) => DatabaseBackend::Sqlite,
        }
    }

    /// Every row, as `read` reads it.
    pub(super) async fn rows<T: Send + 'static>(
        self,
        statement: &impl StatementBuilder,
        read: impl Fn(&Row<'_>) -> Result<T, DbErr> + Send + 'static,
    ) -> Result<Vec<T>, DbErr> {
        let rows = match self {
            Self::Postgres(connection) => connection.query_all(statement).await?,
            Self::Transaction(transaction) => transaction.query_all(statement).await?,
            Self::Readers(readers) => {
                return readers.rows(self.backend().build(statement), read).await;
            }
            Self::Writing(writing) => {
                return writing.rows(&self.backend().build(statement), read);
            }
        };
        rows.iter().map(|row| read(&Row::Postgres(row))).collect()
    }

    /// The one row that there can be.
    pub(super) async fn row<T: Send + 'static>(
        self,
        statement: &impl StatementBuilder,
        read: impl Fn(&Row<'_>) -> Result<T, DbErr> + Send + 'static,
    ) -> Result<Option<T>, DbErr> {
        Ok(self.rows(statement, read).await?.pop())
    }

    /// Runs what returns no rows.
    pub(super) async fn execute(self, statement: &impl StatementBuilder) -> Result<(), DbErr> {
        match self {
            Self::Postgres(connection) => connection.execute(statement).await.map(drop),
            Self::Transaction(transaction) => transaction.execute(statement).await.map(drop),
            Self::Readers(_) | Self::Writing(_) => self.rows(statement, |_| Ok(())).await.map(drop),
        }
    }
}

/// One row. Its columns are read by place and not by name: a name is looked up in each row anew.
pub(super) enum Row<'a> {
    Postgres(&'a QueryResult),
    Sqlite(&'a sqlite::Row<'a>),
}

impl Row<'_> {
    /// The value of a column, counted from 0.
    pub(super) fn get<T: Stored>(&self, column: usize) -> Result<T, DbErr> {
        match self {
            Self::Postgres(row) => Ok(row.try_get_by_index(column)?),
            Self::Sqlite(row) => sqlite::get(row, column),
        }
    }
}

/// What both databases can hold.
pub(super) trait Stored: TryGetable + FromValue {}

impl Stored for bool {}
impl Stored for i16 {}
impl Stored for i64 {}
impl Stored for String {}
impl Stored for Uuid {}
impl Stored for NaiveDate {}
impl Stored for NaiveTime {}
impl Stored for DateTime<Utc> {}
impl<T: Stored> Stored for Option<T> {}
