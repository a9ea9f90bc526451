//! The data: 1,000 users with 200 tasks each, the same in every run.

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
/// How many tasks each has.
pub(crate) const TASKS: usize = 200;
/// The first users are read, the others are written, so that what is read stays as it was.
pub(crate) const READERS: usize = USERS / 2;
/// The secret that signs the tokens.
pub(crate) const SECRET: &str = "a secret of the benchmark: forty letters.";

pub(crate) struct User {
    pub(crate) id: Uuid,
    pub(crate) subject: String,
    pub(crate) token: String,
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

    /// The first page by due date, as the answer has it.
    pub(crate) fn page(&self, first: usize) -> Value {
        let mut due: Vec<_> = self
            .tasks
            .iter()
            .filter(|task| task.completed_at.is_none() && task.due_date.is_some())
            .collect();
        due.sort_by_key(|task| (task.due_date, task.id));
        let nodes: Vec<_> = due.iter().take(first).map(|task| task.json()).collect();
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
        let milliseconds = u64::try_from(created_at.timestamp_millis()).unwrap_or_default();
        let id = uuid::Builder::from_unix_timestamp_millis(
            milliseconds,
            &random.u128(..).to_be_bytes()[..10].try_into()?,
        );
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
            id: id.into_uuid(),
            title,
            description,
            completed_at: (random.u8(0..10) < 3).then_some(created_at + TimeDelta::hours(5)),
            priority: random.choice([None, Some(1), Some(2), Some(3)]).flatten(),
            due_date: (random.u8(0..10) < 7).then(|| today + Days::new(random.u64(0..90))),
            created_at,
            version: i64::try_from(number)? + 1,
        })
    };
    let user = |user: usize| {
        let mut made = User::new(format!("user-{user}"))?;
        for number in 0..TASKS {
            made.tasks.push(tasks(&mut random, user, number)?);
        }
        Ok(made)
    };
    (0..USERS).map(user).collect()
}

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
            let version = i64::try_from(user.tasks.len())?;
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
    let tasks: Vec<_> = users
        .iter()
        .flat_map(|user| user.tasks.iter().map(|task| (user.id, task)))
        .collect();
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
                "created_at",
                "updated_at",
                "version",
            ]
            .map(Alias::new),
        );
        for (user, task) in some {
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
                task.created_at.into(),
                task.created_at.into(),
                task.version.into(),
            ]);
        }
        into.execute(&insert).await?;
    }
    Ok(())
}
