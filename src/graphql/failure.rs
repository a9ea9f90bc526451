//! What clients are told when something fails, and with which code.

use std::collections::BTreeMap;

use async_graphql::{Error, ErrorExtensionValues, ErrorExtensions, Value};

use crate::store::{ChangeError, StoreError};
use crate::task::{Step, Violation};

/// The codes in `extensions.code`. They are part of the product: they change only as the schema does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The request carries no token, or one that is not valid.
    Unauthenticated,
    /// The token does not allow this kind of operation.
    Forbidden,
    /// The viewer has no such task.
    NotFound,
    /// A value breaks a rule; `extensions.fields` names each.
    BadUserInput,
    /// The task is not at the version that the change was meant for.
    Conflict,
    /// The server has more to do than it can.
    Overloaded,
    /// The request took too long.
    Timeout,
    /// The document is not GraphQL.
    ParseFailed,
    /// The document does not fit the schema.
    ValidationFailed,
    /// The document asks for more than a limit allows.
    TooComplex,
    /// No document is known by the hash that was sent: send it with its text.
    DocumentNotFound,
    /// The request is not one that GraphQL over HTTP knows.
    BadRequest,
    /// The server failed; the log knows why.
    Internal,
}

impl Code {
    /// As clients see it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::Conflict => "CONFLICT",
            Self::Overloaded => "OVERLOADED",
            Self::Timeout => "TIMEOUT",
            Self::ParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::ValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::TooComplex => "QUERY_TOO_COMPLEX",
            Self::DocumentNotFound => "PERSISTED_QUERY_NOT_FOUND",
            Self::BadRequest => "BAD_REQUEST",
            Self::Internal => "INTERNAL_SERVER_ERROR",
        }
    }
}

/// Why a resolver has no answer.
///
/// Deliberately without `Display`: the engine turns whatever displays into an error that clients
/// read. Here each kind is turned by hand, so an internal cause cannot slip out through `?`.
#[derive(Clone, Debug)]
pub(super) enum Failure {
    /// Nobody is signed in.
    Unauthenticated,
    /// The viewer has no such task.
    NotFound,
    /// Values break rules.
    BadInput(Vec<Violation>),
    /// A change was meant for another version.
    Conflict { current: i64 },
    /// The database failed.
    Store(StoreError),
    /// A part of the server did not answer.
    Lost(&'static str),
}

/// What a field that can be null resolves to. In this form, and in no other, the engine makes the
/// field null when it fails; a `Result` around the `Option` would make its parent null.
pub(super) type Nullable<T> = Option<Result<T, Failure>>;

impl Failure {
    /// Wraps violations in the argument that holds the values.
    pub(super) fn input(argument: &'static str) -> impl Fn(Vec<Violation>) -> Self {
        move |broken| Self::BadInput(broken.into_iter().map(|v| v.inside(argument)).collect())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ChangeError> for Failure {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::NotFound => Self::NotFound,
            ChangeError::Conflict { current } => Self::Conflict { current },
            ChangeError::Refused(broken) => Self::BadInput(broken),
            ChangeError::Store(error) => Self::Store(error),
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unauthenticated => {
                coded(Code::Unauthenticated, "This needs a signed-in user.")
            }
            Failure::NotFound => coded(Code::NotFound, "There is no such task."),
            Failure::BadInput(broken) => bad_input(&broken),
            Failure::Conflict { current } => coded(
                Code::Conflict,
                "The task has changed since: read it again and decide anew.",
            )
            .extend_with(|_, extensions| extensions.set("currentVersion", current)),
            Failure::Store(error) if error.is_overload() => {
                tracing::warn!(
                    cause = error.cause(),
                    "no database connection came free in time"
                );
                coded(
                    Code::Overloaded,
                    "The server is overloaded: try again in a moment.",
                )
            }
            Failure::Store(error) if error.is_timeout() => {
                coded(Code::Timeout, "The database took too long and was stopped.")
            }
            Failure::Store(error) => {
                tracing::error!(cause = error.cause(), "the database failed");
                internal()
            }
            Failure::Lost(part) => {
                tracing::error!(part, "a part of the server did not answer");
                internal()
            }
        }
    }
}

/// An error with its code.
fn coded(code: Code, message: impl Into<String>) -> Error {
    Error::new(message).extend_with(|_, extensions: &mut ErrorExtensionValues| {
        extensions.set("code", code.as_str());
    })
}

fn internal() -> Error {
    coded(Code::Internal, "The server failed. It has been logged.")
}

/// One error for all the rules that an input breaks: the first as its message, each in `fields`.
fn bad_input(broken: &[Violation]) -> Error {
    coded(Code::BadUserInput, summary(broken))
        .extend_with(|_, extensions| extensions.set("fields", fields_of(broken)))
}

/// The first broken rule, and how many more there are.
pub(super) fn summary(broken: &[Violation]) -> String {
    match broken {
        [] => "The input breaks a rule.".to_owned(),
        [only] => only.message.clone(),
        [first, rest @ ..] => format!("{} (And {} more.)", first.message, rest.len()),
    }
}

/// Every broken rule with its place, for `extensions.fields`.
pub(super) fn fields_of(broken: &[Violation]) -> Value {
    Value::List(broken.iter().map(field).collect())
}

fn field(broken: &Violation) -> Value {
    let path = broken.path.iter().map(|step| match step {
        Step::Name(name) => Value::from(name.as_ref()),
        Step::Index(index) => Value::from(*index),
    });
    let field: BTreeMap<&str, Value> = BTreeMap::from([
        ("path", Value::List(path.collect())),
        ("message", Value::from(broken.message.as_str())),
    ]);
    Value::Object(
        field
            .into_iter()
            .map(|(name, value)| (async_graphql::Name::new(name), value))
            .collect(),
    )
}
