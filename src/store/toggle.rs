//! The change that is made most often, in one statement that reads and writes.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, Query, UpdateStatement};
use sea_orm::{ColumnTrait, Condition, DbErr, Value};
use uuid::Uuid;

use super::entity::task::{self, Column};
use super::owned::Owned;
use super::session::Session;
use super::text::Texts;
use crate::task::{Parts, Task};

/// Turns a task that stands by itself and is out of the trash. Nothing, where it is not so, or not at
/// the version asked: then [`Work`](super::work::Work) makes the change, or says why it cannot be made.
pub(super) async fn toggle(
    session: Session<'_>,
    rows: Owned<'_>,
    id: Uuid,
    if_version: Option<i64>,
    (version, now): (i64, DateTime<Utc>),
) -> Result<Option<Task>, DbErr> {
    /// By whether a version is asked for.
    static TEXTS: Texts<bool> = Texts::new();
    let values = || {
        let mut values = vec![now.into(), now.into(), version.into()];
        values.extend([rows.id().into(), id.into()]);
        values.extend(if_version.map(Value::from));
        values
    };
    let statement = TEXTS.statement(if_version.is_some(), values, || {
        toggled(alone(rows, id, if_version), Expr::value(version), now)
    });
    session.row(&statement, task::read_whole).await
}

/// The task with this id, if nothing else changes with it.
pub(super) fn alone(rows: Owned<'_>, id: Uuid, if_version: Option<i64>) -> Condition {
    Condition::all()
        .add(Column::UserId.eq(rows.id()))
        .add(Column::Id.eq(id))
        .add(Column::DeletedAt.is_null())
        .add(Column::ParentId.is_null())
        .add_option(if_version.map(|version| Column::Version.eq(version)))
}

/// Turns the tasks for which a condition holds, and returns them.
pub(super) fn toggled(which: Condition, version: Expr, now: DateTime<Utc>) -> UpdateStatement {
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
