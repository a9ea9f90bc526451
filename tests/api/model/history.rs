//! What users do, at random, and how the answers are compared.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use serde_json::{Value, json};
use uuid::Uuid;

use super::world::{Refusal, Task, User};
use crate::support::{Actor, Docket, sign};

const SHOWN: &str =
    "id title description completed priority dueDate dueTime tags parent { id } subtasks { id }";
const TODAY: &str = "2026-06-15";

pub struct History {
    random: Rng,
    seed: u64,
    users: Vec<(Actor, User)>,
    tried: BTreeMap<String, usize>,
}

impl History {
    pub fn new(docket: &Docket, seed: u64) -> Self {
        let endpoint = format!("http://{}/graphql", docket.server.local_addr());
        let user = |name| (Actor::new(&endpoint, Some(&sign(name))), User::default());
        Self {
            random: Rng::with_seed(seed),
            seed,
            users: ["ada", "bea"].map(user).into(),
            tried: BTreeMap::new(),
        }
    }

    /// One change by one user, and a look at all that they have.
    pub async fn step(&mut self) {
        let who = self.random.usize(0..self.users.len());
        self.change(who).await;
        self.compare(who).await;
        self.page_through(who).await;
        if self.random.u8(0..12) == 0 {
            self.compare_everybody().await;
        }
    }

    /// So many tasks of the first user.
    pub async fn fill(&mut self, count: usize) {
        while self.users[0].1.tasks.len() < count {
            self.create(0).await;
            self.adopt(0).await;
        }
    }

    pub fn all_kinds_were_tried(&self) {
        for kind in [
            "create",
            "createTasks",
            "update",
            "updateTasks",
            "toggle",
            "delete",
            "deleteTasks",
            "restore",
            "BAD_USER_INPUT",
            "NOT_FOUND",
            "CONFLICT",
        ] {
            assert!(
                self.tried.get(kind).is_some_and(|count| *count > 1),
                "{kind} was hardly tried: {:?}",
                self.tried
            );
        }
    }

    fn count(&mut self, kind: &str) {
        *self.tried.entry(kind.to_owned()).or_default() += 1;
    }

    /// Mostly a task of one's own, sometimes somebody else's, sometimes nobody's.
    fn some_id(&mut self, who: usize) -> String {
        let whose = if self.random.u8(0..12) == 0 {
            (who + 1) % self.users.len()
        } else {
            who
        };
        let known: Vec<_> = self.users[whose].1.tasks.keys().cloned().collect();
        match self.random.choice(known) {
            Some(id) if self.random.u8(0..20) > 0 => id,
            _ => self.new_id(),
        }
    }

    /// Mostly a task that can have subtasks; few of them, so that some have several.
    fn some_parent(&mut self, who: usize) -> String {
        let user = &self.users[who].1;
        let tops = user
            .tasks
            .values()
            .filter(|task| task.parent.is_none() && !task.trashed);
        let tops: Vec<_> = tops.take(4).map(|task| task.id.clone()).collect();
        match self.random.choice(tops) {
            Some(id) if self.random.u8(0..5) > 0 => id,
            _ => self.some_id(who),
        }
    }

    fn new_id(&mut self) -> String {
        Uuid::from_u128(self.random.u128(..)).to_string()
    }

    fn if_version(&mut self, who: usize, id: &str) -> Option<i64> {
        let version = self.users[who]
            .1
            .tasks
            .get(id)
            .map_or(1, |task| task.version);
        match self.random.u8(0..6) {
            0 => Some(version),
            1 => Some(version - 1),
            _ => None,
        }
    }

