//! Lists of tasks, a page at a time, as the GraphQL Cursor Connections Specification has them.

use async_graphql::{Context, Object, SimpleObject};

use super::context::Calling;
use super::failure::Failure;
use super::task::Task;
use crate::task::{End, List, Page, Position, Window};

/// A page of a list of tasks.
pub(super) struct TaskConnection {
    list: List,
    window: Window,
    page: Page,
}

/// A task and its place in a list.
#[derive(SimpleObject)]
pub(super) struct TaskEdge {
    /// The task's place in this list: give it as `after` or `before`.
    cursor: String,
    /// The task.
    node: Task,
}

/// Where a page lies in its list.
pub(super) struct PageInfo<'a>(&'a TaskConnection);

impl TaskConnection {
    pub(super) const fn new(list: List, window: Window, page: Page) -> Self {
        Self { list, window, page }
    }

    fn cursor(&self, task: &crate::task::Task) -> String {
        self.list.cursor(task).to_string()
    }

    /// Whether the list has anything on the far side of a cursor that the client gave.
    async fn goes_on(&self, ctx: &Context<'_>, end: End) -> Result<bool, Failure> {
        let edge = match end {
            End::First => self.page.tasks.first(),
            End::Last => self.page.tasks.last(),
        };
        let given = match end {
            End::First => self.window.after.as_ref(),
            End::Last => self.window.before.as_ref(),
        };
        let Some(given) = given else {
            return Ok(false);
        };
        let from = edge.map_or_else(|| given.clone(), |task| Position::of(task, self.list.sort));
        let (after, before) = match end {
            End::First => (None, Some(from)),
            End::Last => (Some(from), None),
        };
        let beyond = Window {
            after,
            before,
            end: End::First,
            limit: 1,
        };
        Ok(ctx.tasks()?.exists(&self.list, &beyond).await?)
    }
}

/// A page of a list of tasks.
#[Object]
impl TaskConnection {
    /// The tasks of this page, each with its place in the list.
    async fn edges(&self) -> Vec<TaskEdge> {
        let edge = |task: &crate::task::Task| TaskEdge {
            cursor: self.cursor(task),
            node: Task(task.clone()),
        };
        self.page.tasks.iter().map(edge).collect()
    }

    /// The tasks of this page.
    async fn nodes(&self) -> Vec<Task> {
        self.page.tasks.iter().cloned().map(Task).collect()
    }

    /// Where this page lies in its list.
    async fn page_info(&self) -> PageInfo<'_> {
        PageInfo(self)
    }

    /// How many tasks the whole list has. Counted only when it is asked for.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i64, Failure> {
        Ok(ctx.tasks()?.count(&self.list).await?)
    }
}

/// Where a page lies in its list.
#[Object(shareable)]
impl PageInfo<'_> {
    /// Whether there are tasks after this page.
    async fn has_next_page(&self, ctx: &Context<'_>) -> Result<bool, Failure> {
        match self.0.window.end {
            End::First => Ok(self.0.page.more),
            End::Last => self.0.goes_on(ctx, End::Last).await,
        }
    }

    /// Whether there are tasks before this page.
    async fn has_previous_page(&self, ctx: &Context<'_>) -> Result<bool, Failure> {
        match self.0.window.end {
            End::First => self.0.goes_on(ctx, End::First).await,
            End::Last => Ok(self.0.page.more),
        }
    }

    /// The place of the first task of this page; null when the page is empty.
    async fn start_cursor(&self) -> Option<String> {
        self.0.page.tasks.first().map(|task| self.0.cursor(task))
    }

    /// The place of the last task of this page; null when the page is empty.
    async fn end_cursor(&self) -> Option<String> {
        self.0.page.tasks.last().map(|task| self.0.cursor(task))
    }
}
