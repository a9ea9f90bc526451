//! The database: the only room that knows SeaORM.
//!
//! [`Store::tasks`] is the only way to a query on tasks, and it starts every one of them from its
//! owner. [`Tasks::write`] is the only way to change one.

mod connect;
mod entity;
mod error;
mod migrations;
mod owned;
mod page;
mod relations;
mod tasks;
mod toggle;
mod watch;
mod work;
mod write;
mod writer;

use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

use crate::config::{DatabaseKind, DatabaseSettings};
use crate::identity::Viewer;

pub use error::{ChangeError, StoreError};
pub use migrations::{migrate_down, migrate_up, migration_status};
pub use tasks::Tasks;
pub use watch::Watch;
pub use write::WriteError;
use writer::Writer;

/// Connections to one database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    /// Where queries run.
    reader: DatabaseConnection,
    /// Where changes are made. On SQLite one connection of its own, so that writers queue here and not
    /// at the file's lock.
    writer: Writer,
    /// The connections that the writer uses.
    writing: DatabaseConnection,
    watch: Watch,
}

impl Store {
    /// Connects. Statements that take longer than `statement_timeout` are ended, where the
    /// database can.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn connect(
        settings: &DatabaseSettings,
        statement_timeout: Duration,
    ) -> Result<Self, StoreError> {
        let watch = Watch::default();
        let (reader, writing) = connect::connect(settings, statement_timeout, &watch).await?;
        let writer = match settings.kind {
            DatabaseKind::Postgres => Writer::Alone(writing.clone()),
            DatabaseKind::Sqlite => Writer::together(writing.clone()),
        };
        Ok(Self {
            reader,
            writer,
            writing,
            watch,
        })
    }

    /// The tasks of one user: the only way to a query on tasks.
    #[must_use]
    pub fn tasks<'a>(&'a self, viewer: &'a Viewer) -> Tasks<'a> {
        Tasks::new(self, viewer)
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// When it gives none.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let backend = self.reader.get_database_backend();
        self.reader
            .query_one_raw(Statement::from_string(backend, "SELECT 1"))
            .await?;
        Ok(())
    }

    /// What this store has asked of its database.
    #[must_use]
    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    /// Lets running statements end, then closes every connection.
    ///
    /// # Errors
    /// When a connection does not close cleanly.
    pub async fn close(self) -> Result<(), StoreError> {
        self.reader.close().await?;
        drop(self.writer);
        self.writing.close().await?;
        Ok(())
    }
}
