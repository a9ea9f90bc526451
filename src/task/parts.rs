//! Parts of a task, for a reader who does not want them all.

/// A part of a task that can be left unread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// [`Task::title`](super::Task::title)
    Title,
    /// [`Task::description`](super::Task::description)
    Description,
    /// [`Task::completed_at`](super::Task::completed_at)
    CompletedAt,
    /// [`Task::priority`](super::Task::priority)
    Priority,
    /// [`Task::due_date`](super::Task::due_date)
    DueDate,
    /// [`Task::due_time`](super::Task::due_time)
    DueTime,
    /// [`Task::parent_id`](super::Task::parent_id)
    ParentId,
    /// [`Task::created_at`](super::Task::created_at)
    CreatedAt,
    /// [`Task::updated_at`](super::Task::updated_at)
    UpdatedAt,
    /// [`Task::deleted_at`](super::Task::deleted_at)
    DeletedAt,
    /// [`Task::with_parent`](super::Task::with_parent)
    WithParent,
    /// [`Task::version`](super::Task::version)
    Version,
}

/// Which parts are read; the id always is. A part that is not read is empty in the task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Parts(u16);

impl Parts {
    /// Every part.
    pub const ALL: Self = Self(u16::MAX);

    /// None but the id.
    pub const NONE: Self = Self(0);

    /// These and one more.
    #[must_use]
    pub const fn and(self, part: Part) -> Self {
        Self(self.0 | 1 << part as u16)
    }

    /// These and those.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether a part is among them.
    #[must_use]
    pub const fn has(self, part: Part) -> bool {
        self.0 & 1 << part as u16 != 0
    }
}
