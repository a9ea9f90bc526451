//! Tags, subtasks, and changes in bulk.

use serde_json::{Value, json};

use crate::support::{Actor, on_both_databases};

const TASK: &str =
    "id title tags version completed deletedAt parent { id } subtasks { id title tags version }";

async fn update(actor: &Actor, id: &Value, input: Value) -> Value {
    let document = format!(
        "mutation($id: ID!, $input: UpdateTaskInput!) {{ updateTask(id: $id, input: $input) {{ task {{ {TASK} }} }} }}"
    );
    let data = actor
        .data(&document, json!({ "id": id, "input": input }))
        .await;
    data["updateTask"]["task"].clone()
}

async fn refused(actor: &Actor, id: &Value, input: Value) -> Vec<String> {
    let document = "mutation($id: ID!, $input: UpdateTaskInput!) { updateTask(id: $id, input: $input) { task { id } } }";
    actor
        .ask(document, json!({ "id": id, "input": input }))
        .await
        .fields()
}

async fn task(actor: &Actor, id: &Value) -> Value {
    let document = format!("query($id: ID!) {{ task(id: $id) {{ {TASK} }} }}");
    actor.data(&document, json!({ "id": id })).await["task"].clone()
}

async fn on(actor: &Actor, field: &str, id: &Value) -> Value {
    actor
        .data(
            &format!("mutation($id: ID!) {{ {field}(id: $id) {{ task {{ {TASK} }} }} }}"),
            json!({ "id": id }),
        )
        .await[field]["task"]
        .clone()
}

/// The titles of a list, in its order.
async fn titles(actor: &Actor, filter: Value) -> Vec<String> {
    let document = "query($filter: TaskFilter) { tasks(sort: TITLE, filter: $filter) { nodes { title } totalCount } }";
    let data = actor.data(document, json!({ "filter": filter })).await;
    let nodes = data["tasks"]["nodes"].as_array().unwrap();
    assert_eq!(data["tasks"]["totalCount"], nodes.len());
    nodes
        .iter()
        .map(|node| node["title"].as_str().unwrap().to_owned())
        .collect()
}

