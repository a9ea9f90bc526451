//! Reads which database, and how many connections to it.

use super::reader::{HOUR, MOMENT, Reader, SECOND, WEEK};
use crate::store::{DatabaseSettings, DatabaseUrl};

pub(super) fn read(reader: &mut Reader<'_>) -> Option<DatabaseSettings> {
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
    Some(DatabaseSettings {
        url,
        kind,
        max_connections: max_connections?,
        min_connections: min_connections?,
        acquire_timeout: acquire_timeout?,
        idle_timeout: idle_timeout?,
        max_lifetime: max_lifetime?,
    })
}
