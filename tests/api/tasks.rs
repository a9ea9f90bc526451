//! One task's life: made, changed, completed, thrown away, taken back.

use serde_json::{Value, json};

use crate::support::{ALL, on_both_databases};

on_both_databases! {
    async fn creates_and_reads_back(docket: Docket) {
        let made = docket.alice.create(json!({
            "title": "  Buy milk ", "description": "two\nlitres", "priority": "HIGH",
            "dueDate": "2026-12-01", "dueTime": "17:30:00",
        })).await;
        assert_eq!(made["title"], "Buy milk");
        assert_eq!(made["description"], "two\nlitres");
        assert_eq!((&made["dueDate"], &made["dueTime"]), (&json!("2026-12-01"), &json!("17:30")));
        assert_eq!((&made["completed"], &made["completedAt"]), (&json!(false), &Value::Null));
        assert_eq!(made["version"], 1);
        let read = docket.alice.data(
            &format!("query($id: ID!) {{ task(id: $id) {{ {ALL} }} node(id: $id) {{ id ... on Task {{ title }} }} }}"),
            json!({ "id": made["id"].as_str().unwrap().to_uppercase() }),
        ).await;
        assert_eq!(read["task"], made);
        assert_eq!(read["node"], json!({ "id": made["id"], "title": "Buy milk" }));
    }

    async fn names_every_broken_rule_at_once(docket: Docket) {
        let answer = docket.alice.ask(
            "mutation($input: CreateTaskInput!) { createTask(input: $input) { task { id } } }",
            json!({ "input": {
                "id": "not-a-uuid", "title": " ", "description": "x".repeat(10_001), "dueTime": "09:00",
            } }),
        ).await;
        assert_eq!(answer.fields(), ["input.id", "input.title", "input.description", "input.dueTime"]);
        let none = docket.alice.data("{ tasks { totalCount } }", json!({})).await;
        assert_eq!(none["tasks"]["totalCount"], 0);
        let made = docket.alice.create(json!({ "title": "x" })).await;
        let answer = docket.alice.ask(
            "mutation($id: ID!, $input: UpdateTaskInput!) { updateTask(id: $id, input: $input) { task { id } } }",
            json!({ "id": made["id"], "input": { "title": null, "completed": null, "dueTime": "09:00" } }),
        ).await;
        assert_eq!(answer.fields(), ["input.title", "input.completed"]);
        let answer = docket.alice.ask(
            "mutation($id: ID!) { updateTask(id: $id, input: { dueTime: \"09:00\" }) { task { id } } }",
            json!({ "id": made["id"] }),
        ).await;
        assert_eq!(answer.fields(), ["input.dueTime"]);
    }

    async fn a_field_that_fails_leaves_its_siblings_their_answers(docket: Docket) {
        let answer = docket.alice.ask(
            "mutation { a: createTask(input: { title: \"a\" }) { task { title } }
                        b: createTask(input: { title: \"\" }) { task { title } }
                        c: createTask(input: { title: \"c\" }) { task { title } } }",
            json!({}),
        ).await;
        let expected = json!({ "a": { "task": { "title": "a" } }, "b": null, "c": { "task": { "title": "c" } } });
        assert_eq!(answer.body["data"], expected);
        assert_eq!(answer.fields(), ["input.title"]);
        assert_eq!(answer.body["errors"][0]["path"], json!(["b"]));
    }

    async fn absent_is_kept_and_null_is_cleared(docket: Docket) {
        let made = docket.alice.create(json!({
            "title": "t", "description": "d", "priority": "LOW", "dueDate": "2026-01-02", "dueTime": "09:00",
        })).await;
        let update = format!("mutation($id: ID!, $input: UpdateTaskInput!) {{ updateTask(id: $id, input: $input) {{ task {{ {ALL} }} }} }}");
        let updated = docket.alice.data(&update, json!({ "id": made["id"], "input": { "title": "new" } })).await;
        let task = &updated["updateTask"]["task"];
        for kept in ["description", "priority", "dueDate", "dueTime", "createdAt", "completed"] {
            assert_eq!(task[kept], made[kept], "{kept}");
        }
        assert_eq!((&task["title"], &task["version"]), (&json!("new"), &json!(2)));
        let cleared = docket.alice.data(&update, json!({ "id": made["id"], "input": {
            "description": null, "priority": null, "dueDate": null,
        } })).await;
        let task = &cleared["updateTask"]["task"];
        for gone in ["description", "priority", "dueDate", "dueTime"] {
            assert_eq!(task[gone], Value::Null, "{gone}");
        }
        assert_eq!(task["title"], "new");
        let same = docket.alice.data(&update, json!({ "id": made["id"], "input": {} })).await;
        assert_eq!(same["updateTask"]["task"], *task, "an update of nothing changes nothing");
    }

    async fn the_same_id_creates_once(docket: Docket) {
        let id = "0190b5a2-7c3e-7d4f-8a1b-2c3d4e5f6a7b";
        let first = docket.alice.create(json!({ "id": id, "title": "first" })).await;
        let again = docket.alice.create(json!({ "id": id.to_uppercase(), "title": "again" })).await;
        assert_eq!(first, again);
        let other = docket.alice.create(json!({ "title": "other" })).await;
        assert_eq!(other["version"], 2, "a repeated create uses no version up");
        let theirs = docket.bob.create(json!({ "id": id, "title": "bob's" })).await;
        assert_eq!(theirs["title"], "bob's", "ids of others are free to use");
    }

    async fn the_same_id_at_the_same_time_creates_once(docket: Docket) {
        let create = || {
            let alice = docket.alice.clone();
            tokio::spawn(async move {
                alice.create(json!({ "id": "0190b5a2-7c3e-7d4f-8a1b-2c3d4e5f6a7b", "title": "one" })).await
            })
        };
        let racing: Vec<_> = (0..16).map(|_| create()).collect();
        let mut made = Vec::new();
        for create in racing {
            made.push(create.await.unwrap());
        }
        assert!(made.iter().all(|task| *task == made[0]), "{made:?}");
        assert_eq!(made[0]["version"], 1);
    }

    async fn changes_at_the_same_time_are_all_made(docket: Docket) {
        let made = docket.alice.create(json!({ "title": "t" })).await;
        let tasks: Vec<_> = (0..64).map(|number| {
            let (alice, id) = (docket.alice.clone(), made["id"].clone());
            tokio::spawn(async move {
                match number % 4 {
                    0 => alice.create(json!({ "title": "another" })).await["version"].clone(),
                    1 => {
                        let document = "mutation($id: ID!, $title: String!) { updateTask(id: $id, input: { title: $title }) { task { version } } }";
                        let data = alice.data(document, json!({ "id": id, "title": format!("t{number}") })).await;
                        data["updateTask"]["task"]["version"].clone()
                    }
                    _ => {
                        let document = "mutation($id: ID!) { toggleTask(id: $id) { task { version } } }";
                        alice.data(document, json!({ "id": id })).await["toggleTask"]["task"]["version"].clone()
                    }
                }
            })
        }).collect();
        let mut versions = Vec::new();
        for task in tasks {
            versions.push(task.await.unwrap().as_i64().unwrap());
        }
        versions.sort_unstable();
        assert_eq!(versions, (2..66).collect::<Vec<_>>(), "each change has a version of its own");
        let data = docket.alice.data("query($id: ID!) { task(id: $id) { completed version } tasks { totalCount } }", json!({ "id": made["id"] })).await;
        assert_eq!(data["task"]["completed"], false, "toggled an even number of times");
        assert_eq!(data["tasks"]["totalCount"], 17);
    }

    async fn a_stale_write_is_refused(docket: Docket) {
        let made = docket.alice.create(json!({ "title": "t" })).await;
        let id = made["id"].clone();
        for (field, more) in [("updateTask", ", input: { title: \"u\" }"), ("toggleTask", ""), ("deleteTask", "")] {
            let document = format!(
                "mutation($id: ID!, $v: Int) {{ {field}(id: $id, ifVersion: $v{more}) {{ task {{ version }} }} }}"
            );
            let now = docket.alice.data("query($id: ID!) { task(id: $id) { version } }", json!({ "id": id })).await;
            let current = now["task"]["version"].as_i64().unwrap();
            let stale = docket.alice.ask(&document, json!({ "id": id, "v": current - 1 })).await;
            assert_eq!(stale.code(), "CONFLICT", "{field}");
            assert_eq!(stale.body["errors"][0]["extensions"]["currentVersion"], current);
            let fresh = docket.alice.data(&document, json!({ "id": id, "v": current })).await;
            assert_eq!(fresh[field]["task"]["version"], current + 1, "{field}");
        }
    }

    async fn the_trash_keeps_and_gives_back(docket: Docket) {
        let made = docket.alice.create(json!({ "title": "t" })).await;
        let id = json!({ "id": made["id"] });
        let count = "{ tasks { totalCount } trash: tasks(filter: { trashed: true }) { totalCount nodes { title } } }";
        let delete = "mutation($id: ID!) { deleteTask(id: $id) { deletedTaskId task { deletedAt version } } }";
        let deleted = docket.alice.data(delete, id.clone()).await;
        assert_eq!(deleted["deleteTask"]["deletedTaskId"], made["id"]);
        assert_ne!(deleted["deleteTask"]["task"]["deletedAt"], Value::Null);
        assert_eq!(docket.alice.data(delete, id.clone()).await, deleted, "a retry finds its work done");
        let counts = docket.alice.data(count, json!({})).await;
        assert_eq!(counts, json!({
            "tasks": { "totalCount": 0 }, "trash": { "totalCount": 1, "nodes": [{ "title": "t" }] },
        }));
        let toggle = "mutation($id: ID!) { toggleTask(id: $id) { task { id } } }";
        assert_eq!(docket.alice.ask(toggle, id.clone()).await.fields(), ["id"]);
        let restore = "mutation($id: ID!) { restoreTask(id: $id) { task { deletedAt version } } }";
        let restored = docket.alice.data(restore, id.clone()).await;
        assert_eq!(restored["restoreTask"]["task"], json!({ "deletedAt": null, "version": 3 }));
        assert_eq!(docket.alice.data(restore, id).await, restored);
    }

    async fn a_thousand_toggles_end_where_arithmetic_says(docket: Docket) {
        let made = docket.alice.create(json!({ "title": "t" })).await;
        let toggle = "mutation($id: ID!) { toggleTask(id: $id) { task { completed version } } }";
        let clients: Vec<_> = (0..64).map(|client| {
            let (alice, id) = (docket.alice.clone(), made["id"].clone());
            // 64 clients share a thousand and one: an odd number, so that a lost toggle shows.
            let turns = 1001 / 64 + usize::from(client < 1001 % 64);
            tokio::spawn(async move {
                for _ in 0..turns {
                    alice.data(toggle, json!({ "id": id })).await;
                }
            })
        }).collect();
        for client in clients {
            client.await.unwrap();
        }
        let read = docket.alice.data(
            "query($id: ID!) { task(id: $id) { completed version } }", json!({ "id": made["id"] }),
        ).await;
        assert_eq!(read["task"], json!({ "completed": true, "version": 1002 }));
    }

    async fn the_viewer_is_who_the_token_names(docket: Docket) {
        for (title, due, done) in [("late", "2026-01-01", false), ("today", "2026-01-02", false), ("done", "2026-01-01", true)] {
            let made = docket.alice.create(json!({ "title": title, "dueDate": due })).await;
            if done {
                docket.alice.data("mutation($id: ID!) { toggleTask(id: $id) { task { id } } }", json!({ "id": made["id"] })).await;
            }
        }
        let query = "{ viewer { id email name
            taskCounts(today: \"2026-01-02\") { all pending completed overdue dueToday }
            plain: taskCounts { all overdue dueToday } } }";
        let viewer = docket.alice.data(query, json!({})).await;
        assert_eq!(viewer["viewer"], json!({
            "id": "alice", "email": "alice@example.org", "name": null,
            "taskCounts": { "all": 3, "pending": 2, "completed": 1, "overdue": 1, "dueToday": 1 },
            "plain": { "all": 3, "overdue": null, "dueToday": null },
        }));
    }
}
