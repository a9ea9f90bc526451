//! Fields of one response key are one field: the specification collects them before it runs anything
//! (CollectFields, section 6.3.2) and forbids that they differ (section 5.3.2). The engine runs each,
//! so that a task would be toggled twice, and compares those of the root alone.

use std::collections::HashSet;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{
    Directive, ExecutableDocument, Field, InlineFragment, OperationDefinition, Selection,
    SelectionSet, TypeCondition,
};
use async_graphql::{Name, Positioned, ServerError, Variables};
use async_graphql_value::{ConstValue, Value};

use crate::graphql::model::{MODEL, Model};

/// What merging found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::graphql) enum Merge {
    /// Every operation runs as it is written: it has no fragment, no directive, no doubled field.
    AsWritten,
    /// There is something to collect, and it is the same for every request.
    Collects,
    /// What there is to collect depends on variables.
    Depends,
}

/// Looks for fields that share a response key and differ, at every depth of every operation.
///
/// # Errors
/// The first two that cannot be merged.
pub(in crate::graphql) fn merge(document: &ExecutableDocument) -> Result<Merge, ServerError> {
    let mut merge = Merge::AsWritten;
    for (_, operation) in document.operations.iter() {
        let mut checking = Collecting::new(document, None);
        let root = MODEL.root(operation.node.ty);
        checking.check(root, &[&operation.node.selection_set.node])?;
        if checking.depends {
            merge = Merge::Depends;
        } else if checking.collects && merge == Merge::AsWritten {
            merge = Merge::Collects;
        }
    }
    Ok(merge)
}

/// The operation as it runs: fragments in their places, `@skip` and `@include` decided, each response
/// key once.
pub(in crate::graphql) fn collected(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
) -> OperationDefinition {
    let mut collecting = Collecting::new(document, Some(variables));
    let set = &operation.selection_set;
    let merged = collecting.build(MODEL.root(operation.ty), &[&set.node]);
    OperationDefinition {
        ty: operation.ty,
        variable_definitions: operation.variable_definitions.clone(),
        directives: Vec::new(),
        selection_set: Positioned::new(merged, set.pos),
    }
}

/// The fields of one response key.
struct Group<'a> {
    first: &'a Positioned<Field>,
    others: Vec<&'a Positioned<Field>>,
}

impl<'a> Group<'a> {
    fn sets(&self) -> Vec<&'a SelectionSet> {
        let all = std::iter::once(&self.first).chain(&self.others);
        all.map(|field| &field.node.selection_set.node).collect()
    }
}

type Groups<'a> = IndexMap<&'a str, Group<'a>>;

struct Collecting<'a> {
    document: &'a ExecutableDocument,
    model: &'static Model,
    /// The values that decide `@skip` and `@include`; without them everything is included.
    variables: Option<&'a Variables>,
    collects: bool,
    depends: bool,
}

impl<'a> Collecting<'a> {
    fn new(document: &'a ExecutableDocument, variables: Option<&'a Variables>) -> Self {
        Self {
            document,
            model: &MODEL,
            variables,
            collects: false,
            depends: false,
        }
    }

