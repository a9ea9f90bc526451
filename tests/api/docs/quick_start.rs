//! The quick start, as a whole: its issuer, its settings, its two pages.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::page::pages;
use super::typescript;
use crate::support::{Part, Process, Scratch, clients, docket_command, have};

/// Stopped when it is dropped.
struct Issuer(Child);

impl Drop for Issuer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn it_leads_to_a_page_with_a_task() {
    if !have(
        "docs::quick_start::it_leads_to_a_page_with_a_task",
        Part::Node,
    ) {
        return;
    }
    let folder = typescript::written().join("quick-start");
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .unwrap()
        .port()
        .to_string();
    let server = std::fs::read_to_string(folder.join("server/auth.ts")).unwrap();
    let server = server.replace("3000", &port);
    std::fs::write(folder.join("server/auth.run.ts"), server).unwrap();
    let issuer = Command::new("node")
        .args(["--import", "tsx", "server/auth.run.ts"])
        .current_dir(&folder)
        .env("BETTER_AUTH_SECRET", "0123456789abcdef0123456789abcdef")
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let _issuer = Issuer(issuer);
    let started = Instant::now();
    while std::net::TcpStream::connect(format!("localhost:{port}")).is_err() {
        assert!(started.elapsed() < Duration::from_secs(30), "no issuer");
        std::thread::sleep(Duration::from_millis(50));
    }

    let scratch = Scratch::new();
    let mut command = docket_command(scratch.path());
    let page = pages()
        .into_iter()
        .find(|page| page.name == "docs/quick-start.md")
        .unwrap();
    for line in page.of_kind("env").flat_map(|block| block.text.lines()) {
        let (name, value) = line.split_once('=').unwrap();
        command.env(name, value.replace("3000", &port));
    }
    let docket = Process::start(command);
    crate::support::npm::run(
        clients::test(&["test/quick-start.test.ts"])
            .env("BETTER_AUTH_URL", format!("http://localhost:{port}"))
            .env("DOCKET_ENDPOINT", &docket.endpoint),
    );
}
