//! The published schema is the one that the code has, and everybody reads it alike.

use std::path::Path;
use std::process::Command;

use crate::support::{Docket, Part, have, npm};

/// Runs a test file of the clients' project.
fn run_test(file: &str, name: &str, value: &str) {
    let clients = Path::new("tests/clients");
    npm::install(clients);
    npm::run(
        Command::new("node")
            .args(["--test", file])
            .env(name, value)
            .current_dir(clients),
    );
}

#[test]
fn schema_graphql_is_what_the_code_says() {
    let committed = std::fs::read_to_string("schema.graphql").unwrap();
    assert!(
        committed == docket::graphql::sdl(),
        "schema.graphql has drifted: run `cargo run -- schema > schema.graphql` and look at the difference"
    );
}

#[test]
fn graphql_js_takes_the_schema() {
    if have("schema::graphql_js_takes_the_schema", Part::Node) {
        run_test(
            "schema.test.mjs",
            "DOCKET_SUBGRAPH",
            &docket::graphql::federation_sdl(),
        );
    }
}

#[test]
fn apollo_compiler_takes_the_schema() {
    let sdl = docket::graphql::sdl();
    let schema = apollo_compiler::Schema::parse_and_validate(sdl, "schema.graphql");
    assert!(schema.is_ok(), "{}", schema.unwrap_err());
    // The directives of federation are defined where it is composed: this one is parsed.
    let subgraph = docket::graphql::federation_sdl();
    let parsed = apollo_compiler::ast::Document::parse(subgraph, "subgraph.graphql");
    assert!(parsed.is_ok(), "{}", parsed.unwrap_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn introspection_says_what_the_schema_says() {
    if have(
        "schema::introspection_says_what_the_schema_says",
        Part::Node,
    ) {
        let docket = Docket::on_sqlite().await;
        let endpoint = format!("http://{}/graphql", docket.server.local_addr());
        let run = move || run_test("introspection.test.mjs", "DOCKET_ENDPOINT", &endpoint);
        tokio::task::spawn_blocking(run).await.unwrap();
    }
}

#[test]
fn federation_takes_the_subgraph() {
    if have("schema::federation_takes_the_subgraph", Part::Node) {
        run_test(
            "federation.test.mjs",
            "DOCKET_SUBGRAPH",
            &docket::graphql::federation_sdl(),
        );
    }
}
