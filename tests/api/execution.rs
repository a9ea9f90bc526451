//! What becomes of a request whose time is over, whose client goes away, or that hits a fault of ours.

use std::time::Duration;

use reqwest::Client;
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement, TransactionTrait};
use serde_json::json;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use crate::support::{Actor, Docket, sign};

const CREATE: &str = "mutation { createTask(input: { title: \"t\" }) { task { title } } }";

#[tokio::test]
async fn a_deadline_ends_the_request_and_its_statement() {
    let name = "execution::a_deadline_ends_the_request_and_its_statement";
    let Some(docket) = Docket::on_postgres_with(name, &[("REQUEST_TIMEOUT", "500ms")]).await else {
        return;
    };
    docket.alice.create(json!({ "title": "before" })).await;
    let inside = docket.look_inside().await;
    let lock = inside.begin().await.unwrap();
    lock.execute_unprepared("LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    for document in ["{ tasks { totalCount } }", CREATE] {
        let answer = docket.alice.ask(document, json!({})).await;
        assert!(
            answer.text.contains("\"TIMEOUT\""),
            "{document}: {}",
            answer.text
        );
    }
    let waiting = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let mut still = i64::MAX;
    for _ in 0..100 {
        let row = lock
            .query_one_raw(Statement::from_string(DatabaseBackend::Postgres, waiting))
            .await;
        still = row.unwrap().unwrap().try_get("", "n").unwrap();
        if still == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(still, 0, "no statement waits on in the database");
    lock.commit().await.unwrap();
    let data = docket
        .alice
        .data("{ tasks { totalCount } }", json!({}))
        .await;
    assert_eq!(
        data["tasks"]["totalCount"], 1,
        "what timed out was not done"
    );
    docket.alice.data(CREATE, json!({})).await;
}

/// Sends, and hangs up without waiting.
async fn hang_up(docket: &Docket, document: &str) {
    let endpoint = format!("http://{}/graphql", docket.server.local_addr());
    let client = Client::builder().no_proxy().build().unwrap();
    let request = client.post(endpoint).bearer_auth(sign("alice"));
    let sent = request.json(&json!({ "query": document })).send();
    let answered = tokio::time::timeout(Duration::from_millis(300), sent).await;
    assert!(answered.is_err(), "it was answered before it could hang up");
}

#[tokio::test]
async fn a_mutation_is_finished_when_its_client_goes_away_and_a_query_is_not() {
    let name = "execution::a_mutation_is_finished_when_its_client_goes_away_and_a_query_is_not";
    let Some(docket) = Docket::on_postgres_with(name, &[]).await else {
        return;
    };
    docket.alice.create(json!({ "title": "before" })).await;
    let inside = docket.look_inside().await;
    for (document, change) in [
        (
            "mutation { a: createTask(input: { title: \"a\" }) { task { id } } b: createTask(input: { title: \"b\" }) { task { id } } }",
            2,
        ),
        (
            "{ a: tasks(first: 1) { nodes { id } pageInfo { hasPreviousPage } totalCount } }",
            0,
        ),
    ] {
        let statements = docket.server.statements();
        let before = docket
            .alice
            .data("{ tasks { totalCount } }", json!({}))
            .await;
        let ours = docket.server.statements() - statements;
        let lock = inside.begin().await.unwrap();
        lock.execute_unprepared("LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE")
            .await
            .unwrap();
        let statements = docket.server.statements();
        hang_up(&docket, document).await;
        lock.commit().await.unwrap();
        let before = before["tasks"]["totalCount"].as_i64().unwrap();
        for attempt in 0.. {
            let after = docket
                .alice
                .data("{ tasks { totalCount } }", json!({}))
                .await;
            if after["tasks"]["totalCount"] == before + change {
                break;
            }
            assert!(attempt < 100, "the mutation was not finished");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        if change == 0 {
            tokio::time::sleep(Duration::from_millis(300)).await;
            let more = docket.server.statements() - statements;
            assert_eq!(
                more,
                1 + ours,
                "its first statement and ours, not its second"
            );
        }
    }
}

#[tokio::test]
async fn errors_in_one_answer_are_capped() {
    let docket =
        Docket::on_sqlite_with(&[("LIMIT_ROOT_FIELDS", "100"), ("LIMIT_ALIASES", "100")]).await;
    let fields: Vec<_> = (0..50)
        .map(|n| format!("a{n}: toggleTask(id: \"x\") {{ task {{ id }} }} "))
        .collect();
    let fields = fields.concat();
    let answer = docket
        .alice
        .ask(&format!("mutation {{ {fields} }}"), json!({}))
        .await;
    assert_eq!(answer.body["errors"].as_array().unwrap().len(), 20);
    assert_eq!(answer.body["extensions"]["omittedErrors"], 30);
    assert_eq!(answer.body["data"].as_object().unwrap().len(), 50);
}

/// Panics where a resolver logs that the database failed.
struct Fault;

impl<S: tracing::Subscriber> Layer<S> for Fault {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        assert!(
            !(metadata.target().starts_with("docket::graphql")
                && *metadata.level() == tracing::Level::ERROR),
            "a fault with a secret in it"
        );
    }
}

#[tokio::test]
async fn a_panic_in_a_resolver_is_one_masked_error() {
    let subscriber = tracing_subscriber::registry().with(Fault);
    // For this thread alone, on which the whole server runs here.
    let _guard = tracing::subscriber::set_default(subscriber);
    let docket = Docket::on_sqlite().await;
    docket.alice.create(json!({ "title": "t" })).await;
    let inside = docket.look_inside().await;
    inside
        .execute_unprepared("ALTER TABLE tasks RENAME TO gone")
        .await
        .unwrap();
    for document in [
        "{ tasks { totalCount } }",
        "{ tasks { nodes { id } } viewer { id } }",
        CREATE,
    ] {
        let answer = docket.alice.ask(document, json!({})).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (500, "INTERNAL_SERVER_ERROR"),
            "{document}"
        );
        assert!(answer.body.get("data").is_none());
        let id = answer.headers["x-request-id"].to_str().unwrap();
        let message = answer.body["errors"][0]["message"].as_str().unwrap();
        assert!(
            message.contains(id) && !answer.text.contains("secret"),
            "{message}"
        );
    }
    inside
        .execute_unprepared("ALTER TABLE gone RENAME TO tasks")
        .await
        .unwrap();
    let data = docket
        .alice
        .data("{ tasks { totalCount } }", json!({}))
        .await;
    assert_eq!(data["tasks"]["totalCount"], 1, "the server goes on");
}

