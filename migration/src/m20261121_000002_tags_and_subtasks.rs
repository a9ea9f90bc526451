//! Tags, and what subtasks need.
//!
//! A tag's key is its name folded: two spellings of one tag are one. Its name is repeated in each of
//! its rows, so that no other table has to be kept in step; the one place that writes keeps the first
//! spelling. Subtasks are found by an index of their own, which holds no other task.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Tasks {
    Table,
    UserId,
    Id,
    WithParent,
}

#[derive(DeriveIden)]
enum TaskTags {
    Table,
    UserId,
    TaskId,
    TagKey,
    Tag,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let with_parent = ColumnDef::new(Tasks::WithParent)
            .boolean()
            .not_null()
            .default(false)
            .to_owned();
        let alter = Table::alter()
            .table(Tasks::Table)
            .add_column(with_parent)
            .to_owned();
        manager.alter_table(alter).await?;
        let connection = manager.get_connection();
        connection
            .execute_unprepared(
                "CREATE INDEX tasks_by_parent ON tasks (user_id, parent_id, list, created_at, id) \
                 WHERE parent_id IS NOT NULL",
            )
            .await?;
        let backend = manager.get_database_backend();
        manager.create_table(task_tags(backend)).await?;
        let by_tag = Index::create()
            .name("task_tags_by_tag")
            .table(TaskTags::Table)
            .col(TaskTags::UserId)
            .col(TaskTags::TagKey)
            .col(TaskTags::TaskId)
            .to_owned();
        manager.create_index(by_tag).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tags = Table::drop().table(TaskTags::Table).to_owned();
        manager.drop_table(tags).await?;
        let by_parent = Index::drop()
            .name("tasks_by_parent")
            .table(Tasks::Table)
            .to_owned();
        manager.drop_index(by_parent).await?;
        let alter = Table::alter()
            .table(Tasks::Table)
            .drop_column(Tasks::WithParent)
            .to_owned();
        manager.alter_table(alter).await
    }
}

fn task_tags(backend: DbBackend) -> TableCreateStatement {
    let mut key = ColumnDef::new(TaskTags::TagKey);
    match backend {
        // Compared byte by byte, so that both databases order it alike.
        DbBackend::Postgres => key.custom(r#"text COLLATE "C""#),
        _ => key.text(),
    };
    Table::create()
        .table(TaskTags::Table)
        .col(ColumnDef::new(TaskTags::UserId).uuid().not_null())
        .col(ColumnDef::new(TaskTags::TaskId).uuid().not_null())
        .col(key.not_null())
        .col(ColumnDef::new(TaskTags::Tag).text().not_null())
        .primary_key(
            Index::create()
                .col(TaskTags::UserId)
                .col(TaskTags::TaskId)
                .col(TaskTags::TagKey),
        )
        .foreign_key(
            ForeignKey::create()
                .name("task_tags_task")
                .from(TaskTags::Table, (TaskTags::UserId, TaskTags::TaskId))
                .to(Tasks::Table, (Tasks::UserId, Tasks::Id))
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}
