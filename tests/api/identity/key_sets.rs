//! Keys that are fetched, from a server that rotates them, and from one that misbehaves.

use std::sync::Arc;
use std::time::{Duration, Instant};

use docket::identity::{Authorities, IssuerSettings, KeyAddress, KeySource, Settings, Verifier};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use super::key_server::{Answers, KeyServer, Tls};
use super::signer::Signer;
use super::{NOW, later, now};
use crate::support::SECRET;

const ISSUER: &str = "https://id.example";
const DAY: i64 = 24 * 3600;

fn settings(address: &str, authorities: Authorities) -> Settings {
    let address = KeyAddress::parse(address, None).unwrap();
    let mut issuer = IssuerSettings::new(vec![KeySource::Fetched(address)]);
    issuer.issuer = Some(ISSUER.to_owned());
    issuer.audiences = vec!["docket".to_owned()];
    // So that one token lasts through a test.
    issuer.max_lifetime = Duration::from_hours(100);
    Settings {
        issuers: vec![issuer],
        authorities,
    }
}

async fn verifier(server: &KeyServer) -> Verifier {
    let mut verifier = Verifier::new(&settings(&server.address(), Authorities::default()));
    verifier.keep_keys(now).await;
    verifier
}

fn first() -> Signer {
    Signer::new(Algorithm::EdDSA, "ed25519", "first")
}

fn second() -> Signer {
    Signer::new(Algorithm::ES256, "p256", "second")
}

fn set(keys: &[Value]) -> Value {
    json!({ "keys": keys })
}

fn one(signer: &Signer) -> Answers {
    Answers::Json(set(&[signer.jwk(json!({}))]))
}

fn token(signer: &Signer) -> String {
    let claims = json!({ "iss": ISSUER, "aud": "docket", "sub": "alice", "exp": NOW + 3 * DAY });
    signer.sign(&claims)
}

/// What becomes of a token: "ok", or the reason why it is refused.
async fn verdict(verifier: &Verifier, token: &str, seconds: i64) -> &'static str {
    match verifier.authenticate(token, later(seconds)).await {
        Ok(_) => "ok",
        Err(refusal) => refusal.reason(),
    }
}

#[tokio::test]
async fn a_rotation_is_seen_by_the_first_token_that_needs_it() {
    let server = KeyServer::start(one(&first())).await;
    let verifier = verifier(&server).await;
    assert_eq!(server.hits(), 1);
    let (old, new) = (token(&first()), token(&second()));
    assert_eq!(verdict(&verifier, &old, 0).await, "ok");

    server.now_answers(one(&second()));
    // Within 30 s of the last fetch nothing is fetched, however many ask.
    for seconds in 0..30 {
        assert_eq!(verdict(&verifier, &new, seconds).await, "unknown_key");
        assert_eq!(verdict(&verifier, &old, seconds).await, "ok");
    }
    assert_eq!(server.hits(), 1);
    assert_eq!(verdict(&verifier, &new, 30).await, "ok");
    assert_eq!(server.hits(), 2);
    // The old key was withdrawn, and what was remembered of it is gone.
    assert_eq!(verdict(&verifier, &old, 31).await, "unknown_key");
    assert_eq!(server.hits(), 2);
}

#[tokio::test]
async fn a_key_that_stays_keeps_its_tokens_and_one_that_comes_is_added() {
    let server = KeyServer::start(one(&first())).await;
    let verifier = verifier(&server).await;
    let both = [first().jwk(json!({})), second().jwk(json!({}))];
    server.now_answers(Answers::Json(set(&both)));
    assert_eq!(verdict(&verifier, &token(&second()), 30).await, "ok");
    assert_eq!(verdict(&verifier, &token(&first()), 30).await, "ok");
    assert_eq!(server.hits(), 2);
}

