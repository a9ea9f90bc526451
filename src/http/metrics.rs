//! What can be counted, in the text form that Prometheus reads:
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::clock;
use crate::identity::Verifier;

pub(super) fn routes(verifier: Arc<Verifier>) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .with_state(verifier)
}

async fn metrics(State(verifier): State<Arc<Verifier>>) -> impl IntoResponse {
    let headers = [
        (
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        ),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, render(&verifier))
}

fn render(verifier: &Verifier) -> String {
    let mut text = String::from(
        "# HELP docket_authentication_failures_total Requests refused for their token, by reason.\n\
         # TYPE docket_authentication_failures_total counter\n",
    );
    for (reason, count) in verifier.failures() {
        line(
            &mut text,
            "docket_authentication_failures_total",
            "reason",
            reason,
            count,
        );
    }
    let sets = verifier.key_sets(clock::now());
    text += "# HELP docket_key_set_current Whether an issuer's keys were fetched in the last 24 hours.\n\
             # TYPE docket_key_set_current gauge\n";
    for set in &sets {
        let current = u64::from(set.is_current);
        line(
            &mut text,
            "docket_key_set_current",
            "issuer",
            set.issuer,
            current,
        );
    }
    text += "# HELP docket_key_set_keys How many keys of an issuer were fetched.\n\
             # TYPE docket_key_set_keys gauge\n";
    for set in &sets {
        line(
            &mut text,
            "docket_key_set_keys",
            "issuer",
            set.issuer,
            set.keys as u64,
        );
    }
    text
}

fn line(text: &mut String, name: &str, label: &str, value: &str, count: u64) {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"");
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{name}{{{label}=\"{value}\"}} {count}");
}
