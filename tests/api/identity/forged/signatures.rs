//! Signatures that are not the key's.

#![expect(clippy::too_many_lines, reason = "a list of forgeries")]

use docket::identity::Algorithm;
use jsonwebtoken::crypto;
use serde_json::{Value, json};

use super::{Add, parts};
use crate::identity::NOW;
use crate::identity::shapes::Shape;
use crate::identity::signer::{Signer, decode, encode, pem};
use crate::support::SECRET;

pub fn wrong_signatures(shape: &Shape, all: &[Shape], add: &mut impl Add) {
    let good = shape.good();
    let [header, claims, signature] = parts(&good);
    let bytes = decode(signature);
    let signed_with = |bytes: &[u8]| format!("{header}.{claims}.{}", encode(bytes));
    add(
        "no signature",
        vec![
            format!("{header}.{claims}."),
            signed_with(&[0]),
            signed_with(b"x"),
        ],
    );
    add(
        "a signature cut off",
        [1, 8, bytes.len() / 2, bytes.len() - 1]
            .map(|length| signed_with(&bytes[..length]))
            .to_vec(),
    );
    add(
        "a signature with something behind it",
        [&[0][..], &[1], &bytes]
            .map(|more| signed_with(&[&bytes[..], more].concat()))
            .to_vec(),
    );
    add(
        "a signature of zeros or ones",
        [0, 1, 0xff]
            .map(|byte| signed_with(&vec![byte; bytes.len()]))
            .to_vec(),
    );
    add("a signature turned round", {
        let reversed: Vec<_> = bytes.iter().rev().copied().collect();
        let halves = [&bytes[bytes.len() / 2..], &bytes[..bytes.len() / 2]].concat();
        vec![signed_with(&reversed), signed_with(&halves)]
    });
    add("claims changed after they were signed", {
        let bob = parts(&shape.with(json!({ "sub": "bob" })))[1].to_owned();
        let later = parts(&shape.with(json!({ "exp": NOW + 3000 })))[1].to_owned();
        vec![
            format!("{header}.{bob}.{signature}"),
            format!("{header}.{later}.{signature}"),
        ]
    });
    add("the signature of another token", {
        let other = shape.with(json!({ "sub": "bob" }));
        vec![format!("{header}.{claims}.{}", parts(&other)[2])]
    });
    let own = &shape.signer;
    let impostors = match own.algorithm {
        Algorithm::HS256 => vec![Signer::secret(b"another secret of thirty-two bytes")],
        Algorithm::EdDSA => vec![Signer::new(own.algorithm, "ed25519-other", "")],
        Algorithm::ES256 => vec![Signer::new(own.algorithm, "p256-other", "")],
        _ => vec![Signer::new(own.algorithm, "rsa-weak", "")],
    };
    add(
        "another key under the same name",
        impostors
            .iter()
            .map(|it| it.sign_as(&shape.header, &shape.claims))
            .collect(),
    );
    add("another issuer's key", {
        let others = all.iter().filter(|it| it.issuer != shape.issuer);
        let others = others.filter(|it| it.header["kid"] != shape.header["kid"]);
        // The secret is the same one for all of these issuers that have one.
        let others = others.filter(|it| it.key_set.is_some() || shape.key_set.is_some());
        others
            .flat_map(|other| {
                let own_header = json!({ "alg": other.header["alg"], "kid": shape.header["kid"] });
                [
                    other.signer.sign_as(&other.header, &shape.claims),
                    other.signer.sign_as(&own_header, &shape.claims),
                ]
            })
            .filter(|token| !is_shared_key(token, shape, all))
            .collect()
    });
    if let Some(set) = &shape.key_set {
        add("a secret made of the public key", confused(shape, set));
    }
    let named = |name: &str, secret: &[u8]| {
        let header = json!({ "alg": "HS256", "typ": "JWT", "kid": name });
        sign_hmac(secret, &header, &shape.claims)
    };
    add(
        "the name of a key that leads elsewhere",
        [
            "../../../../dev/null",
            "/dev/null",
            "' UNION SELECT '",
            "x\u{0}",
            "",
            "AAAA",
            "https://evil.example/key",
        ]
        .iter()
        .flat_map(|name| [&b""[..], b"\0", b"AA=="].map(|secret| named(name, secret)))
        .collect(),
    );
    add(
        "a weak secret",
        [
            &b""[..],
            b"secret",
            b"password",
            b"changeme",
            b"your-256-bit-secret",
            b"null",
            b"undefined",
            &SECRET.as_bytes()[..39],
        ]
        .map(|secret| {
            sign_hmac(
                secret,
                &json!({ "alg": "HS256", "typ": "JWT" }),
                &shape.claims,
            )
        })
        .to_vec(),
    );
}