#[tokio::test]
async fn a_new_key_under_an_old_name_takes_its_place() {
    let server = KeyServer::start(one(&first())).await;
    let verifier = verifier(&server).await;
    let renamed = Signer::new(Algorithm::EdDSA, "ed25519-other", "first");
    let (old, new) = (token(&first()), token(&renamed));
    assert_eq!(verdict(&verifier, &old, 0).await, "ok");
    server.now_answers(one(&renamed));
    assert_eq!(verdict(&verifier, &new, 29).await, "signature");
    assert_eq!(verdict(&verifier, &new, 30).await, "ok");
    assert_eq!(verdict(&verifier, &old, 30).await, "signature");
    assert_eq!(server.hits(), 2);
}

#[tokio::test]
async fn a_secret_in_a_key_set_is_never_used() {
    let secret = Signer {
        id: Some("shared"),
        ..Signer::shared()
    };
    let oct = json!({ "kty": "oct", "k": super::signer::encode(SECRET), "alg": "HS256", "kid": "shared" });
    let keys = [oct, first().jwk(json!({}))];
    let server = KeyServer::start(Answers::Json(set(&keys))).await;
    let verifier = verifier(&server).await;
    assert_eq!(verdict(&verifier, &token(&secret), 30).await, "algorithm");
    assert_eq!(server.hits(), 1, "nor is it worth a fetch");
    assert_eq!(verdict(&verifier, &token(&first()), 0).await, "ok");
    assert_eq!(verifier.key_sets(now())[0].keys, 1);
}

#[tokio::test]
async fn one_bad_key_spoils_only_itself() {
    let rsa = Signer::new(Algorithm::RS256, "rsa", "rsa");
    let weak = Signer::new(Algorithm::RS256, "rsa-weak", "weak");
    let edwards = |x: &str| first().jwk(json!({ "x": x }));
    let bad = [
        json!(null),
        json!("key"),
        json!([]),
        json!({}),
        json!({ "kty": "RSA" }),
        json!({ "kty": 1 }),
        json!({ "kty": "new", "alg": "XY512" }),
        weak.jwk(json!({})),
        rsa.jwk(json!({ "alg": "HS256" })),
        rsa.jwk(json!({ "alg": "ES256" })),
        rsa.jwk(json!({ "alg": "RSA-OAEP" })),
        rsa.jwk(json!({ "alg": 256 })),
        rsa.jwk(json!({ "use": "enc" })),
        rsa.jwk(json!({ "use": 1 })),
        rsa.jwk(json!({ "key_ops": ["sign"] })),
        rsa.jwk(json!({ "key_ops": [] })),
        rsa.jwk(json!({ "key_ops": "verify" })),
        rsa.jwk(json!({ "kid": 7 })),
        rsa.jwk(json!({ "n": "" })),
        rsa.jwk(json!({ "n": "!" })),
        rsa.jwk(json!({ "e": "AQ" })),
        rsa.jwk(json!({ "e": "" })),
        rsa.jwk(json!({ "e": "AAAA" })),
        rsa.jwk(json!({ "d": "AQAB" })),
        second().jwk(json!({ "crv": "P-384" })),
        second().jwk(json!({ "crv": "secp256k1" })),
        second().jwk(json!({ "alg": "ES384" })),
        second().jwk(json!({ "y": second().jwk(json!({}))["x"] })),
        second().jwk(json!({ "x": "AA" })),
        second().jwk(json!({ "y": null })),
        edwards(""),
        edwards("AA"),
        edwards(&super::signer::encode([0; 31])),
        edwards(&super::signer::encode([0; 33])),
        // Points of small order: with them for a key, anyone signs anything.
        edwards(&super::signer::encode([0; 32])),
        edwards(&super::signer::encode([&[1][..], &[0; 31]].concat())),
        edwards(&super::signer::encode(
            [&[0xec][..], &[0xff; 30], &[0x7f]].concat(),
        )),
        first().jwk(json!({ "crv": "Ed448" })),
        first().jwk(json!({ "crv": "X25519" })),
    ];
    let mut keys = bad.to_vec();
    keys.push(first().jwk(json!({})));
    let server = KeyServer::start(Answers::Json(set(&keys))).await;
    let verifier = verifier(&server).await;
    assert_eq!(verifier.key_sets(now())[0].keys, 1);
    assert_eq!(verdict(&verifier, &token(&first()), 0).await, "ok");
    assert_eq!(verdict(&verifier, &token(&weak), 0).await, "unknown_key");
}

