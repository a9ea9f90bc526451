//! The short way and the engine's way give the same bytes: random operations, valid and not, over random
//! tasks, with what belongs to them to any depth, aliases, fragments, `@skip` and `@include`, variables,
//! errors and nulls. Nor does the short way ask the database more often.

mod writer;

use async_graphql::Variables;
use docket::clock;
use docket::graphql::{Answer, Caller, RequestId, Schema};
use docket::identity::Verifier;
use docket::server::schema_settings;
use docket::store::Store;
use fastrand::Rng;
use serde_json::{Value, json};

use self::writer::{RELATIONS, Writer};
use crate::support::{Scratch, config, new_database, sign};

/// The answer as it goes over the wire: the engine's, the usual one, and whether it went the short way.
async fn by_either_way(
    schema: &Schema,
    document: &docket::graphql::Document,
    variables: &Value,
    caller: &Caller,
) -> (String, String, bool) {
    let values = || Variables::from_json(variables.clone());
    let engine = schema
        .execute_by_engine(document, None, values(), caller.clone())
        .await;
    let usual = schema
        .execute(document, None, values(), caller.clone())
        .await;
    match (engine, usual) {
        (Err(one), Err(other)) => (format!("{one:?}"), format!("{other:?}"), false),
        (Ok(engine), Ok(usual)) => {
            let text = |response: &async_graphql::Response| {
                if response.errors.is_empty() {
                    format!(
                        "{{\"data\":{}}}",
                        serde_json::to_string(&response.data).unwrap()
                    )
                } else {
                    serde_json::to_string(response).unwrap()
                }
            };
            match usual {
                Answer::Body(body) => (text(&engine), String::from_utf8(body).unwrap(), true),
                Answer::Response(response) => (text(&engine), text(&response), false),
            }
        }
        (engine, usual) => panic!("{engine:?}\n{usual:?}"),
    }
}

async fn the_same_bytes(url: &str) {
    let config = config(url, &[]);
    docket::store::migrate_up(&config.database).await.unwrap();
    let store = Store::connect(&config.database, config.request_timeout)
        .await
        .unwrap();
    let watch = store.watch().clone();
    let schema = Schema::new(store, schema_settings(&config));
    let verifier = Verifier::new(&config.identity);
    let now = clock::now();
    let caller = Caller {
        viewer: Some(verifier.verify(&sign("alice"), now).unwrap()),
        now,
        request_id: RequestId("test".into()),
    };
    let mut random = Rng::with_seed(7);
    let ids = tasks(&schema, &caller, &mut random).await;
    let mut writer = Writer { random, ids };
    mutations_too(&schema, &caller, &mut writer).await;
    families_too(&schema, &caller, &mut writer).await;
    let (mut short, mut long, mut related, mut statements) = (0, 0, 0, (0, 0));
    for number in 0..2_000 {
        let text = writer.query();
        let Ok(admitted) = schema.admit(&text) else {
            continue;
        };
        let Ok(document) = schema.validate(admitted).await else {
            continue;
        };
        let variables = writer.variables();
        let before = watch.statements();
        let (engine, usual, by_short) =
            by_either_way(&schema, &document, &variables, &caller).await;
        assert_eq!(usual, engine, "{number}: {text}\n{variables}");
        *(if by_short { &mut short } else { &mut long }) += 1;
        if by_short {
            let both = watch.statements() - before;
            run(&schema, &caller, &text, &variables).await;
            let by_short = watch.statements() - before - both;
            statements.0 += by_short;
            statements.1 += both - by_short;
            related += i32::from(RELATIONS.iter().any(|it| text.contains(it)));
        }
    }
    assert!(
        short > 200 && long > 200 && related > 200,
        "both ways are tried: {short} ({related} with other tasks), {long}"
    );
    // In sum: what the engine asks for in one statement is a matter of time too.
    assert!(statements.0 <= statements.1, "{statements:?}");
    faults_too(url, &schema, &caller, &writer.ids[0]).await;
}

