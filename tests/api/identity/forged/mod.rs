//! Tokens that nobody's issuer has made, or that it made for something else. None is taken.

mod claims;
mod forms;
mod headers;
mod mutations;
mod signatures;

use std::collections::BTreeMap;

use docket::identity::Verifier;

use super::{now, shapes};

/// Takes forgeries of a kind. A kind that cannot be made of a shape is not there for it.
trait Add: FnMut(&'static str, Vec<String>) {}

impl<F: FnMut(&'static str, Vec<String>)> Add for F {}

fn parts(token: &str) -> [&str; 3] {
    let parts: Vec<_> = token.split('.').collect();
    parts.try_into().unwrap()
}

#[test]
fn no_forged_token_is_taken() {
    let all = shapes::all();
    let verifier = Verifier::new(&shapes::settings(&all));
    let mut forgeries: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for shape in &all {
        let good = shape.good();
        assert!(verifier.verify(&good, now()).is_ok(), "{}", shape.block);
        let mut add = |kind, tokens: Vec<String>| {
            let tokens = tokens.into_iter().filter(|token| *token != good);
            forgeries.entry(kind).or_default().extend(tokens);
        };
        claims::wrong_claims(shape, &mut add);
        headers::wrong_headers(shape, &mut add);
        signatures::wrong_signatures(shape, &all, &mut add);
        forms::wrong_forms(shape, &mut add);
        signatures::of_one_algorithm(shape, &mut add);
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
