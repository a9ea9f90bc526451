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
        let (id, numbers) = many(&inside);
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

    async fn what_belongs_to_tasks_is_found_by_an_index(docket: Docket) {
        // Alice has few of all the tasks: for somebody who has half of them, reading all is the best plan.
        docket.bob.create(json!({ "title": "seed", "tags": ["a", "b"] })).await;
        let inside = docket.look_inside().await;
        let (id, numbers) = many(&inside);
        inside.execute_unprepared(&FILL.replace("ID", id).replace("NUMBERS", numbers)).await.unwrap();
        docket.alice.create(json!({ "title": "seed", "tags": ["a", "b"] })).await;
        let few: Vec<_> = (0..100).map(|number| json!({ "title": format!("t{number}") })).collect();
        let create = "mutation($inputs: [CreateTaskInput!]!) { createTasks(inputs: $inputs) { tasks { id } } }";
        docket.alice.data(create, json!({ "inputs": few })).await;
        let tags = "INSERT INTO task_tags (user_id, task_id, tag_key, tag)
            SELECT user_id, id, 'tag' || (version % 50), 'tag' || (version % 50) FROM tasks WHERE title <> 'seed'";
        inside.execute_unprepared(tags).await.unwrap();
        let parents = "UPDATE tasks SET parent_id = (SELECT s.id FROM tasks s WHERE s.user_id = tasks.user_id AND s.title = 'seed')
            WHERE version % 10 = 0 AND title <> 'seed'";
        inside.execute_unprepared(parents).await.unwrap();
        inside.execute_unprepared("ANALYZE").await.unwrap();

        let seen: Arc<Mutex<Vec<Statement>>> = Arc::default();
        let watcher = Arc::clone(&seen);
        docket.server.watch().observe(move |statement| watcher.lock().unwrap().push(statement.clone()));
        let seed = docket.alice.data("{ tasks(first: 1, filter: { search: \"seed\" }) { nodes { id } } }", json!({})).await;
        let seed = &seed["tasks"]["nodes"][0]["id"];
        for (document, index) in [
            ("query($id: ID!) { task(id: $id) { subtasks { id } } }", "tasks_by_parent"),
            ("query($id: ID!) { tasks(filter: { parentId: $id }) { nodes { id } totalCount } }", "tasks_by_parent"),
            ("query($id: ID!) { task(id: $id) { tags } }", "task_tags"),
            ("query($id: ID!) { task(id: $id) { id } viewer { tags { name taskCount } } }", "task_tags"),
            ("query($id: ID!) { task(id: $id) { id } tasks(filter: { tags: [\"tag7\"] }) { nodes { id } } }", "task_tags"),
            ("mutation($id: ID!) { updateTask(id: $id, input: { addTags: [\"new\"] }) { task { id } } }", "task_tags"),
            ("mutation($id: ID!) { deleteTask(id: $id) { deletedTaskId } }", "tasks_by_parent"),
        ] {
            seen.lock().unwrap().clear();
            docket.alice.data(document, json!({ "id": seed })).await;
            let statements = std::mem::take(&mut *seen.lock().unwrap());
            let mut plans = Vec::new();
            for statement in &statements {
                if statement.sql.starts_with("SELECT") {
                    let plan = plan(&inside, statement).await;
                    assert!(!plan.contains("SCAN tasks") && !plan.contains("Seq Scan on tasks"), "a scan: {}\n{plan}", statement.sql);
                    plans.push(plan);
                }
            }
            assert!(plans.iter().any(|plan| plan.contains(index)), "{document}: {plans:#?}");
        }
    }

    async fn a_change_finds_what_it_changes_by_its_key(docket: Docket) {
        let made = docket.alice.create(json!({ "title": "seed" })).await;
        let inside = docket.look_inside().await;
        let (id, numbers) = many(&inside);
        inside.execute_unprepared(&FILL.replace("ID", id).replace("NUMBERS", numbers)).await.unwrap();
        let users = "INSERT INTO users (id, issuer, subject, last_version, created_at) SELECT ID, 'i', 's' || n, 0, created_at FROM tasks, NUMBERS WHERE title = 'seed'";
        inside.execute_unprepared(&users.replace("ID", id).replace("NUMBERS", numbers)).await.unwrap();
        inside.execute_unprepared("ANALYZE").await.unwrap();

        let seen: Arc<Mutex<Vec<Statement>>> = Arc::default();
        let watcher = Arc::clone(&seen);
        docket.server.watch().observe(move |statement| watcher.lock().unwrap().push(statement.clone()));
        let own = "0190b5a2-7c3e-7d4f-8a1b-2c3d4e5f6a7b";
        for (document, id, on_postgres) in [
            ("mutation($id: ID!) { toggleTask(id: $id) { task { id } } }", &made["id"], 1),
            ("mutation($id: ID!) { toggleTask(id: $id, ifVersion: 2) { task { id } } }", &made["id"], 1),
            ("mutation { createTask(input: { title: \"t\" }) { task { id } } }", &Value::Null, 1),
            ("mutation($id: ID!) { createTask(input: { id: $id, title: \"t\" }) { task { id } } }", &json!(own), 1),
            ("mutation($id: ID!) { updateTask(id: $id, input: { title: \"t\" }) { task { id } } }", &made["id"], 3),
        ] {
            docket.alice.data(document, json!({ "id": id })).await;
            let statements = std::mem::take(&mut *seen.lock().unwrap());
            if inside.get_database_backend() == DatabaseBackend::Postgres {
                assert_eq!(statements.len(), on_postgres, "{document}: {statements:#?}");
            }
            for statement in statements {
                let plan = plan(&inside, &statement).await;
                assert!(!plan.contains("Seq Scan") && !plan.contains("SCAN"), "a scan: {}\n{plan}", statement.sql);
            }
        }
    }
}

/// How each database makes an id, and counts.
fn many(inside: &DatabaseConnection) -> (&'static str, &'static str) {
    match inside.get_database_backend() {
        DatabaseBackend::Postgres => ("gen_random_uuid()", "generate_series(1, 5000) AS n"),
        _ => (
            "randomblob(16)",
            "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 5000) SELECT n FROM c)",
        ),
    }
}
