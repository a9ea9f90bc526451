//! Who may ask, and in which form answers come.

use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, CACHE_CONTROL, CONTENT_ENCODING,
    CONTENT_TYPE, ORIGIN, VARY, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use serde_json::json;

use crate::support::{
    Actor, Answer, Docket, Part, Process, SECRET, Scratch, docket_command, have, npm, sign,
};

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

/// The audits of the `graphql-http` package, all of them, against the binary.
#[test]
fn graphql_over_http_to_the_letter() {
    if !have("wire::graphql_over_http_to_the_letter", Part::Node) {
        return;
    }
    let folder = Scratch::new();
    let server = Process::start(docket_command(folder.path()));
    let audit = std::path::Path::new("tests/audit");
    npm::install(audit);
    npm::run(
        std::process::Command::new("node")
            .arg("audit.mjs")
            .env("ENDPOINT", &server.endpoint)
            .current_dir(audit),
    );
}

#[tokio::test]
async fn variables_are_held_to_their_types_before_anything_runs() {
    let docket = Docket::on_sqlite().await;
    let made = docket.alice.create(json!({ "title": "t" })).await;
    let create = "mutation($input: CreateTaskInput!) { createTask(input: $input) { task { id } } }";
    let list = "query($filter: TaskFilter, $sort: TaskSort! = TITLE) { tasks(filter: $filter, sort: $sort) { totalCount } }";
    let update = "mutation($id: ID!, $input: UpdateTaskInput!) { toggleTask(id: $id) { task { id } } updateTask(id: $id, input: $input) { task { id } } }";
    for (document, variables, fields) in [
        (create, json!({}), &["input"][..]),
        (create, json!({ "input": null }), &["input"]),
        (create, json!({ "input": "t" }), &["input"]),
        (create, json!({ "input": {} }), &["input.title"]),
        (
            create,
            json!({ "input": { "title": 1, "dueDate": "2026-02-30", "dueTime": "25:00", "priority": "HUGE", "color": "red" } }),
            &[
                "input.color",
                "input.dueDate",
                "input.dueTime",
                "input.priority",
                "input.title",
            ],
        ),
        (
            list,
            json!({ "filter": { "priority": ["LOW", null, "NONE"] } }),
            &["filter.priority.1", "filter.priority.2"],
        ),
        (
            list,
            json!({ "filter": { "hasDueDate": "yes" } }),
            &["filter.hasDueDate"],
        ),
        (list, json!({ "sort": null }), &["sort"]),
        (list, json!({ "sort": "RANDOM" }), &["sort"]),
        (
            update,
            json!({ "id": made["id"], "input": { "completed": 1 } }),
            &["input.completed"],
        ),
        (update, json!({ "id": true, "input": {} }), &["id"]),
    ] {
        let answer = docket.alice.ask(document, variables.clone()).await;
        assert_eq!(answer.fields(), fields, "{variables}");
        assert!(answer.body.get("data").is_none(), "{}", answer.text);
        let strict = docket
            .alice
            .post()
            .header(ACCEPT, "application/graphql-response+json");
        let strict = strict
            .json(&json!({ "query": document, "variables": variables }))
            .send()
            .await;
        assert_eq!(strict.unwrap().status(), 400);
    }
    let task = docket
        .alice
        .data(
            "query($id: ID!) { task(id: $id) { version } }",
            json!({ "id": made["id"] }),
        )
        .await;
    assert_eq!(task["task"]["version"], 1, "nothing has run");
    // A single value stands for a list of one, and what is not declared is left alone.
    let alone = json!({ "filter": { "priority": "LOW" }, "sort": "CREATED", "more": [1] });
    docket.alice.data(list, alone).await;
    // Literals beside a variable are looked at before anything runs, as all others are.
    let beside = "query($text: String) { tasks(filter: { search: $text, dueFrom: \"2026-02-30\" }) { totalCount } }";
    let answer = docket.alice.ask(beside, json!({ "text": "t" })).await;
    assert_eq!(answer.code(), "GRAPHQL_VALIDATION_FAILED");
    assert!(answer.body.get("data").is_none());
    // The default of a variable decides too.
    let skipped =
        "query($no: Boolean! = false) { tasks { totalCount @include(if: $no) nodes { title } } }";
    assert!(
        docket.alice.data(skipped, json!({})).await["tasks"]
            .get("totalCount")
            .is_none()
    );
    let kept = "query($yes: Boolean! = true) { tasks { totalCount @include(if: $yes) } }";
    assert_eq!(
        docket.alice.data(kept, json!({})).await["tasks"]["totalCount"],
        1
    );
}

