//! The connections that read.
//!
//! A read runs where it is asked: most take some microseconds, less than to wake another thread would.
//! One that takes more than a few thousand steps of SQLite's machine is interrupted, and begins anew on
//! a thread that may be kept waiting. There it runs to its end, or for as long as somebody waits for it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sea_orm::{DbErr, Statement};

use super::super::Watch;
use super::super::places::Places;
use super::connection::{Allowance, Connection, Failure, Purpose, Row};

/// How many steps a read may take where it is asked: two lists of 100 tasks each fit well, and it is
/// over in less than a millisecond.
const BRIEF: i64 = 10_000;

const PANICKED: &str = "a read ended without an answer";

/// Connections to one file, made when they are needed. Cheap to clone.
#[derive(Clone, Debug)]
pub(in crate::store) struct Readers(Arc<Pool>);

#[derive(Debug)]
struct Pool {
    file: PathBuf,
    watch: Watch,
    /// One for each connection that there may be.
    places: Places,
    free: Mutex<Vec<Reader>>,
}

#[derive(Debug)]
struct Reader {
    connection: Connection,
    allowance: Arc<Allowance>,
}

impl Readers {
    /// At most so many connections to a file.
    pub(super) fn new(file: PathBuf, most: u32, patience: Duration, watch: Watch) -> Self {
        Self(Arc::new(Pool {
            file,
            watch,
            places: Places::new(most, patience),
            free: Mutex::default(),
        }))
    }

    /// Every row of a statement, as `read` reads it.
    pub(in crate::store) async fn rows<T: Send + 'static>(
        &self,
        statement: Statement,
        read: impl Fn(&Row<'_>) -> Result<T, DbErr> + Send + 'static,
    ) -> Result<Vec<T>, DbErr> {
        let (pool, place) = (&self.0, self.0.places.take().await?);
        let reader = pool.take()?;
        pool.watch.saw(&statement);
        let rows = reader.rows(BRIEF, &statement, &read);
        if !matches!(rows, Err(Failure::Interrupted)) {
            pool.give_back(reader);
            return Ok(rows?);
        }
        let allowance = Arc::clone(&reader.allowance);
        let long = tokio::task::spawn_blocking(move || {
            let rows = reader.rows(i64::MAX, &statement, &read);
            (rows, reader, place)
        });
        let waiting = Waiting(allowance);
        // Where nobody waits for it any more, the connection is closed with what it returned.
        let (rows, reader, _place) = long.await.map_err(|_| DbErr::Custom(PANICKED.to_owned()))?;
        drop(waiting);
        pool.give_back(reader);
        Ok(rows?)
    }

    /// Closes every connection. Those that are in use are closed after it.
    pub(in crate::store) fn close(&self) {
        self.0.places.close();
        self.0.free().clear();
    }
}

impl Pool {
    fn take(&self) -> Result<Reader, DbErr> {
        let free = self.free().pop();
        free.map_or_else(|| Ok(self.open()?), Ok)
    }

    fn open(&self) -> Result<Reader, Failure> {
        let connection = Connection::open(&self.file, Purpose::Reading)?;
        let allowance = connection.limited()?;
        Ok(Reader {
            connection,
            allowance,
        })
    }

    fn give_back(&self, reader: Reader) {
        if !self.places.is_closed() {
            self.free().push(reader);
        }
    }

    fn free(&self) -> MutexGuard<'_, Vec<Reader>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader {
    fn rows<T>(
        &self,
        steps: i64,
        statement: &Statement,
        read: impl Fn(&Row<'_>) -> Result<T, DbErr>,
    ) -> Result<Vec<T>, Failure> {
        self.allowance.set(steps);
        self.connection.rows(statement, read)
    }
}

/// Somebody who waits for a long read. When they go, it ends.
struct Waiting(Arc<Allowance>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.set(0);
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::{ConnAcquireErr, DatabaseBackend};

    use super::*;
    use crate::store::sqlite::{Scratch, get};

    /// It never ends by itself.
    const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) \
                           SELECT count(*) FROM n";

    /// Longer than may be spent where it is asked.
    const LONG: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 300000) \
                        SELECT count(*) FROM n";

    async fn number(readers: &Readers, sql: &str) -> Result<i64, DbErr> {
        let statement = Statement::from_string(DatabaseBackend::Sqlite, sql);
        let rows = readers.rows(statement, |row| get(row, 0)).await?;
        Ok(rows[0])
    }

    fn readers(file: &Scratch, most: u32) -> Readers {
        let patience = Duration::from_secs(30);
        Readers::new(file.path().to_owned(), most, patience, Watch::default())
    }

    #[tokio::test]
    async fn a_read_for_which_nobody_waits_ends() {
        let file = Scratch::with("");
        let readers = readers(&file, 1);
        let moment = Duration::from_millis(50);
        let endless = tokio::time::timeout(moment, number(&readers, ENDLESS));
        assert!(endless.await.is_err());
        // There is one connection, and it would never come back.
        assert_eq!(number(&readers, "SELECT 7").await.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_long_read_keeps_nobody_waiting_and_gets_to_its_end() {
        let file = Scratch::with("");
        let readers = readers(&file, 2);
        let other = readers.clone();
        // This runtime has one thread: what blocks it blocks all.
        let endless = tokio::spawn(async move { number(&other, ENDLESS).await });
        tokio::task::yield_now().await;
        assert_eq!(number(&readers, LONG).await.unwrap(), 300_000);
        assert!(!endless.is_finished());
        endless.abort();
    }

    #[tokio::test]
    async fn whoever_finds_no_connection_is_told_in_time() {
        let file = Scratch::with("");
        let none = Readers::new(file.path().to_owned(), 0, Duration::ZERO, Watch::default());
        let refused = number(&none, "SELECT 7").await.unwrap_err();
        assert!(matches!(
            refused,
            DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)
        ));
        none.close();
        let refused = number(&none, "SELECT 7").await.unwrap_err();
        assert!(matches!(
            refused,
            DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)
        ));
    }

    #[tokio::test]
    async fn a_reader_cannot_write() {
        let file = Scratch::with("CREATE TABLE t (a)");
        let refused = number(&readers(&file, 1), "INSERT INTO t VALUES (1) RETURNING a").await;
        assert!(refused.unwrap_err().to_string().contains("readonly"));
    }
}
