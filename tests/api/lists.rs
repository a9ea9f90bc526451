//! Lists: what is in them, in which order, a page at a time.

use std::cmp::{Ordering, Reverse};

use serde_json::{Value, json};

use crate::support::{Actor, Docket, on_both_databases};

const SORTS: [&str; 5] = ["CREATED", "TITLE", "DUE_DATE", "PRIORITY", "UPDATED"];
const DIRECTIONS: [&str; 2] = ["ASC", "DESC"];
const STATUSES: [&str; 3] = ["ALL", "PENDING", "COMPLETED"];

const PAGE: &str =
    "query($status: TaskStatus!, $sort: TaskSort!, $direction: SortDirection, $filter: TaskFilter,
        $first: Int, $after: String, $last: Int, $before: String) {
    tasks(status: $status, sort: $sort, direction: $direction, filter: $filter,
          first: $first, after: $after, last: $last, before: $before) {
        totalCount
        nodes { id title completed priority dueDate createdAt updatedAt }
        edges { cursor node { id } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    } }";

/// Forty tasks with ties and gaps in everything that can be sorted by.
async fn fill(alice: &Actor) {
    let titles = [
        "apple", "Banana", "apple", "éclair", "Zebra", "zebra", "ÉCLAIR", "banana",
    ];
    for number in 0..40 {
        let made = alice.create(json!({
            "title": titles[number % titles.len()],
            "priority": ([None, Some("LOW"), Some("HIGH"), Some("MEDIUM")][number % 4]),
            "dueDate": if number % 3 == 0 { Value::Null } else { json!(format!("2026-01-{:02}", 1 + number % 5)) },
        })).await;
        if number % 7 < 3 {
            alice
                .data(
                    "mutation($id: ID!) { toggleTask(id: $id) { task { id } } }",
                    json!({ "id": made["id"] }),
                )
                .await;
        }
    }
}

/// The list as it should be, worked out from the tasks themselves.
fn expected(tasks: &[Value], status: &str, sort: &str, direction: &str) -> Vec<String> {
    let text = |task: &Value, name: &str| task[name].as_str().map(str::to_lowercase);
    let key = |task: &Value| match sort {
        "CREATED" => text(task, "createdAt"),
        "UPDATED" => text(task, "updatedAt"),
        "TITLE" => text(task, "title"),
        "DUE_DATE" => text(task, "dueDate"),
        "PRIORITY" => text(task, "priority").map(|name| match name.as_str() {
            "low" => "1".into(),
            "medium" => "2".into(),
            _ => "3".into(),
        }),
        _ => unreachable!(),
    };
    let mut list: Vec<_> = tasks
        .iter()
        .filter(|task| status == "ALL" || task["completed"] == json!(status == "COMPLETED"))
        .map(|task| (key(task), task["id"].as_str().unwrap().to_owned()))
        .collect();
    list.sort_by(|left, right| {
        let missing = left.0.is_none().cmp(&right.0.is_none());
        let within: Ordering = match direction {
            "ASC" => left.cmp(right),
            _ => Reverse(left).cmp(&Reverse(right)),
        };
        missing.then(within)
    });
    list.into_iter().map(|(_, id)| id).collect()
}

async fn page(alice: &Actor, variables: Value) -> Value {
    alice.data(PAGE, variables).await["tasks"].clone()
}

fn ids(page: &Value) -> Vec<String> {
    let nodes = page["nodes"].as_array().unwrap().iter();
    let ids: Vec<_> = nodes
        .map(|node| node["id"].as_str().unwrap().to_owned())
        .collect();
    let edges = page["edges"].as_array().unwrap().iter();
    assert!(
        edges
            .map(|edge| edge["node"]["id"].as_str().unwrap())
            .eq(ids.iter())
    );
    ids
}

/// Walks a list from one end to the other, and checks what each page says of its place.
async fn walk(docket: &Docket, list: &Value, expected: &[String], forwards: bool) {
    let mut seen: Vec<String> = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let mut variables = list.clone();
        let (count, from, next, previous, edge) = if forwards {
            (
                "first",
                "after",
                "hasNextPage",
                "hasPreviousPage",
                "endCursor",
            )
        } else {
            (
                "last",
                "before",
                "hasPreviousPage",
                "hasNextPage",
                "startCursor",
            )
        };
        variables[count] = json!(7);
        variables[from] = cursor;
        let page = page(&docket.alice, variables).await;
        assert_eq!(page["totalCount"], expected.len());
        assert_eq!(
            page["pageInfo"][previous],
            json!(!seen.is_empty()),
            "{list} {page}"
        );
        let found = ids(&page);
        if forwards {
            seen.extend(found);
        } else {
            seen.splice(0..0, found);
        }
        cursor = page["pageInfo"][edge].clone();
        let more = seen.len() < expected.len();
        assert_eq!(page["pageInfo"][next], json!(more), "{list} {page}");
        if !more {
            break;
        }
    }
    assert_eq!(seen, expected, "{list}");
}

