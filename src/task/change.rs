//! The changes that can be made to tasks, parsed into forms that cannot break a rule.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use uuid::Uuid;

use super::{Description, Priority, Tag, TagChange, Task, Title, Violation, parse_id};

/// One change, to be made whole or not at all.
#[derive(Clone, Debug)]
pub enum Change {
    /// Makes a task; where its id is taken already, the task that is there is the answer.
    Create(NewTask),
    /// Sets some of a task's parts.
    Update {
        /// Which task.
        id: Uuid,
        /// The parts to set.
        patch: Patch,
        /// Refused unless the task is at this version.
        if_version: Option<i64>,
    },
    /// Completes a pending task, or makes a completed one pending.
    Toggle {
        /// Which task.
        id: Uuid,
        /// Refused unless the task is at this version.
        if_version: Option<i64>,
    },
    /// Puts a task into the trash, with its subtasks. One that lies there already is left as it is.
    Delete {
        /// Which task.
        id: Uuid,
        /// Refused unless the task is at this version.
        if_version: Option<i64>,
    },
    /// Takes a task out of the trash, with the subtasks that it took along. One that is not there is
    /// left as it is.
    Restore {
        /// Which task.
        id: Uuid,
    },
}

/// A task to be made, as a client describes it.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The client's own id.
    pub id: Option<String>,
    /// See [`Title`].
    pub title: String,
    /// See [`Description`].
    pub description: Option<String>,
    /// See [`Task::priority`].
    pub priority: Option<Priority>,
    /// See [`Task::due_date`].
    pub due_date: Option<NaiveDate>,
    /// See [`Task::due_time`].
    pub due_time: Option<NaiveTime>,
    /// See [`Tag`].
    pub tags: Vec<String>,
    /// See [`Task::parent_id`].
    pub parent_id: Option<String>,
}

/// A task to be made that obeys every rule.
#[derive(Clone, Debug)]
pub struct NewTask {
    /// The client's own id.
    pub id: Option<Uuid>,
    /// Its title.
    pub title: Title,
    /// Its description.
    pub description: Option<Description>,
    /// Its priority.
    pub priority: Option<Priority>,
    /// Its day.
    pub due_date: Option<NaiveDate>,
    /// Its time on that day.
    pub due_time: Option<NaiveTime>,
    /// Its tags, each once.
    pub tags: Vec<Tag>,
    /// The task that it shall be a part of.
    pub parent_id: Option<Uuid>,
}

impl NewTask {
    /// Checks a draft.
    ///
    /// # Errors
    /// Every rule that it breaks.
    pub fn parse(draft: Draft) -> Result<Self, Vec<Violation>> {
        let mut broken = Vec::new();
        let id = draft.id.and_then(|text| {
            let id = parse_id(&text);
            if id.is_none() {
                broken.push(Violation::new(
                    "id",
                    "An id must be a UUID, such as 0190b5a2-7c3e-7d4f-8a1b-2c3d4e5f6a7b.",
                ));
            }
            id
        });
        let title = keep(&mut broken, "title", Title::parse(&draft.title));
        let description = draft
            .description
            .and_then(|text| keep(&mut broken, "description", Description::parse(&text)));
        if draft.due_time.is_some() && draft.due_date.is_none() {
            broken.push(Violation::new("dueTime", TIME_WITHOUT_DAY));
        }
        let tags = Tag::parse_all("tags", &draft.tags).unwrap_or_else(|more| {
            broken.extend(more);
            Vec::new()
        });
        let parent_id = draft.parent_id.and_then(|text| {
            let parent = parse_id(&text);
            if parent.is_none() {
                broken.push(Violation::new("parentId", NO_SUCH_TASK));
            }
            parent
        });
        match title {
            Some(title) if broken.is_empty() => Ok(Self {
                id,
                title,
                description,
                priority: draft.priority,
                due_date: draft.due_date,
                due_time: draft.due_time,
                tags,
                parent_id,
            }),
            _ => Err(broken),
        }
    }

    /// The task that it becomes, not stored yet.
    #[must_use]
    pub fn task(&self, id: Uuid, now: DateTime<Utc>) -> Task {
        Task {
            id,
            title: self.title.as_str().to_owned(),
            description: self
                .description
                .as_ref()
                .map(|text| text.as_str().to_owned()),
            completed_at: None,
            priority: self.priority,
            due_date: self.due_date,
            due_time: self.due_time,
            parent_id: self.parent_id,
            created_at: now,
            updated_at: now,
            deleted_at: None,
            with_parent: false,
            version: Task::NOT_STORED,
        }
    }
}

