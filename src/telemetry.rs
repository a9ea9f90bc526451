//! Logs: lines on standard error, for people and for whatever collects them.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

/// Starts the log with `filter`, in the form of `RUST_LOG` (`docket=info,warn`). Colours only on a
/// terminal. Does nothing when a log runs already, as in tests.
///
/// A part of `filter` that does not parse is left out; [`Config`](crate::config::Config) lets none
/// through. Statements of the database are logged only when the filter names `sqlx::query`.
pub fn init(filter: &str) {
    // An error says that somebody else has set up a log: it is theirs.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::builder().parse_lossy(filter))
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .try_init();
    // What a panic says can hold what a user wrote; where it was says enough.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "a part of the server panicked");
    }));
}
