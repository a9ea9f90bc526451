//! The settings: environment and `.env` in, [`Config`] out, or every mistake at once.
//!
//! `.env.example` says what each is for. To add one: a line in [`SETTINGS`], a line there, a field in
//! [`Config`], and its reading in [`Config::from_vars`].

mod access;
mod database;
mod dotenv;
mod duration;
mod issuer;
mod issuers_file;
mod limits;
mod reader;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use tracing_subscriber::filter::Targets;

use crate::graphql;
use crate::http::{Introspection, Origin};
use crate::identity;
use crate::store::DatabaseSettings;

use access::Access;
use reader::{HOUR, MOMENT, Reader};

pub use access::Embedded;
pub use dotenv::environment;
pub use duration::{DurationError, parse_duration};
pub use reader::ConfigError;

/// Every variable that is read, with its default. Empty: none.
pub const SETTINGS: [(&str, &str); 45] = [
    ("HOST", "127.0.0.1"),
    ("PORT", "8000"),
    ("REQUEST_TIMEOUT", "10s"),
    ("SHUTDOWN_TIMEOUT", "20s"),
    ("BODY_LIMIT", "262144"),
    ("MAX_CONNECTIONS", "10000"),
    ("CORS_ORIGINS", ""),
    ("DATABASE_URL", "sqlite://docket.db?mode=rwc"),
    ("DATABASE_MAX_CONNECTIONS", "8"),
    ("DATABASE_MIN_CONNECTIONS", "0"),
    ("DATABASE_ACQUIRE_TIMEOUT", "5s"),
    ("DATABASE_IDLE_TIMEOUT", "10m"),
    ("DATABASE_MAX_LIFETIME", "30m"),
    ("MIGRATE_ON_START", "true"),
    ("JWT_SECRET", ""),
    ("JWT_PUBLIC_KEY_FILE", ""),
    ("JWT_JWKS_URL", ""),
    ("JWT_JWKS_FILE", ""),
    ("JWT_ALGORITHM", ""),
    ("JWT_ISSUER", ""),
    ("JWT_AUDIENCE", ""),
    ("JWT_AUTHORIZED_PARTIES", ""),
    ("JWT_AUDIENCE_OPTIONAL", "false"),
    ("JWT_SCOPE_CLAIM", ""),
    ("JWT_LEEWAY", "30s"),
    ("JWT_MAX_LIFETIME", "24h"),
    ("JWT_ISSUERS_FILE", ""),
    ("JWT_CA_FILE", ""),
    ("PLAYGROUND", "true"),
    ("INTROSPECTION", "public"),
    ("BATCH_LIMIT", "0"),
    ("TRUSTED_DOCUMENTS", ""),
    ("DOCUMENT_CACHE", "8388608"),
    ("LIMIT_TOKENS", "2000"),
    ("LIMIT_NESTING", "64"),
    ("LIMIT_DEPTH", "15"),
    ("LIMIT_ROOT_FIELDS", "20"),
    ("LIMIT_ALIASES", "30"),
    ("LIMIT_DIRECTIVES", "100"),
    ("LIMIT_SELECTIONS", "10000"),
    ("LIMIT_INTROSPECTION_DEPTH", "1"),
    ("LIMIT_COST", "100000"),
    ("PAGE_SIZE_DEFAULT", "100"),
    ("PAGE_SIZE_MAX", "500"),
    ("RUST_LOG", "docket=info,warn"),
];

/// What the server runs with.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address to listen on (`HOST`, 127.0.0.1).
    pub host: IpAddr,
    /// The port to listen on (`PORT`, 8000); 0 takes any that is free.
    pub port: u16,
    /// How long one request may take (`REQUEST_TIMEOUT`, 10 s).
    pub request_timeout: Duration,
    /// How long requests under way may take to end at shutdown (`SHUTDOWN_TIMEOUT`, 20 s).
    pub shutdown_timeout: Duration,
    /// The largest request body in bytes (`BODY_LIMIT`, 256 KiB).
    pub body_limit: usize,
    /// The most connections at a time (`MAX_CONNECTIONS`, 10,000).
    pub max_connections: usize,
    /// The origins whose pages may read answers (`CORS_ORIGINS`, none).
    pub origins: Vec<Origin>,
    /// Where the tasks are (`DATABASE_*`).
    pub database: DatabaseSettings,
    /// Whether the tables are brought up to date at the start (`MIGRATE_ON_START`, true).
    pub migrate_on_start: bool,
    /// Which tokens are accepted (`JWT_*`, or the secret of the embedded start).
    pub identity: identity::Settings,
    /// Set when the server is for this machine alone and signs its own tokens.
    pub embedded: Option<Embedded>,
    /// Whether a browser is shown the playground (`PLAYGROUND`, true).
    pub playground: bool,
    /// Who may read the schema (`INTROSPECTION`, public).
    pub introspection: Introspection,
    /// How many requests may come in one (`BATCH_LIMIT`, 0: no batches).
    pub batch_limit: usize,
    /// The manifest whose documents alone are served (`TRUSTED_DOCUMENTS`, none).
    pub trusted_documents: Option<PathBuf>,
    /// How many bytes of validated documents are kept (`DOCUMENT_CACHE`, 8 MiB).
    pub document_cache: u64,
    /// How much one document may ask for (`LIMIT_*`).
    pub limits: graphql::Limits,
    /// How many items a page has when the client does not say (`PAGE_SIZE_DEFAULT`, 100). At most
    /// `page_size_max`.
    pub page_size_default: u32,
    /// The most items of a page (`PAGE_SIZE_MAX`, 500).
    pub page_size_max: u32,
    /// What is logged (`RUST_LOG`).
    pub log_filter: Targets,
}

