//! The published schema is the one that the code has.

use std::path::Path;
use std::process::Command;

use crate::support::{Part, have, npm};

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
    if !have("schema::graphql_js_takes_the_schema", Part::Node) {
        return;
    }
    let clients = Path::new("tests/clients");
    npm::install(clients);
    npm::run(
        Command::new("node")
            .args(["--test", "schema.test.mjs"])
            .current_dir(clients),
    );
}
