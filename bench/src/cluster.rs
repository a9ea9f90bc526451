//! A throw-away Postgres cluster, made of the machine's own binaries and as durable as they come.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, ensure};

pub(crate) struct Cluster {
    pub(crate) port: u16,
    /// The process that all the others of the cluster come from.
    pub(crate) postmaster: u32,
    home: PathBuf,
    /// Holds a pipe to us, and takes the cluster away when it closes: however this process ends.
    _watcher: Child,
}

/// One script makes it, runs it, and takes it away once our end of the pipe is closed.
const SCRIPT: &str = r#"
    trap '' INT TERM HUP
    $AS "$BIN/initdb" -D "$PGHOME/data" -U postgres -A trust -E UTF8 --locale=C -N >"$PGHOME/log" 2>&1 &&
    $AS "$BIN/pg_ctl" -D "$PGHOME/data" -l "$PGHOME/data/server.log" -w start -o "-p $PORT -k $PGHOME \
        -c listen_addresses=127.0.0.1 -c fsync=on -c synchronous_commit=on -c full_page_writes=on \
        -c max_connections=200 -c shared_buffers=512MB -c max_wal_size=4GB -c checkpoint_timeout=30min \
        -c log_line_prefix='%d|' -c track_io_timing=off" >/dev/null 2>&1 &&
    echo started || { cat "$PGHOME/log"; echo failed; }
    cat >/dev/null
    $AS "$BIN/pg_ctl" -D "$PGHOME/data" -m immediate stop >/dev/null 2>&1
    rm -rf "$PGHOME"
"#;

impl Cluster {
    pub(crate) fn start() -> anyhow::Result<Self> {
        let binaries = binaries().context("Postgres 15 or later is not installed")?;
        let root = Path::new("/proc/self")
            .metadata()
            .is_ok_and(|it| std::os::unix::fs::MetadataExt::uid(&it) == 0);
        let home = std::env::temp_dir().join(format!("docket-bench-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&home)?;
        let port = free_port()?;
        // Postgres refuses to run as root.
        let as_user = if root {
            let owned = Command::new("chown").arg("nobody").arg(&home).status()?;
            ensure!(
                owned.success(),
                "cannot give the cluster to an ordinary user"
            );
            "setpriv --reuid=nobody --regid=nogroup --clear-groups"
        } else {
            ""
        };
        let mut watcher = Command::new("sh")
            .args(["-c", SCRIPT])
            .env("AS", as_user)
            .env("BIN", &binaries)
            .env("PGHOME", &home)
            .env("PORT", port.to_string())
            .current_dir(&home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = watcher.stdout.take().context("the cluster's output")?;
        let mut said = String::new();
        for line in BufReader::new(output).lines() {
            let line = line?;
            if line == "started" || line == "failed" {
                said = format!("{said}{line}");
                break;
            }
            said = format!("{said}{line}\n");
        }
        ensure!(
            said.ends_with("started"),
            "Postgres does not start:\n{said}"
        );
        let pid = std::fs::read_to_string(home.join("data/postmaster.pid"))?;
        let postmaster = pid.lines().next().context("an empty pid file")?.parse()?;
        Ok(Self {
            port,
            postmaster,
            home,
            _watcher: watcher,
        })
    }

    /// The address of one of its databases.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// What the server has logged so far.
    pub(crate) fn log(&self) -> anyhow::Result<String> {
        Ok(std::fs::read_to_string(self.home.join("data/server.log"))?)
    }
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let versions = versions.filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        Some((version, entry.path().join("bin")))
    });
    let (_, path) = versions
        .filter(|(version, path)| *version >= 15 && path.join("initdb").exists())
        .max()?;
    Some(path)
}
