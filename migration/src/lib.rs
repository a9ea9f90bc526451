//! Docket's tables and indexes, on SQLite and on Postgres.
//!
//! A migration that has been released never changes: add a new module, and name it in
//! [`Migrator::migrations`].

use sea_orm_migration::prelude::*;

pub use sea_orm_migration::MigratorTrait;

mod m20261121_000001_tasks;
mod m20261121_000002_tags_and_subtasks;

/// The migrations, oldest first.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_tasks::Migration),
            Box::new(m20261121_000002_tags_and_subtasks::Migration),
        ]
    }
}
