//! Fields of types and interfaces: what comes out.

use async_graphql::Positioned;
use async_graphql::parser::types::{BaseType, FieldDefinition, Type};

use super::directives::{compare_applied, compare_deprecation};
use super::inputs::compare_arguments;
use super::{Change, Fate, Level, describe, fates};

pub(super) fn compare_fields(
    of: &str,
    old: &[Positioned<FieldDefinition>],
    new: &[Positioned<FieldDefinition>],
    changes: &mut Vec<Change>,
) {
    let field = |one: &FieldDefinition| format!("{of}.{}", one.name);
    let old = old.iter().map(|one| &one.node);
    let new = new.iter().map(|one| &one.node);
    for fate in fates(old, new, |one| &one.name.node) {
        match fate {
            Fate::Removed(gone) => {
                let coordinate = field(gone);
                let message = format!("The field `{coordinate}` was removed.");
                changes.push(Change::new(Level::Breaking, coordinate, message));
            }
            Fate::Added(fresh) => {
                let coordinate = field(fresh);
                let message = format!("The field `{coordinate}` was added.");
                changes.push(Change::new(Level::Safe, coordinate, message));
            }
            Fate::Kept(old, new) => compare_field(&field(old), old, new, changes),
        }
    }
}

fn compare_field(
    coordinate: &str,
    old: &FieldDefinition,
    new: &FieldDefinition,
    changes: &mut Vec<Change>,
) {
    describe(
        coordinate,
        old.description.as_ref(),
        new.description.as_ref(),
        changes,
    );
    let (was, is) = (&old.ty.node, &new.ty.node);
    if was != is {
        let level = if fits(was, is) {
            Level::Safe
        } else {
            Level::Breaking
        };
        let message = format!("The type of `{coordinate}` changed from `{was}` to `{is}`.");
        changes.push(Change::new(level, coordinate, message));
    }
    compare_arguments(coordinate, &old.arguments, &new.arguments, changes);
    compare_deprecation(coordinate, &old.directives, &new.directives, changes);
    compare_applied(coordinate, &old.directives, &new.directives, changes);
}

/// Whether every value of the new type is one of the old type too.
fn fits(old: &Type, new: &Type) -> bool {
    let null = old.nullable || !new.nullable;
    null && match (&old.base, &new.base) {
        (BaseType::Named(old), BaseType::Named(new)) => old == new,
        (BaseType::List(old), BaseType::List(new)) => fits(old, new),
        _ => false,
    }
}
