//! The type `Viewer`.

use async_graphql::{Context, ID, Object, SimpleObject};

use super::context::Calling;
use super::failure::Failure;
use super::scalars::{Date, Instant};
use crate::identity;

/// Whoever the token names.
pub(super) struct Viewer<'a>(pub(super) &'a identity::Viewer);

/// Whoever the token names.
#[Object]
impl Viewer<'_> {
    /// The token's subject.
    async fn id(&self) -> ID {
        self.0.subject().into()
    }

    /// The e-mail address, where the token has one.
    async fn email(&self) -> Option<&str> {
        self.0.email()
    }

    /// The name, where the token has one.
    async fn name(&self) -> Option<&str> {
        self.0.name()
    }

    /// When the token expires.
    async fn session_expires_at(&self) -> Instant {
        Instant(self.0.session_expires_at())
    }

    /// How many tasks there are outside the trash.
    async fn task_counts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day on the viewer's own calendar; says which tasks are late.")]
        today: Option<Date>,
    ) -> Result<TaskCounts, Failure> {
        let counts = ctx.tasks()?.counts(today.map(|day| day.0)).await?;
        Ok(TaskCounts {
            all: counts.all,
            pending: counts.pending,
            completed: counts.completed,
            overdue: today.map(|_| counts.overdue),
            due_today: today.map(|_| counts.due_today),
        })
    }

    /// Every tag that a task outside the trash carries, by name.
    async fn tags(&self, ctx: &Context<'_>) -> Result<Vec<TagCount>, Failure> {
        let counts = ctx.tasks()?.tag_counts().await?;
        let counts = counts.into_iter().map(|count| TagCount {
            name: count.name,
            task_count: count.tasks,
        });
        Ok(counts.collect())
    }
}

/// A tag in use.
#[derive(SimpleObject)]
pub(super) struct TagCount {
    /// The tag, as it was first spelled.
    name: String,
    /// How many tasks outside the trash carry it.
    task_count: i64,
}

/// How many tasks the viewer has outside the trash.
#[derive(SimpleObject)]
pub(super) struct TaskCounts {
    /// Pending and completed tasks.
    all: i64,
    /// Tasks that are still to do.
    pending: i64,
    /// Tasks that are done.
    completed: i64,
    /// Pending tasks that were due before `today`; null without it.
    overdue: Option<i64>,
    /// Pending tasks that are due on the day `today`; null without it.
    due_today: Option<i64>,
}
