//! An issuer's key set at an address, as it is on good days and on bad ones.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::support::{Part, Scratch, have};

#[derive(Clone)]
pub enum Answers {
    /// A key set, or any other JSON.
    Json(Value),
    /// A body that is none.
    Text(String),
    /// An error, with keys in it that would be good.
    Status(u16, Value),
    /// A redirect to an address of the same server that has good keys.
    Redirect(Value),
    /// A good answer, after some time.
    Late(Duration, Value),
    /// Nothing, for ever.
    Hang,
    /// The beginning of a good answer, and then nothing.
    HangHalfway(Value),
    /// This many bytes, announced or not.
    Large { bytes: u64, announced: bool },
}

pub struct KeyServer {
    address: SocketAddr,
    answers: Arc<Mutex<Answers>>,
    hits: Arc<AtomicUsize>,
    running: JoinHandle<()>,
}

impl KeyServer {
    pub async fn start(answers: Answers) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answers = Arc::new(Mutex::new(answers));
        let hits = Arc::new(AtomicUsize::new(0));
        let (shared, counted) = (Arc::clone(&answers), Arc::clone(&hits));
        let running = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (shared, counted) = (Arc::clone(&shared), Arc::clone(&counted));
                tokio::spawn(async move {
                    // A client that hangs up is one of the things that are tested.
                    let _ = answer(stream, &shared, &counted).await;
                });
            }
        });
        Self {
            address,
            answers,
            hits,
            running,
        }
    }

    pub fn address(&self) -> String {
        format!("http://{}/keys", self.address)
    }

    /// How often it was asked.
    pub fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }

    pub fn now_answers(&self, answers: Answers) {
        *self.answers.lock().unwrap() = answers;
    }

    /// Closes the door: connections are refused from now on.
    pub async fn stop(self) {
        self.running.abort();
        let _ = self.running.await;
    }
}

async fn answer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    answers: &Mutex<Answers>,
    hits: &AtomicUsize,
) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await?);
    }
    hits.fetch_add(1, Ordering::SeqCst);
    let elsewhere = request.starts_with(b"GET /elsewhere ");
    let answers = answers.lock().unwrap().clone();
    let text = match answers {
        Answers::Redirect(set) if elsewhere => whole(200, &set.to_string()),
        Answers::Redirect(set) => {
            let body = set.to_string();
            let length = body.len();
            format!(
                "HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: {length}\r\n\r\n{body}"
            )
        }
        Answers::Json(set) => whole(200, &set.to_string()),
        Answers::Text(text) => whole(200, &text),
        Answers::Status(status, set) => whole(status, &set.to_string()),
        Answers::Late(pause, set) => {
            tokio::time::sleep(pause).await;
            whole(200, &set.to_string())
        }
        Answers::Hang => return std::future::pending().await,
        Answers::HangHalfway(set) => {
            let text = whole(200, &set.to_string());
            stream.write_all(&text.as_bytes()[..text.len() - 1]).await?;
            return std::future::pending().await;
        }
        Answers::Large { bytes, announced } => return flood(stream, bytes, announced).await,
    };
    stream.write_all(text.as_bytes()).await?;
    stream.shutdown().await
}

fn whole(status: u16, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} Something\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

/// White space, which is good JSON so far; it ends when the reader hangs up.
async fn flood(
    mut stream: impl AsyncWrite + Unpin,
    bytes: u64,
    announced: bool,
) -> std::io::Result<()> {
    let head = if announced {
        format!("HTTP/1.1 200 OK\r\ncontent-length: {bytes}\r\n\r\n")
    } else {
        "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_owned()
    };
    stream.write_all(head.as_bytes()).await?;
    let spaces = vec![b' '; 64 * 1024];
    for _ in 0..bytes / 65536 {
        stream.write_all(&spaces).await?;
    }
    Ok(())
}

/// A certificate for `localhost`, and the authority that vouches for it: made for one test.
pub struct Tls(Scratch);

impl Tls {
    /// None where there is no openssl, which the skip has named then.
    pub fn made(test: &str) -> Option<Self> {
        if !have(test, Part::OpenSsl) {
            return None;
        }
        let folder = Scratch::new();
        let script = "
            set -e
            new='req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2'
            openssl $new -keyout ca.key -out ca.pem -subj /CN=authority
            openssl $new -keyout server.key -out server.pem -subj /CN=localhost -CA ca.pem -CAkey ca.key \
                -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE
        ";
        let made = std::process::Command::new("sh")
            .args(["-c", script])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        Some(Self(folder))
    }

    pub fn authority(&self) -> Vec<u8> {
        std::fs::read(self.0.path().join("ca.pem")).unwrap()
    }

    /// Serves a key set; returns its address.
    pub async fn serve(&self, set: Value) -> String {
        let file = |name| self.0.path().join(name);
        let certificates = CertificateDer::pem_file_iter(file("server.pem")).unwrap();
        let certificates = certificates.collect::<Result<Vec<_>, _>>().unwrap();
        let key = PrivateKeyDer::from_pem_file(file("server.key")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(certificates, key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                // Whoever does not trust us ends the handshake.
                if let Ok(stream) = acceptor.accept(stream).await {
                    let answers = Mutex::new(Answers::Json(set.clone()));
                    let _ = answer(stream, &answers, &AtomicUsize::new(0)).await;
                }
            }
        });
        format!("https://localhost:{port}/keys")
    }
}
