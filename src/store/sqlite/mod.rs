//! An SQLite file: one connection that writes, others that read. SeaORM builds every statement, and
//! [rusqlite] runs it here, where nothing has to wait for a thread.
//!
//! [rusqlite]: https://docs.rs/rusqlite

mod checkpoints;
mod connection;
mod readers;
mod values;
mod writer;

use std::time::Duration;

use sea_orm::DbErr;
use tokio::time::Instant;

pub(super) use connection::{BUSY_TIMEOUT, Row, get};
pub(super) use readers::Readers;
pub(super) use values::FromValue;
pub(super) use writer::{Writer, Writing};

use self::checkpoints::Checkpoints;
use self::connection::{Connection, Failure, Purpose};
use super::{DatabaseSettings, SqliteFile, Watch};

/// Opens a file for reading and for writing.
pub(super) async fn open<T: Send + 'static>(
    file: &SqliteFile,
    settings: &DatabaseSettings,
    watch: &Watch,
) -> Result<(Readers, Writer<T>), DbErr> {
    make_for_its_owner_alone(file);
    // The writer comes first: it turns on the write-ahead log.
    let connection = connect(file).await?;
    let checkpoints = Checkpoints::start(&file.path)?;
    let writer = Writer::start(connection, checkpoints, watch.clone())?;
    let readers = Readers::new(
        file.path.clone(),
        settings.max_connections,
        settings.acquire_timeout,
        watch.clone(),
    );
    Ok((readers, writer))
}

/// Makes a new file for its owner alone, as the files that SQLite puts beside it then are: SQLite itself
/// would let everybody on the machine read the tasks.
pub(super) fn make_for_its_owner_alone(file: &SqliteFile) {
    if !file.make {
        return;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // Either it is there already, or the driver will say why it cannot be made.
    let _ = options.open(&file.path);
}

/// Turning on the write-ahead log of a new file does not wait for the lock of another process that does
/// the same: this does.
async fn connect(file: &SqliteFile) -> Result<Connection, DbErr> {
    let give_up = Instant::now() + BUSY_TIMEOUT;
    loop {
        match Connection::open(&file.path, Purpose::Writing { make: file.make }) {
            Err(Failure::Busy) if Instant::now() < give_up => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            opened => return Ok(opened?),
        }
    }
}

/// A file for a test, which goes with it.
#[cfg(test)]
struct Scratch(std::path::PathBuf);

#[cfg(test)]
impl Scratch {
    fn with(tables: &str) -> Self {
        let name = format!("docket-{}.db", uuid::Uuid::now_v7());
        let file = Self(std::env::temp_dir().join(name));
        let connection = rusqlite::Connection::open(file.path()).unwrap();
        connection.execute_batch(tables).unwrap();
        file
    }

    fn path(&self) -> &std::path::Path {
        &self.0
    }
}

#[cfg(test)]
impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is left to whoever cleans the folder for temporary files.
        let _ = std::fs::remove_file(&self.0);
    }
}
