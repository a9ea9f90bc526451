//! The tests of the whole: the real server, over real sockets, on real databases. One binary, so that
//! it links once.

mod support;

mod commands;
mod durability;
mod engine;
mod isolation;
mod lists;
mod loader;
mod plans;
mod schema;
mod tasks;
mod wire;
