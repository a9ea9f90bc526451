//! The examples for clients from npm, against the real binary. `tests/clients` is their project.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use crate::support::{Part, Process, SECRET, Scratch, docket_command, have, npm};

/// The project with its packages and with what is generated from the schema; its types are checked.
fn project() -> &'static Path {
    static READY: OnceLock<()> = OnceLock::new();
    let project = Path::new("tests/clients");
    READY.get_or_init(|| {
        npm::install(project);
        for script in ["generate", "check"] {
            npm::run(
                Command::new("npm")
                    .args(["run", "--silent", script])
                    .current_dir(project),
            );
        }
    });
    project
}

fn run_tests(files: &[&str]) {
    let project = project();
    let folder = Scratch::new();
    let mut command = docket_command(folder.path());
    command.env("JWT_SECRET", SECRET);
    let server = Process::start(command);
    npm::run(
        Command::new("node")
            .args(["--import", "tsx", "--test"])
            .args(files)
            .env("DOCKET_ENDPOINT", &server.endpoint)
            .env("DOCKET_SECRET", SECRET)
            .current_dir(project),
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
