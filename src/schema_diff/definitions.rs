//! A schema as it is read from its text: extensions are part of what they extend.

use std::collections::BTreeMap;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    ConstDirective, DirectiveDefinition, SchemaDefinition, TypeDefinition, TypeKind,
    TypeSystemDefinition,
};
use async_graphql::{Name, Positioned};

/// The directives that every schema has, whether it spells them out or not.
const SPECIFIED: [&str; 5] = ["deprecated", "include", "oneOf", "skip", "specifiedBy"];

/// Why a text is not a schema.
#[derive(Debug, thiserror::Error)]
pub enum NotASchema {
    /// It does not parse: where and why.
    #[error("{0}")]
    Unreadable(#[from] async_graphql::parser::Error),
    /// It defines a name twice.
    #[error("`{0}` is defined twice")]
    Twice(String),
    /// It extends what it does not define, or what is of another kind.
    #[error("`{0}` is extended, and no such type is defined")]
    Orphan(String),
    /// An empty file, for example, which would make every change safe.
    #[error("it has no type for queries")]
    NoQuery,
}

/// Everything that a schema defines.
pub(super) struct Definitions {
    /// The root types of queries, mutations and subscriptions.
    pub(super) roots: [Option<String>; 3],
    /// The directives on the schema itself.
    pub(super) applied: Vec<Positioned<ConstDirective>>,
    pub(super) types: BTreeMap<String, TypeDefinition>,
    pub(super) directives: BTreeMap<String, DirectiveDefinition>,
}

impl Definitions {
    pub(super) fn read(text: &str) -> Result<Self, NotASchema> {
        let mut schema: Option<SchemaDefinition> = None;
        let mut extensions = Vec::new();
        let mut read = Self {
            roots: [None, None, None],
            applied: Vec::new(),
            types: BTreeMap::new(),
            directives: BTreeMap::new(),
        };
        for definition in parse_schema(text)?.definitions {
            match definition {
                TypeSystemDefinition::Schema(part) => {
                    let part = part.node;
                    read.applied.extend(part.directives.iter().cloned());
                    schema = Some(match schema {
                        None => part,
                        Some(whole) => SchemaDefinition {
                            extend: whole.extend && part.extend,
                            query: whole.query.or(part.query),
                            mutation: whole.mutation.or(part.mutation),
                            subscription: whole.subscription.or(part.subscription),
                            ..whole
                        },
                    });
                }
                TypeSystemDefinition::Type(part) if part.node.extend => extensions.push(part.node),
                TypeSystemDefinition::Type(part) => {
                    let name = part.node.name.to_string();
                    if read.types.insert(name.clone(), part.node).is_some() {
                        return Err(NotASchema::Twice(name));
                    }
                }
                TypeSystemDefinition::Directive(part) => {
                    let mut directive = part.node;
                    let name = directive.name.to_string();
                    if SPECIFIED.contains(&name.as_str()) {
                        continue;
                    }
                    directive.is_repeatable = is_repeatable(text, &directive);
                    if read.directives.insert(name.clone(), directive).is_some() {
                        return Err(NotASchema::Twice(format!("@{name}")));
                    }
                }
            }
        }
        for extension in extensions {
            read.extend(extension)?;
        }
        read.roots = read.roots(schema);
        if read.roots[0].is_none() {
            return Err(NotASchema::NoQuery);
        }
        Ok(read)
    }

    fn extend(&mut self, extension: TypeDefinition) -> Result<(), NotASchema> {
        let name = extension.name.to_string();
        let orphan = || NotASchema::Orphan(name.clone());
        let base = self.types.get_mut(&name).ok_or_else(orphan)?;
        base.directives.extend(extension.directives);
        match (&mut base.kind, extension.kind) {
            (TypeKind::Scalar, TypeKind::Scalar) => {}
            (TypeKind::Object(base), TypeKind::Object(more)) => {
                base.implements.extend(more.implements);
                base.fields.extend(more.fields);
            }
            (TypeKind::Interface(base), TypeKind::Interface(more)) => {
                base.implements.extend(more.implements);
                base.fields.extend(more.fields);
            }
            (TypeKind::Union(base), TypeKind::Union(more)) => base.members.extend(more.members),
            (TypeKind::Enum(base), TypeKind::Enum(more)) => base.values.extend(more.values),
            (TypeKind::InputObject(base), TypeKind::InputObject(more)) => {
                base.fields.extend(more.fields);
            }
            _ => return Err(orphan()),
        }
        Ok(())
    }

    /// As a schema definition says, or, without one, the types with the usual names.
    fn roots(&self, schema: Option<SchemaDefinition>) -> [Option<String>; 3] {
        let usual = |name: &str| self.types.contains_key(name).then(|| name.to_owned());
        let named = |root: Option<Positioned<Name>>| root.map(|name| name.to_string());
        match schema {
            Some(schema) if !schema.extend => [
                named(schema.query),
                named(schema.mutation),
                named(schema.subscription),
            ],
            extended => {
                let [query, mutation, subscription] = match extended {
                    Some(schema) => [schema.query, schema.mutation, schema.subscription],
                    None => [None, None, None],
                };
                [
                    named(query).or_else(|| usual("Query")),
                    named(mutation).or_else(|| usual("Mutation")),
                    named(subscription).or_else(|| usual("Subscription")),
                ]
            }
        }
    }
}

/// Whether a directive may be repeated. The parser takes every one for repeatable, so this reads what
/// stands before `on` and the first location.
fn is_repeatable(text: &str, directive: &DirectiveDefinition) -> bool {
    let Some(place) = directive.locations.first() else {
        return false;
    };
    let mut lines = text.lines().skip(directive.name.pos.line - 1);
    let between = place.pos.line - directive.name.pos.line;
    let mut before: Vec<&str> = lines.by_ref().take(between).collect();
    let last = lines.next().unwrap_or_default();
    let end = last.char_indices().nth(place.pos.column - 1);
    before.push(end.map_or(last, |(end, _)| &last[..end]));
    let before = before.join(" ");
    let words: Vec<&str> = before
        .split(|c: char| c.is_whitespace() || matches!(c, '|' | ')' | ','))
        .filter(|word| !word.is_empty())
        .collect();
    words.ends_with(&["repeatable", "on"])
}
