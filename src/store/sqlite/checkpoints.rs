//! How the write-ahead log gets into the file: a thread of its own copies it while writes go on. Left to
//! itself, SQLite has the writer do that after every thousand pages, and all who write wait for it.
//!
//! See [Write-Ahead Logging](https://sqlite.org/wal.html#ckpt), "Checkpointing".

use std::fs::File;
use std::mem::ManuallyDrop;
use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use sea_orm::DbErr;

use super::connection::{Connection, Failure, Purpose, get};

/// How many pages are worth a flush of the file.
const WORTH_IT: i64 = 3_500;

/// How many pages are few enough to wait for.
const LITTLE: i64 = 1_000;

/// How many pages the log should have, 64 MiB: from then on it may begin anew. That takes a moment
/// without writes, in which the last pages are copied, and while writes follow upon each other only the
/// writer has one. It waits until little is left, but not for ever.
const LONG: i64 = 16_384;
const TOO_LONG: i64 = 4 * LONG;

const COPY: &str = "PRAGMA wal_checkpoint(PASSIVE)";

/// How far the log has got. Does nothing by itself.
const LOOK: &str = "PRAGMA wal_checkpoint(NOOP)";

/// Keeps the log short.
#[derive(Debug)]
pub(super) struct Checkpoints {
    wake: SyncSender<()>,
    thread: JoinHandle<()>,
}

impl Checkpoints {
    /// Starts the thread.
    pub(super) fn start(file: &Path) -> Result<Self, Failure> {
        let connection = Connection::open(file, Purpose::Writing { make: false })?;
        // SQLite flushes the file only when it has copied the log to its end. Without a flush after each
        // part of it, that one would take all of the time that was saved.
        let flushed = File::options().write(true).open(file)?;
        // To close it would take away the locks that this process has on the file (POSIX `fcntl`), those
        // of other connections too: it stays open, one for each start of a server.
        let flushed = ManuallyDrop::new(flushed);
        // Nothing is kept for it: while it copies it sees by itself what is new.
        let (wake, woken) = sync_channel(0);
        let thread = thread::Builder::new()
            .name("sqlite-log".to_owned())
            .spawn(move || {
                while woken.recv().is_ok() {
                    let copied = run(&connection, COPY);
                    tell(copied.and_then(|_| Ok(flushed.sync_data()?)));
                }
            })?;
        Ok(Self { wake, thread })
    }

    /// What the writer does between two transactions.
    pub(super) fn between_writes(&self, writer: &Connection) {
        let done = run(writer, LOOK).and_then(|log| {
            let left = log.pages - log.copied;
            let long = log.pages >= LONG;
            if log.pages >= TOO_LONG || (long && left < LITTLE) {
                run(writer, COPY)?;
            } else if long || left >= WORTH_IT {
                // An error means that it is at it.
                let _ = self.wake.try_send(());
            }
            Ok(())
        });
        tell(done);
    }

    /// Ends the thread.
    pub(super) fn end(self) {
        drop(self.wake);
        // It has told what went wrong.
        let _ = self.thread.join();
    }
}

/// The log, and how much of it stands in the file.
#[derive(Clone, Copy, Debug)]
struct Log {
    pages: i64,
    copied: i64,
}

fn run(connection: &Connection, pragma: &str) -> Result<Log, Failure> {
    let statement = sea_orm::Statement::from_string(sea_orm::DatabaseBackend::Sqlite, pragma);
    let log = connection.rows(&statement, |row| {
        Ok(Log {
            pages: get(row, 1)?,
            copied: get(row, 2)?,
        })
    })?;
    let none = || DbErr::Custom(format!("{pragma} returned nothing"));
    Ok(*log.first().ok_or_else(none)?)
}

/// No write is lost by it, but the log grows.
fn tell(done: Result<(), Failure>) {
    if let Err(failure) = done {
        let cause = DbErr::from(failure);
        tracing::error!(%cause, "the write-ahead log could not be copied into the file");
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::{DatabaseBackend, Statement};

    use super::super::Scratch;
    use super::*;

    fn number(connection: &Connection, sql: &str) -> i64 {
        let statement = Statement::from_string(DatabaseBackend::Sqlite, sql);
        connection.rows(&statement, |row| get(row, 0)).unwrap()[0]
    }

    #[test]
    fn the_log_stays_short_while_writes_follow_upon_each_other() {
        let file = Scratch::with("CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB)");
        let writer = Connection::open(file.path(), Purpose::Writing { make: false }).unwrap();
        let checkpoints = Checkpoints::start(file.path()).unwrap();
        // A log and a half, a hundred pages at a time.
        let writes = LONG * 3 / 2 / 100;
        for _ in 0..writes {
            let hundred_pages = "INSERT INTO t (b) VALUES (zeroblob(409600))";
            writer.run(hundred_pages).unwrap();
            checkpoints.between_writes(&writer);
        }
        let log = run(&writer, LOOK).unwrap();
        assert!(log.pages < LONG, "it does not begin anew: {log:?}");
        checkpoints.end();
        assert_eq!(number(&writer, "SELECT count(*) FROM t"), writes);
        drop(writer);
        let alone = Connection::open(file.path(), Purpose::Reading).unwrap();
        assert_eq!(number(&alone, "SELECT count(*) FROM t"), writes);
    }
}
