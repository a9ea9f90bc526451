//! `/graphql`: from a request to an answer.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::Query;
use axum::http::request::Parts;
use axum::http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header,
};
use futures_util::FutureExt as _;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Body as _, Incoming};
use tokio::time::Instant;
use tracing::Instrument as _;
use uuid::Uuid;

use super::answer::{self, Executed, MediaType, Refused};
use super::params::{self, Address, Params};
use super::{Introspection, Service};
use crate::clock;
use crate::graphql::{
    Caller, Code, Document, Known, New, Operation, Rejection, RequestId, Unknown,
};
use crate::identity::{Refusal, Scope, Viewer};

/// Where it is.
pub(super) const PATH: &str = "/graphql";

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// The endpoint as layers take it.
#[derive(Clone, Debug)]
pub(super) struct Endpoint(Arc<Service>);

impl Endpoint {
    pub(super) fn new(service: Service) -> Self {
        Self(Arc::new(service))
    }
}

impl tower::Service<Request<Incoming>> for Endpoint {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let service = self.0.clone();
        Box::pin(async move { Ok(graphql(service, request).await) })
    }
}

async fn graphql(service: Arc<Service>, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let request_id = request_id(&head.headers);
    let span = tracing::info_span!("request", id = %request_id);
    let answer = answer(&service, &head, body, &request_id);
    let mut response = answer.instrument(span).await;
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&request_id.0) {
        headers.insert(REQUEST_ID, value);
    }
    if head.method == Method::HEAD {
        without_body(response)
    } else {
        response
    }
}

/// An answer that tells how long its body would be.
fn without_body(mut response: Response<Full<Bytes>>) -> Response<Full<Bytes>> {
    let body = std::mem::take(response.body_mut());
    if let Some(length) = body.size_hint().exact() {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_LENGTH, length.into());
    }
    response
}

/// The client's own name for the request, where it is one that a log can bear, or else a new one.
fn request_id(headers: &HeaderMap) -> RequestId {
    let sent = headers
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok());
    let fits = |id: &&str| {
        (1..=64).contains(&id.len())
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
    };
    RequestId(match sent.filter(fits) {
        Some(id) => id.into(),
        None => (&*Uuid::new_v4()
            .simple()
            .encode_lower(&mut Uuid::encode_buffer()))
            .into(),
    })
}

async fn answer(
    service: &Arc<Service>,
    head: &Parts,
    body: Incoming,
    request_id: &RequestId,
) -> Response<Full<Bytes>> {
    let Some(media) = MediaType::negotiate(&head.headers) else {
        return Refused::new(
            StatusCode::NOT_ACCEPTABLE,
            Code::BadRequest,
            "Answers are application/graphql-response+json or application/json: accept one.",
        )
        .into_response(MediaType::Json);
    };
    // What is shared across a panic is the pool of the database, which expects to lose a user.
    let shielded = AssertUnwindSafe(asked(service, head, body, media, request_id)).catch_unwind();
    match shielded.await {
        Ok(Ok(response)) => response,
        Ok(Err(refused)) => refused.into_response(media),
        Err(_panic) => failed(request_id).into_response(media),
    }
}

async fn asked(
    service: &Arc<Service>,
    head: &Parts,
    body: Incoming,
    media: MediaType,
    request_id: &RequestId,
) -> Result<Response<Full<Bytes>>, Refused> {
    let asking = Asking::of(service, head, request_id).await?;
    match read(service, head, body).await? {
        params::Body::Single(params) => {
            let executed = asking.run(params).await?;
            Ok(executed.into_response(media))
        }
        params::Body::Batch(all) => {
            let mut answers = Vec::with_capacity(all.len());
            for params in all {
                answers.push(asking.run(params).await);
            }
            Ok(answer::batch(&answers, media))
        }
    }
}

/// Who asks, how, and until when.
struct Asking<'a> {
    service: &'a Arc<Service>,
    request_id: &'a RequestId,
    method: &'a Method,
    viewer: Result<Viewer, Refusal>,
    now: chrono::DateTime<chrono::Utc>,
    deadline: Instant,
}

