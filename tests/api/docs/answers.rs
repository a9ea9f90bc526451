//! Documents and their answers.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::page::{Block, Page, pages};
use crate::support::Docket;

/// The texts that names like `<end>` stand for.
type Names = HashMap<String, String>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_have_the_answers_that_are_shown() {
    let mut seen = 0;
    for page in pages() {
        seen += run(&page).await;
    }
    assert!(seen > 10);
}

async fn run(page: &Page) -> usize {
    let docket = Docket::on_sqlite().await;
    let mut names = Names::new();
    let mut seen = 0;
    let mut blocks = page
        .blocks
        .iter()
        .filter(|block| {
            ["graphql", "graphql nobody", "json variables", "json"].contains(&block.kind.as_str())
        })
        .peekable();
    while let Some(document) = blocks.next() {
        let who = match document.kind.as_str() {
            "graphql" => &docket.alice,
            "graphql nobody" => &docket.nobody,
            kind => panic!("{}: {kind} follows no document", document.place),
        };
        let variables = blocks
            .next_if(|block| block.kind == "json variables")
            .map_or(json!({}), |block| named(parsed(block), &names));
        let expected = blocks
            .next_if(|block| block.kind == "json")
            .unwrap_or_else(|| panic!("{}: no answer is shown", document.place));
        let answer = who.ask(&document.text, variables).await;
        assert!(
            fits(&parsed(expected), &answer.body, false, &mut names),
            "{}: {}",
            expected.place,
            answer.text
        );
        seen += 1;
    }
    seen
}

fn parsed(block: &Block) -> Value {
    serde_json::from_str(&block.text).unwrap_or_else(|error| panic!("{}: {error}", block.place))
}

fn name(text: &str) -> Option<&str> {
    text.strip_prefix('<')?.strip_suffix('>')
}

/// With names replaced by what they stand for.
fn named(value: Value, names: &Names) -> Value {
    match value {
        Value::String(text) => match name(&text) {
            Some(name) => Value::from(names[name].as_str()),
            None => Value::String(text),
        },
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| (key, named(value, names)))
            .collect(),
        other => other,
    }
}

/// Whether an answer is as shown. Of an error, `partly`, only what is shown must be there.
fn fits(shown: &Value, real: &Value, partly: bool, names: &mut Names) -> bool {
    match (shown, real) {
        (Value::Object(shown), Value::Object(real)) => {
            (partly || shown.len() == real.len())
                && shown.iter().all(|(key, value)| {
                    let partly = partly || key == "errors";
                    real.get(key)
                        .is_some_and(|real| fits(value, real, partly, names))
                })
        }
        (Value::Array(shown), Value::Array(real)) => {
            shown.len() == real.len()
                && shown
                    .iter()
                    .zip(real)
                    .all(|(shown, real)| fits(shown, real, partly, names))
        }
        (Value::String(shown), Value::String(real)) => match name(shown) {
            Some(name) => names.entry(name.to_owned()).or_insert(real.clone()) == real,
            None => shown == real,
        },
        (shown, real) => shown == real,
    }
}