#[tokio::test]
async fn a_fault_of_the_database_is_masked_too() {
    let docket = Docket::on_sqlite().await;
    let inside = docket.look_inside().await;
    inside.execute_unprepared("DROP TABLE tasks").await.unwrap();
    let answer = docket
        .alice
        .ask("{ tasks { totalCount } }", json!({}))
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (200, "INTERNAL_SERVER_ERROR")
    );
    assert!(!answer.text.contains("table"), "{}", answer.text);
    let id = answer.headers["x-request-id"].to_str().unwrap();
    assert_eq!(answer.body["errors"][0]["extensions"]["requestId"], id);
    let named = Actor::new(
        &format!("http://{}/graphql", docket.server.local_addr()),
        None,
    );
    let sent = named
        .post()
        .header("x-request-id", "trace-1.a:b_C")
        .json(&json!({ "query": "{ __typename }" }));
    assert_eq!(
        sent.send().await.unwrap().headers()["x-request-id"],
        "trace-1.a:b_C"
    );
    for unfit in ["", "a b", &"x".repeat(65)] {
        let sent = named
            .post()
            .header("x-request-id", unfit)
            .json(&json!({ "query": "{ __typename }" }));
        assert_ne!(sent.send().await.unwrap().headers()["x-request-id"], unfit);
    }
}
