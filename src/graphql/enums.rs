//! The choices that clients have.

use async_graphql::Enum;

use crate::task;

/// Which tasks, by whether they are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "task::Status")]
pub(super) enum TaskStatus {
    /// Both pending and completed tasks.
    All,
    /// Tasks that are still to do.
    Pending,
    /// Tasks that are done.
    Completed,
}

impl TaskStatus {
    /// Whether a task is among these.
    pub(super) const fn takes(self, completed: bool) -> bool {
        match self {
            Self::All => true,
            Self::Pending => !completed,
            Self::Completed => completed,
        }
    }
}

/// What tasks are ordered by. Ties are broken by id, so that an order is total. Tasks that have no
/// value come last in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "task::Sort")]
pub(super) enum TaskSort {
    /// When they were created; newest first unless a direction is given.
    Created,
    /// Their titles, without regard to case; ascending unless a direction is given.
    Title,
    /// The day they are due; earliest first unless a direction is given.
    DueDate,
    /// Their priority; highest first unless a direction is given.
    Priority,
    /// When they last changed; newest first unless a direction is given.
    Updated,
}

/// Which end of an order comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "task::Direction")]
pub(super) enum SortDirection {
    /// The smallest, oldest or earliest first.
    Asc,
    /// The largest, newest or latest first.
    Desc,
}

/// How much a task matters to its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "task::Priority")]
pub(super) enum TaskPriority {
    /// It can wait.
    Low,
    /// It matters.
    Medium,
    /// It comes first.
    High,
}
