//! The schema, by subject. Resolvers are a few lines: arguments become `task` types, one call goes
//! to the store, rows come back as objects.

mod connection;
mod context;
mod document;
mod enums;
mod failure;
mod inputs;
mod loader;
mod mutation;
mod node;
mod query;
mod scalars;
mod schema;
mod task;
mod viewer;

pub use context::{Caller, RequestId};
pub use document::{Document, Operation};
pub use failure::Code;
pub use schema::{Limits, Schema, sdl};
