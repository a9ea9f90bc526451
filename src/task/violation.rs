//! A rule that an input breaks: where, and which.

/// One step of the way from an argument to the value that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// An argument or an input field.
    Name(&'static str),
    /// A place in a list, counted from 0.
    Index(usize),
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
    pub fn new(name: &'static str, message: impl Into<String>) -> Self {
        Self {
            path: vec![Step::Name(name)],
            message: message.into(),
        }
    }

    /// The same, seen from the argument `name` that holds it.
    #[must_use]
    pub fn inside(mut self, name: &'static str) -> Self {
        self.path.insert(0, Step::Name(name));
        self
    }
}
