//! Directives: their definitions, and where a schema applies them to itself.

use std::collections::BTreeMap;

use async_graphql::Positioned;
use async_graphql::parser::types::{ConstDirective, DirectiveDefinition};

use super::definitions::Definitions;
use super::inputs::compare_directive_arguments;
use super::{Change, Fate, Level, describe, fates};

pub(super) fn compare(old: &Definitions, new: &Definitions, changes: &mut Vec<Change>) {
    let (old, new) = (old.directives.values(), new.directives.values());
    for fate in fates(old, new, |one| &one.name.node) {
        match fate {
            Fate::Removed(gone) => {
                let coordinate = format!("@{}", gone.name);
                let message = format!("The directive `{coordinate}` was removed.");
                changes.push(Change::new(Level::Breaking, coordinate, message));
            }
            Fate::Added(fresh) => {
                let coordinate = format!("@{}", fresh.name);
                let message = format!("The directive `{coordinate}` was added.");
                changes.push(Change::new(Level::Safe, coordinate, message));
            }
            Fate::Kept(old, new) => compare_directive(old, new, changes),
        }
    }
}

fn compare_directive(
    old: &DirectiveDefinition,
    new: &DirectiveDefinition,
    changes: &mut Vec<Change>,
) {
    let coordinate = format!("@{}", old.name);
    describe(
        &coordinate,
        old.description.as_ref(),
        new.description.as_ref(),
        changes,
    );
    compare_directive_arguments(&coordinate, &old.arguments, &new.arguments, changes);
    let mut say = |level, message| changes.push(Change::new(level, coordinate.as_str(), message));
    match (old.is_repeatable, new.is_repeatable) {
        (true, false) => say(
            Level::Breaking,
            format!("`{coordinate}` may be repeated no more."),
        ),
        (false, true) => say(Level::Safe, format!("`{coordinate}` may be repeated now.")),
        _ => {}
    }
    let places = |of: &DirectiveDefinition| -> Vec<String> {
        let name = |place| format!("{place:?}");
        of.locations.iter().map(|place| name(place.node)).collect()
    };
    let (were, are) = (places(old), places(new));
    for fate in fates(were.iter(), are.iter(), String::as_str) {
        match fate {
            Fate::Removed(place) => say(
                Level::Breaking,
                format!("`{coordinate}` may stand on {place} no more."),
            ),
            Fate::Added(place) => say(
                Level::Safe,
                format!("`{coordinate}` may stand on {place} now."),
            ),
            Fate::Kept(..) => {}
        }
    }
}

type Applied = [Positioned<ConstDirective>];

/// Whether something is deprecated, and why: a notice to whoever writes clients.
pub(super) fn compare_deprecation(
    coordinate: &str,
    old: &Applied,
    new: &Applied,
    changes: &mut Vec<Change>,
) {
    let reason = |applied: &Applied| {
        let deprecated = applied
            .iter()
            .find(|one| one.node.name.node == "deprecated")?;
        Some(deprecated.node.get_argument("reason").map_or_else(
            || "No longer supported".to_owned(),
            |reason| reason.node.to_string().trim_matches('"').to_owned(),
        ))
    };
    let message = match (reason(old), reason(new)) {
        (None, Some(reason)) => format!("`{coordinate}` was deprecated: {reason}"),
        (Some(_), None) => format!("`{coordinate}` is deprecated no more."),
        (Some(was), Some(is)) if was != is => {
            format!("The reason why `{coordinate}` is deprecated changed: {is}")
        }
        _ => return,
    };
    changes.push(Change::new(Level::Safe, coordinate, message));
}

/// The directives that the schema itself applies, but for deprecation. Introspection shows few of them,
/// and yet they may change what a field does.
pub(super) fn compare_applied(
    coordinate: &str,
    old: &Applied,
    new: &Applied,
    changes: &mut Vec<Change>,
) {
    let (old, new) = (by_name(old), by_name(new));
    for fate in fates(old.iter(), new.iter(), |(name, _)| name) {
        let (level, message) = match fate {
            Fate::Added(&("oneOf", _)) => (
                Level::Breaking,
                format!("`{coordinate}` takes exactly one of its fields now: `@oneOf` was added."),
            ),
            Fate::Removed(&("oneOf", _)) => (
                Level::Safe,
                format!("`{coordinate}` takes any of its fields now: `@oneOf` was removed."),
            ),
            Fate::Added((name, _)) => (
                Level::Dangerous,
                format!("`@{name}` was added to `{coordinate}`."),
            ),
            Fate::Removed((name, _)) => (
                Level::Dangerous,
                format!("`@{name}` was removed from `{coordinate}`."),
            ),
            Fate::Kept((name, was), (_, is)) if was != is => (
                if grew(was, is) {
                    Level::Safe
                } else {
                    Level::Dangerous
                },
                format!("`@{name}` on `{coordinate}` changed."),
            ),
            Fate::Kept(..) => continue,
        };
        changes.push(Change::new(level, coordinate, message));
    }
}

type Arguments<'a> = BTreeMap<&'a str, String>;

/// Whether there are only more arguments than there were.
fn grew(was: &[Arguments<'_>], is: &[Arguments<'_>]) -> bool {
    let within = |(was, is): (&Arguments<'_>, &Arguments<'_>)| {
        was.iter().all(|(name, value)| is.get(name) == Some(value))
    };
    was.len() == is.len() && was.iter().zip(is).all(within)
}

/// Each directive once, with the arguments of every time that it is applied.
fn by_name(applied: &Applied) -> Vec<(&str, Vec<Arguments<'_>>)> {
    let mut names: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for one in applied {
        let arguments = &one.node.arguments;
        let arguments = arguments
            .iter()
            .map(|(name, value)| (name.node.as_str(), value.node.to_string()));
        names
            .entry(one.node.name.node.as_str())
            .or_default()
            .push(arguments.collect());
    }
    names.remove("deprecated");
    names.into_iter().collect()
}
