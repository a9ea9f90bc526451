//! `tests/clients`: the npm project of clients, their examples and their tests.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use super::npm;

/// A run of these tests, of the project with its packages and with what is generated from the schema.
/// What they need to know of servers is still to be set.
pub fn test(files: &[&str]) -> Command {
    let mut command = Command::new("node");
    command
        .args(["--import", "tsx", "--test"])
        .args(files)
        .current_dir(project());
    command
}

/// The project, ready; its types are checked.
pub fn project() -> &'static Path {
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
