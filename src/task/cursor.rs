//! Cursors: a place in one list, as opaque text.
//!
//! A cursor carries the value that the list is sorted by and the task's id, so that it holds even
//! when the task has gone. It carries a checksum against damage, not a signature: whoever forges
//! one reaches nothing but other places in the same list of their own tasks.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{List, Priority, Sort, Task, fold};

/// A place in a list: the value that it is sorted by, then the id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The value that the list is sorted by.
    pub key: Key,
    /// The task that stands there.
    pub id: Uuid,
}

/// A value that lists are sorted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// The task has no such value.
    Missing,
    /// A folded title.
    Text(String),
    /// An instant.
    Instant(DateTime<Utc>),
    /// A day.
    Date(NaiveDate),
    /// A priority.
    Priority(Priority),
}

impl Position {
    /// Where a task stands under a sort.
    #[must_use]
    pub fn of(task: &Task, sort: Sort) -> Self {
        let key = match sort {
            Sort::Created => Key::Instant(task.created_at),
            Sort::Updated => Key::Instant(task.updated_at),
            Sort::Title => Key::Text(fold(&task.title)),
            Sort::DueDate => task.due_date.map_or(Key::Missing, Key::Date),
            Sort::Priority => task.priority.map_or(Key::Missing, Key::Priority),
        };
        Self { key, id: task.id }
    }
}

/// A place in one list, as clients see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(String);

/// Why a cursor is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CursorError {
    /// It is not one that was given out, or not as it was given out.
    #[error("This is not a cursor that this server gave out.")]
    Damaged,
    /// It is a place in another list.
    #[error(
        "This cursor belongs to another list: status, sort, direction and filter must be those it came from."
    )]
    OtherList,
}

const FORMAT: u8 = 1;
const CHECKSUM: usize = 4;
const ID: usize = 16;

