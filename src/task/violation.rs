//! A rule that an input breaks: where, and which.

use std::borrow::Cow;

/// One step of the way from an argument to the value that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// An argument or an input field.
    Name(Cow<'static, str>),
    /// A place in a list, counted from 0.
    Index(usize),
}

impl From<&'static str> for Step {
    fn from(name: &'static str) -> Self {
        Self::Name(Cow::Borrowed(name))
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

impl From<String> for Step {
    fn from(name: String) -> Self {
        Self::Name(Cow::Owned(name))
    }
}

/// A rule that a value breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// From the argument down to the value, as GraphQL writes a path.
    pub path: Vec<Step>,
    /// The rule, as a sentence for the person who sent the value.
    pub message: String,
}

impl Violation {
    /// A rule that the argument or input field `name` breaks.
    #[must_use]
    pub fn new(name: impl Into<Step>, message: impl Into<String>) -> Self {
        Self {
            path: vec![name.into()],
            message: message.into(),
        }
    }

    /// The same, seen from the argument or list that holds it.
    #[must_use]
    pub fn inside(mut self, step: impl Into<Step>) -> Self {
        self.path.insert(0, step.into());
        self
    }
}
