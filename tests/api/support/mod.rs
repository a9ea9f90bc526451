//! What tests start from: a server with a database of its own, and people who use it.

mod actor;
pub mod clients;
pub mod npm;
mod postgres;
mod process;
mod scratch;
mod skip;

use std::collections::HashMap;

use docket::config::Config;
use docket::server::Server;
use sea_orm::{Database, DatabaseConnection};

pub use actor::{ALL, Actor, Answer, SECRET, sign};
pub use postgres::new_database;
pub use process::{Process, docket_command};
pub use scratch::Scratch;
pub use skip::{Part, have};

/// A server, its database, and the people who use it.
pub struct Docket {
    pub server: Server,
    pub alice: Actor,
    pub bob: Actor,
    pub nobody: Actor,
    pub database_url: String,
    // Last, so that the server is gone before its files are.
    _scratch: Scratch,
}

impl Docket {
    pub async fn on_sqlite() -> Self {
        Self::on_sqlite_with(&[]).await
    }

    /// With some settings that are not the usual ones.
    pub async fn on_sqlite_with(settings: &[(&str, &str)]) -> Self {
        let scratch = Scratch::new();
        let url = format!("sqlite://{}/docket.db?mode=rwc", scratch.path().display());
        Self::start(url, scratch, settings).await
    }

    /// None where there is no Postgres, which the skip has named then.
    pub async fn on_postgres(test: &str) -> Option<Self> {
        Self::on_postgres_with(test, &[]).await
    }

    /// With some settings that are not the usual ones.
    pub async fn on_postgres_with(test: &str, settings: &[(&str, &str)]) -> Option<Self> {
        if !have(test, Part::Postgres) {
            return None;
        }
        Some(Self::start(new_database().await, Scratch::new(), settings).await)
    }

    async fn start(url: String, scratch: Scratch, settings: &[(&str, &str)]) -> Self {
        let server = Server::start(config(&url, settings)).await.unwrap();
        let endpoint = format!("http://{}/graphql", server.local_addr());
        Self {
            alice: Actor::new(&endpoint, Some(&sign("alice"))),
            bob: Actor::new(&endpoint, Some(&sign("bob"))),
            nobody: Actor::new(&endpoint, None),
            server,
            database_url: url,
            _scratch: scratch,
        }
    }

    /// A connection of the test's own, for looking inside.
    pub async fn look_inside(&self) -> DatabaseConnection {
        Database::connect(&self.database_url).await.unwrap()
    }
}

/// The configuration of a server on this database.
pub fn config(database_url: &str, more: &[(&str, &str)]) -> Config {
    let mut vars = HashMap::from([
        ("PORT".to_owned(), "0".to_owned()),
        ("DATABASE_URL".to_owned(), database_url.to_owned()),
        ("JWT_SECRET".to_owned(), SECRET.to_owned()),
    ]);
    vars.extend(
        more.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    Config::from_vars(&vars).unwrap()
}

/// Writes a test once and runs it on both databases.
macro_rules! on_both_databases {
    ($($(#[$meta:meta])* async fn $name:ident($docket:ident: Docket) $body:block)+) => {$(
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports, reason = "not every test needs all that its file does")]
            use super::*;

            async fn run($docket: crate::support::Docket) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                run(crate::support::Docket::on_sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                let name = concat!(module_path!(), "::postgres");
                if let Some(docket) = crate::support::Docket::on_postgres(name).await {
                    run(docket).await;
                }
            }
        }
    )+};
}
pub(crate) use on_both_databases;
