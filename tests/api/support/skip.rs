//! Parts that a machine may lack. A test that needs one says by name that it was skipped; with
//! `DOCKET_TEST_REQUIRE_ALL` set, as in CI, it fails.

use std::io::Write as _;
use std::process::Command;

use super::postgres;

#[derive(Clone, Copy)]
pub enum Part {
    Postgres,
    Node,
    Chromium,
    OpenSsl,
    SlowHttpTest,
}

/// Whether the machine has the part that this test needs.
pub fn have(test: &str, part: Part) -> bool {
    let missing = match part {
        Part::Postgres => postgres::missing(),
        Part::Node => (!runs("node", "--version") || !runs("npm", "--version"))
            .then(|| "Node.js with npm".to_owned()),
        // It has no flag for its version; asked for help, it says that it failed.
        Part::SlowHttpTest => Command::new("slowhttptest")
            .arg("-h")
            .output()
            .is_err()
            .then(|| "slowhttptest".to_owned()),
        Part::Chromium => (!runs("chromium", "--version")).then(|| "chromium".to_owned()),
        Part::OpenSsl => (!runs("openssl", "version")).then(|| "openssl".to_owned()),
    };
    let Some(missing) = missing else { return true };
    assert!(
        std::env::var_os("DOCKET_TEST_REQUIRE_ALL").is_none(),
        "{test} needs {missing}"
    );
    // Written past the test runner, which shows what a test prints only when it fails.
    let _ = writeln!(std::io::stderr(), "SKIPPED {test}: needs {missing}");
    false
}

fn runs(program: &str, argument: &str) -> bool {
    let output = Command::new(program).arg(argument).output();
    output.is_ok_and(|output| output.status.success())
}