/// What an update does to one part of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Assign<T> {
    /// Left out: the part stays as it is.
    #[default]
    Keep,
    /// Null: the part is emptied.
    Clear,
    /// The part takes this value.
    Set(T),
}

impl<T> Assign<T> {
    fn over(self, current: Option<T>) -> Option<T> {
        match self {
            Self::Keep => current,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }
}

/// An update, as a client describes it.
#[derive(Clone, Debug, Default)]
pub struct PatchDraft {
    /// See [`Title`]; cannot be cleared.
    pub title: Assign<String>,
    /// See [`Description`].
    pub description: Assign<String>,
    /// Whether the task is completed; cannot be cleared.
    pub completed: Assign<bool>,
    /// See [`Task::priority`].
    pub priority: Assign<Priority>,
    /// See [`Task::due_date`]; clearing it clears the time too.
    pub due_date: Assign<NaiveDate>,
    /// See [`Task::due_time`].
    pub due_time: Assign<NaiveTime>,
    /// All of the tags; clearing takes every one away.
    pub tags: Assign<Vec<String>>,
    /// Tags to add to those that are there.
    pub add_tags: Option<Vec<String>>,
    /// Tags to take away from those that are there.
    pub remove_tags: Option<Vec<String>>,
    /// See [`Task::parent_id`]; clearing it makes the task one of its own.
    pub parent_id: Assign<String>,
}

/// An update whose values obey every rule that can be checked without the task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    title: Option<Title>,
    description: Assign<String>,
    completed: Option<bool>,
    priority: Assign<Priority>,
    due_date: Assign<NaiveDate>,
    due_time: Assign<NaiveTime>,
    tags: TagChange,
    parent_id: Assign<Uuid>,
}

impl Patch {
    /// Checks an update.
    ///
    /// # Errors
    /// Every rule that it breaks.
    pub fn parse(draft: PatchDraft) -> Result<Self, Vec<Violation>> {
        let mut broken = Vec::new();
        let title = match draft.title {
            Assign::Keep => None,
            Assign::Clear => {
                broken.push(Violation::new("title", "A title cannot be cleared."));
                None
            }
            Assign::Set(text) => keep(&mut broken, "title", Title::parse(&text)),
        };
        let description = match draft.description {
            Assign::Keep => Assign::Keep,
            Assign::Clear => Assign::Clear,
            Assign::Set(text) => keep(&mut broken, "description", Description::parse(&text))
                .map_or(Assign::Keep, |text| Assign::Set(text.as_str().to_owned())),
        };
        let completed = match draft.completed {
            Assign::Keep => None,
            Assign::Clear => {
                broken.push(Violation::new(
                    "completed",
                    "A task is completed or it is not: send true or false.",
                ));
                None
            }
            Assign::Set(completed) => Some(completed),
        };
        if draft.due_date == Assign::Clear && matches!(draft.due_time, Assign::Set(_)) {
            broken.push(Violation::new("dueTime", TIME_WITHOUT_DAY));
        }
        let all = match &draft.tags {
            Assign::Keep => None,
            Assign::Clear => Some(&[][..]),
            Assign::Set(tags) => Some(tags.as_slice()),
        };
        let (add, remove) = (draft.add_tags.as_deref(), draft.remove_tags.as_deref());
        let tags = TagChange::parse(all, add, remove).unwrap_or_else(|more| {
            broken.extend(more);
            TagChange::Keep
        });
        let parent_id = match draft.parent_id {
            Assign::Keep => Assign::Keep,
            Assign::Clear => Assign::Clear,
            Assign::Set(text) => parse_id(&text).map_or_else(
                || {
                    broken.push(Violation::new("parentId", NO_SUCH_TASK));
                    Assign::Keep
                },
                Assign::Set,
            ),
        };
        if !broken.is_empty() {
            return Err(broken);
        }
        Ok(Self {
            title,
            description,
            completed,
            priority: draft.priority,
            due_date: draft.due_date,
            due_time: draft.due_time,
            tags,
            parent_id,
        })
    }

    /// What it does to the tags, which are not a part of [`Task`].
    #[must_use]
    pub const fn tags(&self) -> &TagChange {
        &self.tags
    }

    /// The task that it makes the parent.
    #[must_use]
    pub const fn parent_id(&self) -> Option<Uuid> {
        match self.parent_id {
            Assign::Set(parent) => Some(parent),
            Assign::Keep | Assign::Clear => None,
        }
    }

