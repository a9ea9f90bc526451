//! Tokens: whose are taken, and that none is forged.

mod better_auth;
mod configuration;
mod forged;
mod key_server;
mod key_sets;
mod proper;
mod served;
mod shapes;
mod signer;

use chrono::{DateTime, Utc};

/// The time in these tests, in seconds since 1970.
const NOW: i64 = 1_800_000_000;

fn now() -> DateTime<Utc> {
    later(0)
}

fn later(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(NOW + seconds, 0).unwrap()
}