impl Config {
    /// Reads the environment and `.env`; see [`environment`] and [`Config::from_vars`].
    ///
    /// # Errors
    ///
    /// Every mistake that is found.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_vars(&environment()?)
    }

    /// Makes a `Config` of variables. An empty one counts as unset. At the embedded start the secret's
    /// file is read, or made when there is none; nothing is made when there is a mistake.
    ///
    /// # Errors
    ///
    /// Every mistake that is found.
    pub fn from_vars(vars: &HashMap<String, String>) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(vars);

        let host = reader.parsed::<IpAddr>("HOST", "an IP address, like 127.0.0.1 or ::1");
        let port = reader.parsed("PORT", "a port number from 0 to 65535");
        let request_timeout = reader.duration("REQUEST_TIMEOUT", MOMENT, HOUR);
        let shutdown_timeout = reader.duration("SHUTDOWN_TIMEOUT", MOMENT, HOUR);
        let body_limit = reader.number("BODY_LIMIT", 1024..=67_108_864);
        let max_connections = reader.number("MAX_CONNECTIONS", 1..=1_000_000);
        let origins = origins(&mut reader);
        let database = database::read(&mut reader);
        let migrate_on_start = reader.boolean("MIGRATE_ON_START");
        let playground = reader.boolean("PLAYGROUND");
        let introspection =
            reader.read(
                "INTROSPECTION",
                "`public`, `viewer` or `off`",
                |text| match text {
                    "public" => Some(Introspection::Public),
                    "viewer" => Some(Introspection::Viewer),
                    "off" => Some(Introspection::Off),
                    _ => None,
                },
            );
        let batch_limit = reader.number("BATCH_LIMIT", 0..=10);
        let trusted_documents = reader.read("TRUSTED_DOCUMENTS", "the path of a file", |text| {
            let path = PathBuf::from(text);
            match text {
                "" => Some(None),
                _ => path.is_file().then_some(Some(path)),
            }
        });
        let document_cache = reader.number("DOCUMENT_CACHE", 0..=1_073_741_824);
        let limits = limits::read(&mut reader);
        let (page_size_default, page_size_max) = page_sizes(&mut reader);
        let log_filter = log_filter_of(&mut reader);
        let access = Access::read(&mut reader, host, database.as_ref());

        // Only now, so that a start that fails for another reason leaves no file behind.
        let identity = match access {
            Some(access) if !reader.found_mistakes() => access.settle(&mut reader),
            _ => None,
        };

        // A value is missing only where there is a mistake.
        let config = || {
            let (identity, embedded) = identity?;
            Some(Self {
                host: host?,
                port: port?,
                request_timeout: request_timeout?,
                shutdown_timeout: shutdown_timeout?,
                body_limit: body_limit?,
                max_connections: max_connections?,
                origins: origins?,
                database: database?,
                migrate_on_start: migrate_on_start?,
                identity,
                embedded,
                playground: playground?,
                introspection: introspection?,
                batch_limit: batch_limit?,
                trusted_documents: trusted_documents?,
                document_cache: document_cache?,
                limits: limits?,
                page_size_default: page_size_default?,
                page_size_max: page_size_max?,
                log_filter: log_filter?,
            })
        };
        config().ok_or(reader.into_error())
    }

    /// Only the `DATABASE_*` variables: what a migration needs, which has no use for a secret.
    ///
    /// # Errors
    ///
    /// Every mistake that is found in them.
    pub fn database_from_vars(
        vars: &HashMap<String, String>,
    ) -> Result<DatabaseSettings, ConfigError> {
        let mut reader = Reader::new(vars);
        database::read(&mut reader).ok_or(reader.into_error())
    }

    /// What is logged: `RUST_LOG`, for a command that needs nothing else of a `Config`.
    ///
    /// # Errors
    ///
    /// When it does not parse.
    pub fn log_filter_from_vars(vars: &HashMap<String, String>) -> Result<Targets, ConfigError> {
        let mut reader = Reader::new(vars);
        log_filter_of(&mut reader).ok_or(reader.into_error())
    }

    /// Where to listen.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.port)
    }

    /// The database's address without password, for people.
    #[must_use]
    pub fn database_display(&self) -> String {
        self.database.url.to_string()
    }
}

fn origins(reader: &mut Reader<'_>) -> Option<Vec<Origin>> {
    let takes = "exact origins with a comma between them, like https://app.example.com,http://localhost:5173";
    reader.read("CORS_ORIGINS", takes, |text| {
        let all = text
            .split(',')
            .map(str::trim)
            .filter(|text| !text.is_empty());
        all.map(Origin::parse).collect()
    })
}

fn log_filter_of(reader: &mut Reader<'_>) -> Option<Targets> {
    let takes = "levels of logging, like `info` or `docket=debug,warn`";
    reader.read("RUST_LOG", takes, |text| text.parse().ok())
}

/// The default of `PAGE_SIZE_DEFAULT` gives way to a smaller `PAGE_SIZE_MAX`; a value that was set
/// does not.
fn page_sizes(reader: &mut Reader<'_>) -> (Option<u32>, Option<u32>) {
    let max = reader.number("PAGE_SIZE_MAX", 1..=1000);
    let most = max.unwrap_or(1000);
    let default = if reader.set("PAGE_SIZE_DEFAULT").is_some() {
        reader.number("PAGE_SIZE_DEFAULT", 1..=most)
    } else {
        let default = reader.number("PAGE_SIZE_DEFAULT", 1..=1000);
        default.map(|default: u32| default.min(most))
    };
    (default, max)
}
