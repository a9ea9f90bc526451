//! What was acknowledged is there after a power cut, and nothing is half done.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};
use serde_json::{Value, json};

use crate::support::{
    Actor, Docket, Part, Process, SECRET, Scratch, docket_command, have, new_database, sign,
};

/// Kills the server again and again while eight clients write, and looks for what they were told.
async fn survives_kills(database_url: Option<&str>) {
    let folder = Scratch::new();
    let acknowledged: Arc<Mutex<HashSet<String>>> = Arc::default();
    let start = || {
        let mut command = docket_command(folder.path());
        command.env("JWT_SECRET", SECRET);
        if let Some(url) = database_url {
            command.env("DATABASE_URL", url);
        }
        Process::start(command)
    };
    for round in 0..5 {
        let mut server = start();
        let writers: Vec<_> = (0..8)
            .map(|writer| {
                let alice = Actor::new(&server.endpoint, Some(&sign("alice")));
                let acknowledged = Arc::clone(&acknowledged);
                tokio::spawn(async move {
                    for number in 0.. {
                        let title = format!("{round}-{writer}-{number}");
                        let body = json!({
                            "query": "mutation($t: String!) { createTask(input: { title: $t }) { task { title } } }",
                            "variables": { "t": title },
                        });
                        let Ok(response) = alice.post().json(&body).send().await else { return };
                        let Ok(text) = response.text().await else { return };
                        assert!(text.contains(&title), "{text}");
                        acknowledged.lock().unwrap().insert(title);
                    }
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.kill();
        for writer in writers {
            writer.await.unwrap();
        }
    }
    let server = start();
    let alice = Actor::new(&server.endpoint, Some(&sign("alice")));
    let mut stored = Vec::new();
    let mut versions = HashSet::new();
    let mut after = json!(null);
    loop {
        let page = alice
            .data(
                "query($after: String) { tasks(first: 500, after: $after) {
                nodes { title version } pageInfo { hasNextPage endCursor } } }",
                json!({ "after": after }),
            )
            .await["tasks"]
            .clone();
        for node in page["nodes"].as_array().unwrap() {
            stored.push(node["title"].as_str().unwrap().to_owned());
            assert!(
                versions.insert(node["version"].as_i64().unwrap()),
                "a version was given twice"
            );
        }
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    let acknowledged = acknowledged.lock().unwrap().clone();
    assert!(
        acknowledged.len() > 40,
        "the writers wrote: {}",
        acknowledged.len()
    );
    let unique: HashSet<_> = stored.iter().cloned().collect();
    assert_eq!(unique.len(), stored.len(), "nothing is there twice");
    let lost: Vec<_> = acknowledged.difference(&unique).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    assert_eq!(
        versions.len(),
        usize::try_from(*versions.iter().max().unwrap()).unwrap(),
        "versions have no gaps"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_keeps_what_was_acknowledged() {
    survives_kills(None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_keeps_what_was_acknowledged() {
    if have(
        "durability::postgres_keeps_what_was_acknowledged",
        Part::Postgres,
    ) {
        survives_kills(Some(&new_database().await)).await;
    }
}

/// Writes share a transaction on SQLite: what is undone with it was nobody's success.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_sqlite_undoes_by_itself_is_told_to_all_whom_it_concerns() {
    // A full disk has SQLite undo a whole transaction in the middle of it, and so does this.
    let refused = refused_on_sqlite("RAISE(ROLLBACK, 'the disk is full')").await;
    assert!(refused.contains("undo"));
    assert!(refused.len() > 1, "some share the fate of another");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_fails_on_sqlite_takes_no_other_with_it() {
    let refused = refused_on_sqlite("RAISE(ABORT, 'no such title')").await;
    assert_eq!(refused, HashSet::from(["undo".to_owned()]));
}

#[tokio::test]
async fn a_change_that_is_told_to_have_failed_is_not_made() {
    let docket = Docket::on_sqlite().await;
    let made = docket.alice.create(json!({ "title": "t" })).await;
    let inside = docket.look_inside().await;
    let unreadable = "UPDATE tasks SET due_date = 'nonsense'";
    inside.execute_unprepared(unreadable).await.unwrap();
    let toggle = "mutation($id: ID!) { toggleTask(id: $id) { task { dueDate } } }";
    let answer = docket.alice.ask(toggle, json!({ "id": made["id"] })).await;
    assert_eq!(answer.code(), "INTERNAL_SERVER_ERROR");
    let pending = "SELECT count(*) AS n FROM tasks WHERE completed_at IS NULL";
    let pending = Statement::from_string(DatabaseBackend::Sqlite, pending);
    let row = inside.query_one_raw(pending).await.unwrap().unwrap();
    assert_eq!(row.try_get::<i64>("", "n").unwrap(), 1);
}

/// Makes many tasks at the same time where those with the title `undo` fail, looks whether what is stored is
/// what was acknowledged, and returns the titles of the others.
async fn refused_on_sqlite(failure: &str) -> HashSet<String> {
    let docket = Docket::on_sqlite().await;
    let inside = docket.look_inside().await;
    let trigger = format!(
        "CREATE TRIGGER undo BEFORE INSERT ON tasks WHEN NEW.title = 'undo' BEGIN SELECT {failure}; END"
    );
    inside.execute_unprepared(&trigger).await.unwrap();
    let mut told: HashMap<bool, HashSet<String>> = HashMap::new();
    for round in 0..20 {
        let writes = (0..16).map(|number| {
            let alice = docket.alice.clone();
            tokio::spawn(async move {
                let title = match number {
                    9 => "undo".to_owned(),
                    _ => format!("{round}-{number}"),
                };
                let body = json!({
                    "query": "mutation($t: String!) { createTask(input: { title: $t }) { task { title } } }",
                    "variables": { "t": title },
                });
                let answer = alice.post().json(&body).send().await.unwrap();
                let answer: Value = answer.json().await.unwrap();
                let made = answer["data"]["createTask"]["task"]["title"] == *title;
                assert_eq!(made, answer["errors"].is_null(), "{answer}");
                (made, title)
            })
        });
        for write in writes.collect::<Vec<_>>() {
            let (made, title) = write.await.unwrap();
            told.entry(made).or_default().insert(title);
        }
    }
    let rows = inside.query_all_raw(Statement::from_string(
        DatabaseBackend::Sqlite,
        "SELECT title FROM tasks",
    ));
    let stored = rows.await.unwrap().into_iter();
    let stored: HashSet<String> = stored
        .map(|row| row.try_get("", "title").unwrap())
        .collect();
    assert_eq!(stored, told[&true], "stored is what was acknowledged");
    docket.server.shutdown().await;
    told.remove(&false).unwrap_or_default()
}

/// Nothing is left beside the file by a server that was stopped.
#[tokio::test]
async fn a_server_that_stops_leaves_no_log_behind() {
    let docket = Docket::on_sqlite().await;
    docket.alice.create(json!({ "title": "A task" })).await;
    let file = docket.database_url.strip_prefix("sqlite://").unwrap();
    let log = file.replace("?mode=rwc", "-wal");
    assert!(std::fs::exists(&log).unwrap());
    docket.server.shutdown().await;
    assert!(!std::fs::exists(&log).unwrap());
}
