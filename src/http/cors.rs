//! Which pages on other origins may read answers. None by default: a page has to be named exactly.

use std::time::Duration;

use axum::http::{HeaderValue, Method};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

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

/// Answers to other origins. The token travels in a header that the page itself sets, so there are no
/// credentials for a browser to add.
pub(super) fn layer(origins: &[Origin]) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(
            origins.iter().map(|origin| origin.0.clone()),
        ))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([REQUEST_ID])
        .max_age(Duration::from_hours(2))
}