    /// The groups of a selection set on an object, in the order of their first fields.
    fn groups(&mut self, object: &str, sets: &[&'a SelectionSet]) -> Groups<'a> {
        let mut groups = Groups::new();
        let mut spread = HashSet::new();
        for set in sets {
            self.collect(object, set, &mut spread, &mut groups);
        }
        groups
    }

    fn collect(
        &mut self,
        object: &str,
        set: &'a SelectionSet,
        spread: &mut HashSet<&'a Name>,
        groups: &mut Groups<'a>,
    ) {
        for selection in &set.items {
            let directives = selection.node.directives();
            self.collects |= !directives.is_empty();
            self.depends |= directives.iter().any(depends_on_a_variable);
            if !self.includes(directives) {
                continue;
            }
            match &selection.node {
                Selection::Field(field) => {
                    let key = field.node.response_key().node.as_str();
                    if let Some(group) = groups.get_mut(key) {
                        self.collects = true;
                        group.others.push(field);
                    } else {
                        let others = Vec::new();
                        groups.insert(
                            key,
                            Group {
                                first: field,
                                others,
                            },
                        );
                    }
                }
                Selection::InlineFragment(inline) => {
                    self.collects = true;
                    let condition = inline.node.type_condition.as_ref();
                    if condition.is_none_or(|it| self.applies(&it.node, object)) {
                        self.collect(object, &inline.node.selection_set.node, spread, groups);
                    }
                }
                Selection::FragmentSpread(it) => {
                    self.collects = true;
                    let name = &it.node.fragment_name.node;
                    if let Some(fragment) = self.document.fragments.get(name)
                        && self.applies(&fragment.node.type_condition.node, object)
                        && spread.insert(name)
                    {
                        self.collect(object, &fragment.node.selection_set.node, spread, groups);
                    }
                }
            }
        }
    }

    /// Whether a fragment on this type is part of an object. A type that the model does not know is one
    /// of introspection: those are objects, and validation lets no other fragment on them pass.
    fn applies(&self, condition: &TypeCondition, object: &str) -> bool {
        let on = condition.on.node.as_str();
        match self.model.possible(on) {
            Some(possible) => possible.iter().any(|name| name == object),
            None => on == object || self.model.get(on).is_none(),
        }
    }

    fn includes(&self, directives: &[Positioned<Directive>]) -> bool {
        let Some(variables) = self.variables else {
            return true;
        };
        directives.iter().all(|directive| {
            let wanted = match directive.node.name.node.as_str() {
                "include" => true,
                "skip" => false,
                _ => return true,
            };
            let value = match directive.node.get_argument("if").map(|value| &value.node) {
                Some(Value::Boolean(value)) => *value,
                Some(Value::Variable(name)) => {
                    matches!(variables.get(name), Some(ConstValue::Boolean(true)))
                }
                _ => false,
            };
            value == wanted
        })
    }

    /// The type of a field, or nothing that the model knows.
    fn type_of(&self, object: &str, field: &Field) -> &'static str {
        let field = self.model.field(object, &field.name.node);
        field.map_or("", |field| field.named.as_str())
    }

    fn check(&mut self, parent: &str, sets: &[&'a SelectionSet]) -> Result<(), ServerError> {
        if let Some(possible) = self.model.possible(parent) {
            // Fields of different objects never meet in one answer: each object by itself.
            for object in possible {
                self.check(object, sets)?;
            }
            return Ok(());
        }
        for (key, group) in self.groups(parent, sets) {
            for other in &group.others {
                if let Some(reason) = difference(&group.first.node, &other.node) {
                    let message = format!(
                        "Fields \"{key}\" conflict because {reason}. Use different aliases on the fields to fetch both."
                    );
                    return Err(ServerError::new(message, Some(other.pos)));
                }
            }
            type_name_is_plain(group.first)?;
            let inner = self.type_of(parent, &group.first.node);
            self.check(inner, &group.sets())?;
        }
        Ok(())
    }

    fn build(&mut self, parent: &str, sets: &[&'a SelectionSet]) -> SelectionSet {
        let items = match self.model.possible(parent) {
            Some(possible) => {
                let on_each = possible.iter().map(|object| self.on(object, sets));
                on_each.collect()
            }
            None => self.fields(parent, sets),
        };
        SelectionSet { items }
    }

    fn on(&mut self, object: &str, sets: &[&'a SelectionSet]) -> Positioned<Selection> {
        let pos = async_graphql::Pos::default();
        let on = Positioned::new(Name::new(object), pos);
        let items = self.fields(object, sets);
        let fragment = InlineFragment {
            type_condition: Some(Positioned::new(TypeCondition { on }, pos)),
            directives: Vec::new(),
            selection_set: Positioned::new(SelectionSet { items }, pos),
        };
        Positioned::new(
            Selection::InlineFragment(Positioned::new(fragment, pos)),
            pos,
        )
    }

    fn fields(&mut self, object: &str, sets: &[&'a SelectionSet]) -> Vec<Positioned<Selection>> {
        let groups = self.groups(object, sets);
        let mut fields = Vec::with_capacity(groups.len());
        for group in groups.into_values() {
            let (field, pos) = (&group.first.node, group.first.pos);
            let inner = self.type_of(object, field);
            let merged = Field {
                alias: field.alias.clone(),
                name: field.name.clone(),
                arguments: field.arguments.clone(),
                directives: Vec::new(),
                selection_set: Positioned::new(
                    self.build(inner, &group.sets()),
                    field.selection_set.pos,
                ),
            };
            let merged = Selection::Field(Positioned::new(merged, pos));
            fields.push(Positioned::new(merged, pos));
        }
        fields
    }
}

fn depends_on_a_variable(directive: &Positioned<Directive>) -> bool {
    let mut arguments = directive.node.arguments.iter();
    arguments.any(|(_, value)| matches!(value.node, Value::Variable(_)))
}

/// Why two fields of one response key are not the same field.
fn difference(first: &Field, other: &Field) -> Option<String> {
    // A fragment that comes by two ways brings the very same field.
    if std::ptr::eq(first, other) {
        return None;
    }
    let (one, two) = (&first.name.node, &other.name.node);
    if one != two {
        return Some(format!("\"{one}\" and \"{two}\" are different fields"));
    }
    let same = first.arguments.len() == other.arguments.len()
        && first.arguments.iter().all(|(name, value)| {
            let theirs = other.get_argument(&name.node);
            theirs.is_some_and(|theirs| theirs.node == value.node)
        });
    (!same).then(|| "they have differing arguments".to_owned())
}

/// The engine's validation passes over `__typename`, whatever is hung on it.
fn type_name_is_plain(field: &Positioned<Field>) -> Result<(), ServerError> {
    let node = &field.node;
    let plain = node.arguments.is_empty()
        && node.selection_set.node.items.is_empty()
        && node.directives.iter().all(|directive| {
            let directive = &directive.node;
            matches!(directive.name.node.as_str(), "skip" | "include")
                && matches!(directive.arguments.as_slice(), [(name, _)] if name.node == "if")
        });
    if node.name.node != "__typename" || plain {
        return Ok(());
    }
    let message = "Field \"__typename\" takes no argument, no selection, and of directives only @skip and @include with `if`.";
    Err(ServerError::new(message, Some(field.pos)))
}
