//! What a list of tasks is, with nothing but maps and vectors: the rules as the schema's descriptions
//! state them, written down once more without a database.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// A task as its owner knows it. Times are the server's own words: only their order matters.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    pub id: String,
    pub title: String,
    pub description: Option<String>,
    pub completed: bool,
    pub priority: Option<String>,
    pub due_date: Option<String>,
    pub due_time: Option<String>,
    pub tags: BTreeSet<String>,
    pub parent: Option<String>,
    pub trashed: bool,
    pub with_parent: bool,
    pub created_at: String,
    pub updated_at: String,
    pub version: i64,
}

/// What somebody has.
#[derive(Clone, Debug, Default)]
pub struct User {
    pub tasks: BTreeMap<String, Task>,
    /// How each tag was first spelled, by its key, for as long as a task carries it.
    pub spellings: BTreeMap<String, String>,
    pub last_version: i64,
}

/// The code of an error, and the paths in `extensions.fields`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(pub &'static str, pub Vec<String>);

pub fn bad(fields: &[&str]) -> Refusal {
    Refusal(
        "BAD_USER_INPUT",
        fields.iter().map(|field| (*field).to_owned()).collect(),
    )
}

fn not_found() -> Refusal {
    Refusal("NOT_FOUND", Vec::new())
}

/// Without case, for the letters that the tests use.
pub fn key(text: &str) -> String {
    text.trim().to_lowercase()
}

fn texts(value: &Value) -> Vec<String> {
    let items = value.as_array().into_iter().flatten();
    items
        .map(|item| item.as_str().unwrap().to_owned())
        .collect()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// Rules that an input breaks by itself.
fn broken_alone(input: &Value, creating: bool) -> Vec<&'static str> {
    let mut fields = Vec::new();
    let title = &input["title"];
    let title_is_there = input.get("title").is_some();
    if (creating || title_is_there) && title.as_str().is_none_or(|title| title.trim().is_empty()) {
        fields.push("title");
    }
    if creating {
        if input["dueTime"].is_string() && !input["dueDate"].is_string() {
            fields.push("dueTime");
        }
    } else if input.get("dueDate") == Some(&Value::Null) && input["dueTime"].is_string() {
        fields.push("dueTime");
    }
    fields
}

impl User {
    fn children(&self, id: &str) -> Vec<String> {
        let all = self.tasks.values();
        all.filter(|task| task.parent.as_deref() == Some(id))
            .map(|task| task.id.clone())
            .collect()
    }

    fn can_hold(&self, parent: &str, child: &str) -> bool {
        self.tasks
            .get(parent)
            .is_some_and(|there| !there.trashed && there.parent.is_none())
            && parent != child
            && self.children(child).is_empty()
    }

    /// A tag that no task carries any more can be spelled anew.
    pub fn forget_spellings(&mut self) {
        let tasks = &self.tasks;
        self.spellings
            .retain(|key, _| tasks.values().any(|task| task.tags.contains(key)));
    }

    fn spell(&mut self, tags: &[String]) -> BTreeSet<String> {
        for tag in tags {
            self.spellings
                .entry(key(tag))
                .or_insert_with(|| tag.trim().to_owned());
        }
        tags.iter().map(|tag| key(tag)).collect()
    }

    pub fn create(&mut self, input: &Value, id: &str) -> Result<String, Refusal> {
        let broken = broken_alone(input, true);
        if !broken.is_empty() {
            return Err(bad(&broken));
        }
        if self.tasks.contains_key(id) {
            return Ok(id.to_owned());
        }
        let parent = text(&input["parentId"]);
        if parent
            .as_ref()
            .is_some_and(|parent| !self.can_hold(parent, id))
        {
            return Err(bad(&["parentId"]));
        }
        let tags = self.spell(&texts(&input["tags"]));
        self.tasks.insert(
            id.to_owned(),
            Task {
                id: id.to_owned(),
                title: input["title"].as_str().unwrap().trim().to_owned(),
                description: text(&input["description"]),
                completed: false,
                priority: text(&input["priority"]),
                due_date: text(&input["dueDate"]),
                due_time: text(&input["dueTime"]),
                tags,
                parent,
                trashed: false,
                with_parent: false,
                created_at: String::new(),
                updated_at: String::new(),
                version: 0,
            },
        );
        Ok(id.to_owned())
    }

