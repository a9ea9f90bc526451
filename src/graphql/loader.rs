//! Batches the by-id reads of one request into one statement.

use std::collections::HashMap;

use dataloader::BatchFn;
use dataloader::cached::Loader;
use uuid::Uuid;

use super::failure::Failure;
use crate::identity::Viewer;
use crate::store::{Store, StoreError};
use crate::task::Task;

type Loaded = Result<Option<Task>, LoadError>;

/// Why a batch has no answer. Every waiter of the batch gets it.
#[derive(Clone, Debug)]
enum LoadError {
    Store(StoreError),
    /// The task that ran the batch ended without an answer.
    Lost,
}

/// Reads tasks of one user by id, for as long as one request lasts.
pub(super) struct TaskLoader(Loader<Uuid, Loaded, Batch>);

impl TaskLoader {
    pub(super) fn new(store: Store, viewer: Viewer) -> Self {
        Self(Loader::new(Batch { store, viewer }))
    }

    /// The task with this id, if the user has it.
    pub(super) async fn load(&self, id: Uuid) -> Result<Option<Task>, Failure> {
        match self.0.try_load(id).await {
            Ok(Ok(task)) => Ok(task),
            Ok(Err(LoadError::Store(error))) => Err(error.into()),
            Ok(Err(LoadError::Lost)) | Err(_) => Err(Failure::Lost("the batch of a loader")),
        }
    }
}

struct Batch {
    store: Store,
    viewer: Viewer,
}

impl BatchFn<Uuid, Loaded> for Batch {
    async fn load(&mut self, ids: &[Uuid]) -> HashMap<Uuid, Loaded> {
        let (store, viewer, wanted) = (self.store.clone(), self.viewer.clone(), ids.to_vec());
        // In a task of its own: the loader holds its lock while a batch runs, and a waiter that is
        // dropped in the middle would take the batch of all the others with it.
        let read = tokio::spawn(async move { store.tasks(&viewer).by_ids(&wanted).await });
        // Every key gets an answer: the loader fails on one that is left out.
        match read.await {
            Ok(Ok(tasks)) => {
                let mut answers: HashMap<_, _> = ids.iter().map(|id| (*id, Ok(None))).collect();
                answers.extend(tasks.into_iter().map(|task| (task.id, Ok(Some(task)))));
                answers
            }
            Ok(Err(error)) => all_fail(ids, &LoadError::Store(error)),
            Err(_) => all_fail(ids, &LoadError::Lost),
        }
    }
}

fn all_fail(ids: &[Uuid], error: &LoadError) -> HashMap<Uuid, Loaded> {
    ids.iter().map(|id| (*id, Err(error.clone()))).collect()
}
