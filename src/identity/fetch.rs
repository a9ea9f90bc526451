use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use rustls::{ClientConfig, RootCertStore};
use thiserror::Error;

use super::settings::Authorities;

/// How long a fetch may take, from the look-up of the name to the last byte.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);

/// The largest key set, in bytes.
const MAX_BYTES: usize = 256 * 1024;

/// Why a key set could not be fetched.
#[derive(Debug, Error)]
pub(super) enum FetchError {
    #[error("it took longer than 3 s")]
    TooSlow,
    #[error("it is larger than 256 KiB, or broke off")]
    Body,
    #[error("the answer was status {0}")]
    Status(StatusCode),
    #[error("no connection: {0}")]
    Connection(String),
    #[error("no TLS: {0}")]
    Tls(#[from] rustls::Error),
}

/// Reads what is at an address, over a connection of its own. A redirect is not followed: it could lead
/// anywhere, and a key set has an address of its own.
pub(super) async fn fetch(uri: &Uri, authorities: &Authorities) -> Result<Bytes, FetchError> {
    tokio::time::timeout(PATIENCE, read(uri, authorities))
        .await
        .unwrap_or(Err(FetchError::TooSlow))
}

async fn read(uri: &Uri, authorities: &Authorities) -> Result<Bytes, FetchError> {
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls(authorities)?)
        .https_or_http()
        .enable_http1()
        .build();
    let client = Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(0)
        .build(connector);
    let request = Request::get(uri)
        .header(header::ACCEPT, "application/json, application/jwk-set+json")
        .header(
            header::USER_AGENT,
            concat!("docket/", env!("CARGO_PKG_VERSION")),
        )
        .body(Empty::<Bytes>::new())
        .map_err(|error| FetchError::Connection(error.to_string()))?;
    let response = client
        .request(request)
        .await
        .map_err(|error| FetchError::Connection(root_cause(&error)))?;
    if response.status() != StatusCode::OK {
        return Err(FetchError::Status(response.status()));
    }
    let body = Limited::new(response.into_body(), MAX_BYTES)
        .collect()
        .await;
    body.map(http_body_util::Collected::to_bytes)
        .map_err(|_| FetchError::Body)
}

fn tls(authorities: &Authorities) -> Result<ClientConfig, rustls::Error> {
    let mut roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
    roots.add_parsable_certificates(authorities.0.iter().cloned());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// What lies at the bottom of an error says most: "connection refused", "invalid peer certificate".
fn root_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(below) = cause.source() {
        cause = below;
    }
    cause.to_string()
}
