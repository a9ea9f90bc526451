//! The connections to Postgres: how many there are, who gets them, and what becomes of them and of what
//! waits in them.

use std::time::Duration;

use docket::server::Server;
use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, DatabaseBackend, DatabaseConnection, Statement, TransactionTrait};
use serde_json::json;

use crate::support::{Actor, Docket, config, sign};

const COUNT: &str = "{ tasks { totalCount } }";
const CREATE: &str = "mutation { createTask(input: { title: \"t\" }) { task { title } } }";

const IN_A_TRANSACTION: &str =
    "mutation { createTask(input: { title: \"t\", tags: [\"a\"] }) { task { title } } }";

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
async fn a_change_that_fails_is_undone_and_holds_no_lock() {
    let name = "pool::a_change_that_fails_is_undone_and_holds_no_lock";
    let Some(docket) = Docket::on_postgres_with(name, &[]).await else {
        return;
    };
    let before = docket.alice.create(json!({ "title": "before" })).await;
    let inside = docket.look_inside().await;
    let refuse = "ALTER TABLE tasks ADD CONSTRAINT refused CHECK (title <> 't') NOT VALID";
    inside.execute_unprepared(refuse).await.unwrap();
    for document in [CREATE, IN_A_TRANSACTION] {
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

/// What a connection still does that was given up counts as one: the database goes on with it.
#[tokio::test]
async fn a_transaction_that_is_cut_short_is_undone_and_keeps_its_place() {
    let name = "pool::a_transaction_that_is_cut_short_is_undone_and_keeps_its_place";
    let brief = [("REQUEST_TIMEOUT", "1s"), ("DATABASE_MAX_CONNECTIONS", "1")];
    let Some(docket) = Docket::on_postgres_with(name, &brief).await else {
        return;
    };
    // By TLS a connection cannot be closed before the database has let go of it.
    let url = format!("{}?sslmode=disable", docket.database_url);
    let server = Server::start(config(&url, &brief)).await.unwrap();
    let endpoint = format!("http://{}/graphql", server.local_addr());
    let alice = Actor::new(&endpoint, Some(&sign("alice")));
    alice.create(json!({ "title": "before" })).await;
    let (inside, holder) = (docket.look_inside().await, docket.look_inside().await);
    let held = holder.begin().await.unwrap();
    let lock = "SELECT last_version FROM users FOR UPDATE";
    held.execute_unprepared(lock).await.unwrap();
    let cut_short = (0..6).map(async |number| {
        // Each one's time is over in the middle of the wait of another.
        tokio::time::sleep(Duration::from_millis(150 * number)).await;
        let answer = alice.ask(IN_A_TRANSACTION, json!({})).await;
        let told = ["\"TIMEOUT\"", "\"OVERLOADED\""];
        assert!(
            told.iter().any(|code| answer.text.contains(code)),
            "{}",
            answer.text
        );
    });
    let watched = async {
        let mut most = 0;
        for _ in 0..60 {
            most = most.max(waiting(&inside).await);
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
        most
    };
    let (_, most) = tokio::join!(join_all(cut_short), watched);
    assert_eq!(most, 1, "the database waits for as many as there may be");
    held.rollback().await.unwrap();
    assert_eq!(version_once_unlocked(&inside).await, 1);
    let after = alice.create(json!({ "title": "after" })).await;
    assert_eq!(after["version"], 2);
}

/// Connections that wait for somebody's lock.
async fn waiting(inside: &DatabaseConnection) -> i64 {
    let waiting = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let waiting = Statement::from_string(DatabaseBackend::Postgres, waiting);
    let row = inside.query_one_raw(waiting).await.unwrap().unwrap();
    row.try_get("", "n").unwrap()
}

#[test]
fn a_server_can_outlive_its_runtime() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let docket = runtime.block_on(async {
        let docket = Docket::on_postgres("pool::a_server_can_outlive_its_runtime").await?;
        docket.alice.create(json!({ "title": "a" })).await;
        Some(docket)
    });
    drop(runtime);
    drop(docket);
}

/// A change finds its task as another has left it while it waited for the user's row.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_changed_while_a_change_waits_is_seen() {
    let name = "pool::what_has_changed_while_a_change_waits_is_seen";
    let Some(docket) = Docket::on_postgres_with(name, &[]).await else {
        return;
    };
    let (inside, holder) = (docket.look_inside().await, docket.look_inside().await);
    let under = "parent_id = (SELECT id FROM tasks WHERE title = 'parent')";
    for (meanwhile, at_version, expected) in [
        ("completed_at = now()", false, "\"completed\":false"),
        ("title = 'new'", false, "\"title\":\"new\""),
        (under, false, "\"completed\":true"),
        ("deleted_at = now()", false, "\"BAD_USER_INPUT\""),
        ("title = 'new'", true, "\"CONFLICT\""),
    ] {
        inside
            .execute_unprepared("DELETE FROM tasks")
            .await
            .unwrap();
        docket.alice.create(json!({ "title": "parent" })).await;
        let made = docket.alice.create(json!({ "title": "t" })).await;
        let held = holder.begin().await.unwrap();
        let version = "UPDATE users SET last_version = last_version + 1";
        held.execute_unprepared(version).await.unwrap();
        let change = format!(
            "UPDATE tasks SET {meanwhile}, version = (SELECT last_version FROM users) WHERE title = 't'"
        );
        held.execute_unprepared(&change).await.unwrap();

        let if_version = at_version.then(|| made["version"].clone());
        let toggle = "mutation($id: ID!, $v: Int) { toggleTask(id: $id, ifVersion: $v) { task { title completed version } } }";
        let toggle = docket
            .alice
            .ask(toggle, json!({ "id": made["id"], "v": if_version }));
        let id = "0190b5a2-7c3e-7d4f-8a1b-2c3d4e5f6a7b";
        let create = docket.alice.create(json!({ "id": id, "title": "ours" }));
        let meanwhile = async {
            while waiting(&inside).await < 2 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            held.execute_unprepared(version).await.unwrap();
            let insert = format!(
                "INSERT INTO tasks (user_id, id, title, title_key, created_at, updated_at, version) SELECT id, '{id}', 'theirs', 'theirs', now(), now(), last_version FROM users"
            );
            held.execute_unprepared(&insert).await.unwrap();
            held.commit().await.unwrap();
        };
        let (toggled, created, ()) = tokio::join!(toggle, create, meanwhile);
        assert!(
            toggled.text.contains(expected),
            "{change}: {}",
            toggled.text
        );
        assert_eq!(created["title"], "theirs", "made while this waited");
    }
}
