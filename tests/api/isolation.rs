//! Whoever asks sees and changes their own tasks, and only those.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{ALL, Docket, on_both_databases};

/// How each root field is called for a task of somebody else: its arguments. A field that is missing
/// here fails the test: whoever adds one says how it is called, and the test sees to the rest.
const CALLS: [(&str, &str); 12] = [
    ("Query.viewer", ""),
    ("Query.task", "(id: $id)"),
    ("Query.node", "(id: $id)"),
    ("Query.tasks", ""),
    (
        "Mutation.createTask",
        "(input: { id: $id, title: \"mine\" })",
    ),
    (
        "Mutation.updateTask",
        "(id: $id, input: { title: \"stolen\" })",
    ),
    ("Mutation.toggleTask", "(id: $id)"),
    ("Mutation.deleteTask", "(id: $id)"),
    ("Mutation.restoreTask", "(id: $id)"),
    (
        "Mutation.createTasks",
        "(inputs: [{ id: $id, title: \"mine\" }])",
    ),
    (
        "Mutation.updateTasks",
        "(ids: [$id], input: { title: \"stolen\" })",
    ),
    ("Mutation.deleteTasks", "(ids: [$id])"),
];

/// Every type, by name.
async fn types(docket: &Docket) -> BTreeMap<String, Value> {
    const TYPE: &str = "name kind ofType { name kind ofType { name kind ofType { name kind ofType { name kind } } } }";
    let schema = docket
        .nobody
        .data(
            &format!(
                "{{ __schema {{ types {{ name kind possibleTypes {{ name }}
                    fields {{ name args {{ name type {{ kind }} }} type {{ {TYPE} }} }} }} }} }}"
            ),
            json!({}),
        )
        .await;
    let types = schema["__schema"]["types"].as_array().unwrap().clone();
    types
        .into_iter()
        .map(|kind| (kind["name"].as_str().unwrap().to_owned(), kind))
        .collect()
}

/// A selection of everything below a type, as far as it goes without coming round.
fn everything(types: &BTreeMap<String, Value>, of: &Value, above: &mut Vec<String>) -> String {
    let mut named = of;
    while !named["ofType"].is_null() {
        named = &named["ofType"];
    }
    let name = named["name"].as_str().unwrap();
    let kind = &types[name];
    let Some(fields) = kind["fields"].as_array() else {
        return String::new();
    };
    if above.iter().any(|known| known == name) {
        return "{ __typename }".to_owned();
    }
    above.push(name.to_owned());
    let mut parts = vec!["__typename".to_owned()];
    for field in fields {
        parts.push(format!(
            "{} {}",
            field["name"].as_str().unwrap(),
            everything(types, &field["type"], above)
        ));
    }
    if kind["kind"] == "INTERFACE" {
        for object in kind["possibleTypes"].as_array().unwrap() {
            parts.push(format!(
                "... on {} {}",
                object["name"].as_str().unwrap(),
                everything(types, object, above)
            ));
        }
    }
    above.pop();
    format!("{{ {} }}", parts.join(" "))
}

/// Every root field, with a document that asks it for all that it has.
async fn documents(docket: &Docket) -> Vec<(String, String)> {
    let types = types(docket).await;
    let mut documents = Vec::new();
    for root in ["Query", "Mutation", "Subscription"] {
        let Some(kind) = types.get(root) else {
            continue;
        };
        for field in kind["fields"].as_array().unwrap() {
            let name = format!("{root}.{}", field["name"].as_str().unwrap());
            let call = CALLS.iter().find(|(known, _)| *known == name);
            let (_, arguments) =
                call.unwrap_or_else(|| panic!("{name} is not covered: name it in CALLS"));
            let variables = if arguments.contains("$id") {
                "($id: ID!)"
            } else {
                ""
            };
            let selection = everything(&types, &field["type"], &mut Vec::new());
            let field = field["name"].as_str().unwrap();
            documents.push((
                name,
                format!(
                    "{} {variables} {{ {field}{arguments} {selection} }}",
                    root.to_lowercase()
                ),
            ));
        }
    }
    assert_eq!(
        documents.len(),
        CALLS.len(),
        "CALLS names a field that is not there"
    );
    documents
}

