//! The tests of the whole: the real server, over real sockets, on real databases. One binary, so that
//! it links once.

#![allow(clippy::unwrap_used, reason = "what a test relies on may fail it")]
#![allow(unreachable_pub, reason = "a test binary has nobody to publish to")]

mod support;

mod clients;
mod commands;
mod connections;
mod docs;
mod documents;
mod durability;
mod engine;
mod execution;
mod fuzz;
mod hostile;
mod isolation;
mod lists;
mod loader;
mod plans;
mod playground;
mod schema;
mod schema_diff;
mod tasks;
mod wire;
