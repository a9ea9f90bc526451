//! Before anything is timed: everyone answers the same, and the answers come from the database. A
//! benchmark of error pages is fast.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use chrono::DateTime;
use sea_orm::sea_query::{Alias, Expr, ExprTrait as _, Query};
use sea_orm::{ConnectionTrait as _, DatabaseConnection};
use serde_json::{Value, json};

use crate::contender::{Contender, Server};
use crate::data::{self, TASKS, Task, User};
use crate::database::{Databases, connect};
use crate::load::{Answer, Request};
use crate::operation::{DAY, Operation, PAGE, TITLE};
use crate::wire::Connection;

/// What stands in the tables where somebody else has been at them.
const CHANGED: &str = "changed behind its back";

/// How many tasks of each user are asked for one by one.
const PICKED: usize = 2;

/// The requests of an operation with their answers, each of which has been compared with the data.
pub(crate) async fn requests(
    contender: Contender,
    server: &Server,
    operation: Operation,
    users: &[User],
) -> anyhow::Result<Vec<Request>> {
    requests_of(contender, server, operation, operation.users(users)).await
}

/// Those of these users alone.
pub(crate) async fn requests_of(
    contender: Contender,
    server: &Server,
    operation: Operation,
    users: &[User],
) -> anyhow::Result<Vec<Request>> {
    let mut connection = Connection::open(server.port).await?;
    let mut random = fastrand::Rng::with_seed(11);
    let mut requests = Vec::new();
    for user in users {
        let times = match operation {
            Operation::Page | Operation::Details => 1,
            Operation::Task | Operation::Create | Operation::Toggle => PICKED,
        };
        for _ in 0..times {
            let task = random.usize(0..TASKS);
            let bytes = operation.request(contender, user, task);
            let answer = match operation {
                Operation::Create | Operation::Toggle => Answer::With("\"createdAt\""),
                Operation::Page => {
                    known(&mut connection, &bytes, &user.page(PAGE, Task::json)).await?
                }
                Operation::Details => {
                    known(&mut connection, &bytes, &user.page(PAGE, Task::details)).await?
                }
                Operation::Task => {
                    let wanted = json!({ "data": { "task": user.tasks[task].json() } });
                    known(&mut connection, &bytes, &wanted).await?
                }
            };
            requests.push(Request { bytes, answer });
        }
    }
    // The same order for everyone.
    fastrand::Rng::with_seed(13).shuffle(&mut requests);
    Ok(requests)
}

async fn known(
    connection: &mut Connection,
    request: &[u8],
    wanted: &Value,
) -> anyhow::Result<Answer> {
    let body = connection.ask(request).await?.to_vec();
    same(&body, wanted)?;
    Ok(Answer::Exactly(body))
}

fn same(body: &[u8], wanted: &Value) -> anyhow::Result<()> {
    let found = plain(serde_json::from_slice(body)?);
    ensure!(
        found == *wanted,
        "another answer:\n{found}\nwanted:\n{wanted}"
    );
    Ok(())
}

/// An answer without what each writes in its own way: instants, names of priorities, large numbers, tags
/// by themselves or as rows.
fn plain(answer: Value) -> Value {
    match answer {
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| {
                let value = match (name.as_str(), &value) {
                    ("createdAt" | "updatedAt" | "completedAt", Value::String(text)) => {
                        DateTime::parse_from_rfc3339(text)
                            .map_or(value.clone(), |it| data::instant(it.to_utc()).into())
                    }
                    ("priority", Value::Number(number)) => number
                        .as_i64()
                        .and_then(|it| it.try_into().ok())
                        .map_or(Value::Null, |it| data::priority(it).into()),
                    ("tags", Value::Array(tags)) => {
                        let name = |tag: &Value| tag.get("tag").unwrap_or(tag).clone();
                        tags.iter().map(name).collect()
                    }
                    ("version", Value::String(text)) => {
                        text.parse::<i64>().map_or(value.clone(), Value::from)
                    }
                    _ => plain(value),
                };
                (name, value)
            })
            .collect(),
        Value::Array(items) => items.into_iter().map(plain).collect(),
        other => other,
    }
}

