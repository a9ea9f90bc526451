//! The wire: GraphQL over HTTP, the playground, health, metrics.

mod answer;
mod endpoint;
mod health;
mod metrics;
mod params;
mod playground;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;

use crate::config::Introspection;
use crate::graphql::Schema;
use crate::identity::Verifier;
use crate::store::Store;

/// What the endpoint needs to answer.
#[derive(Debug)]
pub struct Service {
    /// The schema.
    pub schema: Schema,
    /// Reads tokens.
    pub verifier: Arc<Verifier>,
    /// Who may read the schema itself.
    pub introspection: Introspection,
    /// The largest body, in bytes.
    pub body_limit: usize,
    /// How long a query may take.
    pub deadline: Duration,
}

/// The playground, where it is on.
#[derive(Debug)]
pub struct Playground {
    /// A token to be filled in; only ever that of the embedded start.
    pub token: Option<String>,
}

/// Every route of the server.
pub fn router(service: Service, store: Store, playground: Option<Playground>) -> Router {
    let routes = Router::new()
        .merge(health::routes(store, Arc::clone(&service.verifier)))
        .merge(metrics::routes(Arc::clone(&service.verifier)))
        .merge(endpoint::routes(Arc::new(service)));
    match playground {
        Some(playground) => routes.merge(playground::routes(playground.token)),
        None => routes,
    }
}
