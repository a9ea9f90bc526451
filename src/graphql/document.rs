//! A document on its way: the guard admits it, the schema validates it, and then it can be run as often
//! as anyone likes.

use std::borrow::Cow;
use std::collections::HashMap;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, OperationType, Selection,
    SelectionSet,
};
use async_graphql::{Name, Pos, Positioned, Request, ServerError, Variables};

use super::direct::Plan;
use super::guard::{self, Limits, Measured, Merge, Objection};
use super::rejection::Rejection;
use super::variables::{self, check_literals};
use crate::task::PageSizes;

/// A document that the guard has let through.
#[derive(Debug)]
pub struct Admitted {
    ast: ExecutableDocument,
    measured: Measured,
    bytes: u64,
}

/// A document that fits the schema.
#[derive(Debug)]
pub struct Document {
    admitted: Admitted,
    /// What is ready to run whatever the variables, by the operations' names.
    ready: HashMap<Option<Name>, Ready>,
}

/// An operation that is the same for every request.
#[derive(Debug)]
struct Ready {
    operation: OperationDefinition,
    plan: Option<Plan>,
}

/// An operation with its variables, held to every limit.
pub(super) struct Prepared<'a> {
    operation: Cow<'a, OperationDefinition>,
    /// How it can go the short way.
    pub(super) plan: Option<&'a Plan>,
    /// The values of its variables.
    pub(super) variables: Variables,
}

/// What kind of operation a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// It reads the schema and nothing else.
    Introspection,
    /// It reads.
    Query,
    /// It changes.
    Mutation,
    /// It listens.
    Subscription,
}

impl Admitted {
    /// Scans, parses and measures a document.
    ///
    /// # Errors
    /// Where and why it is not GraphQL, or which limit it exceeds.
    pub fn read(text: &str, limits: &Limits) -> Result<Self, Rejection> {
        // What a parsed token takes in memory, measured roughly and on the safe side.
        const TOKEN: u64 = 256;
        let scanned = guard::scan(text, limits).map_err(Rejection::from)?;
        let bytes = text.len() as u64 + TOKEN * scanned.tokens;
        let ast =
            parse_query(scanned.text).map_err(|error| Rejection::Unreadable(unreadable(&error)))?;
        let measured = guard::measure(&ast, limits).map_err(|objection| match objection {
            Objection::Excess(excess) => excess.into(),
            Objection::Invalid(error) => Rejection::Invalid(vec![error]),
        })?;
        Ok(Self {
            ast,
            measured,
            bytes,
        })
    }

    /// What kind of operation `name` selects.
    ///
    /// # Errors
    /// When it selects none, or there are several and no name.
    pub fn operation(&self, name: Option<&str>) -> Result<Operation, Rejection> {
        let (_, operation) = select(&self.ast.operations, name)?;
        Ok(match operation.ty {
            OperationType::Mutation => Operation::Mutation,
            OperationType::Subscription => Operation::Subscription,
            OperationType::Query if self.only_introspects(&operation.selection_set.node) => {
                Operation::Introspection
            }
            OperationType::Query => Operation::Query,
        })
    }

    /// Whether any operation asks for more of the schema than `__typename`.
    #[must_use]
    pub const fn introspects(&self) -> bool {
        self.measured.introspects
    }

    fn only_introspects(&self, set: &SelectionSet) -> bool {
        // The guard knows that no fragment spreads itself.
        set.items.iter().all(|selection| match &selection.node {
            Selection::Field(field) => field.node.name.node.starts_with("__"),
            Selection::InlineFragment(inline) => {
                self.only_introspects(&inline.node.selection_set.node)
            }
            Selection::FragmentSpread(spread) => {
                let fragment = self.ast.fragments.get(&spread.node.fragment_name.node);
                fragment.is_some_and(|it| self.only_introspects(&it.node.selection_set.node))
            }
        })
    }

    /// A request that the engine can validate: the whole document, any one of its operations selected.
    pub(super) fn to_validate(&self) -> Request {
        let mut request = Request::new(String::new());
        if let DocumentOperations::Multiple(operations) = &self.ast.operations {
            request.operation_name = operations.keys().next().map(ToString::to_string);
        }
        request.set_parsed_query(self.ast.clone());
        request
    }

