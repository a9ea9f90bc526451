//! Whether the process lives, and whether it can do its work.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;

use crate::clock;
use crate::identity::Verifier;
use crate::store::Store;

/// A database that takes longer than this to give a sign of life is not ready.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) fn routes(store: Store, verifier: Arc<Verifier>) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/ready", get(ready))
        .with_state((store, verifier))
}

async fn health() -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "no-store")], "ok\n")
}

async fn ready(State((store, verifier)): State<(Store, Arc<Verifier>)>) -> impl IntoResponse {
    let (status, text) = match tokio::time::timeout(PATIENCE, store.ping()).await {
        Ok(Ok(())) if !verifier.is_ready(clock::now()) => {
            tracing::warn!("not ready: the keys of an issuer could not be fetched");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the keys of an issuer could not be fetched\n",
            )
        }
        Ok(Ok(())) => (StatusCode::OK, "ready\n"),
        Ok(Err(error)) => {
            tracing::warn!(
                cause = error.cause(),
                "not ready: the database does not answer"
            );
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database does not answer\n",
            )
        }
        Err(_) => {
            tracing::warn!("not ready: the database is too slow to answer");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database is too slow to answer\n",
            )
        }
    };
    (status, [(header::CACHE_CONTROL, "no-store")], text)
}
