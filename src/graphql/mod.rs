//! The schema, by subject. Resolvers are a few lines: arguments become `task` types, one call goes
//! to the store, rows come back as objects.

mod bulk;
mod connection;
mod context;
mod direct;
mod document;
mod documents;
mod enums;
mod failure;
mod guard;
mod inputs;
mod list;
mod loader;
mod model;
mod mutation;
mod node;
mod query;
mod rejection;
mod scalars;
mod schema;
mod task;
mod variables;
mod viewer;

pub use context::{Caller, RequestId};
pub use document::{Admitted, Document, Operation};
pub use documents::{Asked, Documents, Known, ManifestError, New, Unknown};
pub use failure::Code;
pub use guard::Limits;
pub use rejection::Rejection;
pub use schema::{Answer, Schema, Settings, federation_sdl, sdl};
