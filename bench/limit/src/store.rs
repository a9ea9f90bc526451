//! The statements, each prepared once for a connection. `bench/run` holds those on Postgres against
//! what Docket sends there, and fails where they differ.

use std::fmt::Write as _;
use std::future::Future;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use sqlx::postgres::{PgPoolOptions, Postgres};
use sqlx::sqlite::{
    Sqlite, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Executor as _, Pool, Row as _};
use uuid::Uuid;

use crate::answer::{Subtask, Task};

/// As many connections as Docket has by default.
const CONNECTIONS: u32 = 8;

/// What the handlers ask of a database.
pub(crate) trait Store: Send + Sync + 'static {
    /// The first pending tasks by due date; everybody in the benchmark has more of them than are asked for.
    fn page(&self, user: Uuid, limit: i64) -> impl Future<Output = sqlx::Result<Vec<Task>>> + Send;
    /// The same, with what tells which subtasks each of them shows.
    fn page_for_details(
        &self,
        user: Uuid,
        limit: i64,
    ) -> impl Future<Output = sqlx::Result<Vec<Task>>> + Send;
    /// The tags of tasks, by name.
    fn tags(
        &self,
        user: Uuid,
        ids: &[Uuid],
    ) -> impl Future<Output = sqlx::Result<Vec<(Uuid, String)>>> + Send;
    /// The subtasks of tasks, oldest first.
    fn subtasks(
        &self,
        user: Uuid,
        ids: &[Uuid],
    ) -> impl Future<Output = sqlx::Result<Vec<(Uuid, Subtask)>>> + Send;
    fn one(&self, user: Uuid, id: Uuid) -> impl Future<Output = sqlx::Result<Option<Task>>> + Send;
    fn create(
        &self,
        user: Uuid,
        title: String,
        due_date: Option<NaiveDate>,
        now: DateTime<Utc>,
    ) -> impl Future<Output = sqlx::Result<Task>> + Send;
    fn toggle(
        &self,
        user: Uuid,
        id: Uuid,
        now: DateTime<Utc>,
    ) -> impl Future<Output = sqlx::Result<Option<Task>>> + Send;
}

