//! Lists of tasks: which tasks, in which order, and which stretch of them is a page.

use chrono::NaiveDate;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Cursor, CursorError, Position, Priority, SearchTerms, Task, Violation};

/// Which tasks, by whether they are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Both.
    All,
    /// Still to do.
    Pending,
    /// Done.
    Completed,
}

/// What tasks are ordered by. Ties are broken by id in the same direction; tasks that have no
/// value come last in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// When they were made.
    Created,
    /// Their titles, without case.
    Title,
    /// The day they are due.
    DueDate,
    /// Their priority.
    Priority,
    /// When they last changed.
    Updated,
}

impl Sort {
    /// The direction that people mean when they name none.
    #[must_use]
    pub const fn usual_direction(self) -> Direction {
        match self {
            Self::Created | Self::Updated | Self::Priority => Direction::Desc,
            Self::Title | Self::DueDate => Direction::Asc,
        }
    }

    /// Whether a task can lack what it sorts by.
    #[must_use]
    pub const fn has_gaps(self) -> bool {
        matches!(self, Self::DueDate | Self::Priority)
    }
}

/// Which end comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The smallest, oldest, earliest.
    Asc,
    /// The largest, newest, latest.
    Desc,
}

impl Direction {
    /// The other one.
    #[must_use]
    pub const fn reversed(self) -> Self {
        match self {
            Self::Asc => Self::Desc,
            Self::Desc => Self::Asc,
        }
    }
}

/// Conditions that must all hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Every word occurs in the title or in the description.
    pub search: Option<SearchTerms>,
    /// The priority is one of these.
    pub priority: Option<Vec<Priority>>,
    /// Due on this day or later.
    pub due_from: Option<NaiveDate>,
    /// Due on this day or earlier.
    pub due_until: Option<NaiveDate>,
    /// Whether there is a due date.
    pub has_due_date: Option<bool>,
    /// The task has every one of these tags: their keys, sorted.
    pub tags: Vec<String>,
    /// Where the task stands among others.
    pub place: Option<Place>,
    /// Only tasks in the trash, in place of only those that are not.
    pub trashed: bool,
}

/// Where a task stands among others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It has no parent.
    TopLevel,
    /// It has a parent.
    Subtask,
    /// This is its parent.
    Under(Uuid),
    /// It has no parent and it has one: no task is like that.
    Nowhere,
}

/// A whole list: which tasks, in which order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// By whether they are done.
    pub status: Status,
    /// By what they are ordered.
    pub sort: Sort,
    /// Which end comes first.
    pub direction: Direction,
    /// What else must hold.
    pub filter: Filter,
}

impl List {
    /// Four bytes that tell this list from others: a cursor carries them, so that it is refused in
    /// any other list. Stable between releases: it is built from the values, not from their layout.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 4] {
        let filter = &self.filter;
        let words = filter.search.as_ref().map(SearchTerms::words);
        let priority = filter.priority.as_ref().map(|wanted| {
            let mut wanted: Vec<_> = wanted.iter().map(|p| *p as u8).collect();
            wanted.sort_unstable();
            wanted.dedup();
            wanted
        });
        let text = format!(
            "2|{}|{}|{}|{words:?}|{priority:?}|{:?}|{:?}|{:?}|{:?}|{:?}|{}",
            self.status as u8,
            self.sort as u8,
            self.direction as u8,
            filter.due_from,
            filter.due_until,
            filter.has_due_date,
            filter.tags,
            filter.place,
            filter.trashed,
        );
        let hash = Sha256::digest(text);
        [hash[0], hash[1], hash[2], hash[3]]
    }

    /// The cursor of a task in this list.
    #[must_use]
    pub fn cursor(&self, task: &Task) -> Cursor {
        self.cursor_in(self.fingerprint(), task)
    }

    /// The same, with the list's fingerprint made only once for many.
    #[must_use]
    pub fn cursor_in(&self, fingerprint: [u8; 4], task: &Task) -> Cursor {
        Cursor::new(fingerprint, &Position::of(task, self.sort))
    }
}

/// The end of a list that a page is counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The page is the first tasks of the stretch.
    First,
    /// The page is the last tasks of the stretch.
    Last,
}

/// A stretch of a list, and how much of it a page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Only what comes after this.
    pub after: Option<Position>,
    /// Only what comes before this.
    pub before: Option<Position>,
    /// Counted from which end.
    pub end: End,
    /// At most so many tasks.
    pub limit: u32,
}

/// How many tasks a page has.
#[derive(Clone, Copy, Debug)]
pub struct PageSizes {
    /// When the client asks for no number.
    pub default: u32,
    /// At most.
    pub max: u32,
}

/// The paging arguments, as a client sends them.
#[derive(Clone, Debug, Default)]
pub struct PageArguments {
    /// At most so many from the start.
    pub first: Option<i32>,
    /// Only what comes after this cursor.
    pub after: Option<String>,
    /// At most so many from the end.
    pub last: Option<i32>,
    /// Only what comes before this cursor.
    pub before: Option<String>,
}

impl Window {
    /// Checks paging arguments against the list that they page through.
    ///
    /// # Errors
    /// Every rule that they break.
    pub fn parse(
        arguments: &PageArguments,
        list: &List,
        sizes: PageSizes,
    ) -> Result<Self, Vec<Violation>> {
        let mut broken = Vec::new();
        let (end, name, asked) = match (arguments.first, arguments.last) {
            (Some(_), Some(_)) => {
                broken.push(Violation::new(
                    "last",
                    "Give first or last, not both: a page is counted from one end.",
                ));
                (End::First, "first", None)
            }
            (first, None) => (End::First, "first", first),
            (None, last) => (End::Last, "last", last),
        };
        let limit = asked.map_or(Ok(sizes.default), |asked| {
            u32::try_from(asked)
                .ok()
                .filter(|limit| *limit <= sizes.max)
                .ok_or(asked)
        });
        let limit = limit.unwrap_or_else(|asked| {
            broken.push(Violation::new(
                name,
                format!(
                    "A page has 0 to {} tasks; {asked} were asked for.",
                    sizes.max
                ),
            ));
            0
        });
        let mut position = |name, cursor: &Option<String>| {
            let decoded = Cursor::decode(cursor.as_deref()?, list);
            decoded
                .map_err(|error: CursorError| broken.push(Violation::new(name, error.to_string())))
                .ok()
        };
        let after = position("after", &arguments.after);
        let before = position("before", &arguments.before);
        if !broken.is_empty() {
            return Err(broken);
        }
        Ok(Self {
            after,
            before,
            end,
            limit,
        })
    }
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page {
    /// The tasks, in the list's order whichever end they were counted from.
    pub tasks: Vec<Task>,
    /// Whether the stretch goes on beyond the page, at the end that it was not counted from.
    pub more: bool,
}

/// How many tasks a user has outside the trash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All of them.
    pub all: i64,
    /// Still to do.
    pub pending: i64,
    /// Done.
    pub completed: i64,
    /// Pending and due before today.
    pub overdue: i64,
    /// Pending and due today.
    pub due_today: i64,
}
