//! The answers, written as GraphQL would write them.

#![allow(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes references to fields"
)]

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use serde::{Serialize, Serializer};
use uuid::Uuid;

#[derive(Serialize)]
pub(crate) struct Data<T> {
    pub(crate) data: T,
}

#[derive(Serialize)]
pub(crate) struct Tasks {
    pub(crate) tasks: Page,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page {
    pub(crate) nodes: Vec<Task>,
    pub(crate) page_info: PageInfo,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageInfo {
    pub(crate) has_next_page: bool,
}

#[derive(Serialize)]
pub(crate) struct One {
    pub(crate) task: Option<Task>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Changed {
    CreateTask { task: Task },
    ToggleTask { task: Option<Task> },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Task {
    #[serde(serialize_with = "id")]
    pub(crate) id: Uuid,
    pub(crate) title: String,
    pub(crate) description: Option<String>,
    pub(crate) completed: bool,
    #[serde(serialize_with = "optional_instant")]
    pub(crate) completed_at: Option<DateTime<Utc>>,
    #[serde(serialize_with = "priority")]
    pub(crate) priority: Option<i16>,
    #[serde(serialize_with = "day")]
    pub(crate) due_date: Option<NaiveDate>,
    #[serde(serialize_with = "instant")]
    pub(crate) created_at: DateTime<Utc>,
    #[serde(serialize_with = "instant")]
    pub(crate) updated_at: DateTime<Utc>,
    pub(crate) version: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tags: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subtasks: Option<Vec<Subtask>>,
}

#[derive(Serialize)]
pub(crate) struct Subtask {
    #[serde(serialize_with = "id")]
    pub(crate) id: Uuid,
    pub(crate) title: String,
    pub(crate) completed: bool,
}

fn priority<S: Serializer>(value: &Option<i16>, to: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(1) => to.serialize_str("LOW"),
        Some(2) => to.serialize_str("MEDIUM"),
        Some(3) => to.serialize_str("HIGH"),
        _ => to.serialize_none(),
    }
}

fn id<S: Serializer>(value: &Uuid, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(value.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
}

fn instant<S: Serializer>(value: &DateTime<Utc>, to: S) -> Result<S::Ok, S::Error> {
    let mut text = *b"0000-00-00T00:00:00.000Z";
    write_day(&mut text, value.date_naive());
    digits(&mut text[11..13], value.hour());
    digits(&mut text[14..16], value.minute());
    digits(&mut text[17..19], value.second());
    digits(&mut text[20..23], value.timestamp_subsec_millis());
    ascii(&text, to)
}

fn optional_instant<S: Serializer>(
    value: &Option<DateTime<Utc>>,
    to: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => instant(value, to),
        None => to.serialize_none(),
    }
}

fn day<S: Serializer>(value: &Option<NaiveDate>, to: S) -> Result<S::Ok, S::Error> {
    let Some(value) = value else {
        return to.serialize_none();
    };
    let mut text = *b"0000-00-00";
    write_day(&mut text, *value);
    ascii(&text, to)
}

fn write_day(text: &mut [u8], day: NaiveDate) {
    digits(&mut text[0..4], day.year_ce().1);
    digits(&mut text[5..7], day.month());
    digits(&mut text[8..10], day.day());
}

fn digits(text: &mut [u8], mut number: u32) {
    for digit in text.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
}

fn ascii<S: Serializer>(text: &[u8], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(std::str::from_utf8(text).map_err(serde::ser::Error::custom)?)
}
