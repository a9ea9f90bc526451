//! What belongs to tasks: their tags, their subtasks. Each read for as many tasks as are asked for in
//! one statement.

use std::collections::HashMap;

use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::entity::tag;
use super::entity::task::Column;
use super::{StoreError, Tasks};
use crate::task::{Tag, TagCount, Task};

#[derive(FromQueryResult)]
pub(super) struct TagRow {
    task_id: Uuid,
    tag_key: String,
    tag: String,
}

impl TagRow {
    /// Tags by their tasks, in the order in which they were read.
    pub(super) fn by_task(rows: Vec<Self>) -> HashMap<Uuid, Vec<Tag>> {
        let mut tags: HashMap<Uuid, Vec<Tag>> = HashMap::new();
        for row in rows {
            let tag = Tag::stored(row.tag, row.tag_key);
            tags.entry(row.task_id).or_default().push(tag);
        }
        tags
    }
}

impl Tasks<'_> {
    /// The tags of these tasks, by name. One statement.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tags_of(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, Vec<Tag>>, StoreError> {
        let rows = self
            .rows()
            .tags()
            .filter(tag::Column::TaskId.is_in(ids.iter().copied()))
            .order_by_asc(tag::Column::TagKey)
            .select_only()
            .columns([tag::Column::TaskId, tag::Column::TagKey, tag::Column::Tag])
            .into_model::<TagRow>()
            .all(&self.store.reader)
            .await?;
        Ok(TagRow::by_task(rows))
    }

    /// The subtasks of these tasks, oldest first: those that are out of the trash, and those that lie
    /// there with their parent. One statement.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn subtasks_of(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, Vec<Task>>, StoreError> {
        let there = Column::DeletedAt.is_null().or(Column::WithParent.eq(true));
        let condition = Column::ParentId.is_in(ids.iter().copied()).and(there);
        let mut tasks = self.rows().read(&self.store.reader, condition).await?;
        tasks.sort_by_key(|task| (task.created_at, task.id));
        let mut subtasks: HashMap<Uuid, Vec<Task>> = HashMap::new();
        for task in tasks {
            if let Some(parent) = task.parent_id {
                subtasks.entry(parent).or_default().push(task);
            }
        }
        Ok(subtasks)
    }

    /// Every tag that a task outside the trash carries, by name, with how many do. One statement.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tag_counts(&self) -> Result<Vec<TagCount>, StoreError> {
        #[derive(FromQueryResult)]
        struct Sum {
            tag: String,
            tasks: i64,
        }
        let live = self
            .rows()
            .tasks()
            .filter(Column::DeletedAt.is_null())
            .select_only()
            .column(Column::Id);
        let sums = self
            .rows()
            .tags()
            .filter(tag::Column::TaskId.in_subquery(sea_orm::QueryTrait::into_query(live)))
            .select_only()
            // All rows of a key have the same spelling.
            .column_as(tag::Column::Tag.min(), "tag")
            .column_as(tag::Column::TaskId.count(), "tasks")
            .group_by(tag::Column::TagKey)
            .order_by_asc(tag::Column::TagKey)
            .into_model::<Sum>()
            .all(&self.store.reader)
            .await?;
        let counts = sums.into_iter().map(|sum| TagCount {
            name: sum.tag,
            tasks: sum.tasks,
        });
        Ok(counts.collect())
    }
}
