//! What the accept loop does with clients that are slow, silent or many.

use std::process::{Command, Stdio};
use std::time::Duration;

use reqwest::{Client, Version};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Actor, Docket, Part, Process, SECRET, Scratch, docket_command, have, sign};

/// Longer than any answer takes, however busy the machine is.
const SOON: Duration = Duration::from_secs(20);

async fn connect(docket: &Docket) -> TcpStream {
    TcpStream::connect(docket.server.local_addr())
        .await
        .unwrap()
}

/// Reads until the other end closes.
async fn until_closed(mut stream: TcpStream, patience: Duration) -> Option<String> {
    let mut read = Vec::new();
    let closed = tokio::time::timeout(patience, stream.read_to_end(&mut read)).await;
    closed
        .ok()
        .map(|_| String::from_utf8_lossy(&read).into_owned())
}

#[tokio::test]
async fn whoever_is_slow_with_a_head_is_let_go() {
    let docket = Docket::on_sqlite().await;
    let request = "GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let mut slow = Vec::new();
    for (what, sent) in [
        ("nothing", String::new()),
        ("a part of a line", "POST /grap".to_owned()),
        (
            "a part of the headers",
            "POST /graphql HTTP/1.1\r\nhost: localhost\r\nx-a: ".to_owned(),
        ),
        ("a part of the preface of HTTP/2", "PRI * HTTP/2".to_owned()),
        (
            "the preface of HTTP/2 alone",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        ),
    ] {
        let mut stream = connect(&docket).await;
        stream.write_all(sent.as_bytes()).await.unwrap();
        slow.push((what, stream));
    }
    let mut second = connect(&docket).await;
    second.write_all(request.as_bytes()).await.unwrap();
    assert_eq!(second.read_u8().await.unwrap(), b'H');
    tokio::time::sleep(Duration::from_millis(200)).await;
    second.write_all(b"GET /he").await.unwrap();
    slow.push(("a part of a second request", second));
    // One that has been answered may be idle for longer than that.
    let mut idle = connect(&docket).await;
    idle.write_all(request.as_bytes()).await.unwrap();
    let waiting = slow.into_iter().map(|(what, stream)| {
        let closed = until_closed(stream, Duration::from_secs(25));
        tokio::spawn(async move { (what, closed.await) })
    });
    let waiting: Vec<_> = waiting.collect();
    for slow in waiting {
        let (what, closed) = slow.await.unwrap();
        assert!(closed.is_some(), "somebody who sends {what} stays for ever");
    }
    idle.write_all(request.as_bytes()).await.unwrap();
    let mut answers = Vec::new();
    while !String::from_utf8_lossy(&answers).contains("ok\n") || answers.len() < 200 {
        let read = tokio::time::timeout(SOON, idle.read_buf(&mut answers))
            .await
            .unwrap();
        assert_ne!(read.unwrap(), 0, "it was idle, and was closed");
    }
    docket.alice.data("{ viewer { id } }", json!({})).await;
}

#[tokio::test]
async fn http_2_is_spoken_without_tls_and_many_requests_share_a_connection() {
    let docket = Docket::on_sqlite().await;
    let client = Client::builder()
        .no_proxy()
        .http2_prior_knowledge()
        .build()
        .unwrap();
    let endpoint = format!("http://{}/graphql", docket.server.local_addr());
    let asking = (0..50).map(|_| {
        let request = client.post(&endpoint).bearer_auth(sign("alice"));
        tokio::spawn(
            request
                .json(&json!({ "query": "{ tasks { totalCount } }" }))
                .send(),
        )
    });
    for answer in asking.collect::<Vec<_>>() {
        let answer = answer.await.unwrap().unwrap();
        assert_eq!(
            (answer.version(), answer.status().as_u16()),
            (Version::HTTP_2, 200)
        );
        assert_eq!(
            answer.text().await.unwrap(),
            "{\"data\":{\"tasks\":{\"totalCount\":0}}}"
        );
    }
}

#[tokio::test]
async fn more_than_the_cap_wait_for_their_turn() {
    let docket = Docket::on_sqlite_with(&[("MAX_CONNECTIONS", "2")]).await;
    let request = b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut stream = connect(&docket).await;
        stream.write_all(request).await.unwrap();
        assert_ne!(stream.read_u8().await.unwrap(), 0);
        open.push(stream);
    }
    let mut third = connect(&docket).await;
    third.write_all(request).await.unwrap();
    let early = tokio::time::timeout(Duration::from_millis(300), third.read_u8()).await;
    assert!(early.is_err(), "the third is not served while two are open");
    open.pop();
    let served = tokio::time::timeout(SOON, third.read_u8()).await;
    assert_eq!(served.unwrap().unwrap(), b'H');
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused() {
    let docket = Docket::on_sqlite().await;
    let mut stream = connect(&docket).await;
    let long = format!(
        "GET /graphql?query={} HTTP/1.1\r\nhost: localhost\r\n",
        "a".repeat(100_000)
    );
    // It may be cut off while it is still being sent.
    let _ = stream.write_all(long.as_bytes()).await;
    let answer = until_closed(stream, SOON)
        .await
        .expect("it is refused at once");
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
        "{answer}"
    );
}

/// The four modes of slowhttptest at once, each with a thousand connections of its own kind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_slow_clients_keep_nobody_from_an_answer() {
    let name = "connections::a_thousand_slow_clients_keep_nobody_from_an_answer";
    if !have(name, Part::SlowHttpTest) {
        return;
    }
    for mode in ["-H", "-B", "-R", "-X"] {
        let folder = Scratch::new();
        let mut command = docket_command(folder.path());
        command.env("JWT_SECRET", SECRET);
        let server = Process::start(command);
        let alice = Actor::new(&server.endpoint, Some(&sign("alice")));
        let mut attack = Command::new("slowhttptest")
            .args([
                mode, "-c", "1000", "-r", "1000", "-l", "6", "-i", "1", "-p", "3",
            ])
            .args(["-f", "application/json", "-u"])
            .arg(if mode == "-X" {
                server.endpoint.replace("graphql", "")
            } else {
                server.endpoint.clone()
            })
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut answered = 0;
        while attack.try_wait().unwrap().is_none() {
            // A connection of its own each time: one that is open already proves nothing.
            let ask = Actor::new(&server.endpoint, Some(&sign("alice")));
            let asked = tokio::time::timeout(SOON, ask.data("{ tasks { totalCount } }", json!({})));
            asked
                .await
                .unwrap_or_else(|_| panic!("{mode}: no answer in time"));
            answered += 1;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(answered > 20, "{mode}: asked {answered} times");
        alice.data("{ viewer { id } }", json!({})).await;
    }
}