/// What is changed behind a contender's back is in its next answer, and what it says it wrote is there.
pub(crate) async fn database_is_asked(
    contender: Contender,
    server: &Server,
    url: &str,
    users: &[User],
) -> anyhow::Result<()> {
    let database = connect(url).await?;
    let mut connection = Connection::open(server.port).await?;
    let reader = users.first().context("no users")?;
    let first = *reader.due().first().context("nothing is due")?;
    let number = reader.tasks.iter().position(|task| task.id == first.id);
    let number = number.context("it is nobody's")?;
    for title in [CHANGED, &first.title] {
        rename(&database, reader, first.id, title).await?;
        for operation in [Operation::Page, Operation::Details, Operation::Task] {
            let body = connection
                .ask(&operation.request(contender, reader, number))
                .await?;
            let body: Value = serde_json::from_slice(body)?;
            let shown = body
                .pointer("/data/tasks/nodes/0/title")
                .or_else(|| body.pointer("/data/task/title"));
            ensure!(
                shown == Some(&title.into()),
                "{} answers without asking: {body}",
                operation.name()
            );
        }
    }

    details_are_asked(contender, &mut connection, &database, reader).await?;

    let writer = users.last().context("no users")?;
    for (done, operation) in (1..).zip([Operation::Create, Operation::Toggle, Operation::Toggle]) {
        let before = counts(&database).await?;
        let body = connection
            .ask(&operation.request(contender, writer, 0))
            .await?
            .to_vec();
        let answer = plain(serde_json::from_slice(&body)?);
        let task = answer["data"]
            .as_object()
            .and_then(|data| data.values().next())
            .map_or(Value::Null, |it| it["task"].clone());
        let old = &writer.tasks[0];
        let completed = match done {
            1 => Some(false),
            2 => Some(old.completed_at.is_none()),
            _ => Some(old.completed_at.is_some()),
        };
        let version = i64::try_from(writer.rows())? + done;
        ensure!(
            task["completed"].as_bool() == completed && task["version"] == version,
            "a wrong write: {answer}"
        );
        if operation == Operation::Create {
            ensure!(
                task["title"] == TITLE && task["dueDate"] == DAY,
                "another task: {answer}"
            );
        } else {
            ensure!(
                task["id"] == old.id.to_string() && task["title"] == *old.title,
                "another task: {answer}"
            );
        }
        let after = counts(&database).await?;
        ensure!(
            after.changes == before.changes + 1,
            "{} was not counted: {answer}",
            operation.name()
        );
        ensure!(
            after.tasks == before.tasks + i64::from(done == 1),
            "{} was not stored: {answer}",
            operation.name()
        );
    }
    Ok(database.close().await?)
}

/// The same of the tags and the subtasks of a page.
async fn details_are_asked(
    contender: Contender,
    connection: &mut Connection,
    database: &DatabaseConnection,
    reader: &User,
) -> anyhow::Result<()> {
    let page = || reader.due().into_iter().take(PAGE);
    let tagged = page().find(|task| !task.tags.is_empty());
    let tagged = tagged.context("no task of the page has tags")?;
    let subtask = page().find_map(|task| task.subtasks.first());
    let subtask = subtask.context("no task of the page has subtasks")?;
    for (tag, title, shown) in [
        (CHANGED, &*subtask.title, 1),
        (tagged.tags[0], CHANGED, 1),
        (tagged.tags[0], &*subtask.title, 0),
    ] {
        rename(database, reader, subtask.id, title).await?;
        let mut update = Query::update();
        update
            .table(Alias::new("task_tags"))
            .value(Alias::new("tag"), tag)
            .and_where(Expr::col(Alias::new("user_id")).eq(reader.id))
            .and_where(Expr::col(Alias::new("task_id")).eq(tagged.id))
            .and_where(Expr::col(Alias::new("tag_key")).eq(tagged.tags[0].to_lowercase()));
        database.execute(&update).await?;
        let request = Operation::Details.request(contender, reader, 0);
        let body = String::from_utf8(connection.ask(&request).await?.to_vec())?;
        ensure!(
            body.matches(CHANGED).count() == shown,
            "details answers without asking: {body}"
        );
    }
    Ok(())
}

