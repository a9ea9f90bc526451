//! Keys and rules as the settings give them, and settings too weak to start with.

use std::collections::HashMap;
use std::path::Path;

use docket::config::Config;
use docket::identity::{Refusal, Verifier, Viewer};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use super::signer::{Signer, encode, pem};
use super::{NOW, now};
use crate::support::{SECRET, Scratch, docket_command};

const LONG: &str = "a secret that is long enough for HS512, which takes at least 64 bytes";

fn config(vars: &[(&str, &str)]) -> Result<Config, Vec<String>> {
    let mut all = HashMap::from([(
        "DATABASE_URL".to_owned(),
        "sqlite://docket.db?mode=rw".to_owned(),
    )]);
    let vars = vars.iter();
    all.extend(vars.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    Config::from_vars(&all).map_err(|error| error.mistakes().to_vec())
}

fn verifier(vars: &[(&str, &str)]) -> Verifier {
    Verifier::new(&config(vars).unwrap().identity)
}

fn verify(verifier: &Verifier, token: &str) -> Result<Viewer, Refusal> {
    verifier.verify(token, now())
}

fn claims() -> Value {
    json!({ "sub": "alice", "aud": "docket", "exp": NOW + 60 })
}

fn key_file(name: &str) -> String {
    format!("tests/api/identity/keys/{name}.pem")
}

/// Writes a file of this test's own, and returns its path.
fn file(folder: &Scratch, content: impl AsRef<[u8]>) -> String {
    let path = folder.path().join(uuid::Uuid::now_v7().to_string());
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_public_key_file_is_for_one_algorithm() {
    let rsa = |algorithm| (algorithm, "rsa", "rsa.pub");
    let algorithms = [
        rsa(Algorithm::RS256),
        rsa(Algorithm::RS384),
        rsa(Algorithm::RS512),
        rsa(Algorithm::PS256),
        rsa(Algorithm::PS384),
        rsa(Algorithm::PS512),
        (Algorithm::RS256, "rsa", "rsa.pkcs1.pub"),
        (Algorithm::ES256, "p256", "p256.pub"),
        (Algorithm::ES384, "p384", "p384.pub"),
        (Algorithm::EdDSA, "ed25519", "ed25519.pub"),
    ];
    let tokens = algorithms.map(|(algorithm, private, _)| {
        let signer = Signer::new(algorithm, private, "any name");
        (algorithm, signer.sign(&claims()))
    });
    for (algorithm, _, public) in algorithms {
        let name = format!("{algorithm:?}");
        let key = ("JWT_PUBLIC_KEY_FILE", &*key_file(public));
        let named = verifier(&[key, ("JWT_ALGORITHM", &name), ("JWT_AUDIENCE", "docket")]);
        for (other, token) in &tokens {
            let taken = verify(&named, token).is_ok();
            assert_eq!(taken, *other == algorithm, "{other:?} by a key for {name}");
        }
        // Not named, an RSA key is for RS256, and any other for the only one it has.
        let unnamed = verifier(&[key, ("JWT_AUDIENCE", "docket")]);
        for (other, token) in &tokens {
            let usual = match public {
                "rsa.pub" | "rsa.pkcs1.pub" => Algorithm::RS256,
                _ => algorithm,
            };
            assert_eq!(
                verify(&unnamed, token).is_ok(),
                *other == usual,
                "{other:?}"
            );
        }
    }
}

#[test]
fn a_secret_is_for_one_algorithm() {
    let algorithms = [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512];
    let token = |algorithm| {
        let key = EncodingKey::from_secret(LONG.as_bytes());
        let signer = Signer {
            algorithm,
            key,
            id: None,
        };
        signer.sign(&claims())
    };
    for algorithm in algorithms {
        let name = format!("{algorithm:?}");
        let named = verifier(&[("JWT_SECRET", LONG), ("JWT_ALGORITHM", &name)]);
        for other in algorithms {
            assert_eq!(verify(&named, &token(other)).is_ok(), other == algorithm);
        }
    }
    let unnamed = verifier(&[("JWT_SECRET", LONG)]);
    assert!(verify(&unnamed, &token(Algorithm::HS256)).is_ok());
    assert!(verify(&unnamed, &token(Algorithm::HS512)).is_err());
}

#[test]
fn the_newer_name_of_eddsa_is_the_same_algorithm() {
    let signer = Signer::new(Algorithm::EdDSA, "ed25519", "");
    let key = ("JWT_PUBLIC_KEY_FILE", &*key_file("ed25519.pub"));
    let verifier = verifier(&[key, ("JWT_AUDIENCE", "docket")]);
    let token = signer.sign_as(&json!({ "alg": "Ed25519" }), &claims());
    assert!(verify(&verifier, &token).is_ok());
}

#[test]
fn a_key_set_file_and_a_secret_may_be_one_issuers() {
    let folder = Scratch::new();
    let signer = Signer::new(Algorithm::ES384, "p384", "key");
    let oct = json!({ "kty": "oct", "k": encode(LONG), "alg": "HS256" });
    let set = file(
        &folder,
        json!({ "keys": [oct, signer.jwk(json!({}))] }).to_string(),
    );
    let both = [
        ("JWT_JWKS_FILE", &*set),
        ("JWT_SECRET", SECRET),
        ("JWT_AUDIENCE", "docket"),
    ];
    let verifier = verifier(&both);
    assert!(verify(&verifier, &signer.sign(&claims())).is_ok());
    assert!(verify(&verifier, &Signer::shared().sign(&claims())).is_ok());
    let published = Signer::secret(LONG.as_bytes()).sign(&claims());
    assert!(verify(&verifier, &published).is_err());
}

#[test]
fn rsa_keys_of_a_set_without_an_algorithm_are_for_the_configured_one() {
    let folder = Scratch::new();
    let rsa = |algorithm| Signer::new(algorithm, "rsa", "key");
    let key = rsa(Algorithm::RS256).jwk(json!({ "alg": null }));
    let set = file(&folder, json!({ "keys": [key] }).to_string());
    let base = [("JWT_JWKS_FILE", &*set), ("JWT_AUDIENCE", "docket")];
    let tokens = [Algorithm::RS256, Algorithm::PS384].map(|it| rsa(it).sign(&claims()));
    let taken = |verifier: &Verifier| tokens.each_ref().map(|it| verify(verifier, it).is_ok());
    assert_eq!(taken(&verifier(&base)), [true, false]);
    let named = verifier(&[base[0], base[1], ("JWT_ALGORITHM", "PS384")]);
    assert_eq!(taken(&named), [false, true]);
}

#[test]
fn rules_are_configured() {
    let secret = ("JWT_SECRET", SECRET);
    let reason = |verifier: &Verifier, changes: Value| {
        let token = Signer::shared().sign(&super::signer::with(claims(), changes));
        verify(verifier, &token).map_or_else(|refusal| refusal.reason(), |_| "ok")
    };

    let two = verifier(&[secret, ("JWT_AUDIENCE", "web, docket")]);
    assert_eq!(reason(&two, json!({ "aud": "web" })), "ok");
    assert_eq!(reason(&two, json!({ "aud": ["x", "docket"] })), "ok");
    assert_eq!(reason(&two, json!({ "aud": "web, docket" })), "aud");

    let parties = verifier(&[
        secret,
        (
            "JWT_AUTHORIZED_PARTIES",
            "https://a.example,https://b.example",
        ),
    ]);
    assert_eq!(
        reason(&parties, json!({ "azp": "https://b.example" })),
        "ok"
    );
    assert_eq!(
        reason(&parties, json!({ "azp": "https://c.example" })),
        "azp"
    );
    assert_eq!(reason(&parties, json!({})), "azp");

    let exact = verifier(&[secret, ("JWT_LEEWAY", "0s")]);
    assert_eq!(reason(&exact, json!({ "exp": NOW })), "expired");
    assert_eq!(reason(&exact, json!({ "nbf": NOW + 1 })), "not_yet");
    let loose = verifier(&[secret, ("JWT_LEEWAY", "5m")]);
    assert_eq!(
        reason(&loose, json!({ "exp": NOW - 299, "nbf": NOW + 300 })),
        "ok"
    );

    let week = verifier(&[secret, ("JWT_MAX_LIFETIME", "7d")]);
    assert_eq!(reason(&week, json!({ "exp": NOW + 7 * 86400 + 30 })), "ok");
    assert_eq!(reason(&week, json!({ "exp": NOW + 7 * 86400 + 31 })), "exp");

    let scoped = verifier(&[secret, ("JWT_SCOPE_CLAIM", "scope")]);
    for scope in [json!(1), json!([1]), json!({}), json!(true)] {
        assert_eq!(reason(&scoped, json!({ "scope": scope })), "scopes");
    }
}

#[test]
fn several_issuers_have_a_file() {
    let folder = Scratch::new();
    let ed = Signer::new(Algorithm::EdDSA, "ed25519", "key");
    let set = file(&folder, json!({ "keys": [ed.jwk(json!({}))] }).to_string());
    let issuers = json!([
        { "issuer": "https://a.example", "jwks_file": set, "audience": ["web", "docket"] },
        { "issuer": "https://b.example", "secret": SECRET, "leeway": "0s" },
        { "issuer": "https://c.example", "public_key_file": key_file("p256.pub"), "audience_optional": true },
    ]);
    let path = file(&folder, issuers.to_string());
    let verifier = verifier(&[("JWT_ISSUERS_FILE", &path)]);
    let p256 = Signer::new(Algorithm::ES256, "p256", "any");
    let shared = Signer::shared();
    let signers = [("a", &ed), ("b", &shared), ("c", &p256)];
    let mut ids = Vec::new();
    for (own, _) in signers {
        for (other, signer) in signers {
            let issuer = format!("https://{own}.example");
            let claims = super::signer::with(claims(), json!({ "iss": issuer }));
            let viewer = verify(&verifier, &signer.sign(&claims));
            assert_eq!(
                viewer.is_ok(),
                own == other,
                "{own}'s token by {other}'s key"
            );
            ids.extend(viewer.map(|viewer| (viewer.subject().to_owned(), viewer.id())));
        }
    }
    ids.sort();
    ids.dedup();
    assert_eq!(
        ids.len(),
        3,
        "the same subject of three issuers is three users"
    );
    assert!(
        verify(&verifier, &shared.sign(&claims())).is_err(),
        "no issuer"
    );
}

#[test]
fn a_wrong_issuers_file_says_where_and_shows_nothing() {
    let folder = Scratch::new();
    let secret = json!({ "issuer": "a", "secret": SECRET });
    for (content, told) in [
        (String::new(), "JSON array"),
        ("{}".to_owned(), "JSON array"),
        ("[1]".to_owned(), "JSON array"),
        (r#"[{"issuer": "hunter2""#.to_owned(), "line 1"),
        ("[]".to_owned(), "at least one issuer"),
        (json!([{ "issuer": "a" }]).to_string(), "it needs `secret`"),
        (
            json!([{ "secret": SECRET }]).to_string(),
            "it needs `issuer`",
        ),
        (
            json!([secret, { "issuer": "b", "secret": "hunter2" }]).to_string(),
            "entry 2: JWT_SECRET",
        ),
        (
            json!([{ "issuer": "a", "secret": ["hunter2", 1] }]).to_string(),
            "`secret` takes a string",
        ),
        (
            json!([{ "issuer": "a", "secret": SECRET, "key": "hunter2" }]).to_string(),
            "`key` is not",
        ),
        (
            json!([{ "issuer": "a", "secret": SECRET, "ca_file": "hunter2" }]).to_string(),
            "`ca_file` is not",
        ),
        (
            json!([{ "issuer": "a", "jwks_url": "http://hunter2" }]).to_string(),
            "JWT_JWKS_URL",
        ),
        (
            json!([{ "issuer": "a", "jwks_url": "https://hunter2" }]).to_string(),
            "JWT_AUDIENCE is required",
        ),
        (json!([secret, secret]).to_string(), "same issuer"),
    ] {
        let path = file(&folder, &content);
        let mistakes = config(&[("JWT_ISSUERS_FILE", &path)])
            .unwrap_err()
            .join("\n");
        assert!(mistakes.starts_with("JWT_ISSUERS_FILE "), "{mistakes}");
        assert!(mistakes.contains(told), "{content}\n{mistakes}");
        assert!(
            !mistakes.contains("hunter2") && !mistakes.contains(SECRET),
            "{mistakes}"
        );
    }
    let path = file(&folder, json!([secret]).to_string());
    for name in ["JWT_SECRET", "JWT_ISSUER"] {
        let mistakes = config(&[("JWT_ISSUERS_FILE", &path), (name, SECRET)]).unwrap_err();
        assert!(
            mistakes[0].contains(&format!("not taken together with {name}")),
            "{mistakes:?}"
        );
    }
}

#[test]
fn weak_settings_do_not_start() {
    let folder = Scratch::new();
    let written = |content: &[u8]| file(&folder, content);
    let twice = [pem("p256.pub"), pem("p256.pub")].concat();
    let both = [pem("p256.pub"), pem("p256")].concat();
    let oct = json!({ "keys": [{ "kty": "oct", "k": encode(LONG) }] }).to_string();
    let short = "0123456789012345678901234567890";
    let public = |name: &str| ("JWT_PUBLIC_KEY_FILE", key_file(name));
    for (name, value) in [
        ("JWT_SECRET", short.to_owned()),
        ("JWT_SECRET", " ".to_owned()),
        public("p256"),
        public("rsa"),
        public("rsa-weak.pub"),
        public("ed448.pub"),
        public("secp256k1.pub"),
        public("certificate"),
        public("no such file"),
        ("JWT_PUBLIC_KEY_FILE", "tests".to_owned()),
        ("JWT_PUBLIC_KEY_FILE", written(b"")),
        (
            "JWT_PUBLIC_KEY_FILE",
            written(b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
        ),
        ("JWT_PUBLIC_KEY_FILE", written(&twice)),
        ("JWT_PUBLIC_KEY_FILE", written(&both)),
        ("JWT_JWKS_FILE", written(b"{}")),
        ("JWT_JWKS_FILE", written(br#"{"keys":[]}"#)),
        ("JWT_JWKS_FILE", written(oct.as_bytes())),
        ("JWT_JWKS_URL", "http://id.example/keys".to_owned()),
        ("JWT_JWKS_URL", "http://127.0.0.1.example/keys".to_owned()),
        (
            "JWT_JWKS_URL",
            "http://localhost@id.example/keys".to_owned(),
        ),
        (
            "JWT_JWKS_URL",
            "https://user:hunter2@id.example/keys".to_owned(),
        ),
        ("JWT_JWKS_URL", "ftp://id.example/keys".to_owned()),
        ("JWT_JWKS_URL", "file:///etc/passwd".to_owned()),
        ("JWT_JWKS_URL", "id.example/keys".to_owned()),
        ("JWT_JWKS_URL", "/keys".to_owned()),
        ("JWT_ALGORITHM", "none".to_owned()),
        ("JWT_CA_FILE", written(b"")),
        ("JWT_CA_FILE", key_file("p256.pub")),
    ] {
        let mut vars = vec![(name, value.as_str()), ("JWT_AUDIENCE", "docket")];
        if ["JWT_ALGORITHM", "JWT_CA_FILE"].contains(&name) {
            vars.push(("JWT_SECRET", SECRET));
        }
        let mistakes = config(&vars).unwrap_err();
        assert_eq!(mistakes.len(), 1, "{name}={value}: {mistakes:?}");
        assert!(mistakes[0].starts_with(name), "{mistakes:?}");
        assert!(!mistakes[0].contains("hunter2"), "{mistakes:?}");
    }
    for address in [
        "http://127.0.0.1:3000/keys",
        "http://[::1]:3000/keys",
        "http://localhost/keys",
        "https://id.example/keys?version=1",
    ] {
        let audience = ("JWT_AUDIENCE", "docket");
        assert!(
            config(&[("JWT_JWKS_URL", address), audience]).is_ok(),
            "{address}"
        );
    }
}

#[test]
fn a_key_goes_with_its_algorithm() {
    let key = |name: &str| ("JWT_PUBLIC_KEY_FILE", key_file(name));
    let secret = |text: &str| ("JWT_SECRET", text.to_owned());
    for ((name, value), algorithm, named) in [
        (secret(&LONG[..47]), "HS384", "JWT_SECRET"),
        (secret(&LONG[..63]), "HS512", "JWT_SECRET"),
        (secret(LONG), "RS256", "JWT_ALGORITHM"),
        (key("rsa.pub"), "HS256", "JWT_ALGORITHM"),
        (key("rsa.pub"), "ES256", "JWT_PUBLIC_KEY_FILE"),
        (key("p256.pub"), "ES384", "JWT_PUBLIC_KEY_FILE"),
        (key("p256.pub"), "RS256", "JWT_PUBLIC_KEY_FILE"),
        (key("ed25519.pub"), "ES256", "JWT_PUBLIC_KEY_FILE"),
    ] {
        let vars = [
            (name, &*value),
            ("JWT_ALGORITHM", algorithm),
            ("JWT_AUDIENCE", "docket"),
        ];
        let mistakes = config(&vars).unwrap_err();
        assert_eq!(mistakes.len(), 1, "{algorithm}: {mistakes:?}");
        assert!(mistakes[0].starts_with(named), "{mistakes:?}");
    }
}

#[test]
fn public_keys_need_an_audience_or_a_word_that_they_need_none() {
    let folder = Scratch::new();
    let set = json!({ "keys": [Signer::new(Algorithm::EdDSA, "ed25519", "key").jwk(json!({}))] });
    let set = file(&folder, set.to_string());
    let key = key_file("p256.pub");
    for keys in [
        ("JWT_PUBLIC_KEY_FILE", &*key),
        ("JWT_JWKS_FILE", &*set),
        ("JWT_JWKS_URL", "https://id.example/keys"),
    ] {
        for rules in [
            &[][..],
            &[("JWT_AUDIENCE_OPTIONAL", "false")],
            &[("JWT_ISSUER", "x")],
        ] {
            let mistakes = config(&[&[keys], rules].concat()).unwrap_err();
            assert_eq!(mistakes.len(), 1, "{mistakes:?}");
            assert!(
                mistakes[0].starts_with("JWT_AUDIENCE is required"),
                "{mistakes:?}"
            );
        }
        for rule in [
            ("JWT_AUDIENCE", "docket"),
            ("JWT_AUTHORIZED_PARTIES", "https://a.example"),
            ("JWT_AUDIENCE_OPTIONAL", "true"),
        ] {
            let config = config(&[keys, rule, ("HOST", "0.0.0.0")]).unwrap();
            assert_eq!(config.embedded, None);
        }
    }
    assert!(
        config(&[("JWT_SECRET", SECRET)]).is_ok(),
        "a secret is shared with one"
    );
}

#[test]
fn only_a_secret_signs() {
    let folder = Scratch::new();
    let key = Path::new(&key_file("p256.pub")).canonicalize().unwrap();
    let output = docket_command(folder.path())
        .args(["token", "--sub", "alice"])
        .env("JWT_PUBLIC_KEY_FILE", key)
        .env("JWT_AUDIENCE", "docket")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("no secret to sign with"), "{told}");
}
