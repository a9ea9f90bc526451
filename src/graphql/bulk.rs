//! Changes in bulk: all or nothing, and every one that fails is named by its place in the call.

use std::collections::HashSet;

use async_graphql::ID;
use uuid::Uuid;

use super::failure::Failure;
use super::inputs::{CreateTaskInput, UpdateTaskInput};
use crate::store::{ChangeError, WriteError};
use crate::task::{Change, MOST_AT_ONCE, NO_SUCH_TASK, NewTask, Patch, Step, Violation, parse_id};

/// Changes that belong together.
pub(super) struct Bulk {
    /// The changes.
    pub(super) changes: Vec<Change>,
    /// Where each stands in the call.
    pub(super) places: Vec<Place>,
}

/// Where a change stands in a call.
#[derive(Clone, Copy)]
pub(super) struct Place {
    argument: &'static str,
    index: usize,
}

impl Place {
    fn names(self, broken: Violation) -> Violation {
        broken.inside(self.index).inside(self.argument)
    }
}

/// Tasks to create.
pub(super) fn create(inputs: Vec<CreateTaskInput>) -> Result<Bulk, Failure> {
    within_limit("inputs", inputs.len())?;
    let (mut changes, mut places, mut broken) = (Vec::new(), Vec::new(), Vec::new());
    for (index, input) in inputs.into_iter().enumerate() {
        let place = Place {
            argument: "inputs",
            index,
        };
        match NewTask::parse(input.into()) {
            Ok(new) => {
                changes.push(Change::Create(new));
                places.push(place);
            }
            Err(more) => broken.extend(more.into_iter().map(|it| place.names(it))),
        }
    }
    checked(changes, places, broken)
}

/// Tasks to change in the same way.
pub(super) fn update(ids: &[ID], input: UpdateTaskInput) -> Result<Bulk, Failure> {
    let patch = Patch::parse(input.into()).map_err(Failure::input("input"))?;
    each(ids, |id| Change::Update {
        id,
        patch: patch.clone(),
        if_version: None,
    })
}

/// Tasks to put into the trash.
pub(super) fn delete(ids: &[ID]) -> Result<Bulk, Failure> {
    each(ids, |id| Change::Delete {
        id,
        if_version: None,
    })
}

/// One change for each id, the first time that it stands there.
fn each(ids: &[ID], change: impl Fn(Uuid) -> Change) -> Result<Bulk, Failure> {
    within_limit("ids", ids.len())?;
    let (mut changes, mut places, mut broken) = (Vec::new(), Vec::new(), Vec::new());
    let mut seen = HashSet::new();
    for (index, id) in ids.iter().enumerate() {
        let place = Place {
            argument: "ids",
            index,
        };
        match parse_id(id) {
            Some(id) if seen.insert(id) => {
                changes.push(change(id));
                places.push(place);
            }
            Some(_) => {}
            None => broken.push(missing(place)),
        }
    }
    checked(changes, places, broken)
}

fn checked(
    changes: Vec<Change>,
    places: Vec<Place>,
    broken: Vec<Violation>,
) -> Result<Bulk, Failure> {
    if broken.is_empty() {
        Ok(Bulk { changes, places })
    } else {
        Err(Failure::BadInput(broken))
    }
}

fn within_limit(argument: &'static str, count: usize) -> Result<(), Failure> {
    if count <= MOST_AT_ONCE {
        return Ok(());
    }
    let message = format!("At most {MOST_AT_ONCE} at once; these are {count}.");
    Err(Failure::BadInput(vec![Violation::new(argument, message)]))
}

fn missing(place: Place) -> Violation {
    Violation::new(place.index, NO_SUCH_TASK).inside(place.argument)
}

/// Every change that failed, by its place in the call.
pub(super) fn failure(error: WriteError, places: &[Place]) -> Failure {
    let failed = match error {
        WriteError::Store(error) => return Failure::Store(error),
        WriteError::Changes(failed) => failed,
    };
    let mut broken = Vec::new();
    for (index, reason) in failed {
        let Some(place) = places.get(index).copied() else {
            continue;
        };
        match reason {
            ChangeError::Store(error) => return Failure::Store(error),
            ChangeError::NotFound => broken.push(missing(place)),
            ChangeError::Conflict { current } => {
                let message = format!("The task is at version {current} by now.");
                broken.push(Violation::new(place.index, message).inside(place.argument));
            }
            ChangeError::Refused(rules) => broken.extend(rules.into_iter().map(|rule| {
                // Inputs of their own are named down to the field; ids share one input.
                match place.argument {
                    "inputs" => place.names(without_input(rule)),
                    _ => Violation::new(place.index, rule.message).inside(place.argument),
                }
            })),
        }
    }
    Failure::BadInput(broken)
}

/// A rule as it is told of a single call names the argument `input` first.
fn without_input(mut rule: Violation) -> Violation {
    if rule.path.first() == Some(&Step::from("input")) {
        rule.path.remove(0);
    }
    rule
}
