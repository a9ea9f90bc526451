//! The short way for the usual operations: one root field, which lists tasks, finds one or changes one.
//! Its selection is laid out once ([`plan`]), when the document is validated; to run it is then one call
//! to the store and one pass over the tasks, which writes the bytes of the answer ([`write`]).
//!
//! The engine is what counts. Whatever a plan does not know, and every failure, goes the engine's way;
//! nothing that was answered here differs from its answer by a byte, which a test sees to.

mod arguments;
mod plan;
mod write;

pub(super) use plan::Plan;

use async_graphql::Variables;

use self::plan::{Change, Root};
use super::context::Caller;
use super::list::ListArguments;
use crate::store::Store;
use crate::task::{Change as TaskChange, NewTask, PageSizes, Patch, parse_id};

impl Plan {
    /// Answers the operation: the body of the response. Nothing, where the engine has to: then nothing
    /// has changed.
    pub(super) async fn run(
        &self,
        variables: &Variables,
        caller: &Caller,
        store: &Store,
        sizes: PageSizes,
    ) -> Option<Vec<u8>> {
        let tasks = store.tasks(caller.viewer.as_ref()?);
        let given = self.arguments.given(variables);
        match &self.root {
            Root::List(selection) => {
                let arguments = ListArguments {
                    status: given.read("status")?,
                    sort: given.read("sort")?,
                    direction: given.read("direction")?,
                    filter: given.read("filter")?,
                    page: given.page()?,
                };
                let (list, window) = arguments.parse(sizes).ok()?;
                if selection.looks_beyond(&window) {
                    return None;
                }
                let page = tasks
                    .page_of(&list, &window, selection.parts())
                    .await
                    .ok()?;
                let total = if selection.counts() {
                    Some(tasks.count(&list).await.ok()?)
                } else {
                    None
                };
                let asked = (&list, &window);
                Some(write::list(&self.key, selection, asked, &page, total))
            }
            Root::One(shape) => {
                // An id that no task can have belongs to no task.
                let found = match parse_id(&given.id("id")?) {
                    Some(id) => tasks.find(id, shape.parts()).await.ok()?,
                    None => None,
                };
                Some(write::one(&self.key, shape, found.as_ref()))
            }
            Root::Change(change, payload) => {
                let change = match change {
                    Change::Create => {
                        let input: super::inputs::CreateTaskInput = given.read("input")?;
                        TaskChange::Create(NewTask::parse(input.into()).ok()?)
                    }
                    Change::Update => {
                        let input: super::inputs::UpdateTaskInput = given.read("input")?;
                        TaskChange::Update {
                            id: parse_id(&given.id("id")?)?,
                            patch: Patch::parse(input.into()).ok()?,
                            if_version: given.read("ifVersion")?,
                        }
                    }
                    Change::Toggle => TaskChange::Toggle {
                        id: parse_id(&given.id("id")?)?,
                        if_version: given.read("ifVersion")?,
                    },
                    Change::Delete => TaskChange::Delete {
                        id: parse_id(&given.id("id")?)?,
                        if_version: given.read("ifVersion")?,
                    },
                    Change::Restore => TaskChange::Restore {
                        id: parse_id(&given.id("id")?)?,
                    },
                };
                let task = tasks.write(change, caller.now).await.ok()?;
                Some(write::changed(&self.key, payload, &task))
            }
        }
    }
}
