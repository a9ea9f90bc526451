//! The data: 1,000 users with 200 tasks each, some with tags and subtasks, the same in every run.

use std::fmt::Write as _;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use jsonwebtoken::{EncodingKey, Header};
use sea_orm::sea_query::{Alias, Query};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// How many users.
pub(crate) const USERS: usize = 1000;
/// How many tasks each has, without subtasks.
pub(crate) const TASKS: usize = 200;
/// The first users are read, the others are written, so that what is read stays as it was.
pub(crate) const READERS: usize = USERS / 2;
/// The secret that signs the tokens.
pub(crate) const SECRET: &str = "a secret of the benchmark: forty letters.";

pub(crate) struct User {
    pub(crate) id: Uuid,
    pub(crate) subject: String,
    pub(crate) token: String,
    /// Those that stand by themselves.
    pub(crate) tasks: Vec<Task>,
}

pub(crate) struct Task {
    pub(crate) id: Uuid,
    pub(crate) title: String,
    pub(crate) description: Option<String>,
    pub(crate) completed_at: Option<DateTime<Utc>>,
    pub(crate) priority: Option<i16>,
    pub(crate) due_date: Option<NaiveDate>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) version: i64,
    /// By name.
    pub(crate) tags: Vec<&'static str>,
    /// Oldest first.
    pub(crate) subtasks: Vec<Task>,
}

impl User {
    pub(crate) fn new(subject: String) -> anyhow::Result<Self> {
        let id = user_id(&subject);
        #[expect(clippy::disallowed_methods, reason = "the servers read the real clock")]
        let now = Utc::now();
        // `uid` spares the others what Docket does: to work the id out of issuer and subject.
        let claims =
            json!({ "sub": subject, "uid": id.to_string(), "exp": now.timestamp() + 24 * 3600 });
        let key = EncodingKey::from_secret(SECRET.as_bytes());
        let token = jsonwebtoken::encode(&Header::default(), &claims, &key)?;
        Ok(Self {
            id,
            subject,
            token,
            tasks: Vec::new(),
        })
    }

    /// How many rows of tasks the user has: each came with a change.
    pub(crate) fn rows(&self) -> usize {
        let subtasks = self.tasks.iter().map(|task| task.subtasks.len());
        self.tasks.len() + subtasks.sum::<usize>()
    }

    /// The tasks that are due, in the order of pages.
    pub(crate) fn due(&self) -> Vec<&Task> {
        let mut due: Vec<_> = self
            .tasks
            .iter()
            .filter(|task| task.completed_at.is_none() && task.due_date.is_some())
            .collect();
        due.sort_by_key(|task| (task.due_date, task.id));
        due
    }

    /// The first page by due date, each task as `shown`, as the answer has it.
    pub(crate) fn page(&self, first: usize, shown: impl Fn(&Task) -> Value) -> Value {
        let due = self.due();
        let nodes: Vec<_> = due.iter().take(first).map(|task| shown(task)).collect();
        json!({ "data": { "tasks": { "nodes": nodes, "pageInfo": { "hasNextPage": due.len() > first } } } })
    }
}

impl Task {
    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.id.to_string(),
            "title": self.title,
            "description": self.description,
            "completed": self.completed_at.is_some(),
            "completedAt": self.completed_at.map(instant),
            "priority": self.priority.map(priority),
            "dueDate": self.due_date.map(|day| day.to_string()),
            "createdAt": instant(self.created_at),
            "updatedAt": instant(self.created_at),
            "version": self.version,
        })
    }

    /// The same with what belongs to it.
    pub(crate) fn details(&self) -> Value {
        let subtasks = self.subtasks.iter().map(|subtask| {
            json!({
                "id": subtask.id.to_string(),
                "title": subtask.title,
                "completed": subtask.completed_at.is_some(),
            })
        });
        let mut all = self.json();
        all["tags"] = json!(self.tags);
        all["subtasks"] = subtasks.collect();
        all
    }
}

pub(crate) fn instant(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

pub(crate) const fn priority(number: i16) -> &'static str {
    match number {
        1 => "LOW",
        2 => "MEDIUM",
        _ => "HIGH",
    }
}

/// All users with their tasks.
pub(crate) fn users() -> anyhow::Result<Vec<User>> {
    let mut random = fastrand::Rng::with_seed(7);
    let start = DateTime::from_timestamp_millis(1_790_000_000_123).unwrap_or_default();
    let today = start.date_naive();
    let tasks = |random: &mut fastrand::Rng, user: usize, number: usize| {
        let minutes = i64::try_from(number * 60 + random.usize(0..60)).unwrap_or_default();
        let created_at = start + TimeDelta::minutes(minutes);
        let id = task_id(random, created_at)?;
        let mut title = format!("Task {number} of {user}:");
        for _ in 0..random.usize(3..9) {
            let _ = write!(title, " {}", random.choice(WORDS).unwrap_or("and"));
        }
        let description = random.bool().then(|| {
            format!(
                "Remember to ask about it, \"before\" the end of week {}.",
                random.u8(1..52)
            )
        });
        anyhow::Ok(Task {
            id,
            title,
            description,
            completed_at: (random.u8(0..10) < 3).then_some(created_at + TimeDelta::hours(5)),
            priority: random.choice([None, Some(1), Some(2), Some(3)]).flatten(),
            due_date: (random.u8(0..10) < 7).then(|| today + Days::new(random.u64(0..90))),
            created_at,
            version: i64::try_from(number)? + 1,
            tags: Vec::new(),
            subtasks: Vec::new(),
        })
    };
    let mut of_details = fastrand::Rng::with_seed(8);
    let user = |user: usize| {
        let mut made = User::new(format!("user-{user}"))?;
        for number in 0..TASKS {
            made.tasks.push(tasks(&mut random, user, number)?);
        }
        add_details(&mut of_details, &mut made.tasks)?;
        Ok(made)
    };
    (0..USERS).map(user).collect()
}

