//! The published schema is the one that the code has.

use std::path::Path;
use std::process::Command;

use crate::support::{Part, have};

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
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(clients)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments:?}\n{text}");
    };
    run(
        "npm",
        &["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
    );
    run("node", &["--test", "schema.test.mjs"]);
}