#[tokio::test]
async fn a_bad_answer_leaves_the_keys_that_are_there() {
    let good = set(&[second().jwk(json!({}))]);
    let huge = 1 << 30;
    let bad = [
        Answers::Text("rubbish".into()),
        Answers::Text(String::new()),
        Answers::Text("[".repeat(100_000)),
        Answers::Json(json!([])),
        Answers::Json(json!({ "keys": {} })),
        Answers::Json(json!(null)),
        Answers::Status(500, good.clone()),
        Answers::Status(404, good.clone()),
        Answers::Status(203, good.clone()),
        Answers::Redirect(good.clone()),
        Answers::Large {
            bytes: huge,
            announced: true,
        },
        Answers::Large {
            bytes: huge,
            announced: false,
        },
        Answers::Text(format!("{}{good}", " ".repeat(256 * 1024))),
        Answers::Hang,
        Answers::HangHalfway(good),
    ];
    let server = KeyServer::start(one(&first())).await;
    let verifier = verifier(&server).await;
    let (old, new) = (token(&first()), token(&second()));
    let mut seconds = 0;
    for (place, answers) in bad.into_iter().enumerate() {
        server.now_answers(answers);
        seconds += 30;
        let started = Instant::now();
        assert_eq!(
            verdict(&verifier, &new, seconds).await,
            "unknown_key",
            "{place}"
        );
        assert!(started.elapsed() < Duration::from_secs(5), "{place}");
        assert_eq!(verdict(&verifier, &old, seconds).await, "ok", "{place}");
        assert_eq!(
            server.hits(),
            place + 2,
            "a redirect is not followed, {place}"
        );
        assert!(verifier.is_ready(later(seconds)));
    }
    server.now_answers(one(&second()));
    assert_eq!(verdict(&verifier, &new, seconds + 30).await, "ok");
}

#[tokio::test]
async fn a_key_set_of_256_kib_is_taken() {
    let good = set(&[first().jwk(json!({}))]).to_string();
    let text = format!("{}{good}", " ".repeat(256 * 1024 - good.len()));
    let server = KeyServer::start(Answers::Text(text)).await;
    let verifier = verifier(&server).await;
    assert_eq!(verdict(&verifier, &token(&first()), 0).await, "ok");
}

#[tokio::test]
async fn an_outage_shows_after_a_day_and_not_before() {
    let server = KeyServer::start(one(&first())).await;
    let verifier = verifier(&server).await;
    let (token, unknown) = (token(&first()), token(&second()));
    server.stop().await;
    for seconds in [0, 30, 3600, DAY - 1] {
        assert_eq!(verdict(&verifier, &token, seconds).await, "ok");
        assert_eq!(verdict(&verifier, &unknown, seconds).await, "unknown_key");
        assert!(verifier.is_ready(later(seconds)));
    }
    assert!(!verifier.is_ready(later(DAY)));
    assert!(!verifier.key_sets(later(DAY))[0].is_current);
    // It was remembered; its key is no longer trusted.
    assert_eq!(verdict(&verifier, &token, DAY).await, "unknown_key");
}

#[tokio::test]
async fn without_its_keys_a_server_starts_and_is_not_ready_until_they_come() {
    let server = KeyServer::start(Answers::Status(503, json!({}))).await;
    let verifier = verifier(&server).await;
    assert!(!verifier.is_ready(now()));
    assert_eq!(verdict(&verifier, &token(&first()), 0).await, "unknown_key");
    server.now_answers(one(&first()));
    assert_eq!(verdict(&verifier, &token(&first()), 30).await, "ok");
    assert!(verifier.is_ready(later(30)));
}

