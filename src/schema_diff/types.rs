//! Types: whether they are there, what kind they are, and what they consist of.

use async_graphql::parser::types::{
    EnumType, EnumValueDefinition, TypeDefinition, TypeKind, UnionType,
};
use async_graphql::{Name, Positioned};

use super::definitions::Definitions;
use super::directives::{compare_applied, compare_deprecation};
use super::fields::compare_fields;
use super::inputs::compare_input_fields;
use super::{Change, Fate, Level, describe, fates};

pub(super) fn compare(old: &Definitions, new: &Definitions, changes: &mut Vec<Change>) {
    for (operations, (old, new)) in ["queries", "mutations", "subscriptions"]
        .iter()
        .zip(old.roots.iter().zip(&new.roots))
    {
        compare_root(operations, old.as_deref(), new.as_deref(), changes);
    }
    compare_applied("schema", &old.applied, &new.applied, changes);
    for fate in fates(old.types.values(), new.types.values(), |one| &one.name.node) {
        match fate {
            Fate::Removed(gone) => {
                let name = gone.name.node.as_str();
                let message = format!("The {} `{name}` was removed.", kind(&gone.kind));
                changes.push(Change::new(Level::Breaking, name, message));
            }
            Fate::Added(fresh) => {
                let name = fresh.name.node.as_str();
                let message = format!("The {} `{name}` was added.", kind(&fresh.kind));
                changes.push(Change::new(Level::Safe, name, message));
            }
            Fate::Kept(old, new) => compare_type(old, new, changes),
        }
    }
}

fn compare_root(operations: &str, old: Option<&str>, new: Option<&str>, changes: &mut Vec<Change>) {
    let (level, coordinate, message) = match (old, new) {
        (Some(old), Some(new)) if old != new => (
            Level::Breaking,
            old,
            format!("The type of {operations} changed from `{old}` to `{new}`."),
        ),
        (Some(old), None) => (
            Level::Breaking,
            old,
            format!("`{old}` is the type of {operations} no more: there are none."),
        ),
        (None, Some(new)) => (
            Level::Safe,
            new,
            format!("`{new}` became the type of {operations}: there were none."),
        ),
        _ => return,
    };
    changes.push(Change::new(level, coordinate, message));
}

fn compare_type(old: &TypeDefinition, new: &TypeDefinition, changes: &mut Vec<Change>) {
    let name = old.name.node.as_str();
    describe(
        name,
        old.description.as_ref(),
        new.description.as_ref(),
        changes,
    );
    match (&old.kind, &new.kind) {
        (TypeKind::Scalar, TypeKind::Scalar) => {}
        (TypeKind::Object(old), TypeKind::Object(new)) => {
            compare_interfaces(name, &old.implements, &new.implements, changes);
            compare_fields(name, &old.fields, &new.fields, changes);
        }
        (TypeKind::Interface(old), TypeKind::Interface(new)) => {
            compare_interfaces(name, &old.implements, &new.implements, changes);
            compare_fields(name, &old.fields, &new.fields, changes);
        }
        (TypeKind::Union(old), TypeKind::Union(new)) => compare_union(name, old, new, changes),
        (TypeKind::Enum(old), TypeKind::Enum(new)) => compare_enum(name, old, new, changes),
        (TypeKind::InputObject(old), TypeKind::InputObject(new)) => {
            compare_input_fields(name, &old.fields, &new.fields, changes);
        }
        (was, is) => {
            let (was, is) = (kind(was), kind(is));
            let message = format!("`{name}` changed from {was} to {is}.");
            changes.push(Change::new(Level::Breaking, name, message));
            return;
        }
    }
    compare_applied(name, &old.directives, &new.directives, changes);
}

fn compare_interfaces(
    name: &str,
    old: &[Positioned<Name>],
    new: &[Positioned<Name>],
    changes: &mut Vec<Change>,
) {
    for fate in fates(old.iter(), new.iter(), |one| &one.node) {
        let (level, message) = match fate {
            Fate::Removed(gone) => (
                Level::Breaking,
                format!("`{name}` implements `{gone}` no more."),
            ),
            Fate::Added(fresh) => (
                Level::Dangerous,
                format!("`{name}` implements `{fresh}` now: clients meet it where they did not."),
            ),
            Fate::Kept(..) => continue,
        };
        changes.push(Change::new(level, name, message));
    }
}

fn compare_union(name: &str, old: &UnionType, new: &UnionType, changes: &mut Vec<Change>) {
    for fate in fates(old.members.iter(), new.members.iter(), |one| &one.node) {
        let (level, message) = match fate {
            Fate::Removed(gone) => (
                Level::Breaking,
                format!("`{gone}` was removed from the union `{name}`."),
            ),
            Fate::Added(fresh) => (
                Level::Dangerous,
                format!("`{fresh}` was added to the union `{name}`: clients may not know it."),
            ),
            Fate::Kept(..) => continue,
        };
        changes.push(Change::new(level, name, message));
    }
}

fn compare_enum(name: &str, old: &EnumType, new: &EnumType, changes: &mut Vec<Change>) {
    let value = |one: &EnumValueDefinition| format!("{name}.{}", one.value);
    let old = old.values.iter().map(|one| &one.node);
    let new = new.values.iter().map(|one| &one.node);
    for fate in fates(old, new, |one| &one.value.node) {
        match fate {
            Fate::Removed(gone) => {
                let coordinate = value(gone);
                let message = format!("The value `{coordinate}` was removed.");
                changes.push(Change::new(Level::Breaking, coordinate, message));
            }
            Fate::Added(fresh) => {
                let coordinate = value(fresh);
                let message =
                    format!("The value `{coordinate}` was added: clients may not know it.");
                changes.push(Change::new(Level::Dangerous, coordinate, message));
            }
            Fate::Kept(old, new) => {
                let coordinate = value(old);
                describe(
                    &coordinate,
                    old.description.as_ref(),
                    new.description.as_ref(),
                    changes,
                );
                compare_deprecation(&coordinate, &old.directives, &new.directives, changes);
                compare_applied(&coordinate, &old.directives, &new.directives, changes);
            }
        }
    }
}

/// What a kind of type is called.
fn kind(kind: &TypeKind) -> &'static str {
    match kind {
        TypeKind::Scalar => "scalar",
        TypeKind::Object(_) => "type",
        TypeKind::Interface(_) => "interface",
        TypeKind::Union(_) => "union",
        TypeKind::Enum(_) => "enum",
        TypeKind::InputObject(_) => "input",
    }
}
