//! The short way and the engine's way give the same bytes: random operations, valid and not, over random
//! tasks, with aliases, fragments, `@skip` and `@include`, variables, errors and nulls.

use async_graphql::Variables;
use docket::clock;
use docket::graphql::{Answer, Caller, Limits, RequestId, Schema, Settings};
use docket::identity::Verifier;
use docket::store::Store;
use docket::task::PageSizes;
use fastrand::Rng;
use serde_json::{Value, json};

use crate::support::{Scratch, config, new_database, sign};

const FIELDS: [&str; 18] = [
    "id",
    "title",
    "description",
    "completed",
    "completedAt",
    "priority",
    "dueDate",
    "dueTime",
    "createdAt",
    "updatedAt",
    "deletedAt",
    "version",
    "__typename",
    "tags",
    "t: title",
    "parent { id }",
    "subtasks { title }",
    "v: version",
];

struct Writer {
    random: Rng,
    ids: Vec<String>,
}

impl Writer {
    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        self.random.choice(from.iter().copied()).unwrap()
    }

    fn task(&mut self) -> String {
        // Mostly what the short way knows.
        let known = if self.random.u8(0..4) > 0 {
            13
        } else {
            FIELDS.len()
        };
        let mut text = String::from("{ ");
        for _ in 0..self.random.usize(1..7) {
            text += self.pick(&FIELDS[..known]);
            text += match self.random.u8(0..12) {
                0 => " @include(if: true) ",
                1 => " @skip(if: $yes) ",
                2 => " @skip(if: false) ",
                _ => " ",
            };
        }
        if self.random.u8(0..5) == 0 {
            text += "...F ";
        }
        text + "}"
    }

    fn list(&mut self) -> String {
        let mut text = String::from("{ ");
        for _ in 0..self.random.usize(1..4) {
            let part = match self.random.u8(0..6) {
                0 | 1 => format!("nodes {}", self.task()),
                2 => format!("edges {{ cursor __typename node {} }}", self.task()),
                3 => "pageInfo { hasNextPage endCursor startCursor __typename }".to_owned(),
                4 => "pageInfo { hasPreviousPage hasNextPage }".to_owned(),
                _ => "totalCount __typename".to_owned(),
            };
            text.push_str(&part);
            text.push(' ');
        }
        text + "}"
    }

    fn arguments(&mut self) -> String {
        let mut all = Vec::new();
        for (name, values) in [
            ("status", &["ALL", "PENDING", "COMPLETED", "$status"][..]),
            (
                "sort",
                &[
                    "TITLE", "DUE_DATE", "PRIORITY", "UPDATED", "CREATED", "$sort",
                ],
            ),
            ("direction", &["ASC", "DESC", "null", "$direction"]),
            ("first", &["1", "3", "$n", "0", "501", "-1", "null"]),
            ("last", &["2", "$n", "null"]),
            ("after", &["$cursor", "\"nonsense\"", "null"]),
            (
                "filter",
                &[
                    "{ search: \"a\" }",
                    "{ trashed: true }",
                    "{ search: $text, priority: [HIGH] }",
                    "$filter",
                    "null",
                    "{ topLevel: true }",
                ],
            ),
        ] {
            if self.random.u8(0..4) == 0 {
                all.push(format!("{name}: {}", self.pick(values)));
            }
        }
        if all.is_empty() {
            String::new()
        } else {
            format!("({})", all.join(", "))
        }
    }

    fn id(&mut self) -> String {
        match self.random.u8(0..8) {
            0 => "\"nobody's\"".to_owned(),
            1 => "\"0190b5a2-7c3e-7d4f-8a1b-2c3d4e5f6a7b\"".to_owned(),
            2 => "$id".to_owned(),
            _ => format!("\"{}\"", self.random.choice(&self.ids).unwrap()),
        }
    }

    fn query(&mut self) -> String {
        let alias = self.pick(&["", "", "a: "]);
        let root = match self.random.u8(0..8) {
            0 => format!("task(id: {}) {}", self.id(), self.task()),
            1 => format!(
                "node(id: {}) {{ id ... on Task {} }}",
                self.id(),
                self.task()
            ),
            _ => format!("tasks{} {}", self.arguments(), self.list()),
        };
        let more = if self.random.u8(0..10) == 0 {
            " viewer { id }"
        } else {
            ""
        };
        let text = format!("{{ {alias}{root}{more} }}");
        let fragment = if text.contains("...F") {
            " fragment F on Task { id title n: description }"
        } else {
            ""
        };
        let variables = [
            ("$status", "TaskStatus!"),
            ("$sort", "TaskSort! = TITLE"),
            ("$direction", "SortDirection"),
            ("$n", "Int"),
            ("$cursor", "String"),
            ("$text", "String"),
            ("$filter", "TaskFilter"),
            ("$id", "ID!"),
            ("$yes", "Boolean!"),
        ];
        let used: Vec<_> = variables
            .iter()
            .filter(|(name, _)| {
                text.match_indices(name).any(|(at, _)| {
                    !text[at + name.len()..].starts_with(|c: char| c.is_ascii_alphanumeric())
                })
            })
            .map(|(name, ty)| format!("{name}: {ty}"))
            .collect();
        let head = if used.is_empty() {
            "query".to_owned()
        } else {
            format!("query Q({})", used.join(", "))
        };
        format!("{head} {text}{fragment}")
    }

    fn variables(&mut self) -> Value {
        let mut all = json!({ "status": self.pick(&["ALL", "PENDING"]), "yes": self.random.bool(), "id": self.random.choice(&self.ids).unwrap() });
        for (name, values) in [
            ("n", vec![json!(1), json!(4), json!(1000), Value::Null]),
            ("direction", vec![json!("ASC"), Value::Null]),
            ("sort", vec![json!("PRIORITY")]),
            ("text", vec![json!("a"), Value::Null]),
            (
                "filter",
                vec![
                    json!({ "priority": ["LOW", "HIGH"] }),
                    json!({ "search": "\u{0}" }),
                    json!({ "tags": ["x"] }),
                ],
            ),
        ] {
            if self.random.bool() {
                all[name] = self.random.choice(values).unwrap();
            }
        }
        all
    }
}

