//! Tasks, and how a row becomes a [`Task`].

use std::slice;

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{InsertStatement, OnConflict, Query, SelectStatement};
use sea_orm::{StatementBuilder, Value};

use crate::store::session::Row;
use crate::store::text::Texts;
use crate::task::{Part, Parts, Priority, Task, fold};

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

/// What a [`Task`] is made of, beside its id.
const PARTS: [(Part, Column); 12] = [
    (Part::Title, Column::Title),
    (Part::Description, Column::Description),
    (Part::CompletedAt, Column::CompletedAt),
    (Part::Priority, Column::Priority),
    (Part::DueDate, Column::DueDate),
    (Part::DueTime, Column::DueTime),
    (Part::ParentId, Column::ParentId),
    (Part::CreatedAt, Column::CreatedAt),
    (Part::UpdatedAt, Column::UpdatedAt),
    (Part::DeletedAt, Column::DeletedAt),
    (Part::WithParent, Column::WithParent),
    (Part::Version, Column::Version),
];

/// The columns that hold these parts of a task, in the order in which [`read`] reads them.
pub(in crate::store) fn columns(parts: Parts) -> impl Iterator<Item = Column> {
    let wanted = PARTS.into_iter().filter(move |(part, _)| parts.has(*part));
    std::iter::once(Column::Id).chain(wanted.map(|(_, column)| column))
}

/// The task in a row that begins with [`columns`].
pub(in crate::store) fn read(row: &Row<'_>, parts: Parts) -> Result<Task, DbErr> {
    let mut task = Task {
        id: row.get(0)?,
        title: String::new(),
        description: None,
        completed_at: None,
        priority: None,
        due_date: None,
        due_time: None,
        parent_id: None,
        created_at: DateTimeUtc::UNIX_EPOCH,
        updated_at: DateTimeUtc::UNIX_EPOCH,
        deleted_at: None,
        with_parent: false,
        version: 0,
    };
    let wanted = PARTS.iter().filter(|(part, _)| parts.has(*part));
    for (place, (part, _)) in (1..).zip(wanted) {
        match part {
            Part::Title => task.title = row.get(place)?,
            Part::Description => task.description = row.get(place)?,
            Part::CompletedAt => task.completed_at = row.get(place)?,
            Part::Priority => {
                let stored: Option<i16> = row.get(place)?;
                task.priority = stored.and_then(priority_from_column);
            }
            Part::DueDate => task.due_date = row.get(place)?,
            Part::DueTime => task.due_time = row.get(place)?,
            Part::ParentId => task.parent_id = row.get(place)?,
            Part::CreatedAt => task.created_at = row.get(place)?,
            Part::UpdatedAt => task.updated_at = row.get(place)?,
            Part::DeletedAt => task.deleted_at = row.get(place)?,
            Part::WithParent => task.with_parent = row.get(place)?,
            Part::Version => task.version = row.get(place)?,
        }
    }
    Ok(task)
}

/// The task in a row that begins with the columns of all its parts.
pub(in crate::store) fn read_whole(row: &Row<'_>) -> Result<Task, DbErr> {
    read(row, Parts::ALL)
}

/// What is written of a task: all but the list, which the database works out.
const WRITTEN: [Column; 16] = [
    Column::UserId,
    Column::Id,
    Column::Title,
    Column::TitleKey,
    Column::Description,
    Column::DescriptionKey,
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

/// Writes a whole task, which is new.
pub(in crate::store) fn insert(user_id: Uuid, task: &Task) -> impl StatementBuilder {
    static TEXTS: Texts<()> = Texts::new();
    let values = move || values(user_id, task).collect();
    TEXTS.statement((), values, move || {
        insert_all(user_id, slice::from_ref(task))
    })
}

/// Writes whole tasks, which are new.
pub(in crate::store) fn insert_all(user_id: Uuid, tasks: &[Task]) -> InsertStatement {
    let mut statement = Query::insert();
    statement.into_table(Entity).columns(WRITTEN);
    for task in tasks {
        statement.values_panic(values(user_id, task).map(Expr::value));
    }
    statement
}

/// The same for tasks of which some may be there: those are replaced.
pub(in crate::store) fn upsert(user_id: Uuid, tasks: &[Task]) -> InsertStatement {
    let key = [Column::UserId, Column::Id];
    let stays = |column: &Column| matches!(column, Column::UserId | Column::Id | Column::CreatedAt);
    let replaced = WRITTEN.into_iter().filter(|column| !stays(column));
    let mut statement = insert_all(user_id, tasks);
    statement.on_conflict(OnConflict::columns(key).update_columns(replaced).to_owned());
    statement
}

/// Writes the rows that a statement selects.
pub(in crate::store) fn insert_rows(rows: SelectStatement) -> InsertStatement {
    let mut statement = Query::insert();
    statement.into_table(Entity).columns(WRITTEN);
    let rows = statement.select_from(rows);
    rows.expect("as many columns as are written").take()
}

/// What is written of a task, as many values as columns.
fn values(user_id: Uuid, task: &Task) -> impl Iterator<Item = Value> {
    let values = values_but_version(user_id, task).into_iter();
    values.chain([task.version.into()])
}

/// The same without the last one, the version.
pub(in crate::store) fn values_but_version(
    user_id: Uuid,
    task: &Task,
) -> [Value; WRITTEN.len() - 1] {
    [
        user_id.into(),
        task.id.into(),
        task.title.as_str().into(),
        fold(&task.title).into(),
        task.description.as_deref().into(),
        task.description.as_deref().map(fold).into(),
        task.completed_at.into(),
        task.priority.map(priority_to_column).into(),
        task.due_date.into(),
        task.due_time.into(),
        task.parent_id.into(),
        task.created_at.into(),
        task.updated_at.into(),
        task.deleted_at.into(),
        task.with_parent.into(),
    ]
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