/// The same code for two databases: in sqlx they are types that have nothing in common but shape.
macro_rules! store {
    ($module:ident, $Database:ty, page: $page:expr, page_for_details: $page_for_details:expr,
     tags: $tags:expr, subtasks: $subtasks:expr, one: $one:expr, create: $create:expr, toggle: $toggle:expr $(,)?) => {
        pub(crate) mod $module {
            use super::*;

            pub(crate) struct Store {
                pub(super) reader: Pool<$Database>,
                pub(super) writer: Pool<$Database>,
            }

            impl super::Store for Store {
                async fn page(&self, user: Uuid, limit: i64) -> sqlx::Result<Vec<Task>> {
                    let query = sqlx::query($page).bind(user).bind(0_i16).bind(limit);
                    query.try_map(task).fetch_all(&self.reader).await
                }

                async fn page_for_details(
                    &self,
                    user: Uuid,
                    limit: i64,
                ) -> sqlx::Result<Vec<Task>> {
                    let query = sqlx::query($page_for_details)
                        .bind(user)
                        .bind(0_i16)
                        .bind(limit);
                    query.try_map(task).fetch_all(&self.reader).await
                }

                async fn tags(
                    &self,
                    user: Uuid,
                    ids: &[Uuid],
                ) -> sqlx::Result<Vec<(Uuid, String)>> {
                    let query = sqlx::query(AssertSqlSafe($tags(ids))).bind(user);
                    let query = ids.iter().fold(query, |query, id| query.bind(*id));
                    let tag = |row: <$Database as sqlx::Database>::Row| {
                        Ok((row.try_get(0)?, row.try_get(2)?))
                    };
                    query.try_map(tag).fetch_all(&self.reader).await
                }

                async fn subtasks(
                    &self,
                    user: Uuid,
                    ids: &[Uuid],
                ) -> sqlx::Result<Vec<(Uuid, Subtask)>> {
                    let query = sqlx::query(AssertSqlSafe($subtasks(ids))).bind(user);
                    let query = ids
                        .iter()
                        .fold(query, |query, id| query.bind(*id))
                        .bind(true);
                    let subtask = |row: <$Database as sqlx::Database>::Row| {
                        let created_at: DateTime<Utc> = row.try_get(8)?;
                        let subtask = Subtask {
                            id: row.try_get(0)?,
                            title: row.try_get(1)?,
                            completed: row.try_get::<Option<DateTime<Utc>>, _>(3)?.is_some(),
                        };
                        Ok((created_at, row.try_get(7)?, subtask))
                    };
                    let mut found = query.try_map(subtask).fetch_all(&self.reader).await?;
                    found
                        .sort_unstable_by_key(|(created_at, _, subtask)| (*created_at, subtask.id));
                    Ok(found
                        .into_iter()
                        .map(|(_, parent, subtask)| (parent, subtask))
                        .collect())
                }

                async fn one(&self, user: Uuid, id: Uuid) -> sqlx::Result<Option<Task>> {
                    let query = sqlx::query($one).bind(user).bind(id);
                    query.try_map(task).fetch_optional(&self.reader).await
                }

                async fn create(
                    &self,
                    user: Uuid,
                    title: String,
                    due_date: Option<NaiveDate>,
                    now: DateTime<Utc>,
                ) -> sqlx::Result<Task> {
                    let mut task = Task {
                        id: Uuid::now_v7(),
                        title,
                        description: None,
                        completed: false,
                        completed_at: None,
                        priority: None,
                        due_date,
                        created_at: now,
                        updated_at: now,
                        version: 0,
                        tags: None,
                        subtasks: None,
                    };
                    task.version = $create(&self.writer, user, &task, now).await?;
                    Ok(task)
                }

                async fn toggle(
                    &self,
                    user: Uuid,
                    id: Uuid,
                    now: DateTime<Utc>,
                ) -> sqlx::Result<Option<Task>> {
                    $toggle(&self.writer, user, id, now).await
                }
            }

            pub(super) fn task(row: <$Database as sqlx::Database>::Row) -> sqlx::Result<Task> {
                let completed_at: Option<DateTime<Utc>> = row.try_get(3)?;
                // Details need two columns that are not shown, and a toggle returns the whole task.
                let (created, version) = match row.len() {
                    9 => (6, 8),
                    11 => (7, 10),
                    _ => (8, 12),
                };
                Ok(Task {
                    id: row.try_get(0)?,
                    title: row.try_get(1)?,
                    description: row.try_get(2)?,
                    completed: completed_at.is_some(),
                    completed_at,
                    priority: row.try_get(4)?,
                    due_date: row.try_get(5)?,
                    created_at: row.try_get(created)?,
                    updated_at: row.try_get(created + 1)?,
                    version: row.try_get(version)?,
                    tags: None,
                    subtasks: None,
                })
            }
        }
    };
}

