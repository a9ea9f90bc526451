//! Why a document is not run at all. Such a request has errors and no data.

use async_graphql::{ErrorExtensionValues, ServerError};

use super::failure::{Code, fields_of, summary};
use super::guard::Excess;
use crate::task::Violation;

/// Why a document is not run.
#[derive(Debug)]
pub enum Rejection {
    /// It is not GraphQL.
    Unreadable(ServerError),
    /// It does not fit the schema.
    Invalid(Vec<ServerError>),
    /// It asks for too much.
    TooComplex {
        /// What is counted.
        limit: &'static str,
        /// The most that is allowed.
        max: u64,
        /// How much there is.
        value: u64,
    },
    /// Its variables are not what their types take.
    Variables(Vec<Violation>),
}

impl From<Excess> for Rejection {
    fn from(excess: Excess) -> Self {
        let Excess { limit, max, value } = excess;
        Self::TooComplex { limit, max, value }
    }
}

impl Rejection {
    /// The first reason, as a sentence.
    #[must_use]
    pub fn summary(&self) -> String {
        match self {
            Self::Unreadable(error) => error.message.clone(),
            Self::Invalid(errors) => errors
                .first()
                .map_or_else(String::new, |error| error.message.clone()),
            Self::TooComplex { limit, max, value } => format!(
                "The document is too complex: its {limit} come to {value}, at most {max} are allowed."
            ),
            Self::Variables(broken) => summary(broken),
        }
    }

    /// The code that clients see.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Unreadable(_) => Code::ParseFailed,
            Self::Invalid(_) => Code::ValidationFailed,
            Self::TooComplex { .. } => Code::TooComplex,
            Self::Variables(_) => Code::BadUserInput,
        }
    }

    /// What clients are told.
    #[must_use]
    pub fn into_errors(self) -> Vec<ServerError> {
        let (code, summary) = (self.code(), self.summary());
        let mut errors = match self {
            Self::Unreadable(error) => vec![error],
            Self::Invalid(errors) => errors,
            Self::TooComplex { limit, max, value } => {
                let mut error = ServerError::new(summary, None);
                let extensions = error.extensions.get_or_insert_default();
                extensions.set("limit", limit);
                extensions.set("max", max);
                extensions.set("value", value);
                vec![error]
            }
            Self::Variables(broken) => {
                let mut error = ServerError::new(summary, None);
                let extensions = error.extensions.get_or_insert_default();
                extensions.set("fields", fields_of(&broken));
                vec![error]
            }
        };
        for error in &mut errors {
            shorten(&mut error.message);
            let extensions: &mut ErrorExtensionValues = error.extensions.get_or_insert_default();
            extensions.set("code", code.as_str());
        }
        errors
    }
}

/// A message quotes names of the document, which can be as long as a document.
fn shorten(message: &mut String) {
    const LONGEST: usize = 1_000;
    if message.len() > LONGEST {
        message.truncate(message.floor_char_boundary(LONGEST));
        message.push('…');
    }
}
