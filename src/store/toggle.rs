//! The change that is made most often, in one statement that reads and writes.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, DbErr, Value};
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
        let turned = Expr::case(Column::CompletedAt.is_null(), now);
        Query::update()
            .table(task::Entity)
            .value(Column::CompletedAt, turned)
            .value(Column::UpdatedAt, now)
            .value(Column::Version, version)
            .and_where(Column::UserId.eq(rows.id()))
            .and_where(Column::Id.eq(id))
            .and_where(Column::DeletedAt.is_null())
            .and_where(Column::ParentId.is_null())
            .and_where_option(if_version.map(|version| Column::Version.eq(version)))
            .returning(Query::returning().columns(task::columns(Parts::ALL)))
            .take()
    });
    session.row(&statement, task::read_whole).await
}
