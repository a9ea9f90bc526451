//! The connections to Postgres: how many there are, who gets them, and what becomes of them.

use std::time::Duration;

use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, DatabaseBackend, DatabaseConnection, Statement};
use serde_json::json;

use crate::support::Docket;

const COUNT: &str = "{ tasks { totalCount } }";
const CREATE: &str = "mutation { createTask(input: { title: \"t\" }) { task { title } } }";

/// The server's connections to its database; ours are those that look.
async fn connections(inside: &DatabaseConnection) -> i64 {
    let others = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND query NOT LIKE '%pg_stat_activity%'";
    let others = Statement::from_string(DatabaseBackend::Postgres, others);
    let row = inside.query_one_raw(others).await.unwrap().unwrap();
    row.try_get("", "n").unwrap()
}

#[tokio::test]
async fn many_share_few_connections() {
    let name = "pool::many_share_few_connections";
    let few = [
        ("DATABASE_MAX_CONNECTIONS", "2"),
        ("DATABASE_ACQUIRE_TIMEOUT", "5s"),
    ];
    let Some(docket) = Docket::on_postgres_with(name, &few).await else {
        return;
    };
    let inside = docket.look_inside().await;
    let (mut rounds, begun) = (0, std::time::Instant::now());
    // Longer than a connection stays with those who share it.
    while begun.elapsed() < Duration::from_millis(2_500) {
        let documents = (0..40).map(|number| if number % 4 == 0 { CREATE } else { COUNT });
        join_all(documents.map(|document| docket.alice.data(document, json!({})))).await;
        assert_eq!(connections(&inside).await, 2);
        rounds += 1;
    }
    let data = docket.alice.data(COUNT, json!({})).await;
    assert_eq!(data["tasks"]["totalCount"], 10 * rounds);
}

#[tokio::test]
async fn idle_connections_are_closed() {
    let name = "pool::idle_connections_are_closed";
    let brief = [("DATABASE_IDLE_TIMEOUT", "1s")];
    let Some(docket) = Docket::on_postgres_with(name, &brief).await else {
        return;
    };
    let inside = docket.look_inside().await;
    join_all((0..40).map(|_| docket.alice.data(CREATE, json!({})))).await;
    assert!(connections(&inside).await > 0);
    for attempt in 0.. {
        if connections(&inside).await == 0 {
            break;
        }
        assert!(attempt < 100, "somebody keeps a connection");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    docket.alice.data(COUNT, json!({})).await;
}

#[tokio::test]
async fn lost_connections_are_replaced() {
    let name = "pool::lost_connections_are_replaced";
    let Some(docket) = Docket::on_postgres_with(name, &[]).await else {
        return;
    };
    join_all((0..40).map(|_| docket.alice.data(COUNT, json!({})))).await;
    let inside = docket.look_inside().await;
    let terminate = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    inside.execute_unprepared(terminate).await.unwrap();
    // One that was used a moment ago is trusted; after that no request meets a lost one.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    join_all((0..40).map(|_| docket.alice.data(COUNT, json!({})))).await;
    docket.alice.data(CREATE, json!({})).await;
}

#[tokio::test]
async fn a_transaction_that_is_cut_short_is_undone_and_holds_no_lock() {
    let name = "pool::a_transaction_that_is_cut_short_is_undone_and_holds_no_lock";
    let brief = [
        ("REQUEST_TIMEOUT", "500ms"),
        ("DATABASE_MAX_CONNECTIONS", "1"),
    ];
    let Some(docket) = Docket::on_postgres_with(name, &brief).await else {
        return;
    };
    let before = docket.alice.create(json!({ "title": "before" })).await;
    let inside = docket.look_inside().await;
    let refuse = "ALTER TABLE tasks ADD CONSTRAINT refused CHECK (title <> 't') NOT VALID";
    inside.execute_unprepared(refuse).await.unwrap();
    let in_a_transaction =
        "mutation { createTask(input: { title: \"t\", tags: [\"a\"] }) { task { id } } }";
    for document in [CREATE, in_a_transaction] {
        // The version is taken, and with it the lock of the user's row; then the insert fails.
        let answer = docket.alice.ask(document, json!({})).await;
        let refused = answer.text.contains("\"INTERNAL_SERVER_ERROR\"");
        assert!(refused, "{}", answer.text);
        assert_eq!(before["version"], version_once_unlocked(&inside).await);
    }
    docket.alice.create(json!({ "title": "after" })).await;
}

async fn version_once_unlocked(inside: &DatabaseConnection) -> i64 {
    let lock = "SELECT last_version FROM users FOR UPDATE NOWAIT";
    for attempt in 0.. {
        let lock = Statement::from_string(DatabaseBackend::Postgres, lock);
        if let Ok(row) = inside.query_one_raw(lock).await {
            return row.unwrap().try_get("", "last_version").unwrap();
        }
        // The database tells of a failure before it undoes what was done.
        assert!(attempt < 20, "somebody holds the user's row");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    unreachable!("every attempt returns or fails")
}
