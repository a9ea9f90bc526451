//! The changes that are made most often, each in one statement. On Postgres that is a transaction by
//! itself, and one round trip in place of four, during which it holds the user's row.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{
    CommonTableExpression, Condition, Expr, ExprTrait, OnConflict, Query, SelectStatement,
};
use sea_orm::{ColumnTrait, DbErr, Value};
use uuid::Uuid;

use super::entity::task::{self, Column};
use super::entity::user;
use super::owned::Owned;
use super::session::Session;
use super::text::Texts;
use super::toggle::{alone, toggled};
use crate::identity::Viewer;
use crate::task::{Change, NewTask, Task};

/// The user's count of changes, after this one.
const NEXT: &str = "next";

const ONE_MORE: i32 = 1;

/// Makes a change on Postgres, where one statement can. Nothing, where it cannot: then
/// [`Work`](super::work::Work) makes it, or says why it cannot be made.
///
/// A statement that finds its task changed by another one that it had to wait for can use up a version
/// without making a change. Versions only have to rise.
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

async fn toggle(
    session: Session<'_>,
    rows: Owned<'_>,
    id: Uuid,
    if_version: Option<i64>,
    now: DateTime<Utc>,
) -> Result<Option<Task>, DbErr> {
    /// By whether a version is asked for.
    static TEXTS: Texts<bool> = Texts::new();
    let values = || {
        let asked = || if_version.map(Value::from);
        let mut values = vec![ONE_MORE.into(), rows.id().into()];
        values.extend([rows.id().into(), id.into()].into_iter().chain(asked()));
        values.extend([now.into(), now.into()]);
        values.extend([rows.id().into(), id.into()].into_iter().chain(asked()));
        values
    };
    let statement = TEXTS.statement(if_version.is_some(), values, || {
        let there = tasks(alone(rows, id, if_version));
        let version = Expr::col((NEXT, user::Column::LastVersion));
        toggled(alone(rows, id, if_version), version, now)
            .with_cte(next_version(rows, Some(Expr::exists(there))))
            .from(NEXT)
            .take()
    });
    session.row(&statement, task::read_whole).await
}

/// Nothing, where the user has a task with this id already, or has never made one.
async fn create(
    session: Session<'_>,
    rows: Owned<'_>,
    new: &NewTask,
    now: DateTime<Utc>,
) -> Result<Option<Task>, DbErr> {
    /// By whether the client has named it.
    static TEXTS: Texts<bool> = Texts::new();
    let id = new.id.unwrap_or_else(Uuid::now_v7);
    let mut task = new.task(id, now);
    let values = || {
        let mut values = vec![ONE_MORE.into(), rows.id().into()];
        values.extend(
            new.id
                .into_iter()
                .flat_map(|id| [rows.id().into(), id.into()]),
        );
        values.extend(task::values_but_version(rows.id(), &task));
        values
    };
    let statement = TEXTS.statement(new.id.is_some(), values, || {
        let there = |id| {
            let same = Column::UserId.eq(rows.id()).and(Column::Id.eq(id));
            Expr::exists(tasks(Condition::all().add(same)))
        };
        let row = Query::select()
            .exprs(task::values_but_version(rows.id(), &task).map(Expr::value))
            .column((NEXT, user::Column::LastVersion))
            .from(NEXT)
            .take();
        task::insert_rows(row)
            .with_cte(next_version(rows, new.id.map(|id| there(id).not())))
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .returning_col(Column::Version)
            .take()
    });
    let version = session.row(&statement, |row| row.get(0)).await?;
    Ok(version.map(|version| {
        task.version = version;
        task
    }))
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
fn next_version(rows: Owned<'_>, can_be_made: Option<Expr>) -> CommonTableExpression {
    let one_more = Expr::col(user::Column::LastVersion).add(ONE_MORE);
    let count_up = Query::update()
        .table(user::Entity)
        .value(user::Column::LastVersion, one_more)
        .and_where(Expr::col(user::Column::Id).eq(rows.id()))
        .and_where_option(can_be_made)
        .returning_col(user::Column::LastVersion)
        .take();
    CommonTableExpression::new()
        .table_name(NEXT)
        .query(count_up)
        .to_owned()
}