impl<'a> Asking<'a> {
    /// Who asks comes first: a token that is no good is refused whatever the request says.
    async fn of(
        service: &'a Arc<Service>,
        head: &'a Parts,
        request_id: &'a RequestId,
    ) -> Result<Self, Refused> {
        let now = clock::now();
        match service.verifier.viewer_of(&head.headers, now).await {
            Err(refusal) if refusal != Refusal::Missing => Err(unauthenticated(service, refusal)),
            viewer => Ok(Self {
                service,
                request_id,
                method: &head.method,
                viewer,
                now,
                deadline: Instant::now() + service.deadline,
            }),
        }
    }

    async fn run(&self, params: Params) -> Result<Executed, Refused> {
        let name = params.operation_name;
        let (document, operation) = match self.service.documents.find(params.document) {
            Ok(Known::Document(document)) => {
                let operation = document.operation(name.as_deref())?;
                self.permit(operation, document.introspects())?;
                (document, operation)
            }
            // Boxed, for what is known would else carry the room that validation needs.
            Ok(Known::New(new)) => Box::pin(self.learn(new, name.as_deref())).await?,
            Err(unknown) => return Err(not_known(unknown)),
        };
        let run = Run {
            document,
            name,
            variables: params.variables,
            caller: Caller {
                viewer: self.viewer.clone().ok(),
                now: self.now,
                request_id: self.request_id.clone(),
            },
            deadline: self.deadline,
        };
        if operation == Operation::Mutation {
            // In a task of its own: what has begun is finished, even when the client goes away.
            let service = self.service.clone();
            let run = async move { run.run(&service).await };
            let run = tokio::spawn(run.in_current_span());
            run.await.unwrap_or_else(|_| Err(failed(self.request_id)))
        } else {
            run.run(self.service).await
        }
    }

    /// Admits and validates a document that is new. What its kind asks for comes in between, so that
    /// nobody learns by its errors what the schema has.
    async fn learn(
        &self,
        new: New,
        name: Option<&str>,
    ) -> Result<(Arc<Document>, Operation), Refused> {
        let schema = &self.service.schema;
        let admitted = schema.admit(new.text())?;
        let operation = admitted.operation(name)?;
        self.permit(operation, admitted.introspects())?;
        let document = schema.validate(admitted).await?;
        Ok((self.service.documents.keep(new, document), operation))
    }

    /// Whether this kind of operation may be run by this method and by whoever asks.
    fn permit(&self, operation: Operation, introspects: bool) -> Result<(), Refused> {
        let introspection = self.service.introspection;
        if operation == Operation::Mutation && *self.method == Method::GET {
            return Err(wrong_method("Mutations are sent by POST.", "POST"));
        }
        let scope = match operation {
            Operation::Mutation => Some(Scope::Write),
            Operation::Query | Operation::Subscription => Some(Scope::Read),
            Operation::Introspection => None,
        };
        match (&self.viewer, scope) {
            (Ok(viewer), Some(scope)) if !viewer.may(scope) => Err(forbidden(scope)),
            (Err(refusal), scope) if scope.is_some() || introspection != Introspection::Public => {
                Err(unauthenticated(self.service, *refusal))
            }
            _ if introspects && introspection == Introspection::Off => {
                let message = "Introspection is off: __schema and __type are not answered here.";
                let error = async_graphql::ServerError::new(message, None);
                Err(Rejection::Invalid(vec![error]).into())
            }
            _ => Ok(()),
        }
    }
}

/// One operation that may run.
struct Run {
    document: Arc<Document>,
    name: Option<String>,
    variables: async_graphql::Variables,
    caller: Caller,
    deadline: Instant,
}

impl Run {
    async fn run(self, service: &Service) -> Result<Executed, Refused> {
        let request_id = self.caller.request_id.clone();
        let schema = &service.schema;
        let name = self.name.as_deref();
        let execution = schema.execute(&self.document, name, self.variables, self.caller);
        match tokio::time::timeout_at(self.deadline, execution).await {
            Ok(Ok(answer)) => Ok(Executed::new(answer, &request_id)),
            Ok(Err(rejection)) => Err(rejection.into()),
            Err(_) => Err(too_slow()),
        }
    }
}

