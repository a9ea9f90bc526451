//! Whoever asks sees and changes their own tasks, and only those.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{ALL, Docket, on_both_databases};

/// How each root field is tried on a task of somebody else. A field that is missing here fails the
/// test: whoever adds one says how it is kept to its owner.
fn attempts() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from([
        (
            "Query.viewer",
            "{ viewer { id email name sessionExpiresAt taskCounts { all pending completed } } }",
        ),
        ("Query.task", "query($id: ID!) { task(id: $id) { ALL } }"),
        (
            "Query.node",
            "query($id: ID!) { node(id: $id) { id ... on Task { ALL } } }",
        ),
        (
            "Query.tasks",
            "{ tasks { totalCount nodes { ALL } edges { cursor node { id } } }
                           trash: tasks(filter: { trashed: true }) { totalCount nodes { id } } }",
        ),
        (
            "Mutation.createTask",
            "mutation($id: ID!) { createTask(input: { id: $id, title: \"mine\" }) { task { title version } } }",
        ),
        (
            "Mutation.updateTask",
            "mutation($id: ID!) { updateTask(id: $id, input: { title: \"stolen\" }) { task { ALL } } }",
        ),
        (
            "Mutation.toggleTask",
            "mutation($id: ID!) { toggleTask(id: $id) { task { ALL } } }",
        ),
        (
            "Mutation.deleteTask",
            "mutation($id: ID!) { deleteTask(id: $id) { deletedTaskId task { ALL } } }",
        ),
        (
            "Mutation.restoreTask",
            "mutation($id: ID!) { restoreTask(id: $id) { task { ALL } } }",
        ),
    ])
}

async fn root_fields(docket: &Docket) -> Vec<String> {
    let schema = docket
        .nobody
        .data(
            "{ __schema { queryType { name fields { name } } mutationType { name fields { name } }
                      subscriptionType { name fields { name } } } }",
            json!({}),
        )
        .await;
    let types = schema["__schema"]
        .as_object()
        .unwrap()
        .values()
        .filter(|kind| !kind.is_null());
    let fields = types.flat_map(|kind| {
        let name = kind["name"].as_str().unwrap().to_owned();
        kind["fields"]
            .as_array()
            .unwrap()
            .iter()
            .map(move |field| format!("{name}.{}", field["name"].as_str().unwrap()))
    });
    fields.collect()
}

on_both_databases! {
    async fn every_field_is_kept_to_its_owner(docket: Docket) {
        let attempts = attempts();
        let fields = root_fields(&docket).await;
        assert_eq!(fields.len(), attempts.len(), "{fields:?}");
        let never = "0190b5a2-7c3e-7d4f-8a1b-2c3d4e5f6a7b";
        for field in fields {
            let attempt = attempts.get(field.as_str()).unwrap_or_else(|| panic!("{field} is not covered"));
            let document = attempt.replace("ALL", ALL);
            let made = docket.alice.create(json!({ "title": "alice's secret", "description": "hers alone" })).await;
            let before = state(&docket).await;

            let nobody = docket.nobody.ask(&document, json!({ "id": made["id"] })).await;
            assert_eq!((nobody.status.as_u16(), nobody.code()), (401, "UNAUTHENTICATED"), "{field}");
            assert!(nobody.body.get("data").is_none(), "{field}");

            let theirs = docket.bob.ask(&document, json!({ "id": made["id"] })).await;
            assert!(!theirs.text.contains("secret") && !theirs.text.contains("hers"), "{field}: {}", theirs.text);
            if field == "Mutation.createTask" {
                let task = &theirs.body["data"]["createTask"]["task"];
                assert_eq!(task["title"], "mine", "{field}: it cannot tell whether the id is taken");
            } else {
                let none = docket.bob.ask(&document, json!({ "id": never })).await;
                assert_eq!(theirs.text, none.text, "{field}");
                assert_eq!(theirs.status, none.status, "{field}");
            }
            assert_eq!(state(&docket).await, before, "{field} changed alice's tasks");
        }
    }

    async fn the_same_subject_of_another_issuer_is_another_user(docket: Docket) {
        use crate::support::{Actor, SECRET};
        docket.alice.create(json!({ "title": "alice's secret" })).await;
        let claims = json!({ "sub": "alice", "iss": "https://other.example", "exp": 4_000_000_000_u64 });
        let key = jsonwebtoken::EncodingKey::from_secret(SECRET.as_bytes());
        let token = jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).unwrap();
        let other = Actor::new(&format!("http://{}/graphql", docket.server.local_addr()), Some(&token));
        let seen = other.data("{ tasks { totalCount } }", json!({})).await;
        assert_eq!(seen["tasks"]["totalCount"], 0);
    }
}

/// All that alice has.
async fn state(docket: &Docket) -> Value {
    let document = format!(
        "{{ tasks(first: 500) {{ totalCount nodes {{ {ALL} }} }}
            trash: tasks(filter: {{ trashed: true }}) {{ nodes {{ {ALL} }} }} }}"
    );
    docket.alice.data(&document, json!({})).await
}
