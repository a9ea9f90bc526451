//! What belongs to tasks: their tags, their subtasks. Each read for as many tasks as are asked for in
//! one statement.

use std::collections::HashMap;
use std::iter;

use sea_orm::sea_query::{ExprTrait, SelectStatement};
use sea_orm::{
    ColumnTrait, DbErr, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select, StatementBuilder,
    Value,
};
use uuid::Uuid;

use super::entity::tag;
use super::entity::task::{self, Column};
use super::session::{Row, Session};
use super::text::Texts;
use super::{StoreError, Tasks};
use crate::task::{Tag, TagCount, Task};

/// What [`tags_by_task`] reads of these tags.
pub(super) fn with_their_tasks(tags: Select<tag::Entity>) -> SelectStatement {
    tags.select_only()
        .columns([tag::Column::TaskId, tag::Column::TagKey, tag::Column::Tag])
        .into_query()
}

/// The tags that a statement finds, by their tasks, in the order in which it finds them.
pub(super) async fn tags_by_task(
    session: Session<'_>,
    statement: &impl StatementBuilder,
) -> Result<HashMap<Uuid, Vec<Tag>>, DbErr> {
    let read = |row: &Row<'_>| Ok((row.get(0)?, Tag::stored(row.get(2)?, row.get(1)?)));
    let mut tags: HashMap<Uuid, Vec<Tag>> = HashMap::new();
    for (task, tag) in session.rows(statement, read).await? {
        tags.entry(task).or_default().push(tag);
    }
    Ok(tags)
}

impl Tasks<'_> {
    /// The tags of these tasks, by name. One statement.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tags_of(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, Vec<Tag>>, StoreError> {
        /// By the number of tasks.
        static TEXTS: Texts<usize> = Texts::new();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let values = || self.user_and(ids).collect();
        let statement = TEXTS.statement(ids.len(), values, || {
            let of_tasks = tag::Column::TaskId.is_in(ids.iter().copied());
            let tags = self.rows().tags().filter(of_tasks);
            with_their_tasks(tags.order_by_asc(tag::Column::TagKey))
        });
        Ok(tags_by_task(self.store.reading(), &statement).await?)
    }

    /// The subtasks of these tasks, oldest first: those that are out of the trash, and those that lie
    /// there with their parent. One statement.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn subtasks_of(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, Vec<Task>>, StoreError> {
        /// By the number of tasks.
        static TEXTS: Texts<usize> = Texts::new();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let values = || self.user_and(ids).chain([true.into()]).collect();
        let statement = TEXTS.statement(ids.len(), values, || {
            let there = Column::DeletedAt.is_null().or(Column::WithParent.eq(true));
            let of_tasks = Column::ParentId.is_in(ids.iter().copied());
            self.rows().whole(of_tasks.and(there))
        });
        let mut tasks = self
            .store
            .reading()
            .rows(&statement, task::read_whole)
            .await?;
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
        let live = self
            .rows()
            .tasks()
            .filter(Column::DeletedAt.is_null())
            .select_only()
            .column(Column::Id);
        let counts = self
            .rows()
            .tags()
            .filter(tag::Column::TaskId.in_subquery(live.into_query()))
            .select_only()
            // All rows of a key have the same spelling.
            .column_as(tag::Column::Tag.min(), "tag")
            .column_as(tag::Column::TaskId.count(), "tasks")
            .group_by(tag::Column::TagKey)
            .order_by_asc(tag::Column::TagKey)
            .into_query();
        let read = |row: &Row<'_>| {
            Ok(TagCount {
                name: row.get(0)?,
                tasks: row.get(1)?,
            })
        };
        Ok(self.store.reading().rows(&counts, read).await?)
    }

    fn user_and(&self, ids: &[Uuid]) -> impl Iterator<Item = Value> {
        iter::once(self.rows().id())
            .chain(ids.iter().copied())
            .map(Value::from)
    }
}
