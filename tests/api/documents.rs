//! Documents that clients send once and name by their hash from then on.

use std::fmt::Write as _;

use reqwest::header::{ACCEPT, CACHE_CONTROL};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::{Actor, Answer, Docket, Process, SECRET, Scratch, docket_command, sign};

const LIST: &str = "query List($first: Int) { tasks(first: $first) { nodes { title } } }";

fn hash(text: &str) -> String {
    let mut digits = String::new();
    for byte in Sha256::digest(text) {
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

fn persisted(hash: &str) -> Value {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } })
}

async fn send(actor: &Actor, body: Value) -> Answer {
    Answer::of(actor.post().json(&body).send().await.unwrap()).await
}

#[tokio::test]
async fn a_document_is_known_by_its_hash_once_its_text_has_come() {
    let docket = Docket::on_sqlite().await;
    docket.alice.create(json!({ "title": "t" })).await;
    let by_hash = json!({ "extensions": persisted(&hash(LIST)), "variables": { "first": 1 } });

    let missed = send(&docket.alice, by_hash.clone()).await;
    assert_eq!(
        (missed.status.as_u16(), missed.code()),
        (200, "PERSISTED_QUERY_NOT_FOUND")
    );
    assert_eq!(
        missed.body["errors"][0]["message"],
        "PersistedQueryNotFound"
    );
    assert_eq!(missed.headers[CACHE_CONTROL], "no-store");
    let strict = docket
        .alice
        .post()
        .header(ACCEPT, "application/graphql-response+json");
    let missed = Answer::of(strict.json(&by_hash).send().await.unwrap()).await;
    assert_eq!(
        (missed.status.as_u16(), missed.code()),
        (400, "PERSISTED_QUERY_NOT_FOUND")
    );

    let mut with_text = by_hash.clone();
    with_text["query"] = LIST.into();
    let expected = json!({ "tasks": { "nodes": [{ "title": "t" }] } });
    assert_eq!(send(&docket.alice, with_text).await.body["data"], expected);
    assert_eq!(
        send(&docket.alice, by_hash.clone()).await.body["data"],
        expected
    );
    let by_address = docket.alice.get().query(&[
        ("extensions", by_hash["extensions"].to_string()),
        ("variables", by_hash["variables"].to_string()),
        ("operationName", "List".to_owned()),
    ]);
    assert_eq!(
        Answer::of(by_address.send().await.unwrap()).await.body["data"],
        expected
    );
    // Whoever knows the hash runs it as themselves.
    let theirs = send(&docket.bob, by_hash.clone()).await;
    assert_eq!(theirs.body["data"]["tasks"]["nodes"], json!([]));
    assert_eq!(send(&docket.nobody, by_hash).await.status, 401);
}

#[tokio::test]
async fn only_what_is_valid_is_kept_and_only_under_its_own_hash() {
    let docket = Docket::on_sqlite().await;
    let wrong = send(
        &docket.alice,
        json!({ "query": LIST, "extensions": persisted(&hash("{ a }")) }),
    )
    .await;
    assert_eq!((wrong.status.as_u16(), wrong.code()), (400, "BAD_REQUEST"));
    for text in [
        "{ nope }",
        "{ tasks { nodes {",
        "mutation { toggleTask(id: \"x\") { nope } }",
    ] {
        let extensions = persisted(&hash(text));
        let refused = send(
            &docket.alice,
            json!({ "query": text, "extensions": extensions }),
        )
        .await;
        assert!(refused.body.get("data").is_none(), "{}", refused.text);
        let again = send(&docket.alice, json!({ "extensions": extensions })).await;
        assert_eq!(again.code(), "PERSISTED_QUERY_NOT_FOUND", "{text}");
    }
    for extensions in [
        json!({ "persistedQuery": 1 }),
        json!({ "persistedQuery": { "version": 2, "sha256Hash": hash(LIST) } }),
        json!({ "persistedQuery": { "version": 1 } }),
        json!({ "persistedQuery": { "version": 1, "sha256Hash": 1 } }),
    ] {
        let answer = send(
            &docket.alice,
            json!({ "query": LIST, "extensions": extensions }),
        )
        .await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (400, "BAD_REQUEST"),
            "{extensions}"
        );
    }
    // A mutation can be named by its hash, and is still no matter for GET.
    let text = "mutation { createTask(input: { title: \"by hash\" }) { task { title } } }";
    let extensions = persisted(&hash(text));
    let made = send(
        &docket.alice,
        json!({ "query": text, "extensions": extensions }),
    )
    .await;
    assert_eq!(made.body["data"]["createTask"]["task"]["title"], "by hash");
    let by_address = docket
        .alice
        .get()
        .query(&[("extensions", extensions.to_string())]);
    assert_eq!(by_address.send().await.unwrap().status(), 405);
}

