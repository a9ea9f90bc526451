//! Durations as settings and the command line write them.

use std::time::Duration;

use thiserror::Error;

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
