//! Users and their tasks.
//!
//! Every key begins with the user, so that a user's rows lie together. Each task stands in one list:
//! pending, completed or trashed. The column `list` says which, and every sort has one index within
//! it, so a page is a range of an index under each status, sort and direction.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Users {
    Table,
    Id,
    Issuer,
    Subject,
    LastVersion,
    PurgedThrough,
    CreatedAt,
}

#[derive(DeriveIden, Clone, Copy)]
enum Tasks {
    Table,
    UserId,
    Id,
    Title,
    TitleKey,
    Description,
    DescriptionKey,
    CompletedAt,
    Priority,
    DueDate,
    DueTime,
    ParentId,
    CreatedAt,
    UpdatedAt,
    DeletedAt,
    Version,
    List,
}

/// One index for each sort: user, list, the sort's column, id.
const SORTS: [(&str, Tasks); 5] = [
    ("tasks_by_created", Tasks::CreatedAt),
    ("tasks_by_title", Tasks::TitleKey),
    ("tasks_by_due_date", Tasks::DueDate),
    ("tasks_by_priority", Tasks::Priority),
    ("tasks_by_updated", Tasks::UpdatedAt),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(users()).await?;
        manager
            .create_table(tasks(manager.get_database_backend()))
            .await?;
        for (name, column) in SORTS {
            let index = Index::create()
                .name(name)
                .table(Tasks::Table)
                .col(Tasks::UserId)
                .col(Tasks::List)
                .col(column)
                .col(Tasks::Id)
                .to_owned();
            manager.create_index(index).await?;
        }
        let changes = Index::create()
            .name("tasks_by_version")
            .table(Tasks::Table)
            .col(Tasks::UserId)
            .col(Tasks::Version)
            .unique()
            .to_owned();
        manager.create_index(changes).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(Tasks::Table).to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table(Users::Table).to_owned())
            .await
    }
}

fn users() -> TableCreateStatement {
    Table::create()
        .table(Users::Table)
        .col(ColumnDef::new(Users::Id).uuid().not_null().primary_key())
        .col(ColumnDef::new(Users::Issuer).text().not_null())
        .col(ColumnDef::new(Users::Subject).text().not_null())
        .col(big_count(Users::LastVersion))
        .col(big_count(Users::PurgedThrough))
        .col(instant(Users::CreatedAt).not_null())
        .index(
            Index::create()
                .name("users_by_issuer_and_subject")
                .unique()
                .col(Users::Issuer)
                .col(Users::Subject),
        )
        .to_owned()
}

fn tasks(backend: DbBackend) -> TableCreateStatement {
    let list =
        "CASE WHEN deleted_at IS NOT NULL THEN 2 WHEN completed_at IS NOT NULL THEN 1 ELSE 0 END";
    Table::create()
        .table(Tasks::Table)
        .col(ColumnDef::new(Tasks::UserId).uuid().not_null())
        .col(ColumnDef::new(Tasks::Id).uuid().not_null())
        .col(ColumnDef::new(Tasks::Title).text().not_null())
        .col(folded(Tasks::TitleKey, backend).not_null())
        .col(ColumnDef::new(Tasks::Description).text())
        .col(folded(Tasks::DescriptionKey, backend))
        .col(instant(Tasks::CompletedAt))
        .col(ColumnDef::new(Tasks::Priority).small_integer())
        .col(ColumnDef::new(Tasks::DueDate).date())
        .col(ColumnDef::new(Tasks::DueTime).time())
        .col(ColumnDef::new(Tasks::ParentId).uuid())
        .col(instant(Tasks::CreatedAt).not_null())
        .col(instant(Tasks::UpdatedAt).not_null())
        .col(instant(Tasks::DeletedAt))
        .col(ColumnDef::new(Tasks::Version).big_integer().not_null())
        .col(
            ColumnDef::new(Tasks::List)
                .small_integer()
                .not_null()
                .generated(Expr::cust(list), true),
        )
        .primary_key(Index::create().col(Tasks::UserId).col(Tasks::Id))
        .foreign_key(
            ForeignKey::create()
                .name("tasks_user")
                .from(Tasks::Table, Tasks::UserId)
                .to(Users::Table, Users::Id)
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

/// Text that is compared byte by byte, so that both databases order it alike.
fn folded(column: Tasks, backend: DbBackend) -> ColumnDef {
    let mut definition = ColumnDef::new(column);
    match backend {
        DbBackend::Postgres => definition.custom(r#"text COLLATE "C""#),
        _ => definition.text(),
    };
    definition
}

fn instant(column: impl IntoIden) -> ColumnDef {
    ColumnDef::new(column).timestamp_with_time_zone().to_owned()
}

fn big_count(column: impl IntoIden) -> ColumnDef {
    ColumnDef::new(column)
        .big_integer()
        .not_null()
        .default(0)
        .to_owned()
}
