//! Logs: lines on standard error, for people and for whatever collects them.

use std::io::{self, IsTerminal};

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Starts the log: what `filter` lets through. Colours only on a terminal. Does nothing when a log runs
/// already, as in tests.
pub fn init(filter: Targets) {
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    let log = tracing_subscriber::registry().with(lines).with(filter);
    // An error says that somebody else has set up a log: it is theirs.
    let _ = log.try_init();
    // What a panic says can hold what a user wrote; where it was says enough.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "a part of the server panicked");
    }));
}