/// Whether a token is good after all, since two of these issuers have the same test key: Auth0's and
/// Keycloak's tokens differ in the name of the key alone.
fn is_shared_key(token: &str, shape: &Shape, all: &[Shape]) -> bool {
    let header: Value = serde_json::from_slice(&decode(parts(token)[0])).unwrap();
    let same_issuer = all.iter().filter(|it| it.issuer == shape.issuer);
    same_issuer.into_iter().any(|own| {
        let resigned = own.signer.sign_as(&header, &shape.claims);
        let deterministic = !matches!(own.signer.algorithm, Algorithm::ES256 | Algorithm::ES384);
        deterministic && resigned == token && header["alg"] == own.header["alg"]
    })
}

fn sign_hmac(secret: &[u8], header: &Value, claims: &Value) -> String {
    Signer::secret(secret).sign_as(header, claims)
}

/// HMAC with everything of a public key that somebody might take for a secret.
fn confused(shape: &Shape, set: &Value) -> Vec<String> {
    let mut secrets = vec![set.to_string().into_bytes()];
    for key in set["keys"].as_array().unwrap() {
        secrets.push(key.to_string().into_bytes());
        for member in ["n", "e", "x", "y", "kid"] {
            if let Some(text) = key[member].as_str() {
                secrets.push(text.as_bytes().to_vec());
            }
        }
        for member in ["n", "e", "x", "y"] {
            if let Some(text) = key[member].as_str() {
                secrets.push(decode(text));
            }
        }
    }
    for file in ["rsa.pub", "rsa.pkcs1.pub", "p256.pub", "ed25519.pub"] {
        let text = pem(file);
        secrets.push(text.trim_ascii_end().to_vec());
        secrets.push(text);
    }
    let headers = [
        json!({ "alg": "HS256", "typ": "JWT" }),
        json!({ "alg": "HS256", "typ": "JWT", "kid": shape.header["kid"] }),
    ];
    let tokens = secrets.iter().flat_map(|secret| {
        headers
            .iter()
            .map(|header| sign_hmac(secret, header, &shape.claims))
    });
    tokens.collect()
}

/// What only one algorithm has to fear.
pub fn of_one_algorithm(shape: &Shape, add: &mut impl Add) {
    let good = shape.good();
    let [header, claims, signature] = parts(&good);
    let bytes = decode(signature);
    let signed_with = |bytes: &[u8]| format!("{header}.{claims}.{}", encode(bytes));
    match shape.signer.algorithm {
        Algorithm::ES256 => {
            let (r, s) = bytes.split_at(32);
            let order = [
                &[0xff; 4][..],
                &[0; 4],
                &[0xff; 8],
                &[
                    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc,
                    0x63, 0x25, 0x51,
                ],
            ]
            .concat();
            let zero = [0; 32];
            let pairs = [
                (r, &zero[..]),
                (&zero[..], s),
                (&order[..], s),
                (r, &order[..]),
                (&order[..], &order[..]),
            ];
            add(
                "r or s is zero, or the order of the curve",
                pairs.map(|(r, s)| signed_with(&[r, s].concat())).to_vec(),
            );
            let der = [&[0x30, 0x44, 0x02, 0x20][..], r, &[0x02, 0x20], s].concat();
            add("a signature in DER", vec![signed_with(&der)]);
        }
        Algorithm::EdDSA => {
            let (r, s) = bytes.split_at(32);
            add(
                "s plus the order of the curve",
                vec![signed_with(&[r, &plus_order(s)].concat())],
            );
            let identity = [&[1][..], &[0; 63]].concat();
            add(
                "the neutral point for a signature",
                vec![signed_with(&identity)],
            );
        }
        Algorithm::RS256 => {
            let key = Signer {
                algorithm: Algorithm::PS256,
                key: shape.signer.key.clone(),
                id: shape.signer.id,
            };
            let message = format!("{header}.{claims}");
            let pss = crypto::sign(message.as_bytes(), &key.key, Algorithm::PS256).unwrap();
            add(
                "the other padding of RSA",
                vec![
                    format!("{message}.{pss}"),
                    key.sign_as(&key.header(), &shape.claims),
                ],
            );
            add("one and nothing for an RSA signature", {
                let one = [&vec![0; bytes.len() - 1][..], &[1]].concat();
                vec![
                    signed_with(&one),
                    signed_with(&[1]),
                    signed_with(&[&[0][..], &bytes].concat()),
                ]
            });
        }
        _ => {}
    }
}

/// Little-endian addition of Ed25519's group order (RFC 8032, section 5.1).
fn plus_order(s: &[u8]) -> Vec<u8> {
    let order = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut carry = 0;
    let sums = s.iter().zip(order).map(|(byte, add): (&u8, u8)| {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        carry = sum >> 8;
        sum.to_le_bytes()[0]
    });
    sums.collect()
}
