//! Tokens that nobody's issuer has made, or that it made for something else. None is taken.

use std::collections::BTreeMap;

use docket::identity::{Algorithm, Verifier};
use jsonwebtoken::crypto;
use serde_json::{Value, json};

use super::shapes::{self, Shape};
use super::signer::{Signer, decode, encode, pem};
use super::{NOW, now};
use crate::support::SECRET;

/// Forgeries by kind. A kind that cannot be made of a shape is simply not there.
type Forgeries = BTreeMap<&'static str, Vec<String>>;

fn parts(token: &str) -> [&str; 3] {
    let parts: Vec<_> = token.split('.').collect();
    parts.try_into().unwrap()
}

/// Claims changed in every way that must not pass; a shape's own rules add theirs.
fn wrong_claims(shape: &Shape, add: &mut impl FnMut(&'static str, Vec<String>)) {
    let each = |name: &str, values: Vec<Value>| -> Vec<String> {
        let changed = |value| shape.with(json!({ name: value }));
        values.into_iter().map(changed).collect()
    };
    // `with` takes a null for "left out"; a claim that is null is written by hand.
    let null = |name: &str| {
        let mut claims = shape.claims.clone();
        claims[name] = Value::Null;
        shape.signer.sign_as(&shape.header, &claims)
    };
    let left_out = |name: &str| shape.with(json!({ name: null_value() }));
    let not_numbers = || {
        vec![
            json!(true),
            json!(""),
            json!(NOW.to_string()),
            json!([NOW]),
            json!({ "at": NOW }),
            json!(-1),
            json!(-0.5),
        ]
    };
    let not_strings = || vec![json!(1), json!(true), json!(["a"]), json!({}), json!([[]])];

    add("exp left out", vec![left_out("exp"), null("exp")]);
    add("exp of a wrong type", each("exp", not_numbers()));
    add(
        "exp in milliseconds or out of all bounds",
        each(
            "exp",
            vec![
                json!((NOW + 60) * 1000),
                json!(u64::MAX),
                json!(1e300),
                json!(i64::MAX),
            ],
        ),
    );
    add(
        "exp too far away",
        each(
            "exp",
            vec![json!(NOW + 86431), json!(NOW + 10 * 365 * 86400)],
        ),
    );
    add(
        "expired",
        each(
            "exp",
            vec![
                json!(0),
                json!(NOW - 30),
                json!(NOW - 86400),
                json!(NOW as f64 - 30.5),
            ],
        ),
    );
    add(
        "nbf in the future",
        each("nbf", vec![json!(NOW + 31), json!(NOW * 1000)]),
    );
    add(
        "nbf of a wrong type",
        [each("nbf", not_numbers()), vec![null("nbf")]].concat(),
    );
    add(
        "iat in the future",
        each("iat", vec![json!(NOW + 31), json!(NOW * 1000)]),
    );
    add(
        "iat of a wrong type",
        [each("iat", not_numbers()), vec![null("iat")]].concat(),
    );
    add("iss left out", vec![left_out("iss"), null("iss")]);
    add("iss of a wrong type", each("iss", not_strings()));
    add(
        "iss as a list",
        each(
            "iss",
            vec![json!([shape.issuer]), json!([shape.issuer, "x"])],
        ),
    );
    add(
        "iss nearly right",
        each(
            "iss",
            vec![
                json!(format!("{}/", shape.issuer)),
                json!(shape.issuer.trim_end_matches('/').to_uppercase()),
                json!(format!(" {}", shape.issuer)),
                json!(format!("{}\u{0}", shape.issuer)),
                json!(format!("{}.evil.example", shape.issuer)),
                json!(""),
            ],
        ),
    );
    add("aud of a wrong type", {
        let mut values = vec![
            json!(1),
            json!(true),
            json!({}),
            json!([1]),
            json!([null_value()]),
        ];
        values.extend(shape.audience.map(|own| json!([own, 1])));
        values.extend(shape.audience.map(|own| json!({ "0": own })));
        values.extend(shape.audience.map(|own| json!([[own]])));
        [each("aud", values), vec![null("aud")]].concat()
    });
    if let Some(own) = shape.audience {
        add("aud left out", vec![left_out("aud")]);
        let nearly = [
            "another".to_owned(),
            own.to_uppercase(),
            format!("{own}/x"),
            format!("{own} x"),
            format!("x,{own}"),
            own[1..].to_owned(),
            String::new(),
        ];
        let lists = nearly.clone().map(|one| json!([one]));
        add(
            "aud of another",
            each("aud", nearly.map(Value::from).to_vec()),
        );
        add(
            "aud of others",
            each("aud", [lists.to_vec(), vec![json!([])]].concat()),
        );
    }
    if let Some(own) = shape.party {
        add("azp left out", vec![left_out("azp")]);
        add(
            "azp of another",
            each(
                "azp",
                vec![
                    json!("https://evil.example"),
                    json!(format!("{own}/")),
                    json!(""),
                ],
            ),
        );
    }
    add(
        "azp of a wrong type",
        [each("azp", not_strings()), vec![null("azp")]].concat(),
    );
    add("sub left out", vec![left_out("sub"), null("sub")]);
    add("sub of a wrong type", each("sub", not_strings()));
    add(
        "sub that is no name",
        each(
            "sub",
            vec![
                json!(""),
                json!("a".repeat(256)),
                json!("a\u{0}"),
                json!("a\nb"),
                json!("\u{7f}"),
                json!("\u{85}"),
            ],
        ),
    );
    add(
        "another kind of token, by its claims",
        ["ID", "Refresh", "Offline", "Logout"]
            .map(|typ| shape.with(json!({ "typ": typ })))
            .into_iter()
            .chain([shape.with(
                json!({ "events": { "http://schemas.openid.net/event/backchannel-logout": {} } }),
            )])
            .collect(),
    );
}

fn null_value() -> Value {
    Value::Null
}

fn wrong_headers(shape: &Shape, add: &mut impl FnMut(&'static str, Vec<String>)) {
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
            null_value(),
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

fn wrong_signatures(shape: &Shape, all: &[Shape], add: &mut impl FnMut(&'static str, Vec<String>)) {
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

fn wrong_forms(shape: &Shape, add: &mut impl FnMut(&'static str, Vec<String>)) {
    let good = shape.good();
    let [header, claims, signature] = parts(&good);
    add(
        "too few parts",
        vec![
            header.to_owned(),
            format!("{header}.{claims}"),
            format!("{claims}.{signature}"),
            String::new(),
        ],
    );
    add(
        "too many parts",
        vec![
            format!("{good}."),
            format!(".{good}"),
            format!("{good}.{signature}"),
            format!("{header}.{header}.{claims}.{signature}"),
            format!("{good}.."),
            format!("{header}..{claims}.{signature}"),
            format!("{header}.{claims}.{signature}.{claims}.{signature}"),
        ],
    );
    add(
        "padding, white space, and other letters",
        vec![
            format!("{good}="),
            format!("{good}=="),
            format!("{header}=.{claims}.{signature}"),
            format!("{good} "),
            format!(" {good}"),
            format!("{good}\n"),
            format!("{header}. {claims}.{signature}"),
            format!("{good}\0"),
            good.replace('.', ","),
            format!("{header}.{claims}.{signature}é"),
            format!("\u{feff}{good}"),
            format!("\"{good}\""),
            format!("Bearer {good}"),
        ],
    );
    add("longer than 8 KiB", {
        [8 * 1024, 100_000]
            .map(|length| shape.with(json!({ "pad": "a".repeat(length) })))
            .to_vec()
    });
    let deep = "[".repeat(3000);
    let texts = [
        "",
        "null",
        "1",
        "[]",
        "\"sub\"",
        "{",
        "{}",
        "{\"sub\"}",
        "{]",
        "\u{feff}{}",
        &deep,
    ];
    let text = shape.header.to_string();
    add(
        "claims that are no object",
        texts
            .map(|claims| shape.signer.sign_text(&text, claims))
            .to_vec(),
    );
    let text = shape.claims.to_string();
    add(
        "a header that is no object",
        texts
            .map(|header| shape.signer.sign_text(header, &text))
            .to_vec(),
    );
    add("claims in another encoding", {
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let latin = [text.as_bytes(), &[0xe9]].concat();
        let header = encode(shape.header.to_string());
        [utf16, latin]
            .map(|claims| shape.signer.sign_parts(&header, &encode(claims)))
            .to_vec()
    });
    add("claims that are not encoded at all", {
        let header = encode(shape.header.to_string());
        vec![
            shape.signer.sign_parts(&header, "e30="),
            shape.signer.sign_parts(&header, "!!!!"),
        ]
    });
    add("a token in a token", {
        let nested = shape.signer.sign_text(&shape.header.to_string(), &good);
        let quoted = shape
            .signer
            .sign_text(&shape.header.to_string(), &format!("\"{good}\""));
        vec![nested, quoted]
    });
    add("JSON in place of the compact form", {
        let flat = json!({ "protected": header, "payload": claims, "signature": signature });
        let general = json!({ "payload": claims, "signatures": [{ "protected": header, "signature": signature }] });
        vec![
            flat.to_string(),
            general.to_string(),
            encode(flat.to_string()),
        ]
    });
    add(
        "bits left over in the last letter",
        last_letters(signature)
            .into_iter()
            .map(|signature| format!("{header}.{claims}.{signature}"))
            .collect(),
    );
}

/// The same bytes written with other left-over bits, where the last letter has any.
fn last_letters(text: &str) -> Vec<String> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (rest, last) = text.split_at(text.len() - 1);
    let place = alphabet
        .iter()
        .position(|it| *it == last.as_bytes()[0])
        .unwrap();
    let spare = match text.len() % 4 {
        2 => 16,
        3 => 4,
        _ => 1,
    };
    (1..spare)
        .map(|extra| {
            format!(
                "{rest}{}",
                char::from(alphabet[place - place % spare + (place + extra) % spare])
            )
        })
        .collect()
}

/// What only one algorithm has to fear.
fn of_one_algorithm(shape: &Shape, add: &mut impl FnMut(&'static str, Vec<String>)) {
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

#[test]
fn no_forged_token_is_taken() {
    let all = shapes::all();
    let verifier = Verifier::new(&shapes::settings(&all));
    let mut forgeries = Forgeries::new();
    for shape in &all {
        let good = shape.good();
        assert!(verifier.verify(&good, now()).is_ok(), "{}", shape.block);
        let mut add = |kind, tokens: Vec<String>| {
            let tokens = tokens.into_iter().filter(|token| *token != good);
            forgeries.entry(kind).or_default().extend(tokens);
        };
        wrong_claims(shape, &mut add);
        wrong_headers(shape, &mut add);
        wrong_signatures(shape, &all, &mut add);
        wrong_forms(shape, &mut add);
        of_one_algorithm(shape, &mut add);
    }
    let mut count = 0;
    for (kind, tokens) in &forgeries {
        assert!(!tokens.is_empty(), "{kind}");
        for token in tokens {
            assert!(verifier.verify(token, now()).is_err(), "{kind}: {token}");
            count += 1;
        }
    }
    let kinds = forgeries.len();
    assert!(
        count >= 1000 && kinds >= 40,
        "{count} tokens of {kinds} kinds"
    );
}

/// Small, and the same every time: xorshift, <https://www.jstatsoft.org/article/view/v008i14>.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

fn mutated(token: &str, dice: &mut Dice) -> String {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/~";
    let mut bytes = token.as_bytes().to_vec();
    for _ in 0..=dice.below(3) {
        let place = dice.below(bytes.len());
        let letter = letters[dice.below(letters.len())];
        match dice.below(6) {
            0 | 1 => bytes[place] = letter,
            2 => bytes.insert(place, letter),
            3 => drop(bytes.remove(place)),
            4 => {
                let other = dice.below(bytes.len());
                bytes.swap(place, other);
            }
            _ => {
                let end = (place + 1 + dice.below(20)).min(bytes.len());
                let piece = bytes[place..end].to_vec();
                let at = dice.below(bytes.len());
                bytes.splice(at..at, piece);
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn no_mutation_of_a_good_token_is_taken() {
    let all = shapes::all();
    let verifier = Verifier::new(&shapes::settings(&all));
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut count = 0;
    while count < 100_000 {
        // The costly signatures have their share, and the cheap ones the rest.
        let shape = match count % 20 {
            place @ 0..=6 => &all[place],
            place => &all[if place % 2 == 0 { 1 } else { 6 }],
        };
        let good = shape.good();
        for _ in 0..100 {
            let token = mutated(&good, &mut dice);
            if token != good {
                assert!(verifier.verify(&token, now()).is_err(), "{good}\n{token}");
                count += 1;
            }
        }
    }
}
