//! The settings: environment and `.env` in, [`Config`] out, or every mistake at once.
//!
//! `.env.example` says what each is for. To add one: a line in [`SETTINGS`], a line there, a field in
//! [`Config`], and its reading in [`Config::from_vars`].

use std::cell::Cell;
use std::collections::HashMap;
use std::env;
use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;
use tracing_subscriber::EnvFilter;

use crate::identity::{self, Secret};

/// Every variable that is read, with its default. Empty: none.
pub const SETTINGS: [(&str, &str); 20] = [
    ("HOST", "127.0.0.1"),
    ("PORT", "8000"),
    ("REQUEST_TIMEOUT", "10s"),
    ("SHUTDOWN_TIMEOUT", "20s"),
    ("BODY_LIMIT", "262144"),
    ("DATABASE_URL", "sqlite://docket.db?mode=rwc"),
    ("DATABASE_MAX_CONNECTIONS", "8"),
    ("DATABASE_MIN_CONNECTIONS", "0"),
    ("DATABASE_ACQUIRE_TIMEOUT", "5s"),
    ("DATABASE_IDLE_TIMEOUT", "10m"),
    ("DATABASE_MAX_LIFETIME", "30m"),
    ("MIGRATE_ON_START", "true"),
    ("JWT_SECRET", ""),
    ("JWT_ISSUER", ""),
    ("JWT_AUDIENCE", ""),
    ("PLAYGROUND", "true"),
    ("INTROSPECTION", "public"),
    ("PAGE_SIZE_DEFAULT", "100"),
    ("PAGE_SIZE_MAX", "500"),
    ("RUST_LOG", "docket=info,sqlx::query=off,warn"),
];

/// The end of a range of durations, and how it is written.
type Bound = (Duration, &'static str);

const MOMENT: Bound = (Duration::from_millis(100), "100ms");
const SECOND: Bound = (Duration::from_secs(1), "1s");
const HOUR: Bound = (Duration::from_hours(1), "1h");
const WEEK: Bound = (Duration::from_hours(7 * 24), "7d");

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
    /// How many items a page has when the client does not say (`PAGE_SIZE_DEFAULT`, 100). At most
    /// `page_size_max`.
    pub page_size_default: u32,
    /// The most items of a page (`PAGE_SIZE_MAX`, 500).
    pub page_size_max: u32,
    /// What is logged (`RUST_LOG`), known to parse.
    pub log_filter: String,
}

/// The embedded start: no `JWT_SECRET`, `JWT_ISSUER` or `JWT_AUDIENCE`, a loopback `HOST`, and `SQLite`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Embedded {
    /// The file with the secret, beside the database: `docket.secret` for `docket.db`. `None` for a
    /// database in memory, whose secret ends with the process too.
    pub secret_file: Option<PathBuf>,
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

/// Where the tasks are, and how many connections there may be.
#[derive(Clone, Debug)]
pub struct DatabaseSettings {
    /// The address (`DATABASE_URL`).
    pub url: DatabaseUrl,
    /// What the address leads to.
    pub kind: DatabaseKind,
    /// The most connections (`DATABASE_MAX_CONNECTIONS`, 8); with `SQLite`, the number of readers.
    pub max_connections: u32,
    /// How many are kept open when idle (`DATABASE_MIN_CONNECTIONS`, 0). At most `max_connections`.
    pub min_connections: u32,
    /// How long to wait for a free one (`DATABASE_ACQUIRE_TIMEOUT`, 5 s).
    pub acquire_timeout: Duration,
    /// How long one may be idle before it is closed (`DATABASE_IDLE_TIMEOUT`, 10 min).
    pub idle_timeout: Duration,
    /// How old one may become before it is replaced (`DATABASE_MAX_LIFETIME`, 30 min).
    pub max_lifetime: Duration,
}

/// The kinds of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseKind {
    /// One file, or memory.
    Sqlite,
    /// Postgres, or what speaks its protocol.
    Postgres,
}

/// A database's address, which may hold a password: what prints it, prints it without.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

