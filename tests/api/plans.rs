//! What each list costs: a range of an index, never a sort, whatever the order.

use std::sync::{Arc, Mutex};

use sea_orm::{ConnectionTrait, DatabaseBackend, DatabaseConnection, Statement};
use serde_json::{Value, json};

use crate::support::on_both_databases;

async fn plan(connection: &DatabaseConnection, statement: &Statement) -> String {
    let backend = connection.get_database_backend();
    let (explain, column) = match backend {
        DatabaseBackend::Postgres => ("EXPLAIN", "QUERY PLAN"),
        _ => ("EXPLAIN QUERY PLAN", "detail"),
    };
    let sql = format!("{explain} {}", statement.sql);
    let explain = Statement {
        sql,
        values: statement.values.clone(),
        db_backend: backend,
    };
    let rows = connection.query_all_raw(explain).await.unwrap();
    let lines = rows
        .iter()
        .map(|row| row.try_get::<String>("", column).unwrap());
    lines.collect::<Vec<_>>().join("\n")
}

/// Enough rows of several users that an index is worth its while.
const FILL: &str = "INSERT INTO tasks (user_id, id, title, title_key, created_at, updated_at, version, due_date, priority, completed_at)
    SELECT user_id, ID, 't' || n, 't' || n, created_at, updated_at, 1000 + n,
           CASE WHEN n % 2 = 0 THEN due_date END, CASE WHEN n % 3 = 0 THEN 1 + n % 3 END,
           CASE WHEN n % 5 = 0 THEN created_at END
    FROM tasks, NUMBERS WHERE title = 'seed'";

on_both_databases! {
    async fn every_list_is_a_range_of_its_index(docket: Docket) {
        for actor in [&docket.alice, &docket.bob] {
            actor.create(json!({ "title": "seed", "dueDate": "2026-01-01", "priority": "LOW" })).await;
        }
        let inside = docket.look_inside().await;
        let (id, numbers) = match inside.get_database_backend() {
            DatabaseBackend::Postgres => ("gen_random_uuid()", "generate_series(1, 5000) AS n"),
            _ => ("randomblob(16)", "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 5000) SELECT n FROM c)"),
        };
        inside.execute_unprepared(&FILL.replace("ID", id).replace("NUMBERS", numbers)).await.unwrap();
        inside.execute_unprepared("ANALYZE").await.unwrap();

        let seen: Arc<Mutex<Vec<Statement>>> = Arc::default();
        let watcher = Arc::clone(&seen);
        docket.server.watch().observe(move |statement| watcher.lock().unwrap().push(statement.clone()));
        let query = "query($status: TaskStatus!, $sort: TaskSort!, $direction: SortDirection!, $filter: TaskFilter,
                $first: Int, $last: Int, $after: String, $before: String) {
            tasks(status: $status, sort: $sort, direction: $direction, filter: $filter,
                  first: $first, last: $last, after: $after, before: $before) {
                pageInfo { startCursor endCursor } nodes { id } } }";
        for (sort, index) in [
            ("CREATED", "tasks_by_created"), ("TITLE", "tasks_by_title"), ("DUE_DATE", "tasks_by_due_date"),
            ("PRIORITY", "tasks_by_priority"), ("UPDATED", "tasks_by_updated"),
        ] {
            for status in ["ALL", "PENDING", "COMPLETED"] {
                for direction in ["ASC", "DESC"] {
                    let list = json!({ "status": status, "sort": sort, "direction": direction });
                    let ask = async |more: Value| {
                        let mut list = list.clone();
                        list.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                        let data = docket.alice.data(query, list).await;
                        data["tasks"]["pageInfo"].clone()
                    };
                    let first = ask(json!({ "first": 20 })).await;
                    ask(json!({ "first": 20, "after": first["endCursor"] })).await;
                    let last = ask(json!({ "last": 20 })).await;
                    ask(json!({ "last": 20, "before": last["startCursor"] })).await;
                    let statements = std::mem::take(&mut *seen.lock().unwrap());
                    assert!(statements.len() >= 4);
                    for statement in statements {
                        let plan = plan(&inside, &statement).await;
                        let told = format!("{list}\n{}\n{plan}", statement.sql);
                        assert!(plan.contains(index), "another index: {told}");
                        assert!(!plan.contains("Sort  ") && !plan.contains("TEMP B-TREE"), "a sort: {told}");
                        assert!(!plan.contains("Seq Scan") && !plan.contains("SCAN tasks"), "a scan: {told}");
                    }
                    // What a filter leaves can be so little that the planner finds a shorter way to
                    // it; but it never leaves the user's rows.
                    for filter in [json!({ "trashed": true }), json!({ "hasDueDate": false, "search": "t", "priority": ["LOW"] })] {
                        ask(json!({ "first": 20, "filter": filter })).await;
                        let statements = std::mem::take(&mut *seen.lock().unwrap());
                        for statement in statements {
                            let plan = plan(&inside, &statement).await;
                            let told = format!("{list} {filter}\n{}\n{plan}", statement.sql);
                            assert!(plan.contains("user_id =") || plan.contains("user_id="), "{told}");
                            assert!(!plan.contains("Seq Scan") && !plan.contains("SCAN tasks"), "a scan: {told}");
                        }
                    }
                }
            }
        }
    }
}