    fn live(&self, id: &str, if_version: Option<i64>) -> Result<Task, Refusal> {
        let task = self.tasks.get(id).cloned().ok_or_else(not_found)?;
        if if_version.is_some_and(|version| version != task.version) {
            return Err(Refusal("CONFLICT", Vec::new()));
        }
        if task.trashed {
            Err(bad(&["id"]))
        } else {
            Ok(task)
        }
    }

    pub fn update(
        &mut self,
        id: &str,
        input: &Value,
        if_version: Option<i64>,
    ) -> Result<String, Refusal> {
        let broken: Vec<_> = broken_alone(input, false)
            .iter()
            .map(|field| format!("input.{field}"))
            .collect();
        if !broken.is_empty() {
            return Err(Refusal("BAD_USER_INPUT", broken));
        }
        let mut task = self.live(id, if_version)?;
        if let Some(title) = input["title"].as_str() {
            title.trim().clone_into(&mut task.title);
        }
        if let Some(completed) = input["completed"].as_bool() {
            task.completed = completed;
        }
        for (name, part) in [
            ("description", &mut task.description),
            ("priority", &mut task.priority),
            ("dueDate", &mut task.due_date),
        ] {
            if let Some(value) = input.get(name) {
                *part = text(value);
            }
        }
        if let Some(time) = input.get("dueTime") {
            task.due_time = text(time);
            if task.due_time.is_some() && task.due_date.is_none() {
                return Err(bad(&["input.dueTime"]));
            }
        }
        if task.due_date.is_none() {
            task.due_time = None;
        }
        if let Some(parent) = input.get("parentId") {
            let parent = text(parent);
            if parent != task.parent
                && parent
                    .as_ref()
                    .is_some_and(|parent| !self.can_hold(parent, id))
            {
                return Err(bad(&["input.parentId"]));
            }
            task.parent = parent;
        }
        if let Some(tags) = input.get("tags") {
            task.tags = self.spell(&texts(tags));
        }
        for tag in texts(&input["removeTags"]) {
            task.tags.remove(&key(&tag));
        }
        let added = self.spell(&texts(&input["addTags"]));
        task.tags.extend(added);
        self.tasks.insert(id.to_owned(), task);
        Ok(id.to_owned())
    }

    pub fn toggle(&mut self, id: &str, if_version: Option<i64>) -> Result<String, Refusal> {
        let task = self.live(id, if_version)?;
        self.tasks.get_mut(id).unwrap().completed = !task.completed;
        Ok(id.to_owned())
    }

    pub fn delete(
        &mut self,
        ids: &[String],
        if_version: Option<i64>,
    ) -> Result<Vec<String>, Vec<(usize, Refusal)>> {
        let (mut failed, mut gone) = (Vec::new(), BTreeSet::new());
        for (index, id) in ids.iter().enumerate() {
            match self.tasks.get(id) {
                None => failed.push((index, not_found())),
                Some(task) if task.trashed => {}
                Some(task) if if_version.is_some_and(|version| version != task.version) => {
                    failed.push((index, Refusal("CONFLICT", Vec::new())));
                }
                Some(_) => {
                    gone.insert(id.clone());
                }
            }
        }
        if !failed.is_empty() {
            return Err(failed);
        }
        for id in &gone {
            let children = self.children(id);
            for child in children {
                let child = self.tasks.get_mut(&child).unwrap();
                if !child.trashed {
                    (child.trashed, child.with_parent) = (true, true);
                }
            }
        }
        for id in &gone {
            self.tasks.get_mut(id).unwrap().trashed = true;
        }
        Ok(ids.to_vec())
    }

    pub fn restore(&mut self, id: &str) -> Result<String, Refusal> {
        let task = self.tasks.get(id).cloned().ok_or_else(not_found)?;
        if !task.trashed {
            return Ok(id.to_owned());
        }
        if task
            .parent
            .as_ref()
            .is_some_and(|parent| self.tasks[parent].trashed)
        {
            return Err(bad(&["id"]));
        }
        let mut back = vec![id.to_owned()];
        back.extend(
            self.children(id)
                .into_iter()
                .filter(|child| self.tasks[child].with_parent),
        );
        for id in back {
            let task = self.tasks.get_mut(&id).unwrap();
            (task.trashed, task.with_parent) = (false, false);
        }
        Ok(id.to_owned())
    }

