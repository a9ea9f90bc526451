//! The queries on one user's tasks.

use chrono::NaiveDate;
use sea_orm::sea_query::{Expr, ExprTrait, Func, SelectStatement};
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect, QueryTrait};
use uuid::Uuid;

use super::entity::task::{self, COMPLETED, Column, PENDING};
use super::owned::Owned;
use super::session::Row;
use super::text::Texts;
use super::{Store, StoreError, page};
use crate::identity::Viewer;
use crate::task::{Counts, List, Page, Parts, Task, Window};

/// One user's tasks. Everything that it builds begins with that user.
#[derive(Clone, Copy, Debug)]
pub struct Tasks<'a> {
    pub(super) store: &'a Store,
    pub(super) viewer: &'a Viewer,
}

impl<'a> Tasks<'a> {
    pub(super) const fn new(store: &'a Store, viewer: &'a Viewer) -> Self {
        Self { store, viewer }
    }

    /// Where every query begins.
    pub(super) const fn rows(&self) -> Owned<'a> {
        Owned(self.viewer)
    }

    /// The tasks with these ids that the user has, in no order. One statement.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn by_ids(&self, ids: &[Uuid]) -> Result<Vec<Task>, StoreError> {
        let statement = self.rows().whole(Column::Id.is_in(ids.iter().copied()));
        let tasks = self.store.reading().rows(&statement, task::read_whole);
        Ok(tasks.await?)
    }

    /// Some parts of the task with this id, if the user has it. One statement.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find(&self, id: Uuid, parts: Parts) -> Result<Option<Task>, StoreError> {
        static TEXTS: Texts<Parts> = Texts::new();
        let values = || vec![self.rows().id().into(), id.into()];
        let statement = TEXTS.statement(parts, values, || {
            let mut statement = self.rows().select(task::columns(parts));
            statement.and_where(Column::Id.eq(id)).take()
        });
        let read = move |row: &Row<'_>| task::read(row, parts);
        Ok(self.store.reading().row(&statement, read).await?)
    }

    /// One page of a list. One statement; two where a page crosses from tasks that have the sort's
    /// value to tasks that do not.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn page(&self, list: &List, window: &Window) -> Result<Page, StoreError> {
        self.page_of(list, window, Parts::ALL).await
    }

    /// The same, with some parts of each task.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn page_of(
        &self,
        list: &List,
        window: &Window,
        parts: Parts,
    ) -> Result<Page, StoreError> {
        Ok(page::read(self, list, window, parts).await?)
    }

    /// Whether the list has anything before (or after) what `window` spans. One statement, or two.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn exists(&self, list: &List, window: &Window) -> Result<bool, StoreError> {
        let one = Window {
            limit: 1,
            ..window.clone()
        };
        let found = page::read(self, list, &one, Parts::NONE).await?;
        Ok(!found.tasks.is_empty())
    }

    /// How many tasks a list has. One statement.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count(&self, list: &List) -> Result<i64, StoreError> {
        let count = self
            .rows()
            .tasks()
            .filter(Column::List.is_in(page::lists(list)))
            .filter(page::conditions(self, list))
            .select_only()
            .column_as(Column::Id.count(), "count")
            .into_query();
        let count = self.store.reading().row(&count, |row| row.get(0)).await?;
        Ok(count.unwrap_or_default())
    }

    /// The user's counts; `today` says which tasks are late. One statement.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn counts(&self, today: Option<NaiveDate>) -> Result<Counts, StoreError> {
        let pending = || Column::List.eq(PENDING);
        // Without a day nothing is late.
        let late = |condition: fn(NaiveDate) -> Expr| {
            today.map_or_else(|| Expr::value(false), |day| pending().and(condition(day)))
        };
        let sums = self
            .rows()
            .tasks()
            .filter(Column::List.is_in([PENDING, COMPLETED]))
            .select_only()
            .expr_as(count_where(pending()), "pending")
            .expr_as(count_where(Column::List.eq(COMPLETED)), "completed")
            .expr_as(count_where(late(|day| Column::DueDate.lt(day))), "overdue")
            .expr_as(
                count_where(late(|day| Column::DueDate.eq(day))),
                "due_today",
            )
            .into_query();
        let read = |row: &Row<'_>| {
            let (pending, completed) = (row.get(0)?, row.get(1)?);
            Ok(Counts {
                all: pending + completed,
                pending,
                completed,
                overdue: row.get(2)?,
                due_today: row.get(3)?,
            })
        };
        let counts = self.store.reading().row(&sums, read).await?;
        Ok(counts.unwrap_or_default())
    }

    /// The columns of a task, from one of the user's lists.
    pub(super) fn columns_of(&self, list: i16, parts: Parts) -> SelectStatement {
        let mut statement = self.rows().select(task::columns(parts));
        statement.and_where(Column::List.eq(list)).take()
    }
}

/// Counts the rows for which a condition holds.
fn count_where(condition: Expr) -> Expr {
    Func::count(Expr::case(condition, Expr::value(1))).into()
}
