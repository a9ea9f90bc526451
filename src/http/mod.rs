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

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use futures_util::future::Either;
use hyper::body::Incoming;
use tower::{Layer as _, Service as _};
use tower_http::compression::predicate::SizeAbove;
use tower_http::compression::{Compression, CompressionLayer, CompressionLevel};
use tower_http::cors::Cors;

use self::endpoint::Endpoint;
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

/// Who may read the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Introspection {
    /// Anyone.
    Public,
    /// Whoever has a valid token.
    Viewer,
    /// Nobody.
    Off,
}

/// The playground, where it is on.
#[derive(Debug)]
pub struct Playground {
    /// A token to be filled in; only ever that of the embedded start.
    pub token: Option<String>,
}

/// Answers that are smaller than this are not worth a client's time to unpack.
const COMPRESSED_FROM: u64 = 1024;

/// Everything that the server answers. Cheap to clone.
#[derive(Clone)]
pub struct Routes {
    /// `/graphql`. Nearly every request is for it, and a router would box its request, its answer and a
    /// future for each of its layers.
    graphql: Compression<Cors<Endpoint>, SizeAbove>,
    others: Router,
}

impl Routes {
    /// The routes of a server.
    #[must_use]
    pub fn new(service: Service, store: Store, playground: Option<Playground>) -> Self {
        // The best level of each algorithm that a server can afford while somebody waits.
        let compression = CompressionLayer::new()
            .quality(CompressionLevel::Fastest)
            .compress_when(SizeAbove::new(COMPRESSED_FROM));
        let others = Router::new()
            .merge(health::routes(store, Arc::clone(&service.verifier)))
            .merge(metrics::routes(Arc::clone(&service.verifier)));
        let others = match playground {
            Some(playground) => others.merge(playground::routes(playground.token)),
            None => others,
        };
        let cors = cors::layer(&service.origins);
        Self {
            graphql: compression.layer(cors.layer(Endpoint::new(service))),
            others: others.layer(compression),
        }
    }

    /// Answers a request.
    fn answer(
        &self,
        request: Request<Incoming>,
    ) -> impl Future<Output = Result<Response<Body>, Infallible>> + use<> {
        if request.uri().path() == endpoint::PATH {
            let answer = self.graphql.clone().call(request);
            Either::Left(async { Ok(answer.await?.map(Body::new)) })
        } else {
            Either::Right(self.others.clone().call(request))
        }
    }
}