// Text by text as Docket's log of statements has them.
store!(
    postgres, Postgres,
    page: r#"SELECT "id", "title", "description", "completed_at", "priority", "due_date", "created_at", "updated_at", "version" FROM "tasks" WHERE "user_id" = $1 AND "tasks"."list" = $2 AND "tasks"."due_date" IS NOT NULL ORDER BY "due_date" ASC, "id" ASC LIMIT $3"#,
    page_for_details: r#"SELECT "id", "title", "description", "completed_at", "priority", "due_date", "parent_id", "created_at", "updated_at", "deleted_at", "version" FROM "tasks" WHERE "user_id" = $1 AND "tasks"."list" = $2 AND "tasks"."due_date" IS NOT NULL ORDER BY "due_date" ASC, "id" ASC LIMIT $3"#,
    tags: |ids: &[Uuid]| format!(r#"SELECT "task_tags"."task_id", "task_tags"."tag_key", "task_tags"."tag" FROM "task_tags" WHERE "task_tags"."user_id" = $1 AND "task_tags"."task_id" IN ({}) ORDER BY "task_tags"."tag_key" ASC"#, numbered(ids)),
    subtasks: |ids: &[Uuid]| format!(r#"SELECT "id", "title", "description", "completed_at", "priority", "due_date", "due_time", "parent_id", "created_at", "updated_at", "deleted_at", "with_parent", "version" FROM "tasks" WHERE "user_id" = $1 AND ("tasks"."parent_id" IN ({}) AND ("tasks"."deleted_at" IS NULL OR "tasks"."with_parent" = ${}))"#, numbered(ids), ids.len() + 2),
    one: r#"SELECT "id", "title", "description", "completed_at", "priority", "due_date", "created_at", "updated_at", "version" FROM "tasks" WHERE "user_id" = $1 AND "tasks"."id" = $2"#,
    create: create_on_postgres,
    toggle: toggle_on_postgres,
);
store!(
    sqlite, Sqlite,
    page: r#"SELECT "id", "title", "description", "completed_at", "priority", "due_date", "created_at", "updated_at", "version" FROM "tasks" WHERE "user_id" = ? AND "tasks"."list" = ? AND "tasks"."due_date" IS NOT NULL ORDER BY "due_date" ASC, "id" ASC LIMIT ?"#,
    page_for_details: r#"SELECT "id", "title", "description", "completed_at", "priority", "due_date", "parent_id", "created_at", "updated_at", "deleted_at", "version" FROM "tasks" WHERE "user_id" = ? AND "tasks"."list" = ? AND "tasks"."due_date" IS NOT NULL ORDER BY "due_date" ASC, "id" ASC LIMIT ?"#,
    tags: |ids: &[Uuid]| format!(r#"SELECT "task_tags"."task_id", "task_tags"."tag_key", "task_tags"."tag" FROM "task_tags" WHERE "task_tags"."user_id" = ? AND "task_tags"."task_id" IN ({}) ORDER BY "task_tags"."tag_key" ASC"#, marks(ids)),
    subtasks: |ids: &[Uuid]| format!(r#"SELECT "id", "title", "description", "completed_at", "priority", "due_date", "due_time", "parent_id", "created_at", "updated_at", "deleted_at", "with_parent", "version" FROM "tasks" WHERE "user_id" = ? AND ("tasks"."parent_id" IN ({}) AND ("tasks"."deleted_at" IS NULL OR "tasks"."with_parent" = ?))"#, marks(ids)),
    one: r#"SELECT "id", "title", "description", "completed_at", "priority", "due_date", "created_at", "updated_at", "version" FROM "tasks" WHERE "user_id" = ? AND "tasks"."id" = ?"#,
    create: create_on_sqlite,
    toggle: toggle_on_sqlite,
);

/// Everybody in the benchmark has made tasks before: their row is there.
async fn create_on_postgres(
    pool: &Pool<Postgres>,
    user: Uuid,
    task: &Task,
    now: DateTime<Utc>,
) -> sqlx::Result<i64> {
    let query = sqlx::query_scalar(
        r#"WITH "next" AS (UPDATE "users" SET "last_version" = "last_version" + $1 WHERE "id" = $2 RETURNING "last_version") INSERT INTO "tasks" ("user_id", "id", "title", "title_key", "description", "description_key", "completed_at", "priority", "due_date", "due_time", "parent_id", "created_at", "updated_at", "deleted_at", "with_parent", "version") SELECT $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, "next"."last_version" FROM "next" ON CONFLICT  DO NOTHING RETURNING "version""#,
    );
    let query = query
        .bind(1_i32)
        .bind(user)
        .bind(user)
        .bind(task.id)
        .bind(&task.title)
        .bind(task.title.to_lowercase())
        .bind(None::<&str>)
        .bind(None::<&str>)
        .bind(None::<DateTime<Utc>>)
        .bind(None::<i16>)
        .bind(task.due_date)
        .bind(None::<NaiveTime>)
        .bind(None::<Uuid>)
        .bind(now)
        .bind(now)
        .bind(None::<DateTime<Utc>>)
        .bind(false);
    query.fetch_one(pool).await
}

async fn toggle_on_postgres(
    pool: &Pool<Postgres>,
    user: Uuid,
    id: Uuid,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Task>> {
    let query = sqlx::query(
        r#"WITH "next" AS (UPDATE "users" SET "last_version" = "last_version" + $1 WHERE "id" = $2 AND EXISTS(SELECT "id" FROM "tasks" WHERE "tasks"."user_id" = $3 AND "tasks"."id" = $4 AND "tasks"."deleted_at" IS NULL AND "tasks"."parent_id" IS NULL) RETURNING "last_version") UPDATE "tasks" SET "completed_at" = (CASE WHEN ("tasks"."completed_at" IS NULL) THEN $5 END), "updated_at" = $6, "version" = "next"."last_version" FROM "next" WHERE "tasks"."user_id" = $7 AND "tasks"."id" = $8 AND "tasks"."deleted_at" IS NULL AND "tasks"."parent_id" IS NULL RETURNING "id", "title", "description", "completed_at", "priority", "due_date", "due_time", "parent_id", "created_at", "updated_at", "deleted_at", "with_parent", "version""#,
    );
    let query = query
        .bind(1_i32)
        .bind(user)
        .bind(user)
        .bind(id)
        .bind(now)
        .bind(now)
        .bind(user)
        .bind(id);
    query.try_map(postgres::task).fetch_optional(pool).await
}

async fn create_on_sqlite(
    pool: &Pool<Sqlite>,
    user: Uuid,
    task: &Task,
    now: DateTime<Utc>,
) -> sqlx::Result<i64> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    let count = sqlx::query_scalar(
        r#"UPDATE "users" SET "last_version" = "last_version" + ? WHERE "id" = ? RETURNING "last_version""#,
    );
    let count = count.bind(1_i32).bind(user);
    let version: i64 = count.fetch_one(&mut *transaction).await?;
    let query = sqlx::query(
        r#"INSERT INTO "tasks" ("user_id", "id", "title", "title_key", "description", "description_key", "completed_at", "priority", "due_date", "due_time", "parent_id", "created_at", "updated_at", "deleted_at", "with_parent", "version") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"#,
    );
    let query = query
        .bind(user)
        .bind(task.id)
        .bind(&task.title)
        .bind(task.title.to_lowercase())
        .bind(None::<&str>)
        .bind(None::<&str>)
        .bind(None::<DateTime<Utc>>)
        .bind(None::<i16>)
        .bind(task.due_date)
        .bind(None::<NaiveTime>)
        .bind(None::<Uuid>)
        .bind(now)
        .bind(now)
        .bind(None::<DateTime<Utc>>)
        .bind(false)
        .bind(version);
    transaction.execute(query).await?;
    transaction.commit().await?;
    Ok(version)
}

async fn toggle_on_sqlite(
    pool: &Pool<Sqlite>,
    user: Uuid,
    id: Uuid,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Task>> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    let count = sqlx::query_scalar(
        r#"UPDATE "users" SET "last_version" = "last_version" + ? WHERE "id" = ? AND EXISTS(SELECT "id" FROM "tasks" WHERE "tasks"."user_id" = ? AND "tasks"."id" = ? AND "tasks"."deleted_at" IS NULL AND "tasks"."parent_id" IS NULL) RETURNING "last_version""#,
    );
    let count = count.bind(1_i32).bind(user).bind(user).bind(id);
    let version: Option<i64> = count.fetch_optional(&mut *transaction).await?;
    let Some(version) = version else {
        return Ok(None);
    };
    let query = sqlx::query(
        r#"UPDATE "tasks" SET "completed_at" = (CASE WHEN ("tasks"."completed_at" IS NULL) THEN ? END), "updated_at" = ?, "version" = ? WHERE "tasks"."user_id" = ? AND "tasks"."id" = ? AND "tasks"."deleted_at" IS NULL AND "tasks"."parent_id" IS NULL RETURNING "id", "title", "description", "completed_at", "priority", "due_date", "due_time", "parent_id", "created_at", "updated_at", "deleted_at", "with_parent", "version""#,
    );
    let query = query.bind(now).bind(now).bind(version).bind(user).bind(id);
    let toggled = query
        .try_map(sqlite::task)
        .fetch_optional(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(toggled)
}

/// Places for ids in a statement on Postgres, the second and those after it.
fn numbered(ids: &[Uuid]) -> String {
    let mut places = String::with_capacity(ids.len() * 5);
    for place in 2..ids.len() + 2 {
        let comma = if place > 2 { ", " } else { "" };
        // Writing to a text cannot fail.
        let _ = write!(places, "{comma}${place}");
    }
    places
}

/// The same on SQLite.
fn marks(ids: &[Uuid]) -> String {
    vec!["?"; ids.len()].join(", ")
}

impl postgres::Store {
    pub(crate) async fn connect(url: &str) -> sqlx::Result<Self> {
        let options = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .test_before_acquire(false);
        let pool = options.connect(url).await?;
        Ok(Self {
            reader: pool.clone(),
            writer: pool,
        })
    }
}

impl sqlite::Store {
    pub(crate) async fn connect(url: &str) -> sqlx::Result<Self> {
        let options: SqliteConnectOptions = url.parse()?;
        let options = options
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5))
            .foreign_keys(true);
        let pool = |most| {
            SqlitePoolOptions::new()
                .max_connections(most)
                .test_before_acquire(false)
        };
        let writer = pool(1).connect_with(options.clone()).await?;
        let reader = pool(CONNECTIONS)
            .connect_with(options.read_only(true))
            .await?;
        Ok(Self { reader, writer })
    }
}