#[tokio::test]
async fn the_store_is_bounded_and_forgets() {
    let docket = Docket::on_sqlite_with(&[("DOCUMENT_CACHE", "65536")]).await;
    let text = |number: usize| format!("query Q{number} {{ tasks(first: 1) {{ totalCount }} }}");
    let total = 200;
    for number in 0..total {
        let text = text(number);
        let extensions = persisted(&hash(&text));
        let answer = send(
            &docket.alice,
            json!({ "query": text, "extensions": extensions }),
        )
        .await;
        assert_eq!(answer.body["data"]["tasks"]["totalCount"], 0);
    }
    let mut known = 0;
    for number in 0..total {
        let extensions = persisted(&hash(&text(number)));
        let answer = send(&docket.alice, json!({ "extensions": extensions })).await;
        known += usize::from(answer.body.get("data").is_some());
    }
    assert!(
        (1..total / 2).contains(&known),
        "some are kept and most forgotten: {known}"
    );
}

#[tokio::test]
async fn a_manifest_allows_its_documents_and_no_others() {
    let folder = Scratch::new();
    let manifest = folder.path().join("documents.json");
    // graphql-codegen and relay-compiler write hashes of other kinds too.
    let documents = json!({ "b5bd41d4": LIST, "1234": "mutation Add($title: String!) { createTask(input: { title: $title }) { task { title } } }" });
    std::fs::write(&manifest, documents.to_string()).unwrap();
    let docket = Docket::on_sqlite_with(&[("TRUSTED_DOCUMENTS", manifest.to_str().unwrap())]).await;
    let made = send(
        &docket.alice,
        json!({ "documentId": "1234", "variables": { "title": "t" } }),
    )
    .await;
    assert_eq!(made.body["data"]["createTask"]["task"]["title"], "t");
    for body in [
        json!({ "documentId": "b5bd41d4" }),
        json!({ "extensions": persisted("b5bd41d4") }),
        json!({ "query": LIST }),
    ] {
        let answer = send(&docket.alice, body).await;
        assert_eq!(answer.body["data"]["tasks"]["nodes"][0]["title"], "t");
    }
    let other = "{ tasks { totalCount } }";
    for body in [
        json!({ "query": other }),
        json!({ "query": other, "extensions": persisted(&hash(other)) }),
        json!({ "documentId": hash(other) }),
        json!({ "query": "{ __schema { queryType { name } } }" }),
    ] {
        let answer = send(&docket.alice, body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (400, "PERSISTED_QUERY_NOT_FOUND")
        );
    }
}

#[test]
fn a_manifest_that_does_not_fit_the_schema_does_not_start() {
    let folder = Scratch::new();
    for (manifest, said) in [
        (
            "{\"abc\": \"{ nope }\"}",
            "the document abc does not fit the schema",
        ),
        (
            "{\"abc\": \"{\"}",
            "the document abc does not fit the schema",
        ),
        ("[]", "it is not a JSON object"),
    ] {
        std::fs::write(folder.path().join("documents.json"), manifest).unwrap();
        let output = docket_command(folder.path())
            .env("TRUSTED_DOCUMENTS", "documents.json")
            .env("PORT", "0")
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains(said), "{stderr}");
    }
}

#[tokio::test]
async fn a_known_document_is_decided_anew_for_its_variables() {
    let folder = Scratch::new();
    let mut command = docket_command(folder.path());
    command.env("JWT_SECRET", SECRET);
    let server = Process::start(command);
    let alice = Actor::new(&server.endpoint, Some(&sign("alice")));
    let text = "query($first: Int!, $long: Boolean!) { tasks(first: $first) { nodes { title } totalCount @include(if: $long) } }";
    for (variables, expected) in [
        (
            json!({ "first": 1, "long": true }),
            "{\"data\":{\"tasks\":{\"nodes\":[],\"totalCount\":0}}}",
        ),
        (
            json!({ "first": 1, "long": false }),
            "{\"data\":{\"tasks\":{\"nodes\":[]}}}",
        ),
    ] {
        assert_eq!(alice.ask(text, variables).await.text, expected);
    }
    for variables in [
        json!({ "first": 1 }),
        json!({ "first": "1", "long": true }),
        json!({ "first": null, "long": true }),
        json!({}),
    ] {
        let answer = alice.ask(text, variables.clone()).await;
        assert_eq!(answer.code(), "BAD_USER_INPUT", "{variables}");
        assert!(answer.body.get("data").is_none());
    }
    assert_eq!(
        alice
            .ask(text, json!({ "first": 1, "long": true }))
            .await
            .body["errors"],
        Value::Null
    );
}