on_both_databases! {
    async fn tags_are_set_whole_or_bit_by_bit(docket: Docket) {
        let alice = &docket.alice;
        let made = alice.create(json!({ "title": "t", "tags": [" Home ", "errand", "HOME"] })).await;
        let id = &made["id"];
        assert_eq!(task(alice, id).await["tags"], json!(["errand", "Home"]));
        let after = update(alice, id, json!({ "addTags": ["straße", "ERRAND"], "removeTags": ["home"] })).await;
        assert_eq!((&after["tags"], &after["version"]), (&json!(["errand", "straße"]), &json!(2)));
        // The spelling that came first is kept, on other tasks too.
        let other = alice.create(json!({ "title": "u", "tags": ["STRASSE", "Errand"] })).await;
        assert_eq!(task(alice, &other["id"]).await["tags"], json!(["errand", "straße"]));
        let same = update(alice, id, json!({ "tags": ["Straße", "errand"] })).await;
        assert_eq!(same["version"], 2, "nothing changed");
        let none = update(alice, id, json!({ "tags": null })).await;
        assert_eq!((&none["tags"], &none["version"]), (&json!([]), &json!(4)));
        for (input, fields) in [
            (json!({ "tags": ["a", "", "x".repeat(51)] }), vec!["input.tags.1", "input.tags.2"]),
            (json!({ "addTags": ["a\nb"] }), vec!["input.addTags.0"]),
            (json!({ "tags": ["a"], "addTags": ["b"] }), vec!["input.addTags"]),
            (json!({ "addTags": ["a"], "removeTags": ["A"] }), vec!["input.removeTags"]),
            (json!({ "tags": (0..21).map(|n| n.to_string()).collect::<Vec<_>>() }), vec!["input.tags"]),
        ] {
            assert_eq!(refused(alice, id, input.clone()).await, fields, "{input}");
        }
        let full: Vec<_> = (0..20).map(|n| format!("t{n:02}")).collect();
        update(alice, id, json!({ "tags": full })).await;
        assert_eq!(refused(alice, id, json!({ "addTags": ["one more"] })).await, ["input.addTags"]);
        assert_eq!(update(alice, id, json!({ "addTags": ["one more"], "removeTags": ["T00"] })).await["tags"].as_array().unwrap().len(), 20);
    }

    async fn tags_are_counted_and_found(docket: Docket) {
        let alice = &docket.alice;
        for (title, tags) in [("a", json!(["Work", "home"])), ("b", json!(["work"])), ("c", json!([])), ("d", json!(["HOME", "WORK", "ärger"]))] {
            alice.create(json!({ "title": title, "tags": tags })).await;
        }
        docket.bob.create(json!({ "title": "e", "tags": ["work"] })).await;
        let gone = alice.create(json!({ "title": "f", "tags": ["gone", "work"] })).await;
        on(alice, "deleteTask", &gone["id"]).await;
        let tags = alice.data("{ viewer { tags { name taskCount } } }", json!({})).await;
        assert_eq!(tags["viewer"]["tags"], json!([
            { "name": "home", "taskCount": 2 }, { "name": "Work", "taskCount": 3 }, { "name": "ärger", "taskCount": 1 },
        ]));
        assert_eq!(titles(alice, json!({ "tags": ["WORK"] })).await, ["a", "b", "d"]);
        assert_eq!(titles(alice, json!({ "tags": ["work", "Home"] })).await, ["a", "d"]);
        assert_eq!(titles(alice, json!({ "tags": ["work", "nothing"] })).await, Vec::<String>::new());
        assert_eq!(titles(alice, json!({ "tags": [] })).await, ["a", "b", "c", "d"]);
        assert_eq!(titles(alice, json!({ "tags": ["work"], "trashed": true })).await, ["f"]);
        let bad = alice.ask("{ tasks(filter: { tags: [\"a\", \"\"], search: \"\\u0000\" }) { totalCount } }", json!({})).await;
        assert_eq!(bad.fields(), ["filter.search", "filter.tags.1"]);
    }

    async fn subtasks_are_one_level_and_go_with_their_parent(docket: Docket) {
        let alice = &docket.alice;
        let parent = alice.create(json!({ "title": "parent" })).await;
        let id = &parent["id"];
        let one = alice.create(json!({ "title": "one", "parentId": id })).await;
        let two = alice.create(json!({ "title": "two", "parentId": id, "tags": ["x"] })).await;
        let seen = task(alice, id).await;
        assert_eq!(seen["subtasks"].as_array().unwrap().iter().map(|s| &s["title"]).collect::<Vec<_>>(), ["one", "two"]);
        assert_eq!(seen["subtasks"][1]["tags"], json!(["x"]));
        assert_eq!(task(alice, &one["id"]).await["parent"]["id"], *id);
        let version = seen["version"].as_i64().unwrap();
        on(alice, "toggleTask", &two["id"]).await;
        assert!(task(alice, id).await["version"].as_i64().unwrap() > version, "a change of a subtask is one of its parent");
        let split = alice.data("query($id: ID!) { task(id: $id) { p: subtasks(status: PENDING) { title } c: subtasks(status: COMPLETED) { title } } }", json!({ "id": id })).await;
        assert_eq!(split["task"], json!({ "p": [{ "title": "one" }], "c": [{ "title": "two" }] }));

        let lone = alice.create(json!({ "title": "lone" })).await;
        let create = "mutation($parent: ID!) { createTask(input: { title: \"t\", parentId: $parent }) { task { id } } }";
        for (bad, why) in [(&one["id"], "none of its own"), (&json!("0190b5a2-7c3e-7d4f-8a1b-2c3d4e5f6a7b"), "no such task"), (&json!("x"), "no such task")] {
            let answer = alice.ask(create, json!({ "parent": bad })).await;
            assert_eq!(answer.fields(), ["input.parentId"], "{bad}");
            assert!(answer.text.contains(why), "{}", answer.text);
        }
        for (who, bad) in [(&lone["id"], &lone["id"]), (&lone["id"], &one["id"]), (id, &lone["id"])] {
            assert_eq!(refused(alice, who, json!({ "parentId": bad })).await, ["input.parentId"]);
        }
        update(alice, &lone["id"], json!({ "parentId": id })).await;
        assert_eq!(titles(alice, json!({ "parentId": id })).await, ["lone", "one", "two"]);
        assert_eq!(titles(alice, json!({ "topLevel": true })).await, ["parent"]);
        assert_eq!(titles(alice, json!({ "topLevel": false })).await, ["lone", "one", "two"]);
        assert_eq!(titles(alice, json!({ "topLevel": true, "parentId": id })).await, Vec::<String>::new());
        assert_eq!(titles(alice, json!({ "parentId": "x" })).await, Vec::<String>::new());
        update(alice, &lone["id"], json!({ "parentId": null })).await;
        assert_eq!(titles(alice, json!({ "topLevel": true })).await, ["lone", "parent"]);

        // The trash takes the others along, and gives them back; what was deleted before stays so.
        on(alice, "deleteTask", &two["id"]).await;
        let deleted = on(alice, "deleteTask", id).await;
        assert_eq!(deleted["subtasks"].as_array().unwrap().iter().map(|s| &s["title"]).collect::<Vec<_>>(), ["one"]);
        assert_eq!(titles(alice, json!({ "trashed": true })).await, ["one", "parent", "two"]);
        let restore = "mutation($id: ID!) { restoreTask(id: $id) { task { id } } }";
        assert_eq!(alice.ask(restore, json!({ "id": one["id"] })).await.fields(), ["id"]);
        assert_eq!(alice.ask(create, json!({ "parent": id })).await.fields(), ["input.parentId"]);
        let back = on(alice, "restoreTask", id).await;
        assert_eq!(back["subtasks"].as_array().unwrap().iter().map(|s| &s["title"]).collect::<Vec<_>>(), ["one"]);
        assert_eq!(titles(alice, json!({ "trashed": true })).await, ["two"]);
        on(alice, "restoreTask", &two["id"]).await;
        assert_eq!(titles(alice, json!({ "parentId": id })).await, ["one", "two"]);
    }

    async fn bulk_changes_are_all_or_nothing(docket: Docket) {
        let alice = &docket.alice;
        let create = "mutation($inputs: [CreateTaskInput!]!) { createTasks(inputs: $inputs) { tasks { id title version tags parent { title } } } }";
        let parent = "0190b5a2-7c3e-7d4f-8a1b-2c3d4e5f6a01";
        let made = alice.data(create, json!({ "inputs": [
            { "title": "b", "parentId": parent, "tags": ["New"] }, { "id": parent, "title": "a", "tags": ["new"] },
            { "title": "c" }, { "id": parent, "title": "again" },
        ] })).await;
        let tasks = made["createTasks"]["tasks"].as_array().unwrap().clone();
        assert_eq!(tasks.iter().map(|task| &task["title"]).collect::<Vec<_>>(), ["b", "a", "c"], "a parent can come with its subtasks, and an id twice counts once");
        assert_eq!(tasks[0]["parent"]["title"], "a");
        let versions: std::collections::BTreeSet<_> = tasks.iter().map(|task| task["version"].as_i64().unwrap()).collect();
        assert_eq!(versions.len(), 3, "each has a version of its own");
        let before = alice.data("{ tasks { nodes { id title version } } }", json!({})).await;
        let answer = alice.ask(create, json!({ "inputs": [
            { "title": "fine" }, { "title": "" }, { "title": "x", "parentId": "0190b5a2-7c3e-7d4f-8a1b-2c3d4e5f6a02", "dueTime": "09:00" },
        ] })).await;
        assert_eq!(answer.fields(), ["inputs.1.title", "inputs.2.dueTime"]);
        let answer = alice.ask(create, json!({ "inputs": [
            { "title": "fine" }, { "title": "x", "parentId": "0190b5a2-7c3e-7d4f-8a1b-2c3d4e5f6a02" },
        ] })).await;
        assert_eq!(answer.fields(), ["inputs.1.parentId"]);
        assert_eq!(alice.data("{ tasks { nodes { id title version } } }", json!({})).await, before, "nothing is half done");

        let ids: Vec<_> = tasks.iter().map(|task| task["id"].clone()).collect();
        let update = "mutation($ids: [ID!]!, $input: UpdateTaskInput!) { updateTasks(ids: $ids, input: $input) { tasks { title completed tags } } }";
        let both = json!([ids[0], ids[2], ids[0]]);
        let changed = alice.data(update, json!({ "ids": both, "input": { "completed": true, "addTags": ["done"] } })).await;
        assert_eq!(changed["updateTasks"]["tasks"], json!([
            { "title": "b", "completed": true, "tags": ["done", "new"] }, { "title": "c", "completed": true, "tags": ["done"] },
        ]));
        let never = "0190b5a2-7c3e-7d4f-8a1b-2c3d4e5f6a7b";
        let answer = alice.ask(update, json!({ "ids": [ids[0], never, "x", ids[2]], "input": { "title": "z" } })).await;
        assert_eq!(answer.fields(), ["ids.2"], "what is no id at all");
        let answer = alice.ask(update, json!({ "ids": [ids[0], never, ids[2], ids[1]], "input": { "dueTime": "09:00" } })).await;
        assert_eq!(answer.fields(), ["ids.0", "ids.1", "ids.2", "ids.3"]);
        let delete = "mutation($ids: [ID!]!) { deleteTasks(ids: $ids) { deletedTaskIds } }";
        assert_eq!(alice.ask(delete, json!({ "ids": [ids[2], never] })).await.fields(), ["ids.1"]);
        let gone = alice.data(delete, json!({ "ids": [ids[0], ids[1], ids[0]] })).await;
        assert_eq!(gone["deleteTasks"]["deletedTaskIds"], json!([ids[0], ids[1]]));
        assert_eq!(titles(alice, json!({})).await, ["c"]);
        on(alice, "restoreTask", &ids[1]).await;
        assert_eq!(titles(alice, json!({})).await, ["a", "b", "c"], "a subtask that went in the same call comes back too");
        let many: Vec<_> = (0..101).map(|n| json!({ "title": format!("t{n}") })).collect();
        assert_eq!(alice.ask(create, json!({ "inputs": many })).await.fields(), ["inputs"]);
        let hundred = alice.data(create, json!({ "inputs": many[..100] })).await;
        assert_eq!(hundred["createTasks"]["tasks"].as_array().unwrap().len(), 100);
    }

    async fn two_devices_change_two_fields_and_both_stay(docket: Docket) {
        let made = docket.alice.create(json!({ "title": "t", "tags": ["a"] })).await;
        let other = docket.alice.clone();
        for round in 0..10 {
            let title = format!("title {round}");
            let text = format!("text {round}");
            let tag = format!("tag {round}");
            let (one, two, three) = tokio::join!(
                update(&docket.alice, &made["id"], json!({ "title": title })),
                update(&other, &made["id"], json!({ "description": text })),
                update(&other, &made["id"], json!({ "addTags": [tag] })),
            );
            assert!(one["id"] == two["id"] && two["id"] == three["id"]);
            let now = docket.alice.data("query($id: ID!) { task(id: $id) { title description tags } }", json!({ "id": made["id"] })).await;
            assert_eq!((&now["task"]["title"], &now["task"]["description"]), (&json!(title), &json!(text)));
            assert_eq!(now["task"]["tags"].as_array().unwrap().len(), 2 + round);
        }
    }

    async fn a_page_costs_four_statements_however_long(docket: Docket) {
        let alice = &docket.alice;
        let query = "query($first: Int!) { tasks(first: $first, filter: { topLevel: true }) { nodes { id tags parent { id } subtasks { id title } } } }";
        let subtasks = "query($first: Int!) { tasks(first: $first, filter: { topLevel: false }) { nodes { id tags parent { id title } subtasks { id title } } } }";
        let parents: Vec<_> = (0..100).map(|n| json!({ "id": uuid::Uuid::now_v7(), "title": format!("p{n}"), "tags": ["a", "b"] })).collect();
        let children: Vec<_> = parents.iter().map(|parent| json!({ "title": "c", "parentId": parent["id"], "tags": ["c"] })).collect();
        let create = "mutation($inputs: [CreateTaskInput!]!) { createTasks(inputs: $inputs) { tasks { id } } }";
        alice.data(create, json!({ "inputs": parents })).await;
        alice.data(create, json!({ "inputs": children })).await;
        // Tags wait for those of the subtasks, and of their parents.
        let deep = "query($first: Int!) { tasks(first: $first, filter: { topLevel: true }) { nodes { id tags subtasks(status: PENDING) { id tags } } } }";
        let deeper = "query($first: Int!) { tasks(first: $first, filter: { topLevel: true }) { nodes { id tags subtasks { id tags up: parent { tags } } done: subtasks(status: COMPLETED) { tags } } } }";
        for (document, statements) in [(query, 3), (subtasks, 3), (deep, 3), (deeper, 4)] {
            for first in [1, 100] {
                let before = docket.server.statements();
                let data = alice.data(document, json!({ "first": first })).await;
                let nodes = data["tasks"]["nodes"].as_array().unwrap();
                assert_eq!(nodes.len(), first);
                assert!(nodes.iter().all(|node| node["subtasks"].as_array().unwrap().len() == 1 || node["parent"]["id"].is_string()));
                assert_eq!(docket.server.statements() - before, statements, "{document} for {first}");
            }
        }
        // Parents and subtasks on one page: the page, tags, parents, subtasks.
        let mixed = "query($first: Int!) { tasks(first: $first, sort: TITLE, direction: ASC) { nodes { id tags parent { id } subtasks { id } } } }";
        let last = mixed.replace("first: $first,", "last: 100,").replace("($first: Int!)", "");
        for (document, variables, most) in [(mixed, json!({ "first": 101 }), 4), (last.as_str(), json!({}), 4)] {
            let before = docket.server.statements();
            alice.data(document, variables).await;
            assert!(docket.server.statements() - before <= most, "{document}");
        }
        let before = docket.server.statements();
        alice.data(mixed, json!({ "first": 150 })).await;
        assert_eq!(docket.server.statements() - before, 4);
    }
}
