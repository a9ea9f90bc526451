//! What can be changed.

use async_graphql::{Context, ID, Object, SimpleObject};
use uuid::Uuid;

use super::bulk::{self, Bulk};
use super::context::Calling;
use super::failure::{Failure, Nullable};
use super::inputs::{CreateTaskInput, UpdateTaskInput};
use super::task::Task;
use crate::task::{Change, NewTask, Patch, parse_id};

/// What can be changed. Each field is made whole or not at all, and is on disk when it answers; one
/// that fails is null and does not undo its siblings.
pub(super) struct Mutation;

/// The answer to `createTask`.
#[derive(SimpleObject)]
pub(super) struct CreateTaskPayload {
    /// The task that was created, or that was there already.
    task: Task,
}

/// The answer to `updateTask`.
#[derive(SimpleObject)]
pub(super) struct UpdateTaskPayload {
    /// The task as it is now.
    task: Task,
}

/// The answer to `toggleTask`.
#[derive(SimpleObject)]
pub(super) struct ToggleTaskPayload {
    /// The task as it is now.
    task: Task,
}

/// The answer to `deleteTask`.
#[derive(SimpleObject)]
pub(super) struct DeleteTaskPayload {
    /// The id of the task, to be taken out of every list.
    deleted_task_id: ID,
    /// The task as it lies in the trash.
    task: Task,
}

/// The answer to `restoreTask`.
#[derive(SimpleObject)]
pub(super) struct RestoreTaskPayload {
    /// The task as it is now.
    task: Task,
}

/// The answer to `createTasks`.
#[derive(SimpleObject)]
pub(super) struct CreateTasksPayload {
    /// The tasks that were created, or that were there already, each once and in the order asked.
    tasks: Vec<Task>,
}

/// The answer to `updateTasks`.
#[derive(SimpleObject)]
pub(super) struct UpdateTasksPayload {
    /// The tasks as they are now, each once and in the order asked.
    tasks: Vec<Task>,
}

/// The answer to `deleteTasks`.
#[derive(SimpleObject)]
pub(super) struct DeleteTasksPayload {
    /// The ids of the tasks, each once and in the order asked; their subtasks went along.
    deleted_task_ids: Vec<ID>,
}

/// What can be changed. Each field is made whole or not at all, and is on disk when it answers; one
/// that fails is null and does not undo its siblings.
#[Object]
impl Mutation {
    /// Creates a task.
    async fn create_task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The task.")] input: CreateTaskInput,
    ) -> Nullable<CreateTaskPayload> {
        let new = NewTask::parse(input.into()).map_err(Failure::input("input"));
        let task = write(ctx, new.map(Change::Create)).await;
        Some(task.map(|task| CreateTaskPayload { task }))
    }

    /// Changes the parts of a task that `input` names.
    async fn update_task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The task's id.")] id: ID,
        #[graphql(desc = "What to change.")] input: UpdateTaskInput,
        #[graphql(desc = "Refused with CONFLICT unless the task is at this version.")]
        if_version: Option<i64>,
    ) -> Nullable<UpdateTaskPayload> {
        let patch = Patch::parse(input.into()).map_err(Failure::input("input"));
        let change = patch.and_then(|patch| {
            Ok(Change::Update {
                id: known(&id)?,
                patch,
                if_version,
            })
        });
        let task = write(ctx, change).await;
        Some(task.map(|task| UpdateTaskPayload { task }))
    }

    /// Completes a pending task, or makes a completed one pending again.
    async fn toggle_task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The task's id.")] id: ID,
        #[graphql(desc = "Refused with CONFLICT unless the task is at this version.")]
        if_version: Option<i64>,
    ) -> Nullable<ToggleTaskPayload> {
        let change = known(&id).map(|id| Change::Toggle { id, if_version });
        let task = write(ctx, change).await;
        Some(task.map(|task| ToggleTaskPayload { task }))
    }

    /// Moves a task, with its subtasks, to the trash. One that lies there already is left as it is.
    async fn delete_task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The task's id.")] id: ID,
        #[graphql(desc = "Refused with CONFLICT unless the task is at this version.")]
        if_version: Option<i64>,
    ) -> Nullable<DeleteTaskPayload> {
        let change = known(&id).map(|id| Change::Delete { id, if_version });
        let task = write(ctx, change).await;
        Some(task.map(|task| DeleteTaskPayload {
            deleted_task_id: task.0.id.into(),
            task,
        }))
    }

    /// Takes a task out of the trash, with the subtasks that it took along. One that is not there is left
    /// as it is.
    async fn restore_task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The task's id.")] id: ID,
    ) -> Nullable<RestoreTaskPayload> {
        let change = known(&id).map(|id| Change::Restore { id });
        let task = write(ctx, change).await;
        Some(task.map(|task| RestoreTaskPayload { task }))
    }

    /// Creates up to 100 tasks, all or none; a task can be made together with its parent.
    async fn create_tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The tasks.")] inputs: Vec<CreateTaskInput>,
    ) -> Nullable<CreateTasksPayload> {
        let tasks = write_all(ctx, bulk::create(inputs)).await;
        Some(tasks.map(|tasks| CreateTasksPayload { tasks }))
    }

    /// Changes the same parts of up to 100 tasks, of all or of none.
    async fn update_tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The tasks' ids; one that stands twice counts once.")] ids: Vec<ID>,
        #[graphql(desc = "What to change.")] input: UpdateTaskInput,
    ) -> Nullable<UpdateTasksPayload> {
        let tasks = write_all(ctx, bulk::update(&ids, input)).await;
        Some(tasks.map(|tasks| UpdateTasksPayload { tasks }))
    }

    /// Moves up to 100 tasks, with their subtasks, to the trash, all or none. Those that lie there
    /// already are left as they are.
    async fn delete_tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The tasks' ids; one that stands twice counts once.")] ids: Vec<ID>,
    ) -> Nullable<DeleteTasksPayload> {
        let tasks = write_all(ctx, bulk::delete(&ids)).await;
        Some(tasks.map(|tasks| DeleteTasksPayload {
            deleted_task_ids: tasks.iter().map(|task| task.0.id.into()).collect(),
        }))
    }
}

/// An id that no task can have belongs to no task.
fn known(id: &ID) -> Result<Uuid, Failure> {
    parse_id(id).ok_or(Failure::NotFound)
}

/// Makes the change, unless nobody is signed in or the input was refused: in that order, so that
/// nobody learns about rules before saying who they are.
async fn write(ctx: &Context<'_>, change: Result<Change, Failure>) -> Result<Task, Failure> {
    let tasks = ctx.tasks()?;
    Ok(Task(tasks.write(change?, ctx.now()?).await?))
}

/// The same for changes that belong together.
async fn write_all(ctx: &Context<'_>, bulk: Result<Bulk, Failure>) -> Result<Vec<Task>, Failure> {
    let tasks = ctx.tasks()?;
    let Bulk { changes, places } = bulk?;
    let written = tasks.write_all(changes, ctx.now()?).await;
    let written = written.map_err(|error| bulk::failure(error, &places))?;
    Ok(written.into_iter().map(Task).collect())
}