#[tokio::test]
async fn a_hanging_server_delays_nobody_whose_key_is_there() {
    let server = KeyServer::start(one(&first())).await;
    let verifier = Arc::new(verifier(&server).await);
    server.now_answers(Answers::Hang);
    let started = Instant::now();
    let waiting: Vec<_> = (0..50)
        .map(|_| {
            let verifier = Arc::clone(&verifier);
            let token = token(&second());
            tokio::spawn(async move { verdict(&verifier, &token, 30).await })
        })
        .collect();
    while server.hits() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for _ in 0..100 {
        assert_eq!(verdict(&verifier, &token(&first()), 30).await, "ok");
    }
    assert!(started.elapsed() < Duration::from_secs(2), "nobody waited");
    for waiting in waiting {
        assert_eq!(waiting.await.unwrap(), "unknown_key");
    }
    assert_eq!(server.hits(), 2, "one fetch for all of them");
}

#[tokio::test]
async fn whoever_waits_together_is_let_in_together() {
    let server = KeyServer::start(one(&first())).await;
    let verifier = Arc::new(verifier(&server).await);
    let keys = set(&[second().jwk(json!({}))]);
    server.now_answers(Answers::Late(Duration::from_millis(200), keys));
    let waiting: Vec<_> = (0..50)
        .map(|place| {
            let verifier = Arc::clone(&verifier);
            let token = token(&second());
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(place * 6)).await;
                verdict(&verifier, &token, 30).await
            })
        })
        .collect();
    for waiting in waiting {
        assert_eq!(waiting.await.unwrap(), "ok");
    }
    assert_eq!(server.hits(), 2);
}

#[tokio::test]
async fn a_client_that_hangs_up_does_not_stop_the_fetch() {
    let server = KeyServer::start(one(&first())).await;
    let verifier = verifier(&server).await;
    let keys = set(&[second().jwk(json!({}))]);
    server.now_answers(Answers::Late(Duration::from_millis(100), keys));
    let token = token(&second());
    let asked = verdict(&verifier, &token, 30);
    let hung_up = tokio::time::timeout(Duration::from_millis(20), asked).await;
    assert!(hung_up.is_err());
    while verifier.verify(&token, later(31)).is_err() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(server.hits(), 2);
}

#[tokio::test]
async fn a_token_without_a_name_for_its_key_is_tried_with_the_keys_there_are() {
    let keys = [first().jwk(json!({})), second().jwk(json!({}))];
    let server = KeyServer::start(Answers::Json(set(&keys))).await;
    let verifier = verifier(&server).await;
    for signer in [first(), second()] {
        let unnamed = Signer { id: None, ..signer };
        assert_eq!(verdict(&verifier, &token(&unnamed), 0).await, "ok");
    }
    let other = Signer {
        id: None,
        ..Signer::new(Algorithm::EdDSA, "ed25519-other", "")
    };
    assert_eq!(verdict(&verifier, &token(&other), 0).await, "signature");
}

#[tokio::test]
async fn keys_are_fetched_over_tls_from_whom_the_authorities_vouch_for() {
    let Some(tls) = Tls::made("identity::key_sets::tls") else {
        return;
    };
    let keys = set(&[first().jwk(json!({}))]);
    let address = tls.serve(keys).await;
    let trusting = Authorities::from_pem(&tls.authority()).unwrap();
    for (authorities, ready) in [(trusting, true), (Authorities::default(), false)] {
        let mut verifier = Verifier::new(&settings(&address, authorities));
        verifier.keep_keys(now).await;
        assert_eq!(verifier.is_ready(now()), ready);
        let expected = if ready { "ok" } else { "unknown_key" };
        assert_eq!(verdict(&verifier, &token(&first()), 0).await, expected);
    }
}
