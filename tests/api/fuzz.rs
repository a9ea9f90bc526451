//! Random changes to the documents and bodies of `tests/corpus`: nothing panics, nothing takes long,
//! and everything is answered as GraphQL over HTTP wants it. The same seeds each time; with
//! `DOCKET_FUZZ_SECONDS` set it goes on for so long, with new ones. What it finds joins the corpus.

use std::path::Path;
use std::time::{Duration, Instant};

use docket::graphql::Schema;
use docket::server::schema_settings;
use fastrand::Rng;
use serde_json::Value;

use crate::support::{Docket, Scratch, config};

/// Pieces that mean something to a parser.
const PIECES: [&str; 34] = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "...",
    "... on Query ",
    "fragment A on Query ",
    "query ",
    "mutation ",
    "$a",
    ":",
    "!",
    "=",
    "@skip(if: true)",
    "@include(if: $a)",
    "\"",
    "\"\"\"",
    "\\",
    "\\u",
    "\\uD83D",
    "#",
    "\n",
    "\r",
    "\u{feff}",
    "-",
    "1e",
    "null",
    "__typename",
    "__schema",
    "tasks",
    "\u{1f4a3}",
    "\0",
];

fn corpus(folder: &str) -> Vec<Vec<u8>> {
    let files = std::fs::read_dir(Path::new("tests/corpus").join(folder)).unwrap();
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() > 3, "{folder}: the corpus is there");
    paths
        .iter()
        .map(|path| std::fs::read(path).unwrap())
        .collect()
}

/// Changes a few places: cuts, doubles, swaps, inserts, flips.
fn mutate(random: &mut Rng, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = random.choice(corpus).unwrap().clone();
    for _ in 0..random.usize(1..6) {
        let at = random.usize(0..=bytes.len());
        let end = (at + random.usize(0..40)).min(bytes.len());
        match random.u8(0..7) {
            0 => drop(bytes.drain(at..end)),
            1 => {
                let copied = bytes[at..end].repeat(random.usize(1..30));
                bytes.splice(at..at, copied);
            }
            2 => {
                let other = random.choice(corpus).unwrap();
                let from = random.usize(0..other.len());
                let to = (from + random.usize(0..60)).min(other.len());
                bytes.splice(at..at, other[from..to].iter().copied());
            }
            3 | 4 => {
                let piece = random.choice(PIECES).unwrap();
                let times = if random.u8(0..10) == 0 { 200 } else { 1 };
                bytes.splice(at..at, piece.repeat(times).into_bytes());
            }
            5 => bytes
                .iter_mut()
                .skip(at)
                .take(1)
                .for_each(|byte| *byte ^= 1 << random.u8(0..8)),
            _ => bytes.truncate(end),
        }
    }
    bytes
}

/// The seeds of this run, until there are enough or the time is over.
fn seeds(usual: u64) -> impl Iterator<Item = u64> {
    let seconds = std::env::var("DOCKET_FUZZ_SECONDS").ok();
    let seconds = seconds
        .and_then(|text| text.parse().ok())
        .map(Duration::from_secs);
    let (start, first) = (
        Instant::now(),
        seconds.map_or(0, |_| fastrand::u64(..u64::MAX / 2)),
    );
    (first..)
        .zip(0..)
        .take_while(move |(_, count)| match seconds {
            Some(seconds) => start.elapsed() < seconds,
            None => *count < usual,
        })
        .map(|(seed, _)| seed)
}

#[tokio::test]
async fn changed_documents_are_admitted_or_refused() {
    let corpus = corpus("documents");
    let folder = Scratch::new();
    let file = folder.path().join("tasks.db");
    let config = config(&format!("sqlite://{}?mode=rwc", file.display()), &[]);
    let store = docket::store::Store::connect(&config.database, config.request_timeout);
    let schema = Schema::new(store.await.unwrap(), schema_settings(&config));
    let (mut admitted, mut valid) = (0, 0);
    for seed in seeds(4_000) {
        let mut random = Rng::with_seed(seed);
        let bytes = mutate(&mut random, &corpus);
        let Ok(text) = String::from_utf8(bytes) else {
            continue;
        };
        let started = Instant::now();
        if let Ok(document) = schema.admit(&text) {
            admitted += 1;
            valid += usize::from(schema.validate(document).await.is_ok());
        }
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "seed {seed} takes long: {text}"
        );
    }
    assert!(
        admitted > 50 && valid > 10,
        "the changes are not all nonsense: {admitted}, {valid}"
    );
}

#[tokio::test]
async fn changed_bodies_and_addresses_are_answered() {
    let (bodies, documents) = (corpus("bodies"), corpus("documents"));
    let docket = Docket::on_sqlite_with(&[("BATCH_LIMIT", "2")]).await;
    let (mut refused, mut run) = (0, 0);
    for seed in seeds(1_500) {
        let mut random = Rng::with_seed(seed);
        let request = if random.bool() {
            let body = mutate(&mut random, &bodies);
            docket
                .alice
                .post()
                .header("content-type", "application/json")
                .body(body)
        } else {
            let document = mutate(&mut random, &documents);
            let document = String::from_utf8_lossy(&document)
                .chars()
                .take(2_000)
                .collect::<String>();
            let variables = String::from_utf8_lossy(&mutate(&mut random, &bodies)).into_owned();
            docket
                .alice
                .get()
                .query(&[("query", document), ("variables", variables)])
        };
        let request = request.header("accept", "application/graphql-response+json");
        let response = request.timeout(Duration::from_secs(20)).send().await;
        let response = response.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        let status = response.status().as_u16();
        assert!([200, 400, 405].contains(&status), "seed {seed}: {status}");
        let text = response.text().await.unwrap();
        let answer: Value =
            serde_json::from_str(&text).unwrap_or_else(|_| panic!("seed {seed}: {text}"));
        let answers = answer
            .as_array()
            .cloned()
            .unwrap_or_else(|| vec![answer.clone()]);
        for answer in answers {
            match (answer.get("data"), answer.get("errors")) {
                (None, Some(Value::Array(errors))) => {
                    refused += 1;
                    assert!(
                        errors
                            .iter()
                            .all(|error| error["extensions"]["code"].is_string()),
                        "seed {seed}: {text}"
                    );
                }
                (Some(_), _) => run += 1,
                _ => panic!("seed {seed}: {text}"),
            }
        }
    }
    assert!(
        refused > 50 && run > 10,
        "the changes are not all nonsense: {refused}, {run}"
    );
}
