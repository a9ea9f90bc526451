//! Changes in the making: the tasks that they are about are read once, changed in memory under the
//! lock of the user's row, and written back together.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QuerySelect,
    QueryTrait,
};
use uuid::Uuid;

use super::entity::tag;
use super::entity::task::{self, Column};
use super::owned::Owned;
use super::relations;
use super::session::{Row, Session};
use super::{ChangeError, WriteError};
use crate::identity::Viewer;
use crate::task::{Change, NO_SUCH_TASK, NewTask, Patch, Tag, TagChange, Task, Violation};

/// A unit of work of one user.
pub(super) struct Work<'a> {
    rows: Owned<'a>,
    session: Session<'a>,
    now: DateTime<Utc>,
    /// Tasks as they are by now; none, where the user has no such task.
    known: HashMap<Uuid, Option<Task>>,
    /// Tasks whose subtasks are all known.
    with_subtasks: HashSet<Uuid>,
    /// Tasks that have changed, in the order in which they first did.
    changed: Vec<Uuid>,
    /// Tags of the tasks that a change has asked for: as they were, and as they are by now.
    tags: HashMap<Uuid, (Vec<Tag>, Vec<Tag>)>,
}

impl<'a> Work<'a> {
    pub(super) fn new(viewer: &'a Viewer, session: Session<'a>, now: DateTime<Utc>) -> Self {
        Self {
            rows: Owned(viewer),
            session,
            now,
            known: HashMap::new(),
            with_subtasks: HashSet::new(),
            changed: Vec::new(),
            tags: HashMap::new(),
        }
    }

    /// Makes the changes in memory, and names the task of each.
    pub(super) async fn make(&mut self, changes: Vec<Change>) -> Result<Vec<Uuid>, WriteError> {
        self.read(&changes).await?;
        let mut changes: Vec<_> = changes.into_iter().enumerate().collect();
        // A task can be made in the same call as its parent, wherever that one stands in it.
        changes.sort_by_key(
            |(_, change)| matches!(change, Change::Create(new) if new.parent_id.is_some()),
        );
        let (mut done, mut failed) = (Vec::with_capacity(changes.len()), Vec::new());
        for (index, change) in changes {
            match self.make_one(change) {
                Ok(id) => done.push((index, id)),
                Err(reason) => failed.push((index, reason)),
            }
        }
        if failed.is_empty() {
            done.sort_unstable();
            Ok(done.into_iter().map(|(_, id)| id).collect())
        } else {
            failed.sort_by_key(|(index, _)| *index);
            Err(WriteError::Changes(failed))
        }
    }

    /// The tasks with these ids as they are by now, each once.
    pub(super) fn tasks(&self, ids: &[Uuid]) -> Vec<Task> {
        let mut seen = HashSet::new();
        ids.iter()
            .filter(|id| seen.insert(**id))
            .filter_map(|id| self.known.get(id)?.clone())
            .collect()
    }

    /// Writes what has changed, each task with a version of its own from `first` on, and returns the
    /// last one that was used.
    pub(super) async fn save(&mut self, first: i64) -> Result<i64, DbErr> {
        let mut version = first - 1;
        let mut rows = Vec::with_capacity(self.changed.len());
        let mut all_are_new = true;
        for id in &self.changed {
            let Some(Some(task)) = self.known.get_mut(id) else {
                continue;
            };
            all_are_new &= task.version == Task::NOT_STORED;
            version += 1;
            task.version = version;
            task.updated_at = self.now;
            rows.push(task.clone());
        }
        let (session, user_id) = (self.session, self.rows.id());
        match rows.as_slice() {
            [] => {}
            [new] if all_are_new => session.execute(&task::insert(user_id, new)).await?,
            new if all_are_new => session.execute(&task::insert_all(user_id, new)).await?,
            rows => session.execute(&task::upsert(user_id, rows)).await?,
        }
        self.save_tags().await?;
        Ok(version)
    }

