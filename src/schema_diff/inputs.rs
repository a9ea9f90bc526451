//! Arguments and fields of inputs: what goes in.

use async_graphql::Positioned;
use async_graphql::parser::types::{BaseType, InputValueDefinition, Type};

use super::directives::{compare_applied, compare_deprecation};
use super::{Change, Fate, Level, describe, fates};

type Inputs = [Positioned<InputValueDefinition>];

/// The arguments of a field.
pub(super) fn compare_arguments(of: &str, old: &Inputs, new: &Inputs, changes: &mut Vec<Change>) {
    let coordinate = |name: &str| format!("{of}({name}:)");
    compare_inputs("argument", Level::Dangerous, coordinate, old, new, changes);
}

/// The arguments of a directive. It is documents that apply one, so an argument more surprises nobody.
pub(super) fn compare_directive_arguments(
    of: &str,
    old: &Inputs,
    new: &Inputs,
    changes: &mut Vec<Change>,
) {
    let coordinate = |name: &str| format!("{of}({name}:)");
    compare_inputs("argument", Level::Safe, coordinate, old, new, changes);
}

/// The fields of an input.
pub(super) fn compare_input_fields(
    of: &str,
    old: &Inputs,
    new: &Inputs,
    changes: &mut Vec<Change>,
) {
    let coordinate = |name: &str| format!("{of}.{name}");
    compare_inputs(
        "input field",
        Level::Dangerous,
        coordinate,
        old,
        new,
        changes,
    );
}

fn compare_inputs(
    what: &str,
    one_more: Level,
    coordinate: impl Fn(&str) -> String,
    old: &Inputs,
    new: &Inputs,
    changes: &mut Vec<Change>,
) {
    let old = old.iter().map(|one| &one.node);
    let new = new.iter().map(|one| &one.node);
    for fate in fates(old, new, |one| &one.name.node) {
        match fate {
            Fate::Removed(gone) => {
                let coordinate = coordinate(&gone.name.node);
                let message = format!("The {what} `{coordinate}` was removed.");
                changes.push(Change::new(Level::Breaking, coordinate, message));
            }
            Fate::Added(fresh) => {
                let coordinate = coordinate(&fresh.name.node);
                let required = !fresh.ty.node.nullable && fresh.default_value.is_none();
                let (level, sort) = if required {
                    (Level::Breaking, "required")
                } else {
                    (one_more, "optional")
                };
                let message = format!("The {sort} {what} `{coordinate}` was added.");
                changes.push(Change::new(level, coordinate, message));
            }
            Fate::Kept(old, new) => {
                compare_input(&coordinate(&old.name.node), old, new, changes);
            }
        }
    }
}

fn compare_input(
    coordinate: &str,
    old: &InputValueDefinition,
    new: &InputValueDefinition,
    changes: &mut Vec<Change>,
) {
    describe(
        coordinate,
        old.description.as_ref(),
        new.description.as_ref(),
        changes,
    );
    let (was, is) = (&old.ty.node, &new.ty.node);
    let fits = takes(was, is);
    if was != is {
        let level = if fits { Level::Safe } else { Level::Breaking };
        let message = format!("The type of `{coordinate}` changed from `{was}` to `{is}`.");
        changes.push(Change::new(level, coordinate, message));
    }
    if fits {
        compare_defaults(coordinate, old, new, changes);
    }
    compare_deprecation(coordinate, &old.directives, &new.directives, changes);
    compare_applied(coordinate, &old.directives, &new.directives, changes);
}

/// What a client that leaves it out gets.
fn compare_defaults(
    coordinate: &str,
    old: &InputValueDefinition,
    new: &InputValueDefinition,
    changes: &mut Vec<Change>,
) {
    let default = |of: &InputValueDefinition| of.default_value.as_ref().map(|it| it.node.clone());
    let message = match (default(old), default(new)) {
        (Some(was), Some(is)) if was != is => {
            format!("The default of `{coordinate}` changed from `{was}` to `{is}`.")
        }
        (Some(was), None) => format!("`{coordinate}` has its default `{was}` no more."),
        (None, Some(is)) => format!("`{coordinate}` has the default `{is}` now."),
        _ => return,
    };
    changes.push(Change::new(Level::Dangerous, coordinate, message));
}

/// Whether the new type takes every value that the old one took.
fn takes(old: &Type, new: &Type) -> bool {
    let null = new.nullable || !old.nullable;
    null && match (&old.base, &new.base) {
        (BaseType::Named(old), BaseType::Named(new)) => old == new,
        (BaseType::List(old), BaseType::List(new)) => takes(old, new),
        _ => false,
    }
}
