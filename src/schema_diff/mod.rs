//! What lies between two versions of a schema, and what it means to clients.
//!
//! The verdicts are those of graphql-js (`findBreakingChanges`, `findDangerousChanges`) and of GraphQL
//! Inspector; where these two differ, the graver one. `tests/schema_pairs.graphql` has a pair of schemas
//! for each kind of change.
//!
//! Nothing here knows of tasks, and nothing but the command line uses it: it stands beside the layers.

mod definitions;
mod directives;
mod fields;
mod inputs;
mod types;

use std::fmt;

use async_graphql::Positioned;
use serde::Serialize;

pub use definitions::NotASchema;

use definitions::Definitions;

/// What a change does to a client that was written for the old schema.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// A document that was valid may be so no more, or an answer may lack what the client relies on.
    Breaking,
    /// Every document stays valid, and yet a client may meet what it was not written for.
    Dangerous,
    /// No client can be harmed.
    Safe,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Breaking => "BREAKING",
            Self::Dangerous => "DANGEROUS",
            Self::Safe => "SAFE",
        })
    }
}

/// One change of a schema. Sorts the gravest first.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Change {
    /// What it means to clients.
    pub level: Level,
    /// Where it is, as the specification's schema coordinates name it: `Task.title`, `Query.task(id:)`,
    /// `TaskSort.TITLE`, `@auth(role:)`.
    pub coordinate: String,
    /// What has changed: a sentence that names the coordinate.
    pub message: String,
}

impl Change {
    fn new(level: Level, coordinate: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            level,
            coordinate: coordinate.into(),
            message: message.into(),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<9}  {}", self.level, self.message)
    }
}

/// What changed from one schema, in the schema definition language, to another. The order of
/// definitions, fields, arguments and values does not count. The contents of what is new are not listed.
///
/// # Errors
/// Which of the two is not a schema, and why.
pub fn compare(old: &str, new: &str) -> Result<Vec<Change>, CompareError> {
    let old = Definitions::read(old).map_err(CompareError::Old)?;
    let new = Definitions::read(new).map_err(CompareError::New)?;
    let mut changes = Vec::new();
    types::compare(&old, &new, &mut changes);
    directives::compare(&old, &new, &mut changes);
    changes.sort();
    Ok(changes)
}

/// Why two texts cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// The first is not a schema.
    #[error("The old schema cannot be read: {0}")]
    Old(NotASchema),
    /// The second is not a schema.
    #[error("The new schema cannot be read: {0}")]
    New(NotASchema),
}

/// What became of one thing from the old schema to the new.
enum Fate<'a, T> {
    Removed(&'a T),
    Added(&'a T),
    Kept(&'a T, &'a T),
}

/// Brings together what has the same name on both sides.
fn fates<'a, T>(
    old: impl Iterator<Item = &'a T>,
    new: impl Iterator<Item = &'a T>,
    name: impl Fn(&T) -> &str,
) -> Vec<Fate<'a, T>> {
    let (old, new): (Vec<_>, Vec<_>) = (old.collect(), new.collect());
    let among = |all: &[&'a T], one: &T| all.iter().copied().find(|it| name(it) == name(one));
    let gone_or_kept = old.iter().copied().map(|one| match among(&new, one) {
        Some(same) => Fate::Kept(one, same),
        None => Fate::Removed(one),
    });
    let added = new
        .iter()
        .copied()
        .filter(|one| among(&old, one).is_none())
        .map(Fate::Added);
    gone_or_kept.chain(added).collect()
}

/// A change of the sentence that describes something; it harms nobody.
fn describe(
    coordinate: &str,
    old: Option<&Positioned<String>>,
    new: Option<&Positioned<String>>,
    changes: &mut Vec<Change>,
) {
    if old.map(|text| &text.node) != new.map(|text| &text.node) {
        let message = format!("The description of `{coordinate}` changed.");
        changes.push(Change::new(Level::Safe, coordinate, message));
    }
}
