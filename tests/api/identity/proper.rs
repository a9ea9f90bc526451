//! The tokens of well-known issuers, with the settings that `.env.example` gives for them.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use docket::config::Config;
use docket::identity::Verifier;
use serde_json::json;

use super::key_server::{Answers, KeyServer};
use super::shapes::{self, Shape};
use super::signer::Signer;
use super::{NOW, later, now};
use crate::support::SECRET;

/// The block of `.env.example` that begins so, filled in for the issuers of these tests.
fn block(title: &str) -> HashMap<String, String> {
    let example = std::fs::read_to_string(".env.example").unwrap();
    let start = format!("#   {title}");
    let mut lines = example.lines().skip_while(|line| !line.starts_with(&start));
    assert!(lines.next().is_some(), "no block for {title}");
    let settings = lines.map_while(|line| line.strip_prefix("#     "));
    let fill = |text: &str| {
        text.replace("<app>", "app.example")
            .replace("<tenant>", "tenant")
            .replace("<api>", "https://tasks.example/api")
            .replace("<origin>", "origin.example")
            .replace("<keycloak>", "sso.example")
            .replace("<realm>", "docket")
            .replace("<audience>", "docket")
            .replace("<project>", "abcdefghijklmnop")
            .replace("<secret>", SECRET)
    };
    let settings: HashMap<_, _> = settings
        .map(|line| line.split_once('=').unwrap())
        .map(|(name, value)| (name.to_owned(), fill(value)))
        .collect();
    assert!(settings.len() >= 3, "{settings:?}");
    settings
}

/// A verifier by that block; where it names an address, the keys come from one of the test's own.
async fn verifier(shape: &Shape) -> (Verifier, Option<KeyServer>) {
    let mut vars = block(shape.block);
    vars.insert("DATABASE_URL".into(), "sqlite://docket.db?mode=rw".into());
    let server = match &shape.key_set {
        Some(set) => {
            let server = KeyServer::start(Answers::Json(set.clone())).await;
            let address = vars.get_mut("JWT_JWKS_URL").unwrap();
            assert!(address.starts_with("https://"), "{address}");
            *address = server.address();
            Some(server)
        }
        None => None,
    };
    let config = Config::from_vars(&vars).unwrap();
    let mut verifier = Verifier::new(&config.identity);
    verifier.keep_keys(now).await;
    assert!(verifier.is_ready(now()));
    (verifier, server)
}

#[tokio::test]
async fn proper_tokens_of_every_issuer_are_taken() {
    let mut taken = HashSet::new();
    for shape in shapes::all() {
        let (verifier, _server) = verifier(&shape).await;
        let long = "é".repeat(255);
        let end = shape.claims["exp"].as_f64().unwrap();
        for token in [
            shape.good(),
            shape.with(json!({ "sub": long })),
            shape.with(json!({ "iat": null })),
            shape.with(json!({ "nbf": NOW + 30, "iat": NOW + 30 })),
            shape.with(json!({ "exp": end - 0.5, "jti": "fraction" })),
            shape.with(json!({ "exp": NOW - 29 })),
            shape.with(json!({ "email": "alice@example.org", "name": "Alice" })),
            shape.with_header(json!({ "typ": null })),
            shape.with_header(json!({ "typ": "at+jwt" })),
        ] {
            let viewer = verifier.verify(&token, now());
            let viewer = viewer
                .unwrap_or_else(|refusal| panic!("{}: {} {token}", shape.block, refusal.reason()));
            assert_eq!(viewer.issuer(), shape.issuer);
            taken.insert(token);
        }
        let viewer = verifier.verify(&shape.good(), now()).unwrap();
        let claimed = |name: &str| shape.claims[name].as_str();
        assert_eq!(Some(viewer.subject()), claimed("sub"));
        assert_eq!(viewer.email(), claimed("email"));
        assert_eq!(viewer.name(), claimed("name"));
        assert_eq!(
            Some(viewer.session_expires_at().timestamp()),
            shape.claims["exp"].as_i64()
        );
    }
    assert!(taken.len() >= 25, "{}", taken.len());
}

#[tokio::test]
async fn the_tokens_of_one_issuer_are_not_taken_for_anothers() {
    let all = shapes::all();
    for own in &all {
        let (verifier, _server) = verifier(own).await;
        for other in all.iter().filter(|it| it.issuer != own.issuer) {
            assert!(verifier.verify(&other.good(), now()).is_err());
        }
    }
}

/// Supabase's public keys for anonymous use are tokens too, with the same secret.
#[tokio::test]
async fn the_public_token_of_a_supabase_project_is_nobody() {
    let shape = shapes::supabase_secret();
    let (verifier, _) = verifier(&shape).await;
    let claims = json!({
        "iss": "supabase", "ref": "abcdefghijklmnop", "role": "anon", "iat": NOW, "exp": NOW + 3600,
    });
    let token = Signer::shared().sign(&claims);
    assert!(verifier.verify(&token, now()).is_err());
}

#[tokio::test]
async fn a_token_ends_when_it_says_though_it_is_remembered() {
    let shape = shapes::better_auth();
    let (verifier, _server) = verifier(&shape).await;
    let token = shape.good();
    for _ in 0..2 {
        assert!(verifier.verify(&token, now()).is_ok());
        assert!(verifier.verify(&token, later(900 + 29)).is_ok());
        let refusal = verifier.verify(&token, later(900 + 30)).unwrap_err();
        assert_eq!(refusal.reason(), "expired");
        // Nor before its time, where a clock is set back.
        let refusal = verifier.verify(&token, later(-31)).unwrap_err();
        assert_eq!(refusal.reason(), "iat");
    }
}

#[tokio::test]
async fn a_token_that_was_verified_is_remembered() {
    let shape = shapes::better_auth();
    let (verifier, _server) = verifier(&shape).await;
    let tokens: Vec<_> = (0..300)
        .map(|place| shape.with(json!({ "jti": place })))
        .collect();
    let verify_all = || {
        let started = Instant::now();
        for token in &tokens {
            assert!(verifier.verify(token, now()).is_ok());
        }
        started.elapsed()
    };
    let (first, again) = (verify_all(), verify_all().min(verify_all()));
    assert!(again * 2 < first, "{first:?}, and again {again:?}");
}
