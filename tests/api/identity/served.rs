//! The real server, with tokens of issuers of the test's own.

use docket::clock;
use docket::identity::Algorithm;
use docket::server::Server;
use reqwest::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use serde_json::{Value, json};

use super::key_server::{Answers, KeyServer};
use super::signer::{Signer, with};
use crate::support::{Actor, Answer, Process, SECRET, Scratch, config, docket_command};

struct Served {
    server: Server,
    address: String,
    // Last, so that the server is gone before its files are.
    _scratch: Scratch,
}

impl Served {
    async fn with(settings: &[(&str, &str)]) -> Self {
        let scratch = Scratch::new();
        let url = format!("sqlite://{}/docket.db?mode=rwc", scratch.path().display());
        let server = Server::start(config(&url, settings)).await.unwrap();
        let address = format!("http://{}", server.local_addr());
        Self {
            server,
            address,
            _scratch: scratch,
        }
    }

    fn actor(&self, token: &str) -> Actor {
        Actor::new(&format!("{}/graphql", self.address), Some(token))
    }

    async fn get(&self, path: &str) -> Answer {
        let response = reqwest::get(format!("{}{path}", self.address)).await;
        Answer::of(response.unwrap()).await
    }

    /// The value of a metric.
    async fn metric(&self, name: &str) -> Option<u64> {
        let metrics = self.get("/metrics").await.text;
        let line = metrics.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.trim().parse().unwrap())
    }
}

fn claims(more: Value) -> Value {
    let exp = clock::now().timestamp() + 600;
    with(json!({ "sub": "alice", "exp": exp }), more)
}

const CREATE: &str = r#"mutation { createTask(input: { title: "x" }) { task { id } } }"#;

#[tokio::test]
async fn the_same_subject_of_two_issuers_is_two_users() {
    let folder = Scratch::new();
    let file = folder.path().join("issuers.json");
    let p256 = "tests/api/identity/keys/p256.pub.pem";
    let issuers = json!([
        { "issuer": "https://a.example", "secret": SECRET },
        { "issuer": "https://b.example", "public_key_file": p256, "audience": "docket" },
    ]);
    std::fs::write(&file, issuers.to_string()).unwrap();
    let file = ("JWT_ISSUERS_FILE", file.to_str().unwrap());
    let served = Served::with(&[("JWT_SECRET", ""), file]).await;
    let a = claims(json!({ "iss": "https://a.example" }));
    let b = claims(json!({ "iss": "https://b.example", "aud": "docket" }));
    let p256 = Signer::new(Algorithm::ES256, "p256", "x");
    let (a, b) = (Signer::shared().sign(&a), p256.sign(&b));
    let (a, b) = (served.actor(&a), served.actor(&b));
    a.create(json!({ "title": "a's" })).await;
    let titles = "{ viewer { id } tasks { nodes { title } } }";
    let seen = a.data(titles, json!({})).await;
    assert_eq!(seen["tasks"]["nodes"], json!([{ "title": "a's" }]));
    let seen = b.data(titles, json!({})).await;
    assert_eq!(seen["viewer"]["id"], "alice");
    assert_eq!(seen["tasks"]["nodes"], json!([]));
}

#[tokio::test]
async fn a_token_does_what_its_scopes_allow() {
    for (claim, scopes) in [
        ("scope", json!("openid tasks:read email")),
        ("permissions", json!(["tasks:read", "other"])),
    ] {
        let served = Served::with(&[("JWT_SCOPE_CLAIM", claim)]).await;
        let reads = Signer::shared().sign(&claims(json!({ claim: scopes })));
        let reads = served.actor(&reads);
        reads.data("{ tasks { totalCount } }", json!({})).await;
        let refused = reads.ask(CREATE, json!({})).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code()),
            (403, "FORBIDDEN")
        );
        assert_eq!(
            refused.headers[WWW_AUTHENTICATE],
            r#"Bearer error="insufficient_scope", scope="tasks:write""#
        );
        assert!(refused.body.get("data").is_none());

        let writes = json!({ claim: ["tasks:write"] });
        let writes = served.actor(&Signer::shared().sign(&claims(writes)));
        writes.data(CREATE, json!({})).await;
        let refused = writes.ask("{ tasks { totalCount } }", json!({})).await;
        assert_eq!(refused.code(), "FORBIDDEN");

        for nothing in [
            json!({}),
            json!({ claim: "" }),
            json!({ claim: "tasks:readers" }),
        ] {
            let nothing = served.actor(&Signer::shared().sign(&claims(nothing)));
            let refused = nothing.ask("{ tasks { totalCount } }", json!({})).await;
            assert_eq!(refused.code(), "FORBIDDEN");
            nothing.data("{ __typename }", json!({})).await;
        }
    }
    // Nobody asks for scopes: a token without any does everything.
    let served = Served::with(&[]).await;
    let token = Signer::shared().sign(&claims(json!({ "scope": "openid" })));
    served.actor(&token).data(CREATE, json!({})).await;
}