    fn tags(&mut self) -> Vec<&'static str> {
        let count = self.random.usize(0..4);
        (0..count)
            .filter_map(|_| {
                self.random
                    .choice(["Home", "home", "Work", " WORK", "Ärger", "ärger", "x"])
            })
            .collect()
    }

    fn part(&mut self, input: &mut Value, name: &str, values: &[&str], clears: bool) {
        match self.random.u8(0..6) {
            0 | 1 => input[name] = json!(self.random.choice(values)),
            2 if clears => input[name] = Value::Null,
            _ => {}
        }
    }

    fn input(&mut self, who: usize, creating: bool) -> Value {
        let mut input = json!({});
        let titles = [
            "Milk",
            "milk",
            "bread",
            "Über",
            "über alles",
            "100%",
            "a_b",
            " Zebra ",
            "zebra",
            "",
        ];
        if creating || self.random.bool() {
            let title = self.random.choice(&titles[..]).unwrap();
            // Mostly fine.
            let title = if title.is_empty() && self.random.u8(0..3) > 0 {
                &"fine"
            } else {
                title
            };
            input["title"] = json!(title);
        }
        self.part(
            &mut input,
            "description",
            &["some Words", "100% sure", "über", ""],
            true,
        );
        self.part(&mut input, "priority", &["LOW", "MEDIUM", "HIGH"], true);
        self.part(
            &mut input,
            "dueDate",
            &["2026-06-14", TODAY, "2026-06-16"],
            true,
        );
        self.part(&mut input, "dueTime", &["09:00", "17:30"], true);
        if self.random.u8(0..3) == 0 {
            input["tags"] = json!(self.tags());
        } else if !creating && self.random.bool() {
            input["addTags"] = json!(self.tags());
            if self.random.bool() {
                // Never one that is added too: that is a rule of its own.
                input["removeTags"] = json!(["nothing", "Nada"]);
            }
        } else if !creating && self.random.u8(0..3) == 0 {
            input["removeTags"] = json!(self.tags());
        }
        if self.random.u8(0..3) == 0 {
            input["parentId"] = json!(self.some_parent(who));
        } else if !creating && self.random.u8(0..6) == 0 {
            input["parentId"] = Value::Null;
        }
        if !creating && self.random.u8(0..4) == 0 {
            input["completed"] = json!(self.random.bool());
        }
        input
    }

    async fn change(&mut self, who: usize) {
        match self.random.u8(0..14) {
            0..=3 => self.create(who).await,
            4 => self.create_many(who).await,
            5..=7 => self.update(who).await,
            8 => self.update_many(who).await,
            9 => self.toggle(who).await,
            10 => self.delete(who).await,
            11 => self.delete_many(who).await,
            _ => self.restore(who).await,
        }
    }

    async fn create(&mut self, who: usize) {
        let mut input = self.input(who, true);
        let id = if self.random.u8(0..8) == 0 {
            self.some_id(who)
        } else {
            self.new_id()
        };
        input["id"] = json!(id);
        let expected = self.users[who].1.clone().create(&input, &id);
        let expected =
            expected.map_err(|Refusal(code, fields)| Refusal(code, inside("input", fields)));
        let answer = self
            .ask(
                who,
                "createTask",
                "$input: CreateTaskInput!",
                "input: $input",
                "task { id }",
                json!({ "input": input }),
            )
            .await;
        let (_, user) = &mut self.users[who];
        let _ = user.create(&input, &id);
        self.check(
            "create",
            &answer,
            expected.map(|id| json!({ "task": { "id": id } })),
        );
    }

    async fn create_many(&mut self, who: usize) {
        let mut inputs = Vec::new();
        for _ in 0..self.random.usize(0..5) {
            let mut input = self.input(who, true);
            let id = if self.random.u8(0..8) == 0 {
                self.some_id(who)
            } else {
                self.new_id()
            };
            input["id"] = json!(id);
            if self.random.u8(0..3) == 0
                && let Some(other) = self.random.choice(&inputs)
            {
                let other: &Value = other;
                input["parentId"] = other["id"].clone();
            }
            inputs.push(input);
        }
        let mut after = self.users[who].1.clone();
        let alone = inputs
            .iter()
            .enumerate()
            .flat_map(|(index, input)| {
                let mut nobody = User::default();
                let without = {
                    let mut input = input.clone();
                    input.as_object_mut().unwrap().remove("parentId");
                    input
                };
                match nobody.create(&without, "x") {
                    Err(Refusal(_, fields)) => inside(&format!("inputs.{index}"), fields),
                    Ok(_) => Vec::new(),
                }
            })
            .collect::<Vec<_>>();
        let mut failed = Vec::new();
        if alone.is_empty() {
            let (tops, subs): (Vec<_>, Vec<_>) = inputs
                .iter()
                .enumerate()
                .partition(|(_, input)| input.get("parentId").is_none());
            for (index, input) in tops.into_iter().chain(subs) {
                if let Err(Refusal(_, fields)) = after.create(input, input["id"].as_str().unwrap())
                {
                    failed.push((index, inside(&format!("inputs.{index}"), fields)));
                }
            }
            failed.sort();
        }
        let failed: Vec<_> = failed
            .into_iter()
            .flat_map(|(_, fields)| fields)
            .chain(alone)
            .collect();
        let expected = if failed.is_empty() {
            Ok(
                json!({ "tasks": unique(&inputs.iter().map(|input| input["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()) }),
            )
        } else {
            Err(Refusal("BAD_USER_INPUT", failed))
        };
        let answer = self
            .ask(
                who,
                "createTasks",
                "$inputs: [CreateTaskInput!]!",
                "inputs: $inputs",
                "tasks { id }",
                json!({ "inputs": inputs }),
            )
            .await;
        if expected.is_ok() {
            self.users[who].1 = after;
        }
        self.check("createTasks", &answer, expected);
    }

    async fn update(&mut self, who: usize) {
        let id = self.some_id(who);
        let (input, if_version) = (self.input(who, false), self.if_version(who, &id));
        let expected = self.users[who].1.update(&id, &input, if_version);
        let answer = self
            .ask(
                who,
                "updateTask",
                "$id: ID!, $input: UpdateTaskInput!, $v: Int",
                "id: $id, input: $input, ifVersion: $v",
                "task { id }",
                json!({ "id": id, "input": input, "v": if_version }),
            )
            .await;
        self.check(
            "update",
            &answer,
            expected.map(|id| json!({ "task": { "id": id } })),
        );
    }

    async fn update_many(&mut self, who: usize) {
        let (ids, input) = (self.some_ids(who), self.input(who, false));
        let mut after = self.users[who].1.clone();
        let mut failed = Vec::new();
        let mut seen = BTreeSet::new();
        for (index, id) in ids.iter().enumerate() {
            if !seen.insert(id) {
                continue;
            }
            match after.update(id, &input, None) {
                Ok(_) => {}
                Err(_) => failed.push(format!("ids.{index}")),
            }
        }
        // What is wrong with the input itself comes first, whatever tasks it is for.
        let alone = match User::default().update("nobody's", &input, None) {
            Err(Refusal("BAD_USER_INPUT", fields)) => Some(fields),
            _ => None,
        };
        let expected = match alone {
            Some(fields) => Err(Refusal("BAD_USER_INPUT", fields)),
            None if failed.is_empty() => Ok(json!({ "tasks": unique(&ids) })),
            None => Err(Refusal("BAD_USER_INPUT", failed)),
        };
        let answer = self
            .ask(
                who,
                "updateTasks",
                "$ids: [ID!]!, $input: UpdateTaskInput!",
                "ids: $ids, input: $input",
                "tasks { id }",
                json!({ "ids": ids, "input": input }),
            )
            .await;
        if expected.is_ok() {
            self.users[who].1 = after;
        }
        self.check("updateTasks", &answer, expected);
    }

    async fn toggle(&mut self, who: usize) {
        let id = self.some_id(who);
        let if_version = self.if_version(who, &id);
        let expected = self.users[who].1.toggle(&id, if_version);
        let answer = self
            .ask(
                who,
                "toggleTask",
                "$id: ID!, $v: Int",
                "id: $id, ifVersion: $v",
                "task { id }",
                json!({ "id": id, "v": if_version }),
            )
            .await;
        self.check(
            "toggle",
            &answer,
            expected.map(|id| json!({ "task": { "id": id } })),
        );
    }

    async fn delete(&mut self, who: usize) {
        let id = self.some_id(who);
        let if_version = self.if_version(who, &id);
        let expected = self.users[who]
            .1
            .delete(std::slice::from_ref(&id), if_version);
        let expected = expected.map_err(|failed| failed[0].1.clone());
        let answer = self
            .ask(
                who,
                "deleteTask",
                "$id: ID!, $v: Int",
                "id: $id, ifVersion: $v",
                "deletedTaskId",
                json!({ "id": id, "v": if_version }),
            )
            .await;
        self.check(
            "delete",
            &answer,
            expected.map(|ids| json!({ "deletedTaskId": ids[0] })),
        );
    }

    async fn delete_many(&mut self, who: usize) {
        let ids = self.some_ids(who);
        let mut seen = BTreeSet::new();
        let first: Vec<_> = ids
            .iter()
            .enumerate()
            .filter(|(_, id)| seen.insert((*id).clone()))
            .collect();
        let unique: Vec<_> = first.iter().map(|(_, id)| (*id).clone()).collect();
        let expected = self.users[who].1.delete(&unique, None);
        let expected = expected.map_err(|failed| {
            Refusal(
                "BAD_USER_INPUT",
                failed
                    .iter()
                    .map(|(place, _)| format!("ids.{}", first[*place].0))
                    .collect(),
            )
        });
        let answer = self
            .ask(
                who,
                "deleteTasks",
                "$ids: [ID!]!",
                "ids: $ids",
                "deletedTaskIds",
                json!({ "ids": ids }),
            )
            .await;
        self.check(
            "deleteTasks",
            &answer,
            expected.map(|ids| json!({ "deletedTaskIds": ids })),
        );
    }

    async fn restore(&mut self, who: usize) {
        let gone: Vec<_> = self.users[who]
            .1
            .tasks
            .values()
            .filter(|task| task.trashed)
            .map(|task| task.id.clone())
            .collect();
        let id = match self.random.choice(gone) {
            Some(id) if self.random.u8(0..5) > 0 => id,
            _ => self.some_id(who),
        };
        let expected = self.users[who].1.restore(&id);
        let answer = self
            .ask(
                who,
                "restoreTask",
                "$id: ID!",
                "id: $id",
                "task { id }",
                json!({ "id": id }),
            )
            .await;
        self.check(
            "restore",
            &answer,
            expected.map(|id| json!({ "task": { "id": id } })),
        );
    }

    fn some_ids(&mut self, who: usize) -> Vec<String> {
        (0..self.random.usize(0..5))
            .map(|_| self.some_id(who))
            .collect()
    }

    async fn ask(
        &self,
        who: usize,
        field: &str,
        variables: &str,
        arguments: &str,
        selection: &str,
        values: Value,
    ) -> Value {
        let document =
            format!("mutation({variables}) {{ {field}({arguments}) {{ {selection} }} }}");
        let answer = self.users[who].0.ask(&document, values.clone()).await;
        json!({ "answer": answer.body, "field": field, "values": values })
    }

    fn check(&mut self, kind: &str, asked: &Value, expected: Result<Value, Refusal>) {
        let told = format!("seed {}: {asked:#}", self.seed);
        let (answer, field) = (&asked["answer"], asked["field"].as_str().unwrap());
        match expected {
            Ok(mut payload) => {
                assert_eq!(answer["errors"], Value::Null, "{told}");
                if let Some(ids) = payload.get("tasks").cloned() {
                    payload["tasks"] = ids
                        .as_array()
                        .unwrap()
                        .iter()
                        .map(|id| json!({ "id": id }))
                        .collect();
                }
                assert_eq!(answer["data"][field], payload, "{told}");
                self.count(kind);
            }
            Err(Refusal(code, fields)) => {
                let error = &answer["errors"][0];
                assert_eq!(error["extensions"]["code"], code, "{told}");
                assert!(answer["data"][field].is_null(), "{told}");
                let named = error["extensions"]["fields"]
                    .as_array()
                    .into_iter()
                    .flatten();
                let named: Vec<_> = named
                    .map(|field| {
                        let steps = field["path"].as_array().unwrap().iter();
                        steps
                            .map(|step| step.to_string().replace('"', ""))
                            .collect::<Vec<_>>()
                            .join(".")
                    })
                    .collect();
                assert_eq!(named, fields, "{told}");
                self.count(code);
            }
        }
    }

    pub async fn compare_everybody(&mut self) {
        for who in 0..self.users.len() {
            self.compare(who).await;
        }
    }

    /// Takes over what only the server knows, its times and versions, and holds them to their rules.
    async fn adopt(&mut self, who: usize) -> BTreeMap<String, Value> {
        let document = format!(
            "{{ live: tasks(first: 500) {{ nodes {{ {SHOWN} version createdAt updatedAt completedAt deletedAt }} }}
                gone: tasks(first: 500, filter: {{ trashed: true }}) {{ nodes {{ {SHOWN} version createdAt updatedAt completedAt deletedAt }} }} }}"
        );
        let seed = self.seed;
        let (actor, user) = &mut self.users[who];
        let data = actor.data(&document, json!({})).await;
        let nodes = |name: &str| data[name]["nodes"].as_array().unwrap().clone();
        let all: BTreeMap<String, Value> = nodes("live")
            .into_iter()
            .chain(nodes("gone"))
            .map(|node| (node["id"].as_str().unwrap().to_owned(), node))
            .collect();
        let (mut versions, before) = (BTreeSet::new(), user.last_version);
        for task in user.tasks.values_mut() {
            let node = all
                .get(&task.id)
                .unwrap_or_else(|| panic!("seed {seed}: {} is lost", task.id));
            let version = node["version"].as_i64().unwrap();
            assert!(versions.insert(version), "seed {seed}: a version twice");
            assert!(
                version == task.version || version > before,
                "seed {seed}: a version of the past"
            );
            let updated_at = node["updatedAt"].as_str().unwrap();
            assert!(
                version > task.version || updated_at == task.updated_at,
                "seed {seed}: changed without a version"
            );
            assert!(updated_at >= task.updated_at.as_str());
            assert_eq!(node["completedAt"].is_string(), task.completed);
            assert_eq!(
                node["deletedAt"].is_string(),
                task.trashed,
                "seed {seed}: {node}"
            );
            let created_at = node["createdAt"].as_str().unwrap();
            assert!(task.created_at.is_empty() || task.created_at == created_at);
            created_at.clone_into(&mut task.created_at);
            updated_at.clone_into(&mut task.updated_at);
            task.version = version;
            user.last_version = user.last_version.max(version);
        }
        all
    }

    async fn compare(&mut self, who: usize) {
        self.users[who].1.forget_spellings();
        let before: BTreeMap<String, Task> = self.users[who].1.tasks.clone();
        let all = self.adopt(who).await;
        let seed = self.seed;
        let (actor, user) = &self.users[who];
        assert_eq!(all.len(), user.tasks.len(), "seed {seed}");
        for task in user.tasks.values() {
            let mut node = all[&task.id].clone();
            for name in [
                "version",
                "createdAt",
                "updatedAt",
                "completedAt",
                "deletedAt",
            ] {
                node.as_object_mut().unwrap().remove(name);
            }
            assert_eq!(
                node,
                user.shown(task),
                "seed {seed}: was {:?}",
                before.get(&task.id)
            );
        }
        let viewer = format!(
            "{{ viewer {{ tags {{ name taskCount }} taskCounts(today: \"{TODAY}\") {{ all pending completed overdue dueToday }} }} }}"
        );
        let data = actor.data(&viewer, json!({})).await;
        assert_eq!(data["viewer"], user.summary(TODAY), "seed {seed}");
    }

    fn some_list(&mut self, who: usize) -> Value {
        let mut filter = json!({});
        for (name, values) in [
            (
                "search",
                vec![
                    json!("milk"),
                    json!("über"),
                    json!("100%"),
                    json!("a_b"),
                    json!("words some"),
                    json!(""),
                ],
            ),
            (
                "tags",
                vec![json!(["home"]), json!(["WORK", "Ärger"]), json!([])],
            ),
            (
                "priority",
                vec![json!(["LOW"]), json!(["HIGH", "MEDIUM"]), json!([])],
            ),
            ("dueFrom", vec![json!(TODAY)]),
            ("dueUntil", vec![json!(TODAY)]),
            ("hasDueDate", vec![json!(true), json!(false)]),
            ("topLevel", vec![json!(true), json!(false)]),
            ("parentId", vec![json!(self.some_id(who))]),
            ("trashed", vec![json!(true), json!(false)]),
        ] {
            if self.random.u8(0..6) == 0 {
                filter[name] = self.random.choice(values).unwrap();
            }
        }
        json!({
            "status": self.random.choice(["ALL", "PENDING", "COMPLETED"]),
            "sort": self.random.choice(["CREATED", "TITLE", "DUE_DATE", "PRIORITY", "UPDATED"]),
            "direction": self.random.choice([Value::Null, json!("ASC"), json!("DESC")]),
            "filter": if self.random.bool() { filter } else { Value::Null },
        })
    }

    /// A random list, walked page by page from one of its ends.
    async fn page_through(&mut self, who: usize) {
        let list = self.some_list(who);
        let size = self.random.usize(1..8);
        let forwards = self.random.bool();
        let expected = self.users[who].1.list(&list);
        let (mut found, mut cursor) = (Vec::new(), Value::Null);
        loop {
            let page = self.page(who, &list, size, forwards, &cursor).await;
            assert_eq!(
                page["totalCount"],
                expected.len(),
                "seed {}: {list}",
                self.seed
            );
            let ids = ids(&page);
            let (more, before) = if forwards {
                ("hasNextPage", "hasPreviousPage")
            } else {
                ("hasPreviousPage", "hasNextPage")
            };
            assert_eq!(
                page["pageInfo"][before],
                !found.is_empty(),
                "seed {}: {list}",
                self.seed
            );
            if forwards {
                found.extend(ids);
            } else {
                found.splice(0..0, ids);
            }
            assert_eq!(
                page["pageInfo"][more],
                found.len() < expected.len(),
                "seed {}: {list}",
                self.seed
            );
            if page["pageInfo"][more] == false {
                break;
            }
            cursor = page["pageInfo"][if forwards { "endCursor" } else { "startCursor" }].clone();
        }
        assert_eq!(found, expected, "seed {}: {list}", self.seed);
    }

    async fn page(
        &self,
        who: usize,
        list: &Value,
        size: usize,
        forwards: bool,
        cursor: &Value,
    ) -> Value {
        let document = "query($status: TaskStatus!, $sort: TaskSort!, $direction: SortDirection, $filter: TaskFilter, $first: Int, $after: String, $last: Int, $before: String) {
            tasks(status: $status, sort: $sort, direction: $direction, filter: $filter, first: $first, after: $after, last: $last, before: $before) {
                totalCount edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
        let mut variables = list.clone();
        let (count, place) = if forwards {
            ("first", "after")
        } else {
            ("last", "before")
        };
        variables[count] = json!(size);
        variables[place] = cursor.clone();
        self.users[who].0.data(document, variables).await["tasks"].clone()
    }

    /// Between any two pages the list changes: what was there all the while and kept its place is seen
    /// once, in order.
    pub async fn walk_while_rows_come_and_go(&mut self, list: &Value, forwards: bool) {
        let untouched = |user: &User| -> BTreeMap<String, i64> {
            user.tasks
                .values()
                .map(|task| (task.id.clone(), task.version))
                .collect()
        };
        let (at_first, start) = (untouched(&self.users[0].1), self.users[0].1.list(list));
        let (mut found, mut cursor): (Vec<String>, Value) = (Vec::new(), Value::Null);
        loop {
            let page = self.page(0, list, 7, forwards, &cursor).await;
            let mut ids = ids(&page);
            if !forwards {
                ids.reverse();
            }
            found.extend(ids);
            let info = &page["pageInfo"];
            if info[if forwards {
                "hasNextPage"
            } else {
                "hasPreviousPage"
            }] == false
            {
                break;
            }
            cursor = info[if forwards { "endCursor" } else { "startCursor" }].clone();
            self.change(0).await;
            self.adopt(0).await;
        }
        let at_last = untouched(&self.users[0].1);
        let stayed = |id: &&String| at_first.get(*id) == at_last.get(*id);
        let mut expected: Vec<_> = start.iter().filter(stayed).collect();
        if !forwards {
            expected.reverse();
        }
        let seen: Vec<_> = found
            .iter()
            .filter(|id| at_first.contains_key(*id))
            .filter(stayed)
            .collect();
        assert_eq!(
            seen, expected,
            "seed {}: {list} forwards {forwards}",
            self.seed
        );
    }
}

fn ids(page: &Value) -> Vec<String> {
    let edges = page["edges"].as_array().unwrap().iter();
    edges
        .map(|edge| edge["node"]["id"].as_str().unwrap().to_owned())
        .collect()
}

fn inside(place: &str, fields: Vec<String>) -> Vec<String> {
    fields
        .into_iter()
        .map(|field| format!("{place}.{field}"))
        .collect()
}

fn unique(ids: &[String]) -> Vec<&String> {
    let mut seen = BTreeSet::new();
    ids.iter().filter(|id| seen.insert(*id)).collect()
}
