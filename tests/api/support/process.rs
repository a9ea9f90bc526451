//! The real binary, as a process of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The binary, in this folder, with no environment but what the test gives it: the one that was built
/// with the tests, or the release build that `DOCKET_TEST_BINARY` names, as in CI.
pub fn docket_command(folder: &Path) -> Command {
    let given = std::env::var_os("DOCKET_TEST_BINARY");
    let binary = given.unwrap_or_else(|| env!("CARGO_BIN_EXE_docket").into());
    let mut command = Command::new(binary);
    command.env_clear().current_dir(folder).stdin(Stdio::null());
    command
}

/// A server in a process of its own; killed when it is dropped.
pub struct Process {
    child: Child,
    /// What it printed before it was ready.
    pub announced: String,
    /// The address of its endpoint.
    pub endpoint: String,
}

impl Process {
    /// Starts a server and waits until it says where its endpoint is. What it logs is read by nobody,
    /// unless it does not start.
    pub fn start(mut command: Command) -> Self {
        let log = std::env::temp_dir().join(format!("docket-test-{}.log", uuid::Uuid::now_v7()));
        command.stderr(std::fs::File::create(&log).unwrap());
        let started = Self::try_start(command);
        let logged = std::fs::read_to_string(&log).unwrap();
        std::fs::remove_file(log).unwrap();
        started.unwrap_or_else(|told| panic!("{told}\n{logged}"))
    }

    /// The same, with its log where the command sends it.
    pub fn start_logging(command: Command) -> Self {
        Self::try_start(command).unwrap_or_else(|told| panic!("{told}"))
    }

    fn try_start(mut command: Command) -> Result<Self, String> {
        let mut child = command
            .env("PORT", "0")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut announced = String::new();
        while !announced.contains("Ready") {
            let read = output.read_line(&mut announced).unwrap();
            if read == 0 {
                child.wait().unwrap();
                return Err(format!("it ended before it was ready: {announced}"));
            }
        }
        let endpoint = word_after(&announced, "Endpoint").expect("it names its endpoint");
        Ok(Self {
            child,
            announced,
            endpoint,
        })
    }

    /// The word that follows a label in what it announced.
    pub fn announced(&self, label: &str) -> Option<String> {
        word_after(&self.announced, label)
    }

    /// Ends it as a power cut would: at once, wherever it is.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop, and waits until it has.
    pub fn terminate(&mut self) -> std::process::ExitStatus {
        let id = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(told.success());
        self.child.wait().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn word_after(text: &str, label: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.strip_prefix(label))?;
    line.split_whitespace().next().map(str::to_owned)
}
