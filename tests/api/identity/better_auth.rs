//! Tokens that the real `better-auth` and `jose` packages have issued.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use chrono::TimeDelta;
use docket::clock;
use docket::identity::Verifier;
use docket::server::Server;
use serde_json::{Map, Value, json};

use crate::support::{Actor, Part, Scratch, config, have};

/// The program in `tests/issuers`; it ends with this.
struct Issuers {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Issuers {
    fn start() -> Self {
        let folder = Path::new("tests/issuers");
        let installed = Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(folder)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&installed.stderr);
        assert!(installed.status.success(), "{told}");
        let mut child = Command::new("node")
            .arg("issuer.mjs")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self {
            child,
            input,
            output,
        }
    }

    fn read(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// A token of Better Auth's, signed with a key that it has made just now.
    fn rotate(&mut self) -> Value {
        writeln!(self.input).unwrap();
        self.read()
    }
}

impl Drop for Issuers {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_of_better_auth_and_jose_are_taken() {
    let name = "identity::better_auth::tokens_of_better_auth_and_jose_are_taken";
    if !have(name, Part::Node) {
        return;
    }
    let mut node = Issuers::start();
    let issuers = node.read();
    let issuers = issuers.as_array().unwrap();
    let entry = |issuer: &Value| {
        let mut entry = Map::from_iter([("audience".to_owned(), json!("docket"))]);
        for name in ["issuer", "jwks_url", "secret"] {
            entry.extend(issuer.get(name).map(|it| (name.to_owned(), it.clone())));
        }
        Value::from(entry)
    };
    let scratch = Scratch::new();
    let file = scratch.path().join("issuers.json");
    let entries: Vec<_> = issuers.iter().map(entry).collect();
    std::fs::write(&file, Value::from(entries).to_string()).unwrap();
    let url = format!("sqlite://{}/docket.db?mode=rwc", scratch.path().display());
    let file = ("JWT_ISSUERS_FILE", file.to_str().unwrap());
    let config = config(&url, &[("JWT_SECRET", ""), file]);
    let server = Server::start(config.clone()).await.unwrap();
    let endpoint = format!("http://{}/graphql", server.local_addr());

    let mut taken = 0;
    for issuer in issuers {
        let expected = json!({ "id": issuer["subject"], "email": issuer["email"] });
        for token in texts(&issuer["tokens"]) {
            let actor = Actor::new(&endpoint, Some(token));
            let seen = actor.data("{ viewer { id email } }", json!({})).await;
            assert_eq!(seen["viewer"], expected);
            taken += 1;
        }
        for token in texts(&issuer["forged"]) {
            let actor = Actor::new(&endpoint, Some(token));
            let answer = actor.ask("{ viewer { id } }", json!({})).await;
            assert_eq!(answer.code(), "UNAUTHENTICATED", "{token}");
        }
    }
    assert_eq!(taken, 25);

    let mut verifier = Verifier::new(&config.identity);
    verifier.keep_keys(clock::now).await;
    let rotated = node.rotate();
    let half_a_minute = clock::now() + TimeDelta::seconds(31);
    let viewer = verifier.authenticate(rotated.as_str().unwrap(), half_a_minute);
    assert_eq!(viewer.await.unwrap().subject(), issuers[0]["subject"]);
}
