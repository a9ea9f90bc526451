//! Programs of Node.js that have a folder of their own under `tests`.

use std::path::Path;
use std::process::Command;

/// Installs what the folder's lock file says, and runs `node` there.
pub fn npm(folder: &Path, environment: &[(&str, &str)], arguments: &[&str]) {
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program)
            .args(arguments)
            .envs(environment.iter().copied())
            .current_dir(folder)
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
    run("node", arguments);
}
