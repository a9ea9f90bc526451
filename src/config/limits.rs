//! How much one document may ask for.

use super::reader::Reader;
use crate::graphql::Limits;

/// The upper ends are what the engine and its stack were tested with.
pub(super) fn read(reader: &mut Reader<'_>) -> Option<Limits> {
    let tokens = reader.number("LIMIT_TOKENS", 10..=100_000);
    let nesting = reader.number("LIMIT_NESTING", 4..=64);
    let depth = reader.number("LIMIT_DEPTH", 1..=64);
    let root_fields = reader.number("LIMIT_ROOT_FIELDS", 1..=1_000);
    let aliases = reader.number("LIMIT_ALIASES", 0..=10_000);
    let directives = reader.number("LIMIT_DIRECTIVES", 0..=10_000);
    let selections = reader.number("LIMIT_SELECTIONS", 1..=1_000_000);
    let introspection_depth = reader.number("LIMIT_INTROSPECTION_DEPTH", 1..=5);
    let cost = reader.number("LIMIT_COST", 1..=100_000_000);
    Some(Limits {
        tokens: tokens?,
        nesting: nesting?,
        depth: depth?,
        root_fields: root_fields?,
        aliases: aliases?,
        directives: directives?,
        selections: selections?,
        introspection_depth: introspection_depth?,
        cost: cost?,
    })
}
