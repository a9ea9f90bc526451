//! Headers that ask for another check than the key's own.

#![expect(clippy::too_many_lines, reason = "a list of forgeries")]

use docket::identity::Algorithm;
use serde_json::{Value, json};

use super::{Add, parts};
use crate::identity::shapes::Shape;
use crate::identity::signer::{Signer, encode};

pub fn wrong_headers(shape: &Shape, add: &mut impl Add) {
    let unsigned = |header: Value| encode(header.to_string());
    let good = shape.good();
    let [header, claims, signature] = parts(&good);
    let nones = ["none", "None", "NONE", "nOnE", "none ", ""];
    let nones = || {
        nones
            .iter()
            .map(|alg| unsigned(json!({ "alg": alg, "typ": "JWT" })))
    };
    add(
        "no algorithm and no signature",
        nones().map(|none| format!("{none}.{claims}.")).collect(),
    );
    add(
        "no algorithm, and the signature of another header",
        nones()
            .map(|none| format!("{none}.{claims}.{signature}"))
            .collect(),
    );
    add(
        "no algorithm, rightly signed",
        [
            json!("none"),
            json!("NONE"),
            json!(""),
            Value::Null,
            json!(["RS256"]),
            json!(0),
        ]
        .map(|alg| {
            let mut header = shape.header.clone();
            header["alg"] = alg;
            shape.signer.sign_as(&header, &shape.claims)
        })
        .to_vec(),
    );
    let others = [
        "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256",
        "ES384", "ES512", "ES256K", "EdDSA", "Ed448", "A256GCM", "dir", "rs256", "hs256", "XX",
    ];
    let named = shape.header["alg"].as_str().unwrap();
    let others = others.iter().filter(|alg| **alg != named);
    add(
        "another algorithm, rightly signed",
        others
            .map(|alg| shape.with_header(json!({ "alg": alg })))
            .collect(),
    );
    let own_key = Signer::new(Algorithm::ES256, "p256-other", "mine").jwk(json!({}));
    for (kind, changes) in [
        (
            "a key in the header",
            vec![
                json!({ "jwk": own_key }),
                json!({ "jwk": {} }),
                json!({ "jwk": "x" }),
            ],
        ),
        (
            "the address of keys",
            vec![
                json!({ "jku": "https://evil.example/keys" }),
                json!({ "jku": "" }),
            ],
        ),
        (
            "the address of a certificate",
            vec![
                json!({ "x5u": "https://evil.example/x" }),
                json!({ "x5u": 1 }),
            ],
        ),
        (
            "a certificate in the header",
            vec![json!({ "x5c": ["MIIC"] }), json!({ "x5c": [] })],
        ),
        (
            "critical extensions",
            vec![
                json!({ "crit": ["exp"] }),
                json!({ "crit": [] }),
                json!({ "crit": ["b64"], "b64": true }),
            ],
        ),
        (
            "claims that are not encoded",
            vec![json!({ "b64": false }), json!({ "b64": true })],
        ),
        (
            "compressed or encrypted",
            vec![json!({ "zip": "DEF" }), json!({ "enc": "A256GCM" })],
        ),
        (
            "another type",
            vec![
                json!({ "typ": "logout+jwt" }),
                json!({ "typ": "dpop+jwt" }),
                json!({ "typ": "JOSE" }),
                json!({ "typ": 1 }),
                json!({ "typ": "" }),
                json!({ "typ": ["JWT"] }),
            ],
        ),
        (
            "the name of a key that is none",
            vec![
                json!({ "kid": 1 }),
                json!({ "kid": ["x"] }),
                json!({ "kid": {} }),
                json!({ "kid": true }),
            ],
        ),
    ] {
        add(
            kind,
            changes
                .into_iter()
                .map(|it| shape.with_header(it))
                .collect(),
        );
    }
    add(
        "a header changed after it was signed",
        [
            json!({ "alg": named }),
            json!({ "alg": named, "typ": "JWT", "kid": "x" }),
            json!({ "typ": "JWT", "alg": named, "x": 1 }),
        ]
        .map(|changed| format!("{}.{claims}.{signature}", unsigned(changed)))
        .into_iter()
        .filter(|token| !token.starts_with(header))
        .collect(),
    );
}