/// Random tasks, some of them completed, some in the trash.
async fn tasks(schema: &Schema, caller: &Caller, random: &mut Rng) -> Vec<String> {
    let mut ids = Vec::new();
    let titles = [
        "a",
        "A \"quoted\" \\ title",
        "ä",
        "\u{1f4a3} \u{200b}é",
        "b/c <d> & 'e'",
        "\u{2028}line",
    ];
    for number in 0..40 {
        let mut input = json!({ "id": uuid::Uuid::from_u128(random.u128(..)), "title": titles[number % titles.len()] });
        for (name, values) in [
            ("description", ["line\nbreak\ttab", "", "\u{1f600} plain"]),
            ("priority", ["LOW", "MEDIUM", "HIGH"]),
            ("dueDate", ["2026-02-28", "0001-01-01", "9999-12-31"]),
        ] {
            if random.bool() && !(name == "description" && number % 3 == 0) {
                input[name] = json!(random.choice(values));
            }
        }
        if input["dueDate"].is_string() && random.bool() {
            input["dueTime"] = json!(random.choice(["00:00", "23:59:59"]));
        }
        if random.bool() {
            let tags = ["x", "\"X\"", "ä\\b", "Zoë", "X"];
            input["tags"] = json!(random.choose_multiple(tags, 3));
        }
        // Some are refused: a parent must be out of the trash, and have none itself.
        if number > 5 && random.u8(0..3) > 0 {
            input["parentId"] = json!(random.choice(&ids[..5]));
        }
        let (created, _) = run(
            schema,
            caller,
            "mutation($input: CreateTaskInput!) { createTask(input: $input) { task { id } } }",
            &json!({ "input": input }),
        )
        .await;
        if !created.contains("errors") {
            ids.push(input["id"].as_str().unwrap().to_owned());
        }
        let change = ["toggleTask", "deleteTask", "restoreTask"][random.usize(0..3)];
        run(
            schema,
            caller,
            &format!("mutation($id: ID!) {{ {change}(id: $id) {{ task {{ id }} }} }}"),
            &json!({ "id": random.choice(&ids) }),
        )
        .await;
    }
    ids
}

/// Tasks with subtasks: one outside the trash and one inside, each with a subtask that went to the trash
/// before.
async fn families_too(schema: &Schema, caller: &Caller, writer: &mut Writer) {
    for family in 0..6 {
        let mut make = async |parent: Option<&str>, tags: &[&str]| {
            let id = uuid::Uuid::from_u128(writer.random.u128(..)).to_string();
            let input =
                json!({ "id": id, "title": "of a family", "parentId": parent, "tags": tags });
            let text =
                "mutation($input: CreateTaskInput!) { createTask(input: $input) { task { id } } }";
            run(schema, caller, text, &json!({ "input": input })).await;
            writer.ids.push(id.clone());
            id
        };
        let parent = make(None, &["x"]).await;
        make(Some(&parent), &[]).await;
        let done = make(Some(&parent), &["ä", "b"]).await;
        let gone = make(Some(&parent), &["x"]).await;
        let mut changes = vec![("toggleTask", done), ("deleteTask", gone)];
        if family % 2 == 0 {
            changes.push(("deleteTask", parent));
        }
        for (change, id) in changes {
            let text = format!("mutation($id: ID!) {{ {change}(id: $id) {{ task {{ id }} }} }}");
            run(schema, caller, &text, &json!({ "id": id })).await;
        }
    }
}

