//! What belongs to the tasks of an answer: tags, parents, subtasks, each read for all tasks at once.

use std::collections::HashMap;

use uuid::Uuid;

use super::shape::{Shape, TaskField};
use crate::graphql::enums::TaskStatus;
use crate::graphql::loader::{Answer, BATCH, Read, SUBTASKS, TAGS, TASKS};
use crate::graphql::task::shows;
use crate::store::{StoreError, Tasks};
use crate::task::{Tag, Task};

/// What has been read so far, by the ids that it was asked for by.
#[derive(Default)]
pub(super) struct Related {
    tags: HashMap<Uuid, Vec<Tag>>,
    parents: HashMap<Uuid, Option<Task>>,
    subtasks: HashMap<Uuid, Vec<Task>>,
}

/// What is still to be read.
#[derive(Default)]
struct Missing {
    tags: Vec<Uuid>,
    parents: Vec<Uuid>,
    subtasks: Vec<Uuid>,
    /// Whether tasks that are missing have tags to show.
    more_tags: bool,
}

impl Related {
    /// Reads all that some tasks show. Each round reads what the round before has led to, so there are as
    /// many as the shapes are deep.
    pub(super) async fn read(
        tasks: Tasks<'_>,
        of: &[Task],
        shapes: &[&Shape<TaskField>],
    ) -> Result<Self, StoreError> {
        let mut related = Self::default();
        loop {
            let mut missing = Missing::default();
            for shape in shapes.iter().filter(|shape| shape.relates()) {
                for task in of {
                    related.look(task, shape, &mut missing);
                }
            }
            if missing.is_nothing() {
                return Ok(related);
            }
            related.add(tasks, missing).await?;
        }
    }

    /// The tags of a task.
    pub(super) fn tags(&self, task: &Task) -> &[Tag] {
        self.tags.get(&task.id).map_or(&[], Vec::as_slice)
    }

    /// The parent of a task.
    pub(super) fn parent(&self, task: &Task) -> Option<&Task> {
        self.parents.get(&task.parent_id?)?.as_ref()
    }

    /// The subtasks that a task shows.
    pub(super) fn subtasks<'a>(
        &'a self,
        task: &'a Task,
        status: TaskStatus,
    ) -> impl Iterator<Item = &'a Task> {
        let subtasks = self.subtasks.get(&task.id).into_iter().flatten();
        subtasks.filter(move |subtask| shows(task, subtask, status))
    }

    /// Notes what a task shows and has not been read.
    fn look(&self, task: &Task, shape: &Shape<TaskField>, missing: &mut Missing) {
        for (_, field) in &shape.0 {
            match field {
                TaskField::Tags if !self.tags.contains_key(&task.id) => missing.tags.push(task.id),
                TaskField::Parent(shape) => {
                    let Some(id) = task.parent_id else {
                        continue;
                    };
                    match self.parents.get(&id) {
                        Some(Some(parent)) => self.look(parent, shape, missing),
                        Some(None) => {}
                        None => {
                            missing.parents.push(id);
                            missing.more_tags |= shape.shows_tags();
                        }
                    }
                }
                // A subtask has none of its own.
                TaskField::Subtasks(status, shape) if task.parent_id.is_none() => {
                    if self.subtasks.contains_key(&task.id) {
                        for subtask in self.subtasks(task, *status) {
                            self.look(subtask, shape, missing);
                        }
                    } else {
                        missing.subtasks.push(task.id);
                        missing.more_tags |= shape.shows_tags();
                    }
                }
                _ => {}
            }
        }
    }

    /// Reads what is missing, each kind in one statement and all kinds at once; but tags wait for those of
    /// the tasks that are missing.
    async fn add(&mut self, tasks: Tasks<'_>, missing: Missing) -> Result<(), StoreError> {
        let tags = if missing.more_tags {
            Vec::new()
        } else {
            missing.tags
        };
        tokio::try_join!(
            read(tasks, tags, TAGS, &mut self.tags),
            read(tasks, missing.parents, TASKS, &mut self.parents),
            read(tasks, missing.subtasks, SUBTASKS, &mut self.subtasks),
        )?;
        Ok(())
    }
}

impl Missing {
    const fn is_nothing(&self) -> bool {
        self.tags.is_empty() && self.parents.is_empty() && self.subtasks.is_empty()
    }
}

/// Reads what ids stand for. Each is known then, be it to have nothing.
async fn read<V: Answer>(
    tasks: Tasks<'_>,
    mut ids: Vec<Uuid>,
    read: Read<V>,
    into: &mut HashMap<Uuid, V>,
) -> Result<(), StoreError> {
    ids.sort_unstable();
    ids.dedup();
    for some in ids.chunks(BATCH) {
        into.extend(some.iter().map(|id| (*id, V::default())));
        into.extend(read(tasks, some).await?);
    }
    Ok(())
}