    /// Reads every task that a change names, and the tags and subtasks that some will ask for, at once.
    async fn read(&mut self, changes: &[Change]) -> Result<(), DbErr> {
        let (mut named, mut tagged, mut parents) = (Vec::new(), Vec::new(), Vec::new());
        for change in changes {
            match change {
                Change::Create(new) => {
                    named.extend(new.id);
                    named.extend(new.parent_id);
                    parents.extend(new.parent_id);
                }
                Change::Update { id, patch, .. } => {
                    named.push(*id);
                    if *patch.tags() != TagChange::Keep {
                        tagged.push(*id);
                    }
                    if let Some(parent) = patch.parent_id() {
                        named.push(parent);
                        parents.extend([*id, parent]);
                    }
                }
                Change::Toggle { id, .. } => named.push(*id),
                Change::Delete { id, .. } | Change::Restore { id } => {
                    named.push(*id);
                    parents.push(*id);
                }
            }
        }
        self.read_tasks(named).await?;
        // Nobody has subtasks who is a subtask, so what is known of most saves the question.
        parents.retain(
            |id| !matches!(self.known.get(id), Some(Some(task)) if task.parent_id.is_some()),
        );
        self.read_subtasks(parents).await?;
        let above: Vec<Uuid> = self.parents_of_known();
        self.read_tasks(above).await?;
        self.read_tags(tagged).await
    }

    fn parents_of_known(&self) -> Vec<Uuid> {
        let known = self.known.values().flatten();
        known.filter_map(|task| task.parent_id).collect()
    }

    async fn read_tasks(&mut self, mut ids: Vec<Uuid>) -> Result<(), DbErr> {
        ids.retain(|id| !self.known.contains_key(id));
        if ids.is_empty() {
            return Ok(());
        }
        let condition = Column::Id.is_in(ids.iter().copied());
        self.known.extend(ids.into_iter().map(|id| (id, None)));
        self.read_rows(condition).await
    }

    async fn read_subtasks(&mut self, mut parents: Vec<Uuid>) -> Result<(), DbErr> {
        parents.retain(|id| self.with_subtasks.insert(*id));
        if parents.is_empty() {
            return Ok(());
        }
        self.read_rows(Column::ParentId.is_in(parents)).await
    }

    async fn read_rows(&mut self, condition: Expr) -> Result<(), DbErr> {
        let statement = self.rows.whole(condition);
        let tasks = self.session.rows(&statement, task::read_whole).await?;
        let known = tasks.into_iter().map(|task| (task.id, Some(task)));
        self.known.extend(known);
        Ok(())
    }

    async fn read_tags(&mut self, ids: Vec<Uuid>) -> Result<(), DbErr> {
        if ids.is_empty() {
            return Ok(());
        }
        let of_tasks = tag::Column::TaskId.is_in(ids.iter().copied());
        let tags = relations::with_their_tasks(self.rows.tags().filter(of_tasks));
        let mut there = relations::tags_by_task(self.session, &tags).await?;
        for id in ids {
            let tags = there.remove(&id).unwrap_or_default();
            self.tags.entry(id).or_insert_with(|| (tags.clone(), tags));
        }
        Ok(())
    }

    fn make_one(&mut self, change: Change) -> Result<Uuid, ChangeError> {
        match change {
            Change::Create(new) => self.create(new),
            Change::Update {
                id,
                patch,
                if_version,
            } => self.update(id, patch, if_version),
            Change::Toggle { id, if_version } => self.toggle(id, if_version),
            Change::Delete { id, if_version } => self.delete(id, if_version),
            Change::Restore { id } => self.restore(id),
        }
    }

    fn create(&mut self, new: NewTask) -> Result<Uuid, ChangeError> {
        let id = new.id.unwrap_or_else(Uuid::now_v7);
        if let Some(Some(there)) = self.known.get(&id) {
            return Ok(there.id);
        }
        if let Some(parent) = new.parent_id {
            self.can_hold(parent, id)
                .map_err(|message| refused("input", "parentId", message))?;
        }
        self.put(new.task(id, self.now));
        if !new.tags.is_empty() {
            self.tags.insert(id, (Vec::new(), new.tags));
        }
        self.touch(new.parent_id);
        Ok(id)
    }

