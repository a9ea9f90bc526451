//! The one place that reads the clock. Everything else is told what time it is.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

/// Now, cut to the millisecond: the precision that both databases keep and clients are shown.
#[must_use]
pub fn now() -> DateTime<Utc> {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    let now = Utc::now();
    now.duration_trunc(TimeDelta::milliseconds(1))
        .unwrap_or(now)
}
