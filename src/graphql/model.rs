//! The schema as data: what the published definition says of each type. The engine keeps its own
//! registry to itself.

use std::collections::HashMap;
use std::sync::LazyLock;

use async_graphql::Positioned;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, FieldDefinition, InputValueDefinition, OperationType, Type, TypeKind,
    TypeSystemDefinition,
};

use super::schema::sdl;

/// The schema of this binary.
pub(super) static MODEL: LazyLock<Model> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "a test reads the very same text")]
    Model::read(&sdl()).expect("the engine reads the definition that it writes")
});

/// A schema as data.
#[derive(Debug)]
pub(super) struct Model {
    types: HashMap<String, Kind>,
    roots: [Option<String>; 3],
    /// How long the lists of introspection are on average, rounded up.
    introspection: HashMap<&'static str, u64>,
}

/// A type.
#[derive(Debug)]
pub(super) enum Kind {
    /// A leaf with rules of its own.
    Scalar,
    /// One of these names.
    Enum(Vec<String>),
    /// An object that a client sends.
    Input(HashMap<String, Input>),
    /// An object that a client reads.
    Object(HashMap<String, Field>),
    /// Any of these objects.
    Abstract(Vec<String>, HashMap<String, Field>),
}

/// A field that can be read.
#[derive(Debug)]
pub(super) struct Field {
    /// The type, without its list and null wrappers.
    pub(super) named: String,
    /// What it takes.
    pub(super) arguments: HashMap<String, Input>,
}

/// An argument or the field of an input object.
#[derive(Debug)]
pub(super) struct Input {
    /// The type.
    pub(super) ty: Type,
    /// Whether it can be left out although its type is not nullable.
    pub(super) has_default: bool,
}

impl Model {
    fn read(sdl: &str) -> Result<Self, async_graphql::parser::Error> {
        let mut model = Self {
            types: ["Int", "Float", "String", "Boolean", "ID"]
                .map(|name| (name.to_owned(), Kind::Scalar))
                .into(),
            roots: [const { None }; 3],
            introspection: HashMap::new(),
        };
        let mut implementors: HashMap<String, Vec<String>> = HashMap::new();
        let mut directives = 0;
        for definition in parse_schema(sdl)?.definitions {
            match definition {
                TypeSystemDefinition::Schema(schema) => {
                    let name = |name: Option<Positioned<async_graphql::Name>>| {
                        name.map(|it| it.node.to_string())
                    };
                    model.roots = [
                        name(schema.node.query),
                        name(schema.node.mutation),
                        name(schema.node.subscription),
                    ];
                }
                TypeSystemDefinition::Type(definition) => {
                    let (name, kind) = (definition.node.name.node, definition.node.kind);
                    if let TypeKind::Object(object) = &kind {
                        for interface in &object.implements {
                            let known = implementors.entry(interface.node.to_string());
                            known.or_default().push(name.to_string());
                        }
                    }
                    model.types.insert(name.to_string(), Kind::of(kind));
                }
                TypeSystemDefinition::Directive(_) => directives += 1,
            }
        }
        for (interface, objects) in implementors {
            if let Some(Kind::Abstract(possible, _)) = model.types.get_mut(&interface) {
                *possible = objects;
            }
        }
        model.introspection = model.lengths(directives);
        Ok(model)
    }