    fn update(
        &mut self,
        id: Uuid,
        patch: Patch,
        if_version: Option<i64>,
    ) -> Result<Uuid, ChangeError> {
        let task = self.live(id, if_version)?;
        let tags = patch.tags().clone();
        let inside = |broken: Violation| ChangeError::Refused(vec![broken.inside("input")]);
        let after = patch.apply(task.clone(), self.now).map_err(inside)?;
        if after.parent_id != task.parent_id
            && let Some(parent) = after.parent_id
        {
            self.can_hold(parent, id)
                .map_err(|message| refused("input", "parentId", message))?;
        }
        let tags_differ = match self.tags.get_mut(&id) {
            Some((_, current)) => {
                let changed = tags.apply(current).map_err(inside)?;
                let differ = !same_tags(current, &changed);
                if differ {
                    *current = changed;
                }
                differ
            }
            None => false,
        };
        if after != task || tags_differ {
            let (before, now) = (task.parent_id, after.parent_id);
            self.put(after);
            self.touch(now);
            if before != now {
                self.touch(before);
            }
        }
        Ok(id)
    }

    fn toggle(&mut self, id: Uuid, if_version: Option<i64>) -> Result<Uuid, ChangeError> {
        let task = self.live(id, if_version)?;
        let parent = task.parent_id;
        self.put(Task {
            completed_at: task.completed_at.is_none().then_some(self.now),
            ..task
        });
        self.touch(parent);
        Ok(id)
    }

    /// A subtask that goes with its parent, or in the same call as its parent, comes back with it.
    fn delete(&mut self, id: Uuid, if_version: Option<i64>) -> Result<Uuid, ChangeError> {
        let task = self.find(id)?;
        if task.deleted_at.is_some() {
            // A retry of a delete whose answer was lost finds its work done.
            return Ok(id);
        }
        expect_version(&task, if_version)?;
        let parent = task.parent_id;
        self.put(Task {
            deleted_at: Some(self.now),
            ..task
        });
        for subtask in self.subtasks(id) {
            if subtask.deleted_at.is_none() || self.changed.contains(&subtask.id) {
                self.put(Task {
                    deleted_at: Some(self.now),
                    with_parent: true,
                    ..subtask
                });
            }
        }
        self.touch(parent);
        Ok(id)
    }

    fn restore(&mut self, id: Uuid) -> Result<Uuid, ChangeError> {
        let task = self.find(id)?;
        if task.deleted_at.is_none() {
            return Ok(id);
        }
        let parent = task.parent_id;
        let above = parent.and_then(|parent| self.known.get(&parent)?.as_ref());
        if above.is_some_and(|above| above.deleted_at.is_some()) {
            let message = "Its parent lies in the trash too: restore that one.";
            return Err(ChangeError::Refused(vec![Violation::new("id", message)]));
        }
        let back = |task: Task| Task {
            deleted_at: None,
            with_parent: false,
            ..task
        };
        self.put(back(task));
        for subtask in self.subtasks(id) {
            if subtask.with_parent {
                self.put(back(subtask));
            }
        }
        self.touch(parent);
        Ok(id)
    }

