//! The examples for clients from npm, against the real binary. `tests/clients` is their project.

use crate::support::{Part, Process, SECRET, Scratch, clients, docket_command, have, npm};

fn run_tests(files: &[&str]) {
    let folder = Scratch::new();
    let mut command = docket_command(folder.path());
    command.env("JWT_SECRET", SECRET);
    let server = Process::start(command);
    npm::run(
        clients::test(files)
            .env("DOCKET_ENDPOINT", &server.endpoint)
            .env("DOCKET_SECRET", SECRET),
    );
}

#[test]
fn apollo_urql_and_relay_work() {
    if have("clients::apollo_urql_and_relay_work", Part::Node) {
        run_tests(&[
            "test/apollo.test.ts",
            "test/urql.test.ts",
            "test/relay.test.ts",
        ]);
    }
}

#[test]
fn persisted_queries_work() {
    if have("clients::persisted_queries_work", Part::Node) {
        run_tests(&["test/apq.test.ts"]);
    }
}
