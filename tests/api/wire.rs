//! Who may ask, and in which form answers come.

use reqwest::header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use serde_json::json;

use crate::support::{Actor, Answer, Docket, SECRET, sign};

fn header<'a>(answer: &'a Answer, name: &reqwest::header::HeaderName) -> &'a str {
    answer
        .headers
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_token_that_is_no_good_is_refused_in_the_same_words() {
    let docket = Docket::on_sqlite().await;
    let endpoint = format!("http://{}/graphql", docket.server.local_addr());
    let signed = |claims: serde_json::Value, secret: &str| {
        let key = jsonwebtoken::EncodingKey::from_secret(secret.as_bytes());
        jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).unwrap()
    };
    let late = docket::clock::now().timestamp() + 3600;
    for token in [
        "x".to_owned(),
        signed(
            json!({ "sub": "alice", "exp": late }),
            "another secret, that is long enough too",
        ),
        signed(json!({ "sub": "alice" }), SECRET),
        signed(json!({ "exp": late }), SECRET),
        signed(json!({ "sub": "", "exp": late }), SECRET),
        signed(json!({ "sub": 7, "exp": late }), SECRET),
        signed(json!({ "sub": "alice", "exp": late, "nbf": late }), SECRET),
        format!("{}.", sign("alice")),
    ] {
        for document in ["{ viewer { id } }", "{ __typename }", "not graphql"] {
            let answer = Actor::new(&endpoint, Some(&token))
                .ask(document, json!({}))
                .await;
            assert_eq!(
                (answer.status.as_u16(), answer.code()),
                (401, "UNAUTHENTICATED"),
                "{token}"
            );
            assert!(
                header(&answer, &WWW_AUTHENTICATE).starts_with("Bearer error=\"invalid_token\"")
            );
            assert_eq!(
                answer.body["errors"][0]["message"],
                "The token is not valid here."
            );
            assert!(answer.body.get("data").is_none());
        }
    }
    let expired = signed(json!({ "sub": "alice", "exp": 1_000_000_000 }), SECRET);
    let answer = Actor::new(&endpoint, Some(&expired))
        .ask("{ viewer { id } }", json!({}))
        .await;
    assert_eq!(
        answer.body["errors"][0]["message"],
        "The token has expired: sign in again."
    );
}

#[tokio::test]
async fn nobody_may_read_the_schema_and_nothing_else() {
    let docket = Docket::on_sqlite().await;
    docket
        .nobody
        .data(
            "{ __schema { queryType { name } } __type(name: \"Task\") { name } __typename }",
            json!({}),
        )
        .await;
    docket
        .nobody
        .data(
            "{ ...S } fragment S on Query { __schema { types { name } } }",
            json!({}),
        )
        .await;
    for document in [
        "{ __typename viewer { id } }",
        "{ ...S } fragment S on Query { __typename ...T } fragment T on Query { tasks { totalCount } }",
        "mutation { __typename }",
    ] {
        let answer = docket.nobody.ask(document, json!({})).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (401, "UNAUTHENTICATED"),
            "{document}"
        );
        assert_eq!(header(&answer, &WWW_AUTHENTICATE), "Bearer");
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_run_has_no_data() {
    let docket = Docket::on_sqlite().await;
    let ask = async |body: &str| {
        let request = docket.alice.post().header(CONTENT_TYPE, "application/json");
        let request = request.header(ACCEPT, "application/graphql-response+json");
        Answer::of(request.body(body.to_owned()).send().await.unwrap()).await
    };
    for (body, code) in [
        ("", "BAD_REQUEST"),
        ("[]", "BAD_REQUEST"),
        ("[\"{x}\"]", "BAD_REQUEST"),
        ("{\"query\": 1}", "BAD_REQUEST"),
        (
            "{\"query\": \"{ __typename }\", \"variables\": []}",
            "BAD_REQUEST",
        ),
        (
            "{\"query\": \"{ __typename }\", \"operationName\": 1}",
            "BAD_REQUEST",
        ),
        ("{\"query\": \"{ \"}", "GRAPHQL_PARSE_FAILED"),
        ("{\"query\": \"{ nope }\"}", "GRAPHQL_VALIDATION_FAILED"),
        (
            "{\"query\": \"query A { __typename } query B { __typename }\"}",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "{\"query\": \"{ viewer { taskCounts(today: \\\"2026-02-30\\\") { all } } }\"}",
            "GRAPHQL_VALIDATION_FAILED",
        ),
    ] {
        let answer = ask(body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (400, code),
            "{body}"
        );
        assert!(answer.body.get("data").is_none(), "{body}");
        assert_eq!(
            header(&answer, &CONTENT_TYPE),
            "application/graphql-response+json; charset=utf-8"
        );
        assert_eq!(header(&answer, &CACHE_CONTROL), "no-store");
        assert!(answer.headers.contains_key("x-request-id"));
    }
}

#[tokio::test]
async fn methods_types_and_sizes_are_kept_to() {
    let docket = Docket::on_sqlite().await;
    let mutation = "mutation { createTask(input: { title: \"by address\" }) { task { id } } }";
    let get = docket
        .alice
        .get()
        .query(&[("query", mutation)])
        .send()
        .await
        .unwrap();
    assert_eq!(
        (get.status().as_u16(), &get.headers()[ALLOW]),
        (405, &"POST".parse().unwrap())
    );
    let read = docket
        .alice
        .get()
        .query(&[("query", "{ tasks { totalCount } }")])
        .send()
        .await
        .unwrap();
    assert_eq!(
        Answer::of(read).await.body["data"]["tasks"]["totalCount"],
        0
    );
    let form = docket
        .alice
        .post()
        .header(CONTENT_TYPE, "text/plain")
        .body("{\"query\":\"{ __typename }\"}");
    assert_eq!(form.send().await.unwrap().status(), 415);
    let large = docket.alice.ask(&" ".repeat(300_000), json!({})).await;
    assert_eq!((large.status.as_u16(), large.code()), (413, "BAD_REQUEST"));
    let image = docket
        .alice
        .post()
        .header(ACCEPT, "image/png")
        .json(&json!({ "query": "{ __typename }" }));
    assert_eq!(image.send().await.unwrap().status(), 406);
}

#[tokio::test]
async fn health_and_readiness_answer() {
    let docket = Docket::on_sqlite().await;
    for path in ["health", "ready"] {
        let address = format!("http://{}/{path}", docket.server.local_addr());
        assert_eq!(reqwest::get(address).await.unwrap().status(), 200, "{path}");
    }
}