    /// Whether a task can be the parent of another, or which rule stands against it.
    fn can_hold(&self, parent: Uuid, child: Uuid) -> Result<(), &'static str> {
        let there = self.known.get(&parent).and_then(Option::as_ref);
        let Some(there) = there else {
            return Err(NO_SUCH_TASK);
        };
        if parent == child {
            return Err("A task cannot be a part of itself.");
        }
        if there.deleted_at.is_some() {
            return Err("This task lies in the trash: restore it first.");
        }
        if there.parent_id.is_some() {
            return Err("This task is a subtask: it has none of its own.");
        }
        if !self.subtasks(child).is_empty() {
            return Err("A task that has subtasks, be it in the trash, cannot become one.");
        }
        if self.subtasks(parent).len() >= Task::MOST_SUBTASKS {
            return Err("A task has at most 100 subtasks, those in the trash counted.");
        }
        Ok(())
    }

    /// A task that can be changed: one that is there, out of the trash, and at the version asked.
    fn live(&self, id: Uuid, if_version: Option<i64>) -> Result<Task, ChangeError> {
        let task = self.find(id)?;
        expect_version(&task, if_version)?;
        if task.deleted_at.is_some() {
            let message = "This task lies in the trash: restore it first.";
            return Err(ChangeError::Refused(vec![Violation::new("id", message)]));
        }
        Ok(task)
    }

    fn find(&self, id: Uuid) -> Result<Task, ChangeError> {
        let known = self.known.get(&id).cloned().flatten();
        known.ok_or(ChangeError::NotFound)
    }

    /// The subtasks of a task that [`Work::read`] has read.
    fn subtasks(&self, parent: Uuid) -> Vec<Task> {
        let known = self.known.values().flatten();
        known
            .filter(|task| task.parent_id == Some(parent))
            .cloned()
            .collect()
    }

    fn put(&mut self, task: Task) {
        if !self.changed.contains(&task.id) {
            self.changed.push(task.id);
        }
        self.known.insert(task.id, Some(task));
    }

    /// A change of a subtask is one of its parent too: whoever follows versions sees it there.
    fn touch(&mut self, parent: Option<Uuid>) {
        if let Some(parent) = parent
            && !self.changed.contains(&parent)
        {
            self.changed.push(parent);
        }
    }

    async fn save_tags(&mut self) -> Result<(), DbErr> {
        let user_id = self.rows.id();
        let (mut gone, mut new) = (Condition::any(), Vec::new());
        // In the order of the changes: the first spelling is the one that is kept.
        let in_order = self
            .changed
            .iter()
            .filter_map(|id| Some((id, self.tags.get(id)?)));
        for (id, (before, after)) in in_order {
            let lost: Vec<_> = before.iter().filter(|tag| !has(after, tag)).collect();
            if !lost.is_empty() {
                let keys = lost.into_iter().map(Tag::key);
                let of_task = tag::Column::TaskId.eq(*id);
                gone = gone.add(of_task.and(tag::Column::TagKey.is_in(keys)));
            }
            let gained = after.iter().filter(|tag| !has(before, tag));
            new.extend(gained.map(|tag| (*id, tag)));
        }
        if !new.is_empty() {
            let spellings = self.spellings(new.iter().map(|(_, tag)| tag.key())).await?;
            let mut first_here = HashMap::new();
            let rows = new.iter().map(|(task_id, tag)| {
                let spelled = spellings.get(tag.key()).map_or(tag.name(), String::as_str);
                let spelled = *first_here.entry(tag.key()).or_insert(spelled);
                tag::ActiveModel {
                    user_id: Set(user_id),
                    task_id: Set(*task_id),
                    tag_key: Set(tag.key().to_owned()),
                    tag: Set(spelled.to_owned()),
                }
            });
            let rows: Vec<_> = rows.collect();
            let insert = tag::Entity::insert_many(rows);
            self.session.execute(&insert.into_query()).await?;
        }
        if !gone.is_empty() {
            let delete = tag::Entity::delete_many()
                .filter(tag::Column::UserId.eq(user_id))
                .filter(gone);
            self.session.execute(&delete.into_query()).await?;
        }
        Ok(())
    }

    /// How this user has spelled tags so far, by key.
    async fn spellings(
        &self,
        keys: impl Iterator<Item = &str>,
    ) -> Result<HashMap<String, String>, DbErr> {
        let spelled = self
            .rows
            .tags()
            .filter(tag::Column::TagKey.is_in(keys))
            .select_only()
            .columns([tag::Column::TagKey, tag::Column::Tag])
            .distinct()
            .into_query();
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let rows = self.session.rows(&spelled, read).await?;
        Ok(rows.into_iter().collect())
    }
}

fn has(tags: &[Tag], tag: &Tag) -> bool {
    tags.iter().any(|known| known.key() == tag.key())
}

fn same_tags(one: &[Tag], other: &[Tag]) -> bool {
    one.len() == other.len() && one.iter().all(|tag| has(other, tag))
}

fn refused(argument: &'static str, field: &'static str, message: &str) -> ChangeError {
    let broken = Violation::new(field, message).inside(argument);
    ChangeError::Refused(vec![broken])
}

fn expect_version(task: &Task, expected: Option<i64>) -> Result<(), ChangeError> {
    match expected {
        Some(version) if version != task.version => Err(ChangeError::Conflict {
            current: task.version,
        }),
        _ => Ok(()),
    }
}
