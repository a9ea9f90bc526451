//! Where statements run: on Postgres or on SQLite, inside of a transaction or not.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use sea_orm::sqlx::postgres::{PgRow, Postgres};
use sea_orm::sqlx::{Decode, Type};
use sea_orm::{DatabaseBackend, DbErr, StatementBuilder};
use uuid::Uuid;

use super::sqlite::FromValue;
use super::{postgres, sqlite};

/// Something that runs statements.
#[derive(Clone, Copy, Debug)]
pub(super) enum Session<'a> {
    /// Any connection to Postgres.
    Pool(&'a postgres::Pool),
    /// A transaction on Postgres.
    Transaction(&'a postgres::Transaction),
    /// Any reader of an SQLite file.
    Readers(&'a sqlite::Readers),
    /// The transaction that is open on an SQLite file.
    Writing(&'a sqlite::Writing),
}

impl Session<'_> {
    /// Whose SQL is spoken here.
    pub(super) const fn backend(self) -> DatabaseBackend {
        match self {
            Self::Pool(_) | Self::Transaction(_) => DatabaseBackend::Postgres,
            Self::Readers(_) | Self::Writing(_) => DatabaseBackend::Sqlite,
        }
    }

    /// Every row of a statement, as `read` reads it.
    pub(super) async fn rows<T: Send + 'static>(
        self,
        statement: &impl StatementBuilder,
        read: impl Fn(&Row<'_>) -> Result<T, DbErr> + Send + 'static,
    ) -> Result<Vec<T>, DbErr> {
        let statement = self.backend().build(statement);
        match self {
            Self::Pool(pool) => pool.rows(statement, |row| read(&Row::Postgres(row))).await,
            Self::Transaction(transaction) => {
                let read = |row: &PgRow| read(&Row::Postgres(row));
                transaction.rows(statement, read).await
            }
            Self::Readers(readers) => {
                let read = move |row: &sqlite::Row<'_>| read(&Row::Sqlite(row));
                readers.rows(statement, read).await
            }
            Self::Writing(writing) => writing.rows(&statement, |row| read(&Row::Sqlite(row))),
        }
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
        self.rows(statement, |_| Ok(())).await.map(drop)
    }
}

/// One row. Its columns are read by place and not by name: a name is looked up in each row anew.
pub(super) enum Row<'a> {
    Postgres(&'a PgRow),
    Sqlite(&'a sqlite::Row<'a>),
}

impl Row<'_> {
    /// The value of a column, counted from 0.
    pub(super) fn get<T: Stored>(&self, column: usize) -> Result<T, DbErr> {
        match self {
            Self::Postgres(row) => postgres::get(row, column),
            Self::Sqlite(row) => sqlite::get(row, column),
        }
    }
}

/// What both databases can hold.
pub(super) trait Stored: for<'a> Decode<'a, Postgres> + Type<Postgres> + FromValue {}

impl Stored for bool {}
impl Stored for i16 {}
impl Stored for i64 {}
impl Stored for String {}
impl Stored for Uuid {}
impl Stored for NaiveDate {}
impl Stored for NaiveTime {}
impl Stored for DateTime<Utc> {}
impl<T: Stored> Stored for Option<T> {}