    fn lengths(&self, directives: u64) -> HashMap<&'static str, u64> {
        // The types that every schema has beside its own: __Schema and the like.
        const SYSTEM: u64 = 8;
        let types = self.types.len() as u64 + SYSTEM;
        let sum = |count: fn(&Kind) -> usize| self.types.values().map(count).sum::<usize>() as u64;
        let fields = sum(|kind| kind.fields().map_or(0, HashMap::len)) + 8 * SYSTEM;
        let arguments = sum(|kind| {
            let fields = kind.fields().into_iter().flat_map(HashMap::values);
            fields.map(|field| field.arguments.len()).sum()
        });
        let inputs = sum(|kind| match kind {
            Kind::Input(fields) => fields.len(),
            _ => 0,
        });
        let values = sum(|kind| match kind {
            Kind::Enum(values) => values.len(),
            _ => 0,
        });
        let possible = sum(|kind| match kind {
            Kind::Abstract(possible, _) => possible.len(),
            _ => 0,
        });
        HashMap::from([
            ("types", types),
            ("directives", directives),
            ("fields", fields.div_ceil(types)),
            ("args", arguments.div_ceil(fields)),
            ("inputFields", inputs.div_ceil(types)),
            ("enumValues", values.div_ceil(types)),
            ("possibleTypes", possible.div_ceil(types)),
            ("interfaces", possible.div_ceil(types)),
        ])
    }

    /// The type of an operation's root.
    pub(super) fn root(&self, operation: OperationType) -> &str {
        let place = match operation {
            OperationType::Query => 0,
            OperationType::Mutation => 1,
            OperationType::Subscription => 2,
        };
        self.roots[place].as_deref().unwrap_or_default()
    }

    /// The type of that name. The types of introspection are not among them.
    pub(super) fn get(&self, name: &str) -> Option<&Kind> {
        self.types.get(name)
    }

    /// A field of a type.
    pub(super) fn field(&self, parent: &str, name: &str) -> Option<&Field> {
        self.get(parent)?.fields()?.get(name)
    }

    /// The objects that a value of this type can be, where there is a choice.
    pub(super) fn possible(&self, name: &str) -> Option<&[String]> {
        match self.get(name)? {
            Kind::Abstract(possible, _) => Some(possible),
            _ => None,
        }
    }

    /// The names of all scalars.
    #[cfg(test)]
    pub(super) fn scalars(&self) -> impl Iterator<Item = &str> {
        let scalars = self
            .types
            .iter()
            .filter(|(_, kind)| matches!(kind, Kind::Scalar));
        scalars.map(|(name, _)| name.as_str())
    }

    /// How long a list of introspection is on average; none, for a field that is no such list.
    pub(super) fn introspection_list(&self, field: &str) -> Option<u64> {
        self.introspection.get(field).copied()
    }
}

impl Kind {
    fn of(kind: TypeKind) -> Self {
        match kind {
            TypeKind::Scalar => Self::Scalar,
            TypeKind::Enum(it) => {
                let values = it.values.into_iter();
                Self::Enum(
                    values
                        .map(|value| value.node.value.node.to_string())
                        .collect(),
                )
            }
            TypeKind::InputObject(it) => Self::Input(inputs(it.fields)),
            TypeKind::Object(it) => Self::Object(fields(it.fields)),
            TypeKind::Interface(it) => Self::Abstract(Vec::new(), fields(it.fields)),
            TypeKind::Union(it) => {
                let members = it.members.into_iter().map(|name| name.node.to_string());
                Self::Abstract(members.collect(), HashMap::new())
            }
        }
    }

    fn fields(&self) -> Option<&HashMap<String, Field>> {
        match self {
            Self::Object(fields) | Self::Abstract(_, fields) => Some(fields),
            _ => None,
        }
    }
}

fn fields(fields: Vec<Positioned<FieldDefinition>>) -> HashMap<String, Field> {
    let fields = fields.into_iter().map(|field| {
        let field = field.node;
        let read = Field {
            named: named(&field.ty.node).to_owned(),
            arguments: inputs(field.arguments),
        };
        (field.name.node.to_string(), read)
    });
    fields.collect()
}

fn inputs(inputs: Vec<Positioned<InputValueDefinition>>) -> HashMap<String, Input> {
    let inputs = inputs.into_iter().map(|input| {
        let input = input.node;
        let read = Input {
            ty: input.ty.node,
            has_default: input.default_value.is_some(),
        };
        (input.name.node.to_string(), read)
    });
    inputs.collect()
}

fn named(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name.as_str(),
        BaseType::List(of) => named(of),
    }
}
