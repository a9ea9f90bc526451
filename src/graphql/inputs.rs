//! What clients send, and how it becomes what the rest of the server works with.

use async_graphql::{ID, InputObject, MaybeUndefined};

use super::enums::TaskPriority;
use super::scalars::{Date, LocalTime};
use crate::task::{Assign, Draft, Filter, PatchDraft, SearchTerms, Violation};

/// Which tasks a list shows. Every condition given must hold.
#[derive(Debug, Default, InputObject)]
pub(super) struct TaskFilter {
    /// Every word of this text occurs in the title or in the description, without regard to case.
    /// At most 200 characters.
    search: Option<String>,
    /// The priority is one of these.
    priority: Option<Vec<TaskPriority>>,
    /// Due on this day or later.
    due_from: Option<Date>,
    /// Due on this day or earlier.
    due_until: Option<Date>,
    /// True: only tasks that have a due date. False: only tasks that have none.
    has_due_date: Option<bool>,
    /// Only tasks that lie in the trash; they are in no other list.
    #[graphql(default)]
    trashed: bool,
}

impl TaskFilter {
    pub(super) fn parse(self) -> Result<Filter, Vec<Violation>> {
        let search = self.search.as_deref().map(SearchTerms::parse).transpose();
        Ok(Filter {
            search: search.map_err(|message| vec![Violation::new("search", message)])?,
            priority: self
                .priority
                .map(|wanted| wanted.into_iter().map(Into::into).collect()),
            due_from: self.due_from.map(|day| day.0),
            due_until: self.due_until.map(|day| day.0),
            has_due_date: self.has_due_date,
            trashed: self.trashed,
        })
    }
}

/// A task to be created.
#[derive(Debug, InputObject)]
pub(super) struct CreateTaskInput {
    /// A UUID of the client's own. Sent again, it returns the task that is there, so a retry creates
    /// nothing twice. Left out, the server makes one.
    id: Option<ID>,
    /// 1 to 200 characters; white space at both ends is cut off.
    title: String,
    /// At most 10,000 characters.
    description: Option<String>,
    /// How much the task matters.
    priority: Option<TaskPriority>,
    /// The day it is due, in the user's own calendar.
    due_date: Option<Date>,
    /// The time on that day; only with a due date.
    due_time: Option<LocalTime>,
}

impl From<CreateTaskInput> for Draft {
    fn from(input: CreateTaskInput) -> Self {
        Self {
            id: input.id.map(|id| id.0),
            title: input.title,
            description: input.description,
            priority: input.priority.map(Into::into),
            due_date: input.due_date.map(|day| day.0),
            due_time: input.due_time.map(|time| time.0),
        }
    }
}

/// What to change of a task. Left out: kept as it is. Null: cleared.
#[derive(Debug, InputObject)]
pub(super) struct UpdateTaskInput {
    /// 1 to 200 characters; white space at both ends is cut off. Cannot be cleared.
    title: MaybeUndefined<String>,
    /// At most 10,000 characters.
    description: MaybeUndefined<String>,
    /// Whether the task is completed. Cannot be cleared.
    completed: MaybeUndefined<bool>,
    /// How much the task matters.
    priority: MaybeUndefined<TaskPriority>,
    /// The day it is due. Clearing it clears the time too.
    due_date: MaybeUndefined<Date>,
    /// The time on that day; only with a due date.
    due_time: MaybeUndefined<LocalTime>,
}

impl From<UpdateTaskInput> for PatchDraft {
    fn from(input: UpdateTaskInput) -> Self {
        Self {
            title: assign(input.title, |text| text),
            description: assign(input.description, |text| text),
            completed: assign(input.completed, |completed| completed),
            priority: assign(input.priority, Into::into),
            due_date: assign(input.due_date, |day| day.0),
            due_time: assign(input.due_time, |time| time.0),
        }
    }
}

fn assign<T, U>(sent: MaybeUndefined<T>, turn: impl FnOnce(T) -> U) -> Assign<U> {
    match sent {
        MaybeUndefined::Undefined => Assign::Keep,
        MaybeUndefined::Null => Assign::Clear,
        MaybeUndefined::Value(value) => Assign::Set(turn(value)),
    }
}
