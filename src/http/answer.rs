//! What goes back: a GraphQL response as GraphQL over HTTP wants it.
//! <https://graphql.github.io/graphql-over-http/draft/#sec-Response>

use async_graphql::{ErrorExtensionValues, PathSegment, Response as Executed, ServerError, Value};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use serde::Serialize;

use crate::graphql::{Code, RequestId};

/// The form in which a client wants its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MediaType {
    /// `application/graphql-response+json`: the status tells whether the request could be run.
    GraphQl,
    /// `application/json`: a document that could be read is answered with 200.
    Json,
}

impl MediaType {
    /// The form that `Accept` asks for; none, when it takes neither.
    pub(super) fn negotiate(headers: &HeaderMap) -> Option<Self> {
        let mut ranges = headers
            .get_all(header::ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(range)
            .filter(|(name, quality)| !name.is_empty() && *quality > 0.0)
            .peekable();
        if ranges.peek().is_none() {
            return (!headers.contains_key(header::ACCEPT)).then_some(Self::Json);
        }
        let mut best: Option<(Self, f32)> = None;
        for (name, quality) in ranges {
            let offered = match name.as_str() {
                "application/graphql-response+json" => Self::GraphQl,
                "application/json" | "application/*" | "*/*" => Self::Json,
                _ => continue,
            };
            if best.is_none_or(|(_, so_far)| quality > so_far) {
                best = Some((offered, quality));
            }
        }
        best.map(|(offered, _)| offered)
    }

    const fn header(self) -> HeaderValue {
        match self {
            Self::GraphQl => {
                HeaderValue::from_static("application/graphql-response+json; charset=utf-8")
            }
            Self::Json => HeaderValue::from_static("application/json; charset=utf-8"),
        }
    }
}

fn range(text: &str) -> (String, f32) {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let quality = parts
        .filter_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")))
        .find_map(|quality| quality.parse().ok())
        .unwrap_or(1.0);
    (name, quality)
}

/// A request that was not run: it has errors and no data.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) errors: Vec<ServerError>,
    pub(super) headers: Vec<(header::HeaderName, HeaderValue)>,
}

impl Refused {
    /// A refusal with one error.
    pub(super) fn new(status: StatusCode, code: Code, message: &str) -> Self {
        let error = with_code(ServerError::new(message, None), code);
        Self {
            status,
            errors: vec![error],
            headers: Vec::new(),
        }
    }

    /// A document that could be read but not run.
    pub(super) fn document(mut error: ServerError, code: Code) -> Self {
        error = with_code(error, code);
        Self {
            status: StatusCode::BAD_REQUEST,
            errors: vec![error],
            headers: Vec::new(),
        }
    }

    pub(super) fn header(mut self, name: header::HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(super) fn into_response(self, media: MediaType) -> Response<Body> {
        // A document that does not fit is an answer like any other where the form is plain JSON.
        let fits = |code: &Value| {
            matches!(code, Value::String(code)
                if code == Code::ParseFailed.as_str() || code == Code::ValidationFailed.as_str())
        };
        let of_document = self.errors.iter().all(|error| {
            let code = error
                .extensions
                .as_ref()
                .and_then(|values| values.get("code"));
            code.is_some_and(fits)
        });
        let status = match media {
            MediaType::Json if of_document => StatusCode::OK,
            _ => self.status,
        };
        let mut response = render(
            status,
            media,
            &Envelope {
                errors: &self.errors,
                data: None,
            },
        );
        response
            .headers_mut()
            .extend(self.headers.into_iter().map(|(n, v)| (Some(n), v)));
        response
    }
}

#[derive(Serialize)]
struct Envelope<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ServerError],
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
}

/// The answer to a request that was run.
pub(super) fn executed(
    mut executed: Executed,
    media: MediaType,
    request_id: &RequestId,
) -> Response<Body> {
    // The engine reports what it refused before running as errors without a path.
    let refused = executed.data == Value::Null
        && !executed.errors.is_empty()
        && executed
            .errors
            .iter()
            .all(|error| error.path.is_empty() && code_of(error).is_none());
    if refused {
        let errors = executed.errors.into_iter();
        return Refused {
            status: StatusCode::BAD_REQUEST,
            errors: errors
                .map(|error| with_code(error, Code::ValidationFailed))
                .collect(),
            headers: Vec::new(),
        }
        .into_response(media);
    }
    for error in &mut executed.errors {
        complete(error, request_id);
    }
    let body = Envelope {
        errors: &executed.errors,
        data: Some(&executed.data),
    };
    render(StatusCode::OK, media, &body)
}

/// Every error has a code; one of ours has the name under which the log knows it.
fn complete(error: &mut ServerError, request_id: &RequestId) {
    match code_of(error) {
        None => {
            let mut field = async_graphql::indexmap::IndexMap::new();
            let path = error.path.iter().map(|step| match step {
                PathSegment::Field(name) => Value::from(name.as_str()),
                PathSegment::Index(index) => Value::from(*index),
            });
            field.insert(
                async_graphql::Name::new("message"),
                Value::from(error.message.as_str()),
            );
            field.insert(
                async_graphql::Name::new("path"),
                Value::List(path.collect()),
            );
            let extensions = error.extensions.get_or_insert_default();
            extensions.set("code", Code::BadUserInput.as_str());
            extensions.set("fields", Value::List(vec![Value::Object(field)]));
        }
        Some(code) if code == Code::Internal.as_str() => {
            let extensions = error.extensions.get_or_insert_default();
            extensions.set("requestId", request_id.0.as_str());
        }
        Some(_) => {}
    }
}

fn code_of(error: &ServerError) -> Option<String> {
    match error.extensions.as_ref()?.get("code")? {
        Value::String(code) => Some(code.clone()),
        _ => None,
    }
}

fn with_code(mut error: ServerError, code: Code) -> ServerError {
    let extensions: &mut ErrorExtensionValues = error.extensions.get_or_insert_default();
    extensions.set("code", code.as_str());
    error
}

fn render(status: StatusCode, media: MediaType, body: &Envelope<'_>) -> Response<Body> {
    let (status, bytes) = match serde_json::to_vec(body) {
        Ok(bytes) => (status, bytes),
        Err(error) => {
            tracing::error!(cause = %error, "an answer could not be written");
            (StatusCode::INTERNAL_SERVER_ERROR, Vec::new())
        }
    };
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, media.header());
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::VARY,
        HeaderValue::from_static("accept, authorization"),
    );
    response
}
