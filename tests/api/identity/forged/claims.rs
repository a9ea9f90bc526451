//! Tokens that are rightly signed, and say what they may not.

#![expect(clippy::too_many_lines, reason = "a list of forgeries")]

use serde_json::{Value, json};

use super::Add;
use crate::identity::NOW;
use crate::identity::shapes::Shape;

/// Claims changed in every way that must not pass; a shape's own rules add theirs.
pub fn wrong_claims(shape: &Shape, add: &mut impl Add) {
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
    let left_out = |name: &str| shape.with(json!({ name: null }));
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
                json!(1_799_999_969.5),
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
        let mut values = vec![json!(1), json!(true), json!({}), json!([1]), json!([null])];
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
