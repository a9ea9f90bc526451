//! Puts the parts together: start, ready, stop.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clock;
use crate::config::Config;
use crate::graphql::{self, Documents, ManifestError, Schema};
use crate::http::{self, Introspection, Playground, Routes, Service};
use crate::identity::{self, IssueError, Verifier};
use crate::store::{self, Store, StoreError, Watch};
use crate::task::PageSizes;

/// The user of the embedded start's token.
const DEVELOPER: &str = "dev";

/// How long the embedded start's token works.
const DEVELOPER_SESSION: Duration = Duration::from_hours(24);

/// Why a server did not start, or did not stop cleanly.
#[derive(Debug)]
pub enum ServeError {
    /// The address cannot be listened on.
    Listen(SocketAddr, io::Error),
    /// The database failed.
    Store(StoreError),
    /// The token of the embedded start could not be made.
    Token(IssueError),
    /// The documents of the manifest cannot be served.
    Manifest(PathBuf, Box<ManifestError>),
}

impl std::fmt::Display for ServeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Listen(address, cause) => write!(f, "cannot listen on {address}: {cause}"),
            Self::Store(error) => write!(f, "the database failed: {}", error.cause()),
            Self::Token(cause) => write!(f, "cannot make a token: {cause}"),
            Self::Manifest(path, cause) => {
                write!(f, "TRUSTED_DOCUMENTS ({}): {cause}", path.display())
            }
        }
    }
}

impl std::error::Error for ServeError {}

impl From<StoreError> for ServeError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    token: Option<String>,
    watch: Watch,
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
    store: Store,
    config: Config,
}

impl Server {
    /// Brings the tables up to date, connects, listens. When this returns, requests are answered.
    ///
    /// # Errors
    /// When the database cannot be reached or the address cannot be listened on.
    pub async fn start(config: Config) -> Result<Self, ServeError> {
        // The address comes first: one that is taken should not cost a migration.
        let listen = config.address();
        let listener = TcpListener::bind(listen)
            .await
            .map_err(|cause| ServeError::Listen(listen, cause))?;
        let address = listener
            .local_addr()
            .map_err(|cause| ServeError::Listen(listen, cause))?;
        if config.migrate_on_start {
            for name in store::migrate_up(&config.database).await? {
                tracing::info!(name, "applied a migration");
            }
        }
        let store = Store::connect(&config.database, config.request_timeout).await?;
        let token = developer_token(&config)?;
        let mut verifier = Verifier::new(&config.identity);
        verifier.keep_keys(clock::now).await;
        let schema = Schema::new(store.clone(), schema_settings(&config));
        let documents = match &config.trusted_documents {
            Some(manifest) => Documents::trusted(manifest, &schema)
                .await
                .map_err(|cause| ServeError::Manifest(manifest.clone(), cause.into()))?,
            None => Documents::bounded(config.document_cache),
        };
        let routes = Routes::new(
            Service {
                schema,
                documents,
                verifier: Arc::new(verifier),
                introspection: config.introspection,
                body_limit: config.body_limit,
                deadline: config.request_timeout,
                batch_limit: config.batch_limit,
                origins: config.origins.clone(),
            },
            store.clone(),
            config.playground.then(|| Playground {
                token: token.clone(),
            }),
        );
        let (stop, stopped) = watch::channel(false);
        let serve = http::serve(listener, routes, config.max_connections, stopped);
        let running = tokio::spawn(serve);
        let watch = store.watch().clone();
        Ok(Self {
            address,
            token,
            watch,
            stop,
            running,
            store,
            config,
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// How many SQL statements it has executed.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.watch.statements()
    }

    /// Sees the statements that it executes.
    #[must_use]
    pub const fn watch(&self) -> &Watch {
        &self.watch
    }

    /// Takes no more requests, finishes those that run, and closes the database. What takes longer
    /// than the configured time is cut off.
    pub async fn shutdown(self) {
        // An error means that nothing runs any more.
        let _ = self.stop.send(true);
        let aborted = self.running.abort_handle();
        match tokio::time::timeout(self.config.shutdown_timeout, self.running).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => tracing::error!("the accept loop ended without a result"),
            Err(_) => {
                tracing::warn!("requests still ran when the time to stop was over");
                aborted.abort();
            }
        }
        self.store.close().await;
    }

    /// Tells the person at the terminal where everything is.
    fn announce(&self, out: &mut impl Write) -> io::Result<()> {
        let address = self.address;
        if self.config.playground {
            writeln!(out, "Playground  http://{address}/")?;
        }
        writeln!(out, "Endpoint    http://{address}/graphql")?;
        writeln!(out, "Database    {}", self.config.database_display())?;
        if let Some(token) = &self.token {
            writeln!(out, "Token       {token}")?;
            writeln!(
                out,
                "            (for the user `{DEVELOPER}`, for a day: send it as `Authorization: Bearer ...`)"
            )?;
        }
        writeln!(out, "Ready: Ctrl-C stops it.")?;
        out.flush()
    }
}

/// Serves until the process is told to stop (SIGTERM, SIGINT).
///
/// # Errors
/// When it does not start, or does not stop cleanly.
pub async fn serve(config: Config) -> Result<(), ServeError> {
    let server = Server::start(config).await?;
    // Somebody who closed our standard output does not want to know.
    let _ = server.announce(&mut io::stdout());
    tracing::info!(address = %server.local_addr(), "serving");
    asked_to_stop().await;
    tracing::info!("stopping");
    server.shutdown().await;
    Ok(())
}

/// How a server with this configuration treats requests.
#[must_use]
pub fn schema_settings(config: &Config) -> graphql::Settings {
    graphql::Settings {
        limits: config.limits,
        page: PageSizes {
            default: config.page_size_default,
            max: config.page_size_max,
        },
        suggestions: config.introspection != Introspection::Off,
    }
}

/// A token that works for a day, where the server made its secret itself.
fn developer_token(config: &Config) -> Result<Option<String>, ServeError> {
    if config.embedded.is_none() {
        return Ok(None);
    }
    let claims = serde_json::Map::new();
    identity::issue(
        &config.identity,
        DEVELOPER,
        DEVELOPER_SESSION,
        claims,
        clock::now(),
    )
    .map(Some)
    .map_err(ServeError::Token)
}

async fn asked_to_stop() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}
