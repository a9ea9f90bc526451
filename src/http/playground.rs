//! GraphiQL, built from `playground/` and embedded in the binary: it asks nothing of any other host.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use axum::{Json, Router};
use rust_embed::Embed;
use serde_json::json;

#[derive(Embed)]
#[folder = "playground/dist"]
struct Built;

/// Scripts, workers and fonts come from us alone, nothing is inline, nothing is evaluated. Styles are
/// the exception: the editor makes them as it goes.
const POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; \
    img-src 'self' data:; font-src 'self' data:; style-src 'self' 'unsafe-inline'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page at `/`, and what it loads. `token` is that of the embedded start, or nothing.
pub(super) fn routes(token: Option<String>) -> Router {
    Router::new()
        .route("/", get(|| async { file("index.html", "no-cache") }))
        .route("/playground", get(|| async { Redirect::permanent("/") }))
        .route("/playground/settings.json", get(settings))
        .route(
            "/playground/favicon.svg",
            get(|| async { file("favicon.svg", "no-cache") }),
        )
        .route("/playground/assets/{name}", get(asset))
        .with_state(token)
}

async fn asset(Path(name): Path<String>) -> Response<Body> {
    // The names of these files change with what they hold.
    file(
        &format!("assets/{name}"),
        "public, max-age=31536000, immutable",
    )
}

/// Tells the page the token of the embedded start. Only on a loopback name, so that a page elsewhere
/// whose name was made to point here (DNS rebinding) does not learn it; and browsers say which site a
/// request comes from.
async fn settings(State(token): State<Option<String>>, headers: HeaderMap) -> Response<Body> {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    let ours = matches!(site, None | Some(b"same-origin" | b"none"));
    if token.is_some() && !(ours && is_loopback(&headers)) {
        return StatusCode::FORBIDDEN.into_response();
    }
    (
        [(header::CACHE_CONTROL, "no-store")],
        Json(json!({ "token": token })),
    )
        .into_response()
}

fn is_loopback(headers: &HeaderMap) -> bool {
    let Some(host) = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
    else {
        return false;
    };
    let Ok(authority) = host.parse::<axum::http::uri::Authority>() else {
        return false;
    };
    let name = authority.host();
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || address
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn file(path: &str, caching: &'static str) -> Response<Body> {
    let Some(file) = Built::get(path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kind = match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("ttf") => "font/ttf",
        _ => "application/octet-stream",
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, caching),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    let body = match file.data {
        std::borrow::Cow::Borrowed(bytes) => Body::from(bytes),
        std::borrow::Cow::Owned(bytes) => Body::from(bytes),
    };
    (headers, body).into_response()
}
