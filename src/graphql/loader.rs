//! Batches what the objects of one request ask for: one statement for each kind, however many ask.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;

use dataloader::BatchFn;
use dataloader::cached::Loader;
use uuid::Uuid;

use super::failure::Failure;
use crate::identity::Viewer;
use crate::store::{Store, StoreError, Tasks};
use crate::task::{Tag, Task};

/// How many keys go into one statement: more than the largest page has.
pub(super) const BATCH: usize = 1_000;

/// What one request has asked for, for as long as it lasts. Made when it is first asked: most requests
/// need none, and few need all.
pub(super) struct Loaders {
    store: Store,
    viewer: Viewer,
    tasks: OnceLock<Batches<Option<Task>>>,
    tags: OnceLock<Batches<Vec<Tag>>>,
    subtasks: OnceLock<Batches<Vec<Task>>>,
}

impl Loaders {
    pub(super) const fn new(store: Store, viewer: Viewer) -> Self {
        Self {
            store,
            viewer,
            tasks: OnceLock::new(),
            tags: OnceLock::new(),
            subtasks: OnceLock::new(),
        }
    }

    /// The task with this id, if the user has it.
    pub(super) async fn task(&self, id: Uuid) -> Result<Option<Task>, Failure> {
        load(self.tasks.get_or_init(|| self.batches(TASKS)), id).await
    }

    /// The tags of a task, by name.
    pub(super) async fn tags(&self, task: Uuid) -> Result<Vec<Tag>, Failure> {
        load(self.tags.get_or_init(|| self.batches(TAGS)), task).await
    }

    /// The subtasks of a task, oldest first; see [`Tasks::subtasks_of`].
    pub(super) async fn subtasks(&self, task: Uuid) -> Result<Vec<Task>, Failure> {
        load(self.subtasks.get_or_init(|| self.batches(SUBTASKS)), task).await
    }

    fn batches<V: Answer>(&self, read: Read<V>) -> Batches<V> {
        let batch = Batch {
            store: self.store.clone(),
            viewer: self.viewer.clone(),
            read,
        };
        Loader::new(batch).with_max_batch_size(BATCH)
    }
}

/// What a key stands for; its default is what it is when the user has nothing for it.
pub(super) trait Answer: Clone + Default + Send + Sync + 'static {}

impl<T: Clone + Default + Send + Sync + 'static> Answer for T {}

type Batches<V> = Loader<Uuid, Result<V, LoadError>, Batch<V>>;

pub(super) type Reading<'a, V> =
    Pin<Box<dyn Future<Output = Result<HashMap<Uuid, V>, StoreError>> + Send + 'a>>;

/// Reads what some keys stand for, which are at most [`BATCH`]. One statement.
pub(super) type Read<V> = for<'a> fn(Tasks<'a>, &'a [Uuid]) -> Reading<'a, V>;

/// Tasks by their ids.
pub(super) const TASKS: Read<Option<Task>> = |tasks, ids| {
    Box::pin(async move {
        let found = tasks.by_ids(ids).await?;
        let found = found.into_iter().map(|task| (task.id, Some(task)));
        Ok(found.collect())
    })
};

/// Tags by their tasks.
pub(super) const TAGS: Read<Vec<Tag>> =
    |tasks, ids| Box::pin(async move { tasks.tags_of(ids).await });

/// Subtasks by their parents.
pub(super) const SUBTASKS: Read<Vec<Task>> =
    |tasks, ids| Box::pin(async move { tasks.subtasks_of(ids).await });

async fn load<V: Answer>(batches: &Batches<V>, key: Uuid) -> Result<V, Failure> {
    match batches.try_load(key).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(LoadError::Store(error))) => Err(error.into()),
        Ok(Err(LoadError::Lost)) | Err(_) => Err(Failure::Lost("the batch of a loader")),
    }
}

/// Why a batch has no answer. Every waiter of the batch gets it.
#[derive(Clone, Debug)]
enum LoadError {
    Store(StoreError),
    /// The task that ran the batch ended without an answer.
    Lost,
}

struct Batch<V> {
    store: Store,
    viewer: Viewer,
    read: Read<V>,
}

impl<V: Answer> BatchFn<Uuid, Result<V, LoadError>> for Batch<V> {
    async fn load(&mut self, keys: &[Uuid]) -> HashMap<Uuid, Result<V, LoadError>> {
        let (store, viewer, wanted) = (self.store.clone(), self.viewer.clone(), keys.to_vec());
        let read = self.read;
        // In a task of its own: the loader holds its lock while a batch runs, and a waiter that is
        // dropped in the middle would take the batch of all the others with it.
        let read = tokio::spawn(async move { read(store.tasks(&viewer), &wanted).await });
        let read = match read.await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(error)) => Err(LoadError::Store(error)),
            Err(_) => Err(LoadError::Lost),
        };
        // Every key gets an answer: the loader fails on one that is left out.
        match read {
            Ok(mut found) => {
                let answer = |key: &Uuid| (*key, Ok(found.remove(key).unwrap_or_default()));
                keys.iter().map(answer).collect()
            }
            Err(error) => keys.iter().map(|key| (*key, Err(error.clone()))).collect(),
        }
    }
}
