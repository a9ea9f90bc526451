//! Arguments as a document writes them, with the values of variables in their places.

use async_graphql::parser::types::Field;
use async_graphql::{ID, InputType, Name, Variables};
use async_graphql_value::{ConstValue, Value};

use crate::task::PageArguments;

/// The arguments of a field.
#[derive(Debug)]
pub(super) struct Arguments(Vec<(Name, Value)>);

impl Arguments {
    pub(super) fn of(field: &Field) -> Self {
        let arguments = field.arguments.iter();
        Self(
            arguments
                .map(|(name, value)| (name.node.clone(), value.node.clone()))
                .collect(),
        )
    }

    pub(super) const fn given<'a>(&'a self, variables: &'a Variables) -> Given<'a> {
        Given {
            arguments: self,
            variables,
        }
    }
}

/// The arguments of one request.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    arguments: &'a Arguments,
    variables: &'a Variables,
}

impl Given<'_> {
    /// An argument as its type reads it, or its default. Nothing, where the engine would object.
    pub(super) fn read<T: Argument>(&self, name: &str) -> Option<T> {
        match self.value(name)? {
            Some(value) => T::parse(Some(value)).ok(),
            None => T::left_out(),
        }
    }

    /// An id, which must be there.
    pub(super) fn id(&self, name: &str) -> Option<ID> {
        self.read(name)
    }

    /// The arguments that pages have.
    pub(super) fn page(&self) -> Option<PageArguments> {
        Some(PageArguments {
            first: self.read("first")?,
            after: self.read("after")?,
            last: self.read("last")?,
            before: self.read("before")?,
        })
    }

    /// The value of an argument; an inner nothing where it is left out, be it by way of a variable.
    #[expect(
        clippy::option_option,
        reason = "left out is not the same as not to be had here"
    )]
    fn value(&self, name: &str) -> Option<Option<ConstValue>> {
        let Some((_, value)) = self.arguments.0.iter().find(|(known, _)| known == name) else {
            return Some(None);
        };
        match value {
            Value::Variable(name) => Some(self.variables.get(name).cloned()),
            // A variable that is left out inside of an object has rules of its own: the engine's.
            value => {
                let variable = |name: Name| self.variables.get(&name).cloned().ok_or(());
                value.clone().into_const_with(variable).ok().map(Some)
            }
        }
    }
}

/// An argument that is the same for every request, or its default. Nothing, where a variable decides.
pub(super) fn constant<T: Argument>(field: &Field, name: &str) -> Option<T> {
    match field.get_argument(name) {
        Some(value) => T::parse(Some(value.node.clone().into_const()?)).ok(),
        None => T::left_out(),
    }
}

/// What an argument is where it is left out.
pub(super) trait Argument: InputType {
    fn left_out() -> Option<Self>;
}

impl<T: InputType> Argument for Option<T> {
    fn left_out() -> Option<Self> {
        Some(None)
    }
}

/// For the types that have no default.
macro_rules! required {
    ($($type:ty),+) => {$(
        impl Argument for $type {
            fn left_out() -> Option<Self> {
                None
            }
        }
    )+};
}

required!(
    ID,
    crate::graphql::inputs::CreateTaskInput,
    crate::graphql::inputs::UpdateTaskInput
);

impl Argument for crate::graphql::enums::TaskStatus {
    fn left_out() -> Option<Self> {
        Some(Self::All)
    }
}

impl Argument for crate::graphql::enums::TaskSort {
    fn left_out() -> Option<Self> {
        Some(Self::Created)
    }
}