#[tokio::test]
async fn addresses_carry_every_parameter() {
    let docket = Docket::on_sqlite().await;
    docket.alice.create(json!({ "title": "t" })).await;
    let ask = async |query: &[(&str, &str)]| {
        Answer::of(docket.alice.get().query(query).send().await.unwrap()).await
    };
    let document =
        "query A { __typename } query B($first: Int) { tasks(first: $first) { nodes { title } } }";
    let answer = ask(&[
        ("query", document),
        ("operationName", "B"),
        ("variables", "{\"first\": 1}"),
        ("extensions", "{}"),
    ])
    .await;
    assert_eq!(answer.body["data"]["tasks"]["nodes"][0]["title"], "t");
    for query in [
        &[("query", document), ("operationName", "C")][..],
        &[
            ("query", document),
            ("operationName", "B"),
            ("variables", "[]"),
        ],
        &[
            ("query", document),
            ("operationName", "B"),
            ("variables", "{"),
        ],
        &[
            ("query", document),
            ("operationName", "B"),
            ("extensions", "1"),
        ],
        &[("query", document), ("query", document)],
        &[("operationName", "B")],
        &[],
    ] {
        let answer = ask(query).await;
        assert!(
            answer.body.get("data").is_none() && !answer.code().is_empty(),
            "{query:?}: {}",
            answer.text
        );
    }
}

#[tokio::test]
async fn a_body_of_unknown_length_is_bounded_too() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let docket = Docket::on_sqlite().await;
    let address = docket.server.local_addr();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("1000\r\n{}\r\n", " ".repeat(4096));
    for _ in 0..80 {
        // It may have been refused, and the connection closed, before all is sent.
        if stream.write_all(chunk.as_bytes()).await.is_err() {
            break;
        }
    }
    let mut answer = vec![0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(String::from_utf8(answer).unwrap(), "HTTP/1.1 413");
}

#[tokio::test]
async fn larger_answers_are_compressed_for_those_who_ask() {
    let docket = Docket::on_sqlite().await;
    for number in 0..30 {
        docket
            .alice
            .create(json!({ "title": format!("a task with a title {number}") }))
            .await;
    }
    let list = json!({ "query": "{ tasks { nodes { id title createdAt updatedAt } } }" });
    let plain = Answer::of(docket.alice.post().json(&list).send().await.unwrap()).await;
    assert!(plain.headers.get(CONTENT_ENCODING).is_none());
    for coding in ["gzip", "br", "zstd"] {
        let request = docket.alice.post().header(ACCEPT_ENCODING, coding);
        let answer = request.json(&list).send().await.unwrap();
        assert_eq!(answer.headers()[CONTENT_ENCODING], coding);
        let vary = answer.headers().get_all(VARY).iter();
        let vary: Vec<_> = vary
            .map(|value| value.to_str().unwrap().to_lowercase())
            .collect();
        assert!(
            ["accept", "authorization", "accept-encoding"]
                .iter()
                .all(|name| vary.join(",").contains(name)),
            "{vary:?}"
        );
        let length = answer.bytes().await.unwrap().len();
        assert!(
            length * 3 < plain.text.len(),
            "{coding}: {length} of {}",
            plain.text.len()
        );
    }
    let small = docket.alice.post().header(ACCEPT_ENCODING, "gzip");
    let small = small
        .json(&json!({ "query": "{ __typename }" }))
        .send()
        .await
        .unwrap();
    assert!(small.headers().get(CONTENT_ENCODING).is_none());
    assert_eq!(small.headers()[X_CONTENT_TYPE_OPTIONS], "nosniff");
}

