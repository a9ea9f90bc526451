//! The short way for the usual operations: one root field, which lists tasks, finds one or changes one.
//! Its selection is laid out once ([`plan`], [`shape`]), when the document is validated; to run it is then
//! one call to the store, one more for each kind of what belongs to the tasks where that is shown
//! ([`related`]), and one pass over all of it, which writes the bytes of the answer ([`write`]).
//!
//! The engine is what counts. Whatever a plan does not know, and whatever breaks a rule, goes the engine's
//! way; nothing that was answered here differs from its answer by a byte, which a test sees to.

mod arguments;
mod json;
mod plan;
mod related;
mod shape;
mod write;

pub(super) use plan::Plan;

use async_graphql::{Error, PathSegment, Response, Value, Variables};

use self::arguments::Given;
use self::plan::{Change, Root};
use self::related::Related;
use self::shape::{Shape, TaskField};
use super::context::Caller;
use super::failure::Failure;
use super::inputs::{CreateTaskInput, UpdateTaskInput};
use super::list::ListArguments;
use crate::store::{ChangeError, Store, StoreError, Tasks};
use crate::task::{Change as TaskChange, List, NewTask, PageSizes, Patch, Task, Window, parse_id};

/// Why an operation is not answered here.
pub(super) enum Detour {
    /// The engine has to answer it. Nothing has changed.
    Engine,
    /// The database failed: to ask it once more would not help it.
    Failed(StoreError),
}

/// What only the engine can tell.
const ENGINE: Detour = Detour::Engine;

impl From<StoreError> for Detour {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

impl From<ChangeError> for Detour {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Store(error) => Self::Failed(error),
            ChangeError::NotFound | ChangeError::Conflict { .. } | ChangeError::Refused(_) => {
                Self::Engine
            }
        }
    }
}

impl Plan {
    /// Answers the operation: the body of the response.
    pub(super) async fn run(
        &self,
        variables: &Variables,
        caller: &Caller,
        store: &Store,
        sizes: PageSizes,
    ) -> Result<Vec<u8>, Detour> {
        let tasks = store.tasks(caller.viewer.as_ref().ok_or(ENGINE)?);
        let given = self.arguments.given(variables);
        match &self.root {
            Root::List(selection) => {
                let (list, window) = listed(&given, sizes).ok_or(ENGINE)?;
                if selection.looks_beyond(&window) {
                    return Err(ENGINE);
                }
                let page = tasks.page_of(&list, &window, selection.parts()).await?;
                let total = if selection.counts() {
                    Some(tasks.count(&list).await?)
                } else {
                    None
                };
                let shapes = selection.tasks();
                let related = related(tasks, &page.tasks, &shapes).await?;
                let asked = (&list, &window);
                Ok(write::list(
                    &self.key, selection, asked, &page, &related, total,
                ))
            }
            Root::One(shape) => {
                // An id that no task can have belongs to no task.
                let found = match parse_id(&given.id("id").ok_or(ENGINE)?) {
                    Some(id) => tasks.find(id, shape.parts()).await?,
                    None => None,
                };
                let related = related(tasks, found.as_slice(), &[shape]).await?;
                Ok(write::one(&self.key, shape, found.as_ref(), &related))
            }
            Root::Change(change, payload) => {
                let change = changed(*change, &given).ok_or(ENGINE)?;
                // Boxed, for a read would else carry the room that a write needs.
                let task = Box::pin(tasks.write(change, caller.now)).await?;
                Ok(write::changed(&self.key, payload, &task))
            }
        }
    }

    /// What the engine would answer where the root field fails.
    pub(super) fn failed(&self, failure: Failure) -> Response {
        let mut error = Error::from(failure).into_server_error(self.pos);
        error.path = vec![PathSegment::Field(self.name.to_string())];
        let data = match &self.root {
            // It is not nullable, so its parent is null: that is all there is.
            Root::List(_) => Value::Null,
            Root::One(_) | Root::Change(..) => {
                Value::Object([(self.name.clone(), Value::Null)].into_iter().collect())
            }
        };
        let mut response = Response::new(data);
        response.errors.push(error);
        response
    }
}

/// What belongs to tasks. Where it cannot be read, only the engine can tell what is null for that.
async fn related(
    tasks: Tasks<'_>,
    of: &[Task],
    shapes: &[&Shape<TaskField>],
) -> Result<Related, Detour> {
    let read = Related::read(tasks, of, shapes).await;
    read.map_err(|_| ENGINE)
}

/// The list and the window that are asked for.
fn listed(given: &Given<'_>, sizes: PageSizes) -> Option<(List, Window)> {
    let arguments = ListArguments {
        status: given.read("status")?,
        sort: given.read("sort")?,
        direction: given.read("direction")?,
        filter: given.read("filter")?,
        page: given.page()?,
    };
    arguments.parse(sizes).ok()
}

/// The change that is asked for.
fn changed(change: Change, given: &Given<'_>) -> Option<TaskChange> {
    let id = || parse_id(&given.id("id")?);
    Some(match change {
        Change::Create => {
            let input: CreateTaskInput = given.read("input")?;
            TaskChange::Create(NewTask::parse(input.into()).ok()?)
        }
        Change::Update => {
            let input: UpdateTaskInput = given.read("input")?;
            TaskChange::Update {
                id: id()?,
                patch: Patch::parse(input.into()).ok()?,
                if_version: given.read("ifVersion")?,
            }
        }
        Change::Toggle => TaskChange::Toggle {
            id: id()?,
            if_version: given.read("ifVersion")?,
        },
        Change::Delete => TaskChange::Delete {
            id: id()?,
            if_version: given.read("ifVersion")?,
        },
        Change::Restore => TaskChange::Restore { id: id()? },
    })
}
