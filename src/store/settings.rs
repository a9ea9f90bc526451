//! Which database, and how many connections to it.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Where the tasks are, and how many connections there may be.
#[derive(Clone, Debug)]
pub struct DatabaseSettings {
    /// The address (`DATABASE_URL`).
    pub url: DatabaseUrl,
    /// What the address leads to.
    pub kind: DatabaseKind,
    /// The most connections (`DATABASE_MAX_CONNECTIONS`, 8); with `SQLite`, of those that read.
    pub max_connections: u32,
    /// How many are kept open when idle (`DATABASE_MIN_CONNECTIONS`, 0). At most `max_connections`.
    /// This and the two below are for Postgres: connections to a file do not go stale.
    pub min_connections: u32,
    /// How long to wait for a free one (`DATABASE_ACQUIRE_TIMEOUT`, 5 s).
    pub acquire_timeout: Duration,
    /// How long one may be idle before it is closed (`DATABASE_IDLE_TIMEOUT`, 10 min).
    pub idle_timeout: Duration,
    /// How old one may become before it is replaced (`DATABASE_MAX_LIFETIME`, 30 min).
    pub max_lifetime: Duration,
}

/// The kinds of database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseKind {
    /// One file.
    Sqlite(SqliteFile),
    /// Postgres, or what speaks its protocol.
    Postgres,
}

/// The file of an `SQLite` database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteFile {
    /// Where it is.
    pub path: PathBuf,
    /// Whether it is made where it is missing (`mode=rwc`).
    pub make: bool,
}

/// A database's address, which may hold a password: what prints it, prints it without.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// An address, and what it leads to: `sqlite://<file>?mode=rwc` or
    /// `postgres://<user>:<password>@<host>/<database>`.
    #[must_use]
    pub fn parse(text: &str) -> Option<(Self, DatabaseKind)> {
        let kind = if let Some(rest) = text.strip_prefix("sqlite:") {
            DatabaseKind::Sqlite(SqliteFile::parse(rest)?)
        } else {
            let rest = text
                .strip_prefix("postgres://")
                .or_else(|| text.strip_prefix("postgresql://"))?;
            if rest.is_empty() {
                return None;
            }
            DatabaseKind::Postgres
        };
        Some((Self(text.to_owned()), kind))
    }

    /// The address as it was given, password and all: for connecting.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl SqliteFile {
    /// What stands behind `sqlite:`. Nothing where it is in memory: the tables would be forgotten with
    /// the connection that makes them.
    fn parse(rest: &str) -> Option<Self> {
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (file, mode) = rest.split_once('?').unwrap_or((rest, "mode=rw"));
        let make = match mode {
            "mode=rwc" => true,
            "mode=rw" => false,
            _ => return None,
        };
        let path = PathBuf::from(percent_decoded(file));
        let is_file = file != ":memory:" && path.file_name().is_some();
        // A database called `x.secret` would take the place of its own secret.
        let fits = is_file && path.extension().is_none_or(|end| end != "secret");
        fits.then_some(Self { path, make })
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
