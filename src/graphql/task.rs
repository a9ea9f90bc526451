//! The type `Task`.

use async_graphql::{Context, ID, Object};

use super::context::Calling;
use super::enums::{TaskPriority, TaskStatus};
use super::failure::{Failure, Nullable};
use super::scalars::{Date, Instant, LocalTime};
use crate::task;

/// One task of the viewer.
#[derive(Clone, Debug)]
pub(super) struct Task(pub(super) task::Task);

/// One task of the viewer.
#[Object(unresolvable = "id")]
impl Task {
    /// A UUID in lower case: the client's own where it sent one, else one that the server made.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// What is to be done, in 1 to 200 characters.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// More about it, in at most 10,000 characters.
    async fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
    }

    /// Whether it is done.
    async fn completed(&self) -> bool {
        self.0.completed_at.is_some()
    }

    /// When it was completed; null while it is pending.
    async fn completed_at(&self) -> Option<Instant> {
        self.0.completed_at.map(Instant)
    }

    /// How much it matters; null when nobody has said.
    async fn priority(&self) -> Option<TaskPriority> {
        self.0.priority.map(Into::into)
    }

    /// The day it is due, as the user's own calendar has it: no time zone moves it.
    async fn due_date(&self) -> Option<Date> {
        self.0.due_date.map(Date)
    }

    /// The wall-clock time on the day it is due; only with a due date.
    async fn due_time(&self) -> Option<LocalTime> {
        self.0.due_time.map(LocalTime)
    }

    /// Its tags, by name.
    async fn tags(&self, ctx: &Context<'_>) -> Result<Vec<String>, Failure> {
        let tags = ctx.loaders()?.tags(self.0.id).await?;
        Ok(tags.iter().map(|tag| tag.name().to_owned()).collect())
    }

    /// The task that it is a part of; null for one that stands by itself.
    async fn parent(&self, ctx: &Context<'_>) -> Nullable<Task> {
        let id = self.0.parent_id?;
        let parent = async { ctx.loaders()?.task(id).await };
        parent.await.map(|parent| parent.map(Self)).transpose()
    }

    /// The tasks that are a part of it, oldest first: one level, a subtask has none of its own. While
    /// it lies in the trash, those that it took along.
    async fn subtasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            default_with = "TaskStatus::All",
            desc = "Which of them, by whether they are done."
        )]
        status: TaskStatus,
    ) -> Result<Vec<Task>, Failure> {
        if self.0.parent_id.is_some() {
            return Ok(Vec::new());
        }
        let subtasks = ctx.loaders()?.subtasks(self.0.id).await?;
        let shown = |subtask: &task::Task| shows(&self.0, subtask, status);
        Ok(subtasks.into_iter().filter(shown).map(Self).collect())
    }

    /// When it was created.
    async fn created_at(&self) -> Instant {
        Instant(self.0.created_at)
    }

    /// When it last changed.
    async fn updated_at(&self) -> Instant {
        Instant(self.0.updated_at)
    }

    /// When it went to the trash; null while it is not there.
    async fn deleted_at(&self) -> Option<Instant> {
        self.0.deleted_at.map(Instant)
    }

    /// Grows with every change to the task: hand it back as `ifVersion` to change only what you have
    /// seen.
    async fn version(&self) -> i64 {
        self.0.version
    }
}

/// Whether a task shows one of its subtasks where those of a status are asked for: while it lies in the
/// trash it shows those that it took along, else those that are out of it.
pub(super) fn shows(task: &task::Task, subtask: &task::Task, status: TaskStatus) -> bool {
    status.takes(subtask.completed_at.is_some()) && subtask.with_parent == task.deleted_at.is_some()
}
