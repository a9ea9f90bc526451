//! The npm projects of the repository.

use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// Installs the packages of an npm project, unless those that its lock file names are there.
pub fn install(project: &Path) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let wanted = std::fs::read(project.join("package-lock.json")).unwrap();
    let installed = project.join("node_modules/.installed-lock.json");
    if std::fs::read(&installed).is_ok_and(|lock| lock == wanted) {
        return;
    }
    run(Command::new("npm").current_dir(project).args([
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
    ]));
    std::fs::write(installed, wanted).unwrap();
}

/// Runs a command that must succeed; where it fails, so does the test, with what it printed.
pub fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    let program = command.get_program().display();
    assert!(
        output.status.success(),
        "{program} {:?}\n{text}",
        command.get_args()
    );
}
