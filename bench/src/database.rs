//! The databases: made once by Docket's own migrations, filled once, then copied for each contender.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use sea_orm::{ConnectOptions, ConnectionTrait as _, DatabaseConnection};

use crate::cluster::Cluster;
use crate::contender;
use crate::data::{self, User};

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    Postgres,
    Sqlite,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "Postgres",
            Self::Sqlite => "SQLite",
        }
    }
}

/// A folder that is taken away at the end.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays is in the folder for temporary things.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A template, and where its copies go.
pub(crate) struct Databases {
    pub(crate) cluster: Option<Cluster>,
    scratch: Scratch,
}

impl Databases {
    /// Databases with these users in them; without any, only the tables.
    pub(crate) async fn with(kind: Kind, users: &[User]) -> anyhow::Result<Self> {
        let scratch = std::env::temp_dir().join(format!("docket-bench-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&scratch)?;
        let scratch = Scratch(scratch);
        let cluster = (kind == Kind::Postgres).then(Cluster::start).transpose()?;
        let databases = Self { cluster, scratch };
        if databases.cluster.is_some() {
            databases.admin("CREATE DATABASE template").await?;
        }
        let url = databases.url("template");
        let migrated = Command::new(contender::binary("docket")?)
            .args(["migrate", "up"])
            .env("DATABASE_URL", &url)
            .current_dir(databases.scratch())
            .output()?;
        ensure!(
            migrated.status.success(),
            "docket migrate up: {}",
            String::from_utf8_lossy(&migrated.stderr)
        );
        let connection = connect(&url).await?;
        data::load(&connection, users).await?;
        settle(&connection).await?;
        connection.close().await?;
        Ok(databases)
    }

    /// A copy of the template.
    pub(crate) async fn copy(&self, name: &str) -> anyhow::Result<String> {
        if self.cluster.is_some() {
            self.admin(&format!("CREATE DATABASE {name} TEMPLATE template"))
                .await?;
            self.admin("CHECKPOINT").await?;
        } else {
            std::fs::copy(self.file("template"), self.file(name))?;
        }
        Ok(self.url(name))
    }

    pub(crate) fn scratch(&self) -> &Path {
        &self.scratch.0
    }

    fn file(&self, name: &str) -> PathBuf {
        self.scratch().join(format!("{name}.db"))
    }

    fn url(&self, name: &str) -> String {
        match &self.cluster {
            Some(cluster) => cluster.url(name),
            None => format!("sqlite://{}?mode=rwc", self.file(name).display()),
        }
    }

    /// Runs a statement that no database has to be open for.
    pub(crate) async fn admin(&self, sql: &str) -> anyhow::Result<()> {
        let cluster = self
            .cluster
            .as_ref()
            .context("only a server is administered")?;
        let admin = connect(&cluster.url("postgres")).await?;
        admin.execute_unprepared(sql).await?;
        Ok(admin.close().await?)
    }
}

/// A connection of the benchmark's own.
pub(crate) async fn connect(url: &str) -> anyhow::Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    Ok(Box::pin(sea_orm::Database::connect(options)).await?)
}

/// Does now what the database would else do while it is measured.
pub(crate) async fn settle(connection: &DatabaseConnection) -> anyhow::Result<()> {
    let statements: &[&str] = match connection.get_database_backend() {
        sea_orm::DatabaseBackend::Postgres => &["VACUUM ANALYZE", "CHECKPOINT"],
        _ => &["ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)"],
    };
    for statement in statements {
        connection.execute_unprepared(statement).await?;
    }
    Ok(())
}