/// Gives every second task two tags, and every fifth three subtasks. These have no day of their own: a page
/// by due date shows none of them.
fn add_details(random: &mut fastrand::Rng, tasks: &mut [Task]) -> anyhow::Result<()> {
    let mut version = i64::try_from(tasks.len())?;
    for task in tasks.iter_mut().step_by(2) {
        task.tags = random.choose_multiple(TAGS, 2);
        task.tags.sort_by_key(|tag| tag.to_lowercase());
    }
    for task in tasks.iter_mut().step_by(5) {
        for number in 1..=3 {
            version += 1;
            let created_at = task.created_at + TimeDelta::minutes(number);
            task.subtasks.push(Task {
                id: task_id(random, created_at)?,
                title: format!(
                    "Part {number} of 3: {}",
                    random.choice(WORDS).unwrap_or("and")
                ),
                description: None,
                completed_at: (number == 1).then_some(created_at + TimeDelta::hours(1)),
                priority: None,
                due_date: None,
                created_at,
                version,
                tags: Vec::new(),
                subtasks: Vec::new(),
            });
        }
    }
    Ok(())
}

fn task_id(random: &mut fastrand::Rng, created_at: DateTime<Utc>) -> anyhow::Result<Uuid> {
    let milliseconds = u64::try_from(created_at.timestamp_millis())?;
    let random = random.u128(..).to_be_bytes();
    let id = uuid::Builder::from_unix_timestamp_millis(milliseconds, &random[..10].try_into()?);
    Ok(id.into_uuid())
}

const TAGS: [&str; 5] = ["Errand", "home", "Later", "Übersicht", "work"];

const WORDS: [&str; 12] = [
    "call",
    "the",
    "plumber",
    "write",
    "report",
    "and",
    "buy",
    "milk",
    "for",
    "Übersicht",
    "garden",
    "review",
];

/// The id that Docket gives to whoever has this subject and no issuer.
fn user_id(subject: &str) -> Uuid {
    let mut hash = Sha256::new();
    for part in ["", subject] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// Puts users and tasks into the tables, which are there and empty.
pub(crate) async fn load(into: &DatabaseConnection, users: &[User]) -> anyhow::Result<()> {
    for some in users.chunks(500) {
        let mut insert = Query::insert();
        insert
            .into_table(Alias::new("users"))
            .columns(["id", "issuer", "subject", "last_version", "created_at"].map(Alias::new));
        for user in some {
            let created_at = DateTime::<Utc>::UNIX_EPOCH;
            let version = i64::try_from(user.rows())?;
            insert.values_panic([
                user.id.into(),
                "".into(),
                user.subject.clone().into(),
                version.into(),
                created_at.into(),
            ]);
        }
        into.execute(&insert).await?;
    }
    let mut tasks = Vec::new();
    let mut tags = Vec::new();
    for user in users {
        for task in &user.tasks {
            tasks.push((user.id, task, None));
            let subtasks = task.subtasks.iter();
            tasks.extend(subtasks.map(|subtask| (user.id, subtask, Some(task.id))));
            tags.extend(task.tags.iter().map(|tag| (user.id, task.id, *tag)));
        }
    }
    for some in tasks.chunks(1000) {
        let mut insert = Query::insert();
        insert.into_table(Alias::new("tasks")).columns(
            [
                "user_id",
                "id",
                "title",
                "title_key",
                "description",
                "description_key",
                "completed_at",
                "priority",
                "due_date",
                "parent_id",
                "created_at",
                "updated_at",
                "version",
            ]
            .map(Alias::new),
        );
        for (user, task, parent) in some {
            insert.values_panic([
                (*user).into(),
                task.id.into(),
                task.title.clone().into(),
                task.title.to_lowercase().into(),
                task.description.clone().into(),
                task.description
                    .as_ref()
                    .map(|text| text.to_lowercase())
                    .into(),
                task.completed_at.into(),
                task.priority.into(),
                task.due_date.into(),
                (*parent).into(),
                task.created_at.into(),
                task.created_at.into(),
                task.version.into(),
            ]);
        }
        into.execute(&insert).await?;
    }
    for some in tags.chunks(1000) {
        let mut insert = Query::insert();
        insert
            .into_table(Alias::new("task_tags"))
            .columns(["user_id", "task_id", "tag_key", "tag"].map(Alias::new));
        for (user, task, tag) in some {
            let key = tag.to_lowercase();
            insert.values_panic([(*user).into(), (*task).into(), key.into(), (*tag).into()]);
        }
        into.execute(&insert).await?;
    }
    Ok(())
}
