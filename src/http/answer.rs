//! What goes back: a GraphQL response as GraphQL over HTTP wants it.
//! <https://graphql.github.io/graphql-over-http/draft/#sec-Response>

use std::borrow::Cow;

use async_graphql::{PathSegment, ServerError, Value};
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use serde::Serialize;

use crate::graphql::{Answer, Code, Rejection, RequestId};

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
            let is = |known: &str| name.eq_ignore_ascii_case(known);
            let offered = if is("application/graphql-response+json") {
                Self::GraphQl
            } else if is("application/json") || is("application/*") || name == "*/*" {
                Self::Json
            } else {
                continue;
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

fn range(text: &str) -> (&str, f32) {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let quality = parts
        .filter_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")))
        .find_map(|quality| quality.parse().ok())
        .unwrap_or(1.0);
    (name, quality)
}

/// The most errors in one answer; more tell nobody more.
const MOST_ERRORS: usize = 20;

/// A request that has run.
#[derive(Debug)]
pub(super) enum Executed {
    /// The body as it goes over the wire.
    Body(Vec<u8>),
    /// What is still to be written.
    Answer {
        data: Value,
        errors: Vec<ServerError>,
    },
}

/// A request that has not run: it has errors and no data.
#[derive(Debug)]
pub(super) struct Refused {
    status: StatusCode,
    errors: Vec<ServerError>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Whether the request was a well-formed one, whatever is wrong with its document.
    well_formed: bool,
}

impl Executed {
    pub(super) fn new(answer: Answer, request_id: &RequestId) -> Self {
        match answer {
            Answer::Body(body) => Self::Body(body),
            Answer::Response(mut response) => {
                for error in &mut response.errors {
                    complete(error, request_id);
                }
                Self::Answer {
                    data: response.data,
                    errors: response.errors,
                }
            }
        }
    }

    pub(super) fn into_response(self, media: MediaType) -> Response<Full<Bytes>> {
        match self {
            Self::Body(body) => with_headers(StatusCode::OK, media, body),
            Self::Answer { data, errors } => {
                let envelope = Envelope::new(&errors, Some(&data));
                render(StatusCode::OK, media, &envelope)
            }
        }
    }

    fn to_bytes(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Body(body) => Cow::Borrowed(body),
            Self::Answer { data, errors } => {
                Cow::Owned(to_bytes(&Envelope::new(errors, Some(data))))
            }
        }
    }
}

impl Refused {
    /// A request that is refused for what it is, before its document is looked at.
    pub(super) fn new(status: StatusCode, code: Code, message: &str) -> Self {
        let mut error = ServerError::new(message, None);
        let extensions = error.extensions.get_or_insert_default();
        extensions.set("code", code.as_str());
        Self {
            status,
            errors: vec![error],
            headers: Vec::new(),
            well_formed: false,
        }
    }

    /// A hash that is not known: its text is asked for.
    pub(super) fn not_found() -> Self {
        // The words that clients look for.
        let message = "PersistedQueryNotFound";
        Self {
            well_formed: true,
            ..Self::new(StatusCode::BAD_REQUEST, Code::DocumentNotFound, message)
        }
    }

    pub(super) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(super) fn into_response(self, media: MediaType) -> Response<Full<Bytes>> {
        // A document that does not fit is an answer like any other where the form is plain JSON.
        let status = match media {
            MediaType::Json if self.well_formed => StatusCode::OK,
            _ => self.status,
        };
        let mut response = render(status, media, &self.envelope());
        let headers = self.headers.into_iter();
        let headers = headers.map(|(name, value)| (Some(name), value));
        response.headers_mut().extend(headers);
        response
    }

    fn envelope(&self) -> Envelope<'_> {
        Envelope::new(&self.errors, None)
    }
}

/// A document that is not run.
impl From<Rejection> for Refused {
    fn from(rejection: Rejection) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            errors: rejection.into_errors(),
            headers: Vec::new(),
            well_formed: true,
        }
    }
}

/// The answers to a batch, in the order of its requests.
pub(super) fn batch(all: &[Result<Executed, Refused>], media: MediaType) -> Response<Full<Bytes>> {
    let answers = all.iter().map(|one| match one {
        Ok(executed) => executed.to_bytes(),
        Err(refused) => Cow::Owned(to_bytes(&refused.envelope())),
    });
    let mut body = vec![b'['];
    for (index, answer) in answers.enumerate() {
        if index > 0 {
            body.push(b',');
        }
        body.extend_from_slice(&answer);
    }
    body.push(b']');
    with_headers(StatusCode::OK, media, body)
}

#[derive(Serialize)]
struct Envelope<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ServerError],
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extensions: Option<Extensions>,
}

impl<'a> Envelope<'a> {
    fn new(errors: &'a [ServerError], data: Option<&'a Value>) -> Self {
        let shown = errors.len().min(MOST_ERRORS);
        let omitted_errors = errors.len() - shown;
        Self {
            errors: &errors[..shown],
            data,
            extensions: (omitted_errors > 0).then_some(Extensions { omitted_errors }),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Extensions {
    /// How many errors there were beyond those that are shown.
    omitted_errors: usize,
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
            extensions.set("requestId", &*request_id.0);
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

fn render(status: StatusCode, media: MediaType, envelope: &Envelope<'_>) -> Response<Full<Bytes>> {
    with_headers(status, media, to_bytes(envelope))
}

fn to_bytes(envelope: &Envelope<'_>) -> Vec<u8> {
    serde_json::to_vec(envelope).unwrap_or_else(|error| {
        // Only a map whose keys are no text cannot be written, and there is none.
        tracing::error!(cause = %error, "an answer could not be written");
        Vec::new()
    })
}

fn with_headers(status: StatusCode, media: MediaType, bytes: Vec<u8>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(bytes));
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