    /// The ids of a list, in its order.
    pub fn list(&self, arguments: &Value) -> Vec<String> {
        let filter = &arguments["filter"];
        let mut found: Vec<&Task> = self
            .tasks
            .values()
            .filter(|task| Self::takes(task, arguments, filter))
            .collect();
        let sort = arguments["sort"].as_str().unwrap();
        let descending = match arguments["direction"].as_str() {
            Some(direction) => direction == "DESC",
            None => matches!(sort, "CREATED" | "UPDATED" | "PRIORITY"),
        };
        let value = |task: &Task| match sort {
            "CREATED" => Some(task.created_at.clone()),
            "UPDATED" => Some(task.updated_at.clone()),
            "TITLE" => Some(task.title.to_lowercase()),
            "DUE_DATE" => task.due_date.clone(),
            _ => task.priority.as_deref().map(|priority| match priority {
                "LOW" => "1".to_owned(),
                "MEDIUM" => "2".to_owned(),
                _ => "3".to_owned(),
            }),
        };
        found.sort_by(|one, two| {
            let order = (value(one), &one.id).cmp(&(value(two), &two.id));
            let order = if descending { order.reverse() } else { order };
            // Those that have no value come last in both directions.
            value(one).is_none().cmp(&value(two).is_none()).then(order)
        });
        found.into_iter().map(|task| task.id.clone()).collect()
    }

    fn takes(task: &Task, arguments: &Value, filter: &Value) -> bool {
        let status = match arguments["status"].as_str() {
            Some("PENDING") => !task.completed,
            Some("COMPLETED") => task.completed,
            _ => true,
        };
        let words = filter["search"].as_str().unwrap_or_default().to_lowercase();
        let description = task
            .description
            .as_deref()
            .unwrap_or_default()
            .to_lowercase();
        let title = task.title.to_lowercase();
        let due = task.due_date.as_deref();
        status
            && task.trashed == (filter["trashed"] == true)
            && words
                .split_whitespace()
                .all(|word| title.contains(word) || description.contains(word))
            && texts(&filter["tags"])
                .iter()
                .all(|tag| task.tags.contains(&key(tag)))
            && filter["priority"]
                .as_array()
                .is_none_or(|wanted| wanted.contains(&json!(task.priority)))
            && filter["dueFrom"]
                .as_str()
                .is_none_or(|day| due.is_some_and(|due| due >= day))
            && filter["dueUntil"]
                .as_str()
                .is_none_or(|day| due.is_some_and(|due| due <= day))
            && filter["hasDueDate"]
                .as_bool()
                .is_none_or(|has| due.is_some() == has)
            && filter["topLevel"]
                .as_bool()
                .is_none_or(|top| task.parent.is_none() == top)
            && filter["parentId"]
                .as_str()
                .is_none_or(|parent| task.parent.as_deref() == Some(parent))
    }

    /// What `viewer` says of tags and counts.
    pub fn summary(&self, today: &str) -> Value {
        let live = || self.tasks.values().filter(|task| !task.trashed);
        let pending = || live().filter(|task| !task.completed);
        let due = |task: &&Task| task.due_date.clone();
        let mut counts: BTreeMap<&String, usize> = BTreeMap::new();
        for tag in live().flat_map(|task| &task.tags) {
            *counts.entry(tag).or_default() += 1;
        }
        let tags: Vec<_> = counts
            .iter()
            .map(|(tag, count)| json!({ "name": self.spellings[*tag], "taskCount": count }))
            .collect();
        json!({
            "tags": tags,
            "taskCounts": {
                "all": live().count(),
                "pending": pending().count(),
                "completed": live().count() - pending().count(),
                "overdue": pending().filter(|task| due(task).is_some_and(|day| day.as_str() < today)).count(),
                "dueToday": pending().filter(|task| due(task).is_some_and(|day| day == today)).count(),
            },
        })
    }

    /// A task as the API shows it, without its times and version.
    pub fn shown(&self, task: &Task) -> Value {
        let mut subtasks: Vec<&Task> = self
            .tasks
            .values()
            .filter(|child| child.parent.as_deref() == Some(&task.id))
            .filter(|child| {
                if task.trashed {
                    child.with_parent
                } else {
                    !child.trashed
                }
            })
            .collect();
        subtasks.sort_by_key(|child| (&child.created_at, &child.id));
        json!({
            "id": task.id,
            "title": task.title,
            "description": task.description,
            "completed": task.completed,
            "priority": task.priority,
            "dueDate": task.due_date,
            "dueTime": task.due_time,
            "tags": task.tags.iter().map(|tag| &self.spellings[tag]).collect::<Vec<_>>(),
            "parent": task.parent.as_ref().map(|parent| json!({ "id": parent })),
            "subtasks": subtasks.iter().map(|child| json!({ "id": child.id })).collect::<Vec<_>>(),
        })
    }
}
