//! Random operations.

use fastrand::Rng;
use serde_json::{Value, json};

const FIELDS: [&str; 16] = [
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
    "v: version",
];

/// Fields that lead to other tasks.
pub const RELATIONS: [&str; 6] = [
    "parent",
    "up: parent",
    "subtasks",
    "todo: subtasks(status: PENDING)",
    "done: subtasks(status: COMPLETED)",
    "some: subtasks(status: $status)",
];

/// Writes operations, in part such as the short way does not know.
pub struct Writer {
    pub random: Rng,
    /// Of tasks that are there.
    pub ids: Vec<String>,
}

impl Writer {
    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        self.random.choice(from.iter().copied()).unwrap()
    }

    fn task(&mut self) -> String {
        self.task_with(3)
    }

    /// With what belongs to it, at most so deep.
    fn task_with(&mut self, depth: u8) -> String {
        let mut text = String::from("{ ");
        for _ in 0..self.random.usize(1..7) {
            let leads_on = depth > 0 && self.random.u8(0..6) == 0;
            text += self.pick(if leads_on { &RELATIONS } else { &FIELDS });
            text += match self.random.u8(0..24) {
                0 | 1 => " @include(if: true) ",
                2 => " @skip(if: $yes) ",
                3 | 4 => " @skip(if: false) ",
                _ => " ",
            };
            if leads_on {
                text += &self.task_with(depth - 1);
                text += " ";
            }
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

    pub fn query(&mut self) -> String {
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
            " fragment F on Task { id title n: description tags subtasks { tags ...G } } fragment G on Task { up: parent { id } }"
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

    pub fn variables(&mut self) -> Value {
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