    /// The task with these parts set.
    ///
    /// # Errors
    /// The rule that the result would break.
    pub fn apply(self, task: Task, now: DateTime<Utc>) -> Result<Task, Violation> {
        let due_date = self.due_date.over(task.due_date);
        // A day that goes takes its time along; a time that is set needs a day.
        if due_date.is_none() && matches!(self.due_time, Assign::Set(_)) {
            return Err(Violation::new("dueTime", TIME_WITHOUT_DAY));
        }
        let due_time = due_date.and(self.due_time.over(task.due_time));
        Ok(Task {
            title: self
                .title
                .map_or(task.title, |title| title.as_str().to_owned()),
            description: self.description.over(task.description),
            completed_at: match self.completed {
                Some(true) => task.completed_at.or(Some(now)),
                Some(false) => None,
                None => task.completed_at,
            },
            priority: self.priority.over(task.priority),
            due_date,
            due_time,
            parent_id: self.parent_id.over(task.parent_id),
            ..task
        })
    }
}

/// What is said of a task that the user does not have, where it is named in an input.
pub(crate) const NO_SUCH_TASK: &str = "There is no such task.";

const TIME_WITHOUT_DAY: &str = "A due time needs a due date.";

fn keep<T>(
    broken: &mut Vec<Violation>,
    name: &'static str,
    parsed: Result<T, String>,
) -> Option<T> {
    parsed
        .map_err(|message| broken.push(Violation::new(name, message)))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::{Assign, Draft, NewTask, Patch, PatchDraft};
    use crate::task::{Step, Task};
    use chrono::{DateTime, NaiveDate, NaiveTime};
    use uuid::Uuid;

    fn names(broken: &[crate::task::Violation]) -> Vec<Step> {
        broken.iter().map(|v| v.path[0].clone()).collect()
    }

    fn task() -> Task {
        Task {
            id: Uuid::nil(),
            title: "t".into(),
            description: Some("d".into()),
            completed_at: None,
            priority: None,
            due_date: NaiveDate::from_ymd_opt(2026, 1, 2),
            due_time: NaiveTime::from_hms_opt(9, 0, 0),
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
            deleted_at: None,
            parent_id: None,
            with_parent: false,
            version: 1,
        }
    }

    #[test]
    fn every_broken_rule_of_a_draft_is_named() {
        let broken = NewTask::parse(Draft {
            id: Some("{0190b5a2-7c3e-7d4f-8a1b-2c3d4e5f6a7b}".into()),
            title: " ".into(),
            description: Some("\u{0}".into()),
            due_time: NaiveTime::from_hms_opt(1, 2, 3),
            ..Draft::default()
        })
        .unwrap_err();
        let expected = ["id", "title", "description", "dueTime"].map(Step::from);
        assert_eq!(names(&broken), expected);
    }

    #[test]
    fn absent_null_and_value_differ() {
        let patch = |draft| Patch::parse(draft).unwrap();
        let now = DateTime::UNIX_EPOCH;
        assert_eq!(patch(PatchDraft::default()).apply(task(), now), Ok(task()));
        let cleared = patch(PatchDraft {
            description: Assign::Clear,
            ..PatchDraft::default()
        });
        assert_eq!(cleared.apply(task(), now).unwrap().description, None);
        let no_day = patch(PatchDraft {
            due_date: Assign::Clear,
            ..PatchDraft::default()
        });
        let without = no_day.apply(task(), now).unwrap();
        assert_eq!((without.due_date, without.due_time), (None, None));
        let broken = Patch::parse(PatchDraft {
            title: Assign::Clear,
            completed: Assign::Clear,
            due_date: Assign::Clear,
            due_time: Assign::Set(NaiveTime::MIN),
            ..PatchDraft::default()
        })
        .unwrap_err();
        assert_eq!(
            names(&broken),
            ["title", "completed", "dueTime"].map(Step::from)
        );
    }

    #[test]
    fn a_time_needs_the_day_that_the_task_has() {
        let timed = || {
            Patch::parse(PatchDraft {
                due_time: Assign::Set(NaiveTime::MIN),
                ..PatchDraft::default()
            })
            .unwrap()
        };
        assert!(timed().apply(task(), DateTime::UNIX_EPOCH).is_ok());
        let dayless = Task {
            due_date: None,
            due_time: None,
            ..task()
        };
        assert!(timed().apply(dayless, DateTime::UNIX_EPOCH).is_err());
    }
}
