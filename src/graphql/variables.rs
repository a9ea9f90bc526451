//! Values that a client sends, held against the types of the schema before anything runs: variables as
//! the specification coerces them (section 6.1.2), and the literals of a document that stand beside
//! variables, which the engine looks at only when it is too late to refuse the request.

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{
    BaseType, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet, Type,
};
use async_graphql::{Name, ScalarType, ServerError, Variables};
use async_graphql_value::{ConstValue, Value};

use super::model::{Kind, MODEL, Model};
use super::scalars::{Date, Instant, LocalTime};
use crate::task::{Step, Violation};

/// How many broken rules a client is told at once.
const MOST_TOLD: usize = 20;

/// The values of an operation's variables: those that were given, and the defaults of those that were
/// not. What the operation does not declare is left out.
///
/// # Errors
/// Every value that its type does not take, and every required one that is missing.
pub(super) fn coerce(
    operation: &OperationDefinition,
    mut given: Variables,
) -> Result<Variables, Vec<Violation>> {
    let mut values = Variables::default();
    let mut broken = Vec::new();
    for definition in &operation.variable_definitions {
        let definition = &definition.node;
        let (name, ty) = (&definition.name.node, &definition.var_type.node);
        if let Some(value) = given.remove(name) {
            let mut checking = Checking::new(name.as_str());
            checking.value(&value, ty);
            broken.append(&mut checking.broken);
            values.insert(name.clone(), value);
        } else if let Some(default) = &definition.default_value {
            values.insert(name.clone(), default.node.clone());
        } else if !ty.nullable {
            let message = format!("The variable ${name} is required: its type is {ty}.");
            broken.push(Violation::new(name.to_string(), message));
        }
    }
    if broken.is_empty() {
        Ok(values)
    } else {
        Err(broken)
    }
}

/// Looks at every argument of a document that has passed validation.
///
/// # Errors
/// The first argument with a value that its type does not take.
pub(super) fn check_literals(document: &ExecutableDocument) -> Result<(), ServerError> {
    for (_, operation) in document.operations.iter() {
        let operation = &operation.node;
        check_set(&operation.selection_set.node, MODEL.root(operation.ty))?;
    }
    for fragment in document.fragments.values() {
        let fragment = &fragment.node;
        let on = fragment.type_condition.node.on.node.as_str();
        check_set(&fragment.selection_set.node, on)?;
    }
    Ok(())
}

fn check_set(set: &SelectionSet, parent: &str) -> Result<(), ServerError> {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => check_field(&field.node, parent)?,
            Selection::InlineFragment(inline) => {
                let inline = &inline.node;
                let on = inline.type_condition.as_ref();
                let parent = on.map_or(parent, |on| on.node.on.node.as_str());
                check_set(&inline.selection_set.node, parent)?;
            }
            Selection::FragmentSpread(_) => {}
        }
    }
    Ok(())
}

fn check_field(field: &Field, parent: &str) -> Result<(), ServerError> {
    // Fields of introspection are not in the model, and take nothing but text and true or false.
    let Some(known) = MODEL.field(parent, &field.name.node) else {
        return Ok(());
    };
    for (name, value) in &field.arguments {
        if let Some(input) = known.arguments.get(name.node.as_str()) {
            let mut checking = Checking::new(name.node.as_str());
            checking.value(&value.node, &input.ty);
            if let Some(broken) = checking.broken.first() {
                return Err(ServerError::new(broken.message.clone(), Some(value.pos)));
            }
        }
    }
    check_set(&field.selection_set.node, &known.named)
}

/// A value as it comes: in the variables of a request, or in the text of a document.
trait Sent: Sized {
    /// It has no value yet.
    fn is_variable(&self) -> bool;
    fn is_null(&self) -> bool;
    fn items(&self) -> Option<&[Self]>;
    fn members(&self) -> Option<&IndexMap<Name, Self>>;
    /// The name of an enum value.
    fn name(&self) -> Option<&str>;
    /// Whether a scalar takes it.
    fn is(&self, valid: fn(&ConstValue) -> bool) -> bool;
}

/// JSON has no enums: their values come as strings.
impl Sent for ConstValue {
    fn is_variable(&self) -> bool {
        false
    }

    fn is_null(&self) -> bool {
        *self == Self::Null
    }

    fn items(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    fn members(&self) -> Option<&IndexMap<Name, Self>> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::String(name) => Some(name),
            Self::Enum(name) => Some(name),
            _ => None,
        }
    }

    fn is(&self, valid: fn(&ConstValue) -> bool) -> bool {
        valid(self)
    }
}

impl Sent for Value {
    fn is_variable(&self) -> bool {
        matches!(self, Self::Variable(_))
    }

    fn is_null(&self) -> bool {
        *self == Self::Null
    }

    fn items(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    fn members(&self) -> Option<&IndexMap<Name, Self>> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::Enum(name) => Some(name),
            _ => None,
        }
    }

    fn is(&self, valid: fn(&ConstValue) -> bool) -> bool {
        self.clone().into_const().is_some_and(|value| valid(&value))
    }
}

