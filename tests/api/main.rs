//! The tests of the whole: the real server, over real sockets, on real databases. One binary, so that
//! it links once.

#![allow(clippy::unwrap_used, reason = "what a test relies on may fail it")]
#![allow(unreachable_pub, reason = "a test binary has nobody to publish to")]

mod support;

mod clients;
mod commands;
mod connections;
mod direct;
mod docs;
mod documents;
mod durability;
mod engine;
mod execution;
mod fuzz;
mod hostile;
mod identity;
mod isolation;
mod lists;
mod loader;
mod model;
mod plans;
mod playground;
mod pool;
mod relations;
mod schema;
mod schema_diff;
mod tasks;
mod wire;