    /// The document, once the engine has found it to fit the schema: now what the engine does not look
    /// at.
    ///
    /// # Errors
    /// Fields that cannot be merged, and values that their types do not take.
    pub(super) fn validated(self) -> Result<Document, Rejection> {
        let merge = guard::merge(&self.ast).and_then(|merge| {
            check_literals(&self.ast)?;
            Ok(merge)
        });
        let merge = merge.map_err(|error| Rejection::Invalid(vec![error]))?;
        let mut ready = HashMap::new();
        if merge != Merge::Depends {
            for (name, operation) in self.ast.operations.iter() {
                let operation = match merge {
                    Merge::AsWritten => operation.node.clone(),
                    _ => guard::collected(&self.ast, &operation.node, &Variables::default()),
                };
                let plan = Plan::of(&operation);
                ready.insert(name.cloned(), Ready { operation, plan });
            }
        }
        Ok(Document {
            admitted: self,
            ready,
        })
    }
}

impl Document {
    /// What kind of operation `name` selects; see [`Admitted::operation`].
    ///
    /// # Errors
    /// When it selects none, or there are several and no name.
    pub fn operation(&self, name: Option<&str>) -> Result<Operation, Rejection> {
        self.admitted.operation(name)
    }

    /// Whether any operation asks for more of the schema than `__typename`.
    #[must_use]
    pub const fn introspects(&self) -> bool {
        self.admitted.introspects()
    }

    /// About how much memory it takes, with its text.
    #[must_use]
    pub(super) const fn bytes(&self) -> u64 {
        self.admitted.bytes
    }

    /// One operation with its variables.
    ///
    /// # Errors
    /// Variables that their types do not take, and an answer that would be too large.
    pub(super) fn prepare(
        &self,
        name: Option<&str>,
        given: Variables,
        limits: &Limits,
        page: PageSizes,
    ) -> Result<Prepared<'_>, Rejection> {
        let ast = &self.admitted.ast;
        let (name, operation) = select(&ast.operations, name)?;
        let variables = variables::coerce(operation, given).map_err(Rejection::Variables)?;
        let prepared = match self.ready.get(&name.cloned()) {
            Some(ready) => Prepared {
                operation: Cow::Borrowed(&ready.operation),
                plan: ready.plan.as_ref(),
                variables,
            },
            None => Prepared {
                operation: Cow::Owned(guard::collected(ast, operation, &variables)),
                plan: None,
                variables,
            },
        };
        guard::check_cost(&prepared.operation, &prepared.variables, page, limits)?;
        Ok(prepared)
    }
}

impl Prepared<'_> {
    /// The operation as the engine takes it.
    pub(super) fn into_request(self) -> Request {
        let mut request = Request::new(String::new()).variables(self.variables);
        let operation = Positioned::new(self.operation.into_owned(), Pos::default());
        request.set_parsed_query(ExecutableDocument {
            operations: DocumentOperations::Single(operation),
            fragments: HashMap::new(),
        });
        request
    }
}

/// The parser draws the whole line with a mark under it, however long that is: what it expected, and
/// where, says the same.
fn unreadable(error: &async_graphql::parser::Error) -> ServerError {
    let text = error.to_string();
    let expected = text
        .rsplit_once("\n  = ")
        .map_or(text.as_str(), |(_, it)| it);
    let place = error.positions().next();
    ServerError::new(format!("Syntax error: {expected}."), place)
}

fn select<'a>(
    operations: &'a DocumentOperations,
    name: Option<&str>,
) -> Result<(Option<&'a Name>, &'a OperationDefinition), Rejection> {
    let selected = match (operations, name) {
        (DocumentOperations::Single(operation), None) => Some((None, operation)),
        (DocumentOperations::Single(_), Some(_)) => None,
        (DocumentOperations::Multiple(operations), Some(name)) => {
            let named = operations.get_key_value(name);
            named.map(|(name, operation)| (Some(name), operation))
        }
        (DocumentOperations::Multiple(operations), None) => {
            let mut all = operations.iter();
            let first = all.next().filter(|_| all.next().is_none());
            first.map(|(name, operation)| (Some(name), operation))
        }
    };
    let selected = selected.map(|(name, operation)| (name, &operation.node));
    selected.ok_or_else(|| {
        let message = "`operationName` must name one operation of the document; it can be left out only when there is just one.";
        Rejection::Invalid(vec![ServerError::new(message, None)])
    })
}
