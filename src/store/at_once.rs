//! The changes that are made most often, each by statements of its own and not by way of
//! [`Work`](super::work::Work). On Postgres it is one statement, which is a transaction by itself: one round
//! trip in place of four, during which it holds the user's row.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{
    CommonTableExpression, Condition, Expr, ExprTrait, OnConflict, Query, SelectStatement,
    UpdateStatement,
};
use sea_orm::{ColumnTrait, DatabaseBackend, DbErr, Value};
use uuid::Uuid;

use super::entity::task::{self, Column};
use super::entity::user;
use super::owned::Owned;
use super::session::Session;
use super::text::Texts;
use crate::identity::Viewer;
use crate::task::{Change, NewTask, Parts, Task};

/// The user's count of changes, after this one.
const NEXT: &str = "next";

const ONE_MORE: i32 = 1;

/// Makes a change of one task by itself. Nothing, where it is not that, or cannot be made: then
/// [`Work`](super::work::Work) makes it, or says why not.
///
/// Where it fails, or finds on Postgres that its task was changed while it waited, a version may be used
/// up for nothing: versions only have to rise. A task that cannot be read, because somebody else has
/// written it, stays changed on Postgres.
pub(super) async fn change(
    session: Session<'_>,
    viewer: &Viewer,
    change: &Change,
    now: DateTime<Utc>,
) -> Result<Option<Task>, DbErr> {
    let rows = Owned(viewer);
    match change {
        Change::Toggle { id, if_version } => toggle(session, rows, *id, *if_version, now).await,
        Change::Create(new) if new.tags.is_empty() && new.parent_id.is_none() => {
            create(session, rows, new, now).await
        }
        _ => Ok(None),
    }
}

/// Turns a task that stands by itself and is out of the trash. Nothing, where it is not so, or not at the
/// version asked.
async fn toggle(
    session: Session<'_>,
    rows: Owned<'_>,
    id: Uuid,
    if_version: Option<i64>,
    now: DateTime<Utc>,
) -> Result<Option<Task>, DbErr> {
    /// By whether a version is asked for.
    static AT_ONCE: Texts<bool> = Texts::new();
    static COUNT: Texts<bool> = Texts::new();
    static TOGGLE: Texts<bool> = Texts::new();
    let shape = if_version.is_some();
    let alone = || {
        Condition::all()
            .add(Column::UserId.eq(rows.id()))
            .add(Column::Id.eq(id))
            .add(Column::DeletedAt.is_null())
            .add(Column::ParentId.is_null())
            .add_option(if_version.map(|version| Column::Version.eq(version)))
    };
    let in_alone = || {
        let key = [rows.id().into(), id.into()].into_iter();
        key.chain(if_version.map(Value::from))
    };
    let count = || count_up(rows, Some(Expr::exists(tasks(alone()))));
    let in_count = || {
        [ONE_MORE.into(), rows.id().into()]
            .into_iter()
            .chain(in_alone())
    };
    let times = [now.into(), now.into()];
    if session.backend() == DatabaseBackend::Postgres {
        let values = || in_count().chain(times.clone()).chain(in_alone()).collect();
        let statement = AT_ONCE.statement(shape, values, || {
            let version = Expr::col((NEXT, user::Column::LastVersion));
            let mut statement = toggled(alone(), version, now);
            statement.with_cte(next(count())).from(NEXT).take()
        });
        return session.row(&statement, task::read_whole).await;
    }
    let statement = COUNT.statement(shape, || in_count().collect(), count);
    let Some(version) = session.row(&statement, |row| row.get::<i64>(0)).await? else {
        return Ok(None);
    };
    let values = || {
        let version = [version.into()];
        times
            .clone()
            .into_iter()
            .chain(version)
            .chain(in_alone())
            .collect()
    };
    let statement = TOGGLE.statement(shape, values, || {
        toggled(alone(), Expr::value(version), now)
    });
    session.row(&statement, task::read_whole).await
}

/// Turns the tasks for which a condition holds, and returns them.
fn toggled(which: Condition, version: Expr, now: DateTime<Utc>) -> UpdateStatement {
    let turned = Expr::case(Column::CompletedAt.is_null(), now);
    Query::update()
        .table(task::Entity)
        .value(Column::CompletedAt, turned)
        .value(Column::UpdatedAt, now)
        .value(Column::Version, version)
        .cond_where(which)
        .returning(Query::returning().columns(task::columns(Parts::ALL)))
        .take()
}

/// Nothing, where the user has a task with this id already, or has never made one.
async fn create(
    session: Session<'_>,
    rows: Owned<'_>,
    new: &NewTask,
    now: DateTime<Utc>,
) -> Result<Option<Task>, DbErr> {
    /// By whether the client has named it.
    static AT_ONCE: Texts<bool> = Texts::new();
    static COUNT: Texts<bool> = Texts::new();
    let shape = new.id.is_some();
    let task = new.task(new.id.unwrap_or_else(Uuid::now_v7), now);
    let count = || {
        let same = |id| Column::UserId.eq(rows.id()).and(Column::Id.eq(id));
        let there = |id| Expr::exists(tasks(Condition::all().add(same(id))));
        count_up(rows, new.id.map(|id| there(id).not()))
    };
    let in_count = || {
        let user = [ONE_MORE.into(), rows.id().into()].into_iter();
        let key = new.id.map(|id| [rows.id().into(), id.into()]);
        user.chain(key.into_iter().flatten())
    };
    if session.backend() == DatabaseBackend::Postgres {
        let row = || task::values_but_version(rows.id(), &task);
        let values = || in_count().chain(row()).collect();
        let statement = AT_ONCE.statement(shape, values, || {
            let rows = Query::select()
                .exprs(row().map(Expr::value))
                .column((NEXT, user::Column::LastVersion))
                .from(NEXT)
                .take();
            task::insert_rows(rows)
                .with_cte(next(count()))
                // Another statement may have made it while this one waited.
                .on_conflict(OnConflict::new().do_nothing().to_owned())
                .returning_col(Column::Version)
                .take()
        });
        let version = session.row(&statement, |row| row.get(0)).await?;
        return Ok(version.map(|version| Task { version, ..task }));
    }
    let statement = COUNT.statement(shape, || in_count().collect(), count);
    let Some(version) = session.row(&statement, |row| row.get(0)).await? else {
        return Ok(None);
    };
    let task = Task { version, ..task };
    session.execute(&task::insert(rows.id(), &task)).await?;
    Ok(Some(task))
}

/// The tasks for which a condition holds, to ask whether there are any.
fn tasks(condition: Condition) -> SelectStatement {
    Query::select()
        .column(Column::Id)
        .from(task::Entity)
        .cond_where(condition)
        .take()
}

/// Counts the user's changes one up, where the change can be made, and holds the user's row until it is.
fn count_up(rows: Owned<'_>, can_be_made: Option<Expr>) -> UpdateStatement {
    let one_more = Expr::col(user::Column::LastVersion).add(ONE_MORE);
    Query::update()
        .table(user::Entity)
        .value(user::Column::LastVersion, one_more)
        .and_where(Expr::col(user::Column::Id).eq(rows.id()))
        .and_where_option(can_be_made)
        .returning_col(user::Column::LastVersion)
        .take()
}

/// The count as a part of a statement that goes on with it.
fn next(count: UpdateStatement) -> CommonTableExpression {
    CommonTableExpression::new()
        .table_name(NEXT)
        .query(count)
        .to_owned()
}
