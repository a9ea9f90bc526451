//! The tables, as SeaORM sees them.

#![allow(unreachable_pub, reason = "what SeaORM derives from these is public")]

pub(super) mod tag;
pub(super) mod task;
pub(super) mod user;