on_both_databases! {
    async fn every_field_is_kept_to_its_owner(docket: Docket) {
        let never = "0190b5a2-7c3e-7d4f-8a1b-2c3d4e5f6a7b";
        for (field, document) in documents(&docket).await {
            let above = docket.alice.create(json!({ "title": "alice's secret", "tags": ["secret plans"] })).await;
            let made = docket.alice.create(json!({
                "title": "alice's secret", "description": "hers alone", "tags": ["secret plans"], "parentId": above["id"],
            })).await;
            let hers = docket.alice.ask(&document, json!({ "id": made["id"] })).await;
            assert_eq!(hers.body["errors"], Value::Null, "{field}: the call works for its owner: {}", hers.text);
            let before = state(&docket).await;
            let nobody = docket.nobody.ask(&document, json!({ "id": made["id"] })).await;
            assert_eq!((nobody.status.as_u16(), nobody.code()), (401, "UNAUTHENTICATED"), "{field}");
            assert!(nobody.body.get("data").is_none(), "{field}");

            let theirs = docket.bob.ask(&document, json!({ "id": made["id"] })).await;
            assert!(!theirs.text.contains("secret") && !theirs.text.contains("hers"), "{field}: {}", theirs.text);
            if field.starts_with("Mutation.createTask") {
                let data = &theirs.body["data"];
                let titles = (&data["createTask"]["task"]["title"], &data["createTasks"]["tasks"][0]["title"]);
                assert!(titles.0 == "mine" || titles.1 == "mine", "{field}: it cannot tell whether the id is taken: {}", theirs.text);
            } else {
                let none = docket.bob.ask(&document, json!({ "id": never })).await;
                assert_eq!(theirs.text, none.text, "{field}");
                assert_eq!(theirs.status, none.status, "{field}");
            }
            assert_eq!(state(&docket).await, before, "{field} changed alice's tasks");
        }
    }

    async fn nobody_becomes_a_part_of_somebody_elses_task(docket: Docket) {
        let hers = docket.alice.create(json!({ "title": "alice's" })).await;
        let his = docket.bob.create(json!({ "title": "bob's" })).await;
        let never = "0190b5a2-7c3e-7d4f-8a1b-2c3d4e5f6a7b";
        let before = state(&docket).await;
        for document in [
            "mutation($parent: ID!, $his: ID!) { createTask(input: { title: \"t\", parentId: $parent }) { task { id } } x: task(id: $his) { id } }",
            "mutation($parent: ID!, $his: ID!) { updateTask(id: $his, input: { parentId: $parent }) { task { id } } }",
            "mutation($parent: ID!, $his: ID!) { updateTasks(ids: [$his], input: { parentId: $parent }) { tasks { id } } }",
            "mutation($parent: ID!, $his: ID!) { deleteTasks(ids: [$his, $parent]) { deletedTaskIds } }",
            "query($parent: ID!, $his: ID!) { tasks(filter: { parentId: $parent }) { totalCount } task(id: $his) { id } }",
        ] {
            let document = document.replace(" x: task(id: $his) { id }", " toggleTask(id: $his, ifVersion: -1) { task { id } }");
            let answer = docket.bob.ask(&document, json!({ "parent": hers["id"], "his": his["id"] })).await;
            let none = docket.bob.ask(&document, json!({ "parent": never, "his": his["id"] })).await;
            assert_eq!(answer.text, none.text, "{document}");
        }
        assert_eq!(state(&docket).await, before);
    }

    async fn the_same_subject_of_another_issuer_is_another_user(docket: Docket) {
        use crate::support::{Actor, SECRET};
        docket.alice.create(json!({ "title": "alice's secret" })).await;
        let soon = docket::clock::now().timestamp() + 600;
        let claims = json!({ "sub": "alice", "iss": "https://other.example", "exp": soon });
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