/// The answer as it goes over the wire, and whether it went the short way.
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
    let settings = Settings {
        limits: Limits::default(),
        page: PageSizes {
            default: 100,
            max: 500,
        },
        suggestions: true,
    };
    let schema = Schema::new(store, settings);
    let verifier = Verifier::new(&config.identity);
    let now = clock::now();
    let caller = Caller {
        viewer: Some(verifier.verify(&sign("alice"), now).unwrap()),
        now,
        request_id: RequestId("test".into()),
    };
    let mut random = Rng::with_seed(7);
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
        ids.push(input["id"].as_str().unwrap().to_owned());
        run(
            &schema,
            &caller,
            "mutation($input: CreateTaskInput!) { createTask(input: $input) { task { id } } }",
            &json!({ "input": input }),
        )
        .await;
        let change = ["toggleTask", "deleteTask", "restoreTask"][random.usize(0..3)];
        run(
            &schema,
            &caller,
            &format!("mutation($id: ID!) {{ {change}(id: $id) {{ task {{ id }} }} }}"),
            &json!({ "id": random.choice(&ids) }),
        )
        .await;
    }
    let mut writer = Writer { random, ids };
    mutations_too(&schema, &caller, &mut writer).await;
    let (mut short, mut long) = (0, 0);
    for number in 0..1_500 {
        let text = writer.query();
        let Ok(admitted) = schema.admit(&text) else {
            continue;
        };
        let Ok(document) = schema.validate(admitted).await else {
            continue;
        };
        let variables = writer.variables();
        let (engine, usual, by_short) =
            by_either_way(&schema, &document, &variables, &caller).await;
        assert_eq!(usual, engine, "{number}: {text}\n{variables}");
        *(if by_short { &mut short } else { &mut long }) += 1;
    }
    assert!(
        short > 200 && long > 200,
        "both ways are tried: {short}, {long}"
    );
    faults_too(url, &schema, &caller, &writer.ids[0]).await;
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
    let rename = "ALTER TABLE tasks RENAME TO gone";
    sea_orm::ConnectionTrait::execute_unprepared(&inside, rename)
        .await
        .unwrap();
    let id = json!({ "id": id });
    for text in [
        "{ tasks { totalCount } }",
        "query($id: ID!) { a: task(id: $id) { title } }",
        "mutation($id: ID!) {\n  toggleTask(id: $id) { task { id } }\n}",
    ] {
        let document = schema.validate(schema.admit(text).unwrap()).await.unwrap();
        let (engine, usual, _) = by_either_way(schema, &document, &id, caller).await;
        assert!(engine.contains("INTERNAL_SERVER_ERROR"), "{engine}");
        assert_eq!(usual, engine, "the database failed: {text}");
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
