//! Docket: a GraphQL API server for personal tasks.
//!
//! Each layer uses only what stands to its left:
//!
//! ```text
//! task  <-  identity  <-  store  <-  graphql  <-  http  <-  server  <-  main
//! ```
//!
//! [`config`] reads the environment into the settings that each layer names, and only [`server`] and `main`
//! know it; [`clock`], [`telemetry`] and [`schema_diff`] stand beside them.
//!
//! To add a **field** to `Task`: the column in a new migration, `store/entity/task.rs` (column, what is
//! read, what is written), the value in [`task::Task`] and its [`task::Part`], the resolver in
//! `graphql/task.rs`, its way in through `graphql/inputs.rs` and `task/change.rs`; where it is asked for
//! often, a line in `graphql/direct` too: whatever that does not know, the engine answers. To add a
//! **mutation**: a variant of [`task::Change`], its work in `store/work.rs`, three lines in
//! `graphql/mutation.rs`. To add a **type**: a file of its own in `graphql`. Then run
//! `cargo run -- schema > schema.graphql`, and name the new field in the isolation test's table, which
//! fails until you do.

pub mod clock;
pub mod config;
pub mod graphql;
pub mod http;
pub mod identity;
pub mod schema_diff;
pub mod server;
pub mod store;
pub mod task;
pub mod telemetry;
