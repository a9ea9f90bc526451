//! The database: the only room that knows SeaORM, and the drivers that run what it builds: `sqlite` and
//! `postgres`, under one `Session`.
//!
//! [`Store::tasks`] is the only way to a query on tasks, and it starts every one of them from its
//! owner. [`Tasks::write`] is the only way to change one.

mod at_once;
mod entity;
mod error;
mod migrations;
mod owned;
mod page;
mod places;
mod postgres;
mod relations;
mod session;
mod settings;
mod sqlite;
mod tasks;
mod text;
mod watch;
mod work;
mod write;

use std::time::Duration;

use sea_orm::sea_query::{Expr, Query};

use self::session::Session;
use crate::identity::Viewer;

pub use error::{ChangeError, StoreError, WriteError};
pub use migrations::{migrate_down, migrate_up, migration_status};
pub use settings::{DatabaseKind, DatabaseSettings, DatabaseUrl, SqliteFile};
pub use tasks::Tasks;
pub use watch::Watch;

/// Connections to one database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    database: Database,
    watch: Watch,
}

#[derive(Clone, Debug)]
enum Database {
    Postgres(postgres::Pool),
    Sqlite(sqlite::Readers, sqlite::Writer<write::Made>),
}

impl Store {
    /// Connects. Postgres ends statements that take longer than `statement_timeout`; SQLite ends those
    /// for which nobody waits any more.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn connect(
        settings: &DatabaseSettings,
        statement_timeout: Duration,
    ) -> Result<Self, StoreError> {
        let watch = Watch::default();
        let database = match &settings.kind {
            DatabaseKind::Postgres => {
                let watch = watch.clone();
                Database::Postgres(
                    postgres::Pool::connect(settings, statement_timeout, watch).await?,
                )
            }
            DatabaseKind::Sqlite(file) => {
                let (readers, writer) = sqlite::open(file, settings, &watch).await?;
                Database::Sqlite(readers, writer)
            }
        };
        Ok(Self { database, watch })
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
        let one = Query::select().expr(Expr::value(1)).to_owned();
        self.reading().execute(&one).await?;
        Ok(())
    }

    /// What this store has asked of its database.
    #[must_use]
    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    /// Lets running statements end, then closes every connection.
    pub async fn close(self) {
        match self.database {
            Database::Postgres(pool) => pool.close().await,
            Database::Sqlite(readers, writer) => {
                readers.close();
                writer.close().await;
            }
        }
    }

    /// Where queries run.
    const fn reading(&self) -> Session<'_> {
        match &self.database {
            Database::Postgres(pool) => Session::Pool(pool),
            Database::Sqlite(readers, _) => Session::Readers(readers),
        }
    }
}
