//! What is asked: the same of everyone, in the words of each.

use serde_json::{Value, json};

use crate::contender::Contender;
use crate::data::{READERS, User};
use crate::wire;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Operation {
    /// The first 20 pending tasks by due date
    Page,
    /// The same page, each task with its tags and its subtasks
    Details,
    /// One task
    Task,
    /// A new task
    Create,
    /// Done or not, turned
    Toggle,
}

/// How many tasks a page has.
pub(crate) const PAGE: usize = 20;

const FIELDS: &str =
    "id title description completed completedAt priority dueDate createdAt updatedAt version";

impl Operation {
    pub(crate) const ALL: [Self; 5] = [
        Self::Page,
        Self::Details,
        Self::Task,
        Self::Create,
        Self::Toggle,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Details => "details",
            Self::Task => "task",
            Self::Create => "create",
            Self::Toggle => "toggle",
        }
    }

    pub(crate) const fn reads(self) -> bool {
        matches!(self, Self::Page | Self::Details | Self::Task)
    }

    /// Asks for a user's task of this number, where it is about one.
    pub(crate) fn request(self, contender: Contender, user: &User, task: usize) -> Vec<u8> {
        let id = user.tasks.get(task).map(|task| task.id);
        match contender {
            Contender::Limit | Contender::Sqlmodel => {
                let id = id.unwrap_or_default();
                let ask =
                    |method, path: &str, body: &str| wire::request(method, path, &user.token, body);
                match self {
                    Self::Page => ask("GET", &format!("/tasks?first={PAGE}"), ""),
                    Self::Details => ask("GET", &format!("/details?first={PAGE}"), ""),
                    Self::Task => ask("GET", &format!("/tasks/{id}"), ""),
                    Self::Create => ask(
                        "POST",
                        "/tasks",
                        &json!({ "title": TITLE, "dueDate": DAY }).to_string(),
                    ),
                    Self::Toggle => ask("POST", &format!("/tasks/{id}/toggle"), "{}"),
                }
            }
            Contender::Postgraphile => graphql(
                &user.token,
                &self.of_postgraphile(),
                &match self {
                    Self::Page | Self::Details => json!({ "first": PAGE }),
                    Self::Task | Self::Toggle => json!({ "id": id.map(|id| id.to_string()) }),
                    Self::Create => json!({ "title": TITLE, "day": DAY }),
                },
            ),
            Contender::Docket | Contender::Apollo | Contender::Strawberry => graphql(
                &user.token,
                &self.of_docket(),
                &match self {
                    Self::Page | Self::Details => json!({ "first": PAGE }),
                    Self::Task | Self::Toggle => json!({ "id": id.map(|id| id.to_string()) }),
                    Self::Create => json!({ "input": { "title": TITLE, "dueDate": DAY } }),
                },
            ),
        }
    }

    /// Those whom it asks for: whoever is read stays as he was.
    pub(crate) fn users(self, users: &[User]) -> &[User] {
        let (readers, writers) = users.split_at(READERS);
        if self.reads() { readers } else { writers }
    }

    fn of_docket(self) -> String {
        match self {
            Self::Page => format!(
                "query Page($first: Int!) {{ tasks(status: PENDING, sort: DUE_DATE, first: $first) {{ nodes {{ {FIELDS} }} pageInfo {{ hasNextPage }} }} }}"
            ),
            Self::Details => format!(
                "query Details($first: Int!) {{ tasks(status: PENDING, sort: DUE_DATE, first: $first) {{ nodes {{ {FIELDS} tags subtasks {{ id title completed }} }} pageInfo {{ hasNextPage }} }} }}"
            ),
            Self::Task => format!("query One($id: ID!) {{ task(id: $id) {{ {FIELDS} }} }}"),
            Self::Create => format!(
                "mutation Create($input: CreateTaskInput!) {{ createTask(input: $input) {{ task {{ {FIELDS} }} }} }}"
            ),
            Self::Toggle => format!(
                "mutation Toggle($id: ID!) {{ toggleTask(id: $id) {{ task {{ {FIELDS} }} }} }}"
            ),
        }
    }

    /// The same answers under the names that `PostGraphile` gives.
    fn of_postgraphile(self) -> String {
        let fields = FIELDS.replacen("id", "id: rowId", 1);
        match self {
            Self::Page => format!(
                "query Page($first: Int!) {{ tasks: allTasks(condition: {{ list: 0 }}, orderBy: [DUE_DATE_ASC, ROW_ID_ASC], first: $first) {{ nodes {{ {fields} }} pageInfo {{ hasNextPage }} }} }}"
            ),
            Self::Details => format!(
                "query Details($first: Int!) {{ tasks: allTasks(condition: {{ list: 0 }}, orderBy: [DUE_DATE_ASC, ROW_ID_ASC], first: $first) {{ nodes {{ {fields} tags: taskTagsByUserIdAndTaskIdList(orderBy: TAG_KEY_ASC) {{ tag }} subtasks: tasksByUserIdAndParentIdList(condition: {{ deletedAt: null }}, orderBy: [CREATED_AT_ASC, ROW_ID_ASC]) {{ id: rowId title completed }} }} pageInfo {{ hasNextPage }} }} }}"
            ),
            Self::Task => {
                format!("query One($id: UUID!) {{ task: ownTask(taskId: $id) {{ {fields} }} }}")
            }
            Self::Create => format!(
                "mutation Create($title: String!, $day: Date) {{ createTask: addTask(input: {{ newTitle: $title, newDueDate: $day }}) {{ task: result {{ {fields} }} }} }}"
            ),
            Self::Toggle => format!(
                "mutation Toggle($id: UUID!) {{ toggleTask(input: {{ taskId: $id }}) {{ task: result {{ {fields} }} }} }}"
            ),
        }
    }
}

/// What is created.
pub(crate) const TITLE: &str = "Buy milk and call the plumber";
/// When it is due.
pub(crate) const DAY: &str = "2026-12-24";

fn graphql(token: &str, document: &str, variables: &Value) -> Vec<u8> {
    let body = json!({ "query": document, "variables": variables });
    wire::request("POST", "/graphql", token, &body.to_string())
}
