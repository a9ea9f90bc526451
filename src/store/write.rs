//! The one way to change tasks: begin, take the user's next version, do the work, commit.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait,
    FromQueryResult, QueryFilter, QuerySelect, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};
use uuid::Uuid;

use super::entity::task::{self, COLUMNS, Column, Row, row_of};
use super::entity::user;
use super::{ChangeError, Tasks};
use crate::identity::Viewer;
use crate::task::{Change, NewTask, Patch, Task, Violation};

impl Tasks<'_> {
    /// Makes one change, whole or not at all, and returns the task as it is then. Once this
    /// returns, the change is on disk.
    ///
    /// # Errors
    /// Why the change was not made.
    pub async fn write(&self, change: Change, now: DateTime<Utc>) -> Result<Task, ChangeError> {
        let transaction = self
            .store
            .writer
            .begin_with_options(TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                ..TransactionOptions::default()
            })
            .await?;
        let version = next_version(&transaction, self.viewer, now).await?;
        let work = Work {
            tasks: *self,
            transaction: &transaction,
            version,
            now,
        };
        match work.run(change).await {
            Ok(Done::Changed(task)) => {
                transaction.commit().await?;
                Ok(task)
            }
            // Nothing changed, so the version is not used up.
            Ok(Done::Unchanged(task)) => {
                transaction.rollback().await?;
                Ok(task)
            }
            Err(error) => {
                transaction.rollback().await?;
                Err(error)
            }
        }
    }
}

/// Counts the user's changes one up, and holds the user's row until the transaction ends: one
/// user's changes commit in the order of their versions. The first change makes the row.
async fn next_version(
    transaction: &DatabaseTransaction,
    viewer: &Viewer,
    now: DateTime<Utc>,
) -> Result<i64, DbErr> {
    let one_more = Expr::col((user::Entity, user::Column::LastVersion)).add(1);
    let statement = Query::insert()
        .into_table(user::Entity)
        .columns([
            user::Column::Id,
            user::Column::Issuer,
            user::Column::Subject,
            user::Column::LastVersion,
            user::Column::CreatedAt,
        ])
        .values_panic([
            viewer.id().into(),
            viewer.issuer().into(),
            viewer.subject().into(),
            1_i64.into(),
            now.into(),
        ])
        .on_conflict(
            OnConflict::column(user::Column::Id)
                .value(user::Column::LastVersion, one_more)
                .to_owned(),
        )
        .returning_col(user::Column::LastVersion)
        .to_owned();
    let row = transaction.query_one(&statement).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotInserted)?;
    row.try_get("", "last_version")
}

/// What a change came to.
enum Done {
    /// It was made: commit.
    Changed(Task),
    /// All was so already.
    Unchanged(Task),
}

/// A change in the making.
struct Work<'a> {
    tasks: Tasks<'a>,
    transaction: &'a DatabaseTransaction,
    version: i64,
    now: DateTime<Utc>,
}