async fn rename(
    database: &DatabaseConnection,
    user: &User,
    task: uuid::Uuid,
    title: &str,
) -> anyhow::Result<()> {
    let mut update = Query::update();
    update
        .table(Alias::new("tasks"))
        .value(Alias::new("title"), title)
        .and_where(Expr::col(Alias::new("user_id")).eq(user.id))
        .and_where(Expr::col(Alias::new("id")).eq(task));
    database.execute(&update).await?;
    Ok(())
}

/// How much there is.
#[derive(Clone, Copy)]
pub(crate) struct Counts {
    /// Rows of tasks.
    pub(crate) tasks: i64,
    /// Changes that users have made.
    pub(crate) changes: i64,
}

pub(crate) async fn counts(database: &DatabaseConnection) -> anyhow::Result<Counts> {
    let sql = "SELECT (SELECT count(*) FROM tasks) AS tasks, (SELECT CAST(sum(last_version) AS bigint) FROM users) AS changes";
    let statement = sea_orm::Statement::from_string(database.get_database_backend(), sql);
    let row = database
        .query_one_raw(statement)
        .await?
        .context("no counts")?;
    Ok(Counts {
        tasks: row.try_get("", "tasks")?,
        changes: row.try_get("", "changes")?,
    })
}

/// A server and the database that is its own.
pub(crate) struct Named<'a> {
    pub(crate) contender: Contender,
    pub(crate) server: &'a Server,
    pub(crate) database: &'a str,
}

/// The limit sends the very statements that Docket sends.
pub(crate) async fn statements_are_the_same(
    databases: &Databases,
    both: &[Named<'_>],
    users: &[User],
) -> anyhow::Result<()> {
    let cluster = databases
        .cluster
        .as_ref()
        .context("statements are read in Postgres's log")?;
    databases
        .admin("ALTER SYSTEM SET log_statement = 'all'")
        .await?;
    databases.admin("SELECT pg_reload_conf()").await?;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let writer = users.last().context("no users")?;
    for operation in Operation::ALL {
        let mut sent: Vec<Vec<String>> = Vec::new();
        for Named {
            contender,
            server,
            database,
        } in both
        {
            let before = cluster.log()?.len();
            let mut connection = Connection::open(server.port).await?;
            connection
                .ask(&operation.request(*contender, writer, 1))
                .await?;
            tokio::time::sleep(Duration::from_millis(50)).await;
            let log = cluster.log()?;
            let lines = log[before..].lines();
            let lines = lines.filter_map(|line| line.strip_prefix(&format!("{database}|LOG:  ")));
            let texts = lines.filter_map(|line| {
                let text = line.strip_prefix("statement: ");
                text.or_else(|| {
                    line.strip_prefix("execute ")?
                        .split_once(": ")
                        .map(|(_, text)| text)
                })
            });
            let mut texts: Vec<_> = texts.map(str::to_owned).collect();
            if operation.reads() {
                // What is read at once comes in any order.
                texts.sort_unstable();
            }
            sent.push(texts);
        }
        let name = operation.name();
        ensure!(
            sent.iter().all(|texts| !texts.is_empty()),
            "{name}: no statement in the log"
        );
        ensure!(
            sent.windows(2).all(|two| two[0] == two[1]),
            "{name}: the limit sends other statements than Docket: bring bench/limit/src/store.rs up to date\n{sent:#?}"
        );
    }
    databases.admin("ALTER SYSTEM RESET log_statement").await?;
    databases.admin("SELECT pg_reload_conf()").await?;
    Ok(())
}
