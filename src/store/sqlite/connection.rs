//! One connection to a file.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{ErrorCode, OpenFlags};
use sea_orm::{DbErr, RuntimeErr, Statement, Value};

use super::values::{Bound, FromValue};

/// How long SQLite waits for the file's lock when another process writes.
pub(in crate::store) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How many statements a connection keeps prepared.
const PREPARED: usize = 128;

/// How many steps of SQLite's machine pass between two looks at what is left of an [`Allowance`].
const STRIDE: i32 = 1_000;

/// One row.
pub(in crate::store) type Row<'a> = rusqlite::Row<'a>;

/// One connection. It is used by one thread at a time: nobody waits for the lock.
#[derive(Debug)]
pub(super) struct Connection(Mutex<rusqlite::Connection>);

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Reading,
    /// Also makes the file, where the address allows it.
    Writing {
        make: bool,
    },
}

/// How many more steps of SQLite's machine a statement may take until it is interrupted.
#[derive(Debug)]
pub(super) struct Allowance(AtomicI64);

impl Allowance {
    pub(super) fn set(&self, steps: i64) {
        self.0.store(steps, Ordering::Relaxed);
    }

    /// Takes a stride away. Whether that was more than there is.
    fn is_spent(&self) -> bool {
        let stride = i64::from(STRIDE);
        self.0.fetch_sub(stride, Ordering::Relaxed) < stride
    }
}

impl Connection {
    /// Opens a file.
    pub(super) fn open(file: &Path, purpose: Purpose) -> Result<Self, Failure> {
        let access = match purpose {
            Purpose::Reading => OpenFlags::SQLITE_OPEN_READ_ONLY,
            Purpose::Writing { make: false } => OpenFlags::SQLITE_OPEN_READ_WRITE,
            Purpose::Writing { make: true } => {
                OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
            }
        };
        let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = rusqlite::Connection::open_with_flags(file, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.set_prepared_statement_cache_capacity(PREPARED);
        if purpose != Purpose::Reading {
            connection.pragma_update(None, "journal_mode", "WAL")?;
            // What is acknowledged survives a power cut: the log is flushed at every commit.
            connection.pragma_update(None, "synchronous", "FULL")?;
            connection.pragma_update(None, "foreign_keys", "ON")?;
            // See `checkpoints`.
            connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        }
        Ok(Self(Mutex::new(connection)))
    }

    /// Interrupts whatever takes more steps than it is allowed.
    pub(super) fn limited(&self) -> Result<Arc<Allowance>, Failure> {
        let allowance = Arc::new(Allowance(AtomicI64::new(i64::MAX)));
        let handler = Arc::clone(&allowance);
        self.lock()
            .progress_handler(STRIDE, Some(move || handler.is_spent()))?;
        Ok(allowance)
    }

    /// Every row of a statement, as `read` reads it.
    pub(super) fn rows<T>(
        &self,
        Statement { sql, values, .. }: &Statement,
        read: impl Fn(&Row<'_>) -> Result<T, DbErr>,
    ) -> Result<Vec<T>, Failure> {
        let connection = self.lock();
        let mut prepared = connection.prepare_cached(sql)?;
        let values: &[Value] = values.as_ref().map_or(&[], |values| &values.0);
        for (place, value) in (1..).zip(values) {
            prepared.raw_bind_parameter(place, Bound(value))?;
        }
        let mut found = Vec::new();
        let mut rows = prepared.raw_query();
        while let Some(row) = rows.next()? {
            found.push(read(row)?);
        }
        Ok(found)
    }

    /// Runs a statement that has no values and is nobody's: `BEGIN` and its like.
    pub(super) fn run(&self, sql: &str) -> Result<(), DbErr> {
        let connection = self.lock();
        let prepared = connection.prepare_cached(sql);
        let run = prepared.and_then(|mut prepared| prepared.raw_execute());
        Ok(run.map(drop).map_err(Failure::from)?)
    }

    /// Whether a transaction is open.
    pub(super) fn in_transaction(&self) -> bool {
        !self.lock().is_autocommit()
    }

    fn lock(&self) -> MutexGuard<'_, rusqlite::Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The value of a column.
pub(in crate::store) fn get<T: FromValue>(row: &Row<'_>, column: usize) -> Result<T, DbErr> {
    let value = row.get_ref(column).map_err(Failure::from)?;
    T::from_value(value).map_err(|error| DbErr::Type(error.to_string()))
}

/// Why a statement failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// It took more steps than it was allowed.
    Interrupted,
    /// The file is locked by another process.
    Busy,
    /// Anything else.
    Failed(DbErr),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted) => Self::Interrupted,
            Some(ErrorCode::DatabaseBusy) => Self::Busy,
            _ => Self::Failed(DbErr::Query(RuntimeErr::Internal(error.to_string()))),
        }
    }
}

impl From<DbErr> for Failure {
    fn from(error: DbErr) -> Self {
        Self::Failed(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Failed(DbErr::Custom(error.to_string()))
    }
}

impl From<Failure> for DbErr {
    fn from(failure: Failure) -> Self {
        let why = match failure {
            Failure::Interrupted => "interrupted",
            Failure::Busy => "another process has locked the database file",
            Failure::Failed(error) => return error,
        };
        Self::Query(RuntimeErr::Internal(why.to_owned()))
    }
}
