//! What a task is: its parts, the rules they obey, the lists and pages they stand in, the changes that
//! can be made to them. Pure: no async, no SQL, no GraphQL, no clock.

mod change;
mod cursor;
mod folding;
mod list;
mod parts;
mod tag;
mod text;
mod violation;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use uuid::Uuid;

pub(crate) use change::NO_SUCH_TASK;
pub use change::{Assign, Change, Draft, NewTask, Patch, PatchDraft};
pub use cursor::{Cursor, CursorError, Key, Position};
pub use folding::fold;
pub use list::{
    Counts, Direction, End, Filter, List, Page, PageArguments, PageSizes, Place, Sort, Status,
    Window,
};
pub use parts::{Part, Parts};
pub use tag::{Tag, TagChange, TagCount};
pub use text::{Description, SearchTerms, Title};
pub use violation::{Step, Violation};

/// One task of one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its id: the client's own, or a `UUIDv7`. Unique within a user.
    pub id: Uuid,
    /// 1 to 200 characters, without white space at either end.
    pub title: String,
    /// At most 10,000 characters.
    pub description: Option<String>,
    /// When it was completed; `None` while it is pending.
    pub completed_at: Option<DateTime<Utc>>,
    /// How much it matters to its owner.
    pub priority: Option<Priority>,
    /// The day it is due, in the owner's own calendar.
    pub due_date: Option<NaiveDate>,
    /// The wall-clock time on that day; only with a day.
    pub due_time: Option<NaiveTime>,
    /// The task that it is a part of; that one has no parent itself.
    pub parent_id: Option<Uuid>,
    /// When it was made, to the millisecond.
    pub created_at: DateTime<Utc>,
    /// When it last changed, to the millisecond.
    pub updated_at: DateTime<Utc>,
    /// When it went to the trash; `None` while it is not there.
    pub deleted_at: Option<DateTime<Utc>>,
    /// Whether it went to the trash along with its parent, and comes back with it.
    pub with_parent: bool,
    /// The owner's count of changes when this task last changed.
    pub version: i64,
}

impl Task {
    /// How many subtasks a task can have.
    pub const MOST_SUBTASKS: usize = 100;

    /// The version of a task that is not stored yet.
    pub const NOT_STORED: i64 = 0;
}

/// How many tasks one change in bulk can name.
pub const MOST_AT_ONCE: usize = 100;

/// How much a task matters. Ordered: `Low < Medium < High`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Can wait.
    Low,
    /// Matters.
    Medium,
    /// Comes first.
    High,
}

/// Reads an id as clients write it: a UUID in its hyphenated form, in either case.
#[must_use]
pub fn parse_id(text: &str) -> Option<Uuid> {
    // The parser alone would take braces, URNs and bare hex digits too, and then two
    // spellings in a client's cache would be one task here.
    (text.len() == 36).then(|| Uuid::try_parse(text).ok())?
}
