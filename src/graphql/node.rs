//! The interface `Node`.

use async_graphql::{ID, Interface};

use super::task::Task;

/// Something with an id that is unique among all the viewer's things.
#[derive(Clone, Debug, Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "The id by which it can be read again."))]
pub(super) enum Node {
    /// A task.
    Task(Task),
}