#[tokio::test]
async fn keys_that_do_not_come_show_in_readiness_and_metrics() {
    let signer = Signer::new(Algorithm::EdDSA, "ed25519", "key");
    let keys = json!({ "keys": [signer.jwk(json!({}))] });
    for there in [true, false] {
        let answers = if there {
            Answers::Json(keys.clone())
        } else {
            Answers::Hang
        };
        let issuer = KeyServer::start(answers).await;
        let served = Served::with(&[
            ("JWT_SECRET", ""),
            ("JWT_JWKS_URL", &issuer.address()),
            ("JWT_ISSUER", "https://id.example/\"x\""),
            ("JWT_AUDIENCE", "docket"),
        ])
        .await;
        let ready = served.get("/ready").await;
        assert_eq!(ready.status.as_u16(), if there { 200 } else { 503 });
        assert_eq!(served.get("/health").await.status, 200);
        let label = r#"{issuer="https://id.example/\"x\""}"#;
        for name in ["docket_key_set_current", "docket_key_set_keys"] {
            let value = served.metric(&format!("{name}{label}")).await;
            assert_eq!(value, Some(u64::from(there)), "{name}");
        }
        let claims = claims(json!({ "iss": "https://id.example/\"x\"", "aud": "docket" }));
        let alice = served.actor(&signer.sign(&claims));
        let answer = alice
            .ask("{ viewer { id sessionExpiresAt } }", json!({}))
            .await;
        assert_eq!(answer.status.as_u16(), if there { 200 } else { 401 });
    }
}

#[tokio::test]
async fn failures_are_counted_by_reason_and_told_in_three_ways() {
    let served = Served::with(&[("JWT_ISSUER", "https://id.example")]).await;
    let good = claims(json!({ "iss": "https://id.example" }));
    let sign = |changes| Signer::shared().sign(&with(good.clone(), changes));
    let expired = sign(json!({ "exp": 1_000_000_000 }));
    let foreign = sign(json!({ "iss": "https://other.example" }));
    let other = Signer::secret(b"another secret of thirty-two bytes").sign(&good);
    for (token, reason, message) in [
        (
            Some(expired),
            "expired",
            "The token has expired: sign in again.",
        ),
        (Some(foreign), "iss", "The token is not valid here."),
        (Some(other), "signature", "The token is not valid here."),
        (
            Some("x".into()),
            "malformed",
            "The token is not valid here.",
        ),
        (
            None,
            "missing",
            "This request needs a token: send it as `Authorization: Bearer <token>`.",
        ),
    ] {
        let metric = format!("docket_authentication_failures_total{{reason=\"{reason}\"}}");
        assert_eq!(served.metric(&metric).await, Some(0), "{reason}");
        let actor = Actor::new(&format!("{}/graphql", served.address), token.as_deref());
        for count in 1..=2 {
            let answer = actor.ask("{ viewer { id } }", json!({})).await;
            assert_eq!(answer.status, 401);
            assert_eq!(answer.body["errors"][0]["message"], message);
            assert_eq!(served.metric(&metric).await, Some(count), "{reason}");
        }
    }
    // To read the schema without a token is no failure.
    let nobody = Actor::new(&format!("{}/graphql", served.address), None);
    nobody.data("{ __typename }", json!({})).await;
    let missing = "docket_authentication_failures_total{reason=\"missing\"}";
    assert_eq!(served.metric(missing).await, Some(2));

    let alice = served.actor(&sign(json!({})));
    alice.data("{ viewer { id } }", json!({})).await;
    let twice = alice.post().header(AUTHORIZATION, "Bearer x");
    let body = json!({ "query": "{ viewer { id } }" });
    let answer = Answer::of(twice.json(&body).send().await.unwrap()).await;
    assert_eq!(answer.status, 401);
    let several = "docket_authentication_failures_total{reason=\"several_headers\"}";
    assert_eq!(served.metric(several).await, Some(1));
    served.server.shutdown().await;
}

#[tokio::test]
async fn a_failure_is_logged_once_and_its_token_never() {
    let folder = Scratch::new();
    let log = folder.path().join("log");
    let mut command = docket_command(folder.path());
    command
        .env("JWT_SECRET", SECRET)
        .env("RUST_LOG", "trace")
        .stderr(std::fs::File::create(&log).unwrap());
    let mut server = Process::start_logging(command);
    let private = "alice.the.private";
    let good = claims(json!({ "sub": private, "email": private }));
    let expired = with(good.clone(), json!({ "exp": 1_000_000_000 }));
    let tokens = [
        Signer::shared().sign(&good),
        Signer::shared().sign(&expired),
        Signer::secret(b"another secret of thirty-two bytes").sign(&good),
    ];
    for token in &tokens {
        let actor = Actor::new(&server.endpoint, Some(token));
        actor.ask("{ viewer { id } }", json!({})).await;
    }
    assert!(server.terminate().success());
    let log = std::fs::read_to_string(log).unwrap();
    let refused: Vec<_> = log
        .lines()
        .filter(|line| line.contains("a request was not authenticated"))
        .collect();
    assert_eq!(refused.len(), 2, "{log}");
    assert!(refused[0].contains("expired") && refused[1].contains("signature"));
    assert!(refused.iter().all(|line| line.contains("DEBUG")));
    for token in &tokens {
        for part in token.split('.').filter(|part| part.len() > 20) {
            let header = part == token.split('.').next().unwrap();
            assert!(header || !log.contains(part), "{log}");
        }
    }
    assert!(!log.contains(private) && !log.contains(SECRET), "{log}");
}
