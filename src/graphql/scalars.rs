//! Days, times and instants, as clients write and read them.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, Timelike, Utc};

/// A calendar day without a time zone, from year 1 to 9999: `2026-11-21`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Date(pub(super) NaiveDate);

/// A calendar day without a time zone, from year 1 to 9999: `2026-11-21`.
#[Scalar(
    name = "Date",
    specified_by_url = "https://scalars.graphql.org/andimarek/local-date.html"
)]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => parse_date(text).map(Self).ok_or_else(|| {
                InputValueError::custom("A date is a day of the calendar written as 2026-11-21.")
            }),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(text) if parse_date(text).is_some())
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.format("%Y-%m-%d").to_string())
    }
}

fn parse_date(text: &str) -> Option<NaiveDate> {
    let shape = |pattern: &str| matches_digits(text, pattern);
    // The parser alone would take signs, spaces and years of any length.
    (shape("####-##-##") && !text.starts_with("0000"))
        .then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok())?
}

/// A wall-clock time without a time zone: `17:30` or `17:30:00`. Seconds are shown where there are
/// any.
#[derive(Clone, Copy, Debug)]
pub(super) struct LocalTime(pub(super) NaiveTime);

/// A wall-clock time without a time zone: `17:30` or `17:30:00`. Seconds are shown where there are
/// any.
#[Scalar(name = "LocalTime")]
impl ScalarType for LocalTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => parse_time(text).map(Self).ok_or_else(|| {
                InputValueError::custom("A time is a time of the day written as 17:30 or 17:30:00.")
            }),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(text) if parse_time(text).is_some())
    }

    fn to_value(&self) -> Value {
        let format = if self.0.second() == 0 {
            "%H:%M"
        } else {
            "%H:%M:%S"
        };
        Value::String(self.0.format(format).to_string())
    }
}

fn parse_time(text: &str) -> Option<NaiveTime> {
    let number = |from: usize| text.get(from..from + 2)?.parse().ok();
    let seconds = match text {
        _ if matches_digits(text, "##:##") => 0,
        _ if matches_digits(text, "##:##:##") => number(6)?,
        _ => return None,
    };
    NaiveTime::from_hms_opt(number(0)?, number(3)?, seconds)
}

/// Whether a text has this shape, in which `#` stands for an ASCII digit.
fn matches_digits(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text
            .bytes()
            .zip(pattern.bytes())
            .all(|(byte, wanted)| match wanted {
                b'#' => byte.is_ascii_digit(),
                _ => byte == wanted,
            })
}

/// An instant as RFC 3339 writes it, in UTC, to the millisecond: `2026-11-21T08:15:30.123Z`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instant(pub(super) DateTime<Utc>);

/// An instant as RFC 3339 writes it, in UTC, to the millisecond: `2026-11-21T08:15:30.123Z`.
#[Scalar(
    name = "DateTime",
    specified_by_url = "https://scalars.graphql.org/andimarek/date-time.html"
)]
impl ScalarType for Instant {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => DateTime::parse_from_rfc3339(text)
                .map(|instant| Self(instant.to_utc()))
                .map_err(|_| {
                    InputValueError::custom("An instant is written as 2026-11-21T08:15:30.123Z.")
                }),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(text) if DateTime::parse_from_rfc3339(text).is_ok())
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

#[cfg(test)]
mod tests {
    use super::{parse_date, parse_time};

    #[test]
    fn only_days_of_the_calendar_are_dates() {
        assert!(parse_date("2024-02-29").is_some());
        for bad in [
            "2026-02-29",
            "2026-13-01",
            "0000-01-01",
            "+2026-01-01",
            "2026-1-1",
            "2026-01-01 ",
            "20260101",
            "2026-01-01T00:00:00Z",
            "٢٠٢٦-٠١-٠١",
            "",
        ] {
            assert!(parse_date(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn only_times_of_the_day_are_times() {
        assert_eq!(parse_time("17:30"), parse_time("17:30:00"));
        assert!(parse_time("00:00:59").is_some());
        for bad in [
            "24:00",
            "17:60",
            "17:30:60",
            "7:30",
            "17:30Z",
            "17:30:00.5",
            "17",
            "",
        ] {
            assert!(parse_time(bad).is_none(), "{bad}");
        }
    }
}