/// The mistakes in the settings, all of them. No value is repeated, since any may be a secret.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{}", .mistakes.join("\n"))]
pub struct ConfigError {
    mistakes: Vec<String>,
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
        let database = DatabaseSettings::read(&mut reader);
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
        let (page_size_default, page_size_max) = page_sizes(&mut reader);
        let log_filter = log_filter_of(&mut reader);
        let access = Access::read(&mut reader, host, database.as_ref());

        // Only now, so that a start that fails for another reason leaves no file behind.
        let identity = match access {
            Some(access) if reader.mistakes.is_empty() => access.settle(&mut reader),
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
                database: database?,
                migrate_on_start: migrate_on_start?,
                identity,
                embedded,
                playground: playground?,
                introspection: introspection?,
                page_size_default: page_size_default?,
                page_size_max: page_size_max?,
                log_filter: log_filter?,
            })
        };
        config().ok_or(reader.into_error())
    }

    /// What is logged: `RUST_LOG`, for a command that needs nothing else of a `Config`.
    ///
    /// # Errors
    ///
    /// When it does not parse.
    pub fn log_filter_from_vars(vars: &HashMap<String, String>) -> Result<String, ConfigError> {
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

impl DatabaseSettings {
    /// Only the `DATABASE_*` variables: what a migration needs, which has no use for a secret.
    ///
    /// # Errors
    ///
    /// Every mistake that is found in them.
    pub fn from_vars(vars: &HashMap<String, String>) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(vars);
        Self::read(&mut reader).ok_or(reader.into_error())
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let url = reader.read(
            "DATABASE_URL",
            "`sqlite://<file>?mode=rwc` or `postgres://<user>:<password>@<host>/<database>`",
            DatabaseUrl::parse,
        );
        let max_connections = reader.number("DATABASE_MAX_CONNECTIONS", 1..=1000);
        let most = max_connections.unwrap_or(1000);
        let min_connections = reader.number("DATABASE_MIN_CONNECTIONS", 0..=most);
        let acquire_timeout = reader.duration("DATABASE_ACQUIRE_TIMEOUT", MOMENT, HOUR);
        let idle_timeout = reader.duration("DATABASE_IDLE_TIMEOUT", SECOND, WEEK);
        let max_lifetime = reader.duration("DATABASE_MAX_LIFETIME", SECOND, WEEK);
        let (url, kind) = url?;
        Some(Self {
            url,
            kind,
            max_connections: max_connections?,
            min_connections: min_connections?,
            acquire_timeout: acquire_timeout?,
            idle_timeout: idle_timeout?,
            max_lifetime: max_lifetime?,
        })
    }
}

