//! `/graphql`: from a request to an answer.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use axum::routing::any;
use tracing::Instrument;
use uuid::Uuid;

use super::Service;
use super::answer::{self, MediaType, Refused};
use super::params::{AddressParams, Params};
use crate::clock;
use crate::config::Introspection;
use crate::graphql::{Caller, Code, Document, Operation, RequestId};
use crate::identity::{Refusal, Scope, Viewer};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

pub(super) fn routes(service: Arc<Service>) -> Router {
    Router::new()
        .route("/graphql", any(graphql))
        .with_state(service)
}

async fn graphql(State(service): State<Arc<Service>>, request: Request) -> Response<Body> {
    let request_id = RequestId(Uuid::now_v7().simple().to_string());
    let span = tracing::info_span!("request", id = %request_id);
    let mut response = answer(service, request, &request_id).instrument(span).await;
    if let Ok(value) = HeaderValue::from_str(&request_id.0) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

async fn answer(service: Arc<Service>, request: Request, request_id: &RequestId) -> Response<Body> {
    let Some(media) = MediaType::negotiate(request.headers()) else {
        return Refused::new(
            StatusCode::NOT_ACCEPTABLE,
            Code::BadRequest,
            "Answers are application/graphql-response+json or application/json: accept one.",
        )
        .into_response(MediaType::Json);
    };
    match run(service, request, media, request_id).await {
        Ok(response) => response,
        Err(refused) => refused.into_response(media),
    }
}

async fn run(
    service: Arc<Service>,
    request: Request,
    media: MediaType,
    request_id: &RequestId,
) -> Result<Response<Body>, Refused> {
    let now = clock::now();
    // Who asks comes first: a token that is no good is refused whatever the request says.
    let viewer = match service.verifier.viewer_of(request.headers(), now).await {
        Ok(viewer) => Ok(viewer),
        Err(Refusal::Missing) => Err(Refusal::Missing),
        Err(refusal) => return Err(unauthenticated(&service, refusal)),
    };
    let method = request.method().clone();
    let params = read(&service, request).await?;
    let document = Document::parse(&params.query)
        .map_err(|error| Refused::document(error, Code::ParseFailed))?;
    let operation = document.operation(params.operation_name.as_deref());
    permit(&service, operation, &method, viewer.as_ref())?;

    let caller = Caller {
        viewer: viewer.ok(),
        now,
        request_id: request_id.clone(),
    };
    let mut run = document.into_request(params.operation_name, params.variables);
    if service.introspection == Introspection::Off {
        run = run.disable_introspection();
    }
    let schema = service.schema.clone();
    let execution = async move { schema.execute(run, caller).await };
    let executed = if operation == Operation::Mutation {
        // In a task of its own: what has begun is finished, even when the client goes away.
        tokio::spawn(execution.in_current_span())
            .await
            .map_err(|_| failed(request_id))?
    } else {
        let limited = tokio::time::timeout(service.deadline, execution);
        limited.await.map_err(|_| too_slow())?
    };
    Ok(answer::executed(executed, media, request_id))
}

/// Whether this kind of operation may be run by this method and by whoever asks.
fn permit(
    service: &Service,
    operation: Operation,
    method: &Method,
    viewer: Result<&Viewer, &Refusal>,
) -> Result<(), Refused> {
    if operation == Operation::Unknown {
        return Err(Refused::new(
            StatusCode::BAD_REQUEST,
            Code::ValidationFailed,
            "`operationName` must name one operation of the document; it can be left out only when there is just one.",
        ));
    }
    if operation == Operation::Mutation && *method == Method::GET {
        return Err(wrong_method("Mutations are sent by POST.", "POST"));
    }
    let scope = match operation {
        Operation::Mutation => Some(Scope::Write),
        Operation::Query | Operation::Subscription => Some(Scope::Read),
        Operation::Introspection | Operation::Unknown => None,
    };
    match (viewer, scope) {
        (Ok(viewer), Some(scope)) if !viewer.may(scope) => Err(forbidden(scope)),
        (Ok(_), _) => Ok(()),
        (Err(_), None) if service.introspection == Introspection::Public => Ok(()),
        (Err(refusal), _) => Err(unauthenticated(service, *refusal)),
    }
}

async fn read(service: &Service, request: Request) -> Result<Params, Refused> {
    let unreadable = |why| Refused::new(StatusCode::BAD_REQUEST, Code::BadRequest, why);
    match *request.method() {
        Method::GET => {
            let Query(address) = Query::<AddressParams>::try_from_uri(request.uri())
                .map_err(|_| unreadable("The address does not hold readable parameters."))?;
            Params::from_address(address).map_err(unreadable)
        }
        Method::POST => {
            if !is_json(request.headers()) {
                return Err(Refused::new(
                    StatusCode::UNSUPPORTED_MEDIA_TYPE,
                    Code::BadRequest,
                    "A request is sent as `Content-Type: application/json` in UTF-8.",
                ));
            }
            let body = body(request, service.body_limit).await?;
            Params::from_body(&body).map_err(unreadable)
        }
        _ => Err(wrong_method(
            "Requests are sent by GET or POST.",
            "GET, POST",
        )),
    }
}

async fn body(request: Request, limit: usize) -> Result<Bytes, Refused> {
    axum::body::to_bytes(request.into_body(), limit)
        .await
        .map_err(|_| {
            Refused::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                Code::BadRequest,
                &format!("A body has at most {limit} bytes."),
            )
        })
}

/// Only this type, so that no page can send it to us without asking (CORS calls others simple).
fn is_json(headers: &HeaderMap) -> bool {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let Some(value) = value else { return false };
    let mut parts = value
        .split(';')
        .map(|part| part.trim().to_ascii_lowercase());
    parts.next().as_deref() == Some("application/json")
        && parts.all(|parameter| match parameter.strip_prefix("charset=") {
            Some(charset) => matches!(charset.trim_matches('"'), "utf-8" | "utf8"),
            None => true,
        })
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
