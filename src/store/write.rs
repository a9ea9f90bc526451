//! The one way to change tasks: begin, take the user's next version, do the work, commit.

use chrono::{DateTime, Utc};
use sea_orm::DbErr;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};

use super::entity::user;
use super::session::Session;
use super::text::Texts;
use super::work::Work;
use super::{ChangeError, Database, StoreError, Tasks};
use crate::identity::Viewer;
use crate::task::{Change, Task};

/// Why changes that belong together were not made. Nothing of them is stored.
#[derive(Clone, Debug)]
pub enum WriteError {
    /// Some of them cannot be made: which, counted from 0, and why.
    Changes(Vec<(usize, ChangeError)>),
    /// The database failed.
    Store(StoreError),
}

impl From<DbErr> for WriteError {
    fn from(cause: DbErr) -> Self {
        Self::Store(cause.into())
    }
}

impl Tasks<'_> {
    /// Makes one change, whole or not at all, and returns the task as it is then. Once this
    /// returns, the change is on disk.
    ///
    /// # Errors
    /// Why the change was not made.
    pub async fn write(&self, change: Change, now: DateTime<Utc>) -> Result<Task, ChangeError> {
        let lost = || ChangeError::Store(DbErr::RecordNotFound(String::new()).into());
        match self.write_all(vec![change], now).await {
            Ok(tasks) => tasks.into_iter().next().ok_or_else(lost),
            Err(WriteError::Store(error)) => Err(ChangeError::Store(error)),
            Err(WriteError::Changes(failed)) => {
                let reason = failed.into_iter().next().map(|(_, reason)| reason);
                Err(reason.unwrap_or_else(lost))
            }
        }
    }

    /// Makes several changes, all or nothing, and returns the tasks as they are then, each once, in the
    /// order of the changes. The number of statements does not depend on the number of changes, except
    /// where a change asks for the subtasks of a task.
    ///
    /// # Errors
    /// Every change that cannot be made, and why.
    pub async fn write_all(
        &self,
        changes: Vec<Change>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Task>, WriteError> {
        match &self.store.database {
            Database::Postgres(pool) => pool.write(self.viewer, changes, now).await,
            Database::Sqlite(_, writer) => writer.write(self.viewer, changes, now).await,
        }
    }
}

/// What a write came to.
pub(super) struct Written {
    /// The tasks of its changes as they are by now, each once and in their order.
    pub(super) tasks: Vec<Task>,
    /// Whether there is anything to commit.
    pub(super) changed: bool,
}

/// Makes changes of one user in a transaction, which its caller ends.
pub(super) async fn write(
    session: Session<'_>,
    viewer: &Viewer,
    changes: Vec<Change>,
    now: DateTime<Utc>,
) -> Result<Written, WriteError> {
    let first = next_version(session, viewer, now).await?;
    let mut work = Work::new(viewer, session, now);
    let done = work.make(changes).await?;
    let last = work.save(first).await?;
    if last > first {
        set_last_version(session, viewer, last).await?;
    }
    Ok(Written {
        tasks: work.tasks(&done),
        changed: last >= first,
    })
}

/// Counts the user's changes one up, and holds the user's row until the transaction ends: one
/// user's changes commit in the order of their versions. The first change makes the row.
async fn next_version(
    session: Session<'_>,
    viewer: &Viewer,
    now: DateTime<Utc>,
) -> Result<i64, DbErr> {
    static TEXTS: Texts<()> = Texts::new();
    let columns = [
        user::Column::Id,
        user::Column::Issuer,
        user::Column::Subject,
        user::Column::LastVersion,
        user::Column::CreatedAt,
    ];
    let one_more: i32 = 1;
    let values = || {
        vec![
            viewer.id().into(),
            viewer.issuer().into(),
            viewer.subject().into(),
            1_i64.into(),
            now.into(),
            one_more.into(),
        ]
    };
    let statement = TEXTS.statement((), values, || {
        let more = Expr::col((user::Entity, user::Column::LastVersion)).add(one_more);
        let count_up = OnConflict::column(user::Column::Id)
            .value(user::Column::LastVersion, more)
            .to_owned();
        let row = values().into_iter().take(columns.len());
        Query::insert()
            .into_table(user::Entity)
            .columns(columns)
            .values_panic(row.map(Expr::value))
            .on_conflict(count_up)
            .returning_col(user::Column::LastVersion)
            .take()
    });
    let version = session.row(&statement, |row| row.get(0)).await?;
    version.ok_or(DbErr::RecordNotInserted)
}

/// Where more than one task has changed, each has a version of its own.
async fn set_last_version(session: Session<'_>, viewer: &Viewer, last: i64) -> Result<(), DbErr> {
    let statement = Query::update()
        .table(user::Entity)
        .value(user::Column::LastVersion, last)
        .and_where(Expr::col(user::Column::Id).eq(viewer.id()))
        .to_owned();
    session.execute(&statement).await
}