impl DatabaseUrl {
    fn parse(text: &str) -> Option<(Self, DatabaseKind)> {
        let url = Self(text.to_owned());
        let kind = if text.starts_with("sqlite:") {
            DatabaseKind::Sqlite
        } else if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            DatabaseKind::Postgres
        } else {
            return None;
        };
        let named = match kind {
            // A database called `x.secret` would take the place of its own secret.
            DatabaseKind::Sqlite => url.sqlite_file().is_none_or(|file| {
                file.file_name().is_some() && file.extension().is_none_or(|end| end != "secret")
            }),
            DatabaseKind::Postgres => !text.ends_with("://"),
        };
        named.then_some((url, kind))
    }

    /// The address as it was given, password and all: for connecting.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The file of an `SQLite` database, `None` for one in memory.
    fn sqlite_file(&self) -> Option<PathBuf> {
        let rest = self.0.strip_prefix("sqlite:")?;
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (file, query) = rest.split_once('?').unwrap_or((rest, ""));
        if file == ":memory:" || query.split('&').any(|pair| pair == "mode=memory") {
            return None;
        }
        Some(PathBuf::from(percent_decoded(file)))
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((scheme, rest)) = self.0.split_once("://").filter(|(s, _)| *s != "sqlite") else {
            return f.write_str(&self.0);
        };
        write!(f, "{scheme}://")?;
        // A password with an unescaped `/`, `?` or `@` must not come through, even if the address
        // then makes no sense to the driver: all up to the last `@` is taken for user and password.
        let (user, rest) = match rest.rsplit_once('@') {
            Some((user, rest)) => (Some(user), rest),
            None => (None, rest),
        };
        if let Some(user) = user {
            let (user, _) = user.split_once(':').unwrap_or((user, ""));
            write!(f, "{user}:***@")?;
        }
        // The query can hold a password as well.
        let (rest, _) = rest.split_once('?').unwrap_or((rest, ""));
        let (host, database) = rest.split_once('/').unwrap_or((rest, ""));
        // `user:password` without an `@` reads as host and port.
        match host.rsplit_once(':') {
            Some((name, port)) if !name.ends_with(']') && port.parse::<u16>().is_err() => {
                write!(f, "{name}:***")?;
            }
            _ => f.write_str(host)?,
        }
        write!(f, "/{database}")
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

impl ConfigError {
    /// The mistakes, one sentence each, which begins with the variable's name.
    #[must_use]
    pub fn mistakes(&self) -> &[String] {
        &self.mistakes
    }
}

fn log_filter_of(reader: &mut Reader<'_>) -> Option<String> {
    let takes = "log filters, like `info` or `docket=debug,warn`";
    reader.read("RUST_LOG", takes, |text| {
        EnvFilter::try_new(text).ok().map(|_| text.to_owned())
    })
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

/// Which tokens are accepted, before a file is touched.
struct Access {
    source: SecretSource,
    issuer: Option<String>,
    audience: Option<String>,
}

enum SecretSource {
    Given(Secret),
    Embedded(Option<PathBuf>),
}

impl Access {
    /// A server that anyone but this machine's users can reach, or whose tokens come from elsewhere,
    /// must be told the secret.
    fn read(
        reader: &mut Reader<'_>,
        host: Option<IpAddr>,
        database: Option<&DatabaseSettings>,
    ) -> Option<Self> {
        let issuer = reader.name("JWT_ISSUER");
        let audience = reader.name("JWT_AUDIENCE");

        let secret = reader.set("JWT_SECRET").map(Secret::new);
        let source = match secret {
            Some(Ok(secret)) => SecretSource::Given(secret),
            Some(Err(error)) => {
                reader.mistake("JWT_SECRET", &error.to_string());
                return None;
            }
            None => {
                let reasons: Vec<_> = [
                    (
                        host.is_some_and(|host| !host.to_canonical().is_loopback()),
                        "HOST is not a loopback address",
                    ),
                    (
                        database.is_some_and(|it| it.kind == DatabaseKind::Postgres),
                        "DATABASE_URL is a Postgres",
                    ),
                    (reader.set("JWT_ISSUER").is_some(), "JWT_ISSUER is set"),
                    (reader.set("JWT_AUDIENCE").is_some(), "JWT_AUDIENCE is set"),
                ]
                .into_iter()
                .filter_map(|(applies, reason)| applies.then_some(reason))
                .collect();
                if !reasons.is_empty() {
                    let needed = format!(
                        "is required because {}: it takes the secret, at least 32 bytes, that is \
                         shared with whoever issues the tokens",
                        reasons.join(" and ")
                    );
                    reader.mistake("JWT_SECRET", &needed);
                    return None;
                }
                let file = database?.url.sqlite_file();
                SecretSource::Embedded(file.map(|file| file.with_extension("secret")))
            }
        };
        Some(Self {
            source,
            issuer,
            audience,
        })
    }

    fn settle(self, reader: &mut Reader<'_>) -> Option<(identity::Settings, Option<Embedded>)> {
        let (secret, embedded) = match self.source {
            SecretSource::Given(secret) => (Ok(secret), None),
            SecretSource::Embedded(secret_file) => (
                secret_file
                    .as_deref()
                    .map_or_else(Secret::random, Secret::kept_in),
                Some(Embedded { secret_file }),
            ),
        };
        match secret {
            Ok(secret) => {
                let settings = identity::Settings {
                    secret,
                    issuer: self.issuer,
                    audience: self.audience,
                };
                Some((settings, embedded))
            }
            Err(error) => {
                reader.mistake("JWT_SECRET", &format!("is not set, and {error}"));
                None
            }
        }
    }
}

/// Reads variables and gathers what is wrong with them.
struct Reader<'a> {
    vars: &'a HashMap<String, String>,
    mistakes: Vec<String>,
}

impl<'a> Reader<'a> {
    fn new(vars: &'a HashMap<String, String>) -> Self {
        Self {
            vars,
            mistakes: Vec::new(),
        }
    }

    fn into_error(self) -> ConfigError {
        ConfigError {
            mistakes: self.mistakes,
        }
    }

    fn mistake(&mut self, name: &str, sentence: &str) {
        self.mistakes.push(format!("{name} {sentence}."));
    }

    /// The value that was set.
    fn set(&self, name: &str) -> Option<&'a str> {
        self.vars
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The value that was set, or the default, as `parse` takes it.
    fn read<T>(
        &mut self,
        name: &str,
        takes: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let default = SETTINGS.iter().find(|(known, _)| *known == name);
        let text = self.set(name).or(default.map(|(_, default)| *default));
        let value = parse(text.unwrap_or_default());
        if value.is_none() {
            self.mistake(name, &format!("takes {takes}"));
        }
        value
    }

    fn parsed<T: FromStr>(&mut self, name: &str, takes: &str) -> Option<T> {
        self.read(name, takes, |text| text.parse().ok())
    }

    fn number<T>(&mut self, name: &str, range: RangeInclusive<T>) -> Option<T>
    where
        T: FromStr + PartialOrd + fmt::Display,
    {
        let takes = format!("a whole number from {} to {}", range.start(), range.end());
        self.read(name, &takes, |text| {
            text.parse().ok().filter(|value| range.contains(value))
        })
    }

    fn duration(&mut self, name: &str, least: Bound, most: Bound) -> Option<Duration> {
        let takes = format!(
            "a duration like `10s`, `5m` or `1h`, from {} to {}",
            least.1, most.1
        );
        self.read(name, &takes, |text| {
            let range = least.0..=most.0;
            parse_duration(text)
                .ok()
                .filter(|value| range.contains(value))
        })
    }

    fn boolean(&mut self, name: &str) -> Option<bool> {
        self.parsed(name, "`true` or `false`")
    }

    /// What a token's `iss` or `aud` may be; `None` when unset.
    fn name(&mut self, name: &str) -> Option<String> {
        let text = self.set(name)?;
        if !identity::is_name(text) {
            self.mistake(
                name,
                "takes 1 to 255 characters, none of them a control character",
            );
        }
        Some(text.to_owned())
    }
}

/// Not a duration.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("a duration is a whole number and a unit, like `500ms`, `10s`, `5m`, `1h` or `1d`")]
pub struct DurationError;

/// Reads a whole number and its unit: `ms`, `s`, `m`, `h` or `d`.
///
/// # Errors
///
/// For anything else, and for what no `Duration` can hold.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits).ok_or(DurationError)?;
    let number: u64 = number.parse().map_err(|_| DurationError)?;
    let seconds = match unit {
        "ms" => return Ok(Duration::from_millis(number)),
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return Err(DurationError),
    };
    let seconds = number.checked_mul(seconds).ok_or(DurationError)?;
    Ok(Duration::from_secs(seconds))
}