/// What a mutation answers is what the engine finds afterwards.
async fn mutations_too(schema: &Schema, caller: &Caller, writer: &mut Writer) {
    for number in 0..120 {
        let id = writer.random.choice(&writer.ids).unwrap();
        let fields = "__typename id t: title description completed completedAt priority dueDate dueTime createdAt updatedAt deletedAt version";
        let (call, payload) = [
            ("toggleTask(id: $id)", "ToggleTaskPayload"),
            ("deleteTask(id: $id)", "DeleteTaskPayload"),
            ("restoreTask(id: $id)", "RestoreTaskPayload"),
            (
                "updateTask(id: $id, input: { title: \"x\", description: null, dueDate: \"2026-01-01\" })",
                "UpdateTaskPayload",
            ),
            (
                "createTask(input: { id: $id, title: \"y\" })",
                "CreateTaskPayload",
            ),
        ][number % 5];
        let deleted = if payload == "DeleteTaskPayload" {
            "d: deletedTaskId "
        } else {
            ""
        };
        let text = format!(
            "mutation($id: ID!) {{ {call} {{ __typename {deleted}task {{ {fields} }} }} }}"
        );
        let (changed, short) = run(schema, caller, &text, &json!({ "id": id })).await;
        if !short {
            assert!(
                changed.contains("BAD_USER_INPUT"),
                "it was refused, as a task in the trash is: {changed}"
            );
            continue;
        }
        let read = format!("query($id: ID!) {{ task(id: $id) {{ {fields} }} viewer {{ id }} }}");
        let (read, short) = run(schema, caller, &read, &json!({ "id": id })).await;
        assert!(!short);
        let read: Value = serde_json::from_str(&read).unwrap();
        let task = serde_json::to_string(&read["data"]["task"]).unwrap();
        let name = call.split('(').next().unwrap();
        let deleted = if deleted.is_empty() {
            String::new()
        } else {
            format!("\"d\":\"{id}\",")
        };
        let changed: Value = serde_json::from_str(&changed).unwrap();
        let expected =
            format!("{{\"{name}\":{{\"__typename\":\"{payload}\",{deleted}\"task\":{task}}}}}");
        assert_eq!(
            changed["data"],
            serde_json::from_str::<Value>(&expected).unwrap(),
            "{text}"
        );
    }
}

async fn run(schema: &Schema, caller: &Caller, text: &str, variables: &Value) -> (String, bool) {
    let document = schema.validate(schema.admit(text).unwrap()).await.unwrap();
    match schema
        .execute(
            &document,
            None,
            Variables::from_json(variables.clone()),
            caller.clone(),
        )
        .await
        .unwrap()
    {
        Answer::Body(body) => (String::from_utf8(body).unwrap(), true),
        Answer::Response(response) => (serde_json::to_string(&response).unwrap(), false),
    }
}

/// Where the database fails, both ways say so alike.
async fn faults_too(url: &str, schema: &Schema, caller: &Caller, id: &str) {
    let inside = sea_orm::Database::connect(url).await.unwrap();
    let id = json!({ "id": id });
    // What belongs to tasks fails before tasks themselves do.
    for (fault, texts) in [
        (
            "ALTER TABLE task_tags RENAME TO no_tags",
            &[
                "{ tasks { nodes { title tags } totalCount } }",
                "query($id: ID!) { a: task(id: $id) { title b: tags } }",
                "{ tasks(filter: { topLevel: false }) { edges { node { id parent { id tags } } } } }",
            ][..],
        ),
        (
            "ALTER TABLE tasks RENAME COLUMN due_time TO gone",
            &[
                "{ tasks { nodes { title subtasks { id } } } }",
                "{ tasks(filter: { topLevel: false }) { nodes { id up: parent { id } } } }",
                "query($id: ID!) { task(id: $id) { title subtasks(status: PENDING) { id } } }",
            ],
        ),
        (
            "ALTER TABLE tasks RENAME TO gone",
            &[
                "{ tasks { totalCount } }",
                "query($id: ID!) { a: task(id: $id) { title } }",
                "mutation($id: ID!) {\n  toggleTask(id: $id) { task { id } }\n}",
            ],
        ),
    ] {
        sea_orm::ConnectionTrait::execute_unprepared(&inside, fault)
            .await
            .unwrap();
        for text in texts {
            let document = schema.validate(schema.admit(text).unwrap()).await.unwrap();
            let (engine, usual, _) = by_either_way(schema, &document, &id, caller).await;
            assert!(engine.contains("INTERNAL_SERVER_ERROR"), "{text}: {engine}");
            assert_eq!(usual, engine, "the database failed: {text}");
        }
    }
}

#[tokio::test]
async fn the_short_way_gives_the_engines_bytes_on_sqlite() {
    let scratch = Scratch::new();
    the_same_bytes(&format!(
        "sqlite://{}/docket.db?mode=rwc",
        scratch.path().display()
    ))
    .await;
}

#[tokio::test]
async fn the_short_way_gives_the_engines_bytes_on_postgres() {
    if crate::support::have(
        "direct::the_short_way_gives_the_engines_bytes_on_postgres",
        crate::support::Part::Postgres,
    ) {
        the_same_bytes(&new_database().await).await;
    }
}