impl Cursor {
    /// As clients see it: letters, digits, `-` and `_`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The cursor of a position in the list with this fingerprint.
    #[must_use]
    pub fn new(fingerprint: [u8; 4], position: &Position) -> Self {
        let mut bytes = vec![FORMAT];
        bytes.extend(fingerprint);
        match &position.key {
            Key::Missing => bytes.push(0),
            Key::Text(text) => {
                bytes.push(1);
                bytes.extend(text.as_bytes());
            }
            Key::Instant(instant) => {
                bytes.push(2);
                bytes.extend(instant.timestamp_millis().to_be_bytes());
            }
            Key::Date(date) => {
                bytes.push(3);
                bytes.extend(date.num_days_from_ce().to_be_bytes());
            }
            Key::Priority(priority) => bytes.extend([4, *priority as u8]),
        }
        bytes.extend(position.id.as_bytes());
        bytes.extend(checksum(&bytes));
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Reads a cursor back.
    ///
    /// # Errors
    /// When it is damaged, or belongs to another list.
    pub fn decode(text: &str, list: &List) -> Result<Position, CursorError> {
        let bytes = URL_SAFE_NO_PAD
            .decode(text)
            .map_err(|_| CursorError::Damaged)?;
        let (body, sum) = bytes
            .split_last_chunk::<CHECKSUM>()
            .ok_or(CursorError::Damaged)?;
        if checksum(body) != *sum {
            return Err(CursorError::Damaged);
        }
        let (body, id) = body.split_last_chunk::<ID>().ok_or(CursorError::Damaged)?;
        let [FORMAT, a, b, c, d, tag, value @ ..] = body else {
            return Err(CursorError::Damaged);
        };
        if [*a, *b, *c, *d] != list.fingerprint() {
            return Err(CursorError::OtherList);
        }
        let key = decode_key(*tag, value, list.sort).ok_or(CursorError::Damaged)?;
        Ok(Position {
            key,
            id: Uuid::from_bytes(*id),
        })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Only a value that the sort has and a database can hold.
fn decode_key(tag: u8, value: &[u8], sort: Sort) -> Option<Key> {
    match (tag, sort) {
        (0, _) if sort.has_gaps() && value.is_empty() => Some(Key::Missing),
        (1, Sort::Title) => {
            let text = std::str::from_utf8(value).ok()?;
            (!text.contains('\0')).then(|| Key::Text(text.to_owned()))
        }
        (2, Sort::Created | Sort::Updated) => {
            let millis = i64::from_be_bytes(value.try_into().ok()?);
            let instant = DateTime::from_timestamp_millis(millis)?;
            (1..=9999)
                .contains(&instant.year())
                .then_some(Key::Instant(instant))
        }
        (3, Sort::DueDate) => {
            let days = i32::from_be_bytes(value.try_into().ok()?);
            let date = NaiveDate::from_num_days_from_ce_opt(days)?;
            (1..=9999).contains(&date.year()).then_some(Key::Date(date))
        }
        (4, Sort::Priority) => match value {
            [0] => Some(Key::Priority(Priority::Low)),
            [1] => Some(Key::Priority(Priority::Medium)),
            [2] => Some(Key::Priority(Priority::High)),
            _ => None,
        },
        _ => None,
    }
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM] {
    let hash = Sha256::digest(bytes);
    [hash[0], hash[1], hash[2], hash[3]]
}

#[cfg(test)]
mod tests {
    use super::{Cursor, CursorError, Key, Position};
    use crate::task::{Direction, Filter, List, Priority, Sort, Status};
    use chrono::{DateTime, NaiveDate};
    use uuid::Uuid;

    fn list(sort: Sort) -> List {
        List {
            status: Status::All,
            sort,
            direction: Direction::Asc,
            filter: Filter::default(),
        }
    }

    #[test]
    fn a_cursor_comes_back_as_it_was() {
        for (sort, key) in [
            (
                Sort::Created,
                Key::Instant(DateTime::from_timestamp_millis(1_790_000_000_123).unwrap()),
            ),
            (Sort::Title, Key::Text("über".into())),
            (
                Sort::DueDate,
                Key::Date(NaiveDate::from_ymd_opt(2026, 2, 28).unwrap()),
            ),
            (Sort::DueDate, Key::Missing),
            (Sort::Priority, Key::Priority(Priority::High)),
            (Sort::Priority, Key::Missing),
        ] {
            let position = Position {
                key,
                id: Uuid::from_u128(7),
            };
            let cursor = Cursor::new(list(sort).fingerprint(), &position);
            assert_eq!(
                Cursor::decode(&cursor.to_string(), &list(sort)),
                Ok(position)
            );
        }
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let position = Position {
            key: Key::Text("milk".into()),
            id: Uuid::from_u128(9),
        };
        let text = Cursor::new(list(Sort::Title).fingerprint(), &position).to_string();
        for at in 0..text.len() {
            for bit in 0..7 {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let damaged = String::from_utf8(bytes).unwrap();
                assert!(
                    Cursor::decode(&damaged, &list(Sort::Title)).is_err(),
                    "{damaged}"
                );
            }
            assert!(Cursor::decode(&text[..at], &list(Sort::Title)).is_err());
        }
    }

    #[test]
    fn another_list_refuses_it() {
        let position = Position {
            key: Key::Missing,
            id: Uuid::nil(),
        };
        let text = Cursor::new(list(Sort::DueDate).fingerprint(), &position).to_string();
        assert_eq!(
            Cursor::decode(&text, &list(Sort::Priority)),
            Err(CursorError::OtherList)
        );
        let trashed = List {
            filter: Filter {
                trashed: true,
                ..Filter::default()
            },
            ..list(Sort::DueDate)
        };
        assert_eq!(Cursor::decode(&text, &trashed), Err(CursorError::OtherList));
    }

    #[test]
    fn a_value_that_the_sort_cannot_have_is_refused() {
        for (sort, key) in [
            (Sort::Title, Key::Missing),
            (Sort::Title, Key::Text("a\0".into())),
            (Sort::Created, Key::Text("x".into())),
            (Sort::DueDate, Key::Date(NaiveDate::MAX)),
        ] {
            let cursor = Cursor::new(
                list(sort).fingerprint(),
                &Position {
                    key,
                    id: Uuid::nil(),
                },
            );
            assert_eq!(
                Cursor::decode(&cursor.to_string(), &list(sort)),
                Err(CursorError::Damaged)
            );
        }
    }
}