/// `%41` is `A`, as the driver reads a path. What is not well formed stays as it is.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escape = after.first_chunk::<2>().filter(|_| first == b'%');
        let byte = escape
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// The variables of [`SETTINGS`] that are set, in the environment or else in the `.env` of the current
/// folder. A variable that is empty in the environment hides the one in `.env`.
///
/// # Errors
///
/// When `.env` cannot be read, which names the line and shows nothing of it, or when a variable is not
/// Unicode.
pub fn environment() -> Result<HashMap<String, String>, ConfigError> {
    let mut vars = match fs::read_to_string(Path::new(".env")) {
        Ok(content) => parse_dotenv(&content).map_err(|mistake| ConfigError {
            mistakes: vec![mistake],
        })?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => HashMap::new(),
        Err(error) => {
            let mistake = format!("The file .env cannot be read: {error}.");
            return Err(ConfigError {
                mistakes: vec![mistake],
            });
        }
    };
    let mut mistakes = Vec::new();
    for (name, _) in SETTINGS {
        match env::var(name) {
            Ok(value) => {
                vars.insert(name.to_owned(), value);
            }
            Err(env::VarError::NotPresent) => {}
            Err(env::VarError::NotUnicode(_)) => mistakes.push(format!("{name} is not Unicode.")),
        }
    }
    if mistakes.is_empty() {
        Ok(vars)
    } else {
        Err(ConfigError { mistakes })
    }
}