on_both_databases! {
    async fn every_list_is_in_order_and_pages_both_ways(docket: Docket) {
        fill(&docket.alice).await;
        let all = page(&docket.alice, json!({ "status": "ALL", "sort": "CREATED" })).await;
        let tasks = all["nodes"].as_array().unwrap();
        assert_eq!(tasks.len(), 40);
        for sort in SORTS {
            for direction in DIRECTIONS {
                for status in STATUSES {
                    let list = json!({ "status": status, "sort": sort, "direction": direction });
                    let expected = expected(tasks, status, sort, direction);
                    assert!(expected.len() > 10, "the data say something about {list}");
                    walk(&docket, &list, &expected, true).await;
                    walk(&docket, &list, &expected, false).await;
                }
            }
        }
    }

    async fn directions_are_the_usual_ones_when_left_out(docket: Docket) {
        fill(&docket.alice).await;
        for (sort, usual) in [("CREATED", "DESC"), ("UPDATED", "DESC"), ("PRIORITY", "DESC"), ("TITLE", "ASC"), ("DUE_DATE", "ASC")] {
            let left_out = page(&docket.alice, json!({ "status": "ALL", "sort": sort })).await;
            let given = page(&docket.alice, json!({ "status": "ALL", "sort": sort, "direction": usual })).await;
            assert_eq!(ids(&left_out), ids(&given), "{sort}");
        }
    }

    async fn a_place_holds_when_its_task_goes(docket: Docket) {
        fill(&docket.alice).await;
        for sort in SORTS {
            let list = json!({ "status": "ALL", "sort": sort });
            let all = ids(&page(&docket.alice, list.clone()).await);
            let mut first = list.clone();
            first["first"] = json!(5);
            let first = page(&docket.alice, first).await;
            let id = json!({ "id": all[4] });
            docket.alice.data("mutation($id: ID!) { deleteTask(id: $id) { deletedTaskId } }", id).await;
            let mut rest = list;
            rest["after"] = first["pageInfo"]["endCursor"].clone();
            assert_eq!(ids(&page(&docket.alice, rest).await), all[5..], "{sort}");
        }
    }

    async fn filters_hold_together(docket: Docket) {
        for (title, description, priority, due) in [
            ("Straße fegen", None, Some("LOW"), Some("2026-01-01")),
            ("100% sure", Some("under_score"), Some("HIGH"), Some("2026-01-31")),
            ("Cafe\u{301}", Some("MILCH und Zucker"), None, None),
            ("ΣΊΣΥΦΟΣ", Some("rolls\na stone"), Some("MEDIUM"), Some("2026-02-01")),
        ] {
            docket.alice.create(json!({ "title": title, "description": description, "priority": priority, "dueDate": due })).await;
        }
        for (filter, found) in [
            (json!({ "search": "STRASSE" }), vec!["Straße fegen"]),
            (json!({ "search": "strasse FEGEN" }), vec!["Straße fegen"]),
            (json!({ "search": "%" }), vec!["100% sure"]),
            (json!({ "search": "r_s" }), vec!["100% sure"]),
            (json!({ "search": "r!s" }), vec![]),
            (json!({ "search": "CAFÉ milch" }), vec!["Cafe\u{301}"]),
            (json!({ "search": "σίσυφος" }), vec!["ΣΊΣΥΦΟΣ"]),
            (json!({ "search": "stone rolls" }), vec!["ΣΊΣΥΦΟΣ"]),
            (json!({ "search": "nothing" }), vec![]),
            (json!({ "priority": ["LOW", "MEDIUM"] }), vec!["Straße fegen", "ΣΊΣΥΦΟΣ"]),
            (json!({ "priority": [] }), vec![]),
            (json!({ "dueFrom": "2026-01-31" }), vec!["100% sure", "ΣΊΣΥΦΟΣ"]),
            (json!({ "dueUntil": "2026-01-31" }), vec!["Straße fegen", "100% sure"]),
            (json!({ "dueFrom": "2026-01-02", "dueUntil": "2026-01-31", "priority": ["HIGH"] }), vec!["100% sure"]),
            (json!({ "hasDueDate": false }), vec!["Cafe\u{301}"]),
            (json!({ "hasDueDate": true, "search": "s" }), vec!["Straße fegen", "100% sure", "ΣΊΣΥΦΟΣ"]),
            (json!({ "trashed": true }), vec![]),
        ] {
            for sort in SORTS {
                let list = json!({ "status": "ALL", "sort": sort, "filter": filter });
                let page = page(&docket.alice, list).await;
                let mut titles: Vec<_> = page["nodes"].as_array().unwrap().iter().map(|node| node["title"].as_str().unwrap()).collect();
                let mut found = found.clone();
                titles.sort_unstable();
                found.sort_unstable();
                assert_eq!(titles, found, "{filter} by {sort}");
                assert_eq!(page["totalCount"], found.len());
            }
        }
    }

    async fn cursors_belong_to_their_list(docket: Docket) {
        fill(&docket.alice).await;
        let due = json!({ "status": "ALL", "sort": "DUE_DATE", "first": 3 });
        let cursor = page(&docket.alice, due).await["pageInfo"]["endCursor"].clone();
        for other in [
            json!({ "status": "ALL", "sort": "PRIORITY" }),
            json!({ "status": "ALL", "sort": "DUE_DATE", "direction": "DESC" }),
            json!({ "status": "PENDING", "sort": "DUE_DATE" }),
            json!({ "status": "ALL", "sort": "DUE_DATE", "filter": { "trashed": true } }),
            json!({ "status": "ALL", "sort": "DUE_DATE", "filter": { "search": "a" } }),
        ] {
            for side in ["after", "before"] {
                let mut list = other.clone();
                list[side] = cursor.clone();
                let answer = docket.alice.ask(PAGE, list).await;
                assert_eq!(answer.fields(), [side], "{other}");
                assert!(answer.text.contains("another list"), "{}", answer.text);
            }
        }
        let text = cursor.as_str().unwrap();
        for damaged in ["", "x", "AAAA", &text[1..], &text[..text.len() - 1], &text.to_uppercase(), "💥", "a\0b"] {
            let answer = docket.alice.ask(PAGE, json!({ "status": "ALL", "sort": "DUE_DATE", "after": damaged })).await;
            assert_eq!(answer.fields(), ["after"], "{damaged:?}");
        }
    }

    async fn page_sizes_have_limits(docket: Docket) {
        fill(&docket.alice).await;
        for (arguments, broken) in [
            (json!({ "first": 1, "last": 1 }), vec!["last"]),
            (json!({ "first": -1 }), vec!["first"]),
            (json!({ "last": -5 }), vec!["last"]),
            (json!({ "first": 501 }), vec!["first"]),
            (json!({ "last": i32::MAX, "after": "x", "before": "y" }), vec!["last", "after", "before"]),
        ] {
            let mut list = json!({ "status": "ALL", "sort": "TITLE" });
            list.as_object_mut().unwrap().extend(arguments.as_object().unwrap().clone());
            let answer = docket.alice.ask(PAGE, list).await;
            assert_eq!(answer.fields(), broken, "{arguments}");
            if arguments["first"] == 501 {
                assert!(answer.text.contains("500"), "it names the limit: {}", answer.text);
            }
        }
        let none = page(&docket.alice, json!({ "status": "ALL", "sort": "TITLE", "first": 0 })).await;
        assert_eq!((&none["nodes"], &none["pageInfo"]["hasNextPage"]), (&json!([]), &json!(true)));
        let most = page(&docket.alice, json!({ "status": "ALL", "sort": "TITLE", "first": 500 })).await;
        assert_eq!(most["nodes"].as_array().unwrap().len(), 40);
    }
}
