//! What looks like a token and is none.

#![expect(clippy::too_many_lines, reason = "a list of forgeries")]

use serde_json::json;

use super::{Add, parts};
use crate::identity::shapes::Shape;
use crate::identity::signer::encode;

pub fn wrong_forms(shape: &Shape, add: &mut impl Add) {
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
