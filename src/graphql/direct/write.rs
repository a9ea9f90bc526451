//! One pass over tasks, straight to the bytes of the answer.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Timelike, Utc};
use uuid::Uuid;

use super::plan::{EdgeField, Key, ListField, PageInfoField, PayloadField, Shape, TaskField};
use crate::task::{End, List, Page, Priority, Task, Window};

/// About what a task takes.
const TASK: usize = 256;

/// A page of a list, and how many tasks the whole list has where that is asked for.
pub(super) fn list(
    key: &Key,
    selection: &Shape<ListField>,
    (list, window): (&List, &Window),
    page: &Page,
    total: Option<i64>,
) -> Vec<u8> {
    let fingerprint = list.fingerprint();
    let cursor = |out: &mut Vec<u8>, task: Option<&Task>| match task {
        Some(task) => plain(out, list.cursor_in(fingerprint, task).as_str()),
        None => out.extend_from_slice(b"null"),
    };
    let mut out = begin(key, TASK * (page.tasks.len() + 1));
    object(&mut out, selection, |out, field| match field {
        ListField::TypeName => plain(out, "TaskConnection"),
        ListField::Nodes(shape) => array(out, &page.tasks, |out, one| task(out, shape, one)),
        ListField::Edges(shape) => array(out, &page.tasks, |out, one| {
            object(out, shape, |out, field| match field {
                EdgeField::TypeName => plain(out, "TaskEdge"),
                EdgeField::Cursor => cursor(out, Some(one)),
                EdgeField::Node(shape) => task(out, shape, one),
            });
        }),
        ListField::PageInfo(shape) => object(out, shape, |out, field| match field {
            PageInfoField::TypeName => plain(out, "PageInfo"),
            // On its far side a page that can be written here has nothing: see `Plan::run`.
            PageInfoField::HasNextPage => boolean(out, window.end == End::First && page.more),
            PageInfoField::HasPreviousPage => boolean(out, window.end == End::Last && page.more),
            PageInfoField::StartCursor => cursor(out, page.tasks.first()),
            PageInfoField::EndCursor => cursor(out, page.tasks.last()),
        }),
        ListField::TotalCount => integer(out, total.unwrap_or_default()),
    });
    end(out)
}

/// One task, or null.
pub(super) fn one(key: &Key, shape: &Shape<TaskField>, found: Option<&Task>) -> Vec<u8> {
    let mut out = begin(key, 2 * TASK);
    match found {
        Some(found) => task(&mut out, shape, found),
        None => out.extend_from_slice(b"null"),
    }
    end(out)
}

/// The answer to a mutation.
pub(super) fn changed(key: &Key, payload: &Shape<PayloadField>, changed: &Task) -> Vec<u8> {
    let mut out = begin(key, 2 * TASK);
    object(&mut out, payload, |out, field| match field {
        PayloadField::TypeName(name) => plain(out, name),
        PayloadField::Task(shape) => task(out, shape, changed),
        PayloadField::DeletedTaskId => id(out, changed.id),
    });
    end(out)
}

fn begin(key: &Key, capacity: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(capacity);
    out.extend_from_slice(b"{\"data\":{");
    out.extend_from_slice(&key.0);
    out
}

fn end(mut out: Vec<u8>) -> Vec<u8> {
    out.extend_from_slice(b"}}");
    out
}

fn task(out: &mut Vec<u8>, shape: &Shape<TaskField>, task: &Task) {
    object(out, shape, |out, field| match field {
        TaskField::TypeName => plain(out, "Task"),
        TaskField::Id => id(out, task.id),
        TaskField::Title => text(out, &task.title),
        TaskField::Description => or_null(out, task.description.as_deref(), text),
        TaskField::Completed => boolean(out, task.completed_at.is_some()),
        TaskField::CompletedAt => or_null(out, task.completed_at, instant),
        TaskField::Priority => or_null(out, task.priority, priority),
        TaskField::DueDate => or_null(out, task.due_date, date),
        TaskField::DueTime => or_null(out, task.due_time, time),
        TaskField::CreatedAt => instant(out, task.created_at),
        TaskField::UpdatedAt => instant(out, task.updated_at),
        TaskField::DeletedAt => or_null(out, task.deleted_at, instant),
        TaskField::Version => integer(out, task.version),
    });
}

fn object<F>(out: &mut Vec<u8>, shape: &Shape<F>, write: impl Fn(&mut Vec<u8>, &F)) {
    out.push(b'{');
    for (index, (key, field)) in shape.0.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(&key.0);
        write(out, field);
    }
    out.push(b'}');
}

fn array<T>(out: &mut Vec<u8>, items: &[T], write: impl Fn(&mut Vec<u8>, &T)) {
    out.push(b'[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}

fn or_null<T>(out: &mut Vec<u8>, value: Option<T>, write: impl Fn(&mut Vec<u8>, T)) {
    match value {
        Some(value) => write(out, value),
        None => out.extend_from_slice(b"null"),
    }
}

/// Any text, as JSON escapes it.
fn text(out: &mut Vec<u8>, text: &str) {
    // Writing text to memory cannot fail.
    let _ = serde_json::to_writer(out, text);
}

/// Text that has nothing to escape.
fn plain(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

fn id(out: &mut Vec<u8>, id: Uuid) {
    plain(
        out,
        id.hyphenated().encode_lower(&mut Uuid::encode_buffer()),
    );
}

fn boolean(out: &mut Vec<u8>, value: bool) {
    out.extend_from_slice(if value { b"true" } else { b"false" });
}

fn integer(out: &mut Vec<u8>, value: i64) {
    // Writing a number to memory cannot fail.
    let _ = serde_json::to_writer(out, &value);
}

fn priority(out: &mut Vec<u8>, priority: Priority) {
    plain(
        out,
        match priority {
            Priority::Low => "LOW",
            Priority::Medium => "MEDIUM",
            Priority::High => "HIGH",
        },
    );
}

fn date(out: &mut Vec<u8>, date: NaiveDate) {
    out.push(b'"');
    day(out, date);
    out.push(b'"');
}

fn time(out: &mut Vec<u8>, time: NaiveTime) {
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
fn instant(out: &mut Vec<u8>, instant: DateTime<Utc>) {
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