async fn read(service: &Service, head: &Parts, body: Incoming) -> Result<params::Body, Refused> {
    let unreadable = |why| Refused::new(StatusCode::BAD_REQUEST, Code::BadRequest, why);
    match head.method {
        Method::GET => {
            let Query(address) = Query::<Address>::try_from_uri(&head.uri)
                .map_err(|_| unreadable("The address does not hold readable parameters."))?;
            let params = Params::from_address(address).map_err(unreadable)?;
            Ok(params::Body::Single(params))
        }
        Method::POST => {
            if !is_json(&head.headers) {
                return Err(Refused::new(
                    StatusCode::UNSUPPORTED_MEDIA_TYPE,
                    Code::BadRequest,
                    "A request is sent as `Content-Type: application/json` in UTF-8.",
                ));
            }
            let body = collect(body, service.body_limit).await?;
            params::Body::read(&body, service.batch_limit).map_err(unreadable)
        }
        _ => Err(wrong_method(
            "Requests are sent by GET or POST.",
            "GET, POST",
        )),
    }
}

async fn collect(body: Incoming, limit: usize) -> Result<Bytes, Refused> {
    let whole = Limited::new(body, limit).collect();
    match tokio::time::timeout(BODY_TIMEOUT, whole).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(_)) => Err(Refused::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            Code::BadRequest,
            &format!("A body has at most {limit} bytes."),
        )),
        Err(_) => Err(Refused::new(
            StatusCode::REQUEST_TIMEOUT,
            Code::Timeout,
            "The body took too long to arrive.",
        )
        .header(header::CONNECTION, HeaderValue::from_static("close"))),
    }
}

/// Only this type, so that no page can send it to us without asking (CORS calls others simple).
fn is_json(headers: &HeaderMap) -> bool {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let Some(value) = value else { return false };
    let mut parts = value.split(';').map(str::trim);
    let is_json = |kind: &str| kind.eq_ignore_ascii_case("application/json");
    let is_utf8 = |charset: &str| {
        let charset = charset.trim_matches('"');
        charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
    };
    parts.next().is_some_and(is_json)
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, charset)) if name.eq_ignore_ascii_case("charset") => is_utf8(charset),
            _ => true,
        })
}

fn not_known(unknown: Unknown) -> Refused {
    let (code, message) = match unknown {
        Unknown::NotFound => return Refused::not_found(),
        Unknown::Mismatch => (
            Code::BadRequest,
            "`extensions.persistedQuery.sha256Hash` is not the SHA-256 of `query`.",
        ),
        Unknown::NotTrusted => (
            Code::DocumentNotFound,
            "This server runs the documents of its manifest only, and this is not one of them.",
        ),
    };
    Refused::new(StatusCode::BAD_REQUEST, code, message)
}

fn wrong_method(message: &str, allowed: &'static str) -> Refused {
    Refused::new(StatusCode::METHOD_NOT_ALLOWED, Code::BadRequest, message)
        .header(header::ALLOW, HeaderValue::from_static(allowed))
}

fn forbidden(scope: Scope) -> Refused {
    let message = format!(
        "The token does not allow this: it needs `{}`.",
        scope.as_str()
    );
    Refused::new(StatusCode::FORBIDDEN, Code::Forbidden, &message).header(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static(scope.challenge()),
    )
}

fn unauthenticated(service: &Service, refusal: Refusal) -> Refused {
    service.verifier.refused(refusal);
    Refused::new(
        StatusCode::UNAUTHORIZED,
        Code::Unauthenticated,
        refusal.message(),
    )
    .header(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static(refusal.challenge()),
    )
}

fn too_slow() -> Refused {
    Refused::new(
        StatusCode::GATEWAY_TIMEOUT,
        Code::Timeout,
        "The request took too long and was stopped.",
    )
}

fn failed(request_id: &RequestId) -> Refused {
    tracing::error!("a request ended without an answer");
    Refused::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        Code::Internal,
        &format!("The server failed. It has been logged as {request_id}."),
    )
}
