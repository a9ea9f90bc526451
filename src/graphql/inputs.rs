//! What clients send, and how it becomes what the rest of the server works with.

use async_graphql::{ID, InputObject, MaybeUndefined};

use super::enums::TaskPriority;
use super::scalars::{Date, LocalTime};
use crate::task::{
    Assign, Draft, Filter, PatchDraft, Place, SearchTerms, Tag, Violation, parse_id,
};

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
    /// The task has every one of these tags, whatever their case. At most 20.
    tags: Option<Vec<String>>,
    /// Only subtasks of this task.
    parent_id: Option<ID>,
    /// True: only tasks that have no parent. False: only subtasks.
    top_level: Option<bool>,
    /// Only tasks that lie in the trash; they are in no other list.
    #[graphql(default)]
    trashed: bool,
}

impl TaskFilter {
    pub(super) fn parse(self) -> Result<Filter, Vec<Violation>> {
        let search = self.search.as_deref().map(SearchTerms::parse).transpose();
        let mut broken = Vec::new();
        let search = search.unwrap_or_else(|message| {
            broken.push(Violation::new("search", message));
            None
        });
        let tags = Tag::parse_all("tags", self.tags.as_deref().unwrap_or_default());
        let tags = tags.unwrap_or_else(|more| {
            broken.extend(more);
            Vec::new()
        });
        if !broken.is_empty() {
            return Err(broken);
        }
        let mut tags: Vec<_> = tags.iter().map(|tag| tag.key().to_owned()).collect();
        tags.sort();
        Ok(Filter {
            search,
            tags,
            place: place(self.parent_id.as_ref(), self.top_level),
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

fn place(parent: Option<&ID>, top_level: Option<bool>) -> Option<Place> {
    // An id that no task can have is the parent of none.
    let parent = parent.map(|id| parse_id(id).map_or(Place::Nowhere, Place::Under));
    match (parent, top_level) {
        (Some(_), Some(true)) => Some(Place::Nowhere),
        (Some(parent), _) => Some(parent),
        (None, Some(true)) => Some(Place::TopLevel),
        (None, Some(false)) => Some(Place::Subtask),
        (None, None) => None,
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
    /// At most 20, of 1 to 50 characters each. Those that differ in case alone are one; the spelling is
    /// the one that the viewer first used.
    tags: Option<Vec<String>>,
    /// The task that this one shall be a part of. That one has no parent itself, and at most 100
    /// subtasks.
    parent_id: Option<ID>,
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
            tags: input.tags.unwrap_or_default(),
            parent_id: input.parent_id.map(|id| id.0),
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
    /// All of its tags, in place of those that it has; see `CreateTaskInput`. Not together with
    /// `addTags` or `removeTags`.
    tags: MaybeUndefined<Vec<String>>,
    /// Tags to add to those that it has: two devices that each add one do not undo each other.
    add_tags: Option<Vec<String>>,
    /// Tags to take away from those that it has.
    remove_tags: Option<Vec<String>>,
    /// The task that it shall be a part of; null makes it one that stands by itself. A task that has
    /// subtasks cannot become one.
    parent_id: MaybeUndefined<ID>,
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
            tags: assign(input.tags, |tags| tags),
            add_tags: input.add_tags,
            remove_tags: input.remove_tags,
            parent_id: assign(input.parent_id, |id| id.0),
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
