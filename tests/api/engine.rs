//! What the GraphQL engine once did wrong: it must not come back with another release.

use serde_json::{Value, json};

use crate::support::on_both_databases;

on_both_databases! {
    async fn a_root_field_that_stands_twice_runs_once(docket: Docket) {
        let made = docket.alice.create(json!({ "title": "t" })).await;
        let id = json!({ "id": made["id"], "yes": true, "no": false });
        for (document, version) in [
            ("mutation($id: ID!) { toggleTask(id: $id) { task { version } } toggleTask(id: $id) { task { title } } }", 2),
            ("mutation($id: ID!) { ...F ...F ... on Mutation { toggleTask(id: $id) { task { title } } } }
              fragment F on Mutation { toggleTask(id: $id) { task { version } } }", 3),
            ("mutation($id: ID!) { toggleTask(id: $id) { task { version } } ...F }
              fragment F on Mutation { ...G } fragment G on Mutation { toggleTask(id: $id) { task { title } } }", 4),
            ("mutation($id: ID!, $yes: Boolean!, $no: Boolean = false) {
                toggleTask(id: $id) @include(if: $no) { task { title } }
                toggleTask(id: $id) @include(if: $yes) { task { version } }
                toggleTask(id: $id) @skip(if: $no) { task { title } } }", 5),
        ] {
            let data = docket.alice.data(document, id.clone()).await;
            assert_eq!(data, json!({ "toggleTask": { "task": { "version": version, "title": "t" } } }), "{document}");
        }
        let both = docket.alice.data(
            "mutation($id: ID!) { a: toggleTask(id: $id) { task { version } } b: toggleTask(id: $id) { task { version } } }",
            id.clone(),
        ).await;
        assert_eq!(both["b"]["task"]["version"], 7, "another key is another field");
        let conflict = docket.alice.ask(
            "mutation($id: ID!) { toggleTask(id: $id) { task { id } } toggleTask(id: $id, ifVersion: 1) { task { id } } }",
            id,
        ).await;
        assert_eq!(conflict.code(), "GRAPHQL_VALIDATION_FAILED");
    }

    async fn a_variable_left_out_is_not_null(docket: Docket) {
        let made = docket.alice.create(json!({ "title": "t", "description": "keep me" })).await;
        let updated = docket.alice.data(
            "mutation($id: ID!, $text: String, $title: String) {
                updateTask(id: $id, input: { description: $text, title: $title }) { task { description title } } }",
            json!({ "id": made["id"], "title": "new" }),
        ).await;
        assert_eq!(updated["updateTask"]["task"], json!({ "description": "keep me", "title": "new" }));
    }

    async fn keys_come_back_in_the_order_asked(docket: Docket) {
        docket.alice.create(json!({ "title": "t" })).await;
        let answer = docket.alice.ask(
            "{ tasks { totalCount nodes { version id title } edges { node { title } cursor } } __typename viewer { name id } }",
            json!({}),
        ).await;
        let order = ["\"tasks\"", "\"totalCount\"", "\"nodes\"", "\"version\"", "\"id\"", "\"title\"", "\"edges\"",
                     "\"node\"", "\"cursor\"", "\"__typename\"", "\"viewer\"", "\"name\""];
        let places: Vec<_> = order.iter().map(|key| answer.text.find(key).expect(key)).collect();
        assert!(places.is_sorted(), "{}", answer.text);
    }

    async fn a_non_null_field_that_fails_takes_its_parent(docket: Docket) {
        let answer = docket.alice.ask("{ tasks(first: -1) { totalCount } }", json!({})).await;
        assert_eq!(answer.fields(), ["first"]);
        assert_eq!(answer.body["data"], Value::Null);
        assert!(answer.body.as_object().unwrap().contains_key("data"), "it was run: {}", answer.text);
    }
}
