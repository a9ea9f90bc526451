//! The binary, as somebody meets it who has just cloned the repository.

use std::os::unix::fs::PermissionsExt as _;

use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};
use serde_json::json;

use crate::support::{Actor, Part, Process, SECRET, Scratch, docket_command, have, new_database};

fn run(command: &mut std::process::Command) -> (Option<i32>, String, String) {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[tokio::test]
async fn with_nothing_configured_it_works_at_once() {
    let folder = Scratch::new();
    let mut server = Process::start(docket_command(folder.path()));
    assert!(
        server.endpoint.starts_with("http://127.0.0.1:"),
        "{}",
        server.announced
    );
    let token = server.announced("Token").expect("it prints a token");
    let dev = Actor::new(&server.endpoint, Some(&token));
    dev.create(json!({ "title": "first" })).await;
    let viewer = dev.data("{ viewer { id } }", json!({})).await;
    assert_eq!(viewer["viewer"]["id"], "dev");
    let playground = server
        .announced("Playground")
        .expect("it names the playground");
    assert_eq!(reqwest::get(&playground).await.unwrap().status(), 200);
    for file in ["docket.secret", "docket.db", "docket.db-wal"] {
        let metadata = std::fs::metadata(folder.path().join(file)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{file}");
    }
    assert!(server.terminate().success(), "it stops when it is asked to");

    let server = Process::start(docket_command(folder.path()));
    let again = Actor::new(&server.endpoint, Some(&token));
    let tasks = again.data("{ tasks { nodes { title } } }", json!({})).await;
    assert_eq!(
        tasks["tasks"]["nodes"],
        json!([{ "title": "first" }]),
        "token and tasks outlive a restart"
    );
    let (code, printed, _) = run(docket_command(folder.path()).args([
        "token",
        "--sub",
        "alice",
        "--claim",
        "email=a@b.c",
    ]));
    assert_eq!(code, Some(0));
    let alice = Actor::new(&server.endpoint, Some(printed.trim()));
    let viewer = alice.data("{ viewer { id email } }", json!({})).await;
    assert_eq!(viewer["viewer"], json!({ "id": "alice", "email": "a@b.c" }));
}

#[test]
fn once_something_is_configured_nothing_is_generated() {
    for (name, value) in [
        ("HOST", "0.0.0.0"),
        ("DATABASE_URL", "postgres://u:hidden@127.0.0.1:1/d"),
        ("JWT_ISSUER", "https://issuer.example"),
    ] {
        let folder = Scratch::new();
        let (code, printed, told) = run(docket_command(folder.path()).env(name, value));
        assert_eq!((code, printed.as_str()), (Some(2), ""), "{name}");
        assert!(told.contains("JWT_SECRET"), "{told}");
        assert!(!told.contains("hidden"));
        assert_eq!(
            std::fs::read_dir(folder.path()).unwrap().count(),
            0,
            "{name}: nothing is left behind"
        );
    }
}

#[test]
fn all_mistakes_are_named_at_once() {
    let folder = Scratch::new();
    let (code, _, told) = run(docket_command(folder.path())
        .env("PORT", "http")
        .env("HOST", "here")
        .env("DATABASE_URL", "mysql://x")
        .env("JWT_SECRET", "tooshort")
        .env("PAGE_SIZE_MAX", "0")
        .env("REQUEST_TIMEOUT", "soon"));
    assert_eq!(code, Some(2));
    for name in [
        "PORT",
        "HOST",
        "DATABASE_URL",
        "JWT_SECRET",
        "PAGE_SIZE_MAX",
        "REQUEST_TIMEOUT",
    ] {
        assert!(told.contains(name), "{name} is not named: {told}");
    }
    assert!(!told.contains("tooshort"));
}

#[test]
fn schema_needs_nothing() {
    let folder = Scratch::new();
    let (code, printed, _) = run(docket_command(folder.path())
        .arg("schema")
        .env("PORT", "nonsense"));
    assert_eq!((code, printed), (Some(0), docket::graphql::sdl()));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

fn migrates(url: &str) {
    let folder = Scratch::new();
    let migrate = |what: &str| {
        let (code, printed, told) = run(docket_command(folder.path())
            .args(["migrate", what])
            .env("DATABASE_URL", url));
        assert_eq!(code, Some(0), "{told}");
        printed
    };
    assert!(migrate("status").contains("pending"));
    assert!(migrate("up").starts_with("applied m2026"));
    assert_eq!(migrate("up"), "nothing to apply\n");
    assert!(migrate("status").starts_with("applied"));
    for _ in migrate("status").lines() {
        assert!(migrate("down").starts_with("took back"));
    }
    assert_eq!(migrate("down"), "nothing to take back\n");
    assert!(migrate("up").starts_with("applied m2026"));
}

/// Eight servers start at once on an empty database: each must serve.
async fn start_together(url: &str) {
    let folder = Scratch::new();
    let starts: Vec<_> = (0..8)
        .map(|_| {
            let mut command = docket_command(folder.path());
            command.env("DATABASE_URL", url).env("JWT_SECRET", SECRET);
            tokio::task::spawn_blocking(move || Process::start(command))
        })
        .collect();
    for start in starts {
        let server = start.await.unwrap();
        let alice = Actor::new(&server.endpoint, Some(&crate::support::sign("alice")));
        alice.create(json!({ "title": "t" })).await;
    }
}

#[tokio::test]
async fn sqlite_migrates_once_and_both_ways() {
    let folder = Scratch::new();
    let url = |name| format!("sqlite://{}/{name}?mode=rwc", folder.path().display());
    migrates(&url("migrates.db"));
    start_together(&url("together.db")).await;
}

#[tokio::test]
async fn postgres_migrates_once_and_both_ways() {
    if have(
        "commands::postgres_migrates_once_and_both_ways",
        Part::Postgres,
    ) {
        migrates(&new_database().await);
        start_together(&new_database().await).await;
    }
}

#[tokio::test]
async fn postgres_is_reached_over_tls() {
    const NAME: &str = "commands::postgres_is_reached_over_tls";
    if !have(NAME, Part::OpenSsl) || !have(NAME, Part::Postgres) {
        return;
    }
    let folder = Scratch::new();
    let url = new_database().await;
    let mut command = docket_command(folder.path());
    command
        .env("DATABASE_URL", format!("{url}?sslmode=require"))
        .env("JWT_SECRET", SECRET);
    let server = Process::start(command);
    let alice = Actor::new(&server.endpoint, Some(&crate::support::sign("alice")));
    alice.create(json!({ "title": "t" })).await;
    let inside = sea_orm::Database::connect(format!("{url}?sslmode=disable"))
        .await
        .unwrap();
    let row = inside
        .query_one_raw(Statement::from_string(
            DatabaseBackend::Postgres,
            "SELECT bool_and(ssl) AS tls FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        ))
        .await
        .unwrap();
    assert!(
        row.unwrap().try_get::<bool>("", "tls").unwrap(),
        "every connection is encrypted"
    );
}