impl Work<'_> {
    async fn run(&self, change: Change) -> Result<Done, ChangeError> {
        match change {
            Change::Create(new) => self.create(new).await,
            Change::Update {
                id,
                patch,
                if_version,
            } => self.update(id, patch, if_version).await,
            Change::Toggle { id, if_version } => self.toggle(id, if_version).await,
            Change::Delete { id, if_version } => self.delete(id, if_version).await,
            Change::Restore { id } => self.restore(id).await,
        }
    }

    async fn create(&self, new: NewTask) -> Result<Done, ChangeError> {
        if let Some(id) = new.id
            && let Some(there) = self.find(id).await?
        {
            return Ok(Done::Unchanged(there));
        }
        let task = Task {
            id: new.id.unwrap_or_else(Uuid::now_v7),
            title: new.title.as_str().to_owned(),
            description: new.description.map(|text| text.as_str().to_owned()),
            completed_at: None,
            priority: new.priority,
            due_date: new.due_date,
            due_time: new.due_time,
            created_at: self.now,
            updated_at: self.now,
            deleted_at: None,
            version: self.version,
        };
        let row = row_of(self.tasks.viewer.id(), task.clone());
        task::Entity::insert(row)
            .exec_without_returning(self.transaction)
            .await?;
        Ok(Done::Changed(task))
    }

    async fn update(
        &self,
        id: Uuid,
        patch: Patch,
        if_version: Option<i64>,
    ) -> Result<Done, ChangeError> {
        let task = self.live(id, if_version).await?;
        if patch.is_empty() {
            return Ok(Done::Unchanged(task));
        }
        let task = patch
            .apply(task, self.now)
            .map_err(|broken| ChangeError::Refused(vec![broken.inside("input")]))?;
        self.save(task).await
    }

    /// One statement that reads and writes: whatever else is going on, each toggle turns the task
    /// once.
    async fn toggle(&self, id: Uuid, if_version: Option<i64>) -> Result<Done, ChangeError> {
        let turned = Expr::case(Column::CompletedAt.is_null(), self.now);
        let statement = Query::update()
            .table(task::Entity)
            .value(Column::CompletedAt, turned)
            .value(Column::UpdatedAt, self.now)
            .value(Column::Version, self.version)
            .and_where(Column::UserId.eq(self.tasks.viewer.id()))
            .and_where(Column::Id.eq(id))
            .and_where(Column::DeletedAt.is_null())
            .and_where_option(if_version.map(|version| Column::Version.eq(version)))
            .returning(Query::returning().columns(COLUMNS))
            .to_owned();
        if let Some(row) = self.transaction.query_one(&statement).await? {
            return Ok(Done::Changed(Row::from_query_result(&row, "")?.into()));
        }
        // It was not turned: say why.
        self.live(id, if_version).await.map(Done::Unchanged)
    }

    async fn delete(&self, id: Uuid, if_version: Option<i64>) -> Result<Done, ChangeError> {
        let task = self.find(id).await?.ok_or(ChangeError::NotFound)?;
        if task.deleted_at.is_some() {
            // A retry of a delete whose answer was lost finds its work done.
            return Ok(Done::Unchanged(task));
        }
        expect_version(&task, if_version)?;
        self.save(Task {
            deleted_at: Some(self.now),
            ..task
        })
        .await
    }

    async fn restore(&self, id: Uuid) -> Result<Done, ChangeError> {
        let task = self.find(id).await?.ok_or(ChangeError::NotFound)?;
        if task.deleted_at.is_none() {
            return Ok(Done::Unchanged(task));
        }
        self.save(Task {
            deleted_at: None,
            ..task
        })
        .await
    }

    /// A task that can be changed: one that is there, out of the trash, and at the version asked.
    async fn live(&self, id: Uuid, if_version: Option<i64>) -> Result<Task, ChangeError> {
        let task = self.find(id).await?.ok_or(ChangeError::NotFound)?;
        expect_version(&task, if_version)?;
        if task.deleted_at.is_some() {
            let broken = Violation::new("id", "This task lies in the trash: restore it first.");
            return Err(ChangeError::Refused(vec![broken]));
        }
        Ok(task)
    }

    async fn find(&self, id: Uuid) -> Result<Option<Task>, DbErr> {
        let row = self
            .tasks
            .owned()
            .filter(Column::Id.eq(id))
            .select_only()
            .columns(COLUMNS)
            .into_model::<Row>()
            .one(self.transaction)
            .await?;
        Ok(row.map(Task::from))
    }

    /// Replaces the row with this state, as the change that is being made.
    async fn save(&self, task: Task) -> Result<Done, ChangeError> {
        let task = Task {
            updated_at: self.now,
            version: self.version,
            ..task
        };
        let row = row_of(self.tasks.viewer.id(), task.clone());
        row.update_without_returning(self.transaction).await?;
        Ok(Done::Changed(task))
    }
}

fn expect_version(task: &Task, expected: Option<i64>) -> Result<(), ChangeError> {
    match expected {
        Some(version) if version != task.version => Err(ChangeError::Conflict {
            current: task.version,
        }),
        _ => Ok(()),
    }
}
