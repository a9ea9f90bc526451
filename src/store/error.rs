//! What can go wrong between the server and its database.

use std::sync::Arc;

use sea_orm::sqlx::error::DatabaseError;
use sea_orm::{DbErr, RuntimeErr};

use crate::task::Violation;

/// The database failed, or could not be reached. Deliberately without `Display`: its text can hold
/// SQL, and the GraphQL engine publishes whatever a resolver's error displays.
#[derive(Clone, Debug)]
pub struct StoreError(Arc<DbErr>);

impl StoreError {
    /// The cause, for the log and the terminal only.
    #[must_use]
    pub fn cause(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        self.0.as_ref()
    }

    /// Whether no connection came free in time: the server has more to do than it can.
    #[must_use]
    pub fn is_overload(&self) -> bool {
        matches!(self.0.as_ref(), DbErr::ConnectionAcquire(_))
    }

    /// Whether the database stopped a statement because it took too long.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        let (DbErr::Exec(RuntimeErr::SqlxError(cause))
        | DbErr::Query(RuntimeErr::SqlxError(cause))) = self.0.as_ref()
        else {
            return false;
        };
        // query_canceled: what `statement_timeout` ends with.
        let code = cause.as_database_error().and_then(DatabaseError::code);
        code.as_deref() == Some("57014")
    }
}

impl From<DbErr> for StoreError {
    fn from(cause: DbErr) -> Self {
        Self(Arc::new(cause))
    }
}

/// Why a change was not made. Nothing of it is stored.
#[derive(Clone, Debug)]
pub enum ChangeError {
    /// The user has no such task.
    NotFound,
    /// The task is not at the version that the change was meant for.
    Conflict {
        /// The version that it is at.
        current: i64,
    },
    /// The change breaks rules.
    Refused(Vec<Violation>),
    /// The database failed.
    Store(StoreError),
}

impl From<DbErr> for ChangeError {
    fn from(cause: DbErr) -> Self {
        Self::Store(cause.into())
    }
}

/// Why changes that belong together were not made. Nothing of them is stored.
#[derive(Clone, Debug)]
pub enum WriteError {
    /// Some of them cannot be made: which, counted from 0, and why.
    Changes(Vec<(usize, ChangeError)>),
    /// The database failed.
    Store(StoreError),
}

impl From<DbErr> for WriteError {
    fn from(cause: DbErr) -> Self {
        Self::Store(cause.into())
    }
}
