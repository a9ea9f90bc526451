//! The one way to change tasks: at once, where that can be; else begin, take the user's next version, do
//! the work, commit.

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use sea_orm::DbErr;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};

use super::entity::user;
use super::postgres::Pool;
use super::session::Session;
use super::sqlite::Writing;
use super::text::Texts;
use super::work::Work;
use super::{ChangeError, Database, Tasks, WriteError, at_once};
use crate::identity::Viewer;
use crate::task::{Change, Task};

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
            Database::Postgres(pool) => on_postgres(pool, self.viewer, changes, now).await,
            Database::Sqlite(_, writer) => {
                let viewer = self.viewer.clone();
                let job = move |writing: &Writing| on_sqlite(writing, &viewer, changes, now);
                writer.run(job).await.map_err(WriteError::Store)?
            }
        }
    }
}

/// What a write came to, or why nothing of it was made.
pub(super) type Made = Result<Vec<Task>, WriteError>;

async fn on_postgres(
    pool: &Pool,
    viewer: &Viewer,
    changes: Vec<Change>,
    now: DateTime<Utc>,
) -> Made {
    if let [change] = changes.as_slice()
        && let Some(task) = at_once::change(Session::Pool(pool), viewer, change, now).await?
    {
        return Ok(vec![task]);
    }
    let transaction = pool.begin().await?;
    let written = write(Session::Transaction(&transaction), viewer, changes, now).await;
    if has_changed(&written) {
        transaction.commit().await?;
    } else {
        transaction.roll_back().await?;
    }
    written.map(|written| written.tasks)
}

/// In a transaction with changes of others: what goes wrong here alone is in what it returns.
fn on_sqlite(
    writing: &Writing,
    viewer: &Viewer,
    changes: Vec<Change>,
    now: DateTime<Utc>,
) -> Result<Made, DbErr> {
    let session = Session::Writing(writing);
    if let [change] = changes.as_slice() {
        match finished(at_once::change(session, viewer, change, now))? {
            Ok(Some(task)) => return Ok(Ok(vec![task])),
            Ok(None) => {}
            // What was changed before a row could not be read goes with the whole transaction only.
            Err(error @ DbErr::Type(_)) => return Err(error),
            Err(error) if writing.goes_on() => return Ok(Err(error.into())),
            Err(error) => return Err(error),
        }
    }
    let work = || finished(write(session, viewer, changes, now));
    let written = writing.at_savepoint(work, has_changed)?;
    Ok(written.map(|written| written.tasks))
}

/// What a future comes to that waits for nothing, as none does on SQLite.
fn finished<T>(future: impl Future<Output = T>) -> Result<T, DbErr> {
    let output = future.now_or_never();
    output.ok_or_else(|| DbErr::Custom("a write waited".to_owned()))
}

/// What a transaction came to.
struct Written {
    /// The tasks of its changes as they are by now, each once and in their order.
    tasks: Vec<Task>,
    /// Whether there is anything to commit.
    changed: bool,
}

/// Where nothing has changed, the version is not used up.
const fn has_changed(written: &Result<Written, WriteError>) -> bool {
    matches!(written, Ok(Written { changed: true, .. }))
}

/// Makes changes of one user in a transaction, which its caller ends.
async fn write(
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