#[tokio::test]
async fn other_origins_are_named_or_not_served() {
    let named = "https://app.example.com";
    let docket = Docket::on_sqlite_with(&[(
        "CORS_ORIGINS",
        "https://app.example.com, http://localhost:5173",
    )])
    .await;
    let closed = Docket::on_sqlite().await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let preflight = async |docket: &Docket, origin: &str| {
        let endpoint = format!("http://{}/graphql", docket.server.local_addr());
        let request = client
            .request(reqwest::Method::OPTIONS, endpoint)
            .header(ORIGIN, origin);
        let request = request.header("access-control-request-method", "POST");
        let request = request.header(
            "access-control-request-headers",
            "authorization,content-type",
        );
        request.send().await.unwrap().headers().clone()
    };
    for origin in [named, "http://localhost:5173"] {
        let headers = preflight(&docket, origin).await;
        assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], origin);
        assert_eq!(
            headers["access-control-allow-headers"],
            "authorization,content-type"
        );
        assert!(headers.get("access-control-allow-credentials").is_none());
        assert!(
            preflight(&closed, origin)
                .await
                .get(ACCESS_CONTROL_ALLOW_ORIGIN)
                .is_none()
        );
    }
    for origin in [
        "https://evil.example.com",
        "https://app.example.com.evil.org",
        "http://app.example.com",
        "null",
    ] {
        assert!(
            preflight(&docket, origin)
                .await
                .get(ACCESS_CONTROL_ALLOW_ORIGIN)
                .is_none(),
            "{origin}"
        );
    }
    let answer = docket
        .alice
        .post()
        .header(ORIGIN, named)
        .json(&json!({ "query": "{ __typename }" }));
    assert_eq!(
        answer.send().await.unwrap().headers()[ACCESS_CONTROL_ALLOW_ORIGIN],
        named
    );
}

#[tokio::test]
async fn batches_are_off_until_a_setting_allows_them() {
    let one = json!({ "query": "mutation($t: String!) { createTask(input: { title: $t }) { task { title } } }", "variables": { "t": "a" } });
    let bad = json!({ "query": "{ nope }" });
    let docket = Docket::on_sqlite().await;
    let off = Answer::of(
        docket
            .alice
            .post()
            .json(&json!([one]))
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!((off.status.as_u16(), off.code()), (400, "BAD_REQUEST"));
    let docket = Docket::on_sqlite_with(&[("BATCH_LIMIT", "3")]).await;
    let send = async |body: serde_json::Value| {
        Answer::of(docket.alice.post().json(&body).send().await.unwrap()).await
    };
    let answer = send(json!([one, bad, { "query": "{ tasks { totalCount } }" }])).await;
    assert_eq!(answer.body[0]["data"]["createTask"]["task"]["title"], "a");
    assert_eq!(
        answer.body[1]["errors"][0]["extensions"]["code"],
        "GRAPHQL_VALIDATION_FAILED"
    );
    assert_eq!(answer.body[2]["data"]["tasks"]["totalCount"], 1);
    for body in [
        json!([]),
        json!([one, one, one, one]),
        json!([one, "{ x }"]),
        json!([[one]]),
    ] {
        let answer = send(body.clone()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (400, "BAD_REQUEST"),
            "{body}"
        );
    }
    assert_eq!(
        send(json!({ "query": "{ tasks { totalCount } }" }))
            .await
            .body["data"]["tasks"]["totalCount"],
        1
    );
}

#[tokio::test]
async fn introspection_has_three_settings_and_suggestions_follow_it() {
    let schema = "{ __schema { queryType { name } } }";
    let typo = "{ tasks { totalCoun } }";
    for (setting, nobody, alice, suggested) in [
        ("public", 200, true, true),
        ("viewer", 401, true, true),
        ("off", 401, false, false),
    ] {
        let docket = Docket::on_sqlite_with(&[("INTROSPECTION", setting)]).await;
        assert_eq!(
            docket.nobody.ask(schema, json!({})).await.status.as_u16(),
            nobody,
            "{setting}"
        );
        let answer = docket.alice.ask(schema, json!({})).await;
        assert_eq!(
            answer.body.get("data").is_some(),
            alice,
            "{setting}: {}",
            answer.text
        );
        let answer = docket.alice.ask(typo, json!({})).await;
        assert_eq!(
            answer.text.contains("totalCount"),
            suggested,
            "{setting}: {}",
            answer.text
        );
        assert!(
            !docket
                .nobody
                .ask(typo, json!({}))
                .await
                .text
                .contains("totalCount")
        );
        docket
            .alice
            .data("{ __typename tasks { __typename } }", json!({}))
            .await;
    }
}

#[tokio::test]
async fn multipart_is_refused() {
    let docket = Docket::on_sqlite().await;
    let body = "--x\r\ncontent-disposition: form-data; name=\"operations\"\r\n\r\n{\"query\":\"{ __typename }\"}\r\n--x--";
    let request = docket
        .alice
        .post()
        .header(CONTENT_TYPE, "multipart/form-data; boundary=x");
    assert_eq!(request.body(body).send().await.unwrap().status(), 415);
}

#[tokio::test]
async fn health_and_readiness_answer() {
    let docket = Docket::on_sqlite().await;
    for path in ["health", "ready"] {
        let address = format!("http://{}/{path}", docket.server.local_addr());
        assert_eq!(reqwest::get(address).await.unwrap().status(), 200, "{path}");
    }
}
