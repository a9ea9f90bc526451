//! Which pages on other origins may read answers. None by default: a page has to be named exactly.

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, Response, header};
use http_body_util::Full;

use super::endpoint::REQUEST_ID;

/// An origin as a browser sends it: `https://app.example.com`, `http://localhost:5173`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(HeaderValue);

impl Origin {
    /// Scheme, host and port, and nothing else: no path, no wildcard.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let authority = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"))?;
        let parsed: axum::http::uri::Authority = authority.parse().ok()?;
        let exact = parsed.as_str() == authority
            && !authority.contains(['@', '*'])
            && authority == authority.to_ascii_lowercase();
        exact.then(|| HeaderValue::from_str(text).ok().map(Self))?
    }
}

/// The answer to a browser that asks whether a page may send what it wants to send. The token travels in
/// a header that the page itself sets, so there are no credentials for a browser to add.
pub(super) fn preflight(origins: &[Origin], asked: &HeaderMap) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    let headers = response.headers_mut();
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET,POST"),
    );
    if let Some(wanted) = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
    }
    // Two hours.
    headers.insert(
        header::ACCESS_CONTROL_MAX_AGE,
        HeaderValue::from_static("7200"),
    );
    name(origins, asked, headers);
    response
}

/// Lets a page read an answer, where its origin is one of those.
pub(super) fn permit(origins: &[Origin], asked: &HeaderMap, answer: &mut HeaderMap) {
    name(origins, asked, answer);
    answer.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from(REQUEST_ID),
    );
}

fn name(origins: &[Origin], asked: &HeaderMap, answer: &mut HeaderMap) {
    answer.append(
        header::VARY,
        HeaderValue::from_static("origin, access-control-request-headers"),
    );
    let asking = asked.get(header::ORIGIN);
    if let Some(Origin(named)) = origins.iter().find(|origin| Some(&origin.0) == asking) {
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, named.clone());
    }
}
