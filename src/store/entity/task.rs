//! Tasks, and how a row becomes a [`Task`].

use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::FromQueryResult;
use sea_orm::entity::prelude::*;

use crate::task::{Priority, Task, fold};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tasks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub title: String,
    /// The title, folded: for order and search.
    pub title_key: String,
    pub description: Option<String>,
    /// The description, folded: for search.
    pub description_key: Option<String>,
    pub completed_at: Option<DateTimeUtc>,
    pub priority: Option<i16>,
    pub due_date: Option<Date>,
    pub due_time: Option<Time>,
    pub parent_id: Option<Uuid>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
    pub deleted_at: Option<DateTimeUtc>,
    /// Whether it went to the trash along with its parent.
    pub with_parent: bool,
    pub version: i64,
    /// Which list the task stands in. The database works it out: see [`PENDING`] and the others.
    pub list: i16,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The list of tasks that are still to do.
pub(in crate::store) const PENDING: i16 = 0;
/// The list of tasks that are done.
pub(in crate::store) const COMPLETED: i16 = 1;
/// The list of tasks that lie in the trash.
pub(in crate::store) const TRASHED: i16 = 2;

/// What a [`Task`] is made of.
pub(in crate::store) const COLUMNS: [Column; 13] = [
    Column::Id,
    Column::Title,
    Column::Description,
    Column::CompletedAt,
    Column::Priority,
    Column::DueDate,
    Column::DueTime,
    Column::ParentId,
    Column::CreatedAt,
    Column::UpdatedAt,
    Column::DeletedAt,
    Column::WithParent,
    Column::Version,
];

/// What a change can change of a row.
pub(in crate::store) const CHANGING: [Column; 13] = [
    Column::Title,
    Column::TitleKey,
    Column::Description,
    Column::DescriptionKey,
    Column::CompletedAt,
    Column::Priority,
    Column::DueDate,
    Column::DueTime,
    Column::ParentId,
    Column::UpdatedAt,
    Column::DeletedAt,
    Column::WithParent,
    Column::Version,
];

/// The row that [`COLUMNS`] give.
#[derive(Debug, FromQueryResult)]
pub(in crate::store) struct Row {
    id: Uuid,
    title: String,
    description: Option<String>,
    completed_at: Option<DateTimeUtc>,
    priority: Option<i16>,
    due_date: Option<Date>,
    due_time: Option<Time>,
    parent_id: Option<Uuid>,
    created_at: DateTimeUtc,
    updated_at: DateTimeUtc,
    deleted_at: Option<DateTimeUtc>,
    with_parent: bool,
    version: i64,
}

impl From<Row> for Task {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            title: row.title,
            description: row.description,
            completed_at: row.completed_at,
            priority: row.priority.and_then(priority_from_column),
            due_date: row.due_date,
            due_time: row.due_time,
            parent_id: row.parent_id,
            created_at: row.created_at,
            updated_at: row.updated_at,
            deleted_at: row.deleted_at,
            with_parent: row.with_parent,
            version: row.version,
        }
    }
}

/// The whole row of a task, to be inserted or to replace the one that is there.
pub(in crate::store) fn row_of(user_id: Uuid, task: Task) -> ActiveModel {
    ActiveModel {
        user_id: Set(user_id),
        id: Set(task.id),
        title_key: Set(fold(&task.title)),
        title: Set(task.title),
        description_key: Set(task.description.as_deref().map(fold)),
        description: Set(task.description),
        completed_at: Set(task.completed_at),
        priority: Set(task.priority.map(priority_to_column)),
        due_date: Set(task.due_date),
        due_time: Set(task.due_time),
        parent_id: Set(task.parent_id),
        created_at: Set(task.created_at),
        updated_at: Set(task.updated_at),
        deleted_at: Set(task.deleted_at),
        with_parent: Set(task.with_parent),
        version: Set(task.version),
        list: NotSet,
    }
}

/// Priorities are stored as numbers whose order is theirs.
pub(in crate::store) const fn priority_to_column(priority: Priority) -> i16 {
    match priority {
        Priority::Low => 1,
        Priority::Medium => 2,
        Priority::High => 3,
    }
}

const fn priority_from_column(stored: i16) -> Option<Priority> {
    match stored {
        1 => Some(Priority::Low),
        2 => Some(Priority::Medium),
        3 => Some(Priority::High),
        _ => None,
    }
}