fn parse_dotenv(content: &str) -> Result<HashMap<String, String>, String> {
    // Without a last line break, dotenvy takes a space at the end for a malformed line.
    let content = format!("{}\n", content.trim_start_matches('\u{feff}'));
    let read = Rc::new(Cell::new(0));
    let lines = Lines {
        rest: content.as_bytes(),
        read: Rc::clone(&read),
    };
    let mut vars = HashMap::new();
    for entry in dotenvy::from_read_iter(lines) {
        match entry {
            // The first of two wins, as with dotenvy's own loading.
            Ok((name, value)) => {
                vars.entry(name).or_insert(value);
            }
            Err(error) => {
                // The error holds the text of the entry, which may be a secret: only its length in
                // lines is used, to say where it begins.
                let entry_lines = match &error {
                    dotenvy::Error::LineParse(entry, _) => entry.lines().count().max(1),
                    _ => 1,
                };
                let line = (read.get() + 1).saturating_sub(entry_lines).max(1);
                return Err(format!(
                    "The file .env is malformed at line {line}: a line is `NAME=value`, a value with \
                     spaces, `$` or `#` stands in single quotes."
                ));
            }
        }
    }
    Ok(vars)
}

/// Hands out one line at a time and counts them, since dotenvy does not say where it is.
struct Lines<'a> {
    rest: &'a [u8],
    read: Rc<Cell<usize>>,
}

