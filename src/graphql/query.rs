//! What can be asked.

use async_graphql::{Context, ID, Object};

use super::connection::TaskConnection;
use super::context::Calling;
use super::enums::{SortDirection, TaskSort, TaskStatus};
use super::failure::{Failure, Nullable};
use super::inputs::TaskFilter;
use super::list::ListArguments;
use super::node::Node;
use super::task::Task;
use super::viewer::Viewer;
use crate::task::{PageArguments, parse_id};

/// What can be asked. Everything is the viewer's own: what belongs to others does not exist here.
pub(super) struct Query;

/// What can be asked. Everything is the viewer's own: what belongs to others does not exist here.
#[Object]
impl Query {
    /// Whoever the token names.
    #[expect(clippy::unused_async, reason = "the engine takes async fields only")]
    async fn viewer<'a>(&self, ctx: &Context<'a>) -> Result<Viewer<'a>, Failure> {
        ctx.viewer().map(Viewer)
    }

    /// One task; null when the viewer has none with this id. A task in the trash is found too.
    async fn task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The task's id.")] id: ID,
    ) -> Nullable<Task> {
        find(ctx, &id).await.transpose()
    }

    /// Anything with an id; null when the viewer has nothing with this id.
    async fn node(&self, ctx: &Context<'_>, #[graphql(desc = "The id.")] id: ID) -> Nullable<Node> {
        let task = find(ctx, &id).await.transpose();
        task.map(|task| task.map(Node::Task))
    }

    /// A list of tasks, a page at a time.
    #[expect(clippy::too_many_arguments, reason = "these are the field's arguments")]
    async fn tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            default_with = "TaskStatus::All",
            desc = "Which tasks, by whether they are done."
        )]
        status: TaskStatus,
        #[graphql(default_with = "TaskSort::Created", desc = "What they are ordered by.")]
        sort: TaskSort,
        #[graphql(
            desc = "Which end comes first. Left out: newest first for CREATED and UPDATED, highest first for PRIORITY, ascending for TITLE and DUE_DATE."
        )]
        direction: Option<SortDirection>,
        #[graphql(desc = "What else must hold of them.")] filter: Option<TaskFilter>,
        #[graphql(desc = "At most so many, from the start of the list. Not together with `last`.")]
        first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor of the same list.")] after: Option<
            String,
        >,
        #[graphql(desc = "At most so many, from the end of the list. Not together with `first`.")]
        last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor of the same list.")] before: Option<
            String,
        >,
    ) -> Result<TaskConnection, Failure> {
        let tasks = ctx.tasks()?;
        let arguments = ListArguments {
            status,
            sort,
            direction,
            filter,
            page: PageArguments {
                first,
                after,
                last,
                before,
            },
        };
        let (list, window) = arguments.parse(*ctx.data_unchecked())?;
        let page = tasks.page(&list, &window).await?;
        Ok(TaskConnection::new(list, window, page))
    }
}

async fn find(ctx: &Context<'_>, id: &ID) -> Result<Option<Task>, Failure> {
    let loaders = ctx.loaders()?;
    // An id that no task can have belongs to no task.
    let Some(id) = parse_id(id) else {
        return Ok(None);
    };
    Ok(loaders.task(id).await?.map(Task))
}
