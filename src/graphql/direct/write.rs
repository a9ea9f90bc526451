//! One pass over tasks, straight to the bytes of the answer.

use super::json::{boolean, date, id, instant, integer, or_null, plain, priority, text, time};
use super::plan::{EdgeField, ListField, PageInfoField, PayloadField};
use super::related::Related;
use super::shape::{Key, Shape, TaskField};
use crate::task::{End, List, Page, Task, Window};

/// About what a task takes.
const TASK: usize = 256;

/// A page of a list, and how many tasks the whole list has where that is asked for.
pub(super) fn list(
    key: &Key,
    selection: &Shape<ListField>,
    (list, window): (&List, &Window),
    page: &Page,
    related: &Related,
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
        ListField::Nodes(shape) => array(out, &page.tasks, |out, one| {
            task(out, shape, one, related);
        }),
        ListField::Edges(shape) => array(out, &page.tasks, |out, one| {
            object(out, shape, |out, field| match field {
                EdgeField::TypeName => plain(out, "TaskEdge"),
                EdgeField::Cursor => cursor(out, Some(one)),
                EdgeField::Node(shape) => task(out, shape, one, related),
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
pub(super) fn one(
    key: &Key,
    shape: &Shape<TaskField>,
    found: Option<&Task>,
    related: &Related,
) -> Vec<u8> {
    let mut out = begin(key, 2 * TASK);
    or_null(&mut out, found, |out, found| {
        task(out, shape, found, related);
    });
    end(out)
}

/// The answer to a mutation.
pub(super) fn changed(key: &Key, payload: &Shape<PayloadField>, changed: &Task) -> Vec<u8> {
    let nothing = Related::default();
    let mut out = begin(key, 2 * TASK);
    object(&mut out, payload, |out, field| match field {
        PayloadField::TypeName(name) => plain(out, name),
        PayloadField::Task(shape) => task(out, shape, changed, &nothing),
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

fn task(out: &mut Vec<u8>, shape: &Shape<TaskField>, task: &Task, related: &Related) {
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
        TaskField::Tags => array(out, related.tags(task), |out, tag| text(out, tag.name())),
        TaskField::Parent(shape) => or_null(out, related.parent(task), |out, parent| {
            self::task(out, shape, parent, related);
        }),
        TaskField::Subtasks(status, shape) => {
            array(out, related.subtasks(task, *status), |out, subtask| {
                self::task(out, shape, subtask, related);
            });
        }
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

fn array<T>(
    out: &mut Vec<u8>,
    items: impl IntoIterator<Item = T>,
    write: impl Fn(&mut Vec<u8>, T),
) {
    out.push(b'[');
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}