struct Checking<'a> {
    model: &'static Model,
    path: Vec<Place<'a>>,
    broken: Vec<Violation>,
}

/// A [`Step`] that is not taken unless a rule is broken there.
#[derive(Clone, Copy)]
enum Place<'a> {
    Name(&'a str),
    Index(usize),
}

impl From<Place<'_>> for Step {
    fn from(place: Place<'_>) -> Self {
        match place {
            Place::Name(name) => Self::from(quoted(name)),
            Place::Index(index) => Self::from(index),
        }
    }
}

impl<'a> Checking<'a> {
    fn new(name: &'a str) -> Self {
        Self {
            model: &MODEL,
            path: vec![Place::Name(name)],
            broken: Vec::new(),
        }
    }

    fn object(&mut self, rule: &str) {
        if self.broken.len() == MOST_TOLD {
            return;
        }
        let path: Vec<_> = self.path.iter().copied().map(Step::from).collect();
        let mut place = String::new();
        for step in &path {
            match step {
                Step::Name(name) if place.is_empty() => place.push_str(name),
                Step::Name(name) => place.extend([".", name]),
                Step::Index(index) => place.extend(["[", &index.to_string(), "]"]),
            }
        }
        self.broken.push(Violation {
            path,
            message: format!("`{place}` {rule}."),
        });
    }

    fn value<V: Sent>(&mut self, value: &'a V, ty: &Type) {
        if value.is_variable() {
            return;
        }
        if value.is_null() {
            if !ty.nullable {
                self.object("must not be null");
            }
            return;
        }
        match &ty.base {
            BaseType::List(of) => match value.items() {
                Some(items) => {
                    for (index, item) in items.iter().enumerate() {
                        self.path.push(Place::Index(index));
                        self.value(item, of);
                        self.path.pop();
                    }
                }
                // A single value stands for a list of one.
                None => self.value(value, of),
            },
            BaseType::Named(name) => self.named(value, name),
        }
    }

    fn named<V: Sent>(&mut self, value: &'a V, name: &str) {
        match self.model.get(name) {
            Some(Kind::Scalar) => {
                if let Some((valid, rule)) = scalar(name)
                    && !value.is(valid)
                {
                    self.object(rule);
                }
            }
            Some(Kind::Enum(names)) => {
                let known = |name| names.iter().any(|known| known == name);
                if value.name().is_none_or(|name| !known(name)) {
                    self.object(&format!("must be one of {}", names.join(", ")));
                }
            }
            Some(Kind::Input(fields)) => {
                let Some(members) = value.members() else {
                    return self.object(&format!("must be an object, a {name}"));
                };
                for (member, value) in members {
                    self.path.push(Place::Name(member));
                    match fields.get(member.as_str()) {
                        Some(field) => self.value(value, &field.ty),
                        None => self.object(&format!("is not a field of {name}")),
                    }
                    self.path.pop();
                }
                let mut missing: Vec<_> = fields
                    .iter()
                    .filter(|(_, field)| !field.ty.nullable && !field.has_default)
                    .map(|(name, _)| name)
                    .filter(|name| !members.contains_key(name.as_str()))
                    .collect();
                missing.sort();
                for name in missing {
                    self.path.push(Place::Name(name));
                    self.object("is required");
                    self.path.pop();
                }
            }
            // Validation has refused a variable of any other type.
            _ => {}
        }
    }
}

/// A name that a client made up, as far as it is worth repeating.
fn quoted(name: &str) -> String {
    name.chars().take(100).collect()
}

type Scalar = (fn(&ConstValue) -> bool, &'static str);

/// What a scalar takes, and how to say so.
fn scalar(name: &str) -> Option<Scalar> {
    Some(match name {
        "Int" => (
            |value| matches!(value, ConstValue::Number(it) if it.as_i64().is_some_and(|it| i32::try_from(it).is_ok())),
            "must be a whole number of 32 bits",
        ),
        "Float" => (
            |value| matches!(value, ConstValue::Number(_)),
            "must be a number",
        ),
        "String" => (
            |value| matches!(value, ConstValue::String(_)),
            "must be text",
        ),
        "Boolean" => (
            |value| matches!(value, ConstValue::Boolean(_)),
            "must be true or false",
        ),
        "ID" => (
            |value| match value {
                ConstValue::String(_) => true,
                ConstValue::Number(it) => it.is_i64() || it.is_u64(),
                _ => false,
            },
            "must be an id: text or a whole number",
        ),
        "Date" => (
            Date::is_valid,
            "must be a day of the calendar, written as 2026-11-21",
        ),
        "LocalTime" => (
            LocalTime::is_valid,
            "must be a time of the day, written as 17:30 or 17:30:00",
        ),
        "DateTime" => (
            Instant::is_valid,
            "must be an instant, written as 2026-11-21T08:15:30Z",
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scalar_of_the_schema_is_known() {
        for name in MODEL.scalars() {
            assert!(scalar(name).is_some(), "{name}");
        }
    }
}
