//! Values as the bytes of JSON.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Timelike, Utc};
use uuid::Uuid;

use crate::task::Priority;

pub(super) fn or_null<T>(out: &mut Vec<u8>, value: Option<T>, write: impl Fn(&mut Vec<u8>, T)) {
    match value {
        Some(value) => write(out, value),
        None => out.extend_from_slice(b"null"),
    }
}

/// Any text, as JSON escapes it.
pub(super) fn text(out: &mut Vec<u8>, text: &str) {
    // Writing text to memory cannot fail.
    let _ = serde_json::to_writer(out, text);
}

/// Text that has nothing to escape.
pub(super) fn plain(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

pub(super) fn id(out: &mut Vec<u8>, id: Uuid) {
    plain(
        out,
        id.hyphenated().encode_lower(&mut Uuid::encode_buffer()),
    );
}

pub(super) fn boolean(out: &mut Vec<u8>, value: bool) {
    out.extend_from_slice(if value { b"true" } else { b"false" });
}

pub(super) fn integer(out: &mut Vec<u8>, value: i64) {
    // Writing a number to memory cannot fail.
    let _ = serde_json::to_writer(out, &value);
}

pub(super) fn priority(out: &mut Vec<u8>, priority: Priority) {
    plain(
        out,
        match priority {
            Priority::Low => "LOW",
            Priority::Medium => "MEDIUM",
            Priority::High => "HIGH",
        },
    );
}

pub(super) fn date(out: &mut Vec<u8>, date: NaiveDate) {
    out.push(b'"');
    day(out, date);
    out.push(b'"');
}

pub(super) fn time(out: &mut Vec<u8>, time: NaiveTime) {
    out.push(b'"');
    digits(out, time.hour(), 2);
    out.push(b':');
    digits(out, time.minute(), 2);
    if time.second() != 0 {
        out.push(b':');
        digits(out, time.second(), 2);
    }
    out.push(b'"');
}

/// RFC 3339, in UTC, to the millisecond.
pub(super) fn instant(out: &mut Vec<u8>, instant: DateTime<Utc>) {
    out.push(b'"');
    day(out, instant.date_naive());
    out.push(b'T');
    digits(out, instant.hour(), 2);
    out.push(b':');
    digits(out, instant.minute(), 2);
    out.push(b':');
    digits(out, instant.second(), 2);
    out.push(b'.');
    digits(out, instant.timestamp_subsec_millis(), 3);
    out.extend_from_slice(b"Z\"");
}

fn day(out: &mut Vec<u8>, date: NaiveDate) {
    // Days are of the years 1 to 9999.
    digits(out, date.year().unsigned_abs(), 4);
    out.push(b'-');
    digits(out, date.month(), 2);
    out.push(b'-');
    digits(out, date.day(), 2);
}

/// A number in so many decimal digits.
fn digits(out: &mut Vec<u8>, number: u32, count: u32) {
    for place in (0..count).rev() {
        let digit = number / 10_u32.pow(place) % 10;
        out.push(b'0' + u8::try_from(digit).unwrap_or_default());
    }
}