impl Read for Lines<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = self.rest.iter().position(|byte| *byte == b'\n');
        let line = end.map_or(self.rest.len(), |end| end + 1);
        let count = (&self.rest[..line]).read(buffer)?;
        if count > 0 && count == line {
            self.read.set(self.read.get() + 1);
        }
        self.rest = &self.rest[count..];
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "a-secret-of-more-than-32-bytes-for-tests";

    /// In memory, so that no file is made.
    fn vars(changes: &[(&str, &str)]) -> HashMap<String, String> {
        let mut vars = HashMap::from([("DATABASE_URL".to_owned(), "sqlite::memory:".to_owned())]);
        for (name, value) in changes {
            vars.insert((*name).to_owned(), (*value).to_owned());
        }
        vars
    }

    fn config(changes: &[(&str, &str)]) -> Config {
        Config::from_vars(&vars(changes)).unwrap()
    }

    fn mistakes(changes: &[(&str, &str)]) -> Vec<String> {
        match Config::from_vars(&vars(changes)) {
            Ok(_) => Vec::new(),
            Err(error) => error.mistakes,
        }
    }

    #[test]
    fn nothing_set_is_the_defaults() {
        let config = config(&[("PORT", ""), ("JWT_SECRET", ""), ("JWT_ISSUER", "")]);
        assert_eq!(config.address().to_string(), "127.0.0.1:8000");
        assert_eq!(config.request_timeout, Duration::from_secs(10));
        assert_eq!(config.body_limit, 256 * 1024);
        assert_eq!(config.database.max_connections, 8);
        assert_eq!(config.database.max_lifetime, Duration::from_mins(30));
        assert_eq!(config.introspection, Introspection::Public);
        assert_eq!((config.page_size_default, config.page_size_max), (100, 500));
        assert!(config.playground && config.migrate_on_start);
        assert_eq!(config.embedded, Some(Embedded { secret_file: None }));
    }

    #[test]
    fn every_default_is_taken() {
        // With a secret no file is made, whatever the database.
        let defaults: HashMap<_, _> = SETTINGS
            .iter()
            .map(|(name, default)| ((*name).to_owned(), (*default).to_owned()))
            .chain([("JWT_SECRET".to_owned(), SECRET.to_owned())])
            .collect();
        let config = Config::from_vars(&defaults).unwrap();
        assert_eq!(config.database_display(), "sqlite://docket.db?mode=rwc");
    }

    #[test]
    fn every_mistake_is_named_at_once_and_no_value_shown() {
        let wrong: Vec<_> = SETTINGS
            .iter()
            .map(|(name, _)| match *name {
                "RUST_LOG" => (*name, "hunter2=loud"),
                "JWT_ISSUER" | "JWT_AUDIENCE" => (*name, "hunter2\n"),
                _ => (*name, "hunter2"),
            })
            .collect();
        let mistakes = mistakes(&wrong);
        for (name, _) in SETTINGS {
            let of_it = mistakes
                .iter()
                .filter(|it| it.starts_with(&format!("{name} ")));
            assert_eq!(of_it.count(), 1, "{name}: {mistakes:#?}");
        }
        assert_eq!(mistakes.len(), SETTINGS.len());
        assert!(!mistakes.join("\n").contains("hunter2"), "{mistakes:#?}");
    }

    #[test]
    fn limits_are_kept() {
        for (name, value) in [
            ("HOST", "localhost"),
            ("PORT", "65536"),
            ("PORT", "-1"),
            ("DATABASE_URL", "mysql://localhost/docket"),
            ("DATABASE_URL", "sqlite://"),
            ("DATABASE_URL", "sqlite://docket.secret"),
            ("DATABASE_URL", "postgres://"),
            ("DATABASE_MAX_CONNECTIONS", "0"),
            ("DATABASE_MAX_CONNECTIONS", "1001"),
            ("DATABASE_MIN_CONNECTIONS", "9"),
            ("REQUEST_TIMEOUT", "0s"),
            ("REQUEST_TIMEOUT", "10"),
            ("BODY_LIMIT", "0"),
            ("PAGE_SIZE_DEFAULT", "501"),
            ("PAGE_SIZE_MAX", "0"),
            ("PLAYGROUND", "yes"),
            ("RUST_LOG", "docket=loud"),
            ("JWT_SECRET", "0123456789012345678901234567890"),
        ] {
            let mistakes = mistakes(&[(name, value)]);
            assert_eq!(mistakes.len(), 1, "{name}={value}: {mistakes:?}");
            assert!(mistakes[0].starts_with(name), "{mistakes:?}");
        }
        assert_eq!(config(&[("PAGE_SIZE_MAX", "50")]).page_size_default, 50);
    }

    #[test]
    fn the_embedded_start_is_for_this_machine_alone() {
        for embedded in [
            &[][..],
            &[("HOST", "::1")],
            &[("HOST", "127.8.8.8")],
            &[("HOST", "::ffff:127.0.0.1")],
            &[("DATABASE_URL", "sqlite://x.db?mode=memory")],
        ] {
            assert!(config(embedded).embedded.is_some(), "{embedded:?}");
        }
        for (name, value) in [
            ("HOST", "0.0.0.0"),
            ("HOST", "::"),
            ("HOST", "192.168.1.2"),
            ("DATABASE_URL", "postgres://localhost/docket"),
            ("DATABASE_URL", "postgresql://localhost/docket"),
            ("JWT_ISSUER", "https://id.example"),
            ("JWT_AUDIENCE", "docket"),
        ] {
            let mistakes = mistakes(&[(name, value)]);
            assert_eq!(mistakes.len(), 1, "{mistakes:?}");
            assert!(mistakes[0].starts_with("JWT_SECRET is required because"));
            assert!(mistakes[0].contains(name), "{mistakes:?}");
            let config = config(&[(name, value), ("JWT_SECRET", SECRET)]);
            assert_eq!(config.embedded, None);
        }
        assert_eq!(config(&[("JWT_SECRET", SECRET)]).embedded, None);
    }

    #[test]
    fn the_embedded_secret_lies_beside_the_database() {
        let folder = env::temp_dir().join(format!("docket config {}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.display().to_string().replace(' ', "%20");
        let url = format!("sqlite://{path}/tasks.db?mode=rwc");

        assert!(Config::from_vars(&vars(&[("DATABASE_URL", &url), ("PORT", "x")])).is_err());
        assert_eq!(
            fs::read_dir(&folder).unwrap().count(),
            0,
            "no file on a mistake"
        );

        let config = config(&[("DATABASE_URL", &url)]);
        let file = folder.join("tasks.secret");
        let secret_file = Some(file.clone());
        assert_eq!(config.embedded, Some(Embedded { secret_file }));

        fs::write(&file, "short").unwrap();
        let mistakes = mistakes(&[("DATABASE_URL", &url)]);
        assert!(mistakes[0].contains("is damaged"), "{mistakes:?}");
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn passwords_are_not_printed() {
        for (url, shown) in [
            (
                "postgres://u:hunter2@h:5432/d?sslmode=require",
                "postgres://u:***@h:5432/d",
            ),
            ("postgres://u@h/d?password=hunter2", "postgres://u:***@h/d"),
            (
                "postgresql://u:hun@ter2/hunter2@h/d",
                "postgresql://u:***@h/d",
            ),
            ("postgres://u:hunter2?x@h/d", "postgres://u:***@h/d"),
            ("postgres://u:hunter2", "postgres://u:***/"),
            ("postgres://[::1]:5432/d", "postgres://[::1]:5432/d"),
            ("postgres://h/d", "postgres://h/d"),
        ] {
            let config = config(&[("DATABASE_URL", url), ("JWT_SECRET", SECRET)]);
            assert_eq!(config.database_display(), shown, "{url}");
            assert_eq!(config.database.url.expose(), url);
            let debug = format!("{config:?}");
            assert!(
                !debug.contains("hunter2") && !debug.contains(SECRET),
                "{debug}"
            );
        }
    }

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_duration("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(parse_duration("5m"), Ok(Duration::from_mins(5)));
        assert_eq!(parse_duration("1h"), Ok(Duration::from_hours(1)));
        assert_eq!(parse_duration("1d"), Ok(Duration::from_hours(24)));
        for text in [
            "",
            "s",
            "10",
            "1.5s",
            "-1s",
            "1 s",
            "1S",
            "1w",
            "é",
            "1é",
            "99999999999999999999s",
            "18446744073709551615d",
        ] {
            assert_eq!(parse_duration(text), Err(DurationError), "{text}");
        }
    }

    #[test]
    fn a_dotenv_is_read() {
        let vars = parse_dotenv("\u{feff}# all\nPORT=1 # one\nPORT=2\n\nRUST_LOG='a $b'").unwrap();
        assert_eq!(vars["PORT"], "1");
        assert_eq!(vars["RUST_LOG"], "a $b");
        assert_eq!(parse_dotenv("PORT=1 ").unwrap()["PORT"], "1");
    }

    #[test]
    fn a_malformed_dotenv_is_named_by_line_only() {
        for (content, line) in [
            ("hunter2", 1),
            ("PORT=1\n# x\n\nhunter2 hunter2\nHOST=::1\n", 4),
            ("PORT=1\nJWT_SECRET='hunter2\nHOST=::1\nA=b\n", 2),
            ("A='x\ny'\nB=hunter2 hunter2\n", 3),
        ] {
            let error = parse_dotenv(content).unwrap_err();
            assert!(
                error.contains(&format!("line {line}:")),
                "{content}: {error}"
            );
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn the_example_lists_every_setting_with_its_default() {
        let example = include_str!("../.env.example");
        let listed: Vec<_> = example
            .lines()
            .filter_map(|line| line.strip_prefix("# ")?.split_once('='))
            .filter(|(name, _)| name.bytes().all(|it| it.is_ascii_uppercase() || it == b'_'))
            .collect();
        assert_eq!(listed, SETTINGS);
        assert!(
            example
                .lines()
                .all(|line| line.is_empty() || line.starts_with('#')),
            "the example as it is changes nothing"
        );
    }
}
