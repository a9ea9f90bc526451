//! The handlers.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::answer::{Changed, Data, One, Page, PageInfo, Subtask, Task, Tasks};
use crate::store::Store;
use crate::tokens::{Tokens, Viewer};

struct Service<S> {
    store: S,
    tokens: Tokens,
}

type Shared<S> = State<Arc<Service<S>>>;

pub(crate) fn router<S: Store>(store: S, tokens: Tokens) -> Router {
    Router::new()
        .route("/tasks", get(page::<S>).post(create::<S>))
        .route("/details", get(details::<S>))
        .route("/tasks/{id}", get(one::<S>))
        .route("/tasks/{id}/toggle", post(toggle::<S>))
        .with_state(Arc::new(Service { store, tokens }))
}

#[derive(Deserialize)]
struct Paging {
    first: u16,
}

impl Paging {
    /// One more than the page has tells whether there is more.
    fn limit(&self) -> i64 {
        i64::from(self.first) + 1
    }

    fn page(&self, mut nodes: Vec<Task>) -> Page {
        let wanted = usize::from(self.first);
        let has_next_page = nodes.len() > wanted;
        nodes.truncate(wanted);
        let page_info = PageInfo { has_next_page };
        Page { nodes, page_info }
    }
}

/// A task to be created.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct New {
    pub(crate) title: String,
    pub(crate) due_date: Option<String>,
}

async fn page<S: Store>(
    State(service): Shared<S>,
    headers: HeaderMap,
    Query(paging): Query<Paging>,
) -> Result<Response<Body>, StatusCode> {
    let viewer = service.viewer(&headers, now())?;
    let found = service.store.page(viewer.id, paging.limit()).await;
    let tasks = paging.page(found.map_err(failed)?);
    json(&Data {
        data: Tasks { tasks },
    })
}

async fn details<S: Store>(
    State(service): Shared<S>,
    headers: HeaderMap,
    Query(paging): Query<Paging>,
) -> Result<Response<Body>, StatusCode> {
    let viewer = service.viewer(&headers, now())?;
    let found = service.store.page_for_details(viewer.id, paging.limit());
    let mut tasks = paging.page(found.await.map_err(failed)?);
    let ids: Vec<Uuid> = tasks.nodes.iter().map(|task| task.id).collect();
    let (tags, subtasks) = tokio::try_join!(
        service.store.tags(viewer.id, &ids),
        service.store.subtasks(viewer.id, &ids)
    )
    .map_err(failed)?;
    let mut of: HashMap<Uuid, (Vec<String>, Vec<Subtask>)> = HashMap::new();
    for (task, tag) in tags {
        of.entry(task).or_default().0.push(tag);
    }
    for (task, subtask) in subtasks {
        of.entry(task).or_default().1.push(subtask);
    }
    for task in &mut tasks.nodes {
        let (tags, subtasks) = of.remove(&task.id).unwrap_or_default();
        task.tags = Some(tags);
        task.subtasks = Some(subtasks);
    }
    json(&Data {
        data: Tasks { tasks },
    })
}

async fn one<S: Store>(
    State(service): Shared<S>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response<Body>, StatusCode> {
    let viewer = service.viewer(&headers, now())?;
    let task = service
        .store
        .one(viewer.id, uuid(&id)?)
        .await
        .map_err(failed)?;
    json(&Data { data: One { task } })
}

async fn create<S: Store>(
    State(service): Shared<S>,
    headers: HeaderMap,
    Json(new): Json<New>,
) -> Result<Response<Body>, StatusCode> {
    let now = now();
    let viewer = service.viewer(&headers, now)?;
    let due_date = new.due_date.map(|day| day.parse()).transpose();
    let due_date = due_date.map_err(|_| StatusCode::BAD_REQUEST)?;
    let created = service.store.create(viewer.id, new.title, due_date, now);
    let task = created.await.map_err(failed)?;
    json(&Data {
        data: Changed::CreateTask { task },
    })
}

async fn toggle<S: Store>(
    State(service): Shared<S>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response<Body>, StatusCode> {
    let now = now();
    let viewer = service.viewer(&headers, now)?;
    let toggled = service.store.toggle(viewer.id, uuid(&id)?, now);
    let task = toggled.await.map_err(failed)?;
    json(&Data {
        data: Changed::ToggleTask { task },
    })
}

impl<S> Service<S> {
    fn viewer(&self, headers: &HeaderMap, now: DateTime<Utc>) -> Result<Viewer, StatusCode> {
        let authorization = headers.get(header::AUTHORIZATION);
        authorization
            .and_then(|value| self.tokens.viewer(value.to_str().ok()?, now))
            .ok_or(StatusCode::UNAUTHORIZED)
    }
}

fn uuid(text: &str) -> Result<Uuid, StatusCode> {
    text.parse().map_err(|_| StatusCode::BAD_REQUEST)
}

/// Now, to the millisecond, as Docket keeps it.
fn now() -> DateTime<Utc> {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    let now = Utc::now();
    now.duration_trunc(TimeDelta::milliseconds(1))
        .unwrap_or(now)
}

fn json(answer: &impl Serialize) -> Result<Response<Body>, StatusCode> {
    let bytes = serde_json::to_vec(answer).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let mut response = Response::new(Body::from(Bytes::from(bytes)));
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    Ok(response)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that map_err wants"
)]
fn failed(error: sqlx::Error) -> StatusCode {
    use std::io::Write as _;
    // Nobody is left to tell when this fails as well.
    let _ = writeln!(std::io::stderr(), "{error}");
    StatusCode::INTERNAL_SERVER_ERROR
}
