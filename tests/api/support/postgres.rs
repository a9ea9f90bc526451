//! A throw-away Postgres cluster for the whole run, made of the machine's own binaries.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use sea_orm::{ConnectionTrait, Database};

struct Cluster {
    port: u16,
    /// Holds a pipe to us, and takes the cluster away when it closes: however this process ends.
    _watcher: Child,
}

static CLUSTER: OnceLock<Result<Cluster, String>> = OnceLock::new();

fn cluster() -> &'static Result<Cluster, String> {
    CLUSTER.get_or_init(start)
}

/// What is missing to run Postgres here.
pub fn missing() -> Option<String> {
    cluster().as_ref().err().cloned()
}

/// A new, empty database: its address.
pub async fn new_database() -> String {
    let port = cluster().as_ref().map(|cluster| cluster.port).unwrap();
    let name = format!("t{}", uuid::Uuid::now_v7().simple());
    let server = format!("postgres://postgres@127.0.0.1:{port}");
    let admin = Database::connect(format!("{server}/postgres"))
        .await
        .unwrap();
    admin
        .execute_unprepared(&format!("CREATE DATABASE {name}"))
        .await
        .unwrap();
    admin.close().await.unwrap();
    format!("{server}/{name}")
}

fn start() -> Result<Cluster, String> {
    let binaries = binaries().ok_or("the server binaries of Postgres 15 or later")?;
    let as_user = ordinary_user()?;
    let home = std::env::temp_dir().join(format!("docket-postgres-{}", uuid::Uuid::now_v7()));
    std::fs::create_dir(&home).map_err(|error| error.to_string())?;
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .map_err(|error| error.to_string())?
        .port();
    // One script makes it, runs it, and takes it away once our end of the pipe is closed.
    let script = r#"
        trap '' INT TERM HUP
        $AS "$BIN/initdb" -D "$PGHOME/data" -U postgres -A trust -E UTF8 --locale=C -N >"$PGHOME/log" 2>&1 &&
        if command -v openssl >/dev/null; then
            $AS openssl req -new -x509 -days 2 -nodes -subj /CN=localhost \
                -out "$PGHOME/data/server.crt" -keyout "$PGHOME/data/server.key" 2>/dev/null &&
            chmod 600 "$PGHOME/data/server.key" && echo "ssl = on" >>"$PGHOME/data/postgresql.conf"
        fi &&
        $AS "$BIN/pg_ctl" -D "$PGHOME/data" -l "$PGHOME/data/server.log" -w start -o "-p $PORT -k $PGHOME \
            -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=300 -c shared_buffers=64MB" >/dev/null 2>&1 &&
        echo started || { cat "$PGHOME/log"; echo failed; }
        cat >/dev/null
        $AS "$BIN/pg_ctl" -D "$PGHOME/data" -m immediate stop >/dev/null 2>&1
        rm -rf "$PGHOME"
    "#;
    if !as_user.is_empty() {
        let owned = Command::new("chown").arg("nobody").arg(&home).status();
        if !owned.is_ok_and(|status| status.success()) {
            return Err("an ordinary user to run Postgres as (nobody)".into());
        }
    }
    let mut watcher = Command::new("sh")
        .args(["-c", script])
        .env("AS", as_user)
        .env("BIN", &binaries)
        .env("PGHOME", &home)
        .env("PORT", port.to_string())
        .current_dir(&home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let said = first_verdict(&mut watcher);
    if said.ends_with("started") {
        Ok(Cluster {
            port,
            _watcher: watcher,
        })
    } else {
        // Closing the pipe lets the script clean up.
        drop(watcher.stdin.take());
        let _ = std::io::stderr().write_all(said.as_bytes());
        Err("a Postgres that starts".into())
    }
}

fn first_verdict(watcher: &mut Child) -> String {
    use std::io::BufRead as _;
    let mut said = String::new();
    if let Some(output) = watcher.stdout.take() {
        for line in std::io::BufReader::new(output)
            .lines()
            .map_while(Result::ok)
        {
            said.push_str(&line);
            if line == "started" || line == "failed" {
                break;
            }
            said.push('\n');
        }
    }
    said
}

fn binaries() -> Option<PathBuf> {
    let debian = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut versions: Vec<(u32, PathBuf)> = debian
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(version, path)| *version >= 15 && path.join("initdb").exists())
        .collect();
    versions.sort();
    versions.pop().map(|(_, path)| path).or_else(|| {
        let output = Command::new("pg_config").arg("--bindir").output().ok()?;
        let path = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
        path.join("initdb").exists().then_some(path)
    })
}

/// How to run a command as an ordinary user: Postgres refuses to run as root.
fn ordinary_user() -> Result<&'static str, String> {
    let id = Command::new("id")
        .arg("-u")
        .output()
        .map_err(|error| error.to_string())?;
    if id.stdout.trim_ascii() != b"0" {
        return Ok("");
    }
    let able = Command::new("setpriv").arg("--version").output();
    if able.is_ok_and(|output| output.status.success()) {
        Ok("setpriv --reuid=nobody --regid=nogroup --clear-groups")
    } else {
        Err("setpriv, to run Postgres as an ordinary user".into())
    }
}
