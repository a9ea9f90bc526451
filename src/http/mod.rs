//! The wire: GraphQL over HTTP, the playground, health, metrics.

mod answer;
mod connections;
mod cors;
mod endpoint;
mod health;
mod metrics;
mod params;
mod playground;

pub use connections::serve;
pub use cors::Origin;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tower_http::compression::predicate::SizeAbove;
use tower_http::compression::{CompressionLayer, CompressionLevel};

use crate::config::Introspection;
use crate::graphql::{Documents, Schema};
use crate::identity::Verifier;
use crate::store::Store;

/// What the endpoint needs to answer.
#[derive(Debug)]
pub struct Service {
    /// The schema.
    pub schema: Schema,
    /// The documents that are known.
    pub documents: Documents,
    /// Reads tokens.
    pub verifier: Arc<Verifier>,
    /// Who may read the schema itself.
    pub introspection: Introspection,
    /// The largest body, in bytes.
    pub body_limit: usize,
    /// How long a request may take.
    pub deadline: Duration,
    /// How many requests may come in one; 0 takes no batches.
    pub batch_limit: usize,
    /// The other origins whose pages may read answers.
    pub origins: Vec<Origin>,
}

/// The playground, where it is on.
#[derive(Debug)]
pub struct Playground {
    /// A token to be filled in; only ever that of the embedded start.
    pub token: Option<String>,
}

/// Answers that are smaller than this are not worth a client's time to unpack.
const COMPRESSED_FROM: u64 = 1024;

/// Every route of the server.
pub fn router(service: Service, store: Store, playground: Option<Playground>) -> Router {
    let cors = cors::layer(&service.origins);
    let routes = Router::new()
        .merge(health::routes(store, Arc::clone(&service.verifier)))
        .merge(metrics::routes(Arc::clone(&service.verifier)))
        .merge(endpoint::routes(Arc::new(service)).layer(cors));
    let routes = match playground {
        Some(playground) => routes.merge(playground::routes(playground.token)),
        None => routes,
    };
    // The best level of each algorithm that a server can afford while somebody waits.
    let compression = CompressionLayer::new()
        .quality(CompressionLevel::Fastest)
        .compress_when(SizeAbove::new(COMPRESSED_FROM));
    routes.layer(compression)
}
